"""Visits of leaders: the power's to the state, the state's to the power."""

from typing import Any

import pyarrow as pa

from equidistance.indicators.annual import COVERED_YEARS, DYADS, annual_rows
from equidistance.indicators.declare import indicator

TRAVELS = {"USA": "visits_us", "CHN": "visits_china"}
"""Powers all of whose leaders' journeys a source lists, with that source. Declared, never inferred from rows:
a source on the journeys of one power also shows some of the visits of another."""

RECEPTIONS = {"USA": "visits_us"}
"""Powers all of whose foreign guests a source lists."""


@indicator(
    name="visits_received",
    title="Visits by the power's leaders",
    channel="deed",
    instrument="diplomacy",
    link="log",
    freq="year",
    sources=("visits_us", "visits_china"),
)
def visits_received(connection: Any) -> pa.Table:
    """Visits of the power's leaders to the state in a year.

    Value: log(visits + 1/2), error 1 / sqrt(visits + 1/2). A year without a visit inside the source's
    coverage is a real zero. Only the United States (president and secretary of state) and China (president or
    party leader, and premier) have a value, because only their journeys are listed completely; the two are
    not counted alike. A bloc has a value only if the journeys of all its members are listed: a part of them
    would be biased. ``n`` counts the visits."""
    return _visits(connection, TRAVELS, visitor="d.member", host="d.state")


@indicator(
    name="visits_paid",
    title="Visits to the power",
    channel="deed",
    instrument="diplomacy",
    link="log",
    freq="year",
    sources=("visits_us",),
)
def visits_paid(connection: Any) -> pa.Table:
    """Visits of the state's leaders to the power in a year.

    Value: log(visits + 1/2), error 1 / sqrt(visits + 1/2). A year without a visit inside the source's
    coverage is a real zero. Only the United States has a value: only its guests are listed completely (heads
    of state and government, multilateral summits included, sessions of the United Nations not). A bloc has a
    value only if the guests of all its members are listed. ``n`` counts the visits."""
    return _visits(connection, RECEPTIONS, visitor="d.state", host="d.member")


@indicator(
    name="leader_meetings",
    title="Meetings with the power's leaders",
    channel="deed",
    instrument="diplomacy",
    link="logit",
    freq="year",
    sources=("meetings_china",),
)
def leader_meetings(connection: Any) -> pa.Table:
    """Days on which China's president, premier or foreign minister met somebody of the state outside that state.

    Value: logit of (x + 1/2) / (N + 1), with x the days with the state and N those with all states in the year: the
    source grows less thorough over the years, and a share does not mind. Error by the delta method. Journeys to the
    state are left out, because ``visits_received`` counts them. Only China has a value; the model learns the mean of
    its dyads for it, so that it says whom China's leaders meet more than others, and nothing of other powers. A year
    without a meeting inside the coverage (2003 to 2018) is a real zero. ``n`` counts the days."""
    return annual_rows(
        connection,
        f"""
        WITH {COVERED_YEARS},
        years AS (SELECT year, source_id FROM covered WHERE source = 'meetings_china'),
        {DYADS},
        days AS (
            SELECT leader_state, partner, year(date) AS year, count(DISTINCT date) AS x
            FROM meetings WHERE kind IN ('host', 'third') GROUP BY ALL
        ),
        totals AS (SELECT leader_state, year, sum(x) AS total FROM days GROUP BY ALL),
        counts AS (
            SELECT d.state, d.power, d.year, coalesce(x.x, 0) AS x, t.total, y.source_id
            FROM dyads d
            JOIN years y USING (year)
            JOIN totals t ON t.leader_state = d.member AND t.year = d.year
            LEFT JOIN days x ON x.leader_state = d.member AND x.partner = d.state AND x.year = d.year
            WHERE d.power = d.member
        )
        SELECT state, power, year,
               ln((x + 0.5) / (total - x + 0.5)) AS value,
               sqrt(1 / (x + 0.5) + 1 / (total - x + 0.5)) AS se,
               x AS n, source_id
        FROM counts
        """,
    )


def _visits(connection: Any, scope: dict[str, str], *, visitor: str, host: str) -> pa.Table:
    """Count the visits between the dyads of powers whose members are all in the scope in that year."""
    return annual_rows(
        connection,
        f"""
        WITH {COVERED_YEARS},
        scope AS (SELECT unnest($members) AS member, unnest($sources) AS source),
        listed AS (SELECT s.member, c.year, c.source, c.source_id FROM scope s JOIN covered c USING (source)),
        years AS (SELECT DISTINCT year FROM listed),
        {DYADS},
        complete AS (
            SELECT m.power, m.year
            FROM members m LEFT JOIN listed l USING (member, year)
            GROUP BY m.power, m.year
            HAVING count(*) = count(l.member)
        ),
        origins AS (SELECT DISTINCT source_id, source FROM coverage),
        counts AS (
            SELECT v.visitor, v.host, year(v.date) AS year, o.source, count(*) AS visits
            FROM visits v JOIN origins o USING (source_id)
            GROUP BY ALL
        ),
        dyad_counts AS (
            SELECT d.state, d.power, d.year,
                   coalesce(sum(c.visits), 0) AS visits, max(l.source_id) AS source_id
            FROM dyads d
            JOIN complete USING (power, year)
            JOIN listed l USING (member, year)
            LEFT JOIN counts c
              ON c.visitor = {visitor} AND c.host = {host} AND c.year = d.year AND c.source = l.source
            GROUP BY d.state, d.power, d.year
        )
        SELECT
            state, power, year,
            ln(visits + 0.5) AS value,
            1 / sqrt(visits + 0.5) AS se,
            visits AS n,
            source_id
        FROM dyad_counts
        """,
        {"members": list(scope), "sources": list(scope.values())},
    )
