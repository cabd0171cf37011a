"""Where records come from: one small module per kind of source, opened only when it is used."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from governance.errors import ConfigError
from governance.sources.kinds import FILE_FORMATS, KINDS
from governance.sources.model import Extract, Landed, Note, Reader, Source, TableInfo
from governance.sources.target import source_config_for, split_target

if TYPE_CHECKING:
    from governance.config.model import SourceConfig

__all__ = [
    "KINDS",
    "Extract",
    "Landed",
    "Note",
    "Reader",
    "Source",
    "TableInfo",
    "column_types",
    "open_source",
    "source_config_for",
    "split_target",
]


def open_source(config: SourceConfig, *, zone: ZoneInfo) -> Source:  # noqa: ARG001
    """The source for a configuration; nothing is opened yet.

    `zone` is the business time zone. Values stay as they are written, so no kind needs it so far;
    every instant that a database prints carries its offset. Raises ConfigError for an unknown kind.
    """
    kind = config.kind
    if kind == "postgresql":
        from governance.sources.postgresql import Postgres

        return Postgres(config)
    if kind in ("mysql", "mariadb"):
        from governance.sources.mysql import MySQL

        return MySQL(config)
    if kind == "sqlite":
        from governance.sources.sqlite import Sqlite

        return Sqlite(config)
    if kind == "sqlalchemy":
        from governance.sources.generic import Generic

        return Generic(config)
    return _file_source(config)


def _file_source(config: SourceConfig) -> Source:
    from governance.sources.filereader import FileSource
    from governance.sources.folder import Folder
    from governance.sources.kinds import file_format, kind_of_file

    if config.kind in FILE_FORMATS:
        return FileSource(config, file_format(config.kind))
    if config.kind == "folder":
        kind = kind_of_file(config.pattern or "")
        if kind in FILE_FORMATS:
            return Folder(config, file_format, kind)
        raise ConfigError("source.pattern", source=config.name)
    raise ConfigError("source.kind", kind=config.kind, allowed=", ".join(KINDS))


def column_types(reader: Reader, table: str | None) -> dict[str, str]:
    """Source type of every column of a table, in the table's order. Raises like `Reader.read`."""
    return dict(reader.columns(table))
