"""Hidden evidence on real data: values taken out of the panel and predicted by the model and by simpler rules.

Functions whose names start with ``measure_`` run in a process of their own (see ``measure.call``).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from measure import Section, call

if TYPE_CHECKING:
    from panels import Real

    from equidistance.models.alignment import Observations, Parameters, Weights
    from equidistance.models.kalman import Booleans, Floats, Layout

FOLDS = 10
"""Parts that every value falls into at random: one is hidden at a time, so that each value is predicted once."""

CHAINS, BURN, KEPT = 4, 3, 6
"""Gibbs chains of the weights for each part, sweeps before the first kept draw, and kept draws of each chain."""

NODES = 20
"""Quantiles of the gamma by which a hidden value's own noise weight is integrated out."""

ENORMOUS = 1e3
"""Standard error of a hidden value, some thousand times what any indicator spreads by."""

HEAVY = 4.0
"""Degrees of freedom of the simpler rules' Student-t: those of the reference fit."""

ALONE = {"UN agreement alone": "un_vote_agreement", "UN distance alone": "un_vote_distance"}
RULES = ("model", "neighbours", "last value", "dyad mean", *ALONE)
CENTRE = "model's mean"

RESOLUTION = 0.1
"""Width of the cell around a value whose probability is scored, in standard deviations of the indicator's values."""


@dataclass(frozen=True)
class Predicted:
    """What the model says of H hidden values, in the order of ``value[hide]``.

    Attributes:
        score: (H,) log of the predictive probability of the cell around the true value over the cell's width.
        below: (H,) predictive probability of a smaller value than the true one.
        mean: (H,) predictive mean.
    """

    score: "Floats"
    below: "Floats"
    mean: "Floats"


def predict(
    layout: "Layout",
    whole: "Observations",
    hide: "Booleans",
    parameters: "Parameters",
    cell: "Floats",
    generator: Any,
    *,
    chains: int = CHAINS,
    kept: int = KEPT,
) -> Predicted:
    """Predict hidden values from all others: an equal mixture over draws of the weights given the others.

    Hidden values keep their places as zeros with an enormous error, which tell nothing: so an own component's steps end
    where they would. Given the weights each hidden value's prediction is exact (leave one out, which takes away the
    little that a zero says of its own place). Its own noise weight is unknown and integrated by quantiles of the gamma.

    Args:
        layout: what each indicator sees.
        whole: with the hidden values; they serve for the scores alone.
        hide: (K, T, N) where to hide; only where something was observed.
        parameters: the shared parameters.
        cell: (K,) width of the cells; so small a one that rounding eats the difference gives no density.
        generator: random numbers of the weights.
        chains: Gibbs chains, each from a start of its own.
        kept: draws kept of each chain.
    """
    import numpy as np
    from scipy.special import gammaincinv, ndtr

    from equidistance.models import alignment
    from equidistance.models.alignment import Observations

    blind = Observations(np.where(hide, 0.0, whole.value), np.where(hide, ENORMOUS, whole.error))
    true, degrees, k = whole.value[hide], parameters.tails.noise, np.nonzero(hide)[0]
    noise, half = parameters.noise[k], cell[k] / 2
    share = parameters.tails.error_share
    own = noise + share * whole.error[hide] ** 2
    nodes = np.ones(1)
    if np.isfinite(degrees):
        nodes = gammaincinv(degrees / 2, (np.arange(NODES) + 0.5) / NODES) / (degrees / 2)
    inside, below, mean = np.zeros((3, len(true)))
    members = chains * kept
    for weights in drawn_weights(layout, blind, parameters, generator, hide, chains=chains, kept=kept):
        left_out, variance = alignment.leave_one_out(layout, blind, parameters, weights)
        centre = left_out[hide]
        signal = np.maximum(variance[hide] - share * ENORMOUS**2 - noise, 0.0)
        mean += centre / members
        for node in nodes:
            sd = np.sqrt(signal + own / node)
            off = np.abs(true - centre)  # on the lower side, where probabilities keep their digits
            inside += (ndtr((half - off) / sd) - ndtr((-half - off) / sd)) / (members * len(nodes))
            below += ndtr((true - centre) / sd) / (members * len(nodes))
    return Predicted(np.log(inside + 1e-300) - np.log(cell[k]), below, mean)


