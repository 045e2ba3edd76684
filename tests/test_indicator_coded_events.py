"""Words and deeds of PLOVER and WEIS events: classes, repetitions, whose acts count."""

from datetime import date
from math import log, sqrt
from statistics import mean, stdev
from typing import Any

import pytest

from equidistance.indicators.coded_events import (
    plover_deeds,
    plover_words,
    weis_balance,
    weis_deeds,
    weis_words,
)
from equidistance.indicators.declare import get_indicator
from equidistance.indicators.events import verbal_cooperation
from ties_views import member, small_store, state_power

EXACT = 1e-12  # the same few operations on doubles, in another engine


def act(
    kind: str,
    quad: str,
    *,
    scheme: str = "WEIS",
    source: str = "KAZ",
    target: str = "RUS",
    by: str = "state",
    day: int = 1,
    intensity: float | None = 0.0,
) -> dict[str, Any]:
    return {
        "event": f"{scheme}{kind}{source}{target}{day}{by}",
        "date": date(1995, 3, day),
        "scheme": scheme,
        "source_actor": source,
        "source_state": source,
        "source_by": by,
        "target_actor": target,
        "target_state": target,
        "target_by": "state",
        "type": kind,
        "quad": quad,
        "intensity": intensity,
        "source_id": "keds@1",
    }


WORDS = [
    act("031", "verbal cooperation"),
    act("031", "verbal cooperation", day=2),
    act("080", "verbal cooperation", day=2),
    act("121", "verbal conflict"),
    act("023", "neutral"),
    act("071", "material cooperation"),
    act("223", "material conflict", day=3),
    act("121", "verbal conflict", by="society"),
    act("121", "verbal conflict", source="DEU"),
]


def rows(compute: Any, acts: list[dict[str, Any]], *powers: Any) -> list[dict[str, Any]]:
    store = small_store({"coded_events": acts}, [], powers or [state_power("RUS")])
    found: list[dict[str, Any]] = compute(store).to_pylist()
    return found


def test_words_and_deeds_are_counted_apart() -> None:
    [words] = rows(weis_words, WORDS)
    assert (words["state"], words["power"], words["period"], words["n"]) == (
        "KAZ",
        "RUS",
        date(1995, 3, 1),
        4,
    )
    assert words["value"] == pytest.approx(log(3.5 / 1.5), abs=EXACT)
    assert words["se"] == pytest.approx(sqrt(1 / 3.5 + 1 / 1.5), abs=EXACT)
    [deeds] = rows(weis_deeds, WORDS)
    assert (deeds["n"], deeds["value"]) == (2, pytest.approx(0, abs=EXACT))


def test_the_same_type_on_the_same_day_is_one_act() -> None:
    twice = [act("031", "verbal cooperation"), act("031", "verbal cooperation") | {"event": "again"}]
    assert rows(weis_words, twice)[0]["n"] == 1


def test_schemes_do_not_mix_and_icews_is_not_touched() -> None:
    acts = [*WORDS, act("Accuse", "verbal conflict", scheme="PLOVER")]
    [plover] = rows(plover_words, acts)
    assert (plover["n"], plover["value"]) == (1, pytest.approx(log(0.5 / 1.5), abs=EXACT))
    assert rows(plover_deeds, acts) == []
    assert rows(verbal_cooperation, acts) == []  # a WEIS code is no CAMEO code


def test_plover_counts_all_states_and_weis_those_it_covers() -> None:
    german = [
        act("Accuse", "verbal conflict", scheme="PLOVER", source="DEU"),
        act("121", "verbal conflict", source="DEU"),
    ]
    assert [row["state"] for row in rows(plover_words, german)] == ["DEU"]
    assert rows(weis_words, german) == []


def test_a_bloc_gets_the_acts_toward_its_members() -> None:
    acts = [act("031", "verbal cooperation", target="FRA"), act("031", "verbal cooperation", target="DEU")]
    [row] = rows(weis_words, acts, member("EU", "FRA"), member("EU", "DEU"))
    assert (row["power"], row["n"]) == ("EU", 2)


def test_the_balance_is_the_mean_of_the_scale() -> None:
    values = [1.0, 4.5, -3.4]
    acts = [
        act(kind, "neutral", intensity=value, day=at)
        for at, (kind, value) in enumerate(zip(("010", "050", "121"), values, strict=True), start=1)
    ]
    [row] = rows(weis_balance, acts)
    assert row["value"] == pytest.approx(mean(values), abs=EXACT)
    assert row["se"] == pytest.approx(stdev(values) / sqrt(3), abs=EXACT)
    assert rows(weis_balance, acts[:2]) == []  # two acts have no error worth the name


def test_none_is_used_unless_asked_for() -> None:
    for name in ("plover_words", "plover_deeds", "weis_words", "weis_deeds", "weis_balance"):
        assert not get_indicator(name).default
