"""Acts that a person coded: what the state said to a power and did to it, in the user's own ledger."""

from typing import Any

import pyarrow as pa

from equidistance.indicators.declare import INDICATOR_SCHEMA, indicator

MUTUAL = ("AGREE", "CONSULT", "COOPERATE")
"""Types in which both sides act, whoever is named first."""

_SCHEMA = pa.schema([field for field in INDICATOR_SCHEMA if field.name != "indicator"])


@indicator(
    name="expert_words",
    title="Expert-coded words: cooperation against conflict",
    channel="word",
    instrument="diplomacy",
    link="log_ratio",
    freq="month",
    sources=("expert_acts",),
    default=False,
)
def expert_words(connection: Any) -> pa.Table:
    """What the state's government said to the power in a month, as a person coded it: closer against away.

    Value: log((closer + 1/2) / (away + 1/2)) of distinct acts, error sqrt(1 / (closer + 1/2) + 1 / (away + 1/2)), as
    for ``verbal_cooperation``, whose shared parameters it takes until a fit has seen it. Acts that were denied are
    left out, and so are acts dated less finely than a season. The same act told by two articles counts once. ``n``
    counts acts. Only asked for by name (``--indicators +expert_words``): which acts a ledger holds depends on who
    keeps it."""
    return _log_ratio(connection, "word", ("done", "announced", "planned", "threatened"))


@indicator(
    name="expert_deeds",
    title="Expert-coded deeds: cooperation against conflict",
    channel="deed",
    instrument="security",
    link="log_ratio",
    freq="month",
    sources=("expert_acts",),
    default=False,
)
def expert_deeds(connection: Any) -> pa.Table:
    """What the state's government did to the power in a month, as a person coded it: closer against away.

    As ``expert_words``, with what was done only; shared parameters are those of ``material_cooperation`` until a fit
    has seen it."""
    return _log_ratio(connection, "deed", ("done",))


def _log_ratio(connection: Any, channel: str, modalities: tuple[str, ...]) -> pa.Table:
    """Acts stand in the middle month of what their date allows."""
    rows = connection.sql(
        """
        WITH dated AS (
            SELECT act, actor, partner, type, direction, source_id,
                   date_trunc('month', first + ((last - first) / 2)::INT)::DATE AS period
            FROM acts
            WHERE channel = $channel AND direction <> 0 AND partner IS NOT NULL
              AND list_contains($modalities, modality) AND last - first <= 92
        ),
        both_ways AS (
            SELECT act, actor AS state, partner AS other, period, direction, source_id FROM dated
            UNION ALL
            SELECT act, partner, actor, period, direction, source_id FROM dated WHERE list_contains($mutual, type)
        ),
        toward AS (
            SELECT DISTINCT b.state, m.power, b.period, b.act, b.direction, b.source_id
            FROM both_ways b
            JOIN states s ON s.state = b.state AND b.period >= date_trunc('month', s.start) AND b.period < s."end"
            JOIN power_members m
              ON (m.member = b.other OR (m.is_bloc AND m.power = b.other))
             AND b.period >= date_trunc('month', m.start) AND b.period < m."end"
            WHERE b.state <> m.power
              AND NOT EXISTS (
                SELECT 1 FROM power_members own
                WHERE own.power = m.power AND own.member = b.state
                  AND own.start <= b.period AND own."end" > b.period
              )
        ),
        months AS (
            SELECT state, power, period,
                   count(DISTINCT act) FILTER (WHERE direction > 0) AS closer,
                   count(DISTINCT act) FILTER (WHERE direction < 0) AS away,
                   max(source_id) AS source_id
            FROM toward
            GROUP BY ALL
        )
        SELECT state, power, period, 'month' AS freq,
               ln((closer + 0.5) / (away + 0.5)) AS value,
               sqrt(1 / (closer + 0.5) + 1 / (away + 0.5)) AS se,
               closer + away AS n, source_id
        FROM months
        ORDER BY state, power, period
        """,
        params={"channel": channel, "modalities": list(modalities), "mutual": list(MUTUAL)},
    ).to_arrow_table()
    return rows.select(_SCHEMA.names).cast(_SCHEMA)
