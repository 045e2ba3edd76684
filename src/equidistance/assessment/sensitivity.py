"""How much an assessment hangs on its choices: every indicator left out in turn, and many weightings of instruments.

A weight w of an indicator divides every variance that is its own (the source's error, the noise beyond it, and its own
component), so that w = 0 leaves it out, 1 is the reported estimate and 4 listens to it as to four alike. The shared
loadings, and with them the scale, stay those of the reference fit. Instruments are weighted together, from a quarter to
four times, spread evenly by a scrambled Sobol sequence (Sobol 1967; Owen 1998), and so is the mix of words and deeds.
An indicator's effective importance is the movement that leaving it out makes in the overall path, as a share of all
such movements: nominal weights do not say what an indicator does (Paruolo, Saisana and Saltelli 2013, "Ratings and
rankings: voodoo or science?", J. R. Statist. Soc. A 176).
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from equidistance.assessment.assess import Assessment
from equidistance.assessment.evidence import Progress
from equidistance.assessment.inputs import Inputs
from equidistance.assessment.orientation import orient
from equidistance.assessment.result_tables import WEIGHTS
from equidistance.errors import InvalidRequest
from equidistance.models import alignment
from equidistance.models.alignment import Observations, Parameters
from equidistance.tables import Table

Floats = NDArray[np.float64]

FARTHEST = 4.0
"""Instruments weigh from one over this to this."""
LEAST_SHARE = 0.25
"""Deeds (and words) have at least this share of the overall alignment."""
DRIFT_YEARS = 10
_DRAWS = 4000


@dataclass(frozen=True)
class Sensitivity:
    """What changes when choices change.

    Attributes:
        indicators: one row per indicator: nominal weight, effective importance, and the end of the path without it.
        powers: one row per power: share, rank and drift, with their ranges over all runs.
        weightings: how many weightings were tried.
        sentence: the finding in words.
        notes: what the reader must know.
    """

    indicators: Table
    powers: Table
    weightings: int
    sentence: str
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Run:
    """One smoothing under other choices.

    Attributes:
        path: (T, P) mean alignment on the reported mix of channels.
        share: (P,) mean orientation at the end.
        leads: (P,) probability to lead at the end.
        equidistance: at the end.
    """

    path: Floats
    share: Floats
    leads: Floats
    equidistance: float


def sensitivity(
    assessment: Assessment, *, weightings: int = 64, seed: int = 1, progress: Progress | None = None
) -> Sensitivity:
    """Repeat an assessment under other choices.

    Args:
        assessment: from :func:`equidistance.assessment.assess.assess`.
        weightings: number of weightings, a power of two.
        seed: of the weightings and draws.
        progress: called with what is being done.

    Raises:
        InvalidRequest: the assessment has no inputs, or one indicator only; the number is no power of two.
    """
    inputs = assessment.model
    if inputs is None:
        raise InvalidRequest("This assessment was loaded without its inputs.", hint="Call assess() again.")
    if weightings < 2 or weightings & (weightings - 1):
        raise InvalidRequest(
            f"{weightings} weightings do not spread evenly.", choices=("16", "32", "64", "128", "256")
        )
    present = [k for k in range(len(inputs.grid.indicators)) if np.isfinite(inputs.grid.value[k]).any()]
    if len(present) < 2:
        raise InvalidRequest(
            "With one indicator there is nothing to leave out or to weigh.", hint="Use more indicators."
        )
    mix = WEIGHTS[assessment.settings["channel"]]
    end = next(t for t in reversed(range(inputs.grid.months)) if inputs.grid.date_of(t) == assessment.end)
    start = next(t for t in range(inputs.grid.months) if inputs.grid.date_of(t) == assessment.start)
    steps = len(present) + weightings
    base = _run(inputs, inputs.observations, inputs.parameters, mix, end, seed)
    without = []
    for done, k in enumerate(present):
        if progress is not None:
            progress(f"Leaving out {inputs.grid.indicators[k].name}", done, steps)
        observations = inputs.observations
        value = observations.value.copy()
        value[k] = np.nan
        without.append(_run(inputs, replace(observations, value=value), inputs.parameters, mix, end, seed))
    weighted = []
    for done, (weights, own_mix) in enumerate(_weightings(inputs, present, mix, weightings, seed)):
        if progress is not None:
            progress("Trying weightings", len(present) + done, steps)
        weighted.append(_run(inputs, *_reweighted(inputs, weights), own_mix, end, seed))
    window = slice(start, end + 1)
    indicators = _indicator_table(assessment, inputs, present, base, without, mix, window)
    powers = _power_table(assessment, inputs, base, [*without, *weighted], end, start)
    notes = (
        "The ranges hold the mean estimates of all runs; they are no intervals, and each run has intervals of its own.",
    )
    return Sensitivity(
        indicators, powers, weightings, _sentence(assessment, base, without, weighted, powers), notes
    )


def with_sensitivity(
    assessment: Assessment, *, weightings: int = 64, seed: int = 1, progress: Progress | None = None
) -> Assessment:
    """The assessment with its :func:`sensitivity`, which its formats and its report then show."""
    found = sensitivity(assessment, weightings=weightings, seed=seed, progress=progress)
    return replace(assessment, sensitivity=found)


def _run(
    inputs: Inputs,
    observations: Observations,
    parameters: Parameters,
    mix: tuple[float, float],
    end: int,
    seed: int,
) -> _Run:
    posterior = alignment.smooth(inputs.layout, observations, parameters, inputs.typical(observations))
    w = np.array(mix)
    path = np.einsum("c,tcp->tp", w, posterior.mean[:, :, 0])
    sd = np.sqrt(np.einsum("c,cep,e->p", w, posterior.covariance[end], w))
    # dyads are independent given the shared parameters: independent draws are draws of the joint posterior
    draws = path[end] + sd * np.random.default_rng(seed).standard_normal((_DRAWS, 1, len(sd)))
    oriented = orient(draws, inputs.available[end : end + 1])
    return _Run(
        path,
        oriented.share.mean(axis=0)[0],
        oriented.leads[0],
        float(oriented.equidistance.mean()),
    )


def _weightings(
    inputs: Inputs, present: list[int], mix: tuple[float, float], number: int, seed: int
) -> Iterator[tuple[Floats, tuple[float, float]]]:
    """Weights of all indicators, and the mix of deeds and words, for each weighting."""
    from scipy.stats import qmc

    groups = list(
        dict.fromkeys(
            (one.channel, one.instrument) for k, one in enumerate(inputs.grid.indicators) if k in present
        )
    )
    points = qmc.Sobol(len(groups) + 1, rng=np.random.default_rng(seed)).random(number)
    for point in points:
        factors = dict(zip(groups, FARTHEST ** (2.0 * point[:-1] - 1.0), strict=True))
        weights = np.array(
            [factors.get((one.channel, one.instrument), 1.0) for one in inputs.grid.indicators]
        )
        deeds = LEAST_SHARE + (1.0 - 2.0 * LEAST_SHARE) * point[-1]
        yield weights, (deeds, 1.0 - deeds) if all(mix) else mix


def _reweighted(inputs: Inputs, weights: Floats) -> tuple[Observations, Parameters]:
    """Every variance that is an indicator's own, divided by its weight."""
    p = inputs.parameters
    parameters = replace(p, noise=p.noise / weights, effect=p.effect / weights, wander=p.wander / weights)
    observations = inputs.observations
    error = observations.error / np.sqrt(weights)[:, None, None]
    return replace(observations, error=error), parameters


