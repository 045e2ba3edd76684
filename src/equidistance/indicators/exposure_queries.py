"""The queries of :mod:`equidistance.indicators.exposures`: the parts of each kind, from the evidence tables.

They stand in a query with ``covered(source, year, source_id)`` before them; those of form ``rows`` continue its
``WITH`` after ``years(year, source_id)``.
"""

from equidistance.indicators.agreements import DEPTH
from equidistance.indicators.flows import recorded

WINDOW = 5
"""Years of arms deliveries taken together: deliveries are lumpy (SIPRI's own habit)."""

FIRST_YEAR = 1992
"""First year of the exposure to blocs and sanctions, as in the reference fit."""


def _trade(own: str, partner: str) -> str:
    return f"""
        WITH {recorded(own, partner)}
        SELECT f.state, f.partner, f.year, f.value_usd AS value, t.total AS whole, 1 AS n, f.source_id
        FROM flows f JOIN totals t USING (state, year, reporter, vintage)
        WHERE f.partner <> 'WLD'
        QUALIFY vintage = max(vintage) OVER (PARTITION BY f.state, f.year)
    """


EXPORTS = _trade("exporter", "importer")
IMPORTS = _trade("importer", "exporter")

INVESTMENT = """
    SELECT i.host AS state, i.investor AS partner, i.year, i.value_eur_m AS value, w.value_eur_m AS whole,
           1 AS n, i.source_id
    FROM investment i
    JOIN investment w
      ON w.host = i.host AND w.year = i.year AND w.measure = i.measure
     AND w.classification = i.classification AND w.industry = i.industry
    WHERE i.measure = 'stock' AND i.classification = 'partner' AND i.industry = 'TOTAL'
      AND i.investor <> 'WLD' AND w.investor = 'WLD'
      -- a negative stock (loans to the parent above the capital) is no share of a whole
      AND i.value_eur_m >= 0
"""


def _owned(sector: str) -> str:
    """Output by the owners' states: of each asset the ownership nearest to the year of the output."""
    return f"""
        SELECT host AS state, owner_state AS partner, year, sum(quantity * share_pct / 100) AS value,
               any_value(whole) AS whole, count(*) AS n, max(source_id) AS source_id
        FROM (
            SELECT o.host, o.owner_state, o.share_pct, a.year, a.quantity, o.source_id, a.whole
            FROM ownership o
            JOIN (
                SELECT p.asset, p.year, p.quantity, h.host,
                       sum(p.quantity) OVER (PARTITION BY h.host, p.year) AS whole
                FROM asset_output p
                JOIN (SELECT DISTINCT asset, host, sector FROM ownership) h ON h.asset = p.asset
                WHERE h.sector = '{sector}'
            ) a ON a.asset = o.asset AND a.host = o.host
            WHERE o.sector = '{sector}'
            QUALIFY rank() OVER (
                PARTITION BY o.asset, o.host, a.year ORDER BY abs(o.year - a.year), o.year, o.as_of
            ) = 1
        )
        WHERE share_pct IS NOT NULL
        GROUP BY host, owner_state, year
    """


OIL, PIPELINES, URANIUM = _owned("oil_gas"), _owned("oil_transport"), _owned("uranium")

FINANCE = """
    SELECT recipient AS state, lender AS partner, y.year, sum(amount_usd) AS value, NULL::DOUBLE AS whole,
           count(*) AS n, max(f.source_id) AS source_id
    FROM finance_flows f
    JOIN (SELECT year FROM covered WHERE source = 'finance_china') y ON f.year <= y.year
    WHERE flow = 'loan' AND amount_usd > 0
    GROUP BY recipient, lender, y.year
"""

ARMS = f"""
    SELECT state, partner, year, value, sum(value) OVER (PARTITION BY state, year) AS whole, n, source_id
    FROM (
        SELECT a.recipient AS state, a.supplier AS partner, y.year, sum(a.tiv) AS value, count(*) AS n,
               max(a.source_id) AS source_id
        FROM arms_transfers a
        -- the window must lie inside the coverage: before that a small sum may be a part of a larger one
        JOIN covered y ON y.source = 'arms_sipri' AND a.year BETWEEN y.year - {WINDOW - 1} AND y.year
        WHERE y.year - {WINDOW - 1} >= (SELECT min(year) FROM covered WHERE source = 'arms_sipri')
        GROUP BY a.recipient, a.supplier, y.year
    )
"""

ALLIANCES = f"""
    SELECT state, partner, year, value, sum(value) OVER (PARTITION BY state, year) AS whole, 1 AS n, source_id
    FROM (
        SELECT unnest([state_a, state_b]) AS state, unnest([state_b, state_a]) AS partner, year,
               {" + ".join(f"{weight} * {name}::INT" for name, weight in DEPTH.items())} AS value, source_id
        FROM alliances
        -- wide pacts to consult and not to attack (Helsinki 1975) bind half the world and are nobody's security
        WHERE year >= {FIRST_YEAR} AND (defense OR offense)
    )
"""

MEMBERSHIPS = f"""
    SELECT m.state, CASE WHEN s.state_a = m.state THEN s.state_b ELSE s.state_a END AS partner, m.year,
           least(s.shared, m.full) AS value, m.full AS whole, 1 AS n, s.source_id
    FROM memberships m
    JOIN shared_memberships s ON s.year = m.year AND m.state IN (s.state_a, s.state_b)
    WHERE m.full > 0 AND m.year >= {FIRST_YEAR}
"""

