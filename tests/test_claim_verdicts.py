"""Verdicts: what each form's test finds, that a negation mirrors it, and that names decide nothing."""

from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claims_bench import Evidence, MadeUp, act_row, claim, month, number_row, trajectory
from equidistance.claims import chances, counted
from equidistance.claims.bench import Bench
from equidistance.claims.check import TESTS, check, verdict_on
from equidistance.claims.counted import claimed_interval
from equidistance.claims.forms import EQUAL, FORMS
from equidistance.claims.verdicts import RELIABILITY, WORDS, combined, mirrored, word_of
from equidistance.errors import InvalidRequest
from equidistance.evidence.schema import TABLES
from equidistance.evidence.store import SourceFile, SourceVersion, Store
from equidistance.reading.records import Amount, Claim, When
from equidistance.sources.card import Reading

PATHS = {
    ("KAZ", "RUS"): trajectory(2.0, 0.5, slope=-0.2),
    ("KAZ", "CHN"): trajectory(0.0, 0.1, slope=0.1),
    ("KAZ", "USA"): trajectory(-1.0, -1.0),
    ("KAZ", "EU"): trajectory(-1.1, -1.0),
    ("KAZ", "GBR"): trajectory(-2.0, -2.0),
    ("KAZ", "TUR"): trajectory(-0.5, -0.5, step=100),
    ("KAZ", "BRA"): trajectory(0.0, 0.0, spread=3.0),
}
NUMBERS = [
    number_row(10.0),
    number_row(2.0, subject="RUS", account="account 10.0", source="source 10.0"),
    number_row(5.0, account="ministry", source="ministry"),
    number_row(4.0, subject="RUS", account="ministry", source="ministry"),
    number_row(30.0, quantity="ships on the lake", unit="ships"),
]
EVIDENCE = Evidence(
    paths=PATHS,
    acts=[act_row(), act_row(source="Other agency", address="https://other.example")],
    numbers=NUMBERS,
    shares=[
        {"power": "RUS", "period": date(2022, 1, 1), "kind": "imports", "share": 0.6, "source_id": "trade-1"},
        {"power": "CHN", "period": date(2022, 1, 1), "kind": "imports", "share": 0.1, "source_id": "trade-1"},
    ],
    speeches=[
        {
            "state": "KAZ",
            "session": 77,
            "year": 2022,
            "text": "We shall always build many bridges with all.",
            "title": "UN",
        }
    ],
    likeness={
        ("KAZ", "UKR"): {"percentile": 0.1, "change": -0.2, "distance": 0.3, "start": 2001, "end": 2010},
        ("KAZ", "GEO"): {"percentile": 0.01, "change": 0.2, "distance": 0.1, "start": 2001, "end": 2010},
        ("KAZ", "BLR"): {"percentile": 0.97, "change": None, "distance": 1.5, "start": 2001, "end": 2010},
    },
    votes=[
        {
            "state": "KAZ",
            "resolution": "A/RES/ES-11/1",
            "date": date(2022, 3, 2),
            "vote": "abstain",
            "source_title": "UN",
        }
    ],
)
BENCH = MadeUp(EVIDENCE)


def word(made: Claim, bench: MadeUp = BENCH) -> str:
    return verdict_on(made, bench).word


