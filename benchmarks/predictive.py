"""Statistical benchmark: do intervals cover what they say.

Functions whose names start with ``measure_`` run in a process of their own (see ``measure.call``).
"""

from typing import TYPE_CHECKING, Any

from measure import Section, call

if TYPE_CHECKING:
    from panels import Real

    from equidistance.models.alignment import Observations, Parameters
    from equidistance.models.kalman import Floats

DRIFT_DYADS, DRIFT_DRAWS, DRIFT_YEARS = 300, 200, 10


def coverage(*, full: bool) -> Section:
    """Simulation-based calibration with the real missing pattern."""
    cases = [("true", "the true ones"), ("few steps", "re-estimated: 6 EM steps from the true ones")]
    if full:
        cases.append(("fit", "re-estimated: the whole fit from its starting values"))
    rows = []
    for estimate, words in cases:
        found, _ = call("predictive", "measure_coverage", estimate=estimate)
        for quantity in ("deeds", "words", "gap", "drift"):
            if quantity in found["90"]:
                half, ninety = found["50"][quantity], found["90"][quantity]
                verdict = "yes" if abs(half - 0.5) <= 0.03 and abs(ninety - 0.9) <= 0.02 else "**no**"
                rows.append(
                    (
                        words,
                        quantity,
                        f"{half:.1%}",
                        f"{ninety:.1%}",
                        f"{found['error'][quantity]:.1%}",
                        verdict,
                    )
                )
    return Section(
        "Coverage on simulated data",
        "All dyads of the real panel, with its missing months and standard errors, simulated from the shipped "
        "parameters with normal tails (with Student-t tails: the model card); how often 50 % and 90 % intervals hold the truth, over all months in which the dyad exists (drift: "
        f"{DRIFT_YEARS}-year windows of {DRIFT_DYADS} dyads, from {DRIFT_DRAWS} draws each). Target: 50 +- 3 % and "
        "90 +- 2 %. The last column but one is the sampling error of the 90 % figure: a dyad's months are so alike that "
        "only dyads count as independent.",
        ("parameters", "quantity", "50 % intervals", "90 % intervals", "+-", "on target"),
        rows,
    )


def measure_coverage(estimate: str) -> dict[str, Any]:
    from dataclasses import replace

    import numpy as np
    from panels import Real

    from equidistance.models import compiled, em, fitting
    from equidistance.models.alignment import Tails
    from equidistance.models.scores import NORMAL_QUANTILES
    from equidistance.models.simulate import simulate

    real = Real()
    exists = real.exists()
    parameters = replace(real.parameters, tails=Tails())
    observations, truth = simulate(real.layout, parameters, real.observations, np.random.default_rng(11))
    if estimate == "few steps":
        for _ in range(6):
            parameters, _ = em._em_step(real.layout, observations, parameters)
    if estimate == "fit":
        parameters = fitting.fit_tails(real.layout, observations, Tails()).parameters
    if estimate != "true":  # a new estimate has a scale of its own: both go to mean 0, variance 1
        parameters = em.standardise(real.layout, compiled.pack(real.layout, observations), parameters, exists)
        count = exists.sum()
        centre = (truth * exists[:, None]).sum(axis=(0, 2)) / count
        scale = np.sqrt((truth**2 * exists[:, None]).sum(axis=(0, 2)) / count - centre**2)
        truth = (truth - centre[None, :, None]) / scale[None, :, None]
    mean, covariance = _posterior(real, observations, parameters)
    values = {
        "deeds": (truth[:, 0], mean[:, 0], covariance[:, 0, 0]),
        "words": (truth[:, 1], mean[:, 1], covariance[:, 1, 1]),
        "gap": (
            truth[:, 1] - truth[:, 0],
            mean[:, 1] - mean[:, 0],
            covariance[:, 0, 0] + covariance[:, 1, 1] - 2 * covariance[:, 0, 1],
        ),
    }
    found: dict[str, dict[str, float]] = {"50": {}, "90": {}, "error": {}}
    for level, z in (("50", NORMAL_QUANTILES["q75"]), ("90", NORMAL_QUANTILES["q95"])):
        for name, (true, centre, variance) in values.items():
            inside = np.abs(true - centre) <= z * np.sqrt(variance)
            found[level][name] = float(inside[exists].mean())
            by_dyad = (inside & exists).sum(axis=0) / np.maximum(exists.sum(axis=0), 1)
            found["error"][name] = float(by_dyad.std() / np.sqrt(len(by_dyad)))
    if estimate == "true":
        _drift_coverage(real, observations, parameters, truth, found)
    return found


def _posterior(
    real: "Real", observations: "Observations", parameters: "Parameters"
) -> "tuple[Floats, Floats]":
    """Means (T, C, N) and covariances (T, C, C, N) of all dyads."""
    import numpy as np

    from equidistance.models import alignment

    parts = []
    for low in range(0, observations.value.shape[2], alignment.CHUNK):
        part = observations.select(slice(low, low + alignment.CHUNK))
        parts.append(alignment.smooth(real.layout, part, parameters))
    return (
        np.concatenate([part.mean[:, :, 0] for part in parts], axis=-1),
        np.concatenate([part.covariance for part in parts], axis=-1),
    )


def _drift_coverage(
    real: "Real",
    observations: "Observations",
    parameters: "Parameters",
    truth: "Floats",
    found: dict[str, dict[str, float]],
) -> None:
    """Drift of the mean of words and deeds, from draws, as an assessment computes it."""
    import numpy as np

    from equidistance.models import sampling

    generator = np.random.default_rng(12)
    dyads = generator.choice(truth.shape[2], DRIFT_DYADS, replace=False)
    span = 12 * DRIFT_YEARS
    starts = np.arange(23, truth.shape[0] - span, span)  # from the end of 1993
    inside: dict[str, list[Any]] = {"50": [], "90": []}
    for low in range(0, DRIFT_DYADS, 50):
        chosen = dyads[low : low + 50]
        paths = sampling.draws(
            real.layout, observations.select(chosen), parameters, DRIFT_DRAWS, generator
        ).mean(axis=1)
        true = truth[:, :, chosen].mean(axis=1)
        drift, real_drift = paths[starts + span] - paths[starts], true[starts + span] - true[starts]
        for level, tail in (("50", 0.25), ("90", 0.05)):
            below, above = np.quantile(drift, [tail, 1 - tail], axis=1)
            inside[level].append((below <= real_drift) & (real_drift <= above))
    for level, parts in inside.items():
        hits = np.concatenate(parts, axis=1)
        found[level]["drift"] = float(hits.mean())
        found["error"]["drift"] = float(hits.mean(axis=0).std() / np.sqrt(DRIFT_DYADS))
