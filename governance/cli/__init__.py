"""The `duiqi` command. Each subcommand is a module of its own and is imported only when called.

`duiqi compare` on two small files must not pay for pyarrow or SQLAlchemy, so nothing here imports
more than typer until the command is known.
"""

from __future__ import annotations

import importlib
import os
import sys

from checks.errors import CodedError

# In the order a newcomer meets them; the words are in the catalogue under `command.<name>`.
COMMANDS = (
    "demo",
    "init",
    "validate",
    "run",
    "serve",
    "worker",
    "status",
    "compare",
    "match",
    "permissions",
    "export",
    "reviews",
    "backup",
)


def language() -> str:
    """Language of the command line: `DUIQI_LANG`, else the locale of the environment."""
    named = os.environ.get("DUIQI_LANG") or next(
        (os.environ[n] for n in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(n)), "en"
    )
    return "zh" if named.lower().startswith("zh") else "en"


def fail(error: CodedError) -> int:
    """Say one plain message on stderr; the exit code is 2."""
    from governance.i18n import explain

    sys.stderr.write(explain(error, language()) + "\n")
    return 2


def main(arguments: list[str] | None = None) -> None:
    """Run one command and leave with its exit code."""
    words = sys.argv[1:] if arguments is None else arguments
    if not words or words[0] in ("-h", "--help"):
        sys.stdout.write(overview())
        raise SystemExit(0 if words else 2)
    if words[0] not in COMMANDS:
        raise SystemExit(
            fail(CodedError("command.unknown", name=words[0], allowed=", ".join(COMMANDS)))
        )
    raise SystemExit(call(words[0], words[1:]))


def overview() -> str:
    """The commands, each with a line that says what it is for."""
    from governance.i18n import t

    width = max(len(name) for name in COMMANDS)
    lines = [f"  {name.ljust(width)}  {t(f'command.{name}', language())}" for name in COMMANDS]
    return "\n".join([t("command.usage", language()), "", *lines, ""])


def call(name: str, words: list[str]) -> int:
    """Import `governance.cli.<name>` and run its `main`, or else its typer application `app`.

    typer reads the words through pydantic, which takes longer than a whole small comparison; a
    command that has to be quick reads them itself.
    """
    module = importlib.import_module(f"governance.cli.{name}")
    if hasattr(module, "main"):
        try:
            return int(module.main(words))
        except CodedError as error:
            return fail(error)
        except KeyboardInterrupt:
            return 130
    import typer
    from typer.exceptions import TyperException

    command = typer.main.get_command(module.app)
    if "--help" in words:
        from governance.cli.helping import tell

        tell(command, name, language())
    try:
        result = command.main(args=words, prog_name=f"duiqi {name}", standalone_mode=False)
    except CodedError as error:
        return fail(error)
    except typer.Exit as leaving:
        return leaving.exit_code
    except TyperException as error:
        show = getattr(error, "show", None)  # with the usage line, where it has one
        show() if show else sys.stderr.write(f"{error.format_message()}\n")
        return 2
    except (typer.Abort, KeyboardInterrupt):
        return 130
    return result if isinstance(result, int) else 0