CASES: list[tuple[Claim, str]] = [
    (claim("trend", direction=-1), "supported"),
    (claim("trend", direction=1), "contradicted"),
    (claim("trend", direction=1, powers=("CHN",)), "supported"),
    (claim("trend", direction=1, powers=("RUS", "CHN")), "contradicted"),
    (claim("trend", direction=0, powers=("USA",)), "supported"),
    (claim("trend", direction=0), "contradicted"),
    (claim("trend", direction=-1, powers=("IND",)), "not enough evidence"),
    (claim("trend", direction=-1, since=date(2024, 1, 1)), "not enough evidence"),
    (claim("level", direction=-1, powers=("GBR",)), "supported"),
    (claim("level", direction=1, powers=("GBR",)), "contradicted"),
    (claim("level", powers=("GBR",)), "not enough evidence"),
    (claim("gap", direction=-1), "supported"),
    (claim("gap"), "supported"),
    (claim("gap", powers=("USA",)), "not enough evidence"),
    (claim("gap", powers=("BRA",)), "not enough evidence"),
    (claim("balance", powers=("CHN", "GBR"), leader="CHN"), "supported"),
    (claim("balance", powers=("CHN", "GBR"), leader="GBR"), "contradicted"),
    (claim("balance", powers=("CHN", "GBR"), leader=EQUAL), "contradicted"),
    (claim("balance", powers=("USA", "BRA"), leader=EQUAL), "not enough evidence"),
    (claim("break", powers=("TUR",), when=month(2018, 5)), "supported"),
    (claim("break", powers=("TUR",), when=month(2018, 5), direction=-1), "contradicted"),
    (claim("break", powers=("USA",), when=month(2018, 5)), "not enough evidence"),
    (claim("break", powers=("TUR",), when=month(2030, 5)), "not enough evidence"),
    (claim("analogue", powers=("UKR",)), "leans supported"),
    (claim("analogue", powers=("GEO",)), "not enough evidence"),
    (claim("analogue", powers=("BLR",)), "contradicted"),
    (claim("analogue", powers=("ARM",)), "not enough evidence"),
    (claim("ratio", quantity="bridges", amount=Amount(5, "times")), "mixed"),
    (claim("ratio", quantity="bridges", amount=Amount(9, "times")), "contradicted"),
    (claim("count", powers=(), quantity="ships on a lake", amount=Amount(30, "ships")), "leans supported"),
    (claim("count", powers=(), quantity="ships on a lake", amount=Amount(20, "ships")), "leans contradicted"),
    (
        claim("count", powers=(), quantity="ships on a lake", amount=Amount(29, "ships", "about")),
        "leans supported",
    ),
    (
        claim("count", powers=(), quantity="ships on a lake", amount=Amount(20, "ships", "at least")),
        "leans supported",
    ),
    (
        claim("count", powers=(), quantity="ships on a lake", amount=Amount(20, "ships", "at most")),
        "leans contradicted",
    ),
    (claim("count", powers=(), quantity="camels", amount=Amount(20, "camels")), "not enough evidence"),
    (
        claim("amount", powers=(), quantity="ships on the lake", amount=Amount(30, "km")),
        "not enough evidence",
    ),
    (claim("dependence", quantity="imports"), "supported"),
    (claim("dependence", quantity="imports", powers=("CHN",)), "contradicted"),
    (claim("dependence", quantity="ideas"), "not enough evidence"),
    (claim("event", type="AGREE", when=month(2022, 7)), "supported"),
    (claim("event", type="AGREE", when=month(2022, 8)), "not enough evidence"),
    (claim("event", type="AGREE", subject="RUS", powers=("KAZ",), when=month(2022, 7)), "supported"),
    (claim("event", type="COOPERATE", when=month(2022, 7)), "leans supported"),
    (claim("event", type="ASSAULT", when=month(2022, 7)), "not enough evidence"),
    (
        claim("event", type="AGREE", when=month(2022, 7), quote="they signed a deal on gas", powers=("CHN",)),
        "not enough evidence",
    ),
    (claim("event", type="AGREE"), "not enough evidence"),
    (
        claim("event", type="REJECT", mode="vote", said="abstain", quantity="ES-11/1", when=month(2022, 3)),
        "supported",
    ),
    (
        claim("event", type="REJECT", mode="vote", said="yes", quantity="ES-11/1", when=month(2022, 3)),
        "contradicted",
    ),
    (claim("quotation", said="we shall always build many bridges"), "supported"),
    (claim("quotation", said="we shall never build a single bridge"), "not enough evidence"),
    (claim("forecast", direction=-1, until=date(2030, 1, 1)), "not enough evidence"),
    (claim("forecast", direction=-1, since=date(2018, 1, 1), until=date(2023, 12, 31)), "supported"),
    (claim("forecast", type="AGREE", when=When(date(2022, 1, 1), date(2022, 12, 31), "year")), "supported"),
    (claim("forecast"), "not enough evidence"),
    (claim("cause", when=month(2022, 7)), "not enough evidence"),
    (claim("opinion"), "not testable"),
]


@pytest.mark.parametrize(("made", "expected"), CASES, ids=lambda value: getattr(value, "form", value))
def test_each_form_finds_what_was_put_there(made: Claim, expected: str) -> None:
    assert word(made) == expected


