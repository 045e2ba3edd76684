"""The main job on the shipped data: tables, invariances, bad input."""

import json
from datetime import date
from importlib.resources import files

import jsonschema
import numpy as np
import pandas
import polars
import pyarrow as pa
import pytest

import equidistance as eq
from equidistance.assessment.assess import Assessment
from equidistance.assessment.evidence import choose_indicators
from equidistance.assessment.export import long_table, to_dict
from equidistance.assessment.reference import Reference
from equidistance.errors import AmbiguousName, InvalidRequest, UnknownName
from equidistance.indicators.snapshot import shipped

SUM = 1e-8  # MODEL.md: contributions sum to the estimate to 1e-8


@pytest.fixture(scope="module")
def kazakhstan() -> Assessment:
    return eq.assess("Kazakhstan", store=False)


def test_the_tables_say_what_they_should(kazakhstan: Assessment) -> None:
    assert [power.code for power in kazakhstan.powers] == ["RUS", "CHN", "USA", "EU", "GBR", "TUR"]
    assert kazakhstan.start == date(1992, 1, 1)
    alignment = kazakhstan.alignment.to_pandas()
    assert set(alignment.channel) == {"deed", "word", "overall"}
    assert (alignment.q05 < alignment.q25).all()
    assert (alignment.q75 < alignment.q95).all()
    assert (alignment.sd > 0).all()
    shares = kazakhstan.orientation.to_pandas().groupby("period")["mean"].sum()
    np.testing.assert_allclose(shares, 1, atol=1e-9)
    leads = kazakhstan.orientation.to_pandas().groupby("period")["p_leads"].sum()
    np.testing.assert_allclose(leads, 1, atol=1e-9)
    balance = kazakhstan.equidistance.to_pandas()
    assert balance["q05"].min() >= 0
    assert balance["q95"].max() <= 1
    assert len(kazakhstan.evidence) > 100
    assert {row["source"] for row in kazakhstan.sources} >= {
        "un_votes",
        "icews",
        "trade_itpde",
        "un_speeches",
    }
    assert all(row["citation"] and row["licence"] for row in kazakhstan.sources)


def test_the_same_call_gives_the_same_answer(kazakhstan: Assessment) -> None:
    again = eq.assess("KAZ", store=False)
    assert again.to_dict() == kazakhstan.to_dict()


def test_names_in_two_languages_mean_the_same_state() -> None:
    russian = eq.assess("Казахстан", ["Россия", "Китай"], store=False, draws=100)
    english = eq.assess("Kazakhstan", "Russia,China", store=False, draws=100)
    assert russian.to_dict() == english.to_dict()


def test_json_follows_its_published_schema(kazakhstan: Assessment) -> None:
    schema = json.loads(files("equidistance").joinpath("data/assess.schema.json").read_text())
    content = json.loads(json.dumps(to_dict(kazakhstan), allow_nan=False))
    jsonschema.validate(content, schema)
    assert {
        "state",
        "powers",
        "period",
        "summary",
        "alignment",
        "orientation",
        "equidistance",
        "drift",
        "gap",
        "sources",
    } <= set(content)


def test_tables_come_as_arrow_pandas_and_polars(kazakhstan: Assessment) -> None:
    table = kazakhstan.gap
    assert isinstance(table.to_arrow(), pa.Table)
    assert isinstance(table.to_pandas(), pandas.DataFrame)
    assert isinstance(table.to_polars(), polars.DataFrame)
    assert polars.DataFrame(table).shape == table.to_pandas().shape
    assert table.columns["mean"] == "words minus deeds, standard deviations"
    assert len(long_table(kazakhstan)) == sum(
        len(kazakhstan.tables[name]) for name in ("alignment", "orientation", "equidistance", "drift", "gap")
    )


def test_the_notebook_display_escapes_and_shows(kazakhstan: Assessment) -> None:
    shown = kazakhstan._repr_html_()
    assert "Kazakhstan" in shown
    assert "<table>" in shown


def test_why_sums_to_the_estimate_exactly(kazakhstan: Assessment) -> None:
    for channel in ("deed", "word", "overall"):
        explanation = eq.why("KAZ", "RUS", "2022-03", channel=channel, assessment=kazakhstan)
        row = next(
            row
            for row in kazakhstan.alignment
            if row["power"] == "RUS" and row["channel"] == channel and row["period"] == date(2022, 3, 1)
        )
        assert explanation.estimate == pytest.approx(row["mean"], abs=SUM)
        by_indicator = sum(part["contribution"] for part in explanation.indicators)
        assert by_indicator == pytest.approx(explanation.estimate, abs=SUM)
        prior = next(p["contribution"] for p in explanation.indicators if p["indicator"] == "(prior)")
        by_record = sum(part["contribution"] for part in explanation.records)
        assert by_record + prior == pytest.approx(explanation.estimate, abs=SUM)


