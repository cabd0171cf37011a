"""One linkage: the weights of likeness are learned from the data, without a labelled pair.

Splink does the statistics (the Fellegi-Sunter model, expectation maximisation, term frequencies)
on a DuckDB connection of ours; which fields there are and what they are looked at for stands in
`checks.matching`.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from checks.matching import Matched, levels
from governance.matching.blocking import candidates
from governance.matching.tables import SIDES, prepare

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

SEED = 1
SAMPLED_PAIRS = 4e5
TRAINED_PAIRS = 2e5
ENOUGH = 2_000  # pairs of records from which chance agreement can be told
FEWEST = 40  # pairs in a block from which agreement of true pairs can be told
SESSIONS = 3


def link(
    con: DuckDBPyConnection,
    fields: Sequence[Matched],
    zone: str,
    model: Mapping[str, Any] | None = None,
    *,
    settled: bool = False,
) -> Mapping[str, Any]:
    """Build `scored` (left_id, right_id, weight, and per field `g_` level and `w_` weight).

    `weight` is the sum of the fields' weights, log2 of a Bayes factor; what chance a pair has at
    all is left out of it. From `raw_left` and `raw_right` as `prepare` takes them; where pairs are
    `settled` also from `settled_left`, `settled_right` (unique_id) and `apart` (left_id, right_id),
    which are not looked at again. Returns what was learned, to be given as `model` next time.
    """
    prepare(con, fields, zone)
    if not _possible(con):
        _score_nothing(con, fields)
        return model or {}
    logging.getLogger("splink").setLevel(logging.CRITICAL)
    linker = _linker(con, fields, model)
    _rarities(con, linker, fields)
    if model is None:
        _train(con, linker, fields)
        model = linker.misc.save_model_to_json()
    if candidates(con, fields, settled=settled) == 0:
        _score_nothing(con, fields)
        return model
    pairs = linker._db_api.register("candidates")
    linker.table_management.register_blocked_pairs_for_predict(pairs)
    predicted = linker.inference.predict(warning_mode="never")
    _take(con, predicted.physical_name, fields)
    linker.table_management.delete_tables_created_by_splink_from_db()
    for column in _frequencies(fields):
        con.execute(f"DROP TABLE IF EXISTS rarity_{column}")
    return model


def _linker(
    con: DuckDBPyConnection, fields: Sequence[Matched], model: Mapping[str, Any] | None
) -> Any:
    """How common a value is says nothing among a handful of records."""
    from splink import DuckDBAPI, Linker, SettingsCreator

    api = DuckDBAPI(connection=con)
    frames = [
        api.register(f"match_{side}", dataset_display_name=side) for side in ("left", "right")
    ]
    ((expected, total),) = con.execute(
        "SELECT least(l, r), l * r FROM (SELECT count(*) AS l FROM match_left),"
        " (SELECT count(*) AS r FROM match_right)"
    ).fetchall()
    if model is not None:
        return Linker(frames, dict(model), log_level=None, validate_settings=False)
    settings = SettingsCreator(
        link_type="link_only",
        comparisons=[_comparison(field, total >= ENOUGH) for field in fields],
        probability_two_random_records_match=min(0.5, 0.7 * expected / total),
        retain_matching_columns=True,
        retain_intermediate_calculation_columns=True,
        linker_uid="duiqi",
    )
    return Linker(frames, settings, log_level=None, validate_settings=False)


def _comparison(field: Matched, enough: bool) -> Any:
    from splink.internals.comparison_level_library import CustomLevel, ElseLevel, NullLevel
    from splink.internals.comparison_library import CustomComparison

    known = levels(field)
    built: list[Any] = [NullLevel(field.name)]
    for level in known:
        made = CustomLevel(level.when, label_for_charts=level.code)
        options: dict[str, Any] = {"m_probability": level.m, "u_probability": level.u}
        if level.frequency and enough:
            options |= {
                "tf_adjustment_column": level.frequency,
                "disable_tf_exact_match_detection": True,
                "tf_minimum_u_value": 1e-6,
            }
        built.append(made.configure(**options))
    rest = ElseLevel()
    built.append(
        rest.configure(
            m_probability=max(0.001, 1 - sum(level.m for level in known)),
            u_probability=max(0.001, 1 - sum(level.u for level in known)),
        )
    )
    return CustomComparison(built, output_column_name=field.name)


def _train(con: DuckDBPyConnection, linker: Any, fields: Sequence[Matched]) -> None:
    if _possible(con) < ENOUGH:
        return
    linker.training.estimate_u_using_random_sampling(max_pairs=SAMPLED_PAIRS, seed=SEED)
    for column in _training_columns(con, fields):
        linker.training.estimate_parameters_using_expectation_maximisation(
            f"l.{column} = r.{column}",
            estimate_without_term_frequencies=True,
            max_pairs=TRAINED_PAIRS,
        )


def _rarities(con: DuckDBPyConnection, linker: Any, fields: Sequence[Matched]) -> None:
    """How probable it is that two records agree in a value by chance.

    What the two records of a pair have themselves says nothing of chance, so two of a value's
    occurrences are left out; of a value that has no more, only its kind tells something.
    """
    for column, chance in _frequencies(fields).items():
        every = " UNION ALL ".join(
            f"SELECT {column} FROM match_{side} WHERE {column} IS NOT NULL" for side in SIDES
        )
        con.execute(
            f"CREATE OR REPLACE TEMP TABLE rarity_{column} AS SELECT {column},"
            " greatest(count(*) - 2, 0) / sum(count(*)) OVER ()"
            f" + least({chance}, 1.0 / sum(count(*)) OVER ()) AS tf_{column}"
            f" FROM ({every}) GROUP BY {column}"
        )
        table = linker._db_api.register(f"rarity_{column}")
        linker.table_management.register_term_frequency_lookup(table, column)


def _frequencies(fields: Sequence[Matched]) -> dict[str, float]:
    """The columns whose common values weigh less, with what chance is without counting."""
    told = [level for field in fields for level in reversed(levels(field)) if level.frequency]
    return {str(level.frequency): level.u for level in told}


def _possible(con: DuckDBPyConnection) -> int:
    """How many pairs of records there are at all."""
    ((possible,),) = con.execute(
        "SELECT (SELECT count(*) FROM match_left) * (SELECT count(*) FROM match_right)"
    ).fetchall()
    return int(possible)


def _training_columns(con: DuckDBPyConnection, fields: Sequence[Matched]) -> list[str]:
    """The columns whose equal values lead to one record most often, the surest first."""
    found = []
    for field in fields:
        column = f"{field.name}_core" if field.grammed else field.name
        ((blocks, pairs),) = con.execute(
            f"SELECT count(*), coalesce(sum(n * m), 0) FROM (SELECT {column}, count(*) AS n"
            f" FROM match_left WHERE {column} IS NOT NULL GROUP BY ALL) JOIN (SELECT {column},"
            f" count(*) AS m FROM match_right WHERE {column} IS NOT NULL GROUP BY ALL)"
            f" USING ({column})"
        ).fetchall()
        if pairs >= FEWEST:
            found.append((blocks / pairs, blocks, column))
    found.sort(key=lambda entry: (-round(entry[0], 1), -entry[1], entry[2]))
    return [column for share, _, column in found if share > 0.02][:SESSIONS]


def _take(con: DuckDBPyConnection, table: str, fields: Sequence[Matched]) -> None:
    known = {name for name, *_ in con.execute(f"DESCRIBE {table}").fetchall()}
    parts = []
    sums = []
    for field in fields:
        weights = [f"coalesce(mw_{field.name}, 0)"]
        if f"mw_tf_adj_{field.name}" in known:
            weights.append(f"coalesce(mw_tf_adj_{field.name}, 0)")
        parts.append(f"gamma_{field.name} AS g_{field.name}")
        parts.append(f"{' + '.join(weights)} AS w_{field.name}")
        sums.append(f"w_{field.name}")
    con.execute(
        "CREATE OR REPLACE TEMP TABLE scored AS SELECT *, "
        f"{' + '.join(sums)} AS weight FROM (SELECT unique_id_l AS left_id,"
        f" unique_id_r AS right_id, {', '.join(parts)} FROM {table})"
    )


def _score_nothing(con: DuckDBPyConnection, fields: Sequence[Matched]) -> None:
    parts = ", ".join(f"0 AS g_{f.name}, 0.0 AS w_{f.name}" for f in fields)
    con.execute(
        "CREATE OR REPLACE TEMP TABLE scored AS SELECT CAST(0 AS BIGINT) AS left_id,"
        f" CAST(0 AS BIGINT) AS right_id, {parts}, 0.0 AS weight WHERE false"
    )
