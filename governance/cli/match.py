"""`duiqi match`: link two files or tables that share no key."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from governance.cli import language


def parser() -> argparse.ArgumentParser:
    """The options, read with the standard library as those of `compare` are."""
    words = argparse.ArgumentParser("duiqi match", allow_abbrev=False)
    words.add_argument("left")
    words.add_argument("right")
    words.add_argument("--out", type=Path, required=True, metavar="PAIRS")
    words.add_argument("--left-id", metavar="C")
    words.add_argument("--right-id", metavar="C")
    words.add_argument("--map", action="append", default=[], metavar="LEFT=RIGHT[,..]")
    words.add_argument("--ignore", action="append", default=[], metavar="C[,..]")
    words.add_argument("--accept", metavar="0.99")
    words.add_argument("--uncertain", type=Path, metavar="PAIRS")
    words.add_argument("--format", default="text", choices=("text", "json"))
    return words


def main(arguments: list[str]) -> int:
    """Exit code of one linkage: 0 with pairs, 1 where no two records could be held to be one.

    Raises CodedError for what keeps it from an answer.
    """
    words = parser()
    if "-h" in arguments or "--help" in arguments:
        from governance.cli.helping import tell_parser

        tell_parser(words, "match", language())
    try:
        asked = words.parse_args(arguments)
    except SystemExit as leaving:
        return leaving.code if isinstance(leaving.code, int) else 2
    import json

    from governance.compare.request import business_zone, names_in, renames_in
    from governance.matching.report import as_object, as_text
    from governance.matching.request import Request, probability
    from governance.matching.run import match

    wanted = Request(
        left=asked.left,
        right=asked.right,
        out=asked.out,
        left_id=asked.left_id,
        right_id=asked.right_id,
        told=renames_in(asked.map, {}),
        ignore=frozenset(names_in(asked.ignore)),
        accept=probability(asked.accept, "--accept"),
        uncertain=asked.uncertain,
        zone=business_zone(),
    )
    found = match(wanted, language())
    if asked.format == "json":
        text = json.dumps(as_object(found), ensure_ascii=False) + "\n"
    else:
        text = as_text(found, language())
    sys.stdout.buffer.write(text.encode("utf-8", "backslashreplace"))
    sys.stdout.flush()
    return 0 if found.accepted else 1
