"""Arms: what share of a state's imports of major arms comes from a power."""

from typing import Any

import pyarrow as pa

from equidistance.indicators.annual import COVERED_YEARS, DYADS, annual_rows, window_years
from equidistance.indicators.declare import indicator

WINDOW_YEARS = 5
"""Years of deliveries that make a value: a state buys a frigate once, not every year."""

LEAST_TIV = 0.25
"""What a delivery of 0 stands for: the publisher rounds what lies between 0 and half a million."""


@indicator(
    name="arms_share",
    title="Share of arms imports",
    channel="deed",
    instrument="security",
    link="logit",
    freq="year",
    sources=("arms_sipri",),
)
def arms_share(connection: Any) -> pa.Table:
    """Major arms from the power as a share of all the state received in five years, the year's and four before.

    Value: logit of (k + 1/2) / (m + 1). Deliveries are lumps, so the m is not their number but how many equal deals
    would be as lumpy: (sum of TIV)^2 / sum of squared TIV by deal; k is the share times m. Error by the delta method,
    sqrt(1 / (k + 1/2) + 1 / (m - k + 1/2)): one big purchase says little, twenty small ones much. The total holds
    suppliers that are unknown or no states. A state without any delivery in the window has no value: it leans to
    nobody. Consecutive years share four of five years of deliveries and are less independent than the model takes
    them. Own production is not seen. ``n`` counts the deals of the window."""
    return annual_rows(
        connection,
        f"""
        WITH {COVERED_YEARS},
        {window_years("arms_sipri", WINDOW_YEARS)},
        {DYADS},
        deals AS (
            SELECT t.recipient AS state, y.year, t.deal, t.supplier,
                   sum(greatest(t.tiv, {LEAST_TIV})) AS tiv, max(t.source_id) AS source_id
            FROM years y JOIN arms_transfers t ON t.year BETWEEN y.year - {WINDOW_YEARS - 1} AND y.year
            GROUP BY ALL
        ),
        totals AS (
            SELECT state, year, sum(tiv) AS total, sum(tiv) ^ 2 / sum(tiv ^ 2) AS m, count(*) AS n,
                   max(source_id) AS source_id
            FROM deals GROUP BY state, year
        ),
        bought AS (
            SELECT d.state, d.power, d.year, coalesce(sum(x.tiv), 0) AS tiv
            FROM dyads d LEFT JOIN deals x
              ON x.state = d.state AND x.supplier = d.member AND x.year = d.year
            GROUP BY d.state, d.power, d.year
        ),
        counts AS (
            SELECT b.state, b.power, b.year, t.m, least(b.tiv / t.total, 1) * t.m AS k, t.n, t.source_id
            FROM bought b JOIN totals t USING (state, year)
        )
        SELECT
            state, power, year,
            ln((k + 0.5) / (m - k + 0.5)) AS value,
            sqrt(1 / (k + 0.5) + 1 / (m - k + 0.5)) AS se,
            n, source_id
        FROM counts
        """,
    )
