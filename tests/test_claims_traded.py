"""Claims about trade in goods of a list, counted on made-up trade by product in a store."""

from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from equidistance.claims import traded
from equidistance.claims.asked import Asked, asked
from equidistance.claims.bench import Bench
from equidistance.claims.check import check, verdict_on
from equidistance.claims.files import load
from equidistance.claims.forms import problems
from equidistance.claims.verdicts import Verdict
from equidistance.claims.words import understood
from equidistance.evidence.schema import TABLES
from equidistance.evidence.store import SourceFile, SourceVersion, Store
from equidistance.ground.time import from_index, parse_spread
from equidistance.reading.records import Amount, Claim, When
from equidistance.sources.card import Reading

LISTED = ("854231", "854232", "851762", "848210")
OTHERS = ("220421", "610910", "940360", "392690")
START, JUMP, MONTHS = date(2020, 1, 1), date(2022, 4, 1), 36
GROWTH = 5.0


def row(product: str, period: date, value: float, exporter: str, importer: str, flow: str) -> dict[str, Any]:
    return {
        "exporter": exporter,
        "importer": importer,
        "period": period,
        "frequency": "month",
        "flow": flow,
        "classification": "HS2022",
        "product": product,
        "reporter": exporter,
        "value": value,
        "currency": "EUR",
        "kg": None,
        "vintage": "v",
        "file": "f",
        "row": 1,
    }


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """DEU sends Kyrgyzstan 1,000 of each good a month, of the listed ones five times that from April 2022 on."""
    path = tmp_path_factory.mktemp("traded") / "store.duckdb"
    rows = []
    for month in range(MONTHS):
        period = from_index(month, START)
        for place, product in enumerate((*LISTED, *OTHERS)):
            value = 1_000.0 * (1 + place / 10) * (1.2 if period.month == 12 else 1.0)
            if period >= JUMP:
                value *= GROWTH if product in LISTED else 1.5
            rows.append(row(product, period, value, "DEU", "KGZ", "export"))
            if product in LISTED:
                rows.append(row(product, period, value / 2, "ARM", "WLD", "re-export"))
    table = pa.Table.from_pylist(rows, schema=TABLES["goods"].schema)
    with Store.open(path, "write", create=True) as store:
        version = SourceVersion(
            "g-1",
            "trade_products",
            "Trade made up",
            "",
            "https://example.org",
            (SourceFile("f", "0" * 64, 1),),
            datetime(2024, 1, 1),
            1,
        )
        store.add(version, Reading({"goods": table}, ((START, date(2022, 12, 31)),)))
    return Bench(path, published=date(2023, 1, 15), today=date(2023, 6, 1))


def claim(form: str, quote: str, **given: Any) -> Claim:
    for name in ("amount",):
        if isinstance(given.get(name), tuple):
            given[name] = Amount(*given[name])
    if isinstance(given.get("when"), str):
        given["when"] = When(*parse_spread(given["when"]))
    defaults = {"subject": "KGZ", "powers": ("DEU",), "quantity": "exports of high priority goods"}
    return Claim(form, quote, rule="hand", **{**defaults, **given})  # type: ignore[arg-type]


TO = "German exports of high priority goods to Kyrgyzstan"


def test_growth_is_that_of_the_same_months(bench: Bench) -> None:
    """April to December 2022 over April to December 2021 is five, December's season cancels."""
    given: dict[str, Any] = {"since": date(2022, 4, 1), "until": date(2022, 12, 31)}
    for value, word in ((5, "supported"), (2, "contradicted"), (12, "contradicted")):
        verdict = verdict_on(
            claim("ratio", f"{TO} rose by a factor.", amount=(value, "times"), **given), bench
        )
        assert verdict.word == word
        assert verdict.numbers[0].value == pytest.approx(GROWTH)
    assert (
        "1 of 1 values agree"
        in verdict_on(claim("ratio", f"{TO} rose fivefold.", amount=(5, "times"), **given), bench).because
    )
    percent = verdict_on(claim("ratio", f"{TO} rose by 400 %.", amount=(400, "percent"), **given), bench)
    assert percent.word == "supported"
    assert percent.numbers[0].value == pytest.approx(400)
    assert "4 of 4 goods" in percent.records[0].text
    assert (percent.records[0].source, percent.records[0].address) == ("Trade made up", "https://example.org")


def test_amounts_and_counts_in_the_currency_of_the_figures(bench: Bench) -> None:
    year = 1_000 * sum(1 + place / 10 for place in range(4)) * 12.2
    for form, amount, when, word in (
        ("amount", (round(year), "EUR", "about"), "2021", "supported"),
        ("amount", (3 * round(year), "EUR", "about"), "2021", "contradicted"),
        ("amount", (round(year), "USD", "about"), "2021", "not enough evidence"),  # no rates in the store
        ("count", (4, "goods"), "2021", "supported"),
        ("count", (9, "goods"), "2021", "contradicted"),
        ("amount", (round(year), "EUR", "about"), "2015", "not enough evidence"),
    ):
        assert verdict_on(claim(form, f"{TO} were large.", amount=amount, when=when), bench).word == word


