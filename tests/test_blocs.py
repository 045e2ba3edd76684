"""Blocs: dated membership, the default West, and blocs of the user's own."""

from datetime import date, timedelta
from itertools import pairwise

import pytest

from equidistance.errors import AmbiguousName, InvalidRequest, UnknownName
from equidistance.ground.blocs import Bloc, Spell, all_blocs, define_bloc, get_bloc, resolve_power
from equidistance.ground.states import all_states, find, get_state, labels, read_csv

TODAY = date(2025, 6, 1)


# --- the shipped blocs


def test_the_blocs_have_their_known_sizes() -> None:
    assert {bloc.code: len(bloc.members(TODAY)) for bloc in all_blocs()} == {
        "EU": 27,
        "NATO": 32,
        "CSTO": 6,
        "EAEU": 5,
        "SCO": 10,
        "CIS": 9,
        "BRICS": 10,
        "OTS": 5,
        "G7": 7,
        "COMMONWEALTH": 56,
        "WEST": 35,
    }


def test_every_spell_is_sound() -> None:
    for bloc in all_blocs():
        assert bloc.name_ru
        assert bloc.description
        assert bloc.start == min(spell.start for spell in bloc.spells)
        assert bloc.end is None
        for spell in bloc.spells:
            state = get_state(spell.state)
            assert spell.end is None or spell.start < spell.end
            if spell.state not in {"GBR", "CAN", "AUS", "NZL", "ZAF", "IRL"}:
                assert spell.start >= state.start, (bloc.code, spell)
            if state.end is not None:
                assert spell.end is not None
                assert spell.end <= state.end
        for before, after in pairwise(bloc.spells):
            if before.state == after.state:
                assert before.end is not None
                assert before.end <= after.start, (bloc.code, before, after)
    assert all(row["basis"] for row in read_csv("bloc_members.csv"))


@pytest.mark.parametrize(
    ("bloc", "state", "first"),
    [
        ("EU", "FRA", date(1958, 1, 1)),
        ("EU", "GBR", date(1973, 1, 1)),
        ("EU", "POL", date(2004, 5, 1)),
        ("EU", "HRV", date(2013, 7, 1)),
        ("NATO", "TUR", date(1952, 2, 18)),
        ("NATO", "HUN", date(1999, 3, 12)),
        ("NATO", "FIN", date(2023, 4, 4)),
        ("NATO", "SWE", date(2024, 3, 7)),
        ("CSTO", "KAZ", date(1994, 4, 20)),
        ("EAEU", "KAZ", date(2015, 1, 1)),
        ("EAEU", "ARM", date(2015, 1, 2)),
        ("EAEU", "KGZ", date(2015, 8, 12)),
        ("SCO", "KAZ", date(2001, 6, 15)),
        ("SCO", "IND", date(2017, 6, 9)),
        ("SCO", "IRN", date(2023, 7, 4)),
        ("SCO", "BLR", date(2024, 7, 4)),
        ("CIS", "KAZ", date(1991, 12, 21)),
        ("BRICS", "ARE", date(2024, 1, 1)),
        ("BRICS", "IDN", date(2025, 1, 6)),
        ("OTS", "KAZ", date(2009, 10, 3)),
        ("OTS", "UZB", date(2019, 10, 15)),
        ("COMMONWEALTH", "IND", date(1947, 8, 15)),
        ("COMMONWEALTH", "GAB", date(2022, 6, 25)),
    ],
)
def test_a_state_enters_on_its_day(bloc: str, state: str, first: date) -> None:
    assert state in get_bloc(bloc).members(first)
    assert state not in get_bloc(bloc).members(first - timedelta(days=1))


