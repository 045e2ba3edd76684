"""What states say and do to each power, by machine-coded events (ICEWS) and by daily balances (GDELT).

All aggregations are Ibis expressions, so that the same ones run on DuckDB and on Spark. Shared rules:

- Only acts of one government toward another count: bare states, government roles, officials in office,
  organs of states. Citizens, business, media, courts and opposition do not (``society`` in the evidence).
- Acts are directed, from the state to the power. What the power says or does to the state is not the state's
  policy.
- Rows are reports, so acts are counted once per day, pair of actors and CAMEO code: ten reports of one
  speech are one. That also makes raw ICEWS and the triples comparable, and several source versions add up
  without double counting.
- An act toward a bloc is one toward a member of that day, the bloc itself (Commission, Secretary General),
  or a bloc wholly inside it (EU in WEST). A state has no value against a bloc for the days on which it is a
  member.
- A month that is covered in part has a value: a ratio or a mean of days is not biased by missing days, only
  less exact.
- ``source_id`` names the version that most of the counted acts come from.

CAMEO roots: 03-05 cooperation in words; 09-13 conflict in words (09, investigate, as GDELT's and ICEWS's
quad classes have it); 06-08 cooperation in deeds; 15-20 conflict in deeds. Left out: 01 (statements without
direction), 02 (an appeal is as often a reproach as a plea), 14 (protest is not a government's act).
"""

from collections.abc import Collection
from datetime import date
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from equidistance.ground.blocs import Bloc, all_blocs
from equidistance.indicators.declare import INDICATOR_SCHEMA, indicator
from equidistance.indicators.views import OPEN_END

if TYPE_CHECKING:
    import ibis

GOVERNMENT = ("state", "tag", "person", "organisation")
"""The ways of resolving an actor that make its act the state's own."""

VERBAL_COOPERATION = ("03", "04", "05")
VERBAL_CONFLICT = ("09", "10", "11", "12", "13")
MATERIAL_COOPERATION = ("06", "07", "08")
MATERIAL_CONFLICT = ("15", "16", "17", "18", "19", "20")

ECONOMIC_COOPERATION = ("061", "071", "085")
"""Cooperate economically, provide economic aid, ease sanctions."""
ECONOMIC_CONFLICT = ("1621", "163")
"""Reduce or stop economic aid; impose embargo, boycott or sanctions."""

FEWEST_DAYS = 5
"""Days a month must have for the error of a mean of days to mean anything."""

_TARGETS = pa.schema(
    [("power", pa.string()), ("target", pa.string()), ("start", pa.date32()), ("end", pa.date32())]
)
_SCHEMA = pa.schema([field for field in INDICATOR_SCHEMA if field.name != "indicator"])


@indicator(
    name="verbal_cooperation",
    title="Words: cooperation against conflict",
    channel="word",
    instrument="diplomacy",
    link="log_ratio",
    freq="month",
    sources=("icews",),
)
def verbal_cooperation(connection: Any) -> pa.Table:
    """What a state's government says to the power in a month: cooperative against conflictual verbal acts.

    Value: log((coop + 1/2) / (conf + 1/2)) with CAMEO roots 03-05 against 09-13; error
    sqrt(1 / (coop + 1/2) + 1 / (conf + 1/2)); ``n`` = coop + conf. No acts, no row: that nothing was
    reported is not evidence of neutrality, and small states are reported on less."""
    return _log_ratio(connection, _root, VERBAL_COOPERATION, VERBAL_CONFLICT)


@indicator(
    name="material_cooperation",
    title="Deeds: cooperation against conflict",
    channel="deed",
    instrument="security",
    link="log_ratio",
    freq="month",
    sources=("icews",),
)
def material_cooperation(connection: Any) -> pa.Table:
    """What a state's government does to the power in a month: cooperative against conflictual material acts.

    Value and error as for ``verbal_cooperation``, with CAMEO roots 06-08 against 15-20: aid, military and
    judicial cooperation, release and withdrawal against force, arrest, expulsion, sanctions. Few such acts
    are reported of most pairs, so errors are wide. A retreat (0874) counts as cooperation, as CAMEO has
    it."""
    return _log_ratio(connection, _root, MATERIAL_COOPERATION, MATERIAL_CONFLICT)


