"""`--base` against daff, which merges three tables: it must see the same sides move."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import daff
import pytest

from governance.compare.request import Request
from governance.compare.run import compare

COLUMNS = ("v", "w", "x")
Table = dict[str, tuple[str, ...]]


def tables(dice: random.Random) -> tuple[Table, Table, Table]:
    """A base of records and two descendants: cells change, often to the same; rows come and go."""
    base = {f"k{n}": tuple(dice.choice("abc") for _ in COLUMNS) for n in range(80)}

    def descendant(new: range) -> Table:
        rows = {
            key: tuple(dice.choice("abcde") if dice.random() < 0.3 else v for v in values)
            for key, values in base.items()
            if dice.random() < 0.85
        }
        return rows | {f"n{n}": tuple(dice.choice("ab") for _ in COLUMNS) for n in new}

    return base, descendant(range(12)), descendant(range(6, 18))


def merged(base: Table, left: Table, right: Table) -> dict[str, list[Any]]:
    """What daff tells of each key it names: its mark for the row, then its cells."""

    def view(rows: Table) -> Any:
        return daff.PythonTableView([["id", *COLUMNS], *([k, *v] for k, v in rows.items())])

    flags = daff.CompareFlags()
    flags.addPrimaryKey("id")
    flags.show_unchanged = flags.show_unchanged_columns = True
    told: list[list[Any]] = []
    aligned = daff.Coopy.compareTables3(view(base), view(left), view(right), flags).align()
    daff.TableDiff(aligned, flags).hilite(daff.PythonTableView(told))
    return {row[1]: [row[0], *row[2:]] for row in told}


def cell_moved(told: str) -> str:
    """daff writes `was!->left!->right` for a conflict and `was->right` for the other side's change;
    a change of ours it takes as it is."""
    if "!->" in told:
        return "both_moved"
    return "right_moved" if "->" in told else "left_moved"


def row_moved(mark: str | None) -> str:
    """`+++` and `---`: the other side added or removed the row; else it is ours alone."""
    return {"+++": "not_yet_created", "---": "deleted"}.get(mark or "", "ours")


def written(path: Path, rows: Table) -> str:
    lines = [",".join(["id", *COLUMNS]), *(",".join([k, *v]) for k, v in rows.items())]
    path.write_text("\n".join(lines) + "\n")
    return str(path)


@pytest.mark.parametrize("seed", range(4))
def test_daff_sees_the_same_sides_move(tmp_path: Path, seed: int) -> None:
    base, left, right = tables(random.Random(seed))
    out = tmp_path / "findings.jsonl"
    files = [written(tmp_path / f"{n}.csv", t) for n, t in (("b", base), ("l", left), ("r", right))]
    found = compare(Request(files[1], files[2], key=("id",), base=files[0], findings=out))
    told = merged(base, left, right)
    seen = set()
    for line in out.read_text().splitlines():
        finding = json.loads(line)
        key, direction = finding["id"], finding["direction"]
        seen.add((finding["kind"], direction))
        if finding["kind"] == "mismatch":
            if key not in base:
                assert direction == "never_agreed"
            else:
                cell = told[key][1 + COLUMNS.index(finding["column"])]
                assert direction == cell_moved(cell), (key, finding, told[key])
        elif finding["kind"] == "only_right" and direction == "deleted":
            # Ours to delete: daff's merge leaves the row out.
            assert key in base
            assert key not in told
        elif finding["kind"] == "only_right" or direction == "deleted":
            assert direction == row_moved(told[key][0]), (finding, told[key])
        else:
            assert (direction, row_moved(told[key][0])) == ("not_yet_created", "ours")
    assert found.direction is not None
    conflicts = sum("!->" in str(cell) for k, row in told.items() if k in base for cell in row[1:])
    assert found.direction["both_moved"] == conflicts > 0
    assert {(k, d) for k in ("only_left", "only_right") for d in ("deleted", "not_yet_created")} < (
        seen
    )
