"""Treaties: trade agreements in force, agreements with the United States, who ratifies what."""

from datetime import date
from typing import Any

import pyarrow as pa

from equidistance.ground.blocs import get_bloc
from equidistance.indicators.annual import COVERED_YEARS, DYADS, annual_rows
from equidistance.indicators.declare import indicator

DEPTH = {"customs union": 3, "free trade": 2, "other": 1}
"""How far a trade agreement goes; the form is read off the title (see the source)."""


@indicator(
    name="trade_agreement_depth",
    title="Depth of trade agreements",
    channel="deed",
    instrument="trade",
    link="depth",
    freq="year",
    sources=("agreements_desta", "agreements_huggo"),
)
def trade_agreement_depth(connection: Any) -> pa.Table:
    """The deepest trade agreement in force between state and power on 1 July: customs union 3, free trade 2, other 1.

    A pair without one has 0 inside DESTA's coverage and no value outside. Negotiations and signed agreements that
    never entered into force do not count; of an agreement between a group and a third state only pairs across do. Entry
    and exit are DESTA's; where HUGGO has the same agreement, it fills a missing entry and a missing exit (an agreement
    replaced by a later one). What a member of the European Union signed alone with a third state does not count while
    it is a member, because its trade policy is the Union's. A bloc counts with the deepest of its members. The source
    implies no error (se 0). The deepest and not the sum: lists keep agreements that later ones have swallowed. ``n``
    counts the agreements in force."""
    union = get_bloc("EU").spells
    depth = " ".join(f"WHEN '{form}' THEN {weight}" for form, weight in DEPTH.items())
    return annual_rows(
        connection,
        f"""
        WITH {COVERED_YEARS},
        years AS (SELECT year, source_id FROM covered WHERE source = 'agreements_desta'),
        {DYADS},
        others AS (
            SELECT a.same_as AS agreement, p.state, min(p.start) AS start,
                   CASE WHEN count(*) = count(p."end") THEN max(p."end") END AS "end"
            FROM agreement_parties p JOIN agreements a USING (agreement)
            WHERE a.same_as IS NOT NULL
            GROUP BY ALL
        ),
        spells AS (
            SELECT p.agreement, p.state, p.side, CASE a.form {depth} END AS depth, p.source_id,
                   coalesce(p.start, o.start) AS start, coalesce(p."end", o."end", DATE '9999-12-31') AS "end"
            FROM agreement_parties p
            JOIN agreements a USING (agreement)
            LEFT JOIN others o ON o.agreement = p.agreement AND o.state = p.state
            WHERE p.agreement LIKE 'desta:%' AND p.side <> 'unknown' AND p.entry <> 'negotiation'
        ),
        -- an agreement of two states, one of which is a member of the European Union from "start" to "end"
        alone AS (
            SELECT p.agreement, u.start, u."end"
            FROM agreement_parties p JOIN (
                SELECT unnest($union_members) AS state, unnest($starts) AS start, unnest($ends) AS "end"
            ) u USING (state)
            WHERE p.agreement IN (SELECT agreement FROM agreement_parties GROUP BY agreement HAVING count(*) = 2)
        ),
        pairs AS (
            SELECT s.agreement, s.state, o.state AS member, s.depth, s.source_id,
                   greatest(s.start, o.start) AS start, least(s."end", o."end") AS "end"
            FROM spells s JOIN spells o USING (agreement)
            WHERE s.state <> o.state AND (s.side = 'all' OR s.side <> o.side)
              AND s.start IS NOT NULL AND o.start IS NOT NULL
              AND o.state IN (SELECT member FROM members)
        )
        SELECT d.state, d.power, d.year,
               coalesce(max(p.depth), 0) AS value, 0 AS se, count(p.depth) AS n,
               coalesce(max(p.source_id), max(y.source_id)) AS source_id
        FROM dyads d
        JOIN years y USING (year)
        LEFT JOIN pairs p
          ON p.state = d.state AND p.member = d.member
         AND p.start <= make_date(d.year, 7, 1) AND p."end" > make_date(d.year, 7, 1)
         AND NOT EXISTS (
            SELECT 1 FROM alone a
            WHERE a.agreement = p.agreement AND a.start <= make_date(d.year, 7, 1) AND a."end" > make_date(d.year, 7, 1)
         )
        GROUP BY d.state, d.power, d.year
        """,
        {
            "union_members": [spell.state for spell in union],
            "starts": [spell.start for spell in union],
            "ends": [spell.end or date.max for spell in union],
        },
    )