@indicator(
    name="economic_relations",
    title="Deeds: economic cooperation against sanctions",
    channel="deed",
    instrument="finance",
    link="log_ratio",
    freq="month",
    sources=("icews",),
)
def economic_relations(connection: Any) -> pa.Table:
    """Economic acts of a state's government toward the power in a month: cooperation against sanctions.

    Value and error as for ``verbal_cooperation``, with CAMEO 061, 071 and 085 against 1621 and 163.
    Promises, appeals and threats are words and left out; so are military aid and humanitarian aid (in 2022
    Russia "provided" the latter to Ukraine more often than anything else economic). Few acts a month: errors
    are wide. The codes are a subset of those of ``material_cooperation``: the two are not independent."""
    return _log_ratio(connection, lambda code: code, ECONOMIC_COOPERATION, ECONOMIC_CONFLICT)


@indicator(
    name="event_balance",
    title="Tone of reported relations",
    channel="word",
    instrument="information",
    link="mean",
    freq="month",
    sources=("gdelt",),
)
def event_balance(connection: Any) -> pa.Table:
    """The mean over a month's days of the balance of all reported events between state and power.

    A day's balance x is the sum of Goldstein values of all events between the two (for a bloc: the sum over
    its members other than the state). It spans five orders of magnitude with both signs, so it enters as
    sign(x) * log(1 + |x|): zero stays zero, and a doubling counts the same in war and in peace. Value: the
    mean over the days with reports, ``n``; error: their standard deviation / sqrt(n), which takes days as
    independent and is too small where moods last. At least five days, not all equal. Undirected: the value
    stands for both directions. It grows with how much a pair is written about. A bloc's sum covers only the
    members the source has pairs for."""
    backend = backend_of(connection)
    balances = backend.table("event_balances")
    rest = {"day": balances.date, "goldstein_sum": balances.goldstein_sum, "source_id": balances.source_id}
    both_ways = balances.select(state=balances.state_a, other=balances.state_b, **rest).union(
        balances.select(state=balances.state_b, other=balances.state_a, **rest)
    )
    daily = (
        toward_powers(backend, both_ways)
        .group_by(["state", "power", "day"])
        .agg(balance=lambda t: t.goldstein_sum.sum(), source_id=lambda t: t.source_id.max())
    )
    damped = daily.mutate(
        period=daily.day.truncate("M"), balance=daily.balance.sign() * (daily.balance.abs() + 1).ln()
    )
    months = damped.group_by(["state", "power", "period"]).agg(
        value=damped.balance.mean(),
        spread=damped.balance.std(how="sample"),
        n=damped.count(),
        source_id=damped.source_id.max(),
    )
    enough = months.filter(months.n >= FEWEST_DAYS, months.spread > 0)
    return finished_months(enough.mutate(se=enough.spread / enough.n.cast("float64").sqrt()))


def _log_ratio(
    connection: Any, classify: Any, cooperation: Collection[str], conflict: Collection[str]
) -> pa.Table:
    """Count the acts of two classes per state, power and month.

    Args:
        connection: see :mod:`equidistance.indicators.declare`.
        classify: from a CAMEO code column to the values listed in the next two.
        cooperation: classes that count for the state.
        conflict: classes that count against it.
    """
    backend = backend_of(connection)
    acts = government_acts(backend.table("events")).mutate(kind=lambda t: classify(t.code))
    return monthly_log_ratio(backend, acts, cooperation, conflict)


def monthly_log_ratio(
    backend: Any, acts: "ibis.Table", cooperation: Collection[str], conflict: Collection[str]
) -> pa.Table:
    """The log ratio of two classes of acts per state, power and month, as ``verbal_cooperation`` defines it.

    Args:
        backend: the engine, of :func:`backend_of`.
        acts: columns ``state``, ``other``, ``day``, ``kind`` and ``source_id``.
        cooperation: values of ``kind`` that count for the state.
        conflict: those that count against it.
    """
    import ibis

    acts = acts.filter(acts.kind.isin([*cooperation, *conflict]))
    acts = toward_powers(backend, acts)
    by_version = acts.group_by(["state", "power", "source_id", acts.day.truncate("M").name("period")]).agg(
        coop=acts.kind.isin(list(cooperation)).sum(), conf=acts.kind.isin(list(conflict)).sum()
    )
    by_version = by_version.mutate(n=by_version.coop + by_version.conf)
    dyad_month = ["state", "power", "period"]
    months = by_version.mutate(
        coop=by_version.coop.sum().over(group_by=dyad_month),
        conf=by_version.conf.sum().over(group_by=dyad_month),
        n=by_version.n.sum().over(group_by=dyad_month),
        rank=ibis.row_number().over(
            group_by=dyad_month, order_by=[by_version.n.desc(), by_version.source_id]
        ),
    ).filter(lambda t: t["rank"] == 0)
    coop, conf = months.coop + 0.5, months.conf + 0.5
    return finished_months(months.mutate(value=(coop / conf).ln(), se=(1 / coop + 1 / conf).sqrt()))