@pytest.mark.parametrize(
    ("bloc", "state", "out"),
    [
        ("EU", "GBR", date(2020, 2, 1)),
        ("CSTO", "AZE", date(1999, 4, 20)),
        ("CSTO", "GEO", date(1999, 4, 20)),
        ("CSTO", "UZB", date(1999, 4, 20)),
        ("CSTO", "UZB", date(2012, 12, 19)),
        ("CIS", "GEO", date(2009, 8, 18)),
        ("CIS", "TKM", date(2005, 8, 26)),
        ("CIS", "UKR", date(2018, 5, 19)),
        ("COMMONWEALTH", "IRL", date(1949, 4, 18)),
        ("COMMONWEALTH", "ZAF", date(1961, 5, 31)),
        ("COMMONWEALTH", "PAK", date(1972, 1, 30)),
        ("COMMONWEALTH", "FJI", date(1987, 10, 15)),
        ("COMMONWEALTH", "ZWE", date(2003, 12, 7)),
        ("COMMONWEALTH", "GMB", date(2013, 10, 3)),
        ("COMMONWEALTH", "MDV", date(2016, 10, 13)),
    ],
)
def test_a_state_leaves_on_its_day(bloc: str, state: str, out: date) -> None:
    assert state in get_bloc(bloc).members(out - timedelta(days=1))
    assert state not in get_bloc(bloc).members(out)


def test_states_that_never_belonged_do_not() -> None:
    assert "SAU" not in get_bloc("BRICS").members(TODAY)
    assert "RUS" not in get_bloc("G7").members(date(2010, 1, 1))
    assert "TUR" not in get_bloc("EU").members(TODAY)
    assert "FRA" in get_bloc("NATO").members(date(1970, 1, 1))
    assert get_bloc("EAEU").members(date(2014, 12, 31)) == frozenset()
    assert {"PAK", "ZAF", "FJI", "GMB", "MDV"} <= get_bloc("COMMONWEALTH").members(TODAY)


def test_the_west_is_the_union_at_the_date_and_eight_others() -> None:
    others = {"USA", "GBR", "CAN", "NOR", "ISL", "CHE", "AUS", "NZL"}
    west, union = get_bloc("WEST"), get_bloc("EU")
    for on in map(date.fromisoformat, ("1958-01-01", "1972-12-31", "1973-01-01", "2020-01-31", "2020-02-01")):
        assert west.members(on) == union.members(on) | others
    assert "JPN" not in west.members(TODAY)
    assert "define_bloc" in west.description


def test_no_bloc_is_called_like_a_state() -> None:
    for bloc in all_blocs():
        for label in (bloc.code, bloc.name, bloc.name_ru, *bloc.names):
            assert find(label) is None, label


# --- powers


@pytest.mark.parametrize(
    ("name", "code"),
    [("EU", "EU"), ("eu", "EU"), ("European Union", "EU"), ("ЕС", "EU"), ("the West", "WEST"),
     ("НАТО", "NATO"), ("China", "CHN"), ("Россия", "RUS"), ("US", "USA"), ("G-7", "G7"), ("Turkey", "TUR")],
)  # fmt: skip
def test_a_power_is_a_state_or_a_bloc(name: str, code: str) -> None:
    assert resolve_power(name).code == code


def test_what_is_no_power_is_an_error_with_choices() -> None:
    with pytest.raises(UnknownName) as error:
        resolve_power("Atlantis Pact")
    assert {"EU", "WEST"} <= set(error.value.choices)
    with pytest.raises(UnknownName) as error:
        resolve_power("Rusia")
    assert "RUS (Russia)" in error.value.choices
    with pytest.raises(AmbiguousName):
        resolve_power("Korea")
    with pytest.raises(UnknownName, match="existed from 2015-01-01"):
        resolve_power("EAEU", date(2014, 1, 1))
    with pytest.raises(UnknownName, match="SUN"):
        resolve_power("Russia", date(1980, 1, 1))
    with pytest.raises(UnknownName) as error:
        get_bloc("ASEAN")
    assert "CSTO" in error.value.choices


# --- blocs of the user's own


def test_a_bloc_of_states_lasts_as_long_as_they_do() -> None:
    bloc = define_bloc("steppe", "The Steppe", ["Kazakhstan", "KGZ", "Монголия", "USSR"])
    assert isinstance(bloc, Bloc)
    assert bloc.members(date(1985, 1, 1)) == {"MNG", "SUN"}
    assert bloc.members(TODAY) == {"KAZ", "KGZ", "MNG"}
    assert get_bloc("STEPPE") is bloc
    assert resolve_power("the steppe") is bloc
    assert all_blocs()[-1] is bloc