def test_every_form_has_a_test_and_is_tested_here() -> None:
    assert set(TESTS) == set(FORMS) == {made.form for made, _ in CASES}
    assert {expected for _, expected in CASES} == set(WORDS)


@pytest.mark.parametrize("made", [made for made, _ in CASES], ids=lambda made: made.form)
def test_a_negation_gets_the_mirrored_verdict(made: Claim) -> None:
    plain, denied = verdict_on(made, BENCH), verdict_on(replace(made, negated=True), BENCH)
    assert denied.word == mirrored(plain.word)
    if plain.probability is None:
        assert denied.probability is None
    else:
        assert denied.probability == pytest.approx(1 - plain.probability, abs=1e-12)
    assert [record.says for record in denied.records] == [-record.says for record in plain.records]
    assert (denied.because, denied.numbers, denied.missing) == (plain.because, plain.numbers, plain.missing)


def test_the_opposite_direction_gets_the_mirrored_verdict() -> None:
    for power in ("RUS", "CHN", "BRA", "USA"):
        for form in ("trend", "gap", "level"):
            there = verdict_on(claim(form, powers=(power,), direction=1), BENCH)
            back = verdict_on(claim(form, powers=(power,), direction=-1), BENCH)
            assert back.word == mirrored(there.word)
            assert there.probability is None or back.probability == pytest.approx(1 - there.probability)


def turned(made: Claim, a: str, b: str) -> Claim:
    names = {a: b, b: a}
    return replace(
        made,
        subject=names.get(made.subject or "", made.subject),
        powers=tuple(names.get(code, code) for code in made.powers),
        leader=names.get(made.leader or "", made.leader),
    )


@pytest.mark.parametrize("made", [made for made, _ in CASES], ids=lambda made: made.form)
@pytest.mark.parametrize(("a", "b"), [("RUS", "CHN"), ("RUS", "USA"), ("TUR", "GBR")])
def test_swapping_two_names_in_claim_and_evidence_swaps_the_result_and_nothing_else(
    made: Claim, a: str, b: str
) -> None:
    before = verdict_on(made, BENCH)
    after = verdict_on(turned(made, a, b), MadeUp(EVIDENCE.swapped(a, b)))
    assert after.word == before.word
    if before.probability is not None:
        assert after.probability == pytest.approx(before.probability, abs=1e-12)

    def told(verdict: Any) -> list[Any]:
        """Numbers and records without names; their order may follow the names."""
        numbers = sorted((n.value, n.low, n.high, n.unit) for n in verdict.numbers)
        return [
            numbers,
            sorted((r.kind, r.when, r.grade, r.says) for r in verdict.records),
            len(verdict.missing),
        ]

    assert told(after) == told(before)


def test_words_and_deeds_that_say_the_opposite_are_mixed() -> None:
    path = trajectory(0, 0)
    years = np.arange(path.draws.shape[1]) / 12
    apart = replace(path, draws=path.draws + 0.5 * np.stack([years, -years], axis=1))
    bench = MadeUp(Evidence(paths={("KAZ", "RUS"): apart}))
    assert word(claim("trend", direction=1), bench) == "mixed"
    assert word(claim("trend", direction=-1), bench) == "mixed"
    assert word(claim("trend", direction=1, channel="deed"), bench) == "supported"
    assert word(claim("trend", direction=1, channel="word"), bench) == "contradicted"


# The text is no evidence of itself


def test_the_article_never_supports_itself() -> None:
    own = act_row(document="d" * 64, address="article.txt")
    made = claim("event", type="AGREE", when=month(2022, 7))
    assert word(made, MadeUp(Evidence(acts=[own]))) == "leans supported"
    for excluded in ("d" * 64, "article.txt"):
        assert word(made, MadeUp(Evidence(acts=[own]), excluded=[excluded])) == "not enough evidence"


def test_one_source_that_says_a_thing_twice_says_it_once() -> None:
    twice = [act_row(), act_row(address="https://agency.example/2", act="b")]
    assert (
        word(claim("event", type="AGREE", when=month(2022, 7)), MadeUp(Evidence(acts=twice)))
        == "leans supported"
    )


