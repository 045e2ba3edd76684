"""GDELT by day and pair of states: the sum of the Goldstein values of all events between them."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from equidistance.errors import BadFile
from equidistance.evidence.schema import TABLES
from equidistance.ground.states import all_states
from equidistance.sources.card import Card, Reading, Rejected, Source
from equidistance.sources.delimited import first_seen, read_rows, record_text
from equidistance.sources.spans import day_spans

if TYPE_CHECKING:
    import duckdb

_COLUMNS = ("date", "a", "b", "edge")
_FIRST_DAY = date(1979, 1, 1)
_LAST_DAY = date(2100, 1, 1)  # a later date is a typing error

# fmt: off
TERRITORIES = frozenset({
    "ABW", "AIA", "ALA", "ASM", "BES", "BLM", "BMU", "CCK", "COK", "CUW", "CXR", "CYM",
    "ESH", "FLK", "FRO", "GGY", "GIB", "GLP", "GRL", "GUF", "GUM", "HKG", "IMN", "IOT",
    "JEY", "MAC", "MAF", "MNP", "MSR", "MTQ", "MYT", "NCL", "NFK", "NIU", "PCN", "PRI",
    "PYF", "REU", "SHN", "SJM", "SPM", "SXM", "TCA", "TKL", "VGB", "VIR", "WLF",
})
# fmt: on
"""ISO codes of territories that are not states of their own; GDELT codes them as actors."""

CARD = Card(
    name="gdelt",
    title="GDELT 2.0 events by day and pair of states",
    publisher="The GDELT Project; aggregated by G. Zemo (gdelt-graph-data)",
    licence="GDELT: free for any use with citation; the aggregation: GPL-3",
    citation=(
        "Leetaru, K. and P. A. Schrodt. 2013. GDELT: Global Data on Events, Location and Tone, 1979-2012. "
        "ISA Annual Convention. Daily edges: https://github.com/gzemo/gdelt-graph-data"
    ),
    address="https://github.com/gzemo/gdelt-graph-data",
    files={
        "gdelt_daily_edges*.parquet": "date (20180101), a, b (alpha-3 codes), edge (sum of Goldstein values)",
        "gdelt_daily_edges*.csv": "the same columns as text",
    },
    tables=("event_balances",),
    coverage=(date(2018, 1, 1), date(2024, 2, 23)),
    states="pairs of 39 states (KAZ, its neighbours and the large states) with all states",
    cadence="the aggregation is not renewed; GDELT itself appears every 15 minutes",
    caveats=(
        "Undirected: who acted toward whom is lost; a pair of two of the 39 stands in the file twice, equal.",
        "Only events whose two actors are bare states; their number is not known, only the sum.",
        "96 days between 2018-01-01 and 2024-02-23 are missing, most of them in 2023: outside the coverage.",
        "Pairs of two states that are both outside the 39 are not there: unknown, not zero.",
        "Georgia is nearly absent (279 pair-days); Serbia, Montenegro, Bosnia, Slovenia and Kosovo are "
        "absent: their actor codes were lost upstream. Do not read anything into these pairs.",
        "GDELT's raw 61-column export files are not read yet.",
    ),
)


def read(paths: Sequence[Path]) -> Reading:
    """Read daily edges into ``event_balances``, each day and pair once, with the codes in alphabetical order.

    Raises:
        BadFile: a file lacks a column, or no row of any file can be used.
    """
    import duckdb

    parts, rejected = [], []
    for path in paths:
        table, refused = read_rows(path, _COLUMNS)
        rejected += refused
        file = pa.repeat(pa.scalar(path.name), table.num_rows)
        parts.append(table.select([*_COLUMNS, "line"]).append_column("file", file))
    with duckdb.connect() as connection:
        connection.execute("SET enable_progress_bar = false")  # it would write into our output
        connection.register("published", pa.concat_tables(parts))
        connection.register("states", _lifetimes())
        connection.register("territories", pa.table({"code": sorted(TERRITORIES)}))
        connection.execute(_DECODE, {"first": _FIRST_DAY, "last": _LAST_DAY})
        rejected += _malformed(connection)
        ignored = dict(
            connection.execute(
                "SELECT ignored, count(*) FROM decoded "
                "WHERE reason IS NULL AND ignored IS NOT NULL GROUP BY ignored ORDER BY ignored"
            ).fetchall()
        )
        balances = connection.sql(_BALANCES).to_arrow_table().cast(TABLES["event_balances"].schema)
    kept, contradicting, repeated = first_seen(balances, ["date", "state_a", "state_b"])
    if not kept.num_rows:
        raise BadFile(
            f"{', '.join(path.name for path in paths)}: no usable day and pair.",
            hint="Check that these are daily edges: date, a, b, edge.",
        )
    if repeated:
        ignored["the same day and pair again, written the other way round"] = repeated
    return Reading(
        tables={"event_balances": kept},
        coverage=day_spans(pc.unique(kept["date"]).to_pylist(), longest_gap=0),
        rejected=(*rejected, *contradicting),
        ignored=ignored,
    )


SOURCE = Source(CARD, read)


def _lifetimes() -> pa.Table:
    states = all_states()
    return pa.table(
        {
            "code": [state.code for state in states],
            "start": pa.array([state.start for state in states], pa.date32()),
            "until": pa.array([state.end or date.max for state in states], pa.date32()),
        }
    )


def _malformed(connection: "duckdb.DuckDBPyConnection") -> list[Rejected]:
    rows = connection.execute(
        "SELECT file, line, reason, date, a, b, edge "
        "FROM decoded WHERE reason IS NOT NULL ORDER BY file, line"
    ).fetchall()
    return [
        Rejected(file, line, reason, record_text(dict(zip(_COLUMNS, values, strict=True))))
        for file, line, reason, *values in rows
    ]


_DECODE = """
CREATE TEMP TABLE decoded AS
SELECT published.*,
       CASE
           WHEN day IS NULL THEN 'the date is not a day written 20180101'
           WHEN day < $first OR day > $last THEN 'the date lies outside the time GDELT can cover'
           WHEN one.code IS NULL AND a NOT IN (FROM territories) THEN 'unknown state code in a'
           WHEN other.code IS NULL AND b NOT IN (FROM territories) THEN 'unknown state code in b'
           WHEN day < one.start OR day >= one.until THEN 'state a did not exist on that day'
           WHEN day < other.start OR day >= other.until THEN 'state b did not exist on that day'
           WHEN NOT coalesce(isfinite(sum), false) THEN 'the sum is not a number'
       END AS reason,
       CASE
           WHEN a = b THEN 'a state with itself'
           WHEN one.code IS NULL OR other.code IS NULL THEN 'a territory that is not a state of its own'
       END AS ignored
FROM (
    SELECT *, coalesce(try_strptime(date, '%Y%m%d'), try_strptime(date, '%Y-%m-%d'))::DATE AS day,
           try_cast(edge AS DOUBLE) AS sum
    FROM published
) AS published
LEFT JOIN states AS one ON one.code = a
LEFT JOIN states AS other ON other.code = b
"""

_BALANCES = """
SELECT day AS date, least(a, b) AS state_a, greatest(a, b) AS state_b, sum AS goldstein_sum, file, line AS row
FROM decoded
WHERE reason IS NULL AND ignored IS NULL
ORDER BY file, line
"""
