"""All states and eight powers at once: estimation, intervals, memory; beside statsmodels and beside one pass.

Functions whose names start with ``measure_`` run in a process of their own (see ``measure.call``).
"""

from typing import TYPE_CHECKING, Any

from measure import Section, call, in_turns, ratio, seconds, spread

if TYPE_CHECKING:
    from panels import Real

    from equidistance.models.alignment import Observations

POWERS = 8
SAMPLE = 3
"""Dyads that statsmodels smooths; its time is extrapolated from them linearly."""


def all_states() -> Section:
    """The figures of the whole problem."""
    fits, memory = call("everything", "measure_fits")
    found, done = call("everything", "measure_smoothing")
    scale = found["dyads"] / SAMPLE
    ours, theirs, least = found["ours"], found["statsmodels"], found["pass"]
    rows = [
        (
            "EM of the normal model to convergence, and intervals of every month",
            f"{fits['normal']:.0f}",
            "",
            "",
            f"{fits['normal steps']} steps",
        ),
        (
            "stochastic EM with Student-t tails to convergence, and intervals given the weights",
            f"{fits['tails']:.0f}",
            "",
            "",
            "converged" if fits["converged"] else "not converged",
        ),
        (
            "one smoothing pass, means and variances of every month",
            spread(ours),
            "1",
            f"{ratio(ours, least):.0f}",
            "",
        ),
        (
            f"statsmodels, the same model, {SAMPLE} dyads in a loop, times {scale:.0f}",
            spread([scale * value for value in theirs], 0),
            f"{scale * ratio(theirs, ours):.0f}",
            f"{scale * ratio(theirs, least):.0f}",
            f"largest difference {found['difference']:.0e}",
        ),
        ("one pass over the data (`numpy.nansum`)", spread(least, 3), f"{ratio(least, ours):.4f}", "1", ""),
    ]
    return Section(
        "All states and eight powers",
        f"{found['dyads']:,} dyads x {found['months']} months x {found['indicators']} indicators, {found['values']:,} values: the "
        "real panel of six powers, and two more powers simulated from the shipped parameters with the missing months of "
        "two of the six. CPU seconds; targets: 60 s, 2 GB, 265 times faster than statsmodels.",
        ("what", "CPU s", "ratio to one smoothing pass", "ratio to one pass", ""),
        rows,
        (f"Peak memory of the fits {memory.peak:.0f} MiB, of the smoothing {done.peak:.0f} MiB.",),
    )


def _panel(real: "Real") -> "Observations":
    import numpy as np

    from equidistance.models.alignment import Observations
    from equidistance.models.simulate import simulate

    powers = sorted({power for _, power in real.dyads})
    more = np.array([n for n, (_, power) in enumerate(real.dyads) if power in powers[: POWERS - len(powers)]])
    added, _ = simulate(
        real.layout, real.parameters, real.observations.select(more), np.random.default_rng(8)
    )
    return Observations(
        np.concatenate([real.observations.value, added.value], axis=2),
        np.concatenate([real.observations.error, added.error], axis=2),
    )


def measure_fits() -> dict[str, Any]:
    import time

    from panels import Real

    from equidistance.models import alignment, em, fitting

    real = Real()
    observations = _panel(real)
    series = observations.value.shape[2]
    began = time.process_time()
    steps: list[int] = []
    plain = em.fit(real.layout, observations, on_iteration=lambda step, _: steps.append(step))
    for dyads, _ in alignment.chunks(series):
        alignment.smooth(real.layout, observations.select(dyads), plain.parameters)
    normal = time.process_time() - began
    began = time.process_time()
    tailed = fitting.fit_tails(real.layout, observations, real.parameters.tails)
    for dyads, given in alignment.chunks(series, tailed.weights):
        alignment.smooth(real.layout, observations.select(dyads), tailed.parameters, given)
    return {
        "normal": normal,
        "normal steps": steps[-1],
        "tails": time.process_time() - began,
        "converged": tailed.converged,
    }


