"""Sending alerts through Apprise: what a channel has not been told yet, in one message.

No address of a channel is ever logged or stored: it holds the token. Channels are known as
`<scheme>-<n>`, counted in the order of the configuration.
"""

from __future__ import annotations

import logging
from collections import Counter
from datetime import datetime

from governance.access import WORKER
from governance.alerts.subjects import CONFIG, CRITICAL, EVALUABLE, RUN, THRESHOLD, is_known
from governance.config import Config
from governance.i18n import explain_code, t
from governance.ledger import Ledger
from governance.ledger.rows import AlertRow

OPENED, CLOSED = "opened", "closed"
# Closed alerts further back than this many were told long ago, or concern nobody any more.
LOOK_BACK = 200

log = logging.getLogger("duiqi.alerts")


def deliver(ledger: Ledger, config: Config, *, fence: int, now: datetime) -> None:
    """Tell each channel its news. One that cannot be reached leaves an audit event and waits."""
    alerts = tuple(reversed(ledger.alerts.recent(LOOK_BACK)))
    for channel, url in channels(config.alert_urls):
        news = [(alert, word) for alert in alerts if (word := news_of(alert, channel, config))]
        if not news:
            continue
        if post(url, heading(news, config), body(news, config), over=all_over(news)):
            for alert, word in news:
                ledger.alerts.tell(alert.id, channel, word, fence=fence)
        else:
            log.warning("channel %s could not be reached; tried again after the next run", channel)
            told = {"alerts": [alert.id for alert, _ in news]}
            ledger.audit.record(WORKER, "alert.undelivered", channel, now=now, detail=told)


def channels(urls: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Each address with the name it goes by."""
    seen: Counter[str] = Counter()
    named = []
    for url in urls:
        scheme = url.partition("://")[0].lower()
        seen[scheme] += 1
        named.append((f"{scheme}-{seen[scheme]}", url))
    return tuple(named)


def news_of(alert: AlertRow, channel: str, config: Config) -> str | None:
    """The word this channel still has to get. What came and went unheard stays unheard."""
    told = alert.notified.get(channel)
    if alert.closed_at is None:
        return OPENED if told is None else None
    return CLOSED if told == OPENED and is_known(config, alert.subject) else None


def all_over(news: list[tuple[AlertRow, str]]) -> bool:
    return all(word == CLOSED for _, word in news)


def heading(news: list[tuple[AlertRow, str]], config: Config) -> str:
    words = Counter(word for _, word in news)
    name = "alert.title_over" if all_over(news) else "alert.title"
    return t(
        name,
        config.locale,
        company=config.company.in_language(config.locale),
        opened=words[OPENED],
        closed=words[CLOSED],
    )


def body(news: list[tuple[AlertRow, str]], config: Config) -> str:
    return "\n".join(line(alert, word, config) for alert, word in news)


def line(alert: AlertRow, word: str, config: Config) -> str:
    """One alert as a sentence: what, since when, why."""
    what = subject(alert, config)
    if word == CLOSED:
        return t(
            "alert.over",
            config.locale,
            what=what,
            since=shown(alert.opened_at, config),
            until=shown(alert.closed_at or alert.opened_at, config),
        )
    since = shown(alert.opened_at, config)
    return t("alert.broken", config.locale, what=what, since=since, why=reason(alert, config))


def reason(alert: AlertRow, config: Config) -> str:
    """Why, in words; the bare code where an older or newer Duiqi wrote one without words."""
    try:
        return explain_code(alert.code, alert.params, config.locale)
    except (KeyError, IndexError):
        return alert.code


def subject(alert: AlertRow, config: Config) -> str:
    """What the alert is about, by the title people know."""
    kind, _, rest = alert.subject.partition(":")
    if kind in (RUN, CONFIG):
        return t(f"alert.subject_{kind}", config.locale)
    name, _, part = rest.partition(":")
    titles = {s.name: s.title for s in config.sources} if kind == "source" else {}
    if kind == "check":
        titles = {c.name: c.title for c in config.every_check}
        kind = f"check_{part if part in (THRESHOLD, CRITICAL) else EVALUABLE}"
    title = titles[name].in_language(config.locale) if name in titles else name
    return t(f"alert.subject_{kind}", config.locale, name=title)


def shown(moment: datetime, config: Config) -> str:
    return moment.astimezone(config.time_zone).strftime("%Y-%m-%d %H:%M")


def post(url: str, title: str, text: str, *, over: bool) -> bool:
    """Send one message; False when it did not arrive, for whatever reason."""
    import apprise

    # Its own lines, and those of the library under it, may repeat the address.
    for name in ("apprise", "urllib3", "requests"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    kind = apprise.NotifyType.SUCCESS if over else apprise.NotifyType.WARNING
    try:
        sender = apprise.Apprise()
        return bool(
            sender.add(url)
            and sender.notify(
                body=text, title=title, notify_type=kind, body_format=apprise.NotifyFormat.TEXT
            )
        )
    except Exception as error:  # noqa: BLE001 - a channel, whatever it does, never breaks a run
        log.warning("a channel broke with %s", type(error).__name__)
        return False