def test_trends_mirror_and_tell_what_others_did(bench: Bench) -> None:
    up = verdict_on(claim("trend", f"{TO} have risen.", direction=1, since=date(2022, 4, 1)), bench)
    down = verdict_on(claim("trend", f"{TO} have fallen.", direction=-1, since=date(2022, 4, 1)), bench)
    same = verdict_on(claim("trend", f"{TO} are as ever.", direction=0, since=date(2022, 4, 1)), bench)
    assert (up.word, down.word, same.word) == ("supported", "contradicted", "contradicted")
    assert up.probability is not None
    assert down.probability == pytest.approx(1 - up.probability)
    growth, beyond = up.numbers
    assert growth.value == pytest.approx(GROWTH)
    assert beyond.value == pytest.approx(GROWTH / 1.5)
    assert "4 other goods" in beyond.name
    before = verdict_on(
        claim("trend", f"{TO} are as ever.", direction=0, since=date(2021, 6, 1), until=date(2021, 12, 31)),
        bench,
    )
    assert before.probability is not None
    assert before.probability > 0.4  # no growth, and an error of a tenth on each sum


def test_a_break_is_where_the_level_changed(bench: Bench) -> None:
    at = verdict_on(claim("break", f"{TO} jumped.", when="2022-04"), bench)
    assert at.word == "supported"
    assert "April 2022" in at.because
    assert verdict_on(claim("break", f"{TO} jumped.", when="2021-06"), bench).word == "contradicted"
    assert (
        verdict_on(claim("break", f"{TO} broke down.", when="2022-04", direction=-1), bench).word
        == "contradicted"
    )
    early = verdict_on(claim("break", f"{TO} jumped.", when="2019-06"), bench)
    assert early.word == "not enough evidence"


def test_reexports_to_all_need_no_power(bench: Bench) -> None:
    told = claim(
        "trend",
        "Re-exports of high priority goods through Armenia rose.",
        subject="ARM",
        powers=(),
        quantity="re-exports of high priority goods",
        direction=1,
        since=date(2022, 4, 1),
    )
    assert not problems(told)
    assert verdict_on(told, bench).word == "supported"
    assert (
        understood(told)
        == "Re-exports of goods of the list chpl from Armenia to all partners grew since April 2022."
    )


def test_the_list_is_taken_as_it_stood(bench: Bench) -> None:
    """Semiconductors came into the EU's annexes in October 2022 only, 8517 and 8482 in part or never."""
    wanted = Asked("eu-annexes", "DEU", "KGZ", "export", 1)
    before, after = (bench.traded(wanted, day) for day in (date(2022, 9, 30), date(2022, 12, 31)))
    assert before is not None
    assert after is not None
    names = [
        [code for code, one in zip(x.flow.products, x.listed, strict=True) if one] for x in (before, after)
    ]
    assert {"854231", "854232"} <= set(names[1]) - set(names[0])


def test_what_is_not_in_the_store_is_named(bench: Bench, tmp_path: Path) -> None:
    outward = claim(
        "trend", "Kyrgyzstan's exports rose.", powers=("RUS",), direction=1, since=date(2022, 4, 1)
    )
    verdict = verdict_on(outward, bench)
    assert verdict.word == "not enough evidence"
    assert "no trade by product" in verdict.missing[0]
    later = claim("trend", f"{TO} rose.", direction=1, since=date(2025, 1, 1))
    assert "reach from January 2020 to December 2022" in verdict_on(later, bench).missing[0]
    nothing = Bench(False, published=date(2023, 1, 15), today=date(2023, 6, 1))
    assert verdict_on(outward, nothing).word == "not enough evidence"


@pytest.mark.parametrize(
    ("quantity", "quote", "powers", "found"),
    [
        ("exports of high priority goods", TO, ("DEU",), Asked("chpl", "DEU", "KGZ", "export", 0)),
        ("imports of battlefield goods", "They rose.", ("DEU",), Asked("chpl", "DEU", "KGZ", "export", 1)),
        (
            "exports of sanctioned goods",
            "They fell.",
            ("RUS",),
            Asked("eu-annexes", "KGZ", "RUS", "export", -1),
        ),
        ("re-exports of CHPL goods", "Sixfold.", (), Asked("chpl", "KGZ", None, "re-export", 1)),
        ("exports of wheat", TO, ("DEU",), None),
        ("sanctioned goods", "They rose.", ("DEU",), None),
        ("imports of sanctioned goods", "They rose.", (), None),
        ("exports of sanctioned goods", "They rose.", ("DEU", "FRA"), None),
    ],
)
def test_what_is_asked(quantity: str, quote: str, powers: tuple[str, ...], found: Asked | None) -> None:
    assert asked(claim("ratio", quote, quantity=quantity, powers=powers, amount=(2, "times"))) == found


def test_a_trend_of_another_quantity_is_refused_in_a_file(tmp_path: Path) -> None:
    told = claim("trend", "Wheat exports rose.", quantity="exports of wheat", direction=1)
    assert [problem.field for problem in problems(told)] == ["quantity"]
    path = tmp_path / "claims.yaml"
    path.write_text(
        "format: 1\nclaims:\n  - form: trend\n    quote: German exports of sanctioned goods to Kyrgyzstan rose.\n"
        "    subject: KGZ\n    powers: [DEU]\n    quantity: exports of sanctioned goods\n    direction: closer\n"
        "    since: 2022-04\n"
    )
    assert load(path).claims[0].quantity == "exports of sanctioned goods"


def test_a_file_is_checked_on_a_store(bench: Bench, tmp_path: Path) -> None:
    path = tmp_path / "claims.yaml"
    path.write_text(
        "format: 1\npublished: 2023-01-15\nclaims:\n  - form: ratio\n"
        f"    quote: {TO} rose fivefold.\n    subject: KGZ\n    powers: [DEU]\n"
        "    quantity: exports of high priority goods\n    amount: {value: 5, unit: times}\n"
        "    since: 2022-04\n    until: 2022-12\n"
    )
    checked = check(path, store=bench.store_path, draws=100)
    verdict: Verdict = checked.verdicts[0]
    assert verdict.word == "supported"
    assert traded.ACCOUNT in verdict.records[0].text
