"""ICEWS: machine-coded events, who did what to whom in CAMEO; the raw columns or the triples made of them."""

import csv
from collections.abc import Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from equidistance.errors import BadFile
from equidistance.evidence.schema import TABLES
from equidistance.sources.card import Card, Reading, Rejected, Source
from equidistance.sources.delimited import (
    columns_of,
    first_seen,
    read_delimited,
    read_rows,
    record_text,
    sniff,
)
from equidistance.sources.icews_actors import OUTSIDE, ActorResolver
from equidistance.sources.spans import day_spans

if TYPE_CHECKING:
    import duckdb

CAMEO_CODES = Path(__file__).parent.parent / "data" / "cameo" / "cameo.csv"
LONGEST_GAP = 3
"""Missing days in a row that still count as covered; a longer gap is a hole between the published windows."""

_FIRST_DAY = date(1995, 1, 1)
_LAST_DAY = date(2100, 1, 1)  # a later date is a typing error
_RAW = (
    *("Event ID", "Event Date", "Source Name", "Source Sectors", "Source Country"),
    *("Event Text", "CAMEO Code", "Intensity", "Target Name", "Target Sectors", "Target Country"),
)
_TRIPLES = ("date", "source", "relation", "target")

CARD = Card(
    name="icews",
    title="ICEWS Coded Event Data",
    publisher="Lockheed Martin Advanced Technology Laboratories, Harvard Dataverse",
    licence=(
        "Dataverse terms of use of doi:10.7910/DVN/28075; the sample in the R package icews is MIT, "
        "the triples used as a knowledge-graph benchmark state none"
    ),
    citation=(
        "Boschee, E., J. Lautenschlager, S. O'Brien, S. Shellman, J. Starz and M. Ward. 2015. ICEWS Coded "
        "Event Data. Harvard Dataverse. doi:10.7910/DVN/28075"
    ),
    address="https://doi.org/10.7910/DVN/28075",
    files={
        "*events*.tab": "the raw layout, 20 tab-separated columns from Event ID to Longitude, NA for missing",
        "icews_[0-9]*.parquet": "triples: date, source, relation, target (and optionally set)",
        "icews_[0-9]*.csv": "the same triples as text separated by commas or tabs",
        "icews_[0-9]*.tsv": "the same triples as text separated by tabs",
    },
    tables=("events",),
    coverage=(_FIRST_DAY, date(2023, 4, 11)),
    states="all; actors are names, assigned to states by this project",
    cadence="weekly until April 2023, then discontinued",
    caveats=(
        "Rows are reports, not events: the same visit reported by ten papers may be ten rows.",
        "Triples keep one row per day, pair of actors and relation: they are not volumes.",
        "Triples of 2022 keep only the 999 most frequent entities, so small states are thin there.",
        "National ministers carry no country tag; officials are assigned by a curated list with their terms, "
        "persons not on it stay unresolved.",
        "ICEWS's own country column is wrong for some persons (Macron: Andorra); the list goes first.",
        "Coverage is read off the days that occur; a gap of more than three days is outside it.",
    ),
)


def read(paths: Sequence[Path]) -> Reading:
    """Read event files of either layout into ``events``.

    An event's id is ICEWS's Event ID with its date (ids were reused), or for triples the MD5 of the four raw
    values.

    Raises:
        BadFile: a file is neither layout, or no row of any file can be used.
    """
    import duckdb

    with duckdb.connect() as connection:
        connection.execute("SET enable_progress_bar = false")  # it would write into our output
        rejected = _decode(connection, paths)
        resolver = ActorResolver()
        connection.register("spells", _spell_table(connection, resolver))
        connection.execute(_RESOLVE)
        connection.execute("DROP TABLE decoded")  # a million rows: never hold more copies than needed
        notes = _notes(connection, resolver)
        events = connection.sql(_EVENTS).to_arrow_table().cast(TABLES["events"].schema)
    kept, contradicting, repeated = first_seen(events, ["event"])
    if not kept.num_rows:
        reason = rejected[0].reason if rejected else "it has no rows"
        raise BadFile(
            f"{', '.join(path.name for path in paths)}: no usable event; the first trouble: {reason}.",
            hint="Check that these are ICEWS files.",
        )
    return Reading(
        tables={"events": kept},
        coverage=day_spans(pc.unique(kept["date"]).to_pylist(), longest_gap=LONGEST_GAP),
        rejected=(*rejected, *contradicting),
        ignored={"exact repetition of a row": repeated} if repeated else {},
        notes=notes,
    )


SOURCE = Source(CARD, read)


