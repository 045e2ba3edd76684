"""General Debate speeches at the UN: what each state said, once a year, in full text.

Read from a table (iso3, session, year, text, quality) or from the corpus as its authors publish it, a
directory of text files named ``KAZ_77_2022.txt`` in folders per session.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyarrow as pa

from equidistance.errors import BadFile
from equidistance.evidence.schema import TABLES
from equidistance.ground.states import find, from_cow
from equidistance.sources.card import Card, Download, Reading, Rejected, Source
from equidistance.sources.delimited import TEXT_LIMIT, columns_of, first_seen, read_rows, sniff
from equidistance.sources.lookup import covered_years

CARD = Card(
    name="un_speeches",
    title="United Nations General Debate Corpus",
    publisher="Slava Jankin, Alexander Baturo, Niheer Dasandi (Harvard Dataverse)",
    licence="the publisher's own terms, see the address; a copy in circulation states MIT",
    citation="Jankin, S., Baturo, A., Dasandi, N. (2017). United Nations General Debate Corpus. "
    "Harvard Dataverse. doi:10.7910/DVN/0TJX8Y",
    address="https://doi.org/10.7910/DVN/0TJX8Y",
    files={
        "ungdc_*": "Parquet or CSV: iso3 (or country), session, year, text and, where given, quality",
        "*_*_*.txt": "the corpus's text files, KAZ_77_2022.txt; name the directory of the session folders",
    },
    tables=("speeches",),
    coverage=(date(1946, 1, 1), None),
    states="all that spoke in the General Debate; Kazakhstan since 1992",
    cadence="yearly",
    caveats=(
        "English as spoken or as interpreted: translations differ in style from year to year.",
        "Speeches of the European Union are left out: it is no state.",
        "Session 80 (2025) is not part of the official corpus: 156 states, neither the USA nor Türkiye, some "
        "texts unreadable; `quality` says which, and indicators use only those that are ok.",
    ),
    rows=(1, 100_000),
    downloads=(
        # Dataverse bundles the newest version of the dataset; its file numbers change with every version.
        Download(
            "https://dataverse.harvard.edu/api/access/dataset/:persistentId/?persistentId=doi:10.7910/DVN/0TJX8Y",
            "dataverse_0TJX8Y.zip",
        ),
    ),
)

QUALITIES = ("ok", "too_short", "glyph_garbage", "not_english_or_broken", "cyrillic")
"""Whether a text can be read as English; only ``ok`` ones are analysed."""

MAX_CHARACTERS = 500_000
"""A longer text is no speech (the longest is 127,150 characters)."""

_MIN_CHARACTERS = 1_000
_FILE_NAME = re.compile(r"([A-Za-z]{2,3})_(\d{1,3})_(\d{4})\.txt")
_EUROPEAN_UNION = {"EU", "EUE", "EEC"}
_FORMER_CODES = {"CZK": "CSK"}  # the corpus's own code of 1946-47
_PREDECESSORS = {"CZE": "CSK"}  # the corpus files Czechoslovakia under the Czech Republic
_MEMBERS_BEFORE_INDEPENDENCE = {"BLR", "UKR", "IND"}  # founding members of the UN that were not sovereign


@dataclass(frozen=True)
class _Speech:
    code: str
    session: str
    year: str
    text: str
    quality: str | None
    file: str
    line: int


def read(paths: Sequence[Path]) -> Reading:
    """Read speeches from tables, text files, or directories of text files.

    Raises:
        BadFile: a table without the columns, a directory without speeches, or a file that is neither.
    """
    rejected: list[Rejected] = []
    ignored: Counter[str] = Counter()
    rows: list[tuple[object, ...]] = []
    for path in paths:
        for speech in _speeches(path, rejected, ignored):
            if speech.code.upper() in _EUROPEAN_UNION:
                ignored["speeches of the European Union"] += 1
                continue
            try:
                rows.append(_row(speech))
            except ValueError as error:
                start = " ".join(speech.text[:200].split())
                shown = f"{speech.code},{speech.session},{speech.year},{start}"[:TEXT_LIMIT]
                rejected.append(Rejected(speech.file, speech.line, str(error), shown))
    schema = TABLES["speeches"].schema
    columns = list(zip(*rows, strict=True)) or [()] * len(schema)
    table = pa.table(
        [pa.array(values, field.type) for values, field in zip(columns, schema, strict=True)], schema=schema
    )
    table, contradictions, repeated = first_seen(table, ["state", "year"])
    if repeated:
        ignored["exact repetitions"] = repeated
    unusable = Counter(quality for quality in table["quality"].to_pylist() if quality != "ok")
    notes = [
        f"{count} speeches are marked {quality} and not analysed." for quality, count in unusable.items()
    ]
    return Reading(
        tables={"speeches": table},
        coverage=covered_years(table["year"]),  # a state silent in them did not speak, or its text is missing
        rejected=(*rejected, *contradictions),
        ignored=dict(ignored),
        notes=tuple(notes),
    )


def _speeches(path: Path, rejected: list[Rejected], ignored: Counter[str]) -> Iterator[_Speech]:
    if path.is_dir():
        files = sorted(path.rglob("*.txt"))
        if not any(_FILE_NAME.fullmatch(file.name) for file in files):
            raise BadFile(
                f"{path} holds no speeches.",
                hint="Name the directory of the unpacked corpus; its files are called like KAZ_77_2022.txt.",
            )
        for file in files:
            yield from _text_file(file, rejected, ignored)
    elif _FILE_NAME.fullmatch(path.name):
        sniff(path)
        yield from _text_file(path, rejected, ignored)
    else:
        yield from _table(path, rejected)


def _text_file(path: Path, rejected: list[Rejected], ignored: Counter[str]) -> Iterator[_Speech]:
    if path.name.startswith("._"):
        ignored["leftovers of macOS archives (._*)"] += 1
        return
    name = _FILE_NAME.fullmatch(path.name)
    if name is None:
        rejected.append(Rejected(path.name, 1, "the file is not called like KAZ_77_2022.txt", path.name))
        return
    if path.stat().st_size > 4 * MAX_CHARACTERS:
        rejected.append(Rejected(path.name, 1, f"longer than {MAX_CHARACTERS} characters", path.name))
        return
    data = path.read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        rejected.append(
            Rejected(path.name, 1, f"not UTF-8 at byte {error.start}: convert it first", path.name)
        )
        return
    yield _Speech(name[1], name[2], name[3], text, None, path.name, 1)


def _table(path: Path, rejected: list[Rejected]) -> Iterator[_Speech]:
    columns = columns_of(path)
    code = "country" if "iso3" not in columns and "country" in columns else "iso3"
    table, wrong = read_rows(path, [code, "session", "year", "text"])
    rejected += wrong
    with_quality = "quality" in columns
    wanted = table.select([code, "session", "year", "text", "line", *(["quality"] if with_quality else [])])
    for batch in wanted.to_batches(max_chunksize=500):
        for row in batch.to_pylist():
            yield _Speech(
                row[code],
                row["session"],
                row["year"],
                row["text"],
                row.get("quality"),
                path.name,
                row["line"],
            )


def _row(speech: _Speech) -> tuple[object, ...]:
    """The evidence row of a speech.

    Raises:
        ValueError: saying what is wrong with it.
    """
    try:
        session, year = int(speech.session), int(speech.year)
    except ValueError:
        raise ValueError(f"session {speech.session!r} or year {speech.year!r} is no number") from None
    if not (1 <= session <= 200 and year == 1945 + session):
        raise ValueError(f"session {session} did not begin in {year}")
    if len(speech.text) > MAX_CHARACTERS:
        raise ValueError(f"longer than {MAX_CHARACTERS} characters")
    quality = speech.quality or judge_quality(speech.text)
    if quality not in QUALITIES:
        raise ValueError(f"unknown quality {quality!r}; known are {', '.join(QUALITIES)}")
    state = _state(speech.code, year)
    return state, session, year, speech.text, quality, speech.file, speech.line


def _state(code: str, year: int) -> str:
    code = _FORMER_CODES.get(code.upper(), code)
    # the debate opens in September; a state that became independent after that spoke in December
    for day in (date(year, 9, 15), date(year, 12, 31)):
        if (state := find(code, day)) is not None:
            return state.code
    state = find(code)
    if state is None:
        raise ValueError(f"unknown state {code!r}")
    if state.code in _MEMBERS_BEFORE_INDEPENDENCE:
        return state.code
    day = date(year, 9, 15)
    if (predecessor := find(_PREDECESSORS.get(state.code, ""), day)) is not None:
        return predecessor.code
    for number in state.cow:  # Russia's line is the USSR's, Serbia's is Yugoslavia's
        if (predecessor := from_cow(number, day)) is not None:
            return predecessor.code
    raise ValueError(f"{state.code} ({state.name}) did not exist in {year}")


def judge_quality(text: str) -> str:
    """One of :data:`QUALITIES`, for texts whose publisher does not say."""
    if len(text) < _MIN_CHARACTERS:
        return "too_short"
    if len(re.findall(r"/i?\d+", text)) * 10 > len(text):
        return "glyph_garbage"
    letters = [char for char in text if char.isalpha()]
    if sum("\u0400" <= char <= "\u04ff" for char in letters) * 2 > len(letters):
        return "cyrillic"
    english = len(re.findall(r"\b(?:the|of|and|to|in)\b", text, re.IGNORECASE))
    return "ok" if english * 20 > len(text.split()) else "not_english_or_broken"


SOURCE = Source(CARD, read)
