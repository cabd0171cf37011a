"""What `--help` says, in the reader's language.

The words of a command stand in the catalogue: `command.<name>.about` for the command itself,
`command.<name>.<parameter>` for an option or argument, `command.option.<parameter>` for what
several commands share; a command within a group is `<group>_<name>`. They are looked up only when
somebody asks for help.
"""

from __future__ import annotations

import argparse
from typing import Any

from governance.i18n import catalogue, t


def words_for(command: str, parameter: str, language: str) -> str:
    """What a parameter is for. Raises KeyError for one that has no words."""
    own = f"command.{command}.{parameter}"
    return t(own if own in catalogue(language) else f"command.option.{parameter}", language)


def tell(command: Any, name: str, language: str) -> None:
    """Give a typer command its words, and typer its headings."""
    from typer import rich_utils

    command.help = t(f"command.{name}.about", language)
    for parameter in command.get_params(_context(command, name)):
        parameter.help = words_for(name, parameter.name, language)
    for inner, part in getattr(command, "commands", {}).items():
        tell(part, f"{name}_{inner}", language)
    headings = {
        "ARGUMENTS_PANEL_TITLE": "arguments",
        "OPTIONS_PANEL_TITLE": "options",
        "DEFAULT_STRING": "default",
        "REQUIRED_LONG_STRING": "required",
        "COMMANDS_PANEL_TITLE": "commands",
    }
    for constant, heading in headings.items():
        setattr(rich_utils, constant, t(f"command.heading.{heading}", language, value="{}"))
    shown = command.get_usage
    usage = t("command.heading.usage", language)
    command.get_usage = lambda context: shown(context).replace("Usage:", usage, 1)


def _context(command: Any, name: str) -> Any:
    """typer makes the help option once for a command and keeps it."""
    return command.context_class(command, info_name=name)


class Speaking(argparse.HelpFormatter):
    """Help of the standard library under a heading in the reader's language."""

    def add_usage(self, usage: Any, actions: Any, groups: Any, prefix: Any = None) -> None:
        from governance.cli import language

        heading = t("command.heading.usage", language()) + " "
        super().add_usage(usage, actions, groups, heading if prefix is None else prefix)


def tell_parser(parser: argparse.ArgumentParser, name: str, language: str) -> None:
    """The same for a parser of the standard library."""
    parser.formatter_class = Speaking
    parser.epilog = t(f"command.{name}.about", language)
    for group, heading in zip(parser._action_groups, ("arguments", "options"), strict=True):
        group.title = t(f"command.heading.{heading}", language)
        for action in group._group_actions:
            action.help = words_for(name, action.dest, language)
