"""The alignment of every state with each power, year by year: what one state's path can be compared with."""

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from equidistance import __version__
from equidistance.assessment import reference as references
from equidistance.assessment.assess import seed_of
from equidistance.assessment.evidence import Evidence, Progress, dyads
from equidistance.errors import InvalidRequest
from equidistance.evidence.fetch import cache_directory
from equidistance.ground.blocs import Bloc
from equidistance.ground.states import State
from equidistance.indicators import panel
from equidistance.models import alignment, ensemble
from equidistance.models.alignment import Observations, Parameters
from equidistance.models.kalman import Layout
from equidistance.writing import whole

Floats = NDArray[np.float64]

MEMBERS = 4
"""Members of each dyad's posterior: fewer than behind an assessment, because there are a thousand dyads."""
CHUNK = 150
"""Dyads that are smoothed together; each has :data:`MEMBERS` series."""
SEED = 1


@dataclass(frozen=True)
class World:
    """Yearly alignment of all states.

    Attributes:
        states: S states that have evidence about any of the powers.
        powers: P powers.
        first_year: year of the first column.
        mean: (S, Y, P, 2) posterior means of deeds and words, the mean of the year's months; NaN in a year in which
            the dyad did not exist in full, or the state belonged to the power.
        sd: (S, Y, P, 2) posterior standard deviations in June.
        evidence: the evidence it rests on.
        parameters: identity of the shared parameters.
    """

    states: tuple[State, ...]
    powers: tuple[State | Bloc, ...]
    first_year: int
    mean: Floats
    sd: Floats
    evidence: Evidence
    parameters: str

    @property
    def last_year(self) -> int:
        """Year of the last column."""
        return self.first_year + int(self.mean.shape[1]) - 1

    def place(self, state: State) -> int:
        """Row of a state.

        Raises:
            InvalidRequest: there is no evidence about it.
        """
        for place, one in enumerate(self.states):
            if one.code == state.code:
                return place
        raise InvalidRequest(
            f"There is no evidence about {state.name} and {', '.join(p.name for p in self.powers)}.",
            hint="Name other powers, or ingest more sources: equidistance sources",
        )


def world(
    evidence: Evidence,
    powers: Sequence[State | Bloc],
    *,
    until: date | None = None,
    refit: bool = False,
    progress: Progress | None = None,
) -> World:
    """Smooth every dyad, in chunks; what was smoothed before is taken from the cache.

    Args:
        evidence: of all states (:func:`equidistance.assessment.evidence.gather` without a subject).
        powers: the powers.
        until: last month whose evidence is used, and last year reported.
        refit: estimate the shared parameters on the evidence at hand.
        progress: called with what is being done.

    Raises:
        InvalidRequest: no evidence in that window.
    """
    reference = evidence.reference(refit=refit, progress=progress)
    used = [one for one in evidence.indicators if one.name in reference.names]
    rows = evidence.rows if until is None else panel.ending_by(evidence.rows, until)
    if rows.num_rows == 0:
        raise InvalidRequest(
            f"There is no evidence about {', '.join(power.name for power in powers)} in that window.",
            hint="Widen the window, or ingest more sources: equidistance sources",
        )
    last = int(pc.max(pc.year(rows["period"])).as_py())
    if until is not None and until.month == 12:
        last = max(last, until.year)
    seen = set(rows["state"].unique().to_pylist())
    pairs = {codes: both for codes, both in dyads(powers).items() if codes[0] in seen}
    states = {state.code: state for state, _ in pairs.values()}
    places = {code: place for place, code in enumerate(states)}
    columns = {power.code: place for place, power in enumerate(powers)}
    grid = panel.build(rows, list(pairs), used, references.FIRST_YEAR, last)
    layout = references.layout_of(used)
    observations = Observations(grid.value, grid.error)
    years = grid.months // 12
    every = list(pairs.items())
    key = (
        __version__,
        evidence.digest,
        reference.identity,
        [one.name for one in used],
        list(pairs),
        last,
        until,
    )
    kept = cache_directory() / "worlds" / f"{hashlib.sha256(repr(key).encode()).hexdigest()[:16]}.npz"
    found = _kept(kept)
    if found is None:
        members = reference.members(used, MEMBERS)
        found = _smoothed(layout, observations, members, [codes for codes, _ in every], progress)
        _keep(kept, found)
    mean = np.full((len(states), years, len(powers), 2), np.nan)
    sd = np.full_like(mean, np.nan)
    for n, ((state, power), both) in enumerate(every):
        inside = _whole_years(*both, grid.first_year, years)
        cell = places[state], inside, columns[power]
        mean[cell], sd[cell] = found[0][inside, :, n], found[1][inside, :, n]
    return World(
        tuple(states.values()), tuple(powers), grid.first_year, mean, sd, evidence, reference.identity
    )


def _smoothed(
    layout: Layout,
    observations: Observations,
    members: Sequence[Parameters],
    codes: Sequence[tuple[str, str]],
    progress: Progress | None,
) -> tuple[Floats, Floats]:
    """(Y, 2, N) means of the years, and standard deviations in June."""
    means, spreads = [], []
    for start in range(0, len(codes), CHUNK):
        if progress is not None:
            progress("Smoothing all states", start, len(codes))
        chunk = slice(start, start + CHUNK)
        part = observations.select(chunk)
        seeds = [seed_of(SEED, *pair) for pair in codes[chunk]]
        batch = ensemble.batched(part, ensemble.sample(layout, part, members, seeds), MEMBERS)
        series = alignment.smooth(layout, batch.observations, batch.parameters, batch.weights)
        posterior = ensemble.mixed(series, MEMBERS)
        means.append(posterior.mean[:, :, 0].reshape(-1, 12, 2, posterior.mean.shape[3]).mean(axis=1))
        spreads.append(np.sqrt(np.einsum("tccn->tcn", posterior.covariance)[5::12]))
    return np.concatenate(means, axis=2), np.concatenate(spreads, axis=2)


def _kept(path: Path) -> tuple[Floats, Floats] | None:
    """What an earlier call kept; ``None`` where nothing was, or where it is damaged."""
    try:
        with np.load(path) as arrays:
            return arrays["mean"], arrays["sd"]
    except (OSError, ValueError, KeyError, EOFError, BadZipFile):
        return None


def _keep(path: Path, found: tuple[Floats, Floats]) -> None:
    with suppress(OSError):  # a cache that cannot be written costs time only
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole(path) as part, part.open("wb") as file:
            np.savez_compressed(file, mean=found[0], sd=found[1])


def _whole_years(state: State, power: State | Bloc, first: int, years: int) -> NDArray[np.bool_]:
    """(Y,) years in which both exist from January to December and the state does not belong to the power in July."""
    inside = np.zeros(years, dtype=np.bool_)
    for place in range(years):
        year = first + place
        there = all(
            one.start <= date(year, 1, 31) and (one.end is None or one.end > date(year, 12, 1))
            for one in (state, power)
        )
        outside = not isinstance(power, Bloc) or state.code not in power.members(date(year, 7, 1))
        inside[place] = there and outside
    return inside
