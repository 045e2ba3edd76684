"""Exposure: indicator rows turned back into shares."""

from datetime import date
from math import exp, log
from typing import Any

import pyarrow as pa
import pytest

from equidistance.assessment.exposure import EXPOSURE_SCHEMA, exposure_table
from equidistance.errors import InvalidRequest
from equidistance.indicators.declare import INDICATOR_SCHEMA


def row(
    indicator: str, value: float, *, power: str = "RUS", year: int = 2016, state: str = "KAZ"
) -> dict[str, Any]:
    return {
        "state": state,
        "power": power,
        "period": date(year, 1, 1),
        "freq": "year",
        "indicator": indicator,
        "value": value,
        "se": 0.1,
        "n": 3,
        "source_id": "s@1",
    }


def table(*rows: dict[str, Any]) -> pa.Table:
    return pa.Table.from_pylist(list(rows), schema=INDICATOR_SCHEMA)


def test_values_become_shares() -> None:
    found = exposure_table(
        table(
            row("shared_memberships", log(0.8 / 0.2)),
            row("import_share", log(0.4)),
            row("export_share", log(0.1)),
            row("un_vote_agreement", 0.5),
        )
    )
    assert found.schema == EXPOSURE_SCHEMA
    assert [(one["kind"], round(one["share"], 12)) for one in found.to_pylist()] == [
        ("exports", 0.1),
        ("imports", 0.4),
        ("shared memberships", 0.8),
    ]
    assert found.to_pylist()[0] == {
        "power": "RUS",
        "period": date(2016, 1, 1),
        "kind": "exports",
        "share": pytest.approx(0.1),
        "n": 3,
        "source_id": "s@1",
    }


def test_rows_are_ordered_and_missing_years_stay_missing() -> None:
    found = exposure_table(
        table(
            row("export_share", -1.0, power="USA"),
            row("export_share", -2.0, year=2018),
            row("export_share", -3.0, year=2016),
        )
    )
    assert [(one["power"], one["period"].year) for one in found.to_pylist()] == [
        ("RUS", 2016),
        ("RUS", 2018),
        ("USA", 2016),
    ]


def test_extreme_values_stay_shares() -> None:
    found = exposure_table(table(row("export_share", -60.0), row("shared_memberships", 40.0)))
    assert found["share"].to_pylist() == [pytest.approx(exp(-60)), pytest.approx(1.0)]


def test_no_rows_make_an_empty_table() -> None:
    assert exposure_table(INDICATOR_SCHEMA.empty_table()).schema == EXPOSURE_SCHEMA
    assert len(exposure_table(table(row("un_vote_agreement", 1.0)))) == 0


def test_rows_of_several_states_are_refused() -> None:
    with pytest.raises(InvalidRequest, match="BLR"):
        exposure_table(table(row("export_share", -1.0), row("export_share", -1.0, state="BLR")))