def test_why_of_a_year_is_the_mean_of_its_months(kazakhstan: Assessment) -> None:
    explanation = eq.why("KAZ", "CHN", 2015, assessment=kazakhstan)
    months = [
        row["mean"]
        for row in kazakhstan.alignment
        if row["power"] == "CHN" and row["channel"] == "overall" and row["period"].year == 2015
    ]
    assert len(months) == 12
    assert explanation.estimate == pytest.approx(np.mean(months), abs=SUM)
    assert all(
        row["source_id"] in {s["source_id"] for s in explanation.sources} for row in explanation.records
    )


def test_adding_a_power_changes_no_alignment(kazakhstan: Assessment) -> None:
    two = eq.assess("KAZ", ["RUS", "CHN"], store=False, draws=100)
    for code in ("RUS", "CHN"):
        ours = [row["mean"] for row in two.alignment if row["power"] == code]
        theirs = [row["mean"] for row in kazakhstan.alignment if row["power"] == code]
        np.testing.assert_allclose(ours, theirs, atol=SUM)


def test_a_later_end_hides_later_evidence(kazakhstan: Assessment) -> None:
    early = eq.assess("KAZ", until=2010, store=False, draws=100)
    assert early.end == date(2010, 12, 1)
    assert max(row["year"] for row in early.evidence) == 2010
    last = [row for row in early.alignment if row["period"] == early.end and row["channel"] == "overall"]
    then = [row for row in kazakhstan.alignment if row["period"] == early.end and row["channel"] == "overall"]
    assert all(a["sd"] >= b["sd"] for a, b in zip(last, then, strict=True))


def test_the_window_only_cuts_the_report(kazakhstan: Assessment) -> None:
    late = eq.assess("KAZ", since="2014-03", store=False)
    assert late.start == date(2014, 3, 1)
    theirs = [row["mean"] for row in kazakhstan.alignment if row["period"] >= late.start]
    np.testing.assert_allclose([row["mean"] for row in late.alignment], theirs, atol=SUM)


def test_a_member_is_not_measured_against_its_bloc() -> None:
    latvia = eq.assess("Latvia", ["EU", "RUS"], store=False, draws=100)
    last_month = max(row["period"] for row in latvia.alignment if row["power"] == "EU")
    assert last_month == date(2004, 4, 1)
    alone = [row for row in latvia.orientation if row["period"] > last_month]
    assert {row["power"] for row in alone} == {"RUS"}
    assert all(row["mean"] == 1 for row in alone)
    assert max(row["period"] for row in latvia.equidistance) == last_month


def test_west_is_a_bloc_of_powers() -> None:
    result = eq.assess("KAZ", ["RUS", "CHN", "WEST"], store=False, draws=100)
    assert {row["power"] for row in result.alignment} == {"RUS", "CHN", "WEST"}
    with pytest.raises(InvalidRequest, match="no evidence"):
        eq.assess("USA", ["WEST"], store=False, draws=100)


def test_channel_decides_what_orientation_rests_on(kazakhstan: Assessment) -> None:
    deeds = eq.assess("KAZ", channel="deed", store=False)
    assert deeds.equidistance.to_pylist()[-1]["mean"] != kazakhstan.equidistance.to_pylist()[-1]["mean"]
    assert "in deeds" in deeds.headline


def test_leaving_an_indicator_out_leaves_its_evidence_out() -> None:
    without = eq.assess("KAZ", indicators="-un_vote_agreement,-export_share", store=False, draws=100)
    used = {row["indicator"] for row in without.evidence}
    assert "un_vote_agreement" not in used
    assert "import_chosen" in used
    assert "export_chosen" not in used  # the same trade as the share that was left out
    only = eq.assess("KAZ", indicators=["un_vote_agreement", "speech_stance"], store=False, draws=100)
    assert {row["indicator"] for row in only.evidence} == {"un_vote_agreement", "speech_stance"}