def test_a_complete_list_of_visits_speaks_against_a_visit_it_lacks() -> None:
    made = claim("event", type="CONSULT", mode="visit", subject="USA", powers=("KAZ",), when=month(2019, 5))
    assert word(made, MadeUp(Evidence(complete=True))) == "contradicted"
    assert word(made, MadeUp(Evidence())) == "not enough evidence"
    visit = {
        "visitor": "USA",
        "host": "KAZ",
        "date": date(2019, 5, 3),
        "precision": "day",
        "person": "X",
        "title": "T",
    }
    assert word(made, MadeUp(Evidence(visits=[visit], complete=True))) == "supported"


def test_machine_coded_reports_help_and_do_not_suffice() -> None:
    report = {
        "source": "KAZ",
        "target": "RUS",
        "date": date(2022, 7, 9),
        "code": "057",
        "text": "Sign",
        "title": "I",
    }
    reports = [report, report | {"date": date(2022, 7, 10)}]
    made = claim("event", type="AGREE", when=month(2022, 7))
    assert word(made, MadeUp(Evidence(events=reports))) == "not enough evidence"
    alone, helped = (
        verdict_on(made, MadeUp(Evidence(acts=[act_row()], events=rows))) for rows in ([], reports)
    )
    assert alone.probability is not None
    assert helped.probability is not None
    assert alone.probability < helped.probability < 0.95  # two reports of one source count once
    assert word(replace(made, type="ASSAULT"), MadeUp(Evidence(events=reports))) == "not enough evidence"
    year = When(date(2022, 1, 1), date(2022, 12, 31), "year")
    assert not verdict_on(replace(made, when=year), MadeUp(Evidence(events=reports))).records


def test_a_cause_tells_the_order_and_is_never_supported() -> None:
    rows = [
        act_row(act="2", first=date(2022, 9, 1), last=date(2022, 9, 1), summary="water was cut"),
        act_row(act="1"),
    ]
    found = verdict_on(claim("cause", when=month(2022, 8)), MadeUp(Evidence(acts=rows)))
    assert found.word == "not enough evidence"
    assert found.because.index("2022-07-05") < found.because.index("2022-09-01")


def test_a_forecast_is_kept_with_its_date() -> None:
    made = claim("forecast", direction=1, until=date(2025, 1, 1))
    assert verdict_on(made, BENCH).due == date(2025, 1, 1)
    later = MadeUp(EVIDENCE, today=date(2025, 1, 2), published=date(2020, 1, 1))
    assert verdict_on(made, later).word == "contradicted"


def test_a_claim_about_nothing_known_is_not_enough_evidence_and_no_failure() -> None:
    found = verdict_on(claim("trend", direction=1, subject="XYZ"), BENCH)
    assert (found.word, found.error) == ("not enough evidence", None)
    assert "XYZ" in found.missing[0]
    bloc = verdict_on(claim("trend", direction=1, subject="EU", powers=("RUS",)), BENCH)
    assert "bloc" in bloc.missing[0]


# Numbers


@given(st.floats(0, 1))
def test_words_mirror_probabilities(p: float) -> None:
    assert (
        word_of(1 - p) == mirrored(word_of(p)) or min(abs(p - edge) for edge in (0.05, 0.2, 0.8, 0.95)) < 1e-9
    )


grades = st.lists(st.sampled_from(sorted(RELIABILITY)), max_size=6)


@given(grades, grades)
def test_records_for_and_against_weigh_alike(for_it: list[str], against: list[str]) -> None:
    one, word_one = combined(for_it, against)
    other, word_other = combined(against, for_it)
    assert word_one == word_other
    assert (one is None) == (other is None)
    if one is not None and other is not None:
        assert one == pytest.approx(1 - other)
    assert combined(for_it[::-1], against) == (one, word_one)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.floats(-3, 3), st.floats(0.1, 2)), min_size=2, max_size=5))
def test_probabilities_of_leading_sum_to_one_and_agree_with_simulation(
    moments: list[tuple[float, float]],
) -> None:
    named = {str(i): value for i, value in enumerate(moments)}
    each = [chances.leads(named, name) for name in named]
    assert sum(each) == pytest.approx(1, abs=1e-6)
    generator = np.random.default_rng(1)
    drawn = np.stack([mean + sd * generator.standard_normal(40_000) for mean, sd in moments])
    # 40,000 draws have a standard error of at most .0025; five of them
    assert np.bincount(drawn.argmax(axis=0), minlength=len(moments)) / 40_000 == pytest.approx(
        each, abs=0.0125
    )
    close = (np.ptp(drawn, axis=0) < 0.5).mean()
    assert chances.alike(moments, 0.5) == pytest.approx(close, abs=0.0125)


