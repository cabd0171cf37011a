"""The folder of a built demo: finding one that is ready, and building it from nothing.

A file `demo.json` marks the folder as ours and says how far the build came. A folder that holds
anything and lacks the mark is never touched.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from governance.demo.living import MARK, ROLE
from governance.demo.notation import BUSINESS_ZONE
from governance.demo.replay import (
    NightClock,
    Nights,
    Stopped,
    last_night,
    moment_of,
    never,
    replay,
)
from governance.demo.stores import FileStores
from governance.demo.world import SEED, World, plan
from governance.errors import ConfigError

if TYPE_CHECKING:
    from governance.config import Config
    from governance.ledger import Ledger

# Changes whenever the same seed would make another company or other days, and whenever what an
# older version built could not be shown any more.
EDITION = 7
DEFAULT_SIZE, DEFAULT_DAYS = 5000, 30
DEFAULT_HOME = Path("var") / "demo"
LOCK, COMPANY, CONFIG, TRUTH = "demo.lock", "company", "governance.yaml", "truth.json"
SHIPPED_CONFIG = Path(__file__).resolve().parents[2] / "data" / "demo" / CONFIG
# All that a demo's folder can hold; whatever else somebody put there stays.
OURS = (
    CONFIG, TRUTH, COMPANY, "ledger.sqlite", "ledger.sqlite-wal", "ledger.sqlite-shm",
    "ledger.lock", "secret", "snapshots", "runs", "tmp", "quarantine", "backups",
)  # fmt: skip


@dataclass(frozen=True)
class Wish:
    """Which demo is wanted. `today` is the last of its days."""

    size: int
    days: int
    today: date
    seed: int = SEED
    edition: int = EDITION


Tell = Callable[[int, int], None]


def home_of(named: Path | None) -> Path:
    """`--home`, else `$DUIQI_HOME`, else `./var/demo`: never a `./var` that is in real use."""
    told = named or os.environ.get("DUIQI_HOME") or DEFAULT_HOME
    return Path(told).expanduser().absolute()


def wish_of(home: Path, size: int | None, days: int | None, now: datetime) -> Wish:
    """What is asked for; where nothing was said, as the demo that is there, or the default."""
    there = told(home)[0]
    return Wish(
        size=size or (there.size if there else DEFAULT_SIZE),
        days=days or (there.days if there else DEFAULT_DAYS),
        today=last_night(now).astimezone(BUSINESS_ZONE).date(),
    )


def told(home: Path) -> tuple[Wish | None, bool]:
    """The demo that the folder's mark names, and whether it was built to its end."""
    try:
        mark = json.loads((home / MARK).read_text(encoding="utf-8"))
        wish = Wish(**{**mark["wish"], "today": date.fromisoformat(mark["wish"]["today"])})
    except (OSError, ValueError, KeyError, TypeError):
        return None, False
    return wish, mark["ready"] is True


def mark(home: Path, wish: Wish, *, ready: bool, day: int = 0) -> None:
    """Write the mark in one step, so that it is the old or the new one at any time.

    `day` is how many of the days are over.
    """
    whose = {**asdict(wish), "today": wish.today.isoformat()}
    text = json.dumps({"ready": ready, "day": day, "wish": whose})
    beside = home / f"{MARK}.new"
    beside.write_text(text, encoding="utf-8")
    beside.replace(home / MARK)


