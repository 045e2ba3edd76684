"""The smoother: on a shape of which other software's times are known, and on the real panel.

Functions whose names start with ``measure_`` run in a process of their own (see ``measure.call``).
"""

from statistics import median
from typing import TYPE_CHECKING, Any

from measure import Section, call, in_turns, ratio, seconds, spread

if TYPE_CHECKING:
    from equidistance.models.alignment import Observations, Parameters
    from equidistance.models.kalman import Layout

SERIES, MONTHS, INDICATORS, MISSING = 1600, 900, 6, 0.4
SAMPLE = 4
"""Series that statsmodels smooths; its time is extrapolated from them linearly."""

Panel = "tuple[Layout, Observations, Parameters]"


def known_shape() -> Section:
    """1,600 series x 900 months x 6 indicators of one channel."""
    found, done = call("smoother", "measure_known_shape")
    ours, theirs, least = found["ours"], found["statsmodels"], found["pass"]
    level = found["local level"]
    scale = SERIES / SAMPLE
    rows = [
        ("equidistance, mean and variance of every month", spread(ours), "1", f"{ratio(ours, least):.0f}"),
        (
            f"statsmodels, the same model, {SAMPLE} series in a loop, times {scale:.0f}",
            spread([scale * value for value in theirs], 0),
            f"{scale * ratio(theirs, ours):.0f}",
            f"{scale * ratio(theirs, least):.0f}",
        ),
        (
            "a plain local level, without own components (numpy, 20 lines)",
            spread(level),
            f"{ratio(level, ours):.2f}",
            f"{ratio(level, least):.0f}",
        ),
        ("one pass over the data (`numpy.nansum`)", spread(least, 3), f"{ratio(least, ours):.4f}", "1"),
    ]
    return Section(
        "Smoother on a known shape",
        f"{SERIES:,} series x {MONTHS} months x {INDICATORS} indicators of one channel, {MISSING:.0%} of the values "
        "missing at random, CPU seconds, median (range) of 3 runs in turns.",
        ("what", "CPU s", "ratio to equidistance", "ratio to one pass"),
        rows,
        (
            "The model has a state of 7: the alignment, and for each indicator a component of its own that wanders. "
            "Published figures for a trial of this shape (.03-.08 s vectorised numpy, 1.9 s dynamax, 20 s statsmodels) "
            "are of a state of 1, which the plain local level repeats: there the six values of a month collapse into "
            "one. Own components forbid that; they are what the difference pays for.",
            f"Largest difference from statsmodels on the sample: {found['difference']:.0e}. Peak {done.peak:.0f} MiB.",
        ),
    )


def measure_known_shape() -> dict[str, Any]:
    import numpy as np
    from panels import one_channel

    panel = one_channel(SERIES, MONTHS, INDICATORS, MISSING)
    value = panel[1].value
    found: dict[str, Any] = in_turns(
        {
            "ours": lambda: seconds(lambda: _smooth_all(*panel)),
            "statsmodels": lambda: seconds(lambda: [_statsmodels(*panel, n) for n in range(SAMPLE)]),
            "local level": lambda: seconds(lambda: _local_level(value, panel[2].noise, 0.001, 1.0)),
            "pass": lambda: seconds(lambda: np.nansum(value)),
        },
        rounds=3,
    )
    from equidistance.models import alignment

    ours = alignment.smooth(panel[0], panel[1].select(slice(0, SAMPLE)), panel[2])
    theirs = [_statsmodels(*panel, n) for n in range(SAMPLE)]
    found["difference"] = max(
        max(
            float(np.abs(ours.mean[:, 0, 0, n] - mean).max()),
            float(np.abs(ours.covariance[:, 0, 0, n] - variance).max()),
        )
        for n, (mean, variance) in enumerate(theirs)
    )
    return found


