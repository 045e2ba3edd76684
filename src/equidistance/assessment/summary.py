"""The sentences that say what the tables say."""

from typing import Any

from equidistance.figures.words import CERTAIN, LIKELY, listed, the
from equidistance.ground.blocs import Bloc
from equidistance.ground.states import State
from equidistance.tables import Table

_BASIS = {"overall": "in words and deeds together", "deed": "in deeds", "word": "in words"}


def headline(state: State, channel: str, orientation: Table, equidistance: Table) -> str:
    """Where the state stands in the last month, in one sentence with intervals."""
    if not len(equidistance):
        last = orientation.to_pylist()[-1]
        return f"{state.name} is measured against {last['power_name']} alone: with one power there is no equidistance."
    now = equidistance.to_pylist()[-1]
    share = next(
        row for row in orientation if row["power"] == now["leader"] and row["period"] == now["period"]
    )
    return (
        f"In {now['period']:%B %Y}, {_BASIS[channel]}, {state.name} {_stands(now['p_leader'])} "
        f"{the(now['leader_name'])} ({now['p_leader']:.0%} probability; share {share['mean']:.0%}, 90% interval "
        f"{share['q05']:.0%} to {share['q95']:.0%}), with equidistance {now['mean']:.2f} (90% interval "
        f"{now['q05']:.2f} to {now['q95']:.2f}, where 1 is equal distance to all)."
    )


def _stands(probability: float) -> str:
    if probability >= CERTAIN:
        return "stands closest to"
    if probability >= LIKELY:
        return "probably stands closest to"
    return "has no clear closest power; the likeliest is"


def summary(
    state: State,
    orientation: Table,
    equidistance: Table,
    drift: Table,
    gap: Table,
    powers: tuple[State | Bloc, ...],
) -> str:
    """What changed: equidistance since the start, drift of the last ten years, and the gap of words and deeds."""
    return (
        " ".join(sentence for sentence in (_balance(equidistance), _drifts(drift), _gaps(gap)) if sentence)
        or f"{state.name} and {', '.join(power.name for power in powers)}: the window is too short to say what changed."
    )


def _balance(equidistance: Table) -> str:
    rows = equidistance.to_pylist()
    if len(rows) < 13:
        return ""
    first, last = rows[0], rows[-1]
    return (
        f"Equidistance was {first['mean']:.2f} ({first['q05']:.2f} to {first['q95']:.2f}) in "
        f"{first['period']:%B %Y} and is {last['mean']:.2f} ({last['q05']:.2f} to {last['q95']:.2f}) in "
        f"{last['period']:%B %Y}."
    )


def _drifts(drift: Table) -> str:
    window = [row for row in drift if row["channel"] == "overall" and row["window"] == "last 10 years"]
    if not window:
        return ""
    toward = [_rate(row) for row in window if row["p_positive"] >= LIKELY]
    away = [_rate(row) for row in window if row["p_positive"] <= 1 - LIKELY]
    parts = []
    if toward:
        parts.append("moved closer to " + listed(toward))
    if away:
        parts.append("moved away from " + listed(away))
    span = f"Between {window[0]['start']:%B %Y} and {window[0]['end']:%B %Y} it "
    return (
        span + (" and ".join(parts) if parts else "did not clearly move toward or away from any power") + "."
    )


def _rate(row: dict[str, Any]) -> str:
    probability = max(row["p_positive"], 1 - row["p_positive"])
    return f"{the(row['power_name'])} ({row['mean']:+.2f} sd a year, P = {probability:.2f})"


def _gaps(gap: Table) -> str:
    rows = gap.to_pylist()
    last = max((row["period"] for row in rows), default=None)
    now = [row for row in rows if row["period"] == last]
    warmer = [the(row["power_name"]) for row in now if row["p_positive"] >= LIKELY]
    cooler = [the(row["power_name"]) for row in now if row["p_positive"] <= 1 - LIKELY]
    parts = []
    if warmer:
        parts.append("words are warmer than deeds toward " + listed(warmer))
    if cooler:
        parts.append("deeds are warmer than words toward " + listed(cooler))
    return ("At the end " + " and ".join(parts) + ".") if parts else ""
