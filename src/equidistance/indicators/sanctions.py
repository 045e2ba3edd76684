"""Sanctions in force between a state and a power."""

from datetime import date
from typing import Any

import pyarrow as pa

from equidistance.ground.blocs import all_blocs
from equidistance.indicators.annual import COVERED_YEARS, DYADS, annual_rows
from equidistance.indicators.declare import indicator

WEIGHTS = {"financial": 2, "arms": 1, "military": 1, "travel": 1, "other": 1}
"""How much a kind of sanction weighs; trade weighs 3 where all of it is forbidden, otherwise 2. All together: 9."""

COMPLETE_TRADE, PARTIAL_TRADE = 3, 2


@indicator(
    name="sanctions_in_force",
    title="Sanctions in force (negative)",
    channel="deed",
    instrument="finance",
    link="depth",
    freq="year",
    sources=("sanctions_gsdb",),
)
def sanctions_in_force(connection: Any) -> pa.Table:
    """Minus the weight of the sanctions in force between state and power in the year, by either against the other.

    Weights: all trade 3 or some of it 2, finance 2, arms, military help, travel and others 1 each; a kind counts once
    however many cases have it, so the value lies between 0 and -9. A pair without sanctions has 0 inside the coverage
    (to 2019) and no value outside. What a bloc imposes binds its members of the year; a bloc's own value is the
    union of its members' acts. Sanctions of the United Nations are not in it. The source implies no error (se 0): a
    case says that a measure stood, not how it was kept. ``n`` counts the cases."""
    worst = " + ".join(
        [
            f"max(CASE WHEN NOT trade THEN 0 WHEN trade_scope LIKE '%compl%' THEN {COMPLETE_TRADE} "
            f"ELSE {PARTIAL_TRADE} END)",
            *(f"{weight} * max({kind}::INT)" for kind, weight in WEIGHTS.items()),
        ]
    )
    spells = [(bloc.code, spell) for bloc in all_blocs() for spell in bloc.spells]
    return annual_rows(
        connection,
        f"""
        WITH {COVERED_YEARS},
        years AS (SELECT year, source_id FROM covered WHERE source = 'sanctions_gsdb'),
        {DYADS},
        blocs AS (
            SELECT unnest($blocs) AS bloc, unnest($members) AS member, unnest($starts) AS start, unnest($ends) AS "end"
        ),
        -- each case for each year and each state that sends it or is its target, the blocs taken apart
        cases AS (
            SELECT s.*, y.year
            FROM sanctions s JOIN years y ON s.begin <= y.year AND (s."end" IS NULL OR s."end" >= y.year)
        ),
        sent AS (
            SELECT c.* EXCLUDE (sender), coalesce(b.member, c.sender) AS sender
            FROM cases c LEFT JOIN blocs b
              ON b.bloc = c.sender AND b.start <= make_date(c.year, 7, 1) AND b."end" > make_date(c.year, 7, 1)
        ),
        felt AS (
            SELECT c.* EXCLUDE (target), coalesce(b.member, c.target) AS target
            FROM sent c LEFT JOIN blocs b
              ON b.bloc = c.target AND b.start <= make_date(c.year, 7, 1) AND b."end" > make_date(c.year, 7, 1)
        ),
        between_two AS (
            SELECT *, sender AS here, target AS there FROM felt
            UNION ALL
            SELECT *, target AS here, sender AS there FROM felt
        ),
        weights AS (
            SELECT d.state, d.power, d.year, -({worst}) AS value, count(DISTINCT b.case) AS n,
                   max(b.source_id) AS source_id
            FROM dyads d JOIN between_two b ON b.here = d.state AND b.there = d.member AND b.year = d.year
            GROUP BY d.state, d.power, d.year
        )
        SELECT d.state, d.power, d.year, coalesce(any_value(w.value), 0) AS value, 0 AS se,
               coalesce(any_value(w.n), 0) AS n, coalesce(any_value(w.source_id), any_value(y.source_id)) AS source_id
        FROM dyads d
        JOIN years y USING (year)
        LEFT JOIN weights w ON w.state = d.state AND w.power = d.power AND w.year = d.year
        GROUP BY d.state, d.power, d.year
        """,
        {
            "blocs": [code for code, _ in spells],
            "members": [spell.state for _, spell in spells],
            "starts": [spell.start for _, spell in spells],
            "ends": [spell.end or date.max for _, spell in spells],
        },
    )