def drawn_weights(
    layout: "Layout",
    observations: "Observations",
    parameters: "Parameters",
    generator: Any,
    plain: "Booleans | None" = None,
    *,
    chains: int = CHAINS,
    kept: int = KEPT,
) -> "Iterator[tuple[Weights, ...]]":
    """Draws of the weights given the observations, for each chunk of dyads; 1 for the noise of the places in plain."""
    from dataclasses import replace

    import numpy as np

    from equidistance.models import alignment, compiled

    packed = compiled.pack(layout, observations)

    def quiet(given: "Weights", dyads: slice) -> "Weights":
        if plain is None:
            return given
        when = alignment.observed_slots(observations.select(dyads))
        places = plain[when[:, 1], when[:, 0], dyads]
        return replace(given, noise=np.where(places, 1.0, given.noise))

    for _ in range(chains):
        weights = compiled.start(layout, packed, parameters, generator)
        for turn in range(BURN + kept):
            weights = compiled.sweep(layout, packed, parameters, weights, generator)
            if turn >= BURN:
                every = compiled.unpack_weights(packed, observations, weights)
                parts = alignment.chunks(observations.value.shape[2], every)
                yield tuple(quiet(given, dyads) for dyads, given in parts if given is not None)


def hidden_evidence() -> Section:
    """Every real value predicted by the model and by simpler rules from the other parts."""
    found, done = call("hidden", "measure_hidden")
    rows = []
    for row in (*found["rows"], found["all"], found["each once"]):
        best = max(row[rule] for rule in RULES)
        scores = (f"**{row[rule]:.3f}**" if row[rule] == best else f"{row[rule]:.3f}" for rule in RULES)
        shares = (f"{row[CENTRE]:.3f}", f"{row['cover']:.1%}", f"{row['still']:.0%}")
        rows.append((row["indicator"], f"{row['count']:,}", *scores, *shares))
    for name, gain in (("all values", found["all"]["gain"]), ("each indicator once", found["each once"]["gain"])):
        cells = (f"{gain[rule][0]:+.3f} +- {gain[rule][1]:.3f}" for rule in RULES[1:])
        rows.append((f"model less the rule, {name}", "", "", *cells, "", "", ""))
    wide = [f"`{row['indicator']}`" for row in found["rows"] if row["cover"] > 0.95]
    narrow = [f"`{row['indicator']}`" for row in found["rows"] if row["cover"] < 0.85]
    return Section(
        "Hidden evidence on real data",
        f"Every value falls into one of {FOLDS} parts at random; one part is hidden at a time and predicted from the "
        "others: mean log score of the hidden values (higher is better; best in bold), and how many of them the model's "
        "90 % predictive intervals hold. *All values*: the mean over all hidden values; *each indicator once*: "
        "the mean of the rows. *Model less the rule*: the difference with its standard error, by dyads.",
        ("indicator", "values", *RULES, f"{CENTRE}, width in hindsight", "90 % held", "unchanged"),
        rows,
        (
            "The model: the shipped parameters, Student-t tails, the mixture over "
            f"{CHAINS * KEPT} draws of the weights given what is not hidden ({CHAINS} chains of Gibbs sweeps for each part; "
            "a hidden value's own noise weight integrated out). Its widths are its own, without hindsight, but its "
            "parameters were estimated on all values, the hidden ones too.",
            "The rules see the same remaining values and predict the same hidden ones. *Neighbours*: the mean of the "
            "dyad's values before and after; *last value*: carried forward; *dyad mean*: of the dyad's remaining values; "
            "*UN agreement alone*, *UN distance alone*: a regression on deeds as the model smooths them from that "
            "indicator only (for the indicator itself, that model's own prediction if it does better). Each rule is "
            "normal or Student-t with 4 degrees of freedom, with one width, in units of the indicator: the better form "
            "and the best width are chosen for each indicator in hindsight.",
            f"*{CENTRE.capitalize()}, width in hindsight*: the model's predictive mean treated like a rule, one width for all "
            "values; it enters no comparison. Where it beats the rules and the model does not, the model's widths are at "
            "fault; where it does not either, its means are.",
            f"The score is the log of the predictive probability of a cell around the value, {RESOLUTION:g} standard deviations "
            "of the indicator's values wide, over its width: a log density at a resolution. A density itself has no bound for "
            "standing acts, most of whose values equal the last one (*unchanged*) so that a Student-t around it may be as "
            "narrow as one likes.",
            "The model and the neighbours see later values, the last value does not. All are scored on the same values: "
            "those with an earlier and a later one that are not hidden.",
            f"Student-t is the better form in {found['heavy']} of {len(found['rows']) * (len(RULES) - 1)} pairs of a rule and an "
            "indicator. Had the rules to be normal, the model less the rule, all values, would be "
            + ", ".join(f"{rule} {gain[0]:+.3f} +- {gain[1]:.3f}" for rule, gain in found["normal"].items())
            + ".",
            "Intervals that hold far more than 90 % are too wide: the standard errors that the source is taken to imply are "
            "larger than what its values scatter by. "
            + (f"Above 95 %: {', '.join(wide)}. " if wide else "None hold more than 95 %. ")
            + (f"Below 85 %: {', '.join(narrow)}." if narrow else "None hold less than 85 %."),
            *(_reading(row) for row in found["rows"]),
            f"It took {done.cpu:.0f} CPU s; peak {done.peak:.0f} MiB.",
        ),
    )


