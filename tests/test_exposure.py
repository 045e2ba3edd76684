"""Exposure: shares over all partners, concentration, what is missing and what is zero, blocs, tables, bytes."""

from datetime import date
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from equidistance.assessment import exposure
from equidistance.assessment.exposure import exposure_table, kinds_table, substitutability, to_parquet
from equidistance.assessment.exposure_transit import TRANSIT
from equidistance.assessment.exposure_transit import compute as transit
from equidistance.indicators.exposures import EXPOSURE_ROWS, KINDS
from equidistance.indicators.views import register_blocs
from ties_views import Spell, member, small_store, state_power

RUSSIA, CHINA, AMERICA = state_power("RUS", date(1991, 12, 26)), state_power("CHN"), state_power("USA")
EUROPE = [member("EU", "DEU"), member("EU", "FRA")]
POWERS = [RUSSIA, CHINA, AMERICA, *EUROPE]


def computed(
    tables: dict[str, list[dict[str, Any]]],
    coverage: list[tuple[str, int, int]] = (),
    powers: list[Spell] = POWERS,
) -> pa.Table:
    tables = {name: [{"source_id": f"{name}@1"} | row for row in rows] for name, rows in tables.items()}
    spans = [(name, date(first, 1, 1), date(last, 12, 31)) for name, first, last in coverage]
    return exposure.compute(small_store(tables, spans, powers))


def of(rows: pa.Table, kind: str, state: str = "KAZ") -> dict[tuple[str, int], dict[str, Any]]:
    return {
        (row["power"], row["year"]): row
        for row in rows.to_pylist()
        if row["kind"] == kind and row["state"] == state
    }


def flow(exporter: str, importer: str, value: float, year: int = 2016, **more: Any) -> dict[str, Any]:
    return {
        "exporter": exporter,
        "importer": importer,
        "year": year,
        "value_usd": value,
        "reporter": "reconciled",
        "vintage": "release 1",
        "source_id": "trade@1",
    } | more


SALES = [
    flow("KAZ", "RUS", 30.0),
    flow("KAZ", "ITA", 50.0),
    flow("KAZ", "DEU", 15.0),
    flow("KAZ", "FRA", 5.0),
    flow("CHN", "KAZ", 8.0),
]


def test_concentration_is_over_all_partners_listed_or_not() -> None:
    sold = of(computed({"trade": SALES}), "exports")
    assert set(sold) == {("RUS", 2016), ("EU", 2016)}  # no flow to China or the US is recorded: unknown
    russia = sold["RUS", 2016]
    assert (russia["share"], russia["amount"], russia["n"]) == (pytest.approx(0.3), 30.0, 1)
    assert russia["hhi"] == pytest.approx(0.3**2 + 0.5**2 + 0.15**2 + 0.05**2)
    assert (russia["top"], russia["top_share"]) == ("ITA", pytest.approx(0.5))  # Italy is no power here
    europe = sold["EU", 2016]
    assert (europe["share"], europe["n"]) == (pytest.approx(0.2), 2)
    bought = of(computed({"trade": SALES}), "imports")
    assert bought["CHN", 2016]["hhi"] == pytest.approx(1.0)


def test_the_publishers_own_total_is_the_whole() -> None:
    own = [
        flow("KAZ", partner, value, reporter="KAZ", vintage=vintage)
        for vintage, value_of in (("first release", 20.0), ("2024-07 release", 40.0))
        for partner, value in (("RUS", value_of), ("WLD", 200.0))
    ]
    sold = of(computed({"trade": [*SALES, *own]}), "exports")
    assert sold["RUS", 2016]["share"] == pytest.approx(
        40 / 200
    )  # the later release, of the state's own total
    assert set(sold) == {("RUS", 2016)}
    assert sold["RUS", 2016]["hhi"] == pytest.approx(0.04)  # what is not listed is not concentrated


def arms(supplier: str | None, year: int, tiv: float, recipient: str = "KAZ") -> dict[str, Any]:
    return {
        "deal": f"{supplier}{year}{tiv}",
        "year": year,
        "supplier": supplier,
        "recipient": recipient,
        "tiv": tiv,
    }