def _indicator_table(
    assessment: Assessment,
    inputs: Inputs,
    present: list[int],
    base: _Run,
    without: list[_Run],
    mix: tuple[float, float],
    window: slice,
) -> Table:
    available = inputs.available[window]
    moves = np.array([_movement(run.path[window] - base.path[window], available) for run in without])
    declared = [inputs.grid.indicators[k] for k in present]
    counts = {channel: sum(one.channel == channel for one in declared) for channel in ("deed", "word")}
    codes = [power.code for power in assessment.powers]
    rows: list[dict[str, Any]] = []
    for one, run, move in zip(declared, without, moves, strict=True):
        change = np.nan_to_num(run.share - base.share)
        most = int(np.abs(change).argmax())
        rows.append(
            {
                "indicator": one.name,
                "title": one.title,
                "channel": one.channel,
                "instrument": one.instrument,
                "nominal": mix[0 if one.channel == "deed" else 1] / counts[one.channel],
                "importance": float(move / moves.sum()) if moves.sum() > 0 else 0.0,
                "leader": codes[int(np.nan_to_num(run.leads, nan=-1.0).argmax())],
                "p_leader": float(np.nanmax(run.leads)),
                "equidistance": run.equidistance,
                "most_changed": codes[most],
                "change": float(change[most]),
            }
        )
    rows.sort(key=lambda row: -row["importance"])
    return Table("indicators left out", pa.Table.from_pylist(rows), _INDICATOR_UNITS)


