"""Treaties and Other International Acts Series: agreements of the United States by entry into force."""

import re
from collections.abc import Sequence
from datetime import date
from pathlib import Path, PurePosixPath

import pyarrow as pa

from equidistance.evidence.schema import TABLES
from equidistance.ground.states import find
from equidistance.sources.card import Card, Reading, Rejected, Source
from equidistance.sources.delimited import first_seen
from equidistance.sources.lookup import (
    IgnoredRowError,
    MalformedRowError,
    convert_rows,
    count,
    nothing_left,
)

_COLUMNS = ("tias", "party2", "subject", "in_force", "date_from_tias_no", "text", "source_url", "primary_pdf")

_NAMES = {
    "Korea": "KOR",
    "Congo": "COG",
    "Serbia and Montenegro": "SCG",
    "Yugoslavia": "YUG",
    "the-bahamas": "BHS",
}
"""Names that stand for two states or for one that no longer exists."""

_OF_A_STATE = re.compile(r"\s*(\(|in respect of\b|part of\b|concerning\b).*", re.IGNORECASE)
_FILE = re.compile(r"[\d.]+(?:-[\d.]+)*[A-Za-z]?-(?P<rest>.+)\.pdf", re.IGNORECASE)
_LONGEST_NAME = 5  # parts of a file name that may make a state's name

FIRST_COMPLETE_YEAR = 1996
"""From here on the series is published whole; of earlier years it holds what was printed late."""

CARD = Card(
    name="agreements_us",
    title="Treaties and Other International Acts Series (TIAS)",
    publisher="United States Department of State, Office of Treaty Affairs",
    licence="public domain (work of the United States government)",
    citation=(
        "United States Department of State. Treaties and Other International Acts Series (TIAS). "
        "https://www.state.gov/tias/"
    ),
    address="https://www.state.gov/tias/",
    files={"us_tias_agreements*.csv": "tias, party, party2, subject, in_force, ..., source_url, primary_pdf"},
    tables=("bilateral_agreements",),
    coverage=(date(1996, 1, 1), None),
    states="partners of the United States",
    cadence="several times a year",
    caveats=(
        "Published with delay: the year of the last agreement is not complete and not covered.",
        "One row in eight names no party; it is read off the name of the publisher's own file where that begins with a "
        "state's name, and is rejected where not.",
        "Partners that are organisations are kept without a state; multilateral agreements are left out.",
        "When an agreement ended is not recorded. Amendments and extensions are agreements of their own.",
        "One date reads 1017 for 2017: mended by a correction, not by the reader.",
    ),
    rows=(1_000, 50_000),
)


def read(paths: Sequence[Path]) -> Reading:
    """Read the list into ``bilateral_agreements``.

    Raises:
        BadFile: other columns, or no usable agreement.
    """
    rejected: list[Rejected] = []
    ignored: dict[str, int] = {}
    read_off: dict[str, int] = {}
    agreements: list[dict[str, object]] = []
    for path in paths:
        agreements += convert_rows(path, _COLUMNS, lambda row: _agreement(row, read_off), rejected, ignored)
    table = pa.Table.from_pylist(agreements, schema=TABLES["bilateral_agreements"].schema)
    if not table.num_rows:
        raise nothing_left([path.name for path in paths], "agreement")
    table, _, repeated = first_seen(table, TABLES["bilateral_agreements"].key, values=())
    count(ignored, "the same agreement again", repeated)
    last = max(day.year for day in table["date"].to_pylist()) - 1
    coverage = ((date(FIRST_COMPLETE_YEAR, 1, 1), date(last, 12, 31)),) if last >= FIRST_COMPLETE_YEAR else ()
    note = f"{read_off.get('party', 0)} agreements name no party; it was read off the name of the publisher's file"
    return Reading({"bilateral_agreements": table}, coverage, tuple(rejected), ignored, (note,))


def _agreement(row: dict[str, str], read_off: dict[str, int]) -> list[dict[str, object]]:
    if row["party2"] == "Multilateral":
        raise IgnoredRowError("multilateral")
    try:
        day = date.fromisoformat(row["in_force"] or row["date_from_tias_no"])
    except ValueError:
        raise MalformedRowError("no date of entry into force") from None
    party, state = row["party2"], _state(row["party2"])
    if not party:
        state = party_of_file(row["primary_pdf"])
        if state is None:
            raise MalformedRowError("no party, and none in the name of the file")
        count(read_off, "party")
        party = f"{state} (from the file's name)"
    lines = [part.strip() for part in row["text"].split("|")]
    name = f"TIAS {row['tias']}" if row["tias"] else row["source_url"].rstrip("/").rsplit("/", 1)[-1]
    if not name:
        raise MalformedRowError("neither number nor address")
    return [
        {
            "agreement": name,
            "state_a": "USA",
            "state_b": state,
            "party": party,
            "date": day,
            "field": lines[2].split(":")[0].strip() if len(lines) > 2 else "",
            "title": row["subject"],
        }
    ]


def _state(name: str) -> str | None:
    """The state a partner is or belongs to, None for an organisation."""
    plain = _OF_A_STATE.sub("", name)
    if name in _NAMES:
        return _NAMES[name]
    found = (
        find(name)
        or find(", ".join(reversed(name.split(", "))))
        or find(" ".join(reversed(name.split(", "))))
    )
    if found is None and plain != name and not name.startswith("European"):
        return (
            None  # an agreement about a territory (Aruba, Greenland) is not one with the state's own people
        )
    return found.code if found else None


def party_of_file(address: str) -> str | None:
    """The state that the publisher's file name begins with after its number: ``18-516-Honduras-Defense.pdf``."""
    parts = _FILE.fullmatch(PurePosixPath(address).name)
    if parts is None:
        return None
    words = parts["rest"].split("-")
    for length in range(min(_LONGEST_NAME, len(words)), 0, -1):
        name = " ".join(words[:length])
        code = _NAMES.get(name) or (found.code if (found := find(name)) and len(name) > 3 else None)
        if code is not None and code != "USA":
            return code
    return None


SOURCE = Source(CARD, read)