def _smooth_all(layout: "Layout", observations: "Observations", parameters: "Parameters") -> None:
    """What ``standardise`` does: all dyads, a chunk at a time."""
    from equidistance.models import alignment

    for low in range(0, observations.value.shape[2], alignment.CHUNK):
        alignment.smooth(layout, observations.select(slice(low, low + alignment.CHUNK)), parameters)


def _statsmodels(
    layout: "Layout", observations: "Observations", parameters: "Parameters", n: int
) -> tuple[Any, Any]:
    """Smoothed mean and variance of one series' alignment."""
    import numpy as np
    from statsmodels.tsa.statespace import kalman_smoother as ks

    K, size = len(layout.channel), 1 + len(layout.channel)
    model = ks.KalmanSmoother(k_endog=K, k_states=size, k_posdef=size)
    model.bind(observations.value[:, :, n].T.copy())
    model["design"] = np.hstack([parameters.loading[:, None], np.eye(K)])
    model["transition"] = model["selection"] = np.eye(size)
    model["state_cov"] = np.diag([parameters.innovation[0, 0], *parameters.wander])
    model["obs_cov"] = np.diag(parameters.noise)
    model.initialize_known(np.zeros(size), np.diag([parameters.initial[0, 0], *parameters.effect]))
    model.smoother_output = ks.SMOOTHER_STATE | ks.SMOOTHER_STATE_COV
    result = model.smooth()
    return result.smoothed_state[0], result.smoothed_state_cov[0, 0]


def _local_level(value: Any, noise: Any, step: float, start: float) -> tuple[Any, Any]:
    """The smallest model of this shape: a month's values collapse into their weighted mean (K, T, N) -> (T, N) twice."""
    import numpy as np

    seen = np.isfinite(value)
    weight = np.einsum("ktn,k->tn", seen, 1 / noise)
    total = np.einsum("ktn,k->tn", np.where(seen, value, 0.0), 1 / noise)
    months, series = weight.shape
    mean, variance = np.empty((2, months, series))
    m, v = np.zeros(series), np.full(series, start)
    for t in range(months):
        v = 1 / (1 / v + weight[t])
        m = m + v * (total[t] - weight[t] * m)
        mean[t], variance[t] = m, v
        v = v + step
    for t in range(months - 2, -1, -1):
        gain = variance[t] / (variance[t] + step)
        mean[t] += gain * (mean[t + 1] - mean[t])
        variance[t] += gain**2 * (variance[t + 1] - variance[t] - step)
    return mean, variance


def real_panel() -> Section:
    """All states, six powers, 408 months, 12 indicators."""
    rows = []
    for name, what in (("nothing", "building the panel alone"), ("smooth", "one smoothing pass"), ("em", "one EM step")):
        found, done = call("smoother", "measure_real_panel", what=name, rounds=5)
        times = found["times"]
        rows.append((what, spread(times) if times else "", f"{done.peak:.0f}"))
    return Section(
        "Smoother on the real panel",
        f"{found['dyads']:,} dyads x {found['months']} months x {found['indicators']} indicators, "
        f"{found['observations']:,} values, from the shipped snapshot. CPU seconds, median (range) of 5 runs; the peak is "
        "that of a process that builds the panel and does nothing else.",
        ("what", "CPU s", "peak MiB"),
        rows,
    )


def measure_real_panel(what: str, rounds: int) -> dict[str, Any]:
    import numpy as np
    from panels import Real

    from equidistance.models import alignment

    real = Real()
    K, T, N = real.observations.value.shape
    arguments = real.layout, real.observations, real.parameters
    actions = {
        "nothing": None,
        "smooth": lambda: _smooth_all(*arguments),
        "em": lambda: alignment._em_step(*arguments),
    }
    action = actions[what]
    return {
        "times": [seconds(action) for _ in range(rounds)] if action else [],
        "dyads": N,
        "months": T,
        "indicators": K,
        "observations": int(np.isfinite(real.observations.value).sum()),
    }


