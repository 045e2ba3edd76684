"""Trade flows: what share of a state's exports and imports goes to, or comes from, a power, and whether that is more
than size, distance, border and shared history predict.

Each direction exists twice: ``raw``, the share as it is (what a state depends on), and ``chosen``, the flow against its
expectation (what it leans to). An assessment uses one of the two, never both: they are the same trade.
"""

from typing import Any

import pyarrow as pa

from equidistance.indicators.annual import DYADS, annual_rows
from equidistance.indicators.declare import INDICATOR_SCHEMA, indicator

SMOOTHING_USD = 10_000.0
"""Added to a flow (and twice to the total), so that a recorded zero has a logarithm; far below any flow that
matters."""

GAP_USD = 100_000.0
"""A recorded zero between two years of more than this much trade is a gap in the records, not a year without trade."""

WITHOUT_GAPS = f"""
    SELECT * EXCLUDE (year_before, before, year_after, after)
    FROM (
        SELECT *,
               lag(year) OVER reported AS year_before, lag(value_usd) OVER reported AS before,
               lead(year) OVER reported AS year_after, lead(value_usd) OVER reported AS after
        FROM trade
        WHERE exporter <> importer
        WINDOW reported AS (PARTITION BY exporter, importer, reporter, vintage ORDER BY year)
    )
    WHERE value_usd > 0
       OR NOT coalesce(
            year_before = year - 1 AND before > {GAP_USD} AND year_after = year + 1 AND after > {GAP_USD}, false
          )
"""
"""The table ``trade`` without an economy's trade with itself and without zeros that are gaps."""

_SOURCES = ("trade_itpde", "trade_kazakhstan")


@indicator(
    name="export_share",
    title="Share of exports",
    channel="deed",
    instrument="trade",
    link="log_share",
    freq="year",
    sources=_SOURCES,
    expectation=True,
    default=False,  # export_chosen is the same trade; ``--raw`` swaps them
)
def export_share(connection: Any) -> pa.Table:
    """Exports to the power as a share of the state's exports to the world.

    Value: log((x + c) / (total + 2c)) with c = 10,000 USD. The share is of the world total, not of the total
    with the listed powers (MODEL.md): listing one more power must not change what is said of the others. A
    flow that is not recorded has no value; a recorded zero has, unless it stands between two years of more than
    100,000 USD, which makes it a gap. The state's own statistics go before
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
    sources=_SOURCES,
    expectation=True,
    default=False,
)
def import_share(connection: Any) -> pa.Table:
    """Imports from the power as a share of the state's imports from the world; made like ``export_share``."""
    return _share(connection, own="importer", partner="exporter")


@indicator(
    name="export_chosen",
    title="Exports beyond what size and distance predict",
    channel="deed",
    instrument="trade",
    link="log",
    freq="year",
    sources=(*_SOURCES, "distances"),
    chosen_from="export_share",
)
def export_chosen(connection: Any) -> pa.Table:
    """Exports to the power against what a gravity regression expects of them: 0 is as expected, 0.7 twice as much.

    Value: log(x + c) - log(expected + c), c = 10,000 USD. Expected: the state's exports to all partners split in
    proportion to exp(importer effect of the partner and year + what the pair's distance, land border, common language,
    rule of one by the other and having been one state are worth). In the years of the regression these are exactly
    its fitted flows. It is a Poisson pseudo maximum likelihood regression of all reconciled trade with effects of every
    exporter and every importer in every year, without effects of pairs and without agreements: those are what is
    chosen (docs/method.md). So the values say how a state shares out its trade, not how much it trades. A bloc's
    expected flow is the sum of its members'; members without a recorded flow or without an expectation are in neither.

    Outside the years of the regression (2000 to 2016 in the shipped fit) the effects of the nearest year are used, at
    most 10 years away; the variance grows by that of a year's change in the partners' effects for each year away, which
    adds to the variance between vintages. Flows, gaps, vintages and reporters are those of ``export_share``.

    Limits: national statistics hold goods only, the regression goods and services; transit trade booked as trade (goods
    through the Netherlands or Switzerland) counts where it is booked; there is no value where the capital is not known
    (Palestine). ``n`` counts the flows."""
    return _chosen(connection, own="exporter", partner="importer")


