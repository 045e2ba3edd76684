"""Trade flows: what share of a state's exports and imports goes to, or comes from, a power."""

from typing import Any

import pyarrow as pa

from equidistance.indicators.annual import DYADS, annual_rows
from equidistance.indicators.declare import indicator

SMOOTHING_USD = 10_000.0
"""Added to a flow (and twice to the total), so that a recorded zero has a logarithm; far below any flow that
matters."""


@indicator(
    name="export_share",
    title="Share of exports",
    channel="deed",
    instrument="trade",
    link="log_share",
    freq="year",
    sources=("trade_itpde", "trade_kazakhstan"),
    expectation=True,
)
def export_share(connection: Any) -> pa.Table:
    """Exports to the power as a share of the state's exports to the world.

    Value: log((x + c) / (total + 2c)) with c = 10,000 USD. The share is of the world total, not of the total
    with the listed powers (MODEL.md): listing one more power must not change what is said of the others. A
    flow that is not recorded has no value; a recorded zero has. The state's own statistics go before
    reconciled ones for the same year; of several vintages the latest is the value and their standard
    deviation on the log scale (for two: the difference over sqrt(2)) the error; otherwise the source implies
    none (se 0). A bloc's flow is the sum of its members' recorded flows. Reconciled data hold services,
    national ones goods only. ``n`` counts the flows."""
    return _share(connection, own="exporter", partner="importer")


@indicator(
    name="import_share",
    title="Share of imports",
    channel="deed",
    instrument="trade",
    link="log_share",
    freq="year",
    sources=("trade_itpde", "trade_kazakhstan"),
    expectation=True,
)
def import_share(connection: Any) -> pa.Table:
    """Imports from the power as a share of the state's imports from the world; made like ``export_share``."""
    return _share(connection, own="importer", partner="exporter")


def _share(connection: Any, *, own: str, partner: str) -> pa.Table:
    return annual_rows(
        connection,
        f"""
        WITH flows AS (
            SELECT {own} AS state, {partner} AS partner, year::INT AS year, value_usd, reporter, source_id,
                   -- a first release is older than any dated one
                   CASE WHEN vintage = 'first release' THEN '' ELSE vintage END AS vintage
            FROM trade
            WHERE reporter IN ({own}, 'reconciled') AND {own} <> {partner}
        ),
        totals AS (
            SELECT state, year, reporter, vintage,
                   coalesce(
                       max(value_usd) FILTER (partner = 'WLD'),
                       sum(value_usd) FILTER (partner <> 'WLD')
                   ) AS total
            FROM flows
            GROUP BY state, year, reporter, vintage
            -- the state's own statistics for the year, else the reconciled ones
            QUALIFY (reporter = state) = bool_or(reporter = state) OVER (PARTITION BY state, year)
        ),
        years AS (SELECT DISTINCT year FROM totals),
        {DYADS},
        sums AS (
            SELECT d.state, d.power, d.year, f.reporter, f.vintage,
                   sum(f.value_usd) AS flow, count(*) AS n, max(f.source_id) AS source_id
            FROM dyads d
            JOIN flows f ON f.state = d.state AND f.partner = d.member AND f.year = d.year
            GROUP BY ALL
        ),
        shares AS (
            SELECT s.*, ln((s.flow + $c) / (t.total + 2 * $c)) AS value
            FROM sums s JOIN totals t USING (state, year, reporter, vintage)
            WHERE t.total > 0
        )
        SELECT state, power, year, value, n, source_id,
               coalesce(stddev_samp(value) OVER (PARTITION BY state, power, year), 0) AS se
        FROM shares
        QUALIFY row_number() OVER (PARTITION BY state, power, year ORDER BY vintage DESC, source_id DESC) = 1
        """,
        {"c": SMOOTHING_USD},
    )