def _reading(row: dict[str, Any]) -> str:
    beaten = [rule for rule in RULES[1:] if row[rule] > row["model"]]
    if not beaten:
        return f"`{row['indicator']}`: the model wins."
    rules = (f"{rule} by {row[rule] - row['model']:.3f} (+- {row['gain'][rule][1]:.3f})" for rule in beaten)
    return f"`{row['indicator']}`: beaten by {', '.join(rules)}."


def measure_hidden(parts: int = FOLDS) -> dict[str, Any]:
    import numpy as np
    from panels import Real

    real = Real()
    value = real.observations.value
    cell = RESOLUTION * np.nanstd(value, axis=(1, 2))
    part = np.random.default_rng(3).integers(0, FOLDS, value.shape)
    collected: list[tuple[Any, ...]] = []
    for fold in range(parts):
        hide = np.isfinite(value) & (part == fold)
        collected.append(_one_part(real, hide, cell, np.random.default_rng([4, fold])))
    k, n, y, score, below, mean, *guesses = (np.concatenate(column) for column in zip(*collected, strict=True))
    scores, normal, rows, heavy = {"model": score}, {"model": score}, [], []
    for rule, guess in zip((*RULES[1:], CENTRE), (*guesses[: len(RULES) - 1], mean), strict=True):
        scores[rule], normal[rule] = np.empty((2, len(score)))
        for one in range(len(value)):
            mine = k == one
            normal[rule][mine], student = best_widths(y[mine] - guess[mine], float(cell[one]))
            better = student.mean() > normal[rule][mine].mean()
            heavy.append(bool(better) and rule != CENTRE)
            scores[rule][mine] = student if better else normal[rule][mine]
    for rule, own in zip(ALONE, guesses[len(RULES) - 1 :], strict=True):
        mine = np.isfinite(own)  # the rule's own indicator: with its own widths, or one in hindsight
        if own[mine].mean() > scores[rule][mine].mean():
            scores[rule][mine] = own[mine]
    held = (below >= 0.05) & (below <= 0.95)
    still = y == guesses[RULES.index("last value") - 1]
    for one, indicator in enumerate(real.indicators):
        weight = (k == one) / (k == one).sum()
        rows.append({"indicator": indicator.name, **_means(scores, held, still, n, weight, k)})
    alike = np.full(len(k), 1 / len(k))
    each = 1 / (np.bincount(k)[k] * len(value))
    return {
        "rows": rows,
        "all": {"indicator": "all values", **_means(scores, held, still, n, alike)},
        "normal": _means(normal, held, still, n, alike)["gain"],
        "each once": {"indicator": "each indicator once", **_means(scores, held, still, n, each, k)},
        "heavy": sum(heavy),
    }


def _one_part(real: "Real", hide: "Booleans", cell: "Floats", generator: Any) -> tuple[Any, ...]:
    """Of the hidden values that every rule can predict: indicator, dyad, value, what the model says of it (three arrays),
    each rule's prediction, and the scores of the models of one indicator alone for that indicator (NaN elsewhere).
    """
    import numpy as np

    from equidistance.models.alignment import Observations

    whole = real.observations
    rest = np.where(hide, np.nan, whole.value)
    flat = [np.stack(planes) for planes in zip(*(neighbours(plane) for plane in rest), strict=True)]
    before, after, mean = (plane[hide] for plane in flat)
    usable = np.isfinite(before) & np.isfinite(after)
    said = predict(real.layout, whole, hide, real.parameters, cell, generator)
    k, _, n = np.nonzero(hide)
    guesses, own_scores = [(before + after) / 2, before, mean], []
    for name in ALONE.values():
        source = next(i for i, one in enumerate(real.indicators) if one.name == name)
        only = np.arange(len(rest)) == source
        value = np.where(only[:, None, None], whole.value, np.nan)
        mine = hide & only[:, None, None]
        own = predict(real.layout, Observations(value, whole.error), mine, real.parameters, cell, generator)
        guess = _by_deeds(real, np.where(only[:, None, None], rest, np.nan), rest, hide, generator)
        guess[k == source] = own.mean
        guesses.append(guess)
        own_score = np.full(len(k), np.nan)
        own_score[k == source] = own.score
        own_scores.append(own_score)
    columns = (k, n, whole.value[hide], said.score, said.below, said.mean, *guesses, *own_scores)
    return tuple(column[usable] for column in columns)