def test_arms_are_five_years_together_and_nothing_is_nothing() -> None:
    deliveries = [arms("RUS", 2004, 60), arms("RUS", 2008, 20), arms(None, 2008, 10), arms("FRA", 2009, 10)]
    found = of(computed({"arms_transfers": deliveries}, [("arms_sipri", 2000, 2012)]), "arms imports")
    assert min(year for _, year in found) == 2004  # the first five years that lie in the coverage
    assert max(year for _, year in found) == 2012
    assert found["RUS", 2008]["share"] == pytest.approx(
        80 / 90
    )  # 2004 to 2008, the unknown supplier in the whole
    assert found["RUS", 2009]["share"] == pytest.approx(20 / 40)  # 2004 is out
    assert found["EU", 2009]["share"] == pytest.approx(10 / 40)
    assert (found["CHN", 2009]["share"], found["CHN", 2009]["n"]) == (0.0, 0)  # the list is complete: zero
    assert found["RUS", 2009]["hhi"] == pytest.approx((0.5) ** 2 + 0.25**2)  # who is not known has no square
    assert (
        of(computed({"arms_transfers": deliveries}, [("arms_sipri", 2000, 2012)]), "arms imports", "UZB")
        == {}
    )


def stake(investor: str, value: float, **more: Any) -> dict[str, Any]:
    return {
        "host": "KAZ",
        "investor": investor,
        "classification": "partner",
        "industry": "TOTAL",
        "year": 2021,
        "measure": "stock",
        "value_eur_m": value,
    } | more


def test_investment_is_by_immediate_investor_and_of_the_publishers_total() -> None:
    stocks = [
        stake("WLD", 200.0),
        stake("DEU", 80.0),
        stake("RUS", 10.0),
        stake("FRA", -5.0),
        stake("RUS", 99.0, measure="inflow"),
        stake("WLD", 70.0, classification="NACE Rev. 2", industry="B"),
    ]
    found = of(computed({"investment": stocks}), "investment stock")
    assert found["EU", 2021]["share"] == pytest.approx(0.4)  # a negative stock is no part of a whole
    assert found["RUS", 2021]["share"] == pytest.approx(0.05)
    assert ("CHN", 2021) not in found
    assert found["RUS", 2021]["hhi"] == pytest.approx(0.4**2 + 0.05**2)


def owner(
    asset: str, state: str | None, share: float | None, year: int = 2022, **more: Any
) -> dict[str, Any]:
    return {
        "asset": asset,
        "sector": "oil_gas",
        "host": "KAZ",
        "owner": f"{state}{share}",
        "owner_state": state,
        "share_pct": share,
        "as_of": str(year),
        "year": year,
    } | more


def output(asset: str, quantity: float, year: int = 2022, **more: Any) -> dict[str, Any]:
    return {"asset": asset, "sector": "oil_gas", "year": year, "quantity": quantity, "unit": "Mt"} | more


def test_ownership_is_weighted_by_output() -> None:
    owners = [
        owner("big", "USA", 75.0),
        owner("big", "KAZ", 25.0),
        owner("small", "CHN", 50.0),
        owner("small", None, 50.0),
        owner(
            "small", "RUS", 90.0, year=2005
        ),  # an older list of owners, farther from the year of the output
        owner("idle", "RUS", 100.0),  # without output it has no weight
        owner("pipe", "RUS", 40.0, sector="oil_transport"),
        owner("pipe", "USA", None, sector="oil_transport"),
    ]
    made = [output("big", 30.0), output("small", 10.0), output("pipe", 50.0, sector="oil_transport")]
    rows = computed({"ownership": owners, "asset_output": made})
    oil = of(rows, "oil and gas output")
    assert set(oil) == {("USA", 2022), ("CHN", 2022)}
    assert oil["USA", 2022]["share"] == pytest.approx(0.75 * 30 / 40)
    assert oil["USA", 2022]["amount"] == pytest.approx(22.5)
    assert oil["CHN", 2022]["share"] == pytest.approx(5 / 40)
    assert oil["CHN", 2022]["hhi"] == pytest.approx((22.5 / 40) ** 2 + (7.5 / 40) ** 2 + (5 / 40) ** 2)
    pipes = of(rows, "oil pipeline capacity")
    assert set(pipes) == {("RUS", 2022)}  # a share that is not in the source is unknown
    assert pipes["RUS", 2022]["share"] == pytest.approx(0.4)


def test_loans_are_amounts_without_a_share() -> None:
    lent = [
        {"lender": "CHN", "recipient": "KAZ", "year": year, "flow": kind, "amount_usd": 10.0}
        for year, kind in ((2005, "loan"), (2009, "loan"), (2010, "aid"))
    ]
    found = of(computed({"finance_flows": lent}, [("finance_china", 2000, 2010)]), "official loans")
    assert set(found) == {("CHN", year) for year in range(2005, 2011)}
    assert [found["CHN", year]["amount"] for year in (2008, 2010)] == [10.0, 20.0]  # added up since the first
    assert found["CHN", 2010]["share"] is None  # no list of all lenders: the whole is not known
    assert found["CHN", 2010]["hhi"] is None