@indicator(
    name="us_agreements",
    title="New agreements with the United States",
    channel="deed",
    instrument="diplomacy",
    link="log",
    freq="year",
    sources=("agreements_us",),
)
def us_agreements(connection: Any) -> pa.Table:
    """Bilateral agreements with the United States that entered into force in the year.

    Value: log(agreements + 1/2), error 1 / sqrt(agreements + 1/2). A year without one inside the coverage is a real
    zero. Only the United States has a value: no other power's list is read. The model learns the mean of its own dyads
    for it, so that it says which states deal more with the United States than others, and nothing of other powers.
    Every agreement counts alike, amendments and debt reschedulings included; what ended is not recorded, so this counts
    new agreements and not those in force. ``n`` counts the agreements."""
    return annual_rows(
        connection,
        f"""
        WITH {COVERED_YEARS},
        years AS (SELECT year, source_id FROM covered WHERE source = 'agreements_us'),
        {DYADS},
        counts AS (
            SELECT d.state, d.power, d.year, count(b.agreement) AS x, max(y.source_id) AS source_id
            FROM dyads d
            JOIN years y USING (year)
            LEFT JOIN bilateral_agreements b
              ON b.state_a = d.member AND b.state_b = d.state AND year(b.date) = d.year
            WHERE d.power = 'USA'
            GROUP BY d.state, d.power, d.year
        )
        SELECT state, power, year, ln(x + 0.5) AS value, 1 / sqrt(x + 0.5) AS se, x AS n, source_id
        FROM counts
        """,
    )


@indicator(
    name="treaty_pattern",
    title="Ratification of the same treaties",
    channel="deed",
    instrument="diplomacy",
    link="log_ratio",
    freq="year",
    sources=("treaties_un",),
)
def treaty_pattern(connection: Any) -> pa.Table:
    """How far state and power are bound by the same multilateral treaties, whatever the number each is bound by.

    Over the treaties of the United Nations' depositary that anybody had acted on by 1 July of the year, each of the two
    is bound or not. Value: the log odds ratio of the two patterns, log((both + 1/2) (neither + 1/2) / ((state only +
    1/2) (power only + 1/2))), error the root of the sum of the four reciprocals. It does not depend on the margins: a
    state that ratifies much, or that is young and has not yet, comes no closer to everybody, and the young one's error
    is wide. Treaties are taken as independent, which related protocols are not. A bloc's value is the mean over its
    members, its error the mean of theirs, because their patterns go together. Ends with the source, in 2014;
    withdrawals are not in it. ``n`` counts the treaties."""
    return annual_rows(
        connection,
        f"""
        WITH {COVERED_YEARS},
        years AS (SELECT year, source_id FROM covered WHERE source = 'treaties_un'),
        {DYADS},
        -- the first year on whose 1 July a treaty existed, and a state was bound: 2 July and 183 days are the next year
        opened AS (
            SELECT treaty, min(year(date + INTERVAL 183 DAY)) AS first FROM treaty_actions GROUP BY treaty
        ),
        bound AS (
            SELECT state, treaty, min(year(date + INTERVAL 183 DAY)) AS first
            FROM treaty_actions WHERE binding GROUP BY ALL
        ),
        listed AS (
            SELECT y.year, y.source_id, count(*) AS total FROM years y JOIN opened o ON o.first <= y.year GROUP BY ALL
        ),
        own AS (SELECT b.state, y.year, count(*) AS x FROM years y JOIN bound b ON b.first <= y.year GROUP BY ALL),
        starts AS (
            SELECT s.state, m.state AS member, greatest(s.first, m.first) AS first, count(*) AS x
            FROM bound s JOIN bound m USING (treaty)
            WHERE m.state IN (SELECT member FROM members)
            GROUP BY ALL
        ),
        shared AS (
            SELECT s.state, s.member, y.year, sum(s.x) AS x FROM years y JOIN starts s ON s.first <= y.year GROUP BY ALL
        ),
        cells AS (
            SELECT d.state, d.power, d.year, l.source_id, l.total,
                   coalesce(s.x, 0) + 0.5 AS bound_both, l.total - a.x - b.x + coalesce(s.x, 0) + 0.5 AS neither,
                   a.x - coalesce(s.x, 0) + 0.5 AS state_only, b.x - coalesce(s.x, 0) + 0.5 AS power_only
            FROM dyads d
            JOIN listed l USING (year)
            JOIN own a ON a.state = d.state AND a.year = d.year
            JOIN own b ON b.state = d.member AND b.year = d.year
            LEFT JOIN shared s ON s.state = d.state AND s.member = d.member AND s.year = d.year
        )
        SELECT state, power, year,
               avg(ln(bound_both * neither / (state_only * power_only))) AS value,
               avg(sqrt(1 / bound_both + 1 / neither + 1 / state_only + 1 / power_only)) AS se,
               max(total) AS n, max(source_id) AS source_id
        FROM cells
        GROUP BY state, power, year
        """,
    )
