"""Claims in their typed forms; dates and magnitudes; loaded wording; scores on sentences judged by a person."""

from datetime import date
from pathlib import Path

import pytest

from equidistance.reading.amounts import find_amounts
from equidistance.reading.dates import find_dates
from equidistance.reading.records import Claim
from reading_scores import read_text, score_sentences, sentences


def claims(text: str, form: str | None = None) -> list[Claim]:
    return [one for one in read_text(text).claims if form is None or one.form == form]


@pytest.mark.parametrize(
    ("text", "form", "subject", "powers", "direction"),
    [
        ("Hungary's ties with Serbia are weakening.", "trend", "HUN", ("SRB",), None),
        ("Hungary is drifting away from Serbia.", "trend", "HUN", ("SRB",), -1),
        ("Relations between Hungary and Serbia remain cordial.", "level", "HUN", ("SRB",), None),
        ("Hungary is turning into a second Serbia.", "analogue", "HUN", ("SRB",), None),
        ("In words Hungary is neutral, but in reality it obeys.", "gap", "HUN", (), None),
        ("Hungary keeps a balance between Serbia and Croatia.", "balance", "HUN", ("SRB", "HRV"), 0),
        ("Hungary depends on Serbia for its gas.", "dependence", "HUN", ("SRB",), None),
        ("Hungary will join NATO.", "forecast", "HUN", ("NATO",), None),
        ("Because of pressure from Serbia, Hungary gave way.", "cause", "HUN", ("SRB",), None),
        ("Everything changed after Hungary turned to Serbia.", "break", "HUN", ("SRB",), None),
        (
            "Freight through Hungary is 3 times more expensive than through Serbia.",
            "ratio",
            "HUN",
            ("SRB",),
            None,
        ),
        ("About 40 Serbian companies work in Hungary.", "count", "HUN", ("SRB",), None),
        ("Hungary owes Serbia 2 billion euros.", "amount", "HUN", ("SRB",), None),
        ("Hungary must choose a side.", "opinion", "HUN", (), None),
        ("Hungary has tilted visibly toward Serbia.", "trend", "HUN", ("SRB",), 1),
        ("Hungary is extremely vulnerable to Serbia.", "dependence", "HUN", ("SRB",), None),
        ("Hungary quarrels neither with Serbia nor with Croatia.", "balance", "HUN", ("SRB", "HRV"), 0),
        ("Hungary's influence is often overrated.", "opinion", "HUN", (), None),
        ("Hungary's debt to Serbia is a secret.", "dependence", "HUN", ("SRB",), None),
        ("Отношения между Сербией и Венгрией остаются дружественными.", "level", None, None, None),
        ("Венгрия зависит от Сербии.", "dependence", "HUN", ("SRB",), None),
    ],
)
def test_forms(
    text: str, form: str, subject: str | None, powers: tuple[str, ...] | None, direction: int | None
) -> None:
    found = claims(text, form)
    assert len(found) == 1, [(one.form, one.rule) for one in claims(text)]
    if subject is not None:
        assert (found[0].subject, found[0].powers) == (subject, powers)
    if direction is not None:
        assert found[0].direction == direction
    assert found[0].rule.startswith(("claim:", "act:"))
    assert 0 < found[0].confidence <= 1


def test_a_denial_is_marked_and_a_question_claims_nothing() -> None:
    plain, denied = (
        claims("Hungary will join NATO.", "forecast")[0],
        claims("Hungary does not depend on Serbia.", "dependence")[0],
    )
    assert not plain.negated
    assert denied.negated
    assert not claims("Does Hungary depend on Serbia?")


def test_swapping_two_names_swaps_the_claim_and_nothing_else() -> None:
    first = claims("Hungary depends on Serbia for its gas.", "dependence")[0]
    second = claims("Serbia depends on Hungary for its gas.", "dependence")[0]
    assert (first.subject, first.powers) == (second.powers[0], (second.subject,))
    assert (first.direction, first.negated, first.instrument, first.confidence, first.rule) == (
        second.direction, second.negated, second.instrument, second.confidence, second.rule,
    )  # fmt: skip


def test_a_dated_act_is_a_claim_that_it_happened() -> None:
    claim = claims("In March 2023 Hungary banned imports of Serbian wheat.", "event")[0]
    assert claim.when is not None
    assert (claim.subject, claim.powers, claim.type, claim.when.first) == (
        "HUN",
        ("SRB",),
        "SANCTION",
        date(2023, 3, 1),
    )
    assert not claims("Hungary banned imports of Serbian wheat.", "event")


