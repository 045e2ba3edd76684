"""Claim files: read strictly, with lines; written so that they read back the same; described by their schema."""

from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path

import jsonschema
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from equidistance.claims import files
from equidistance.claims.forms import FORMS, PLOVER_TYPES, allowed, problems, schema
from equidistance.claims.template import template
from equidistance.claims.words import understood
from equidistance.errors import BadFile, EquidistanceError
from equidistance.ground.time import parse_spread, spread_text
from equidistance.reading.records import Amount, Claim, When

HEAD = "format: 1\nclaims:\n"
VALID = jsonschema.Draft202012Validator(schema())


def read(text: str) -> files.ClaimFile:
    return files.parse(text.encode(), "claims.yaml")


@pytest.mark.parametrize("form", ["all", *FORMS])
def test_the_template_can_be_run_and_reads_back_the_same(form: str) -> None:
    file = read(template(form))
    assert {claim.form for claim in file.claims} == (set(FORMS) if form == "all" else {form})
    assert read(files.dump(file.claims)).claims == file.claims
    VALID.validate(yaml.safe_load(template(form)))
    assert all(understood(claim).endswith(".") for claim in file.claims)


def test_names_short_dates_and_words_for_directions_are_read() -> None:
    file = read(
        "format: 1\ntitle: T\npublished: 2022-11-24\nsource: x\nsha256: " + "a" * 64 + "\nclaims:\n"
        "  - {form: trend, quote: q, subject: Казахстан, powers: Russia, direction: away, since: 2022, "
        "until: 2022-07}\n"
        "  - form: event\n    quote: q\n    subject: KAZ\n    type: AGREE\n    when: 2022-summer\n    negated: true\n"
    )
    assert (file.title, file.published, file.source, file.sha256) == ("T", date(2022, 11, 24), "x", "a" * 64)
    trend, event = file.claims
    assert (trend.subject, trend.powers, trend.direction) == ("KAZ", ("RUS",), -1)
    assert (trend.since, trend.until) == (date(2022, 1, 1), date(2022, 7, 31))
    assert event.when == When(date(2022, 6, 1), date(2022, 8, 31), "season")
    assert event.negated
    assert file.lines == (7, 8)