def test_raw_takes_trade_as_it_is(kazakhstan: Assessment) -> None:
    raw = eq.assess("KAZ", store=False, raw=True)
    names = {row["indicator"] for row in raw.evidence}
    assert {"export_share", "import_share"} <= names
    assert not names & {"export_chosen", "import_chosen"}
    assert {"export_chosen", "import_chosen"} <= {row["indicator"] for row in kazakhstan.evidence}
    assert (raw.settings["raw"], kazakhstan.settings["raw"]) == (True, False)
    assert raw.settings["parameters"] != kazakhstan.settings["parameters"]  # a reference fit of its own

    def deeds(assessment: Assessment, power: str) -> float:
        rows = [r for r in assessment.alignment if r["power"] == power and r["channel"] == "deed"]
        return float(np.mean([row["mean"] for row in rows]))

    # the EU buys much because it is large; Turkey buys more than its size says
    assert deeds(raw, "EU") > deeds(kazakhstan, "EU")
    assert deeds(raw, "TUR") < deeds(kazakhstan, "TUR")


def test_exposure_ships_with_its_kinds(kazakhstan: Assessment) -> None:
    kinds = {row["kind"]: row for row in kazakhstan.exposure_kinds}
    assert {
        "exports",
        "imports",
        "arms imports",
        "investment stock",
        "oil pipeline capacity",
        "blocs",
    } <= set(kinds)
    assert {"official loans", "transit", "sanctions on the power", "defence pacts"} <= set(kinds)
    shares = {(row["kind"], row["power"]): row for row in kazakhstan.exposure if row["period"].year == 2023}
    russia = shares["arms imports", "RUS"]
    assert russia["share"] > 0.9  # SIPRI: five years to 2023
    assert kinds["arms imports"]["hhi"] > 0.8
    assert kinds["exports"]["top"] == "ITA"
    sources = {row["source_id"]: row for row in kazakhstan.sources}
    assert sources[russia["source_id"]]["citation"]
    early = eq.assess("KAZ", store=False, until="2010", draws=100)
    assert max(row["period"].year for row in early.exposure) == 2010


def test_indicator_choices() -> None:
    every, moved = choose_indicators(None)
    assert not moved
    assert "speech_attention" not in {one.name for one in every}
    assert sum(one.channel == "word" for one in every) >= 3
    assert len(every) >= 10
    assert len({one.instrument for one in every}) >= 5
    changed, moved = choose_indicators("visits_paid=word")
    assert moved
    assert len(changed) == len(every)
    assert next(one for one in changed if one.name == "visits_paid").channel == "word"
    more, unusual = choose_indicators("+speech_attention")
    assert unusual  # the reference fit does not hold it: the shared parameters are estimated again
    assert {one.name for one in more} == {one.name for one in every} | {"speech_attention"}
    assert choose_indicators("un_vote_agreement_important")[1]
    with pytest.raises(UnknownName):
        choose_indicators("visits_paid=deeds")


def test_an_indicator_without_any_evidence_is_no_assessment() -> None:
    with pytest.raises(
        InvalidRequest, match=r"no evidence at all for sanctions_compliance.*equidistance sources"
    ):
        eq.assess("KAZ", indicators="sanctions_compliance", store=False)


@pytest.mark.parametrize(
    ("arguments", "options", "error", "says"),
    [
        (("Kazakstan-Nord",), {}, UnknownName, "no state called"),
        (("Korea",), {}, AmbiguousName, "PRK"),
        (("New Jersey",), {}, UnknownName, "New Jersey"),
        (("KAZ", "Atlantis"), {}, UnknownName, "Atlantis"),
        (("Russia", ["RUS"]), {}, InvalidRequest, "against itself"),
        (("KAZ", ["RUS", "Russia"]), {}, InvalidRequest, "twice"),
        (("KAZ", ","), {}, InvalidRequest, "No power"),
        (("KAZ", ["IND"]), {}, InvalidRequest, "equidistance sources"),
        (("KAZ",), {"until": 1990}, InvalidRequest, "1991-12-16"),
        (("South Sudan",), {"until": 2005}, InvalidRequest, "2011"),
        (("KAZ",), {"since": 2030}, InvalidRequest, "no evidence"),
        (("KAZ",), {"since": "2020", "until": "2010"}, InvalidRequest, "before it starts"),
        (("KAZ",), {"since": "yesterday"}, InvalidRequest, "yesterday"),
        (("KAZ",), {"channel": "deeds"}, UnknownName, "overall"),
        (("KAZ",), {"indicators": "gdp"}, UnknownName, "un_vote_agreement"),
        (("KAZ",), {"draws": 3}, InvalidRequest, "100"),
    ],
)
def test_bad_input_is_named_with_a_way_on(arguments, options, error, says) -> None:
    with pytest.raises(error) as caught:
        eq.assess(*arguments, store=False, **options)
    assert says in caught.value.render()
    assert caught.value.choices or caught.value.hint