@pytest.mark.parametrize(
    ("text", "form", "subject", "powers", "direction", "since", "until"),
    [
        (
            "EU exports of high priority goods to Kyrgyzstan rose sixfold between March and November 2022.",
            *("ratio", "KGZ", ("EU",), None, date(2022, 3, 1), date(2022, 11, 30)),
        ),
        (
            "EU exports of high priority goods to Kyrgyzstan rose sixfold from December 2021 to December 2022.",
            *("ratio", "KGZ", ("EU",), None, date(2021, 12, 1), date(2022, 12, 31)),
        ),
        (
            "Kazakhstan's exports of high-priority items to Russia rose after March 2022.",
            *("trend", "KAZ", ("RUS",), 1, date(2022, 4, 1), None),
        ),
        (
            "EU exports of sanctioned goods to Georgia have fallen since March 2022.",
            *("trend", "GEO", ("EU",), -1, date(2022, 3, 1), None),
        ),
        (
            "In 2022 Armenia exported battlefield goods worth 101 million dollars.",
            *("amount", "ARM", (), None, None, None),
        ),
        (
            "Kyrgyzstan's imports of sanctioned goods from the EU grew in 2022.",
            *("trend", "KGZ", ("EU",), 1, None, None),
        ),
    ],
)
def test_trade_in_goods_under_sanctions_is_one_claim_with_its_quantity(
    text: str,
    form: str,
    subject: str,
    powers: tuple[str, ...],
    direction: int | None,
    since: date | None,
    until: date | None,
) -> None:
    (claim,) = claims(text)
    assert (claim.form, claim.subject, claim.powers, claim.direction) == (form, subject, powers, direction)
    assert (claim.since, claim.until) == (since, until)
    assert claim.quantity
    assert claim.rule == "claim:listed-goods"
    assert (claim.when is None) == (since is not None)


def test_a_denied_rise_is_denied_and_a_possible_one_is_no_claim_about_trade() -> None:
    (denied,) = claims("Armenia's exports of sanctioned goods have not risen since March 2022.")
    assert denied.negated
    for text in (
        "Armenia's exports of sanctioned goods could rise in 2023.",
        "Did Armenia's exports of sanctioned goods rise in 2022?",
        "Armenia and Georgia discussed sanctioned goods in 2022.",
    ):
        assert not [one for one in claims(text) if one.rule == "claim:listed-goods"]


def test_loaded_wording_has_its_span_and_kind() -> None:
    reading = read_text("The puppet regime took the lion's share.")
    assert [(one.quote, one.kind) for one in reading.loaded] == [
        ("puppet", "label"), ("regime", "label"), ("lion's share", "metaphor"),
    ]  # fmt: skip
    for one in reading.loaded:
        assert reading.document.text[one.start : one.end] == one.quote


PUBLISHED = date(2022, 11, 24)


@pytest.mark.parametrize(
    ("text", "first", "last", "precision", "relative"),
    [
        ("on 3 January 2024", date(2024, 1, 3), date(2024, 1, 3), "day", False),
        ("on January 3, 2024", date(2024, 1, 3), date(2024, 1, 3), "day", False),
        ("on 2024-01-03", date(2024, 1, 3), date(2024, 1, 3), "day", False),
        ("in March 2024", date(2024, 3, 1), date(2024, 3, 31), "month", False),
        ("in March last year", date(2021, 3, 1), date(2021, 3, 31), "month", True),
        ("in early July", date(2022, 7, 1), date(2022, 7, 10), "month", True),
        ("at the end of November 2021", date(2021, 11, 21), date(2021, 11, 30), "month", False),
        ("last summer", date(2022, 6, 1), date(2022, 8, 31), "season", True),
        ("at the beginning of autumn", date(2022, 9, 1), date(2022, 9, 30), "month", True),
        ("in the winter of 2020", date(2020, 12, 1), date(2021, 2, 28), "season", False),
        ("in the second quarter of 2021", date(2021, 4, 1), date(2021, 6, 30), "quarter", False),
        ("in the 1990s", date(1990, 1, 1), date(1999, 12, 31), "decade", False),
        ("three years ago", date(2019, 1, 1), date(2019, 12, 31), "year", True),
        ("last year", date(2021, 1, 1), date(2021, 12, 31), "year", True),
        ("yesterday", date(2022, 11, 23), date(2022, 11, 23), "day", True),
        ("in December", date(2021, 12, 1), date(2021, 12, 31), "month", True),
        ("в марте 2024 года", date(2024, 3, 1), date(2024, 3, 31), "month", False),
        ("24 ноября 2021 года", date(2021, 11, 24), date(2021, 11, 24), "day", False),
        ("прошлым летом", date(2022, 6, 1), date(2022, 8, 31), "season", True),
        ("в прошлом году", date(2021, 1, 1), date(2021, 12, 31), "year", True),
    ],
)
def test_dates(text: str, first: date, last: date, precision: str, relative: bool) -> None:
    found = find_dates(f"It happened {text}, they say.", PUBLISHED)
    assert [(one.when.first, one.when.last, one.when.precision, one.when.relative) for one in found] == [
        (first, last, precision, relative)
    ]