def backend_of(connection: Any) -> Any:
    """The engine: an Ibis backend (Spark) as it is, a DuckDB connection wrapped."""
    import ibis

    return connection if isinstance(connection, ibis.BaseBackend) else ibis.duckdb.from_connection(connection)


def government_acts(events: "ibis.Table") -> "ibis.Table":
    """Acts between two governments, one per day, pair of actors and code."""
    between_governments = events.filter(
        events.source_by.isin(GOVERNMENT),
        events.target_by.isin(GOVERNMENT),
        events.source_state != events.target_state,
        events.code.notnull(),
    )
    return (
        between_governments.group_by(
            ["date", "source_actor", "target_actor", "code", "source_state", "target_state"]
        )
        .agg(source_id=between_governments.source_id.min())
        .select("code", "source_id", day="date", state="source_state", other="target_state")
    )


def toward_powers(backend: Any, dyads: "ibis.Table") -> "ibis.Table":
    """From rows (state, other, day, ...) to one row for each power that ``other`` stands for.

    Left out: what is not a state on that day, and a state that belongs to the power on that day.
    """
    import ibis

    members = backend.table("power_members")
    states = backend.table("states")
    targets = ibis.memtable(_targets(members.to_pyarrow().to_pylist()))
    existing = dyads.semi_join(
        states, [dyads.state == states.state, dyads.day >= states.start, dyads.day < states.end]
    )
    toward = existing.join(
        targets, [existing.other == targets.target, existing.day >= targets.start, existing.day < targets.end]
    ).drop("target", "start", "end")
    return toward.anti_join(
        members,
        [
            toward.power == members.power,
            toward.state == members.member,
            toward.day >= members.start,
            toward.day < members.end,
        ],
    )


def _targets(members: list[dict[str, Any]]) -> pa.Table:
    """Whose codes stand for a power, and when: its members, a bloc itself, and the blocs wholly inside it.

    An act toward the Commission (EU) is one toward the West, to which all members of the EU belong.
    """
    rows = [{**row, "target": row["member"]} for row in members]
    for power in sorted({row["power"] for row in members if row["is_bloc"]}):
        own = [row for row in members if row["power"] == power]
        rows.append({"power": power, "target": power, "start": date.min, "end": OPEN_END})
        for bloc in all_blocs():
            if bloc.code != power:
                rows += [{"power": power, "target": bloc.code, **span} for span in _spans_inside(bloc, own)]
    return pa.Table.from_pylist(rows, schema=_TARGETS)


def _spans_inside(bloc: Bloc, own: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """When all members of a bloc were members of the power."""
    changes = {row[edge] for row in own for edge in ("start", "end")}
    changes |= {day for spell in bloc.spells for day in (spell.start, spell.end or OPEN_END)}
    return [
        {"start": start, "end": end}
        for start, end in pairwise(sorted(changes))
        if (inside := bloc.members(start))
        and inside <= {row["member"] for row in own if row["start"] <= start < row["end"]}
    ]


def _root(code: "ibis.expr.types.StringValue") -> "ibis.expr.types.StringValue":
    return code.substr(0, 2)


def finished_months(months: "ibis.Table") -> pa.Table:
    """The rows of a monthly indicator, in order, from an expression with all columns but ``freq``."""
    import ibis

    rows = (
        months.mutate(freq=ibis.literal("month")).select(_SCHEMA.names).order_by(["state", "power", "period"])
    )
    return rows.to_pyarrow().cast(_SCHEMA)
