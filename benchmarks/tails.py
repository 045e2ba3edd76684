"""Student-t tails: which degrees of freedom, do the intervals cover, and are breaks found; beside ruptures' PELT.

Functions whose names start with ``measure_`` run in a process of their own (see ``measure.call``).
"""

from collections.abc import Callable, Iterator
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING, Any

from measure import Section, call

if TYPE_CHECKING:
    from panels import Real

    from equidistance.models.alignment import Observations, Parameters
    from equidistance.models.breaks import Break
    from equidistance.models.kalman import Floats, Integers

Found = list[list[tuple[float, float]]]
"""(strength, month) of each break of each dyad."""

CANDIDATES = ("normal", "8", "5", "4", "3.5", "3", "2.5", "2")
STATED = "4"
"""Degrees of freedom of the reference fits."""
HIDDEN_DYADS, HIDDEN = 250, 0.1
COVERED = 120
"""Dyads of each simulation whose intervals are compared with the truth."""

SIMULATIONS = (11, 12, 13)
"""Seeds of the simulated panels."""

BATCH = 12
"""Dyads whose chains go through time together."""

JUMPING = 100
"""Dyads with a planted jump, and as many without."""

SIZES = (1.0, 1.5, 2.0, 3.0)
"""Planted jumps, in standard deviations of alignment."""

FALSE_ALARMS = 0.05
"""Share of dyads without a jump that may be called broken."""

TOLERANCE = 12
"""Months by which a found break may miss the planted one."""


def degrees_of_freedom() -> Section:
    """Log score of hidden evidence by degrees of freedom."""
    found, _ = call("tails", "measure_degrees")
    rows = [
        (
            name,
            f"{row['score']:.4f}",
            *(part for base in ("normal", "stated") for part in (f"{row[base][0]:+.4f}", f"{row[base][1]:.4f}")),
            f"{row['squared']:.3f}",
        )
        for name, row in found.items()
    ]
    return Section(
        "Degrees of freedom",
        f"{HIDDEN:.0%} of the values of {HIDDEN_DYADS} dyads of the real panel hidden, the parameters estimated on the rest "
        "and the hidden values predicted from it: mean log score (higher is better), difference from the normal model and "
        f"from {STATED} degrees with its standard error (by dyads), and root mean squared error in units of each indicator's true spread. One number: "
        "that many degrees of freedom for innovations, own steps and noise.",
        ("degrees of freedom", "log score", "against normal", "+-", f"against {STATED}", "+-", "error"),
        rows,
    )


def measure_degrees() -> dict[str, dict[str, Any]]:
    import numpy as np
    from hidden import predict
    from panels import Real

    from equidistance.models import fitting
    from equidistance.models.alignment import Observations, Tails

    real, generator = Real(), np.random.default_rng(3)
    chosen = np.sort(generator.permutation(len(real.dyads))[:HIDDEN_DYADS])
    whole = real.observations.select(chosen)
    hide = np.isfinite(whole.value) & (generator.random(whole.value.shape) < HIDDEN)
    training = Observations(np.where(hide, np.nan, whole.value), whole.error)
    tails = {
        "normal": Tails(),
        **{name: Tails(*[float(name)] * 3) for name in CANDIDATES if name[0].isdigit()},
    }
    scores: dict[str, Any] = {}
    cell = 1e-4 * real.parameters.loading  # so narrow that the score is the density's
    for name in CANDIDATES:
        fitted = fitting.fit_tails(real.layout, training, tails[name])
        said = predict(real.layout, whole, hide, fitted.parameters, cell, np.random.default_rng(4))
        scores[name] = said.score, whole.value[hide] - said.mean
    spread = real.parameters.loading
    found = {}
    k, _, n = np.nonzero(hide)

    def against(base: str, score: Any) -> tuple[float, float]:
        gain = score - scores[base][0]
        by_dyad = np.bincount(n, gain - gain.mean(), minlength=HIDDEN_DYADS)
        return float(gain.mean()), float(np.sqrt((by_dyad**2).sum()) / len(gain))

    for name, (score, error) in scores.items():
        found[name] = {
            "score": float(score.mean()),
            "normal": against("normal", score),
            "stated": against(STATED, score),
            "squared": float(np.sqrt(((error / spread[k]) ** 2).mean())),
        }
    return found


