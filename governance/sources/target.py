"""A source that someone names on the command line: a file, or an address with `#table`."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

from checks.dictionary import Title
from governance.config.model import SourceConfig
from governance.errors import ConfigError
from governance.sources.kinds import SUFFIXES, kind_of_file

SCHEMES = {"postgresql": "postgresql", "postgres": "postgresql", "mysql": "mysql"}
SCHEMES["mariadb"] = "mariadb"


def split_target(target: str) -> tuple[SourceConfig, str | None]:
    """The source that `URL#table`, `FILE` or `FILE#sheet` names, and the table if one is given.

    A password that holds `#` or `@` must be percent-encoded. Raises ConfigError for a file whose
    kind its name does not tell, never with the target's text when that may hold a password.
    """
    if "://" in target:
        address, _, table = target.partition("#")
        return _database(address), unquote(table) or None
    if Path(target).exists() or "#" not in target:
        return _file(target), None
    path, _, table = target.rpartition("#")
    return _file(path), table or None


def source_config_for(target: str) -> SourceConfig:
    """As `split_target`, without the table."""
    return split_target(target)[0]


def _database(address: str) -> SourceConfig:
    scheme, _, rest = address.partition("://")
    dialect = scheme.partition("+")[0].lower()
    if dialect == "sqlite":
        # sqlite:///relative and sqlite:////absolute, as SQLAlchemy has it.
        path = unquote(rest.partition("?")[0].removeprefix("/"))
        return _config(Path(path).stem, "sqlite", path=Path(path).absolute())
    try:
        parts = urlsplit(address)
        name = unquote(parts.path.rpartition("/")[2]) or parts.hostname or dialect
    except ValueError:
        raise ConfigError("source.address", source=dialect) from None
    return _config(name, SCHEMES.get(dialect, "sqlalchemy"), url=address)


def _file(target: str) -> SourceConfig:
    path = Path(target).expanduser().absolute()
    kind = kind_of_file(path.name)
    if kind is None:
        raise ConfigError("source.suffix", file=path.name, allowed=" ".join(SUFFIXES))
    return _config(path.stem, kind, path=path)


def _config(name: str, kind: str, url: str | None = None, path: Path | None = None) -> SourceConfig:
    return SourceConfig(name=name, kind=kind, title=Title(name, name), url=url, path=path)
