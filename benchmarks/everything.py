"""All states and eight powers at once: estimation, intervals, memory; beside statsmodels and beside one pass.

Functions whose names start with ``measure_`` run in a process of their own (see ``measure.call``).
"""

from statistics import median
from typing import TYPE_CHECKING, Any

from measure import Section, call, in_turns, ratio, seconds, spread

if TYPE_CHECKING:
    from panels import Real

    from equidistance.models.alignment import Observations, Posterior

POWERS = 8
SAMPLE = 6
"""Dyads that statsmodels smooths, evenly chosen; its time is extrapolated from them linearly."""


def all_states() -> Section:
    """The figures of the whole problem."""
    fits, memory = call("everything", "measure_fits")
    found, done = call("everything", "measure_smoothing")
    scale = found["dyads"] / SAMPLE
    ours, theirs, least = found["ours"], found["statsmodels"], found["pass"]
    lean, arrays = found["statsmodels, own indicators"], found["arrays"]
    rows = [
        (
            "the normal model to its maximum, and intervals of every month",
            f"{fits['normal']:.0f}",
            "",
            "",
            f"{fits['normal steps']} passes",
        ),
        (
            "the same with Student-t tails, a draw of their weights, and intervals given it",
            f"{fits['tails']:.0f}",
            "",
            "",
            "converged" if fits["converged"] else "not converged",
        ),
        (
            "one smoothing pass, means and variances of every month (`models/compiled.py`)",
            spread(ours),
            "1",
            f"{ratio(ours, least):.0f}",
            f"and {median(found['packing']):.2f} s of packing, once",
        ),
        (
            "the same by arrays (`models/kalman.py`, numpy)",
            spread(arrays),
            f"{ratio(arrays, ours):.1f}",
            f"{ratio(arrays, least):.0f}",
            f"{found['filled']:.0%} of the entries it walks through are readings",
        ),
        (
            f"statsmodels, the same model and the same output, {SAMPLE} dyads in a loop, times {scale:.0f}",
            spread([scale * value for value in theirs], 0),
            f"{scale * ratio(theirs, ours):.0f}",
            f"{scale * ratio(theirs, least):.0f}",
            f"largest difference {found['difference']:.0e}",
        ),
        (
            "statsmodels, each dyad's model without the indicators it never shows",
            spread([scale * value for value in lean], 0),
            f"{scale * ratio(lean, ours):.0f}",
            f"{scale * ratio(lean, least):.0f}",
            "",
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
        (
            f"Peak memory of the fits {memory.peak:.0f} MiB, of the smoothing {done.peak:.0f} MiB.",
            f"Time of the fits by part, CPU seconds: {fits['by part']}. Compiled code is ready (it is kept on disk beside the "
            f"package); compiling it, once after installation, took {fits['compiling']:.0f} s more (nothing where it was kept).",
            "Compared are smoother passes with the parameters known: for each dyad the smoothed means and variances of "
            "alignment in every month. For statsmodels that is `KalmanSmoother.smooth()` with state and state covariance "
            "asked for; making its matrices is not counted, as packing is not.",
        ),
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
    from collections import Counter
    from collections.abc import Callable

    import numpy as np
    from panels import Real

    from equidistance.models import compiled, fitting
    from equidistance.models.alignment import Tails

    real = Real()
    observations = _panel(real)
    began = time.process_time()
    few = observations.select(slice(0, 5))
    ready = compiled.pack(real.layout, few)
    generator = np.random.default_rng(1)
    given = compiled.start(real.layout, ready, real.parameters, generator)
    compiled.sweep(real.layout, ready, real.parameters, given, generator)
    compiled.sums(real.layout, ready, real.parameters)
    compiled.smooth(real.layout, ready, real.parameters)
    compiling = time.process_time() - began
    spent: Counter[str] = Counter()

    def timed(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def run(*arguments: Any, **options: Any) -> Any:
            before = time.process_time()
            result = function(*arguments, **options)
            spent[name] += time.process_time() - before
            return result

        return run

    for name, what in (
        ("pack", "packing"),
        ("sums", "likelihoods and scores"),
        ("start", "first weights"),
        ("sweep", "draws of the weights"),
        ("smooth", "intervals"),
    ):
        setattr(compiled, name, timed(what, getattr(compiled, name)))
    began = time.process_time()
    steps: list[int] = []
    plain = fitting.fit_tails(
        real.layout, observations, Tails(), on_iteration=lambda step, _: steps.append(step)
    )
    compiled.smooth(real.layout, compiled.pack(real.layout, observations), plain.parameters)
    normal = time.process_time() - began
    normal_parts = dict(spent)
    spent.clear()
    began = time.process_time()
    tailed = fitting.fit_tails(real.layout, observations, real.parameters.tails)
    compiled.smooth(real.layout, tailed.packed, tailed.parameters, tailed.weights)
    return {
        "normal": normal,
        "normal steps": steps[-1],
        "tails": time.process_time() - began,
        "converged": tailed.converged,
        "compiling": compiling,
        "by part": "; ".join(
            f"{kind}: " + ", ".join(f"{what} {seconds_:.1f}" for what, seconds_ in sorted(parts.items(), key=lambda x: -x[1]))
            for kind, parts in (("normal", normal_parts), ("Student-t", dict(spent)))
        ),
    }


def measure_smoothing() -> dict[str, Any]:
    import numpy as np
    from panels import Real

    from equidistance.models import alignment, compiled

    real = Real()
    observations = _panel(real)
    K, T, N = observations.value.shape
    sample = ((np.arange(SAMPLE) + 0.5) * N / SAMPLE).astype(int)
    models = {kept: [_statsmodels(real, observations, n, kept=kept) for n in sample] for kept in ("all", "own")}

    def arrays() -> None:
        for dyads, _ in alignment.chunks(N):
            alignment.smooth(real.layout, observations.select(dyads), real.parameters)

    def ours() -> "Posterior":
        return compiled.smooth(real.layout, compiled.pack(real.layout, observations), real.parameters)

    mine, packed = ours(), compiled.pack(real.layout, observations)
    found: dict[str, Any] = in_turns(
        {
            "ours": lambda: seconds(lambda: compiled.smooth(real.layout, packed, real.parameters)),
            "packing": lambda: seconds(lambda: compiled.pack(real.layout, observations)),
            "statsmodels": lambda: seconds(lambda: [one.smooth() for one in models["all"]]),
            "statsmodels, own indicators": lambda: seconds(lambda: [one.smooth() for one in models["own"]]),
            "arrays": lambda: seconds(arrays),
            "pass": lambda: seconds(lambda: np.nansum(observations.value)),
        },
        rounds=5,
    )
    difference, C = 0.0, real.layout.channels
    for i, n in enumerate(sample):
        for kind in models.values():
            theirs = kind[i].smooth()
            centre = mine.mean[:, :, 0, n] - real.parameters.mean
            difference = max(difference, float(np.abs(centre - theirs.smoothed_state[:C].T).max()))
            variances = theirs.smoothed_state_cov[:C, :C].transpose(2, 0, 1)
            difference = max(difference, float(np.abs(mine.covariance[..., n] - variances).max()))
    seen = int(np.isfinite(observations.value).sum())
    slots = sum(
        len(alignment.observed_slots(observations.select(dyads))) * (dyads.stop - dyads.start)
        for dyads, _ in alignment.chunks(N)
    )
    return {
        **found,
        "difference": difference,
        "dyads": N,
        "months": T,
        "indicators": K,
        "values": seen,
        "filled": seen / slots,
    }


def _statsmodels(real: "Real", observations: "Observations", n: int, *, kept: str) -> Any:
    """One dyad's model in statsmodels, with all indicators or its own alone."""
    import numpy as np
    from statsmodels.tsa.statespace import kalman_smoother as ks

    layout, p, value, error = real.layout, real.parameters, observations.value[..., n], observations.error[..., n]
    if kept == "own":
        shown = np.isfinite(value).any(axis=1)
        layout, _, p = real.of_indicators(np.flatnonzero(shown).tolist())
        value, error = value[shown], error[shown]
    K, T = value.shape
    C, sums = layout.channels, layout.accumulators
    size, first_own = C + len(sums) + K, C + len(sums)
    model = ks.KalmanSmoother(k_endog=K, k_states=size, k_posdef=C + K)
    centre = p.intercept + p.loading * p.mean[layout.channel]
    model.bind((value.T - centre).copy())
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
    variance = p.tails.error_share * error**2 + p.noise[:, None]
    model["design"], model["transition"], model["selection"] = design, transition, selection
    model["state_cov"] = shocks
    model["obs_cov"] = np.stack([np.diag(variance[:, t]) for t in range(T)], axis=2)
    model.initialize_known(np.zeros(size), start)
    model.smoother_output = ks.SMOOTHER_STATE | ks.SMOOTHER_STATE_COV
    return model
