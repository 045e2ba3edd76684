"""Is a state becoming a second other one? Its last years beside every past path of every other state."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from equidistance import __version__
from equidistance.assessment.assess import powers_of
from equidistance.assessment.evidence import Progress, gather
from equidistance.assessment.world import World, world
from equidistance.errors import InvalidRequest, UnknownName
from equidistance.ground.blocs import Bloc
from equidistance.ground.states import State, resolve
from equidistance.ground.time import parse_month
from equidistance.models import analogues as model
from equidistance.tables import Table, plain_rows

if TYPE_CHECKING:
    import altair as alt

Floats = NDArray[np.float64]

CHANNELS: dict[str, list[int]] = {"overall": [0, 1], "deed": [0], "word": [1]}
"""Which of (deeds, words) a comparison rests on; overall counts both."""

UNUSUAL = 0.10
"""A resemblance, or an approach, among the closest tenth of all pairs of states is called unusual."""

LEAST_APPROACH = 0.10
"""Standard deviations: coming nearer by less is called no approach, however rare it is."""

LEAST_YEARS, MOST_YEARS = 3, 25


@dataclass(frozen=True)
class Analogues:
    """The past paths that a state's last years resemble.

    Attributes:
        state: the state.
        powers: the powers.
        start, end: first and last year of its window.
        table: one row per other state, nearest first (see ``columns`` for units).
        paths: the state's window and the nearest ones, year by year, for drawing.
        like: the state asked about with ``like``, or ``None``.
        sentence: the answer in words.
        settings: everything needed to repeat it.
        notes: what the reader must know.
    """

    state: State
    powers: tuple[State | Bloc, ...]
    start: int
    end: int
    table: Table
    paths: Table
    like: State | None
    sentence: str
    settings: dict[str, Any]
    notes: tuple[str, ...]

    def of(self, state: str) -> dict[str, Any]:
        """The row of one other state.

        Raises:
            InvalidRequest: the two share too few powers or years to be compared.
        """
        code = resolve(state).code
        for row in self.table:
            if row["state"] == code:
                return row
        raise InvalidRequest(
            f"{self.state.name} and {resolve(state).name} share too few powers or years to be compared.",
            hint="Name other powers, or fewer years.",
        )

    def plot(self) -> "alt.TopLevelMixin":
        """The window beside the nearest ones, one panel per power and channel."""
        from equidistance.figures import analogues

        caption = analogues.caption(self.paths, self.state.name, self.sentence)
        return analogues.chart(self.paths, caption=caption)

    def to_dict(self) -> dict[str, Any]:
        """The content of ``--format json``."""
        return {
            "state": self.state.code,
            "powers": [power.code for power in self.powers],
            "period": {"start": self.start, "end": self.end},
            "sentence": self.sentence,
            "analogues": plain_rows(self.table),
            "paths": plain_rows(self.paths),
            "settings": self.settings,
            "notes": list(self.notes),
        }


def analogues(
    state: str,
    like: str | None = None,
    *,
    years: int = 10,
    powers: Sequence[str] | str | None = None,
    channel: str = "overall",
    until: str | int | date | None = None,
    indicators: Sequence[str] | str | None = None,
    store: str | Path | bool | None = None,
    raw: bool = False,
    refit: bool = False,
    drawn: int = 3,
    progress: Progress | None = None,
) -> Analogues:
    """Find the past paths of other states that a state's last years resemble, in level and in shape.

    Args:
        state: the state.
        like: the question "is it becoming a second ...?" about this one.
        years: length of the windows.
        powers: the powers; the six default powers when not given.
        channel: compare deeds, words, or both (overall).
        until: last year of the state's window; later evidence is not used.
        indicators, store, raw, refit: as for :func:`equidistance.assessment.assess.assess`.
        drawn: how many of the nearest paths to give year by year.
        progress: called with what is being done.

    Raises:
        UnknownName, AmbiguousName: a state, power or channel is not known.
        InvalidRequest: too few years of evidence, or the two states share too little to be compared.
    """
    if channel not in CHANNELS:
        raise UnknownName(f"There is no channel {channel!r}.", choices=list(CHANNELS))
    if not LEAST_YEARS <= years <= MOST_YEARS:
        raise InvalidRequest(
            f"A window of {years} years cannot be compared.", choices=[f"{LEAST_YEARS} to {MOST_YEARS}"]
        )
    subject = resolve(state)
    other = None if like is None else resolve(like)
    if other is not None and other.code == subject.code:
        raise InvalidRequest(
            f"{subject.name} cannot become a second {subject.name}.", hint="Name another state."
        )
    chosen = powers_of(subject, powers)
    last = None if until is None else parse_month(until, last=True)
    evidence = gather(None, chosen, indicators, store=store, raw=raw, progress=progress)
    whole = world(evidence, chosen, until=last, refit=refit, progress=progress)
    found = _compare(whole, subject, years, CHANNELS[channel])
    rows = _rows(whole, found, subject)
    table = Table("analogues", pa.Table.from_pylist(rows, schema=_SCHEMA), _UNITS)
    start, end = whole.first_year + found.end - years + 1, whole.first_year + found.end
    settings = {
        "state": subject.code,
        "like": other.code if other else None,
        "years": years,
        "powers": [power.code for power in chosen],
        "channel": channel,
        "raw": raw,
        "until": end,
        "indicators": [f"{one.name}={one.channel}" for one in evidence.indicators],
        "evidence": evidence.digest,
        "parameters": whole.parameters,
        "version": __version__,
    }
    notes = (
        *evidence.notes,
        f"Compared are posterior means; where evidence is thin, paths are drawn to the middle and resemble each other. "
        f"{found.pairs:,} pairs of states stand behind the percentiles.",
    )
    result = Analogues(
        subject, chosen, start, end, table, Table("paths", pa.table({})), other, "", settings, notes
    )
    ahead = [row["state"] for row in rows[:drawn]]
    if other is not None:
        result.of(other.code)  # refuses what cannot be compared
        ahead = list(dict.fromkeys([other.code, *ahead]))
    paths = _paths(whole, found, subject, ahead, rows, years)
    sentence = _sentence(subject, other, rows, start, end)
    return Analogues(subject, chosen, start, end, table, paths, other, sentence, settings, notes)


@dataclass(frozen=True)
class _Found:
    """Distances of the subject's last window, and those of every state for the percentiles.

    Attributes:
        place: row of the subject.
        end: position of the last year of its window.
        windows: every window of every state.
        nearest: (S,) the nearest window of each state, -1 where there is none.
        total, level, shape: (S,) distances of these.
        before: (S,) distance of the subject's window of the same length one window earlier, or as early as there is
            one, from the same windows; NaN where there is none.
        same_years: (S,) distance from the other states' windows of the same years.
        same_years_before: (S,) the same one window earlier.
        every: all best distances of the states' last windows.
        changes: how much nearer all of these came.
        same_years_every: all distances between windows of these years.
        pairs: number of best distances.
    """

    place: int
    end: int
    windows: model.Windows
    nearest: NDArray[np.int64]
    total: Floats
    level: Floats
    shape: Floats
    before: Floats
    same_years: Floats
    same_years_before: Floats
    every: Floats
    changes: Floats
    same_years_every: Floats
    pairs: int


def _compare(whole: World, subject: State, years: int, channels: list[int]) -> _Found:
    place = whole.place(subject)
    paths = whole.mean[:, :, :, channels]
    windows = model.windows(paths, years)
    own = np.flatnonzero(windows.unit == place)
    if not len(own):
        raise InvalidRequest(
            f"{subject.name} has no {years} years in a row with at least half of the powers.",
            hint="Ask for fewer years, or name other powers.",
        )
    end = int(windows.end[own].max())
    now = _ending(windows, end)
    distance = model.distances(now, windows)
    same = now.unit[:, None] == windows.unit[None, :]  # a state is no analogue of itself
    nearest = model.best(np.where(same, np.nan, distance.total), windows, len(whole.states))
    gap = min(years, int(windows.end[own].max() - windows.end[own].min()))
    earlier = _ending(windows, end - gap)
    back = np.full((len(now.unit), len(windows.unit)), np.nan)
    if gap:
        line = {unit: i for i, unit in enumerate(earlier.unit.tolist())}
        have = np.array([line.get(unit, -1) for unit in now.unit.tolist()])
        back[have >= 0] = model.distances(earlier, windows).total[have[have >= 0]]
    rows = np.arange(len(now.unit))[:, None]
    known = nearest >= 0

    def picked(of: Floats) -> Floats:
        return np.where(known, of[rows, np.maximum(nearest, 0)], np.nan)

    total, before = picked(distance.total), picked(back)
    me = int(np.flatnonzero(now.unit == place)[0])
    together = _between(now, len(whole.states))
    return _Found(
        place,
        end,
        windows,
        nearest[me],
        total[me],
        picked(distance.level)[me],
        picked(distance.shape)[me],
        before[me],
        together[place],
        _between(earlier, len(whole.states))[place],
        total,
        total - before,
        together,
        int(np.isfinite(total).sum()),
    )


def _between(windows: model.Windows, units: int) -> Floats:
    """(S, S) distances between windows of the same years; NaN on the diagonal and where there is none."""
    found = np.full((units, units), np.nan)
    found[np.ix_(windows.unit, windows.unit)] = model.distances(windows, windows).total
    np.fill_diagonal(found, np.nan)
    return found


def _ending(windows: model.Windows, end: int) -> model.Windows:
    at = windows.end == end
    return model.Windows(windows.unit[at], windows.end[at], windows.values[at], windows.there[at])


_SCHEMA = pa.schema(
    [
        ("rank", pa.int64()),
        ("state", pa.string()),
        ("name", pa.string()),
        ("start", pa.int64()),
        ("end", pa.int64()),
        ("distance", pa.float64()),
        ("level", pa.float64()),
        ("shape", pa.float64()),
        ("percentile", pa.float64()),
        ("before", pa.float64()),
        ("change", pa.float64()),
        ("change_percentile", pa.float64()),
        ("same_years", pa.float64()),
        ("same_years_percentile", pa.float64()),
        ("same_years_change", pa.float64()),
    ]
)
_UNITS = {
    "rank": "1 is the nearest",
    "start": "first year of the other state's window",
    "end": "last year of it",
    "distance": "root mean squared difference of the two paths, standard deviations of alignment",
    "level": "the part that is a difference of levels",
    "shape": "the part that is a difference of movements; distance^2 = level^2 + shape^2",
    "percentile": "share of all pairs of states whose nearest windows are at least as near, 0 to 1",
    "before": "distance of the state's window one window earlier from the same years of the other state",
    "change": "distance minus that; negative: it came nearer",
    "change_percentile": "share of all pairs of states that came at least as much nearer, 0 to 1",
    "same_years": "distance from the other state's path of the same years",
    "same_years_percentile": "share of all pairs of states that are at least as near in these years, 0 to 1",
    "same_years_change": "that distance minus the one between both states' paths one window earlier",
}


def _rows(whole: World, found: _Found, subject: State) -> list[dict[str, Any]]:
    length = found.windows.values.shape[1]
    nearest_first = np.argsort(np.where(found.nearest >= 0, found.total, np.inf), kind="stable")
    order = [s for s in nearest_first if found.nearest[s] >= 0]
    rows = []
    for rank, s in enumerate(order, start=1):
        end = whole.first_year + int(found.windows.end[found.nearest[s]])
        change = float(found.total[s] - found.before[s])
        rows.append(
            {
                "rank": rank,
                "state": whole.states[s].code,
                "name": whole.states[s].name,
                "start": end - length + 1,
                "end": end,
                "distance": float(found.total[s]),
                "level": float(found.level[s]),
                "shape": float(found.shape[s]),
                "percentile": model.percentile(float(found.total[s]), found.every),
                "before": _known(float(found.before[s])),
                "change": _known(change),
                "change_percentile": _known(model.percentile(change, found.changes)),
                "same_years": _known(float(found.same_years[s])),
                "same_years_percentile": _known(
                    model.percentile(float(found.same_years[s]), found.same_years_every)
                ),
                "same_years_change": _known(float(found.same_years[s] - found.same_years_before[s])),
            }
        )
    if not rows:
        raise InvalidRequest(
            f"No other state shares enough powers with {subject.name}.", hint="Name other powers."
        )
    return rows


def _known(value: float) -> float | None:
    return value if np.isfinite(value) else None


def _paths(
    whole: World,
    found: _Found,
    subject: State,
    ahead: Sequence[str],
    rows: Sequence[dict[str, Any]],
    years: int,
) -> Table:
    """Year by year: the state's window, and those of the states named."""
    ends = {row["state"]: row["end"] for row in rows}
    lines = [(found.place, whole.first_year + found.end)]
    codes = [state.code for state in whole.states]
    lines += [(codes.index(code), ends[code]) for code in ahead]
    out = []
    for place, end in lines:
        for step in range(years):
            year = end - years + 1 + step
            for p, power in enumerate(whole.powers):
                deed, word = whole.mean[place, year - whole.first_year, p]
                if not np.isfinite(deed):
                    continue
                out.append(
                    {
                        "state": codes[place],
                        "name": whole.states[place].name,
                        "window": f"{whole.states[place].name} {end - years + 1}-{end}",
                        "step": step + 1,
                        "year": year,
                        "power": power.code,
                        "power_name": power.name,
                        "deed": float(deed),
                        "word": float(word),
                    }
                )
    units = {
        "step": "year of the window, 1 is the first",
        "deed": "alignment in deeds",
        "word": "alignment in words",
    }
    return Table("paths", pa.Table.from_pylist(out), units)


