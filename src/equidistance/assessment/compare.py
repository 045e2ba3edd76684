"""Several states side by side: who stands closest to which power, and which of them converge."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from equidistance import __version__
from equidistance.assessment.assess import Assessment, Which, assess, posterior_of
from equidistance.assessment.estimates import ESTIMATE_COLUMNS, from_draws
from equidistance.assessment.evidence import Progress
from equidistance.assessment.reference import DEFAULT_POWERS
from equidistance.assessment.result_tables import WEIGHTS
from equidistance.errors import InvalidRequest
from equidistance.ground.blocs import Bloc, resolve_power
from equidistance.ground.states import State, resolve
from equidistance.tables import Table, plain_rows

if TYPE_CHECKING:
    import altair as alt

Floats = NDArray[np.float64]

MOST_STATES = 20
CONVERGENCE_YEARS = 10


@dataclass(frozen=True)
class Comparison:
    """Several states' assessments on the same powers, months and seed.

    Attributes:
        states, powers: what is compared.
        start, end: first and last month that all states have.
        channel: deed, word or overall.
        standing: state, power -> alignment at the end, its rank among the states, probability to rank first, and the
            state's own leader.
        equidistance: state -> equidistance at the end, with its rank.
        convergence: pair of states -> distance of their alignments at the end and ten years before, and the change.
        paths: state, power, period -> alignment.
        sources: the source versions used.
        headline: one sentence.
        settings, notes: as in an assessment.
        assessments: the single assessments, in the order of the states.
    """

    states: tuple[State, ...]
    powers: tuple[State | Bloc, ...]
    start: date
    end: date
    channel: str
    standing: Table
    equidistance: Table
    convergence: Table
    paths: Table
    sources: Table
    headline: str
    settings: dict[str, Any]
    notes: tuple[str, ...]
    assessments: tuple[Assessment, ...]

    @property
    def tables(self) -> dict[str, Table]:
        """All tables by name."""
        names = ("standing", "equidistance", "convergence", "paths", "sources")
        return {name: getattr(self, name) for name in names}

    def plot(self) -> "alt.TopLevelMixin":
        """One panel per power, one line per state."""
        from equidistance.figures import comparison

        caption = comparison.caption(self.standing, self.channel, self.headline)
        return comparison.chart(self.paths, caption=caption)

    def to_dict(self) -> dict[str, Any]:
        """The content of ``--format json``."""
        content: dict[str, Any] = {
            "states": [state.code for state in self.states],
            "powers": [power.code for power in self.powers],
            "period": {"start": self.start.isoformat(), "end": self.end.isoformat()},
            "channel": self.channel,
            "headline": self.headline,
            "notes": list(self.notes),
            "settings": self.settings,
        }
        return content | {name: plain_rows(table) for name, table in self.tables.items()}

    def to_json(self) -> str:
        """:meth:`to_dict` as text."""
        return json.dumps(self.to_dict(), ensure_ascii=False)

    def report(self, path: str | Path) -> Path:
        """Write the page (one file that opens offline)."""
        from equidistance.report.comparison import write

        return write(self, path)


def compare(
    states: Sequence[str],
    powers: Sequence[str] | str | None = None,
    *,
    since: str | int | date | None = None,
    until: str | int | date | None = None,
    channel: Which = "overall",
    indicators: Sequence[str] | str | None = None,
    store: str | Path | bool | None = None,
    raw: bool = False,
    refit: bool = False,
    draws: int = 1000,
    seed: int = 1,
    progress: Progress | None = None,
) -> Comparison:
    """Set several states side by side.

    Args:
        states: two to twenty names or codes.
        powers: names or codes; the six default powers when not given. A power that is among the states is left out for
            itself.
        since: first month compared; this and the following as for :func:`equidistance.assessment.assess.assess`.
        until: last month, and last month whose evidence is used.
        channel: words, deeds, or the mean of both.
        indicators: indicators to use.
        store: path of a store, ``False`` for the shipped data alone.
        raw: take trade as it is, not against what size, distance, border and shared history let expect.
        refit: estimate the shared parameters on the evidence at hand.
        draws: posterior draws for everything derived.
        seed: seed of the draws.
        progress: called with what is being done.

    Raises:
        UnknownName, AmbiguousName: a state, power, indicator or channel is not known.
        InvalidRequest: fewer than two states or too many, one twice, or no month that all have.
    """
    subjects = _subjects(states)
    names = (
        [name.strip() for name in powers.split(",")]
        if isinstance(powers, str)
        else list(powers or DEFAULT_POWERS)
    )
    chosen = tuple(resolve_power(name) for name in names if name)
    assessments = []
    for done, state in enumerate(subjects):
        if progress is not None:
            progress(f"Assessing {state.name}", done, len(subjects))
        assessments.append(
            assess(
                state.code,
                [power.code for power in chosen if power.code != state.code],
                since=since,
                until=until,
                channel=channel,
                indicators=indicators,
                store=store,
                raw=raw,
                refit=refit,
                draws=draws,
                seed=seed
                + done,  # the states are independent given the shared parameters, and so are their draws
                progress=progress,
            )
        )
    start, end = max(one.start for one in assessments), min(one.end for one in assessments)
    if start >= end:
        spans = "; ".join(f"{one.state.name} {one.start:%Y-%m} to {one.end:%Y-%m}" for one in assessments)
        raise InvalidRequest(
            f"The states have no months in common: {spans}.", hint="Compare states of one time."
        )
    codes = [power.code for power in chosen]
    paths = np.stack([_draws(one, codes, start, _months(start, end), channel) for one in assessments], axis=1)
    standing = _standing(assessments, chosen, paths[:, :, -1], end)
    notes = (
        *dict.fromkeys(note for one in assessments for note in one.notes),
        "Distances between states are computed on draws: where evidence thins toward the end they grow with the "
        "uncertainty, so that convergence is told with caution.",
    )
    settings = {
        "states": [state.code for state in subjects],
        "powers": codes,
        "since": start.isoformat(),
        "until": end.isoformat(),
        "channel": channel,
        "raw": raw,
        "draws": draws,
        "seed": seed,
        "indicators": assessments[0].settings["indicators"],
        "parameters": assessments[0].settings["parameters"],
        "version": __version__,
    }
    convergence = _convergence(assessments, paths)
    return Comparison(
        states=subjects,
        powers=chosen,
        start=start,
        end=end,
        channel=channel,
        standing=standing,
        equidistance=_equidistance(assessments, end),
        convergence=convergence,
        paths=_paths(assessments, channel, start, end),
        sources=_sources(assessments),
        headline=_headline(standing, convergence, end),
        settings=settings,
        notes=notes,
        assessments=tuple(assessments),
    )


def _subjects(states: Sequence[str]) -> tuple[State, ...]:
    subjects = tuple(resolve(name) for name in states)
    if not 2 <= len(subjects) <= MOST_STATES:
        raise InvalidRequest(
            f"{len(subjects)} state{'s' * (len(subjects) != 1)} cannot be compared.",
            choices=[f"2 to {MOST_STATES} states"],
        )
    codes = [state.code for state in subjects]
    if len(set(codes)) < len(codes):
        raise InvalidRequest(f"A state is named twice: {', '.join(codes)}.", hint="Name each state once.")
    return subjects


def _months(start: date, end: date) -> int:
    return 12 * (end.year - start.year) + end.month - start.month + 1


def _draws(assessment: Assessment, codes: list[str], start: date, months: int, channel: str) -> Floats:
    """(draws, T, P) of one state on the common months and powers; NaN where there is no dyad."""
    inputs = assessment.model
    assert inputs is not None  # just made
    first = _months(inputs.grid.date_of(0), start) - 1
    window = slice(first, first + months)
    settings = assessment.settings
    drawn = posterior_of(inputs, settings["draws"], settings["seed"])[1]
    own = drawn.path[:, window] @ np.array(WEIGHTS[channel])
    own = np.where(inputs.available[window], own, np.nan)
    out = np.full((len(own), months, len(codes)), np.nan)
    for place, power in enumerate(assessment.powers):
        out[:, :, codes.index(power.code)] = own[:, :, place]
    return out


def _standing(
    assessments: Sequence[Assessment], powers: Sequence[State | Bloc], last: Floats, end: date
) -> Table:
    """Alignment at the end, and the states' order toward each power; ``last`` is (draws, S, P)."""
    filled = np.where(np.isfinite(last), last, -np.inf)
    rank = 1 + (filled[:, None] > filled[:, :, None]).sum(axis=2)  # (draws, S, P)
    rows = []
    for p, power in enumerate(powers):
        there = [s for s in range(len(assessments)) if np.isfinite(last[0, s, p])]
        order = sorted(there, key=lambda s: -last[:, s, p].mean())
        for place, s in enumerate(order, start=1):
            own = {name: float(value[0]) for name, value in from_draws(last[:, s, p][:, None]).items()}
            rows.append(
                {
                    "power": power.code,
                    "power_name": power.name,
                    "rank": place,
                    "state": assessments[s].state.code,
                    "state_name": assessments[s].state.name,
                    **own,
                    "p_first": float((rank[:, s, p] == 1).mean()),
                    "rank_q05": float(np.quantile(rank[:, s, p], 0.05)),
                    "rank_q95": float(np.quantile(rank[:, s, p], 0.95)),
                    "share": _share(assessments[s], power.code, end),
                }
            )
    units = ESTIMATE_COLUMNS | {
        "mean": "alignment at the end, standard deviations",
        "rank": "1 is the closest of these states, by the mean",
        "p_first": "posterior probability of being the closest of these states",
        "rank_q05": "lower end of the rank's 90 % interval",
        "rank_q95": "upper end of it",
        "share": "the power's share of the state's own orientation",
    }
    return Table("standing", pa.Table.from_pylist(rows), units)


