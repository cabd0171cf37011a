"""A proposal as `governance.yaml`, with comments for the person who finishes it."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

from governance.config.merge import SHIPPED
from governance.config.model import SourceConfig
from governance.config.proposal import Proposed, ProposedField
from governance.config.sampling import Looked
from governance.i18n import t

PLAIN = re.compile(r"[A-Za-z_\u4e00-\u9fff][A-Za-z0-9_.\u4e00-\u9fff]*")
WORDS = {"null", "true", "false", "yes", "no", "on", "off", "y", "n"}
WIDTH = 92


def reference(source: str) -> str:
    """The environment variable that holds a source's address."""
    return f"{source.upper()}_URL"


def written(
    looked: tuple[Looked, ...], proposed: tuple[Proposed, ...], out: Path, lang: str
) -> str:
    """The file's text. `out` is where it will lie: paths are written from there."""
    schema = SHIPPED / "data" / "schema" / "governance.schema.json"
    lines = [f"# yaml-language-server: $schema={relative(schema, out)}"]
    lines += comment("head", lang)
    lines += ["version: 1", "company: {zh: 我的公司, en: My company}" + note("company", lang)]
    lines += [f"locale: {lang}", "time_zone: Asia/Shanghai"]
    lines += ['schedule: "0 2 * * *"' + note("schedule", lang), "", "sources:"]
    for one in looked:
        lines += source_lines(one, out, lang)
    lines += ["", "entities:"]
    for entity in proposed:
        lines += entity_lines(entity, lang)
    return "\n".join(lines) + "\n"


def source_lines(looked: Looked, out: Path, lang: str) -> Iterator[str]:
    config = looked.config
    if looked.passed_over:
        names = ", ".join(scalar(name) for name, _ in looked.passed_over[:10])
        count = len(looked.passed_over)
        yield from comment("passed_over", lang, "  ", count=count, tables=names)
    yield f"  {config.name}: {{kind: {config.kind}, {address(config, out)}}}"


def address(config: SourceConfig, out: Path) -> str:
    if config.path is not None:
        return f"path: {scalar(relative(config.path, out))}"
    return f'url: "${{{reference(config.name)}}}"'


def relative(path: Path, out: Path) -> str:
    """From the configuration's folder where the file lies below or beside it, else absolute."""
    folder = out.absolute().parent
    short = os.path.relpath(path, folder)
    return str(path) if short.count("..") > 2 else Path(short).as_posix()


def entity_lines(entity: Proposed, lang: str) -> Iterator[str]:
    yield f"  {entity.name}:"
    yield f"    title: {{zh: {scalar(entity.zh)}, en: {scalar(entity.en)}}}"
    found = "" if entity.overlap is None else note("overlap", lang, share=f"{entity.overlap:.0%}")
    yield f"    key: {entity.key}{found}"
    if len(entity.tables) > 1:
        yield f"    authority: {entity.tables[0].source}" + note("authority", lang)
    yield f"    display: {'name' if entity.has('name') else entity.key}"
    if entity.has("department"):
        yield "    department: department"
    yield "    fields:"
    for field in entity.fields:
        yield field_line(field)
    yield "    sources:"
    for table in entity.tables:
        yield f"      {table.source}:"
        if table.table is not None:
            yield f"        table: {scalar(table.table)}"
        yield "        columns:"
        for field in entity.fields:
            yield f"          {field.name}: {scalar(field.columns[table.source])}"
        if table.unmapped:
            yield from comment("unmapped", lang, "        ", columns=listed(table.unmapped))
    yield ""


def field_line(field: ProposedField) -> str:
    settings = ", ".join(
        f"{name}: {value_of(name, value)}" for name, value in field.settings.items()
    )
    title = f"title: {{zh: {scalar(field.zh)}, en: {scalar(field.en)}}}"
    return f"      {field.name}: {{{title}, {settings}}}"


def value_of(name: str, value: str) -> str:
    return json.dumps(value) if name == "tolerance" else value


def listed(names: tuple[str, ...]) -> str:
    return ", ".join(scalar(name) for name in names[:30]) + (" ..." if len(names) > 30 else "")


def scalar(text: str) -> str:
    """Text as YAML reads it back unchanged, on one line, in a comment too."""
    if PLAIN.fullmatch(text) and text.lower() not in WORDS:
        return text
    quoted = json.dumps(text, ensure_ascii=False)
    # YAML breaks lines at these too, and readers refuse the unprintable ones.
    return re.sub(r"[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]", escaped, quoted)


def escaped(match: re.Match[str]) -> str:
    return f"\\u{ord(match.group()):04x}"


def comment(name: str, lang: str, indent: str = "", **params: object) -> list[str]:
    lines = t(f"init.file_{name}", lang, **params).split("\n")
    return [f"{indent}# {line}" for line in lines]


def note(name: str, lang: str, **params: object) -> str:
    return "  # " + t(f"init.file_{name}", lang, **params)