def test_claimed_intervals_are_as_wide_as_the_last_digit() -> None:
    assert claimed_interval(Amount(550, "companies")) == (545, 555)
    assert claimed_interval(Amount(369, "km")) == (368.5, 369.5)
    assert claimed_interval(Amount(5, "times")) == (4.5, 5.5)
    assert claimed_interval(Amount(30.8e9, "USD")) == (30.75e9, 30.85e9)
    assert claimed_interval(Amount(0, "camels")) == (0, 0)
    assert claimed_interval(Amount(100, "t", "about")) == (50, 150)
    assert claimed_interval(Amount(2, "t", "at least"))[1] == float("inf")


# On what ships


def test_the_real_bench_asks_a_real_store(tmp_path: Path) -> None:
    """Events, votes, visits, speeches and their coverage as the store holds them."""
    tables = {
        "events": [
            {
                "event": str(i),
                "date": date(2022, 7, day),
                "source_actor": "a",
                "source_state": "KAZ",
                "source_by": by,
            }
            | {
                "target_actor": "b",
                "target_state": "RUS",
                "target_by": "state",
                "code": code,
                "text": "Did",
                "intensity": 1.0,
            }
            for i, (day, by, code) in enumerate(
                [(9, "state", "057"), (9, "state", "057"), (9, "society", "057"), (9, "tag", "043")]
            )
        ],
        "roll_calls": [
            {"roll_call": "1", "body": "GA", "date": date(2022, 3, 2), "resolution": "A/RES/ES-11/1"}
        ],
        "votes": [{"roll_call": "1", "state": "KAZ", "vote": "abstain"}],
        "visits": [
            {
                "date": date(2019, 5, 1),
                "precision": "day",
                "visitor": "USA",
                "host": "KAZ",
                "person": "P",
                "rank": "head",
            }
        ],
        "speeches": [
            {
                "state": "KAZ",
                "session": 77,
                "year": 2022,
                "text": "We build many bridges now.",
                "quality": "ok",
            }
        ],
    }
    arrow = {
        name: pa.Table.from_pylist(
            [row | {"file": "f", "row": i} for i, row in enumerate(rows)], schema=TABLES[name].schema
        )
        for name, rows in tables.items()
    }
    path = tmp_path / "store.duckdb"
    now = datetime(2024, 1, 1)
    with Store.open(path, "write", create=True) as store:
        version = SourceVersion("v-1", "visits_us", "Title", "", "", (SourceFile("f", "0" * 64, 1),), now, 1)
        store.add(version, Reading(arrow, ((date(2010, 1, 1), date(2022, 12, 31)),)))
    bench = Bench(path, today=date(2024, 6, 1))
    [event] = bench.events("KAZ", "RUS", ("057",), date(2022, 7, 1), date(2022, 7, 31))
    assert (event["code"], event["title"]) == ("057", "Title")
    assert bench.events("KAZ", "RUS", ("04", "06"), date(2022, 7, 1), date(2022, 7, 31))[0]["code"] == "043"
    assert bench.votes("KAZ", "a/res/es-11/1")[0]["vote"] == "abstain"
    assert bench.speeches("KAZ", date(2022, 1, 1), date(2022, 12, 31))[0]["session"] == 77
    assert bench.speeches("KAZ", date(2023, 1, 1), None) == []
    visit = claim("event", subject="USA", powers=("KAZ",), type="CONSULT", mode="visit")
    assert verdict_on(replace(visit, when=month(2019, 5)), bench).word == "supported"
    assert verdict_on(replace(visit, when=month(2019, 8)), bench).word == "contradicted"
    assert (
        verdict_on(replace(visit, when=month(2023, 8)), bench).word == "not enough evidence"
    )  # outside the coverage
    vote = claim("event", type="REJECT", mode="vote", said="abstain", quantity="ES-11/1", when=month(2022, 3))
    assert verdict_on(vote, bench).word == "supported"
    assert verdict_on(claim("quotation", said="we build many bridges"), bench).word == "supported"