def test_only_pacts_to_fight_together_are_defence_pacts() -> None:
    def pact(other: str, **obligations: bool) -> dict[str, Any]:
        names = ("defense", "offense", "neutrality", "nonaggression", "consultation")
        a, b = sorted(("KAZ", other))
        return {"state_a": a, "state_b": b, "year": 2010} | dict.fromkeys(names, False) | obligations

    pacts = [
        pact("RUS", defense=True, consultation=True),
        pact("ARM", defense=True),
        pact("USA", consultation=True),
    ]
    found = of(computed({"alliances": pacts}, [("alliances", 1992, 2018)]), "defence pacts")
    assert found["RUS", 2010]["share"] == pytest.approx(4 / 7)
    assert found["USA", 2010]["share"] == 0
    assert found["RUS", 2010]["hhi"] == pytest.approx((4 / 7) ** 2 + (3 / 7) ** 2)


def test_shared_memberships_overlap_so_a_bloc_is_its_members_mean() -> None:
    tables: dict[str, list[dict[str, Any]]] = {
        "memberships": [{"state": "KAZ", "year": 2010, "full": 50}],
        "shared_memberships": [
            {"state_a": "DEU", "state_b": "KAZ", "year": 2010, "shared": 30},
            {"state_a": "FRA", "state_b": "KAZ", "year": 2010, "shared": 20},
        ],
    }
    found = of(computed(tables), "shared memberships")
    assert found["EU", 2010]["share"] == pytest.approx(0.5)
    assert (found["EU", 2010]["hhi"], found["EU", 2010]["top"]) == (None, None)


def case(number: str, sender: str, target: str, begin: int, end: int | None) -> dict[str, Any]:
    return {"case": number, "sender": sender, "target": target, "begin": begin, "end": end}


def test_sanctions_are_counted_by_case_and_a_blocs_are_its_members() -> None:
    cases = [
        case("1", "EU", "RUS", 2014, None),
        case("1", "USA", "RUS", 2014, None),
        case("2", "USA", "RUS", 2016, 2017),
        case("3", "RUS", "GEO", 2006, 2013),
    ]
    rows = computed({"sanctions": cases}, [("sanctions_gsdb", 1992, 2019)])
    on = of(rows, "sanctions on the power")
    assert [on["RUS", year]["amount"] for year in (2013, 2015, 2017, 2019)] == [0, 1, 2, 1]
    assert on["RUS", 2017]["share"] == 0  # Kazakhstan takes part in none
    assert on["RUS", 2013]["share"] is None  # nothing in force to take part in
    france = of(rows, "sanctions on the power", "POL")
    assert france["RUS", 2017]["share"] == pytest.approx(0.5)  # through the EU, in one of two cases
    by = of(rows, "sanctions by the power", "GEO")
    assert (by["RUS", 2013]["share"], by["RUS", 2013]["amount"]) == (1.0, 1)
    assert (by["RUS", 2014]["share"], by["RUS", 2014]["amount"]) == (None, 0)
    assert ("RUS", 2020) not in by  # after the end of the source: unknown, not lifted


def test_blocs_in_common_and_those_not_joined() -> None:
    found = of(computed({}), "blocs")
    russia = found["RUS", 2025]
    assert russia["detail"] == "both in CIS, CSTO, EAEU, SCO; not in BRICS"
    assert (russia["amount"], russia["share"]) == (4, pytest.approx(4 / 5))  # it is also in the OTS
    assert found["USA", 2025]["detail"].startswith("not in")
    assert "EAEU" not in found["RUS", 2014]["detail"]  # it begins in 2015
    assert max(year for _, year in found) == 2025


@pytest.fixture(scope="module")
def rows() -> pa.Table:
    return computed(
        {
            "trade": [
                *SALES,
                *(
                    flow(**row)
                    for row in ({"exporter": "KAZ", "importer": "RUS", "value": 9.0, "year": 2015},)
                ),
            ],
            "arms_transfers": [arms("RUS", 2008, 20)],
        },
        [("arms_sipri", 2000, 2010)],
    )