def _by_deeds(real: "Real", alone: "Floats", rest: "Floats", hide: "Booleans", generator: Any) -> "Floats":
    """Hidden values by a regression of each indicator's remaining ones on deeds as smoothed from one indicator."""
    import numpy as np

    from equidistance.models import alignment
    from equidistance.models.alignment import Observations

    only = Observations(alone, real.observations.error)
    paths = []
    for weights in drawn_weights(real.layout, only, real.parameters, generator, chains=CHAINS, kept=1):
        means = [
            alignment.smooth(real.layout, only.select(dyads), real.parameters, given).mean[:, 0, 0]
            for dyads, given in alignment.chunks(alone.shape[2], weights)
        ]
        paths.append(np.concatenate(means, axis=1))
    deeds = np.mean(paths, axis=0)
    found = np.empty(rest.shape)
    for k, plane in enumerate(rest):
        x, seen = period_mean(deeds, int(real.layout.span[k])), np.isfinite(plane)
        slope, intercept = np.polyfit(x[seen], plane[seen], 1)
        found[k] = intercept + slope * x
    return found[hide]


def best_widths(error: "Floats", cell: float) -> "tuple[Floats, Floats]":
    """Log scores of errors under a normal and under a Student-t distribution, each with the width that suits best."""
    import numpy as np
    from scipy.optimize import minimize_scalar
    from scipy.special import ndtr, stdtr

    off, scores = np.abs(error), []
    spread = max(float(np.sqrt((error**2).mean())), cell)
    for below in (ndtr, lambda z: stdtr(HEAVY, z)):

        def score(log_width: float, below: Any = below) -> "Floats":
            width = np.exp(log_width)
            inside = below((cell / 2 - off) / width) - below((-cell / 2 - off) / width)
            return np.log(inside + 1e-300) - np.log(cell)  # type: ignore[no-any-return]

        bounds = (np.log(cell / 50), np.log(3 * spread))
        found = minimize_scalar(lambda x, score=score: -score(x).mean(), bounds=bounds, method="bounded")
        scores.append(score(found.x))
    return scores[0], scores[1]


def _means(
    scores: "dict[str, Floats]",
    held: "Booleans",
    still: "Booleans",
    dyad: Any,
    weight: "Floats",
    group: Any = None,
) -> dict[str, Any]:
    """Weighted means of the scores and of what is held; of the model's gains over each rule with errors by dyads.

    Gains are taken around the mean of their group where groups stand for themselves.
    """
    import numpy as np

    gains = {}
    for rule in RULES[1:]:
        gain = scores["model"] - scores[rule]
        centre = (weight * gain).sum()
        if group is not None:
            total = np.bincount(group, weight)
            centre = (np.bincount(group, weight * gain) / np.where(total > 0, total, 1.0))[group]
        by_dyad = np.bincount(dyad, weight * (gain - centre))
        gains[rule] = [float((weight * gain).sum()), float(np.sqrt((by_dyad**2).sum()))]
    return {
        **{rule: float((weight * score).sum()) for rule, score in scores.items()},
        "cover": float((weight * held).sum()),
        "still": float((weight * still).sum()),
        "count": int((weight > 0).sum()),
        "gain": gains,
    }


def neighbours(value: "Floats") -> "tuple[Floats, Floats, Floats]":
    """(T, N) last value before, next value after, and mean of the dyad's other values; NaN where there is none."""
    import numpy as np

    seen = np.isfinite(value)

    def carried(array: "Floats") -> "Floats":
        held = np.full_like(array, np.nan)
        latest = np.full(array.shape[1], np.nan)
        for t, row in enumerate(array):
            held[t] = latest
            latest = np.where(np.isfinite(row), row, latest)
        return held

    count = seen.sum(axis=0)
    others = (np.nansum(value, axis=0) - np.nan_to_num(value)) / np.maximum(count - seen, 1)
    return carried(value), carried(value[::-1])[::-1], others


def period_mean(path: "Floats", span: int) -> "Floats":
    """(T, N) mean over the months that end with each month."""
    import numpy as np

    sums = np.concatenate([np.zeros((1, path.shape[1])), np.cumsum(path, axis=0)])
    months = np.arange(1, len(sums))
    low = np.maximum(months - span, 0)
    mean: Floats = (sums[months] - sums[low]) / (months - low)[:, None]
    return mean