def _share(assessment: Assessment, power: str, end: date) -> float | None:
    table = assessment.orientation.arrow
    rows = table.filter(pc.and_(pc.equal(table["power"], power), pc.equal(table["period"], end)))
    return float(rows["mean"][0].as_py()) if rows.num_rows else None


def _equidistance(assessments: Sequence[Assessment], end: date) -> Table:
    rows = []
    for one in assessments:
        table = one.equidistance.arrow
        for row in table.filter(pc.equal(table["period"], end)).to_pylist():
            rows.append({"state": one.state.code, "state_name": one.state.name, **row})
    rows.sort(key=lambda row: -row["mean"])
    ranked = [{"rank": place, **row} for place, row in enumerate(rows, start=1)]
    units = {**(assessments[0].equidistance.columns), "rank": "1 keeps the most equal distance"}
    return Table("equidistance", pa.Table.from_pylist(ranked), units)


def _convergence(assessments: Sequence[Assessment], paths: Floats) -> Table:
    """Distance of each pair of states, ten years before the end (or at the start) and at the end; (draws, S, T, P)."""
    begin = max(0, paths.shape[2] - 1 - 12 * CONVERGENCE_YEARS)
    years = (paths.shape[2] - 1 - begin) / 12
    rows = []
    for a, b in combinations(range(len(assessments)), 2):
        shared = np.isfinite(paths[0, a][[begin, -1]] + paths[0, b][[begin, -1]]).all(axis=0)
        if not shared.any():
            continue
        before, now = (
            np.sqrt(((paths[:, a, t][:, shared] - paths[:, b, t][:, shared]) ** 2).mean(axis=1))
            for t in (begin, -1)
        )
        change = now - before
        own = {name: float(value[0]) for name, value in from_draws(change[:, None]).items()}
        rows.append(
            {
                "state_a": assessments[a].state.code,
                "name_a": assessments[a].state.name,
                "state_b": assessments[b].state.code,
                "name_b": assessments[b].state.name,
                "powers": int(shared.sum()),
                "years": years,
                "before": float(before.mean()),
                "now": float(now.mean()),
                **own,
                "p_converging": float((change < 0).mean()),
            }
        )
    rows.sort(key=lambda row: -row["p_converging"])
    units = ESTIMATE_COLUMNS | {
        "powers": "powers toward which both have a value",
        "years": "length of the window",
        "before": "root mean squared difference over the powers at the window's start, standard deviations",
        "now": "the same at the end",
        "mean": "change of that distance; negative: they converge",
        "p_converging": "posterior probability that the distance fell",
    }
    return Table("convergence", pa.Table.from_pylist(rows), units)