def test_relative_dates_need_a_day_of_publication_and_impossible_ones_are_none() -> None:
    assert find_dates("It happened last summer and in March.", None) == []
    assert (
        find_dates("on 31 February 2024", PUBLISHED) == []
        or find_dates("on 31 February 2024", PUBLISHED)[0].when.precision != "day"
    )
    assert find_dates("since 2014", PUBLISHED)[0].since


@pytest.mark.parametrize(
    ("text", "value", "unit", "comparison"),
    [
        ("$ 30.8 billion", 30.8e9, "USD", "exactly"),
        ("about 2 million euros", 2e6, "EUR", "about"),
        ("3,000 km", 3000.0, "km", "exactly"),
        ("over 550 British companies", 550.0, "companies", "at least"),
        ("up to 40 percent", 40.0, "percent", "at most"),
        ("half of", 50.0, "percent", "about"),
        ("5 times", 5.0, "times", "exactly"),
        ("2 млрд долларов", 2e9, "USD", "exactly"),
        ("более 500 британских компаний", 500.0, "компаний", "at least"),
        ("1.5 million tonnes", 1.5e6, "t", "exactly"),
    ],
)
def test_magnitudes(text: str, value: float, unit: str, comparison: str) -> None:
    found = find_amounts(f"It was {text} in all.")
    assert [(one.amount.unit, one.amount.comparison) for one in found] == [(unit, comparison)]
    assert found[0].amount.value == pytest.approx(value)


def test_a_year_is_no_count_and_a_european_is_no_euro() -> None:
    found = find_amounts("In 2024 companies left eight European countries with nothing.")
    assert [(one.kind, one.amount.value, one.amount.unit) for one in found] == [("count", 8.0, "countries")]


# --- scores -------------------------------------------------------------------------------------------------


def test_the_set_is_large_enough_and_its_halves_are_of_a_size() -> None:
    halves = [sentences("development"), sentences("held-out")]
    assert sum(map(len, halves)) >= 150
    assert abs(len(halves[0]) - len(halves[1])) <= 1
    assert not {row["sentence"] for row in halves[0]} & {row["sentence"] for row in halves[1]}


@pytest.mark.parametrize("part", ["development", "development2", "development3", "development4", "held-out"])
def test_recall_and_precision_on_judged_sentences(part: str) -> None:
    """The floors stand a little below what was measured (docs/reading.md); they fail when a rule breaks."""
    acts, claims_ = score_sentences(part)
    floors = {
        "development": (0.9, 0.9, 0.9, 0.9),
        "development2": (0.85, 0.85, 0.75, 0.8),
        "development3": (0.85, 0.85, 0.65, 0.8),
        "development4": (0.75, 0.9, 0.55, 0.75),
        "held-out": (0.65, 0.75, 0.7, 0.7),
    }[part]
    measured = (acts.recall, acts.precision, claims_.recall, claims_.precision)
    assert all(value >= floor for value, floor in zip(measured, floors, strict=True)), (
        str(acts),
        str(claims_),
    )


def test_tables_can_be_read_and_extended() -> None:
    """Every row of the tables is whole: no column missing, no pattern that matches nothing."""
    from equidistance.reading.claim_rules import rules
    from equidistance.reading.clause_parts import triggers
    from equidistance.reading.tables import READING_DATA, rows

    for path in Path(READING_DATA).glob("*.csv"):
        for row in rows(path.name):
            assert None not in row, (path.name, row)
            assert None not in row.values(), (path.name, row)
    for language in ("en", "ru"):
        assert all(one.pattern.search("") is None for one in (*triggers(language), *rules(language)))