ITEM = HEAD + "  - form: trend\n    quote: q\n    subject: KAZ\n    powers: [RUS]\n    direction: away\n"
BAD = [
    ("", "is empty"),
    ("   \n\t\n", "is empty"),
    ("# nothing\n", "nothing but comments"),
    ("claims: []\n", "line 1: The file must say 'format: 1'"),
    ("format: 2\nclaims: [1]\n", "format: 1"),
    ("format: 1\n", "no claim under 'claims'"),
    (HEAD + "  []\n", "no claim"),
    ("format: 1\nclaim: []\n", "line 2: The file has no field 'claim'"),
    ("- a\n", "must be a mapping"),
    (ITEM.replace("[RUS]", "&a [RUS]"), "line 6: Anchors"),
    (ITEM + "  - *a\n", "Anchors"),
    (ITEM.replace("KAZ", "!!python/object/apply:os.system ['true']"), "line 5: Tags"),
    (ITEM.replace("KAZ", "!x KAZ"), "line 5: Tags"),
    (ITEM + "---\nformat: 1\n", "second document"),
    (ITEM + "    quote: again\n", "line 8: The field 'quote' stands twice"),
    (ITEM + "    colour: red\n", "line 8: A trend claim has no field 'colour'"),
    (ITEM + "    mode: visit\n", "A trend claim has no field 'mode'"),
    (ITEM.replace("KAZ", "Atlantis"), "line 5: There is no state called 'Atlantis'"),
    (ITEM.replace("KAZ", "Korea"), "line 5: 'Korea' stands for several"),
    (ITEM.replace("RUS", "KAZ"), "line 6: KAZ is the subject"),
    (ITEM.replace("[RUS]", "[RUS, Russia]"), "line 6: A power is named twice"),
    (ITEM.replace("away", "sideways"), "line 7: There is no direction 'sideways'"),
    (ITEM.replace("away", "2"), "no direction 2"),
    (ITEM.replace("    direction: away\n", ""), "line 3: A trend claim needs direction"),
    (ITEM.replace("trend", "rumour"), "line 3: A claim needs a form; given is 'rumour'"),
    (ITEM.replace("    quote: q\n", ""), "needs a quote"),
    (ITEM + "    since: 2022-13\n", "line 8: '2022-13' is not a date"),
    (ITEM + "    since: 2022-02-30\n", "is not a date"),
    (ITEM + "    since: [2022]\n", "is not a date"),
    (ITEM + "    since: 1812\n", "line 8: The year 1812"),
    (ITEM + f"    since: {date.today() + timedelta(days=400)}\n", "lies in the future"),
    (ITEM + "    since: 2022\n    until: 2021\n", "line 9: The window ends"),
    (ITEM + "    channel: thought\n", "line 8: There is no channel 'thought'"),
    (ITEM + "    confidence: 2\n", "line 8: The confidence 2"),
    (ITEM + "    confidence: .nan\n", "is not a number"),
    (ITEM + "    negated: maybe\n", "true or false"),
    (ITEM + "    start: -1\n", "whole number"),
    (HEAD + "  - {form: count, quote: q, quantity: c, amount: 5}\n", "An amount must be a mapping"),
    (
        HEAD + "  - {form: count, quote: q, quantity: c, amount: {value: many, unit: c}}\n",
        "'many' is not a number",
    ),
    (HEAD + "  - {form: count, quote: q, quantity: c, amount: {value: -1, unit: c}}\n", "negative"),
    (HEAD + "  - {form: count, quote: q, quantity: c, amount: {value: 1}}\n", "needs value and unit"),
    (
        HEAD + "  - {form: count, quote: q, quantity: [c], amount: {value: 1, unit: c}}\n",
        "A text is expected",
    ),
    (HEAD + "  - {form: event, quote: q, subject: KAZ, type: KISS}\n", "There is no type 'KISS'"),
    (HEAD + "  - form: [", "This is not YAML"),
    (HEAD + "  - form: 'trend", "This is not YAML"),
    ("a: \x00", "This is not YAML"),
    ("? [a]\n: b\n", "A field name must be a word"),
    ("{" * 100_000, "nested deeper"),
    (ITEM.replace("quote: q", "quote: " + "q" * 6000), "line 4: A text of 6,000 characters"),
]


@pytest.mark.parametrize(("text", "message"), BAD, ids=[message[:40] for _, message in BAD])
def test_a_bad_file_gets_one_clear_message_with_its_line(text: str, message: str) -> None:
    with pytest.raises(BadFile) as caught:
        read(text)
    assert message in caught.value.render()
    assert "claims.yaml" in caught.value.message
    assert "\n" not in caught.value.message


def test_big_missing_and_foreign_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="larger than"):
        files.parse(b"#" * (files.MOST_BYTES + 1), "big.yaml")
    with pytest.raises(BadFile, match="line 2: The text is not UTF-8"):
        files.parse(b"format: 1\ntitle: \xff", "x.yaml")
    with pytest.raises(BadFile, match="No such file"):
        files.load(tmp_path / "none.yaml")
    with pytest.raises(BadFile, match="Is a directory"):
        files.load(tmp_path)
    with pytest.raises(BadFile, match="at most 2000"):
        read(HEAD + "  - {form: opinion, quote: q}\n" * 2001)


@settings(max_examples=150, deadline=None)
@given(
    st.binary(max_size=200) | st.text(alphabet="-:{}[]&*!#'\"\n abf1|>%@`,?\t", max_size=80).map(str.encode)
)
def test_no_file_crashes_the_reader(content: bytes) -> None:
    with suppress(BadFile):
        files.parse(HEAD.encode() + content, "x.yaml")


# Round trip

TEXT = (
    st.text(min_size=1, max_size=60).map(lambda t: "".join(c for c in t if c.isprintable())).filter(str.strip)
)
DAYS = st.dates(date(1992, 1, 1), date(2024, 1, 1))
CODES = st.sampled_from(["RUS", "CHN", "USA", "EU", "WEST", "UZB", "NOR"])
WHENS = st.one_of(
    st.sampled_from(["2014", "2014-03", "2014-03-18", "2014-Q1", "2014-winter", "2010s"]).map(
        lambda text: When(*parse_spread(text))
    ),
    DAYS.map(lambda day: When(day, day + timedelta(days=9), "month", True)),
)


