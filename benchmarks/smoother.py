"""The smoother: on a shape of which other software's times are known, and on the real panel.

Functions whose names start with ``measure_`` run in a process of their own (see ``measure.call``).
"""

from functools import partial
from typing import TYPE_CHECKING, Any

from measure import Section, allocated, call, in_turns, ratio, seconds, spread

if TYPE_CHECKING:
    from equidistance.models.alignment import Observations, Parameters
    from equidistance.models.kalman import Layout

SERIES, MONTHS, INDICATORS, MISSING = 1600, 900, 6, 0.4
SAMPLE = 4
"""Series that statsmodels smooths; its time is extrapolated from them linearly."""


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
    import statsmodels.tsa.statespace.kalman_smoother  # noqa: F401 (not part of what is measured)
    from panels import one_channel

    panel = one_channel(SERIES, MONTHS, INDICATORS, MISSING)
    value = panel[1].value
    _smooth_all(panel[0], panel[1].select(slice(0, SAMPLE)), panel[2])  # compiled code is ready
    found: dict[str, Any] = in_turns(
        {
            "ours": lambda: seconds(lambda: _smooth_all(*panel)),
            "statsmodels": lambda: seconds(lambda: [_statsmodels(*panel, n) for n in range(SAMPLE)]),
            "local level": lambda: seconds(lambda: _local_level(value, panel[2].noise, 0.001, 1.0)),
            "pass": lambda: seconds(lambda: np.nansum(value)),
        },
        rounds=3,
    )
    from equidistance.models import compiled

    few = panel[1].select(slice(0, SAMPLE))
    ours = compiled.smooth(panel[0], compiled.pack(panel[0], few), panel[2])
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
    """What ``standardise`` does: all dyads, packed and smoothed."""
    from equidistance.models import compiled

    compiled.smooth(layout, compiled.pack(layout, observations), parameters)


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
    """All states, six powers, 408 months, all indicators."""
    rows = []
    for name, what in (("smooth", "one smoothing pass"), ("em", "one EM step")):
        found, done = call("smoother", "measure_real_panel", what=name)
        times = found["times"]
        rows.append(
            (
                what,
                spread(times),
                f"{ratio(times, found['pass']):.0f}",
                f"{found['held']:.0f}",
                f"{done.peak:.0f}",
            )
        )
    return Section(
        "Smoother on the real panel",
        f"{found['dyads']:,} dyads x {found['months']} months x {found['indicators']} indicators, "
        f"{found['observations']:,} values, from the shipped snapshot. CPU seconds, median (range) of 5 runs in turns with "
        "one pass over the arrays (`numpy.nansum`); memory that the step holds at its highest, and that of the whole "
        "process, most of which building the panel takes.",
        ("what", "CPU s", "ratio to one pass", "step MiB", "process MiB"),
        rows,
    )


def measure_real_panel(what: str) -> dict[str, Any]:
    import numpy as np
    from panels import Real

    from equidistance.models import em

    real = Real()
    K, T, N = real.observations.value.shape
    panel = real.layout, real.observations, real.parameters
    step = {"smooth": lambda: _smooth_all(*panel), "em": lambda: em._em_step(*panel)}[what]
    step()  # compiled code is ready
    found = in_turns(
        {"times": lambda: seconds(step), "pass": lambda: seconds(lambda: np.nansum(real.observations.value))},
        rounds=5,
    )
    return {
        **found,
        "held": allocated(step),
        "dyads": N,
        "months": T,
        "indicators": K,
        "observations": int(np.isfinite(real.observations.value).sum()),
    }


def growth() -> Section:
    """One EM step: more states, months instead of years, more indicators."""
    found, _ = call("smoother", "measure_growth")
    whole = found[2]["times"]
    rows = [
        (
            row["part"],
            f"{row['dyads']:,}",
            str(row["periods"]),
            str(row["indicators"]),
            spread(row["times"]),
            f"{ratio(row['times'], whole):.2f}",
            f"{row['held']:.0f}",
        )
        for row in found
    ]
    return Section(
        "Growth",
        "One EM step on parts of the real panel: CPU seconds, median (range) of 5 rounds in turns, ratio to all states, "
        "and the memory the step holds at its highest. States are drawn at random.",
        ("part", "dyads", "periods", "indicators", "CPU s", "ratio to all", "step MiB"),
        rows,
        (
            "Time grows with the readings, and with the square of the number of indicators whose own components a dyad "
            "carries at once. Packing is part of the step here; a fit packs once.",
        ),
    )


def measure_growth() -> list[dict[str, Any]]:
    from panels import Real

    from equidistance.models import em

    real = Real()
    layout, parameters = real.layout, real.parameters
    parts = {
        "50 states": (layout, real.of_states(50), parameters),
        "100 states": (layout, real.of_states(100), parameters),
        "all states": (layout, real.observations, parameters),
        "all states, a grid of years": real.by_year(),
        "all states, every fourth indicator": real.of_indicators(list(range(0, len(real.indicators), 4))),
        "all states, every second indicator": real.of_indicators(list(range(0, len(real.indicators), 2))),
    }
    steps = {name: partial(em._em_step, *part) for name, part in parts.items()}
    steps["50 states"]()  # compiled code is ready
    times = in_turns({name: partial(seconds, step) for name, step in steps.items()}, rounds=5)
    return [
        {
            "part": name,
            "times": times[name],
            "held": allocated(steps[name]),
            "dyads": observations.value.shape[2],
            "periods": observations.value.shape[1],
            "indicators": observations.value.shape[0],
        }
        for name, (_, observations, _) in parts.items()
    ]