def measure_smoothing() -> dict[str, Any]:
    import numpy as np
    from panels import Real

    from equidistance.models import alignment

    real = Real()
    observations = _panel(real)
    K, T, N = observations.value.shape
    sample = np.linspace(0, N - 1, SAMPLE).astype(int)

    def ours() -> None:
        for dyads, _ in alignment.chunks(N):
            alignment.smooth(real.layout, observations.select(dyads), real.parameters)

    found: dict[str, Any] = in_turns(
        {
            "ours": lambda: seconds(ours),
            "statsmodels": lambda: seconds(lambda: [_statsmodels(real, observations, n) for n in sample]),
            "pass": lambda: seconds(lambda: np.nansum(observations.value)),
        },
        rounds=3,
    )
    mine = alignment.smooth(real.layout, observations.select(sample), real.parameters)
    difference = 0.0
    for i, n in enumerate(sample):
        mean, covariance = _statsmodels(real, observations, n)
        centre = mine.mean[:, :, 0, i] - real.parameters.mean
        difference = max(difference, float(np.abs(centre - mean).max()))
        difference = max(difference, float(np.abs(mine.covariance[..., i] - covariance).max()))
    return {
        **found,
        "difference": difference,
        "dyads": N,
        "months": T,
        "indicators": K,
        "values": int(np.isfinite(observations.value).sum()),
    }


def _statsmodels(real: "Real", observations: "Observations", n: int) -> tuple[Any, Any]:
    """Smoothed means (T, C) and covariances (T, C, C) of one dyad's alignment in statsmodels."""
    import numpy as np
    from statsmodels.tsa.statespace import kalman_smoother as ks

    layout, p = real.layout, real.parameters
    K, T, _ = observations.value.shape
    C, sums = layout.channels, layout.accumulators
    size, first_own = C + len(sums) + K, C + len(sums)
    model = ks.KalmanSmoother(k_endog=K, k_states=size, k_posdef=C + K)
    centre = p.intercept + p.loading * p.mean[layout.channel]
    model.bind((observations.value[:, :, n].T - centre).copy())
    transition, selection = np.zeros((size, size, T)), np.zeros((size, C + K, T))
    for t in range(T):  # the transition at t leads from t to t + 1
        transition[:C, :C, t] = selection[:C, :C, t] = np.eye(C)
        transition[first_own:, first_own:, t] = selection[first_own:, C:, t] = np.eye(K)
        for i, (c, span) in enumerate(sums, start=C):
            transition[i, c, t] = selection[i, c, t] = 1.0
            transition[i, i, t] = 0.0 if (t + 1) % span == 0 else 1.0
    design, lift = np.zeros((K, size)), np.zeros((size, C))
    design[np.arange(K), layout.position] = p.loading / layout.span
    design[np.arange(K), first_own + np.arange(K)] = 1.0
    lift[:C] = np.eye(C)
    for i, (c, _) in enumerate(sums, start=C):
        lift[i, c] = 1.0
    start = lift @ p.initial @ lift.T
    start[first_own:, first_own:] = np.diag(p.effect)
    shocks = np.diag(np.concatenate([np.zeros(C), p.wander]))
    shocks[:C, :C] = p.innovation
    variance = observations.error[:, :, n] ** 2 + p.noise[:, None]
    model["design"], model["transition"], model["selection"] = design, transition, selection
    model["state_cov"] = shocks
    model["obs_cov"] = np.stack([np.diag(variance[:, t]) for t in range(T)], axis=2)
    model.initialize_known(np.zeros(size), start)
    model.smoother_output = ks.SMOOTHER_STATE | ks.SMOOTHER_STATE_COV
    result = model.smooth()
    return result.smoothed_state[:C].T, result.smoothed_state_cov[:C, :C].transpose(2, 0, 1)