def coverage() -> Section:
    """Coverage, width and calibration of breaks on data simulated from the shipped parameters and estimated anew."""
    found, done = call("tails", "measure_coverage")
    rows = []
    for quantity, by_case in found["coverage"].items():
        for case, (half, ninety, error, width) in by_case.items():
            verdict = "yes" if abs(half - 0.5) <= 0.03 and abs(ninety - 0.9) <= 0.02 else "**no**"
            rows.append(
                (quantity, case, f"{half:.1%}", f"{ninety:.1%}", f"{error:.1%}", f"{width:.3f}", verdict)
            )
    bins = "; ".join(
        f"{low:.0%} to {high:.0%}: {true} of {count} true, {expected:.1f} expected"
        for low, high, count, true, expected in found["breaks"]
    )
    return Section(
        "Coverage with estimated parameters and Student-t tails",
        "The real panel's missing months and standard errors, all dyads simulated from the shipped parameters; parameters, "
        f"their draws and the weights estimated from the simulated data, from its own starting values; {len(SIMULATIONS)} such "
        f"panels, {COVERED} dyads of each compared "
        "with the truth, over all months in which the dyad exists. *Known*: intervals that take the estimate for the truth. "
        "*True*: the parameters of the simulation. *Given the true loadings*: all else estimated. "
        "The sampling error is that of the 90 % figure, by dyads. Drift: ten years, words and deeds together.",
        ("quantity", "shared parameters", "50 % intervals", "90 % intervals", "+-", "mean sd", "on target"),
        rows,
        (
            f"Breaks of these dyads' states by reported probability: {bins}.",
            f"Carrying the parameters' uncertainty widens the intervals by {found['wider']:.1%} on average "
            f"(deeds and words; 90 % of the months by {found['wider range'][0]:.1%} to {found['wider range'][1]:.1%}).",
            *(
                f"Estimated over true parameters, {what}: "
                + "; ".join(
                    f"{channel}: innovation {row['innovation']:.2f}, "
                    + ", ".join(
                        f"{name} {row[name][1]:.2f} ({row[name][0]:.2f}-{row[name][2]:.2f})"
                        for name in ("loading", "noise", "wander", "effect")
                    )
                    for channel, row in by_channel.items()
                )
                + " (median, smallest and largest of the indicators, averaged over the panels)."
                for what, by_channel in found["parameters"].items()
            ),
            f"True spread of the simulated indicators over that of the real ones: {min(found['spread']):.1f} to "
            f"{max(found['spread']):.1f}, median {median(found['spread']):.1f}.",
            f"The fit took {found['cpu fit']:.0f} CPU s, the draws of the parameters {found['cpu draws']:.0f}; peak {done.peak:.0f} MiB.",
        ),
    )


def measure_coverage() -> dict[str, Any]:
    from statistics import fmean

    import numpy as np
    from panels import Real

    from equidistance.models import em

    real = Real()
    runs = [_covered_once(real, seed) for seed in SIMULATIONS]
    first = runs[0]
    return {
        "coverage": {
            name: {case: _summary([row for run in runs for row in run["inside"][name][case]]) for case in by_case}
            for name, by_case in first["inside"].items()
        },
        "breaks": _bins([pair for run in runs for pair in run["breaks"]]),
        "wider": fmean(float(run["ratio"].mean()) for run in runs) - 1,
        "wider range": [
            float(q - 1) for q in np.quantile(np.concatenate([run["ratio"] for run in runs]), [0.05, 0.95])
        ],
        "cpu fit": fmean(run["cpu fit"] for run in runs),
        "cpu draws": fmean(run["cpu draws"] for run in runs),
        "spread": (np.mean([run["spread"] for run in runs], axis=0) / em.true_spread(real.observations)).tolist(),
        "parameters": {what: _averaged([run["parameters"][what] for run in runs]) for what in first["parameters"]},
    }