def _read_file(path: Path) -> tuple[pa.Table, list[Rejected]]:
    """The columns the rest of the reader needs, all text, whatever the layout."""
    if sniff(path) == "text" and "Event ID" in columns_of(path, delimiter="\t"):
        table, rejected = read_delimited(path, _RAW, delimiter="\t", quote=None)
        return _raw(table, path.name), rejected
    columns = columns_of(path)
    if len(columns) == 1 and "\t" in columns[0]:
        table, rejected = read_delimited(path, _TRIPLES, delimiter="\t")
    else:
        table, rejected = read_rows(path, _TRIPLES)
    return _triples(table, path.name), rejected


def _raw(table: pa.Table, file: str) -> pa.Table:
    def column(name: str) -> pa.ChunkedArray:
        return pc.if_else(pc.equal(table[name], "NA"), "", table[name])

    event = pc.binary_join_element_wise(column("Event ID"), column("Event Date"), " ")
    missing_id = pc.equal(column("Event ID"), "")
    return _rows(
        table,
        file,
        event=pc.if_else(missing_id, "", event),
        date=column("Event Date"),
        source_actor=column("Source Name"),
        source_country=column("Source Country"),
        source_sectors=column("Source Sectors"),
        target_actor=column("Target Name"),
        target_country=column("Target Country"),
        target_sectors=column("Target Sectors"),
        code=column("CAMEO Code"),
        text=column("Event Text"),
        intensity=column("Intensity"),
        layout="raw",
    )


def _triples(table: pa.Table, file: str) -> pa.Table:
    return _rows(
        table,
        file,
        event="",
        date=table["date"],
        source_actor=table["source"],
        source_country="",
        source_sectors="",
        target_actor=table["target"],
        target_country="",
        target_sectors="",
        code="",
        text=table["relation"],
        intensity="",
        layout="triples",
    )


def _rows(table: pa.Table, file: str, **columns: Any) -> pa.Table:
    """One table for both layouts; a plain string stands for the whole column."""
    arrays = {
        name: pa.repeat(pa.scalar(value), table.num_rows) if isinstance(value, str) else value
        for name, value in (columns | {"file": file}).items()
    }
    return pa.table({**arrays, "row": table["line"]})


@cache
def _codes() -> list[dict[str, str]]:
    """The CAMEO codes of three and four digits: code, label, Goldstein value, and another spelling in use."""
    with CAMEO_CODES.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _code_table() -> pa.Table:
    """One row per spelling of a label, folded to lower case."""
    return pa.Table.from_pylist(
        [
            {
                "folded": spelling.lower(),
                "code": row["code"],
                "label": row["label"],
                "goldstein": float(row["goldstein"]),
            }
            for row in _codes()
            for spelling in (row["label"], row["variant"])
            if spelling
        ]
    )


def _decode(connection: "duckdb.DuckDBPyConnection", paths: Sequence[Path]) -> list[Rejected]:
    """Fill the table ``decoded`` with well-formed rows; hand the malformed ones back with their reasons."""
    parts, rejected = [], []
    for path in paths:
        part, refused = _read_file(path)
        parts.append(part)
        rejected += refused
    published = pa.concat_tables(parts)
    position = pa.array(range(published.num_rows), pa.int64())
    connection.register("published", published.append_column("position", position))
    connection.register("codes", _code_table())
    connection.execute(_DECODE, {"first": _FIRST_DAY, "last": _LAST_DAY})
    columns = ["date", "source_actor", "code", "text", "target_actor", "intensity"]
    listed = ", ".join(f"published.{name}" for name in columns)
    malformed = connection.execute(
        f"SELECT decoded.file, decoded.row, reason, {listed} FROM decoded JOIN published USING (position) "
        "WHERE reason IS NOT NULL ORDER BY position"
    ).fetchall()
    connection.execute("DELETE FROM decoded WHERE reason IS NOT NULL")
    connection.unregister("published")
    for file, row, reason, *values in malformed:
        rejected.append(Rejected(file, row, reason, record_text(dict(zip(columns, values, strict=True)))))
    return rejected


def _spell_table(connection: "duckdb.DuckDBPyConnection", resolver: ActorResolver) -> pa.Table:
    """The spells of every distinct actor, resolved once."""
    columns: dict[str, list[Any]] = {
        name: [] for name in ("name", "country", "sectors", "state", "way", "start", "until")
    }
    for name, country, sectors, last_day in connection.execute(_ACTORS).fetchall():
        for spell in resolver.spells(name, country, sectors, last_day):
            row = (name, country, sectors, spell.state, spell.by, spell.start, spell.end)
            for values, value in zip(columns.values(), row, strict=True):
                values.append(value)
    return pa.table(columns, schema=_SPELLS)