BLOCS = f"""
    -- a bloc counts for a power that is a bloc when at least half of its members belong
    calendar AS (SELECT unnest(range({FIRST_YEAR}, year(last_day) + 1)) AS year FROM bloc_horizon),
    inside AS (
        SELECT DISTINCT b.bloc, b.member, c.year
        FROM bloc_spells b JOIN calendar c
          ON b.start <= make_date(c.year, 7, 1) AND b."end" > make_date(c.year, 7, 1)
    ),
    powers AS (
        SELECT DISTINCT p.power, p.member, c.year
        FROM power_members p JOIN calendar c
          ON p.start <= make_date(c.year, 7, 1) AND p."end" > make_date(c.year, 7, 1)
    ),
    theirs AS (
        SELECT p.power, p.year, i.bloc
        FROM powers p
        JOIN inside i ON i.member = p.member AND i.year = p.year AND i.bloc <> p.power
        JOIN (SELECT power, year, count(*) AS size FROM powers GROUP BY ALL) s
          ON s.power = p.power AND s.year = p.year
        GROUP BY p.power, p.year, i.bloc, s.size
        HAVING 2 * count(*) >= s.size
    ),
    own AS (
        SELECT i.member AS state, i.year, list(i.bloc) AS blocs
        FROM inside i JOIN states s ON s.state = i.member
        GROUP BY ALL
    ),
    final AS (
        SELECT o.state, t.power, t.year,
               count(*) FILTER (list_contains(o.blocs, t.bloc)) / any_value(len(o.blocs)) AS share,
               count(*) FILTER (list_contains(o.blocs, t.bloc)) AS amount,
               concat_ws('; ',
                   'both in ' || string_agg(t.bloc, ', ' ORDER BY t.bloc) FILTER (list_contains(o.blocs, t.bloc)),
                   'not in ' || string_agg(t.bloc, ', ' ORDER BY t.bloc) FILTER (NOT list_contains(o.blocs, t.bloc))
               ) AS detail,
               count(*) AS n, 'ground' AS source_id
        FROM own o JOIN theirs t ON t.year = o.year
        WHERE o.state <> t.power
          AND NOT EXISTS (
              SELECT 1 FROM powers p WHERE p.power = t.power AND p.year = t.year AND p.member = o.state
          )
        GROUP BY o.state, t.power, t.year
    )
"""

_CASES = f"""
    cases AS (
        SELECT s."case", s.sender, s.target, y.year, y.source_id
        FROM sanctions s JOIN years y ON y.year >= s.begin AND (s."end" IS NULL OR y.year <= s."end")
        WHERE y.year >= {FIRST_YEAR}
    ),
    -- a sanction of a bloc is one of each of its members
    senders AS (
        SELECT c.*, c.sender AS state FROM cases c
        UNION ALL
        SELECT c.*, b.member AS state
        FROM cases c JOIN bloc_spells b
          ON b.bloc = c.sender
         AND b.start <= make_date(c.year, 7, 1) AND b."end" > make_date(c.year, 7, 1)
    ),
    powers AS (
        SELECT DISTINCT p.power, p.member, y.year
        FROM power_members p JOIN years y
          ON p.start <= make_date(y.year, 7, 1) AND p."end" > make_date(y.year, 7, 1)
        UNION
        SELECT DISTINCT p.power, p.power, y.year FROM power_members p JOIN years y ON p.is_bloc
    ),
    pairs AS (
        SELECT s.state, p.power, p.year, p.source_id
        FROM states s
        JOIN (
            SELECT DISTINCT power, year, source_id FROM power_members JOIN years ON year >= {FIRST_YEAR}
        ) p
          ON s.start <= make_date(p.year, 7, 1) AND coalesce(s."end", DATE '9999-12-31') > make_date(p.year, 7, 1)
        WHERE s.state <> p.power
          AND NOT EXISTS (
              SELECT 1 FROM powers w WHERE w.power = p.power AND w.year = p.year AND w.member = s.state
          )
    )
"""

SANCTIONS_BY = f"""
    {_CASES},
    against AS (SELECT target AS state, year, count(DISTINCT "case") AS whole FROM cases GROUP BY ALL),
    sent AS (
        SELECT s.target AS state, p.power, s.year, count(DISTINCT s."case") AS value
        FROM senders s JOIN powers p ON p.member = s.state AND p.year = s.year
        GROUP BY ALL
    ),
    final AS (
        SELECT d.state, d.power, d.year, coalesce(s.value, 0) / a.whole AS share,
               coalesce(s.value, 0) AS amount, NULL::VARCHAR AS detail, coalesce(s.value, 0) AS n, d.source_id
        FROM pairs d
        LEFT JOIN against a ON a.state = d.state AND a.year = d.year
        LEFT JOIN sent s ON s.state = d.state AND s.power = d.power AND s.year = d.year
    )
"""

SANCTIONS_ON = f"""
    {_CASES},
    against AS (
        SELECT p.power, c.year, count(DISTINCT c."case") AS whole
        FROM cases c JOIN powers p ON p.member = c.target AND p.year = c.year
        GROUP BY ALL
    ),
    sent AS (
        SELECT s.state, p.power, s.year, count(DISTINCT s."case") AS value
        FROM senders s JOIN powers p ON p.member = s.target AND p.year = s.year
        GROUP BY ALL
    ),
    final AS (
        SELECT d.state, d.power, d.year, coalesce(s.value, 0) / a.whole AS share,
               coalesce(a.whole, 0) AS amount, NULL::VARCHAR AS detail, coalesce(a.whole, 0) AS n, d.source_id
        FROM pairs d
        LEFT JOIN against a ON a.power = d.power AND a.year = d.year
        LEFT JOIN sent s ON s.state = d.state AND s.power = d.power AND s.year = d.year
    )
"""
