"""What the annual indicators share: the dyads that exist in a year, and the table they return.

A year's state of affairs is taken on its 1 July: a state has a value if it existed then, a bloc has the
members of that day, and a state that was a member that day has no value against the bloc."""

from typing import Any

import pyarrow as pa

from equidistance.indicators.declare import INDICATOR_SCHEMA

_SCHEMA = pa.schema([field for field in INDICATOR_SCHEMA if field.name != "indicator"])

COVERED_YEARS = """
    -- years that lie wholly inside the coverage of a source, with the source version that covers them
    covered(source, year, source_id) AS (
        SELECT source, covered_year, max(source_id)
        FROM (
            SELECT source, source_id, unnest(range(
                year(start - INTERVAL 1 DAY) + 1,
                year("end" + INTERVAL 1 DAY)
            )) AS covered_year
            FROM coverage
        )
        GROUP BY ALL
    )
"""

DYADS = """
    -- needs years(year); members on 1 July, and every existing state with each member of a power it is not in
    members(power, member, year) AS (
        SELECT DISTINCT p.power, p.member, y.year
        FROM years y
        JOIN power_members p
          ON p.start <= make_date(y.year, 7, 1) AND p."end" > make_date(y.year, 7, 1)
    ),
    dyads(state, power, member, year) AS (
        SELECT s.state, m.power, m.member, m.year
        FROM members m
        JOIN states s
          ON s.start <= make_date(m.year, 7, 1)
         AND coalesce(s."end", DATE '9999-12-31') > make_date(m.year, 7, 1)
        WHERE s.state <> m.power
          AND NOT EXISTS (
            SELECT 1 FROM members own WHERE own.power = m.power AND own.year = m.year AND own.member = s.state
          )
    )
"""


def window_years(source: str, window: int) -> str:
    """CTE ``years`` (year, source_id): the years whose window, they and those before, a source covers whole."""
    return f"""
        years AS (
            SELECT c.year, max(c.source_id) AS source_id
            FROM covered c JOIN covered w
              ON w.source = c.source AND w.year BETWEEN c.year - {window - 1} AND c.year
            WHERE c.source = '{source}'
            GROUP BY c.year
            HAVING count(DISTINCT w.year) = {window}
        )"""


def annual_rows(connection: Any, query: str, parameters: dict[str, Any] | None = None) -> pa.Table:
    """Run a query that yields state, power, year, value, se, n and source_id, and make indicator rows of it.

    Args:
        connection: a DuckDB connection with the views of :mod:`equidistance.indicators.declare`.
        query: SQL.
        parameters: named parameters of the query.

    Returns:
        The rows with ``period`` on 1 January and ``freq`` ``year``, ordered by state, power and period.
    """
    rows = connection.sql(
        f"""
        SELECT state, power, make_date(year, 1, 1) AS period, 'year' AS freq, value, se, n, source_id
        FROM ({query})
        ORDER BY state, power, period
        """,
        params=parameters or {},
    ).to_arrow_table()
    return rows.select(_SCHEMA.names).cast(_SCHEMA)