@st.composite
def claims(draw: st.DrawFn) -> Claim:
    spec = FORMS[draw(st.sampled_from(sorted(FORMS)))]
    values = {
        "subject": st.just("KAZ"),
        "powers": st.lists(CODES, min_size=1, max_size=3, unique=True).map(tuple),
        "direction": st.sampled_from([-1, 0, 1]),
        "channel": st.sampled_from(["word", "deed"]),
        "instrument": st.just("trade"),
        "since": st.dates(date(1992, 1, 1), date(2010, 1, 1)),
        "until": st.dates(date(2010, 1, 2), date(2024, 1, 1)),
        "when": WHENS,
        "type": st.sampled_from(PLOVER_TYPES),
        "mode": st.just("visit"),
        "quantity": TEXT,
        "amount": st.builds(
            Amount,
            st.floats(0, 1e15) | st.integers(0, 10**12).map(float),
            TEXT,
            st.sampled_from(["exactly", "about", "at least", "at most"]),
        ),
        "leader": st.sampled_from(["equal", "RUS"]),
        "speaker": TEXT,
        "said": TEXT,
        "negated": st.booleans(),
        "attribution": st.lists(TEXT, min_size=1, max_size=3).map(tuple),
        "confidence": st.floats(0, 1),
        "start": st.integers(0, 10**6),
        "end": st.integers(0, 10**6),
        "rule": TEXT,
    }
    wanted = [
        name for name in values if name in allowed(spec.name) and (name in spec.needs or draw(st.booleans()))
    ]
    if spec.name in ("trend", "break") and "quantity" in wanted:
        wanted.remove("quantity")  # only trade in goods of a list, not any words
    return Claim(spec.name, draw(TEXT), **{name: draw(values[name]) for name in wanted})


@settings(max_examples=60, deadline=None)
@given(st.lists(claims(), min_size=1, max_size=4))
def test_claims_read_back_as_they_were_written(made: list[Claim]) -> None:
    assert not [problem for claim in made for problem in problems(claim, date.today())]
    text = files.dump(made, title="T: 'x' # y", source="- a", published=date(2022, 1, 1))
    back = read(text)
    assert back.claims == tuple(made)
    assert (back.title, back.source, back.published) == ("T: 'x' # y", "- a", date(2022, 1, 1))
    VALID.validate(yaml.safe_load(text))


def test_an_incomplete_claim_is_kept_in_comments(tmp_path: Path) -> None:
    whole = Claim("opinion", "It was pompous.")
    half = Claim("trend", "It drifts:\n- form: opinion", subject="KAZ", direction=-1)
    path = tmp_path / "claims.yaml"
    files.write(path, [half, whole])
    assert files.load(path).claims == (whole,)
    assert "# Not complete: A trend claim needs powers" in path.read_text()
    assert all(
        line.startswith("#") for line in path.read_text().partition("# Not complete")[2].splitlines()[1:]
    )


@given(DAYS, st.sampled_from(["day", "month", "season", "quarter", "year", "decade"]))
def test_a_short_date_reads_back_or_there_is_none(day: date, precision: str) -> None:
    short = spread_text(day, day + timedelta(days=20), precision)  # type: ignore[arg-type]
    assert short is None or parse_spread(short) == (day, day + timedelta(days=20), precision)


@pytest.mark.parametrize("text", ["2022-07-01..2022-07-10", "2022..2023-02", "2022-summer..2022-autumn"])
def test_two_dates_make_a_span(text: str) -> None:
    first, last, precision = parse_spread(text)
    assert first < last
    assert precision in ("month", "decade", "year")


@pytest.mark.parametrize(
    "text", ["", "22", "2022-00", "2022-Q5", "2022-monsoon", "2023..2022", "2022..", "9999-winter"]
)
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(EquidistanceError, match="is not a date"):
        parse_spread(text)