def _sentence(
    subject: State, other: State | None, rows: Sequence[dict[str, Any]], start: int, end: int
) -> str:
    near = "; ".join(
        f"{row['name']} in {row['start']}-{row['end']} (distance {row['distance']:.2f} sd)"
        for row in rows[:3]
    )
    nearest = f"{subject.name}'s path of {start}-{end} is nearest to {near}."
    if other is None:
        return nearest
    row = next(row for row in rows if row["state"] == other.code)
    close = row["percentile"] <= UNUSUAL
    coming = (
        row["change"] is not None and row["change"] <= -LEAST_APPROACH and row["change_percentile"] <= UNUSUAL
    )
    if close and coming:
        answer = f"{subject.name} is becoming more like {other.name}"
    elif close:
        answer = f"{subject.name} resembles {other.name}, but did not come unusually nearer"
    elif coming:
        answer = f"{subject.name} came nearer to {other.name}, but does not resemble it unusually"
    else:
        answer = f"{subject.name} is not becoming a second {other.name}"
    moved = (
        "no earlier window to compare with"
        if row["change"] is None
        else f"{_side(row['change'])} by {abs(row['change']):.2f} than one window before; "
        f"{row['change_percentile']:.0%} of pairs came at least as much nearer"
    )
    together = ""
    if row["same_years"] is not None:
        trend = row["same_years_change"]
        side = "" if trend is None else f"; {_side(trend)} by {abs(trend):.2f} than one window before"
        together = (
            f" From {other.name}'s path of the same years it is {row['same_years']:.2f} sd away "
            f"({row['same_years_percentile']:.0%} of pairs are at least as near{side})."
        )
    return (
        f"{answer}: its path of {start}-{end} is {row['distance']:.2f} sd away from {other.name}'s nearest, "
        f"{row['start']}-{row['end']}, rank {row['rank']} of {len(rows)} states; {row['percentile']:.0%} of all pairs "
        f"of states are at least as near; {moved}.{together} {nearest}"
    )


def _side(change: float) -> str:
    return "nearer" if change < 0 else "farther"