def _covered_once(real: "Real", seed: int) -> dict[str, Any]:
    """One panel simulated and estimated anew: what is inside the intervals, by quantity and case, and the rest."""
    import time
    from dataclasses import replace

    import numpy as np

    from equidistance.assessment.reference import DRAWS
    from equidistance.models import em, fitting, uncertainty
    from equidistance.models.simulate import simulate

    generator, exists = np.random.default_rng(seed), real.exists()
    observations, truth = simulate(real.layout, real.parameters, real.observations, generator)
    states = sorted({state for state, _ in real.dyads})
    clusters = np.array([states.index(state) for state, _ in real.dyads])
    spent = {"fit": 0.0, "draws": 0.0}

    def estimated(initial: "Parameters") -> "list[Parameters]":
        """The estimate, and draws around it, on the reported scale."""
        began = time.process_time()
        fitted = fitting.fit_tails(real.layout, observations, real.parameters.tails, initial=initial)
        spent["fit"] = time.process_time() - began
        moved = uncertainty.parameter_draws(
            real.layout, fitted.packed, fitted.normal, clusters, DRAWS, generator
        )
        spent["draws"] = time.process_time() - began - spent["fit"]
        heavy = [fitted.parameters, *(fitting.with_tails(one, real.parameters.tails) for one in moved)]
        return [em.standardise(real.layout, fitted.packed, one, exists, fitted.weights) for one in heavy]

    start = em.start(real.layout, observations)
    right, *right_draws = estimated(replace(start, loading=real.parameters.loading))
    centre, *draws = estimated(start)
    count = exists.sum()
    shift = (truth * exists[:, None]).sum(axis=(0, 2)) / count
    scale = np.sqrt((truth**2 * exists[:, None]).sum(axis=(0, 2)) / count - shift**2)
    truth = (truth - shift[None, :, None]) / scale[None, :, None]
    chosen = np.sort(generator.permutation(len(real.dyads))[:COVERED])
    inside: dict[str, dict[str, list[Any]]] = {}
    widths: dict[str, list[Any]] = {}
    calibration: list[tuple[float, bool]] = []
    actual = replace(
        real.parameters,
        intercept=real.parameters.intercept + real.parameters.loading * shift[real.layout.channel],
        loading=real.parameters.loading * scale[real.layout.channel],
        innovation=real.parameters.innovation / np.outer(scale, scale),
        initial=real.parameters.initial / np.outer(scale, scale),
        mean=(real.parameters.mean - shift) / scale,
    )
    cases = {
        "true": [actual] * DRAWS,
        "estimated given the true loadings": right_draws,
        "known": [centre] * DRAWS,
        "drawn": draws,
    }
    for case, members in cases.items():
        for _, dyads, mean, covariance, drawn in _posteriors(real, observations, members, chosen):
            there = exists[:, dyads]
            true = truth[:, :, dyads]
            for name, w in (("deeds", (1.0, 0.0)), ("words", (0.0, 1.0)), ("gap", (-1.0, 1.0))):
                sd = np.sqrt(np.einsum("c,tcdn,d->tn", w, covariance, w))
                error = np.abs(np.einsum("c,tcn->tn", w, true - mean)) / sd
                inside.setdefault(name, {}).setdefault(case, []).extend(_by_dyad(error, sd, there))
                if name != "gap":
                    widths.setdefault(case, []).append(sd[there])
            inside.setdefault("drift", {}).setdefault(case, []).extend(_drifts(drawn.path, true))
            if case == "drawn":
                calibration += list(_calibration(centre, drawn.step, true, there))
    known, with_draws = (np.concatenate(widths[case]) for case in ("known", "drawn"))
    return {
        "inside": inside,
        "breaks": calibration,
        "ratio": with_draws / known,
        "cpu fit": spent["fit"],
        "cpu draws": spent["draws"],
        "spread": em.true_spread(observations),
        "parameters": {
            "loadings from the spread": _ratios(real, centre, actual),
            "true loadings": _ratios(real, right, actual),
        },
    }