def test_tables_are_ordered_and_a_window_cuts_them(rows: pa.Table) -> None:
    mine = rows.filter(pa.compute.equal(rows["state"], "KAZ"))
    names = {"RUS": "Russia", "CHN": "China", "USA": "United States", "EU": "European Union"}
    table = exposure_table(mine, names)
    kinds = list(dict.fromkeys(table.arrow["kind"].to_pylist()))
    assert kinds == ["exports", "imports", "arms imports", "blocs"]
    first = table.to_pylist()[0]
    assert (first["power"], first["power_name"], first["period"]) == (
        "EU",
        "European Union",
        date(2016, 1, 1),
    )
    assert set(table.arrow.column_names) - {"power_name"} == set(exposure.EXPOSURE_SCHEMA.names)
    assert max(row["period"].year for row in exposure_table(mine, names, date(2015, 12, 1))) == 2015
    assert max(row["period"].year for row in exposure_table(mine, names, date(2015, 11, 1))) == 2014
    described = {row["kind"]: row for row in kinds_table(mine)}
    assert list(described) == kinds
    sold = described["exports"]
    assert (sold["year"], sold["top"], sold["top_name"]) == (2016, "ITA", "Italy")
    assert sold["substitutability"].startswith("Highly concentrated (as if 2.7 equal partners")
    assert described["blocs"]["hhi"] is None
    assert [row["year"] for row in kinds_table(mine, date(2015, 12, 31)) if row["kind"] == "exports"] == [
        2015
    ]


def test_no_rows_make_empty_tables() -> None:
    nothing = EXPOSURE_ROWS.empty_table()
    assert len(exposure_table(nothing, {})) == len(kinds_table(nothing)) == 0


def test_the_bytes_are_the_same_whatever_the_order(rows: pa.Table) -> None:
    shuffled = rows.take(list(range(rows.num_rows))[::-1])
    assert to_parquet(rows) == to_parquet(shuffled)
    again = pa.parquet.read_table(pa.BufferReader(to_parquet(rows))).cast(EXPOSURE_ROWS)
    assert again.num_rows == rows.num_rows
    assert again.schema.names == EXPOSURE_ROWS.names


def test_the_wording_of_concentration() -> None:
    kind = KINDS[0]
    assert substitutability(kind, None) == kind.substitutes
    assert substitutability(kind, 0.25).startswith("Highly concentrated (as if 4.0")
    assert substitutability(kind, 0.15).startswith("Moderately")
    assert substitutability(kind, 0.05).startswith("Little")


def test_shares_are_shares_and_kinds_are_declared(rows: pa.Table) -> None:
    shares = [row["share"] for row in rows.to_pylist() if row["share"] is not None]
    assert min(shares) >= 0
    assert max(shares) <= 1 + 1e-9
    assert {row["kind"] for row in rows.to_pylist()} <= {kind.name for kind in KINDS}
    assert len({kind.name for kind in (*KINDS, TRANSIT)}) == len(KINDS) + 1


def test_only_kinds_the_store_has_sources_for_are_made() -> None:
    connection = small_store({"trade": SALES}, [], POWERS)
    register_blocs(connection)
    assert exposure.compute(connection, ["icews"]).num_rows == 0
    some = exposure.compute(connection, ["trade_itpde"])
    assert set(some["kind"].to_pylist()) == {"exports", "imports"}


def test_transit_comes_from_the_corridors(monkeypatch: pytest.MonkeyPatch) -> None:
    """One row for each power and state with kept exports, of all cargo, marked as computed."""
    from equidistance.corridors import transit as corridors

    row = {"power": "RUS", "year": 2023, "share": 0.9, "mt": 75.0, "q05": 0.85, "q95": 0.93}
    monkeypatch.setattr(corridors, "kept_years", lambda code: (2022, 2023) if code == "KAZ" else ())
    monkeypatch.setattr(
        corridors, "transit_shares", lambda state, powers: [row | {"cargo": "all"}, row | {"cargo": "oil"}]
    )
    (found,) = transit(["RUS", "KAZ"]).to_pylist()
    assert (found["state"], found["kind"], found["share"], found["year"]) == ("KAZ", "transit", 0.9, 2023)
    assert found["detail"] == "computed, 90% interval 85% to 93%"
    assert found["source_id"] == "corridors"


def test_a_connection_without_any_evidence_has_only_blocs() -> None:
    connection: duckdb.DuckDBPyConnection = small_store({}, [], POWERS)
    assert set(exposure.compute(connection)["kind"].to_pylist()) == {"blocs"}
