"""Money: what a power's state lends and gives, and what its companies hold."""

from typing import Any

import pyarrow as pa

from equidistance.indicators.annual import COVERED_YEARS, DYADS, annual_rows, window_years
from equidistance.indicators.declare import indicator

WINDOW_YEARS = 5
"""Years of commitments that make a value: one pipeline loan is a year's whole sum."""

SMOOTHING_SHARE = 0.001
"""Added to commitments over a year's imports, so that a recipient of nothing has a logarithm."""

SMOOTHING_EUR_M = 0.1
"""Added to a stock (and twice to the total), in million euros."""


@indicator(
    name="chinese_finance",
    title="Chinese official finance",
    channel="deed",
    instrument="finance",
    link="log_share",
    freq="year",
    sources=("finance_china", "trade_itpde"),
)
def chinese_finance(connection: Any) -> pa.Table:
    """Aid and loans China's state committed to the state in five years, the year's and four before, against its size.

    Value: log(sum / imports + 0.001), with amounts as adjusted by the publisher for what was cancelled or
    counted twice, and imports the state's mean yearly imports from the world in the reconciled trade data
    (2000 to 2016, one number for each state): dollars alone would say which states are big. The source
    implies no error (se 0). Only China has a value, because no other lender is covered and a share of all
    lenders cannot be formed. The model learns the mean of China's dyads for it, so that it says to whom China
    lends more than to others, and nothing of other powers. States outside the source (the rich) or without
    trade data have no value. Consecutive years share four of five years. ``n`` counts the amounts above zero."""
    return annual_rows(
        connection,
        f"""
        WITH {COVERED_YEARS},
        {window_years("finance_china", WINDOW_YEARS)},
        {DYADS},
        recipients AS (SELECT lender, recipient, max(source_id) AS source_id FROM finance_flows GROUP BY ALL),
        sums AS (
            SELECT d.state, d.power, d.year, r.source_id,
                   coalesce(sum(f.adjusted_usd), 0) AS amount,
                   count(*) FILTER (f.adjusted_usd > 0) AS n
            FROM dyads d
            JOIN recipients r ON r.lender = d.member AND r.recipient = d.state
            LEFT JOIN finance_flows f
              ON f.lender = d.member AND f.recipient = d.state
             AND f.year BETWEEN d.year - {WINDOW_YEARS - 1} AND d.year
            WHERE d.power = d.member
            GROUP BY ALL
        ),
        imports AS (
            SELECT importer, year, sum(value_usd) AS total
            FROM trade WHERE reporter = 'reconciled' GROUP BY importer, year
        ),
        sizes AS (SELECT importer AS state, avg(total) AS size FROM imports GROUP BY importer HAVING avg(total) > 0)
        SELECT state, power, year, ln(amount / size + {SMOOTHING_SHARE}) AS value, 0 AS se, n, source_id
        FROM sums JOIN sizes USING (state)
        """,
    )


@indicator(
    name="investment_share",
    title="Share of foreign direct investment",
    channel="deed",
    instrument="finance",
    link="log_share",
    freq="year",
    sources=("investment_wiiw",),
    default=False,  # Kazakhstan alone: nothing to compare its level with
)
def investment_share(connection: Any) -> pa.Table:
    """The power's investors' share of the stock of foreign direct investment at the end of the year.

    Value: log((x + c) / (total + 2c)) with c = 100,000 euros, by immediate investor; the source implies no error (se
    0). A stock that is not recorded, or negative, has no value; a bloc's is the sum of its members' recorded ones. Not
    used unless asked for: the source at hand covers Kazakhstan only, and a share through the Netherlands says where a
    holding sits. It serves the exposure tables. ``n`` counts the stocks."""
    return annual_rows(
        connection,
        f"""
        WITH years AS (SELECT DISTINCT year FROM investment WHERE classification = 'partner'),
        {DYADS},
        stocks AS (
            SELECT * FROM investment WHERE classification = 'partner' AND measure = 'stock' AND value_eur_m >= 0
        )
        SELECT d.state, d.power, d.year,
               ln((sum(s.value_eur_m) + {SMOOTHING_EUR_M})
                  / (any_value(w.value_eur_m) + {2 * SMOOTHING_EUR_M})) AS value,
               0 AS se, count(*) AS n, max(s.source_id) AS source_id
        FROM dyads d
        JOIN stocks s ON s.host = d.state AND s.investor = d.member AND s.year = d.year
        JOIN stocks w ON w.host = d.state AND w.investor = 'WLD' AND w.year = d.year
        GROUP BY d.state, d.power, d.year
        """,
    )
