"""The key of a pair holds both own keys and nothing else."""

from __future__ import annotations

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.crosswalk import joint, own_key, own_keys, rekeyed
from checks.dictionary import Entity, Mapping, Title
from checks.prepare import Column, Side, Spec

KEYS = st.one_of(st.none(), st.text(min_size=1, max_size=8))


@given(left=KEYS, right=KEYS)
def test_a_joint_key_gives_back_what_went_in(left: str | None, right: str | None) -> None:
    assert own_keys(joint(left, right)) == (left, right)


@pytest.mark.parametrize("text", ["", "1", "1:a", "2:a0:", "1:a1:bc", "x:a0:", "1:a0:b"])
def test_another_text_is_no_joint_key(text: str) -> None:
    with pytest.raises(ValueError, match="joint"):
        own_keys(text)


def test_both_sides_of_a_pair_come_under_one_key_and_equal_keys_of_strangers_do_not() -> None:
    con = duckdb.connect()
    con.execute("CREATE TABLE walk (left_key VARCHAR, right_key VARCHAR)")
    con.execute("INSERT INTO walk VALUES ('1', '客7')")
    con.execute("CREATE TABLE l AS SELECT * FROM (VALUES ('1', 'a'), ('2', 'b')) AS t(_key, v)")
    con.execute("CREATE TABLE r AS SELECT * FROM (VALUES ('客7', 'a'), ('2', 'c')) AS t(_key, v)")
    con.execute("CREATE TABLE odd AS SELECT NULL::VARCHAR AS _key, 'x' AS v")
    spec = Spec((Column("v"),), (), ())
    sides = [
        rekeyed(con, Side(rows, "odd", spec), which, "walk", f"k_{rows}")
        for rows, which in (("l", "left"), ("r", "right"))
    ]
    keys = [
        {key for (key,) in con.execute(f"SELECT _key FROM {side.rows}").fetchall()}
        for side in sides
    ]
    assert keys[0] & keys[1] == {joint("1", "客7")}
    assert keys[0] - keys[1] == {joint("2", None)}
    assert keys[1] - keys[0] == {joint(None, "2")}
    assert con.execute(f"SELECT _key FROM {sides[0].odd}").fetchall() == [(None,)]


def test_each_of_two_sources_is_asked_by_its_own_key_and_of_three_nobody_knows() -> None:
    def entity(*sources: str) -> Entity:
        mappings = tuple(Mapping(source, {"no": "no"}) for source in sources)
        return Entity("e", Title("e", "e"), ("no",), (), sources[0], mappings)

    two, three = entity("crm", "oa"), entity("crm", "oa", "erp")
    key = joint("1", "客7")
    assert [own_key(two, source, key) for source in ("crm", "oa", "erp")] == ["1", "客7", None]
    assert own_key(two, "oa", joint("1", None)) is None
    assert own_key(three, "crm", key) is None