def growth() -> Section:
    """One EM step: more states, months instead of years, more indicators."""
    cases = [
        ("50 states", {"states": 50}),
        ("100 states", {"states": 100}),
        ("200 states", {"states": 200}),
        ("200 states, a grid of years", {"yearly": True}),
        ("200 states, 3 indicators", {"indicators": 3}),
        ("200 states, 6 indicators", {"indicators": 6}),
    ]
    found = {}
    for name, arguments in cases:
        result, done = call("smoother", "measure_growth", **arguments)
        found[name] = (result, median(result["times"]), done.peak)
    whole = found["200 states"][1]
    rows = [
        (name, f"{r['dyads']:,}", str(r["periods"]), str(r["indicators"]), f"{t:.2f}", f"{t / whole:.2f}", f"{peak:.0f}")
        for name, (r, t, peak) in found.items()
    ]
    return Section(
        "Growth",
        "One EM step on parts of the real panel: CPU seconds (median of 5), ratio to all states, and the peak of the "
        "process, which holds the whole panel whatever part of it is used. States are drawn at random.",
        ("part", "dyads", "periods", "indicators", "CPU s", "ratio to all", "peak MiB"),
        rows,
        ("Time grows in proportion to dyads and periods; with indicators faster, as the state grows with them.",),
    )


def measure_growth(states: int | None = None, yearly: bool = False, indicators: int | None = None) -> dict[str, Any]:
    from panels import Real

    from equidistance.models import alignment

    real = Real()
    layout, observations, parameters = real.layout, real.observations, real.parameters
    if states is not None:
        observations = real.of_states(states)
    if yearly:
        layout, observations, parameters = real.by_year()
    if indicators is not None:
        step = len(real.indicators) // indicators
        layout, observations, parameters = real.of_indicators(list(range(0, len(real.indicators), step)))
    K, T, N = observations.value.shape
    times = [seconds(lambda: alignment._em_step(layout, observations, parameters)) for _ in range(5)]
    return {"times": times, "dyads": N, "periods": T, "indicators": K}


def whole_fit() -> Section:
    """The reference fit from the start, as ``snapshot build`` and ``--refit`` run it."""
    found, done = call("smoother", "measure_fit")
    rows = [
        (
            f"{found['cpu']:.0f}",
            str(found["steps"]),
            "yes" if found["converged"] else "no",
            f"{found['likelihood']:.1f}",
            f"{found['shipped']:.1f}",
            f"{found['difference']:.4f}",
            f"{done.peak:.0f}",
        )
    ]
    return Section(
        "The whole fit",
        "All states, six powers, from the starting values to convergence; once.",
        (
            "CPU s",
            "EM steps",
            "converged",
            "log likelihood",
            "of the shipped parameters",
            "largest change of any smoothed mean, sd",
            "peak MiB",
        ),
        rows,
    )


def measure_fit() -> dict[str, Any]:
    import numpy as np
    from panels import Real

    from equidistance.models import alignment

    real = Real()
    steps: list[int] = []
    result: list[alignment.Fit] = []

    def fit() -> None:
        result.append(
            alignment.fit(real.layout, real.observations, on_iteration=lambda step, _: steps.append(step))
        )

    cpu = seconds(fit)
    fitted = alignment.standardise(real.layout, real.observations, result[0].parameters, real.exists())
    difference = 0.0
    for low in range(0, len(real.dyads), alignment.CHUNK):
        part = real.observations.select(slice(low, low + alignment.CHUNK))
        new, old = (alignment.smooth(real.layout, part, p).mean for p in (fitted, real.parameters))
        difference = max(difference, float(np.abs(new - old).max()))
    return {
        "cpu": cpu,
        "steps": len(steps),
        "converged": result[0].converged,
        "likelihood": result[0].log_likelihood[-1],
        "shipped": alignment.log_likelihood(real.layout, real.observations, real.parameters),
        "difference": difference,
    }
