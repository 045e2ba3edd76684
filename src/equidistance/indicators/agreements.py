"""Standing agreements: alliance obligations in force and memberships held in common."""

from typing import Any

import pyarrow as pa

from equidistance.indicators.annual import COVERED_YEARS, DYADS, annual_rows
from equidistance.indicators.declare import indicator

DEPTH = {"defense": 3.0, "offense": 3.0, "neutrality": 2.0, "nonaggression": 1.0, "consultation": 1.0}
"""How deep an obligation binds: to fight, to stay out of a fight, not to attack or to consult. All together:
10."""


@indicator(
    name="alliance_commitment",
    title="Alliance commitment",
    channel="deed",
    instrument="security",
    link="depth",
    freq="year",
    sources=("alliances",),
)
def alliance_commitment(connection: Any) -> pa.Table:
    """Weighted depth of the alliance obligations in force: defence 3, offence 3, neutrality 2, non-aggression
    and consultation 1 each, 0 to 10.

    Inside the source's coverage a pair without obligations has the value 0, if both are states the source
    knows (they have a Correlates of War number) and existed on 1 July; outside it there is no value. A bloc
    counts with the deepest pair of its members. The source implies no error (se 0). A pact of many states
    weighs as much as a treaty of two, so common membership in a wide pact looks like commitment. ``n`` counts
    the pairs with an obligation."""
    depth = " + ".join(f"{weight} * {name}::INT" for name, weight in DEPTH.items())
    return annual_rows(
        connection,
        f"""
        WITH {COVERED_YEARS},
        years AS (SELECT year, source_id FROM covered WHERE source = 'alliances'),
        {DYADS},
        pairs AS (
            SELECT d.state, d.power, d.year, {depth} AS depth, a.source_id
            FROM dyads d
            LEFT JOIN alliances a
              ON a.state_a = least(d.state, d.member)
             AND a.state_b = greatest(d.state, d.member)
             AND a.year = d.year
            WHERE list_contains($numbered, d.state) AND list_contains($numbered, d.member)
        )
        SELECT
            p.state, p.power, p.year,
            coalesce(max(p.depth), 0) AS value,
            0 AS se,
            count(p.depth) AS n,
            coalesce(max(p.source_id), max(y.source_id)) AS source_id
        FROM pairs p JOIN years y USING (year)
        GROUP BY p.state, p.power, p.year
        """,
        {"numbered": _numbered_states()},
    )


def _numbered_states() -> list[str]:
    """States with a Correlates of War number: those the alliance data could list."""
    from equidistance.ground.states import all_states

    return [state.code for state in all_states() if state.cow]


@indicator(
    name="shared_memberships",
    title="Shared memberships",
    channel="deed",
    instrument="diplomacy",
    link="logit",
    freq="year",
    sources=("memberships",),
)
def shared_memberships(connection: Any) -> pa.Table:
    """Intergovernmental organisations shared with the power, as a share of all the state fully belongs to.

    Value: logit of (x + 1/2) / (n + 1), with x shared and n own full memberships; x is never more than n.
    Error by the delta method: sqrt(1 / (x + 1/2) + 1 / (n - x + 1/2)). For a bloc x is the mean over its
    members with a record. Only recorded pairs have a value; the source ends with 2014. Big powers belong to
    more organisations than small ones, and every organisation counts the same. ``n`` counts the pairs
    recorded."""
    return annual_rows(
        connection,
        f"""
        WITH years AS (SELECT DISTINCT year FROM shared_memberships),
        {DYADS},
        counts AS (
            SELECT
                d.state, d.power, d.year,
                any_value(m.full) AS own,
                avg(s.shared) AS shared,
                count(*) AS n,
                max(s.source_id) AS source_id
            FROM dyads d
            JOIN shared_memberships s
              ON s.state_a = least(d.state, d.member)
             AND s.state_b = greatest(d.state, d.member)
             AND s.year = d.year
            JOIN memberships m ON m.state = d.state AND m.year = d.year
            GROUP BY d.state, d.power, d.year
        ),
        bounded AS (SELECT *, least(shared, own) AS x FROM counts)
        SELECT
            state, power, year,
            ln((x + 0.5) / (own - x + 0.5)) AS value,
            sqrt(1 / (x + 0.5) + 1 / (own - x + 0.5)) AS se,
            n,
            source_id
        FROM bounded
        """,
    )