def _ratios(real: "Real", estimate: "Parameters", actual: "Parameters") -> dict[str, Any]:
    """Estimated over true, by channel: innovations, and smallest, median and largest of the indicators' parameters."""
    import numpy as np

    found: dict[str, Any] = {}
    for c, channel in enumerate(("deeds", "words")):
        mine = real.layout.channel == c
        row = {"innovation": float(estimate.innovation[c, c] / actual.innovation[c, c])}
        for name in ("loading", "noise", "wander", "effect"):
            ratios = getattr(estimate, name)[mine] / getattr(actual, name)[mine]
            row[name] = [float(q) for q in np.quantile(ratios, [0.0, 0.5, 1.0])]
        found[channel] = row
    return found


def _averaged(rows: list[dict[str, Any]]) -> dict[str, Any]:
    import numpy as np

    return {
        channel: {name: np.mean([row[channel][name] for row in rows], axis=0).tolist() for name in first}
        for channel, first in rows[0].items()
    }


def _posteriors(
    real: "Real", observations: "Observations", members: "list[Parameters]", chosen: "Integers"
) -> Iterator[tuple[Any, ...]]:
    """Posterior of some dyads, a batch at a time: batch, dyads, mean (T, C, n), covariance (T, C, C, n), draws."""
    from equidistance.models import ensemble

    for low in range(0, len(chosen), BATCH):
        dyads = chosen[low : low + BATCH]
        part, seeds = observations.select(dyads), [int(n) for n in dyads]
        sampled = ensemble.sample(real.layout, part, members, seeds)
        posterior, drawn = ensemble.posterior(real.layout, part, sampled, 6 * len(members), seeds)
        yield part, dyads, posterior.mean[:, :, 0], posterior.covariance, drawn


def _by_dyad(error: "Floats", sd: "Floats", there: Any) -> Iterator[tuple[float, float, float, float]]:
    """(share in 50 %, share in 90 %, months, mean sd) of each dyad."""
    from equidistance.models.scores import NORMAL_QUANTILES

    for n in range(error.shape[1]):
        months = there[:, n]
        if months.any():
            mine = error[months, n]
            half, ninety = (float((mine <= NORMAL_QUANTILES[q]).mean()) for q in ("q75", "q95"))
            yield half, ninety, float(months.sum()), float(sd[months, n].mean())


def _drifts(path: "Floats", true: "Floats") -> Iterator[tuple[float, float, float, float]]:
    """The same of drifts over ten years from draws (draws, T, n, C)."""
    import numpy as np

    starts = np.arange(23, path.shape[1] - 120, 120)
    change = (path[:, starts + 120] - path[:, starts]).mean(axis=3)
    real_change = (true[starts + 120] - true[starts]).mean(axis=1)
    low, quarter, three, high = np.quantile(change, [0.05, 0.25, 0.75, 0.95], axis=0)
    for n in range(change.shape[2]):
        half = (real_change[:, n] >= quarter[:, n]) & (real_change[:, n] <= three[:, n])
        ninety = (real_change[:, n] >= low[:, n]) & (real_change[:, n] <= high[:, n])
        yield (
            float(half.mean()),
            float(ninety.mean()),
            float(len(starts)),
            float(change.std(axis=0)[:, n].mean()),
        )


def _summary(rows: list[tuple[float, float, float, float]]) -> list[float]:
    import numpy as np

    half, ninety, months, sd = np.array(rows).T
    pooled = [float(np.average(values, weights=months)) for values in (half, ninety)]
    off = (ninety - pooled[1]) * months
    return [*pooled, float(np.sqrt((off**2).sum()) / months.sum()), float(np.average(sd, weights=months))]