def _movement(difference: Floats, available: NDArray[np.bool_]) -> float:
    return float(np.sqrt((difference[available] ** 2).mean()))


_INDICATOR_UNITS = {
    "nominal": "share of the overall alignment if every indicator of a channel counted alike",
    "importance": "movement of the path without it, as a share of all such movements",
    "leader": "power most probably the closest at the end, without this indicator",
    "p_leader": "posterior probability of that",
    "equidistance": "at the end, without this indicator",
    "most_changed": "power whose share changes most without it",
    "change": "that change of share",
}


def _power_table(
    assessment: Assessment, inputs: Inputs, base: _Run, others: list[_Run], end: int, start: int
) -> Table:
    begin = max(start, end - 12 * DRIFT_YEARS)
    years = max((end - begin) / 12, 1 / 12)
    runs = [base, *others]
    share = np.array([run.share for run in runs])
    drift = np.array([(run.path[end] - run.path[begin]) / years for run in runs])
    filled = np.nan_to_num(share, nan=-1.0)
    rank = 1 + (filled[:, None, :] > filled[:, :, None]).sum(axis=2)  # (runs, P)
    rows = []
    for p, power in enumerate(assessment.powers):
        if not inputs.available[end, p]:
            continue
        rows.append(
            {
                "power": power.code,
                "power_name": power.name,
                "share": float(share[0, p]),
                "share_low": float(share[:, p].min()),
                "share_high": float(share[:, p].max()),
                "rank": int(rank[0, p]),
                "best_rank": int(rank[:, p].min()),
                "worst_rank": int(rank[:, p].max()),
                "leads": float((rank[:, p] == 1).mean()),
                "drift": float(drift[0, p]),
                "drift_low": float(drift[:, p].min()),
                "drift_high": float(drift[:, p].max()),
                "same_direction": float((np.sign(drift[:, p]) == np.sign(drift[0, p])).mean()),
            }
        )
    return Table("powers under other choices", pa.Table.from_pylist(rows), _POWER_UNITS)


_POWER_UNITS = {
    "share": "orientation at the end, as reported",
    "share_low": "lowest of all runs",
    "share_high": "highest of all runs",
    "rank": "rank of the share, 1 is the closest",
    "best_rank": "best of all runs",
    "worst_rank": "worst of all runs",
    "leads": "share of runs in which it has the largest share",
    "drift": f"standard deviations a year over the last {DRIFT_YEARS} years, as reported",
    "drift_low": "lowest of all runs",
    "drift_high": "highest of all runs",
    "same_direction": "share of runs with a drift of the same sign",
}


def _sentence(
    assessment: Assessment, base: _Run, without: list[_Run], weighted: list[_Run], powers: Table
) -> str:
    names = [power.name for power in assessment.powers]

    def leads(run: _Run) -> int:
        return int(np.nan_to_num(run.leads, nan=-1.0).argmax())

    first = leads(base)
    same = sum(leads(run) == first for run in weighted)
    kept = sum(leads(run) == first for run in without)
    row = next(row for row in powers if row["power"] == assessment.powers[first].code)
    return (
        f"{names[first]} stays the likeliest closest power in {same} of {len(weighted)} weightings and in {kept} of "
        f"{len(without)} runs without one of the indicators; its share is {row['share']:.0%} and lies between "
        f"{row['share_low']:.0%} and {row['share_high']:.0%} over all these choices."
    )
