"""The screen on simulated worlds: what it finds, what it says is missing, what it refuses."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from equidistance.errors import BadFile, InvalidRequest, StoreError, UnknownName
from equidistance.evidence.store import Store
from equidistance.reexports import trade
from equidistance.reexports.export import to_dict
from equidistance.reexports.list_build import build_lists
from equidistance.reexports.products import LISTS, get_list, shipped_lists
from equidistance.reexports.screen import Screen, compare, screen
from equidistance.reexports.screen_tables import STRENGTHS, evidence
from equidistance.sources.ingest import ingest
from equidistance.tables import Table
from reexport_world import OTHERS, START, World, records, world

SETTINGS = {"origins": "DEU", "target": "RUS", "since": "2022-03", "draws": 300}


@pytest.fixture(scope="module")
def rerouted(tmp_path_factory: pytest.TempPathFactory) -> World:
    return world(tmp_path_factory.mktemp("world"), 0.2)


@pytest.fixture(scope="module")
def innocent(tmp_path_factory: pytest.TempPathFactory) -> World:
    return world(tmp_path_factory.mktemp("innocent"), 0.0, seed=2)


def screened(given: World, rows: pa.Table | None = None, state: str = "KAZ", **settings: object) -> Screen:
    if rows is None:
        path = given.parquet
    else:
        path = given.folder / f"other-{abs(hash(str(settings)))}-{rows.num_rows}.parquet"
        pq.write_table(rows, path)
    connection = trade.open_files([path])
    return screen(state, goods=given.list_file, store=connection, **{**SETTINGS, **settings})  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def found(rerouted: World) -> Screen:
    return screened(rerouted)


def only(table: Table, **wanted: object) -> dict[str, object]:
    rows = [row for row in table if all(row[key] == value for key, value in wanted.items())]
    assert len(rows) == 1, rows
    return rows[0]


def test_rerouted_goods_come_first_and_innocent_ones_do_not(rerouted: World, found: Screen) -> None:
    truth = dict(zip(rerouted.codes, rerouted.simulated.rerouted, strict=True))
    rows = list(found.products)
    assert len(rows) == rerouted.simulated.listed.sum()
    strong = [row["product"] for row in rows if row["evidence"] in ("strong", "moderate")]
    assert len(strong) >= 0.6 * rerouted.simulated.rerouted.sum()
    assert sum(not truth[code] for code in strong) <= 1  # the false discovery rate is 0.05
    assert [row["rank"] for row in rows] == list(range(1, len(rows) + 1))
    places = [STRENGTHS.index(row["evidence"]) for row in rows]
    assert places == sorted(places)


def test_both_p_values_are_given_and_the_picking_costs(found: Screen, innocent: World) -> None:
    for row in found.baskets:
        assert 0 < row["naive_p"] <= row["matched_p"] + 0.05 <= 1.05
    assert only(found.baskets, flow="outbound", basket="all of them")["matched_p"] <= 0.01
    assert "grew more than comparison explains" in found.headline
    nothing = screened(innocent)
    fastest = only(nothing.baskets, flow="outbound", basket="the fastest 10")
    assert fastest["naive_p"] < 0.05 < fastest["matched_p"]
    assert "no more than comparison explains" in nothing.headline
    assert not [row for row in nothing.products if row["evidence"] in ("strong", "moderate")]


def test_the_excess_is_near_the_truth_and_in_its_interval(rerouted: World, found: Screen) -> None:
    s = rerouted.simulated
    truth = world_without(rerouted)
    row = only(found.totals, flow="inbound", counterfactual="comparable goods")
    eligible = s.listed
    extra = float((s.inbound - truth)[eligible][:, s.post].sum())
    assert row["excess_low"] < extra < row["excess_high"]
    assert row["lost"] > 0
    assert row["replaced_low"] < extra / row["lost"] < row["replaced_high"]
    kinds = {one["counterfactual"] for one in found.totals if one["flow"] == "inbound"}
    assert kinds == {"trend of before", "comparable goods", "other destinations"}


def world_without(given: World) -> np.ndarray:
    """The same draw of trade, as far as it is the same: without rerouting, everything else drawn alike."""
    from equidistance.reexports.simulate import simulate

    s = given.simulated
    return simulate(0.0, goods=len(s.listed), headings=len(s.listed) // 4, listed=30, seed=1).inbound


def test_onsets_lie_where_the_rerouting_began(rerouted: World, found: Screen) -> None:
    truth = dict(zip(rerouted.codes, rerouted.simulated.rerouted, strict=True))
    clear = [row for row in found.products if row["onset_clear"] and truth[row["product"]]]
    assert len(clear) >= 5
    # dealers begin up to three months after the date
    near = [row for row in clear if date(2022, 1, 1) <= row["onset"] <= date(2022, 8, 1)]
    assert len(near) >= 0.8 * len(clear)
    assert all(row["onset_low"] <= row["onset"] <= row["onset_high"] for row in clear)


def test_the_lag_is_the_month_that_goods_take(found: Screen) -> None:
    assert found.lag.startswith("Outbound follows inbound by 1 month ")


def test_limits_and_gaps_are_part_of_the_result(found: Screen) -> None:
    assert any("no finding of guilt" in limit for limit in found.limits)
    said = " ".join(row["finding"] for row in found.gaps)
    assert "KAZ's own imports by product are not in the store" in said
    assert "RUS's imports by product are not in the store" in said
    content = to_dict(found)
    assert content["limits"] == list(found.limits)
    assert content["settings"]["seed"] == 1


def test_the_same_seed_gives_the_same_screen(rerouted: World, found: Screen) -> None:
    assert to_dict(screened(rerouted)) == to_dict(found)


def test_a_picked_basket_is_judged_as_picked(innocent: World) -> None:
    plain = screened(innocent)
    fastest = sorted(
        (row for row in plain.products if row["inbound_p"] is not None), key=lambda row: row["inbound_p"]
    )[:5]
    result = screened(innocent, picked=[row["product"] for row in fastest])
    own = only(result.baskets, flow="inbound", basket="your own")
    assert own["goods"] == 5
    assert own["naive_p"] < 0.05 < own["matched_p"]


def test_other_comparisons(rerouted: World) -> None:
    by_place = screened(rerouted, null="destinations")
    row = only(by_place.baskets, flow="inbound", basket="the fastest 10")
    assert (row["against"], row["placebos"]) == ("destinations", len(OTHERS))
    assert row["matched_p"] == pytest.approx(1 / 6)  # the first of six
    by_date = screened(rerouted, null="dates", before=6)
    row = only(by_date.baskets, flow="outbound", basket="all of them")
    assert row["against"] == "dates"
    assert row["placebos"] == 36 - 12 - 6 - 12 + 1  # windows of 18 months in the 24 before the date
    nothing = screened(rerouted, null="dates")  # the whole past is in the window: no earlier date
    assert any(row["kind"] == "no comparison" for row in nothing.gaps)
    assert {row["evidence"] for row in nothing.products} == {"not judged"}
    every = screen(
        "KAZ",
        goods=None,
        store=trade.open_files([rerouted.parquet]),
        **{**SETTINGS, "draws": 99},  # type: ignore[arg-type]
    )
    assert {row["against"] for row in every.baskets} == {"destinations"}


def test_a_renamed_code_is_set_aside_and_said(rerouted: World) -> None:
    code = next(c for c, inside in zip(rerouted.codes, rerouted.simulated.listed, strict=True) if inside)
    goods = rerouted.goods
    early = pc.and_(pc.equal(goods["product"], code), pc.less(goods["period"], date(2022, 1, 1)))
    result = screened(rerouted, goods.filter(pc.invert(early)))
    row = only(result.products, product=code)
    assert row["evidence"] == "not judged"
    assert "renamed" in row["note"]
    assert any(code in gap["finding"] for gap in result.gaps if gap["kind"] == "codes")


def test_a_reporter_that_stopped_is_a_finding(rerouted: World) -> None:
    second = records(rerouted.codes, "FRA", "KAZ", "export", rerouted.simulated.inbound[:, :20])
    result = screened(rerouted, pa.concat_tables([rerouted.goods, second]), origins="DEU,FRA,ITA")
    stopped = only(result.gaps, kind="stopped", who="FRA")
    assert stopped["since"] == "2021-10"
    assert any("ITA" in row["finding"] for row in result.gaps if row["kind"] == "not there")


def test_the_same_trade_in_two_editions_is_counted_once(rerouted: World, found: Screen) -> None:
    shorter = records(
        rerouted.codes, "DEU", "KAZ", "export", rerouted.simulated.inbound[:, 5:], vintage="another"
    )
    result = screened(rerouted, pa.concat_tables([rerouted.goods, shorter]))
    for name in ("before", "after"):
        assert only(result.totals, flow="inbound", counterfactual="trend of before")[name] == pytest.approx(
            only(found.totals, flow="inbound", counterfactual="trend of before")[name]
        )
    assert any("several editions" in note for note in result.notes)


def test_mirror_gaps_by_tier_and_span(rerouted: World) -> None:
    s = rerouted.simulated
    arrived = s.inbound * np.where(s.listed[:, None] & s.post, 0.4, 1.05)
    home = records(rerouted.codes, "DEU", "KAZ", "import", arrived)
    result = screened(rerouted, pa.concat_tables([rerouted.goods, home]))
    after = only(result.mirror, flow="W to S", group="A", span="after")
    assert after["median_log_ratio"] == pytest.approx(np.log(0.4), abs=0.05)
    assert after["low"] <= after["median_log_ratio"] <= after["high"]
    before = only(result.mirror, flow="W to S", group="A", span="before")
    assert before["median_log_ratio"] == pytest.approx(np.log(1.05), abs=0.02)
    assert only(result.mirror, flow="W to S", group="not listed", span="after")["median_log_ratio"] > 0
    wrong = records(rerouted.codes, "DEU", "KAZ", "import", arrived / 1000)
    with pytest.raises(InvalidRequest, match="in thousands"):
        screened(rerouted, pa.concat_tables([rerouted.goods, wrong]))


def test_unit_values_that_jump_are_noted(rerouted: World) -> None:
    listed = [c for c, inside in zip(rerouted.codes, rerouted.simulated.listed, strict=True) if inside]
    goods = rerouted.goods
    hit = pc.and_(
        pc.and_(pc.equal(goods["product"], listed[0]), pc.equal(goods["importer"], "KAZ")),
        pc.greater_equal(goods["period"], date(2022, 3, 1)),
    )
    random = np.random.default_rng(1)
    weight = goods["kg"].to_numpy() * np.exp(random.normal(0, 0.05, goods.num_rows))
    weight[hit.to_numpy()] /= 20
    changed = goods.set_column(goods.column_names.index("kg"), "kg", pa.array(weight))
    result = screened(rerouted, changed)
    row = only(result.products, product=listed[0])
    assert row["unit_value_change"] == pytest.approx(np.log(20), abs=0.3)
    assert row["unit_value_z"] > 3.5
    assert "kilogram" in row["note"]
    others = [
        r["unit_value_z"]
        for r in result.products
        if r["product"] != listed[0] and r["unit_value_z"] is not None
    ]
    assert np.median(np.abs(others)) < 2


def test_pooled_partners_are_screened_and_said(rerouted: World) -> None:
    s = rerouted.simulated
    to_all = records(rerouted.codes, "KAZ", "WLD", "export", s.outbound)
    goods = rerouted.goods.filter(pc.not_equal(rerouted.goods["exporter"], "KAZ"))
    result = screened(rerouted, pa.concat_tables([goods, to_all]))
    assert any("all partners together" in note for note in result.notes)
    assert {row["destination"] for row in result.flows} == {"KAZ", "WLD"}
    home = records(rerouted.codes, "KAZ", "RUS", "import", s.outbound)
    mirrored = screened(rerouted, pa.concat_tables([goods, home]))
    assert any("RUS's own import figures are used" in note for note in mirrored.notes)


def test_who_sent_what_adds_up(rerouted: World, found: Screen) -> None:
    s = rerouted.simulated
    sent = only(found.flows, origin="DEU", destination="KAZ")["value"]
    eligible = s.listed & s.inbound.any(axis=1)
    assert sent == pytest.approx(s.inbound[eligible][:, s.post].sum())


def test_intermediaries_compared(rerouted: World, innocent: World) -> None:
    other = records(innocent.codes, "DEU", "KGZ", "export", innocent.simulated.inbound)
    path = rerouted.folder / "two.parquet"
    pq.write_table(pa.concat_tables([rerouted.goods, other]), path)
    table, results = compare(
        ["KAZ", "KGZ", "ARM"], goods=rerouted.list_file, store=trade.open_files([path]), **SETTINGS
    )
    assert list(results) == ["KAZ", "KGZ"]
    assert "no trade by product" in str(only(table, state="ARM")["note"])
    kaz = only(table, state="KAZ", flow="outbound")
    assert kaz["matched_p"] <= kaz["matched_p_adjusted"] <= 0.05
    with pytest.raises(InvalidRequest, match="None of"):
        compare(["ARM"], goods=rerouted.list_file, store=trade.open_files([path]), **SETTINGS)


def test_years_are_screened_as_years(rerouted: World) -> None:
    s = rerouted.simulated
    yearly = np.zeros((len(rerouted.codes), 8))
    rows = []
    for exporter, importer, value in (
        ("DEU", "KAZ", s.inbound),
        ("DEU", "RUS", s.direct),
        *(("DEU", other, s.elsewhere[:, place]) for place, other in enumerate(OTHERS)),
    ):
        for year in range(8):  # six years like the first, two like the last
            part = value[:, :12] if year < 6 else value[:, 24:]
            yearly[:, year] = part.sum(axis=1) * np.random.default_rng(year).gamma(20, 0.05, len(value))
        table = records(rerouted.codes, exporter, importer, "export", yearly)
        periods = pa.array(
            [date(2010 + START.year - 2020 + _month(p) + 6, 1, 1) for p in table["period"].to_pylist()]
        )
        table = table.set_column(table.column_names.index("period"), "period", periods)
        rows.append(
            table.set_column(
                table.column_names.index("frequency"), "frequency", pa.array(["year"] * table.num_rows)
            )
        )
    result = screened(rerouted, pa.concat_tables(rows), since="2022", before=72)
    assert (result.before, result.since, result.until) == (
        date(2016, 1, 1),
        date(2022, 1, 1),
        date(2023, 1, 1),
    )
    assert only(result.baskets, flow="inbound", basket="all of them")["matched_p"] < 0.05


def _month(period: date) -> int:
    return 12 * (period.year - START.year) + period.month - START.month


# From the store: currencies and revisions


def test_a_store_with_rates_and_correlations(rerouted: World, tmp_path: Path) -> None:
    """Euro against dollar, HS 2017 against HS 2022: the same trade, told otherwise, gives the same result."""
    s = rerouted.simulated
    keep = slice(0, 120)
    codes = rerouted.codes[keep]
    euro = 1.1
    tables = [
        records(
            codes, "DEU", "KAZ", "export", s.inbound[keep] / euro, currency="EUR", classification="HS2017"
        ),
        records(
            codes, "DEU", "RUS", "export", s.direct[keep] / euro, currency="EUR", classification="HS2017"
        ),
        records(codes, "KAZ", "RUS", "export", s.outbound[keep], classification="HS2022"),
    ]
    # in HS 2017 the first good's code was another one
    old = pc.replace_substring_regex(tables[0]["product"], f"^{codes[0]}$", "999901")
    tables[0] = tables[0].set_column(tables[0].column_names.index("product"), "product", old)
    files = []
    for number, table in enumerate(tables):
        path = tmp_path / f"trade_products_{number}.csv"
        currency = "eur" if number < 2 else "usd"
        lines = ["reporter,partner,flow,period,product,classification,value_" + currency]
        for row in table.to_pylist():
            lines.append(
                f"{row['exporter']},{row['importer']},export,{row['period']:%Y-%m},{row['product']},"
                f"{row['classification']},{row['value']!r}"
            )
        path.write_text("\n".join(lines) + "\n")
        files.append(path)
    rates = tmp_path / "eurofxref-hist.csv"
    days = [f"{2020 + (2 + m) // 12}-{(2 + m) % 12 + 1:02d}-15,{euro}" for m in range(36)]
    rates.write_text("\n".join(["Date,USD", *days]) + "\n")
    pairs = tmp_path / "HSCorrelation.csv"
    pairs.write_text("\n".join(["HS 2017,HS 2022", f"999901,{codes[0]}"]) + "\n")
    path = tmp_path / "store.duckdb"
    with Store.open(path, "write", create=True) as store:
        for file in files:
            ingest("trade_products", [file], store)
    with pytest.raises(InvalidRequest, match="no trade by product"):
        screen("ARM", goods=rerouted.list_file, store=path, **SETTINGS)  # type: ignore[arg-type]
    without = screen("KAZ", goods=rerouted.list_file, store=path, **SETTINGS)  # type: ignore[arg-type]
    assert {row["currency"] for row in without.products} == {"EUR"}
    with Store.open(path, "write") as store:
        ingest("exchange_rates", [rates], store)
        ingest("hs_correlations", [pairs], store)
    result = screen("KAZ", goods=rerouted.list_file, store=path, **SETTINGS)  # type: ignore[arg-type]
    assert any("converted to HS 2022" in note for note in result.notes)
    assert {row["currency"] for row in result.totals} == {"USD"}
    listed = s.listed[keep] & s.inbound[keep].any(axis=1)
    row = only(result.totals, flow="inbound", counterfactual="trend of before")
    assert row["after"] == pytest.approx(s.inbound[keep][listed][:, s.post].sum(), rel=1e-6)
    assert len(result.sources) == 3


def test_no_store_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="equidistance ingest"):
        screen("KAZ", store=tmp_path / "none.duckdb")


# Refusals


def test_three_states_must_differ_and_names_be_known(rerouted: World) -> None:
    for state, settings in (("RUS", {}), ("DEU", {}), ("KAZ", {"target": "DEU"})):
        with pytest.raises(InvalidRequest, match="must differ"):
            screened(rerouted, state=state, **settings)
    with pytest.raises(UnknownName):
        screened(rerouted, state="Atlantis")
    with pytest.raises(InvalidRequest, match="too little on one side"):
        screened(rerouted, since="2020-04")
    with pytest.raises(InvalidRequest, match="no comparison"):
        screened(rerouted, null="guess")


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("product", "10121", "leading zero"),
        ("importer", "DEU", "trades with itself"),
        ("value", -1.0, "negative"),
        ("importer", "", "without a partner"),
        ("reporter", "FRA", "neither side"),
        ("frequency", "week", "without a month"),
    ],
)
def test_rows_that_no_reader_let_in_are_refused(
    rerouted: World, tmp_path: Path, column: str, value: object, said: str
) -> None:
    goods = rerouted.goods.slice(0, 50)
    values = goods[column].to_pylist()
    values[7] = value
    goods = goods.set_column(goods.column_names.index(column), goods.schema.field(column), pa.array(values))
    path = tmp_path / "bad.parquet"
    pq.write_table(goods, path)
    with pytest.raises(BadFile, match=said):
        trade.open_files([path])


def test_other_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    path.write_text("no parquet")
    with pytest.raises(BadFile, match="cannot be read as trade"):
        trade.open_files([path])
    pq.write_table(pa.table({"a": [1]}), path)
    with pytest.raises(BadFile, match="columns of the evidence table"):
        trade.open_files([path])


# Lists


def test_shipped_lists_are_facts_with_a_source() -> None:
    lists = shipped_lists()
    assert {name: len(one.entries) for name, one in lists.items()} == {
        "chpl": 50,
        "eu-annexes": 1088,
        "eu-2023-01": 2223,
        "us-supplement-4": 14,
        "families": 32,
    }
    tiers = [entry.group for entry in lists["chpl"].entries]
    assert {tier: tiers.count(tier) for tier in set(tiers)} == {
        "1": 4,
        "2": 5,
        "3A": 16,
        "3B": 9,
        "4A": 11,
        "4B": 5,
    }
    for one in lists.values():
        assert one.source
        assert one.as_of
        assert one.notes
        assert len({(entry.code, entry.group) for entry in one.entries}) == len(one.entries)
        assert len(one.table()) == len(one.entries)
    for family in (
        "aircraft parts and equipment",
        "antennas",
        "spectrophotometers",
        "test equipment",
        "GPS systems",
    ):
        assert any(entry.group == family for entry in lists["families"].entries)
    for family in ("vacuum pumps", "oilfield equipment", "sonar and hydroacoustic systems"):
        assert any(entry.group == family for entry in lists["families"].entries)


def test_own_lists_with_dates(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text("CN8,Annex,start,end\n85423190,XXIII,2022-07-22,\n8541,VII,,2023-01-01\n")
    mine = get_list(path)
    assert [entry.code for entry in mine.on(date(2022, 3, 1))] == ["8541"]
    assert [entry.code for entry in mine.on(date(2023, 3, 1))] == ["85423190"]
    assert mine.headings() == {"8541"}
    assert mine.groups()["854231"].group == "XXIII"
    for text, said in (
        ("code\n10121\n", "Did you mean 010121"),
        ("good\n854231\n", "no column of product codes"),
        ("code\n", "no column of product codes"),
        ("code,start\n854231,March\n", "not a day"),
    ):
        path.write_text(text)
        with pytest.raises(BadFile, match=said):
            get_list(path)
    with pytest.raises(UnknownName, match="chpl"):
        get_list("no-such-list")
    with pytest.raises(BadFile, match="no file"):
        get_list(tmp_path / "none.csv")


def test_each_act_has_one_day_and_each_dated_line_an_act() -> None:
    for name in ("eu-annexes", "us-supplement-4"):
        listing = shipped_lists()[name]
        assert listing.dates == "listing"
        days: dict[str, set[date | None]] = {}
        for entry in listing.entries:
            assert entry.start
            assert entry.grade in ("A", "B")
            assert entry.act
            days.setdefault(entry.act, set()).add(entry.start)
        assert all(len(found) == 1 for found in days.values())


def test_annexes_as_they_stood_on_a_day() -> None:
    """Semiconductors came with the act of 6 October 2022, aviation with that of 25 February 2022."""
    annexes = get_list("eu-annexes")
    goods = ("854231", "880730", "842489", "392690")
    assert set(annexes.at(date(2022, 2, 25)).lines(goods)) == set()
    assert set(annexes.at(date(2022, 3, 31)).lines(goods)) == {"880730"}
    april, october = (annexes.at(day).lines(goods) for day in (date(2022, 4, 9), date(2022, 10, 7)))
    assert set(april) == {"880730", "842489"}
    assert set(october) == {"880730", "842489", "854231"}
    assert not april["842489"].partly()  # the whole subheading first, two of its goods later
    assert october["842489"].partly()
    assert (october["880730"].code, october["854231"].group) == ("88", "VII B")


def test_whole_chapters_are_prefixes() -> None:
    supplement = get_list("us-supplement-4")
    goods = ("847150", "854231", "903020", "880730", "841350", "870323")
    for day, listed in (
        (date(2023, 2, 23), set()),
        (date(2023, 5, 18), {"841350"}),
        (date(2023, 5, 19), {"847150", "854231", "903020", "841350"}),
        (date(2024, 1, 23), {"847150", "854231", "903020", "841350", "880730"}),
    ):
        assert set(supplement.at(day).lines(goods)) == listed
    assert supplement.headings() == {"84", "85", "88", "90"}
    chpl = get_list("chpl")  # its day is that of an edition, which forbids nothing
    assert len(chpl.at(date(2022, 3, 31)).entries) == 50


def test_lines_of_a_list_that_cannot_be(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    for text, said in (
        ("code,start,end\n854231,2023-01-01,2022-01-01\n", "before it is on it"),
        ("code,part\n854231,perhaps\n", "in part"),
        ("code\n8\n", "no(t a)? product code"),
    ):
        path.write_text(text)
        with pytest.raises(BadFile, match=said):
            get_list(path)
    path.write_text("code,part,act\n84,,\n854231,ex,an act\n85423100,,\n")
    mine = get_list(path)
    assert mine.dates == "none"
    lines = mine.lines(["847150", "854231", "010121"])
    assert {code: entry.code for code, entry in lines.items()} == {"847150": "84", "854231": "85423100"}


def test_a_good_counts_as_listed_from_its_day_on(rerouted: World, tmp_path: Path) -> None:
    """Half of the list starts four months after the date: those goods are neither screened nor compared with."""
    codes = [line.split(",")[0] for line in rerouted.list_file.read_text().splitlines()[1:]]
    early, late = codes[::2], codes[1::2]
    path = tmp_path / "dated.csv"
    rows = [f"{code},A,,2022-02-01," for code in early] + [f"{code},A,,2022-07-05,ex" for code in late]
    path.write_text("\n".join(["code,group,name,start,part", *rows]) + "\n")
    connection = trade.open_files([rerouted.parquet])
    given = {**SETTINGS, "store": connection}
    result = screen("KAZ", goods=path, **given)  # type: ignore[arg-type]
    assert {row["product"] for row in result.products} == set(early)
    assert {row["listed_from"] for row in result.products} == {date(2022, 2, 1)}
    assert any(f"{len(late)} of {len(codes)} goods" in note and "2022-07" in note for note in result.notes)
    every = screen("KAZ", goods=rerouted.list_file, **given)  # type: ignore[arg-type]
    placebos = {row["flow"]: row["placebos"] for row in every.baskets}
    assert {row["flow"]: row["placebos"] for row in result.baskets} == placebos  # the late ones are no comparison
    later = screen("KAZ", goods=path, **{**given, "since": "2022-07"})  # type: ignore[arg-type]
    assert {row["product"] for row in later.products} == set(codes)
    assert {row["product"] for row in later.products if row["in_part"]} == set(late)
    whole = screen("KAZ", goods=path, whole=True, **{**given, "since": "2022-07"})  # type: ignore[arg-type]
    assert {row["product"] for row in whole.products} == set(early)
    assert any("only in part are left out" in note for note in whole.notes)


def test_a_list_of_later_goods_only_is_said(rerouted: World, tmp_path: Path) -> None:
    path = tmp_path / "dated.csv"
    code = rerouted.list_file.read_text().splitlines()[1].split(",")[0]
    path.write_text(f"code,start\n{code},2030-01-01\n")
    result = screen("KAZ", goods=path, store=trade.open_files([rerouted.parquet]), **SETTINGS)  # type: ignore[arg-type]
    assert len(result.products) == 0
    assert any("as it stood in" in note for note in result.notes)


def test_building_lists_needs_the_publishers_tables(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match="exactly one file"):
        build_lists(tmp_path, tmp_path)


def test_lists_kept_by_hand_are_checked(tmp_path: Path) -> None:
    (tmp_path / "chpl_50_hs6_tiers.csv").write_text("hs6,tier,hs_description\n854231,1,Processors\n")
    (tmp_path / "eu_sanctioned_codes_2023_01.csv").write_text("code,product\n85423190,Processors\n")
    for name in ("families", "us-supplement-4"):
        (tmp_path / f"{name}.csv").write_bytes((LISTS / f"{name}.csv").read_bytes())
    head = "code,group,start,end,part,act,grade\n"
    for line, said in (
        ("854231,VII B,2022-10-07,,,,A\n", "needs a day, an act and a grade"),
        ("854231,VII B,2022-10-07,,,2022/1904,C\n", "needs a day, an act and a grade"),
        ("854231,VII B,2022-10-07,,,2022/1904,A\n" * 2, "listed already in VII B"),
    ):
        (tmp_path / "eu-annexes.csv").write_text(head + line)
        with pytest.raises(BadFile, match=said):
            build_lists(tmp_path, tmp_path)
    (tmp_path / "eu-annexes.csv").write_text(head + "854231,VII B,2022-10-07,,,2022/1904,A\n")
    assert build_lists(tmp_path, tmp_path)["eu-annexes"] == 1


def test_evidence_strength_in_words() -> None:
    nothing = (np.nan, np.nan, np.nan)
    assert evidence((0.001, 0.001, 0.01), (0.001, 0.001, 0.01)) == "strong"
    assert evidence((0.001, 0.001, 0.01), nothing) == "moderate"
    assert evidence((0.001, 0.03, 0.2), (0.2, 0.5, 0.9)) == "weak"
    assert evidence((0.001, 0.3, 0.9), nothing) == "like other goods"
    assert evidence((0.4, 0.3, 0.9), nothing) == "none"
    assert evidence((0.001, np.nan, np.nan), nothing) == "not judged"


def test_what_is_screened_can_be_replaced(found: Screen) -> None:
    assert replace(found, lag="x").lag == "x"  # a frozen result, not a live object
