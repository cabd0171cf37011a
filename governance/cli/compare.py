"""`duiqi compare`: hold two files or tables against each other by key."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from governance.cli import language


def parser() -> argparse.ArgumentParser:
    """The options, read with the standard library: starting must not cost more than comparing."""
    words = argparse.ArgumentParser("duiqi compare", allow_abbrev=False)
    words.add_argument("left")
    words.add_argument("right")
    for option, shape in (
        ("--key", "A[,B]"),
        ("--left-key", "A[,B]"),
        ("--right-key", "A[,B]"),
        ("--map", "LEFT=RIGHT[,..]"),
        ("--ignore", "C[,..]"),
        ("--type", "C=TYPE"),
        ("--normalize", "C=NAME"),
        ("--tolerance", "C=0.01|1%|5min"),
    ):
        words.add_argument(option, action="append", default=[], metavar=shape)
    words.add_argument("--base")
    words.add_argument("--findings", type=Path, metavar="OUT")
    words.add_argument("--format", default="text", choices=("text", "json"))
    return words


def main(arguments: list[str]) -> int:
    """Exit code of one comparison. Raises CodedError for what keeps it from an answer."""
    words = parser()
    if "-h" in arguments or "--help" in arguments:
        from governance.cli.helping import tell_parser

        tell_parser(words, "compare", language())
    try:
        asked = words.parse_args(arguments)
    except SystemExit as leaving:
        return leaving.code if isinstance(leaving.code, int) else 2
    from checks.normalisers import NORMALISERS, TYPES
    from governance.compare import request
    from governance.compare.report import as_json, as_text
    from governance.compare.run import compare

    names, renames = request.keys_of(asked.key, asked.left_key, asked.right_key)
    wanted = request.Request(
        left=asked.left,
        right=asked.right,
        key=names,
        renames=request.renames_in(asked.map, renames),
        ignore=frozenset(request.names_in(asked.ignore)),
        types=request.assigned(asked.type, "--type", ("text", *TYPES)),
        normalizers=request.assigned(asked.normalize, "--normalize", tuple(NORMALISERS)),
        tolerances=request.tolerances_in(asked.tolerance),
        base=asked.base,
        findings=asked.findings,
        zone=request.business_zone(),
    )
    if asked.format == "json":
        found = compare(wanted, first=0)
        text = as_json(found, language()) + "\n"
    else:
        found = compare(wanted)
        text = as_text(found, language())
    sys.stdout.buffer.write(text.encode("utf-8", "backslashreplace"))
    sys.stdout.flush()
    return 0 if found.aligned else 1