def _calibration(
    parameters: "Parameters", step: "Floats", true: "Floats", there: Any
) -> Iterator[tuple[float, bool]]:
    """Reported probability of each window, and whether a jump as large was in it."""
    import numpy as np

    from equidistance.models.breaks import MEANINGFUL, UNUSUAL, state_breaks

    for c in range(true.shape[1]):
        scale = float(np.sqrt(parameters.innovation[c, c]))
        for n in range(true.shape[2]):
            jumped = np.abs(np.diff(true[:, c, n], prepend=true[0, c, n])) >= max(MEANINGFUL, UNUSUAL * scale)
            jumped &= there[:, n]
            for one in state_breaks(
                step[:, c, :, n], scale, parameters.tails.innovation, there[:, n], least=0.1
            ):
                yield one.probability, bool(jumped[one.window[0] : one.window[1] + 1].any())


def _bins(pairs: list[tuple[float, bool]]) -> list[tuple[float, float, int, int, float]]:
    edges = (0.1, 0.3, 0.5, 0.7, 0.9, 1.0001)
    out = []
    for low, high in pairwise(edges):
        inside = [(p, true) for p, true in pairs if low <= p < high]
        out.append(
            (low, min(high, 1.0), len(inside), sum(true for _, true in inside), sum(p for p, _ in inside))
        )
    return out


def breaks_beside_pelt() -> Section:
    """Planted jumps: found by the model, and by PELT on the same series, at the same rate of false alarms."""
    found, _ = call("tails", "measure_breaks")
    timing, _ = call("tails", "measure_break_timing")
    rows = [
        (
            row["size"],
            row["channel"],
            row["method"],
            f"{row['alarms']:.1%}",
            f"{row['recall']:.0%}",
            f"{row['precision']:.0%}",
            f"{row['cpu'] * 1000:.0f}",
        )
        for row in found
    ]
    return Section(
        "Breaks beside PELT",
        f"{JUMPING} dyads of the real panel's missing pattern with one planted jump in deeds or words and {JUMPING} "
        "without, otherwise simulated with normal innovations. The model: probability of a break in the channel; *largest "
        "change*: of the posterior mean over a year, in posterior standard deviations. PELT: "
        "`ruptures` 1.1, exact (`jump=1`), least squares, on the yearly mean of the channel's standardised indicators, and "
        "on all of them together (missing years carried forward). Threshold and penalty of each are set on the dyads "
        f"without a jump so that at most {FALSE_ALARMS:.0%} of them raise an alarm. Found: within {TOLERANCE} months; precision: "
        "share of all alarms in dyads with a jump that are it.",
        ("jump, sd", "in", "method", "false alarms", "recall", "precision", "CPU ms a dyad"),
        rows,
        (
            f"1,600 series of 900 months, six indicators of one channel each, 40% missing, in CPU seconds: the model "
            f"{1600 * timing['ours']:.0f} (from {timing['series']} series; posterior, draws and breaks), ruptures' exact PELT "
            f"with one penalty on each series' monthly mean {1600 * timing['theirs']:.0f} (from {timing['sample']} series), "
            f"a ratio of {timing['theirs'] / timing['ours']:.1f}.",
        ),
    )


def measure_break_timing() -> dict[str, float]:
    """CPU seconds a series: the model's breaks of one channel, and exact PELT on the monthly means."""
    import time
    from dataclasses import replace

    import numpy as np
    import ruptures
    from panels import one_channel

    from equidistance.models import ensemble
    from equidistance.models.alignment import Tails
    from equidistance.models.breaks import state_breaks

    series, sample, months = 2 * BATCH, 3, 900
    layout, observations, parameters = one_channel(series, months, 6, 0.4)
    heavy = replace(parameters, tails=Tails(4.0, 4.0, 4.0))
    began = time.process_time()
    for low in range(0, series, BATCH):
        part, seeds = observations.select(slice(low, low + BATCH)), list(range(low, low + BATCH))
        sampled = ensemble.sample(layout, part, [heavy] * ensemble.MEMBERS, seeds)
        _, drawn = ensemble.posterior(layout, part, sampled, 6 * ensemble.MEMBERS, seeds)
        for n in range(BATCH):
            scale = float(np.sqrt(heavy.innovation[0, 0]))
            state_breaks(drawn.step[:, 0, :, n], scale, 4.0, np.ones(months, dtype=bool))
    ours = (time.process_time() - began) / series
    mean = _carried_forward(np.nanmean(observations.value, axis=0))
    began = time.process_time()
    for n in range(sample):
        signal = mean[:, n : n + 1]
        noise = float(np.var(np.diff(signal[:, 0])) / 2)
        ruptures.Pelt(model="l2", jump=1, min_size=2).fit(signal).predict(pen=3 * noise * np.log(months))
    return {"ours": ours, "theirs": (time.process_time() - began) / sample, "series": series, "sample": sample}