def test_a_bloc_may_have_dated_spells_and_a_state_may_come_back() -> None:
    members = [("KAZ", date(2000, 1, 1), date(2005, 1, 1)), ("KAZ", date(2010, 1, 1), date(2012, 1, 1))]
    bloc = define_bloc("TEST", "Test", members)
    assert bloc.spells == tuple(Spell(*member) for member in members)
    assert (bloc.start, bloc.end) == (date(2000, 1, 1), date(2012, 1, 1))
    assert bloc.members(date(2004, 12, 31)) == {"KAZ"}
    assert bloc.members(date(2005, 1, 1)) == frozenset()
    with pytest.raises(UnknownName, match="until 2012-01-01"):
        resolve_power("TEST", date(2012, 1, 1))


def test_another_blocs_spells_can_be_taken_over() -> None:
    union = [(spell.state, spell.start, spell.end) for spell in get_bloc("EU").spells]
    bloc = define_bloc("EUPLUS", "Union and Japan", [*union, ("JPN", date(1958, 1, 1), None)])
    assert bloc.members(TODAY) == get_bloc("EU").members(TODAY) | {"JPN"}


def test_defining_the_same_bloc_again_is_no_error_but_another_one_is() -> None:
    first = define_bloc("TEST", "Test", ["KAZ", "UZB"])
    assert define_bloc("TEST", "Test", ["UZB", "KAZ"]) == first
    with pytest.raises(InvalidRequest, match="taken by the bloc TEST"):
        define_bloc("TEST", "Test", ["KAZ"])


@pytest.mark.parametrize(
    ("code", "name", "members", "said"),
    [
        ("NONE", "None", [], "no members"),
        ("", "None", ["KAZ"], "needs a code"),
        ("NONE", " ", ["KAZ"], "needs a code and a name"),
        ("EU", "Mine", ["KAZ"], "taken by the bloc EU"),
        ("MINE", "European Union", ["KAZ"], "taken by the bloc EU"),
        ("KAZ", "Mine", ["UZB"], "taken by the state KAZ"),
        ("MINE", "Russia", ["UZB"], "taken by the state RUS"),
        ("TWO", "Two", ["KAZ", "Kazakhstan"], "KAZ twice at once"),
        ("TWO", "Two", [("KAZ", date(2000, 1, 1), None), ("KAZ", date(2005, 1, 1), None)], "KAZ twice"),
        ("TWO", "Two", [("KAZ", date(2000, 1, 1), date(2005, 1, 2)), ("KAZ", date(2005, 1, 1), None)], "KAZ"),
        ("END", "End", [("KAZ", date(2005, 1, 1), date(2005, 1, 1))], "not after its start"),
        ("OLD", "Old", [("KAZ", date(1980, 1, 1), None)], "existence from 1991-12-16"),
        ("OLD", "Old", [("SUN", date(1980, 1, 1), None)], "until 1991-12-26"),
        ("BAD", "Bad", [("KAZ", "2000-01-01", None)], "with dates"),
        ("BAD", "Bad", [("KAZ", date(2000, 1, 1))], "with dates"),
    ],
)
def test_a_bad_bloc_is_refused_and_not_kept(code: str, name: str, members: list, said: str) -> None:
    before = all_blocs()
    with pytest.raises(InvalidRequest, match=said):
        define_bloc(code, name, members)
    assert all_blocs() == before


def test_a_bloc_of_unknown_states_is_refused() -> None:
    with pytest.raises(UnknownName, match="Atlantis"):
        define_bloc("SEA", "Sea", ["Atlantis"])
    with pytest.raises(AmbiguousName):
        define_bloc("SEA", "Sea", ["Korea"])
    assert define_bloc("ONE", "One", "KAZ").members(TODAY) == {"KAZ"}  # not the letters K, A and Z


def test_no_state_is_hidden_by_a_bloc() -> None:
    taken = {label for bloc in all_blocs() for label in (bloc.code, bloc.name, *bloc.names)}
    assert not taken & {label for state in all_states() for label in labels(state)}