def _paths(assessments: Sequence[Assessment], channel: str, start: date, end: date) -> Table:
    parts = []
    for one in assessments:
        table = one.alignment.arrow
        inside = pc.and_(pc.greater_equal(table["period"], start), pc.less_equal(table["period"], end))
        table = table.filter(pc.and_(inside, pc.equal(table["channel"], channel)))
        for place, (name, value) in enumerate((("state", one.state.code), ("state_name", one.state.name))):
            table = table.add_column(place, name, pa.array([value] * table.num_rows, pa.string()))
        parts.append(table)
    return Table("paths", pa.concat_tables(parts), assessments[0].alignment.columns)


def _sources(assessments: Sequence[Assessment]) -> Table:
    rows: dict[str, dict[str, Any]] = {}
    for one in assessments:
        for row in one.sources:
            known = rows.setdefault(row["source_id"], {**row, "used": 0})
            known["used"] += row["used"]
    return Table("sources", pa.Table.from_pylist(list(rows.values())), {"used": "values the model saw"})


def _headline(standing: Table, convergence: Table, end: date) -> str:
    first: dict[str, list[str]] = {}
    for row in standing:
        if row["rank"] == 1:
            first.setdefault(row["state_name"], []).append(f"{row['power_name']} ({row['p_first']:.0%})")
    closest = "; ".join(f"{name} to {', '.join(powers)}" for name, powers in first.items())
    text = f"In {end:%B %Y} the closest of these states is probably {closest}."
    rows = convergence.to_pylist()
    if rows:
        near, far = rows[0], rows[-1]
        if near["p_converging"] >= 0.8:
            text += f" {near['name_a']} and {near['name_b']} converge (P = {near['p_converging']:.2f})."
        if far["p_converging"] <= 0.2:
            text += f" {far['name_a']} and {far['name_b']} drift apart (P = {1 - far['p_converging']:.2f})."
    return text