@contextmanager
def alone(home: Path) -> Iterator[None]:
    """Keep every other builder out; the lock goes with the process, however it ends."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (home / LOCK).open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise ConfigError("demo.in_use", home=home) from error
        yield


def ensure(
    home: Path,
    wish: Wish,
    now: datetime,
    *,
    fresh: bool,
    tell: Tell,
    stop: Callable[[], bool] = never,
) -> bool:
    """Build the demo unless it is there as wished; True when it had to be built.

    `tell` hears how many of how many days are done: of 0 when the folder is there, empty but for
    the configuration. Raises Stopped once `stop` says so, which it is asked between and during
    runs. Raises ConfigError for a folder that is not
    a demo's and for one in which a worker or another build is at work.
    """
    if is_strange(home):
        raise ConfigError("demo.home_taken", home=home)
    if not fresh and told(home) == (wish, True) and (home / "ledger.sqlite").exists():
        return False
    with alone(home):
        refuse_busy(home, now)
        mark(home, wish, ready=False)
        clear(home)
        build(home, wish, tell, stop)
        mark(home, wish, ready=True, day=wish.days)
    return True


def is_strange(home: Path) -> bool:
    """Whether the folder holds anything but a demo, or the lock of one that never began."""
    if not home.exists() or (home / MARK).exists():
        return False
    return not home.is_dir() or any(path.name != LOCK for path in home.iterdir())


def refuse_busy(home: Path, now: datetime) -> None:
    """Raises ConfigError while a worker or a run holds the lease; dead builds do not count."""
    from governance.ledger import open_ledger

    if not (home / "ledger.sqlite").exists():
        return
    ledger = open_ledger(home, address_of(home))
    try:
        lease = ledger.leases.alive(now=now)
    finally:
        ledger.close()
    if lease is not None and not lease.holder.startswith(f"{ROLE}@"):
        raise ConfigError("demo.in_use", home=home)


def address_of(home: Path) -> str:
    """The demo's own ledger, whatever `$DUIQI_LEDGER_URL` says about the real one."""
    return f"sqlite:///{home / 'ledger.sqlite'}"


def clear(home: Path) -> None:
    for name in OURS:
        path = home / name
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def build(home: Path, wish: Wish, tell: Tell, stop: Callable[[], bool] = never) -> None:
    """Make the company up, write day 0, look at it once, and live every day with its run."""
    from governance.config import load
    from governance.demo.deeds import People
    from governance.worker.holder import utc_now

    shutil.copyfile(SHIPPED_CONFIG, home / CONFIG)
    config = load(home / CONFIG, environ={})
    tell(0, wish.days)
    world = World(plan(wish.today, wish.size, wish.days, wish.seed), FileStores(home / COMPANY))
    world.build()
    world.plan.truth.write(home / TRUTH)
    if stop():
        raise Stopped
    with nights(home, config, NightClock(moment_of(world, 0)), stop) as night:
        night.first_look(moment_of(world, 0) - max(entity.lag for entity in config.entities))
        night.promise(moment_of(world, 0))

        people = People(night.bench.ledger, night.bench.home, config, night.held.fence)

        def run_day(day: int, moment: datetime) -> None:
            night.run(day, moment)
            people.morning_after(day, moment)
            mark(home, wish, ready=False, day=day)
            tell(day, wish.days)

        replay(world, range(1, wish.days + 1), run_day)
        night.put_off(utc_now())


@contextmanager
def nights(
    home: Path, config: Config, clock: NightClock, stop: Callable[[], bool] = never
) -> Iterator[Nights]:
    """The tools of the nightly runs, with the lease held until the last one is over."""
    from governance.ledger import open_ledger
    from governance.runs import execute
    from governance.store import open_home
    from governance.worker.holder import holding, utc_now
    from governance.worker.workbench import Bench

    store = open_home(home)
    ledger = open_ledger(home, address_of(home))
    try:
        hurry(ledger)
        bench = Bench(ledger, store, clock, execute, clean_up=lambda _fence: None)
        with holding(ledger, ROLE, clock=utc_now) as held:
            if held is None:
                raise ConfigError("demo.in_use", home=home)
            yield Nights(bench, config, held, clock, stop)
    finally:
        ledger.close()


def hurry(ledger: Ledger) -> None:
    """Let the ledger's commits not wait for the disk: a build that is cut short starts over."""
    from sqlalchemy import event

    engine = ledger.database.engine
    event.listen(engine, "connect", lambda raw, _record: raw.execute("PRAGMA synchronous = OFF"))
    engine.dispose()