def test_names_decide_nothing_on_the_shipped_data(monkeypatch: pytest.MonkeyPatch) -> None:
    """The whole way from the rows: China and the United States change names in the data and in the claims."""
    from equidistance.assessment import evidence
    from equidistance.indicators.snapshot import Snapshot, shipped

    claims = (
        claim("trend", powers=("CHN",), direction=1, since=date(2012, 1, 1), until=date(2022, 12, 31)),
        claim("gap", powers=("USA",), until=date(2021, 12, 31)),
        claim("balance", powers=("CHN", "USA", "RUS"), leader="CHN", until=date(2020, 12, 31)),
        claim("break", powers=("USA",), when=month(2014, 3)),
    )
    plain = check(claims, store=False, draws=300)
    real = shipped()
    names = {"CHN": "USA", "USA": "CHN"}

    class Swapped(Snapshot):
        def rows(self, states: Any = None, powers: Any = None) -> Any:
            import pyarrow as pa

            table = real.rows(states, [names.get(code, code) for code in powers])
            column = [names.get(code, code) for code in table["power"].to_pylist()]
            place = table.column_names.index("power")
            return table.set_column(place, table.schema.field("power"), pa.array(column, pa.string()))

    monkeypatch.setattr(evidence, "shipped", lambda: Swapped(real.directory, real.manifest))
    swapped = check([turned(made, "CHN", "USA") for made in claims], store=False, draws=300)
    for one, other in zip(plain.verdicts, swapped.verdicts, strict=True):
        assert one.word == other.word
        assert other.probability == pytest.approx(one.probability, abs=1e-9)
        assert sorted(n.value for n in other.numbers) == pytest.approx(sorted(n.value for n in one.numbers))


def test_who_is_estimated_together_decides_nothing_either() -> None:
    made = claim("trend", powers=("CHN",), direction=1, until=date(2020, 12, 31))
    others = [claim("trend", powers=(power,), direction=1) for power in ("WEST", "EU", "TUR")]
    [alone] = check([made], store=False, draws=300).verdicts
    assert check([*others, made], store=False, draws=300).verdicts[-1] == alone


def test_five_times_dearer_is_mixed_and_both_pairs_are_shown() -> None:
    made = claim(
        "ratio",
        quantity="cost of transporting grain by rail",
        amount=Amount(5, "times"),
        when=month(2022, 11),
    )
    [found] = check([made], store=False).verdicts
    assert found.word == "mixed"
    assert sorted(round(number.value, 1) for number in found.numbers) == [1.9, 5.2]
    assert {record.says for record in found.records} == {1, -1}


def test_claims_about_trade_listen_to_goods_where_the_store_has_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = {
        "exporter": "KAZ",
        "importer": "RUS",
        "period": date(2022, 3, 1),
        "frequency": "month",
        "flow": "export",
        "classification": "HS2022",
        "product": "854231",
        "reporter": "KAZ",
        "value": 1.0,
        "currency": "USD",
        "kg": None,
        "vintage": "v",
        "file": "f",
        "row": 1,
    }
    asked: dict[str, list[str]] = {}

    def assess(subject: str, powers: list[str], **options: object) -> None:
        asked[str(options["store"])] = list(options["indicators"])  # type: ignore[call-overload]
        raise InvalidRequest("seen enough")

    monkeypatch.setattr("equidistance.assessment.assess.assess", assess)
    for name, rows in (("with", [row]), ("without", [])):
        path = tmp_path / f"{name}.duckdb"
        table = pa.Table.from_pylist(rows, schema=TABLES["goods"].schema)
        with Store.open(path, "write", create=True) as store:
            files = (SourceFile("f", "0" * 64, 1),)
            version = SourceVersion("g-1", "trade_products", "T", "", "", files, datetime(2024, 1, 1), 1)
            store.add(version, Reading({"goods": table}, ((date(2020, 1, 1), date(2022, 12, 31)),)))
        with pytest.raises(InvalidRequest, match="seen enough"):
            Bench(path).assessment("KAZ", ["RUS"], "trade")
    with_goods, without = asked[str(tmp_path / "with.duckdb")], asked[str(tmp_path / "without.duckdb")]
    assert "sanctions_compliance" in with_goods
    assert [name for name in with_goods if name != "sanctions_compliance"] == without


def test_what_is_missing_ends_in_one_stop() -> None:
    found = counted.dependence(claim("dependence", quantity=None, powers=(), quote="It leans on ideas."), BENCH)
    assert found.missing == ("A share of what is said to depend: It leans on ideas.",)