def test_why_refuses_what_it_cannot_explain(kazakhstan: Assessment) -> None:
    with pytest.raises(InvalidRequest, match="not in this assessment"):
        eq.why("KAZ", "IND", 2022, assessment=kazakhstan)
    with pytest.raises(InvalidRequest, match="no estimate"):
        eq.why("KAZ", "RUS", 1980, assessment=kazakhstan)
    with pytest.raises(UnknownName):
        eq.why("KAZ", "RUS", 2022, channel="deeds", assessment=kazakhstan)


def test_a_short_window_has_empty_drift_and_lead_lag() -> None:
    short = eq.assess("KAZ", since="2021-01", until="2021-06", store=False, draws=100)
    assert len(short.drift) == 0
    assert len(short.lead_lag) == 0
    assert short.drift.arrow.column_names == eq.assess("KAZ", store=False, draws=100).drift.arrow.column_names
    json.dumps(to_dict(short), allow_nan=False)


@pytest.fixture(scope="module")
def ukraine() -> Assessment:
    return eq.assess("UKR", ["RUS", "GBR"], store=False)


def test_a_break_of_the_state_has_a_date_a_size_and_carriers(ukraine: Assessment) -> None:
    """The war of 2022 is in the shipped data: words toward Russia break, and several indicators carry it."""
    broken = [row for row in ukraine.breaks if row["kind"] == "state" and row["power"] == "RUS"]
    (row,) = [row for row in broken if row["channel"] == "word" and row["period"].year in (2021, 2022)]
    assert date(2021, 10, 1) <= row["earliest"] <= row["period"] <= row["latest"] <= date(2022, 9, 1)
    assert row["probability"] >= 0.5 > 5 * row["prior"]
    assert row["q95"] < -0.5
    assert "event_balance -" in row["carried_by"]
    assert "verbal_cooperation -" in row["carried_by"]
    words = {a["period"]: a["mean"] for a in ukraine.alignment if (a["power"], a["channel"]) == ("RUS", "word")}
    after = [words[day] for day in _months_from(row["latest"], 0, 12)]
    before = [words[day] for day in _months_from(row["earliest"], -12, 0)]
    assert row["change"] == pytest.approx(np.mean(after) - np.mean(before), abs=SUM)


def _months_from(day: date, first: int, last: int) -> list[date]:
    month = 12 * day.year + day.month - 1
    return [date((month + i) // 12, (month + i) % 12 + 1, 1) for i in range(first, last)]


def test_an_alliance_alone_breaks_as_the_indicators_own(kazakhstan: Assessment) -> None:
    """Kazakhstan's treaty with China of 2001 moves no other indicator: the indicator broke, the state did not."""
    own = [
        row
        for row in kazakhstan.breaks
        if row["power"] == "CHN" and row["indicator"] == "alliance_commitment" and row["period"].year == 2001
    ]
    assert [row["kind"] for row in own] == ["indicator"]
    assert own[0]["probability"] > 0.9
    assert own[0]["change"] is None
    assert not [row for row in kazakhstan.breaks if row["kind"] == "state" and row["period"].year == 2001]
    for row in kazakhstan.breaks:
        assert 0.5 <= row["probability"] <= 1
        assert row["earliest"] <= row["latest"]


def test_a_quiet_window_has_no_breaks_but_their_columns() -> None:
    short = eq.assess("KAZ", ["RUS"], since="2019-01", until="2019-06", store=False, draws=100)
    assert len(short.breaks) == 0
    whole = eq.assess("UKR", ["RUS"], store=False, draws=100)
    assert short.breaks.arrow.column_names == whole.breaks.arrow.column_names


def test_the_reference_comes_back_from_its_text() -> None:
    text = shipped().reference_text()
    reference = Reference.from_json(text)
    assert reference.to_json() == text
    assert len(reference.draws) == 32
    names = ("noise", "effect", "wander")
    drawn = [np.concatenate([getattr(one, name) for name in names]) for one in reference.draws]
    spread = np.std(np.log(drawn), axis=0)
    assert spread.max() < 1.5
    assert (spread > 1e-3).mean() > 0.5  # known, but not exactly; one that fell to its bound stays there in every draw
