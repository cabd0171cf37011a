"""`duiqi compare`: hold two files or tables against each other by key."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from governance.cli import language

EXITS = "exit code 0: aligned; 1: differences; 2: it could not be told, see the message"


def parser() -> argparse.ArgumentParser:
    """The options, read with the standard library: starting must not cost more than comparing."""
    words = argparse.ArgumentParser("duiqi compare", epilog=EXITS, allow_abbrev=False)
    words.add_argument("left", help="a file, or a database URL with #table")
    words.add_argument("right", help="what to hold it against")

    def several(option: str, shape: str, text: str) -> None:
        words.add_argument(option, action="append", default=[], metavar=shape, help=text)

    several("--key", "A[,B]", "the columns that name a record")
    several("--left-key", "A[,B]", "the same, as the left calls them")
    several("--right-key", "A[,B]", "the same, as the right calls them")
    several("--map", "LEFT=RIGHT[,..]", "other columns with two names")
    several("--ignore", "C[,..]", "columns to leave out")
    several("--type", "C=TYPE", "read a column as code, integer, decimal, boolean, date, datetime")
    several("--normalize", "C=NAME", "make spellings alike: company_name, phone, amount and others")
    several("--tolerance", "C=0.01|1%|5min", "how far two values may lie apart")
    words.add_argument("--base", help="what both once agreed on: tells which side moved")
    words.add_argument(
        "--findings", type=Path, metavar="OUT", help="write every difference: "
        ".csv, .jsonl, .parquet or .xlsx",
    )  # fmt: skip
    words.add_argument("--format", default="text", choices=("text", "json"))
    return words


def main(arguments: list[str]) -> int:
    """Exit code of one comparison. Raises CodedError for what keeps it from an answer."""
    try:
        asked = parser().parse_args(arguments)
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