@indicator(
    name="import_chosen",
    title="Imports beyond what size and distance predict",
    channel="deed",
    instrument="trade",
    link="log",
    freq="year",
    sources=(*_SOURCES, "distances"),
    chosen_from="import_share",
)
def import_chosen(connection: Any) -> pa.Table:
    """Imports from the power against what a gravity regression expects of them; made like ``export_chosen``, with
    the exporters' effects."""
    return _chosen(connection, own="importer", partner="exporter")


def recorded(own: str, partner: str) -> str:
    """Common table expressions ``flows`` and ``totals``: what is recorded, and the reporters to believe."""
    return f"""
        flows AS (
            SELECT {own} AS state, {partner} AS partner, year::INT AS year, value_usd, reporter, source_id,
                   -- a first release is older than any dated one
                   CASE WHEN vintage = 'first release' THEN '' ELSE vintage END AS vintage
            FROM ({WITHOUT_GAPS})
            WHERE reporter IN ({own}, 'reconciled')
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
        )
    """


_LATEST = """
        SELECT state, power, year, value, n, source_id,
               sqrt(
                   coalesce(var_samp(value) OVER (PARTITION BY state, power, year), 0) + variance
               ) AS se
        FROM valued
        QUALIFY row_number() OVER (PARTITION BY state, power, year ORDER BY vintage DESC, source_id DESC) = 1
"""
"""Of several vintages the latest; their spread is its error. Needs ``valued`` with a further ``variance``."""


def _share(connection: Any, *, own: str, partner: str) -> pa.Table:
    return annual_rows(
        connection,
        f"""
        WITH {recorded(own, partner)},
        years AS (SELECT DISTINCT year FROM totals),
        {DYADS},
        sums AS (
            SELECT d.state, d.power, d.year, f.reporter, f.vintage,
                   sum(f.value_usd) AS flow, count(*) AS n, max(f.source_id) AS source_id
            FROM dyads d
            JOIN flows f ON f.state = d.state AND f.partner = d.member AND f.year = d.year
            GROUP BY ALL
        ),
        valued AS (
            SELECT s.*, ln((s.flow + $c) / (t.total + 2 * $c)) AS value, 0 AS variance
            FROM sums s JOIN totals t USING (state, year, reporter, vintage)
            WHERE t.total > 0
        )
        {_LATEST}
        """,
        {"c": SMOOTHING_USD},
    )


_SCHEMA = pa.schema([field for field in INDICATOR_SCHEMA if field.name != "indicator"])


def _chosen(connection: Any, *, own: str, partner: str) -> pa.Table:
    known = connection.execute(
        "SELECT 1 FROM duckdb_tables() WHERE table_name = 'expected_effects'"
    ).fetchall()
    if not known:  # without expectations nothing is expected
        return _SCHEMA.empty_table()
    return annual_rows(
        connection,
        f"""
        WITH {recorded(own, partner)},
        years AS (SELECT DISTINCT year FROM totals),
        {DYADS},
        weighted AS (
            SELECT f.*, exp(e.as_{partner} + r.friction) AS weight, e.{partner}_variance AS variance
            FROM flows f
            JOIN totals t USING (state, year, reporter, vintage)
            JOIN expected_effects e ON e.state = f.partner AND e.year = f.year AND e.as_{partner} IS NOT NULL
            JOIN expected_friction r ON r.state = f.state AND r.partner = f.partner
        ),
        expected AS (
            SELECT *, sum(value_usd) OVER all_partners * weight / sum(weight) OVER all_partners AS expected
            FROM weighted
            WINDOW all_partners AS (PARTITION BY state, year, reporter, vintage)
        ),
        valued AS (
            SELECT d.state, d.power, d.year, f.reporter, f.vintage,
                   ln((sum(f.value_usd) + $c) / (sum(f.expected) + $c)) AS value,
                   -- the members' effects move on their own
                   sum(f.variance * f.expected * f.expected) / (sum(f.expected) * sum(f.expected)) AS variance,
                   count(*) AS n, max(f.source_id) AS source_id
            FROM dyads d
            JOIN expected f ON f.state = d.state AND f.partner = d.member AND f.year = d.year
            GROUP BY ALL
            HAVING sum(f.expected) > 0
        )
        {_LATEST}
        """,
        {"c": SMOOTHING_USD},
    )
