"""Who Where When: journeys abroad of the leaders of the People's Republic of China."""

from collections import Counter
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pyarrow as pa

from equidistance.evidence.schema import TABLES
from equidistance.ground.states import find
from equidistance.sources.card import Card, Reading, Rejected, Source
from equidistance.sources.lookup import MalformedRowError, convert_rows, named_state, nothing_left, parse_year

_RANKS = {
    "President": "head",
    "Premier": "head",
    "Leader CCP": "leader",
    "Paramount Leader": "leader",
    "Other (Acting leader)": "leader",
}

_COUNTRIES = {"Vietnam": "VNM"}
"""Names that stand for two states at times: the journeys before 1975 went to Hanoi."""

CARD = Card(
    name="visits_china",
    title="Who Where When: International travel of the PRC leaders (1949-2020)",
    publisher="Central European Institute of Asian Studies (CEIAS)",
    licence="none stated; freely available to researchers with citation",
    citation=(
        "Turcsanyi, R., M. Eckert, M. Simalcik and N. Majsniarova. 2021. Who Where When: International "
        "travel of the PRC leaders (1949-2020). Dataset. Central European Institute of Asian Studies."
    ),
    address="https://who-where-when.ceias.eu/",
    files={"china_leader_travel_www_1949_2020.csv": "Year, Name, Level, Country, Continent, ..."},
    tables=("visits",),
    coverage=(date(1949, 1, 1), date(2020, 12, 31)),
    states="hosts of all the world; the visitor is always China",
    cadence="once",
    caveats=(
        "Only the year is known; the date is its 1 January, with precision 'year'.",
        "Only the two top leaders at a time (president or party leader, and premier), not ministers.",
        "The same person twice in a year in one country is two visits; the second is recorded as 'Name (2)'.",
        "Journeys to China are not in it.",
        "Whether journeys to multilateral meetings are complete was not checked.",
    ),
    rows=(500, 5_000),
)


def read(paths: Sequence[Path]) -> Reading:
    """Read the journeys into ``visits``; between the first and the last year, no row means no journey.

    Raises:
        BadFile: other columns, or no usable row.
    """
    rejected: list[Rejected] = []
    visits: list[dict[str, object]] = []
    times: Counter[tuple[str, str, str]] = Counter()

    def convert(row: dict[str, str]) -> list[dict[str, object]]:
        visit = _visit(row)
        key = (row["Year"], row["Name"], row["Country"])
        times[key] += 1
        person = row["Name"] if times[key] == 1 else f"{row['Name']} ({times[key]})"
        return [visit | {"person": person}]

    for path in paths:
        visits += convert_rows(path, ("Year", "Name", "Level", "Country"), convert, rejected, {})
    table = pa.Table.from_pylist(visits, schema=TABLES["visits"].schema)
    if not table.num_rows:
        raise nothing_left([path.name for path in paths], "journey")
    years = [day.year for day in table["date"].to_pylist()]
    coverage = (date(min(years), 1, 1), date(max(years), 12, 31))
    return Reading({"visits": table}, (coverage,), tuple(rejected))


def _visit(row: dict[str, str]) -> dict[str, object]:
    """The record without its person."""
    year = parse_year(row["Year"])
    if not row["Name"].strip():
        raise MalformedRowError("no name")
    if row["Level"] not in _RANKS:
        raise MalformedRowError(f"unknown level {row['Level']!r}")
    name = _COUNTRIES.get(row["Country"], row["Country"])
    host = named_state(name, year)
    if host is None:
        known = "did not exist in that year" if find(name) else "is unknown"
        raise MalformedRowError(f"the country {row['Country']!r} {known}")
    return {
        "date": date(year, 1, 1),
        "precision": "year",
        "visitor": "CHN",
        "host": host,
        "rank": _RANKS[row["Level"]],
    }


SOURCE = Source(CARD, read)