def measure_breaks() -> list[dict[str, Any]]:
    import time
    from dataclasses import replace

    import numpy as np
    from panels import Real

    from equidistance.models.alignment import Observations, Tails
    from equidistance.models.simulate import simulate

    real, generator = Real(), np.random.default_rng(21)
    busy = np.argsort(-np.isfinite(real.observations.value).sum(axis=(0, 1)))[: 4 * JUMPING]
    chosen = np.sort(generator.permutation(busy)[: 2 * JUMPING])
    pattern = real.observations.select(chosen)
    calm = replace(
        real.parameters, tails=Tails(np.inf, real.parameters.tails.own, real.parameters.tails.noise)
    )
    base, _ = simulate(real.layout, calm, pattern, generator)
    periods = base.value.shape[1]
    month = generator.integers(60, periods - 60, 2 * JUMPING)
    sign = generator.choice([-1.0, 1.0], 2 * JUMPING)
    members = [real.parameters] * 32
    rows = []
    for c, channel in enumerate(("deeds", "words")):
        methods: dict[str, Callable[[Observations], list[Found]]] = {
            "equidistance": lambda part, c=c: _model_breaks(real, part, members, c),
            "PELT, yearly mean": lambda part, c=c: _pelt_breaks(real, part, c, together=False),
            "PELT, all indicators": lambda part, c=c: _pelt_breaks(real, part, c, together=True),
        }
        calm_half = Observations(base.value[..., JUMPING:], base.error[..., JUMPING:])
        without = {name: method(calm_half) for name, method in methods.items()}  # the same whatever the size
        for size in SIZES:
            value = _planted(real, base.value, c, size * sign, month)[..., :JUMPING]
            observations = Observations(value, base.error[..., :JUMPING])
            for name, method in methods.items():
                began = time.process_time()
                found = method(observations)
                cpu = (time.process_time() - began) / JUMPING
                for kind in range(len(found)):
                    both = found[kind] + without[name][kind]
                    label = (name, f"{name}, largest change")[kind]
                    rows.append(_judged(f"{size:g}", channel, label, both, month, cpu))
    return rows


def _planted(real: "Real", value: "Floats", c: int, size: "Floats", month: "Integers") -> "Floats":
    """The values with a jump in the channel of the first half of the dyads."""
    import numpy as np

    out = value.copy()
    months = np.arange(value.shape[1])
    for n in range(JUMPING):
        path = size[n] * (months >= month[n])
        sums = np.concatenate([[0.0], np.cumsum(path)])
        for k in np.flatnonzero(real.layout.channel == c):
            span = int(real.layout.span[k])
            seen = np.zeros(len(months))
            seen[span - 1 :] = (sums[span:] - sums[:-span]) / span
            out[k, :, n] += real.parameters.loading[k] * seen
    return out


def _model_breaks(
    real: "Real", observations: "Observations", members: "list[Parameters]", c: int
) -> list[Found]:
    """(strength, month) of each break of each dyad in a channel: by its probability, and by the size of a change.

    The probability answers whether one month's change was far beyond the usual, and is 0 in most dyads, where it cannot
    be tuned to a rate of false alarms. The largest changes from the mean of one year to that of the next but one, in
    posterior standard deviations, can.
    """
    import numpy as np

    from equidistance.models.breaks import state_breaks

    scale = float(np.sqrt(real.parameters.innovation[c, c]))
    out: Found = []
    changes: Found = []
    everything = np.arange(observations.value.shape[2])
    for _, dyads, _, _, drawn in _posteriors(real, observations, members, everything):
        for n in range(len(dyads)):
            found: list[Break] = state_breaks(
                drawn.step[:, c, :, n],
                scale,
                real.parameters.tails.innovation,
                np.ones(observations.value.shape[1], dtype=bool),
                least=0.005,
            )
            out.append([(one.probability, float(one.month)) for one in found])
            changes.append(_changes(drawn.path[:, :, n, c]))
    return [out, changes]