def _notes(connection: "duckdb.DuckDBPyConnection", resolver: ActorResolver) -> tuple[str, ...]:
    """What share of the rows could be assigned to states, and how."""
    ((rows, both, acts),) = connection.execute(_SHARES).fetchall()
    if not rows:
        return ()
    ways = connection.execute(_WAYS).fetchall()
    how = ", ".join(f"{100 * number / (2 * rows):.1f} % {way}" for way, number in ways)
    notes = [
        f"Both actors assigned to states or blocs in {100 * both / rows:.1f} % of {rows} rows.",
        f"Actors by: {how} (outside: international organisations, regions, actors without a name).",
        f"{acts} rows ({100 * acts / rows:.1f} %) are acts of one government toward another.",
    ]
    if resolver.unknown_roles:
        roles = ", ".join(f"{role} ({number})" for role, number in resolver.unknown_roles.most_common(5))
        notes.append(
            f"Role words not in roles.csv, taken as society unless the sectors say government: {roles}."
        )
    return tuple(notes)


_SPELLS = pa.schema(
    [
        *((name, pa.string()) for name in ("name", "country", "sectors", "state", "way")),
        ("start", pa.date32()),
        ("until", pa.date32()),
    ]
)

_DECODE = """
CREATE TEMP TABLE decoded AS
SELECT position, file, row, day,
       source_actor, source_country, source_sectors, target_actor, target_country, target_sectors,
       CASE layout WHEN 'raw' THEN event
                   ELSE md5(concat_ws(chr(31), day, source_actor, text, target_actor)) END AS event,
       coalesce(by_code.code, by_label.code) AS code,
       coalesce(nullif(text, ''), by_code.label) AS text,
       coalesce(try_cast(intensity AS DOUBLE), by_code.goldstein, by_label.goldstein) AS intensity,
       CASE
           WHEN event = '' AND layout = 'raw' THEN 'there is no Event ID'
           WHEN day IS NULL THEN 'the date is not a day written 2018-06-01'
           WHEN day < $first OR day > $last THEN 'the date lies outside the time ICEWS can cover'
           WHEN source_actor = '' THEN 'there is no source actor'
           WHEN target_actor = '' THEN 'there is no target actor'
           WHEN layout = 'raw' AND by_code.code IS NULL THEN 'unknown CAMEO code'
           WHEN layout = 'triples' AND by_label.code IS NULL THEN 'unknown relation'
           WHEN intensity <> '' AND NOT coalesce(isfinite(try_cast(intensity AS DOUBLE)), false)
               THEN 'the intensity is not a number'
       END AS reason
FROM (
    SELECT *,
           CASE WHEN regexp_full_match(date, '\\d{4}-\\d\\d-\\d\\d([ T]00:00:00(\\.0+)?)?')
                THEN try_cast(date[:10] AS DATE) END AS day
    FROM published
) AS published
LEFT JOIN (SELECT DISTINCT ON (code) code, label, goldstein FROM codes) AS by_code
       ON layout = 'raw' AND by_code.code = published.code
LEFT JOIN codes AS by_label ON layout = 'triples' AND by_label.folded = lower(trim(text))
"""

_ACTORS = """
SELECT name, country, sectors, max(day)
FROM (
    SELECT source_actor AS name, source_country AS country, source_sectors AS sectors, day FROM decoded
    UNION ALL
    SELECT target_actor, target_country, target_sectors, day FROM decoded
)
GROUP BY ALL ORDER BY ALL
"""

_RESOLVE = """
CREATE TEMP TABLE resolved AS
SELECT position, event, day, source_actor, target_actor, code, text, intensity, file, row,
       source.state AS source_state, coalesce(source.way, 'unresolved') AS source_by,
       target.state AS target_state, coalesce(target.way, 'unresolved') AS target_by
FROM decoded
LEFT JOIN spells AS source
       ON source.name = source_actor AND source.country = source_country AND source.sectors = source_sectors
      AND day >= source.start AND day < source.until
LEFT JOIN spells AS target
       ON target.name = target_actor AND target.country = target_country AND target.sectors = target_sectors
      AND day >= target.start AND day < target.until
"""

_EVENTS = f"""
SELECT event, day AS date,
       source_actor, source_state, if(source_by = '{OUTSIDE}', 'unresolved', source_by) AS source_by,
       target_actor, target_state, if(target_by = '{OUTSIDE}', 'unresolved', target_by) AS target_by,
       code, text, intensity, file, row
FROM resolved
ORDER BY position
"""

_GOVERNMENT = "('state', 'tag', 'person', 'organisation')"

_SHARES = f"""
SELECT count(*), count(*) FILTER (source_state IS NOT NULL AND target_state IS NOT NULL),
       count(*) FILTER (
           source_state <> target_state AND source_by IN {_GOVERNMENT} AND target_by IN {_GOVERNMENT}
       )
FROM resolved
"""

_WAYS = """
SELECT way, count(*) AS number
FROM (SELECT source_by AS way FROM resolved UNION ALL SELECT target_by FROM resolved)
GROUP BY way ORDER BY number DESC, way
"""
