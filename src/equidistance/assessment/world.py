"""The alignment of every state with each power, year by year: what one state's path can be compared with."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from equidistance.assessment import reference as references
from equidistance.assessment.evidence import Evidence, Progress, dyads
from equidistance.errors import InvalidRequest
from equidistance.ground.blocs import Bloc
from equidistance.ground.states import State
from equidistance.indicators import panel
from equidistance.models import alignment, mixture
from equidistance.models.alignment import CHUNK, Observations

Floats = NDArray[np.float64]


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
    """Smooth every dyad at once.

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
    layout, parameters = references.layout_of(used), reference.select(used)
    observations = Observations(grid.value, grid.error)
    years = grid.months // 12
    mean = np.full((len(states), years, len(powers), 2), np.nan)
    sd = np.full_like(mean, np.nan)
    every = list(pairs.items())
    for start in range(0, len(every), CHUNK):
        if progress is not None:
            progress("Smoothing all states", start, len(every))
        chunk = slice(start, start + CHUNK)
        part = observations.select(chunk)
        posterior = alignment.smooth(layout, part, parameters, mixture.typical(layout, part, parameters))
        paths = posterior.mean[:, :, 0].reshape(years, 12, 2, -1).mean(axis=1)  # (Y, C, N)
        spread = np.sqrt(np.einsum("tccn->tcn", posterior.covariance)[5::12])
        for n, ((state, power), both) in enumerate(every[chunk]):
            inside = _whole_years(*both, grid.first_year, years)
            cell = places[state], inside, columns[power]
            mean[cell], sd[cell] = paths[inside, :, n], spread[inside, :, n]
    return World(
        tuple(states.values()), tuple(powers), grid.first_year, mean, sd, evidence, reference.identity
    )


def _whole_years(state: State, power: State | Bloc, first: int, years: int) -> NDArray[np.bool_]:
    """(Y,) years in which both exist from January to December and the state does not belong to the power in July."""
    inside = np.zeros(years, dtype=np.bool_)
    for place in range(years):
        year = first + place
        whole = all(
            one.start <= date(year, 1, 31) and (one.end is None or one.end > date(year, 12, 1))
            for one in (state, power)
        )
        outside = not isinstance(power, Bloc) or state.code not in power.members(date(year, 7, 1))
        inside[place] = whole and outside
    return inside