def _changes(path: "Floats") -> list[tuple[float, float]]:
    """(strength, month) of the largest changes of draws (draws, T) between the years before and after a month."""
    import numpy as np

    change = path[:, TOLERANCE:] - path[:, :-TOLERANCE]
    strength = np.abs(change.mean(axis=0)) / change.std(axis=0)
    found = []
    for _ in range(5):
        t = int(strength.argmax())
        found.append((float(strength[t]), t + TOLERANCE / 2))
        strength[max(0, t - TOLERANCE) : t + TOLERANCE + 1] = 0.0
    return found


def _pelt_breaks(real: "Real", observations: "Observations", c: int, *, together: bool) -> list[Found]:
    return [[_pelt_path(signal) for signal in _yearly(real, observations, c, together=together)]]


def _yearly(real: "Real", observations: "Observations", c: int, *, together: bool) -> "list[Floats]":
    """Each dyad's channel as PELT takes it: years by one mean, or by all indicators."""
    import numpy as np

    value = (
        observations.value[real.layout.channel == c]
        / real.parameters.loading[real.layout.channel == c, None, None]
    )
    K, T, N = value.shape
    with np.errstate(invalid="ignore"):
        import warnings

        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # a year without any value stays missing
            years = np.nanmean(value.reshape(K, T // 12, 12, N), axis=2)
            years -= np.nanmean(years, axis=1, keepdims=True)
            signals = []
            for n in range(N):
                mine = years[:, :, n]
                mine = mine[np.isfinite(mine).sum(axis=1) > 1]
                signal = mine.T if together else np.nanmean(mine, axis=0)[:, None]
                signals.append(_carried_forward(signal))
    return signals


def _carried_forward(signal: "Floats") -> "Floats":
    import numpy as np

    out = signal.copy()
    for column in out.T:
        seen = np.flatnonzero(np.isfinite(column))
        if len(seen):
            nearest = np.maximum(np.searchsorted(seen, np.arange(len(column)), side="right") - 1, 0)
            column[:] = column[seen[nearest]]
    return np.nan_to_num(out)


def _pelt_path(signal: "Floats") -> list[tuple[float, float]]:
    """(strength, month) of breaks: the largest penalty at which exact PELT still finds a break in that year."""
    import numpy as np
    import ruptures

    if signal.shape[1] == 0:
        return []
    strongest: dict[int, float] = {}
    algorithm = ruptures.Pelt(model="l2", jump=1, min_size=2).fit(signal)
    for penalty in np.geomspace(0.02, 20_000, 40):
        for year in algorithm.predict(pen=penalty)[:-1]:
            strongest[year] = float(penalty)
    return [(penalty, 12.0 * year) for year, penalty in strongest.items()]


def _judged(
    size: str,
    channel: str,
    method: str,
    found: Found,
    month: "Integers",
    cpu: float,
) -> dict[str, Any]:
    """Recall and precision at the threshold that gives the wanted rate of false alarms."""
    import numpy as np

    strongest = np.array([max((s for s, _ in mine), default=0.0) for mine in found[JUMPING:]])
    threshold = float(np.quantile(strongest, 1 - FALSE_ALARMS, method="higher"))
    alarms = float((strongest > threshold).mean())
    hits, called, right = 0, 0, 0
    for n, mine in enumerate(found[:JUMPING]):
        over = [m for s, m in mine if s > threshold]
        near = [m for m in over if abs(m - month[n]) <= TOLERANCE]
        hits += bool(near)
        called += len(over)
        right += len(near)
    return {
        "size": size,
        "channel": channel,
        "method": method,
        "alarms": alarms,
        "recall": hits / JUMPING,
        "precision": right / called if called else float("nan"),
        "cpu": cpu,
    }
