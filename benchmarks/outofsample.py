"""Out of sample: what is known at the end of a year predicts the next year's votes, trade and reported relations.

Contestants, each given evidence up to December of year t only:

- last value: the indicator's own value in t;
- ideal points: the distance of the two ideal points in t;
- S-score: 2 * agreement - 1 over the year's roll calls, the S of Signorino and Ritter (1999) with votes of three kinds;
- tensor: states x powers x indicators of year t, decomposed into three components (CP, alternating least squares,
  missing cells filled by what the components say), in the manner of Gallop and Minhas (2021);
- alignment: deeds and words at the end of t, by the model, with the shipped shared parameters.

All but the first are turned into a forecast by a least-squares line fitted on the pairs of years before t; "+ last" adds
the last value to it. What is scored is the root mean squared error over all dyads and years tested.
"""

from typing import TYPE_CHECKING, Any

from measure import Section, call

if TYPE_CHECKING:
    from equidistance.models.kalman import Floats

ORIGINS = range(2006, 2025)
TARGETS = ("un_vote_distance", "un_vote_agreement", "export_chosen", "import_chosen", "event_balance")
COMPONENTS, ROUNDS = 3, 60
TRAINING = 2
"""Pairs of years that a line needs before it is tested."""


def value(*, full: bool) -> Section:
    """The table of all targets and contestants."""
    found, _ = call("outofsample", "measure_value")
    rows = []
    for target, scores in found.items():
        last = scores["last value"]["rmse"]
        best = min(scores, key=lambda name: scores[name]["rmse"])
        for name, score in scores.items():
            ratio = f"{score['rmse'] / last:.3f}"
            rows.append(
                (
                    target,
                    name,
                    f"{score['rmse']:.4f}",
                    f"**{ratio}**" if name == best else ratio,
                    f"{score['n']:,}",
                )
            )
    return Section(
        "Next year, predicted",
        "Root mean squared error of next year's value, on the indicator's own scale, over all dyads with a value in both "
        f"years, origins {ORIGINS[0]} to {ORIGINS[-1]} where there are at least {TRAINING} earlier pairs of years to fit "
        "the lines on. The ratio is to the last value; below 1 is better, the best is bold.",
        ("target", "known at the end of the year before", "rmse", "ratio", "dyad-years"),
        rows,
        (
            "Verbal and material cooperation of ICEWS are left out: they cover 2018, 2021 and 2022, one pair of years.",
            "The shared parameters are those of the shipped fit, which has seen the years predicted; the lines, the "
            "components and the paths have not.",
        ),
    )


def measure_value() -> dict[str, Any]:
    import numpy as np
    from panels import Real

    real = Real()
    layout, names = real.layout, [one.name for one in real.indicators]
    K, months, N = real.observations.value.shape
    years = real.observations.value.reshape(K, months // 12, 12, N)
    with np.errstate(invalid="ignore"):
        seen = np.isfinite(years)
        yearly = np.where(
            seen.any(axis=2), np.nansum(years, axis=2) / np.maximum(seen.sum(axis=2), 1), np.nan
        )
    agreement = yearly[names.index("un_vote_agreement")]
    s_score = 2.0 / (1.0 + np.exp(-agreement)) - 1.0
    distance = yearly[names.index("un_vote_distance")]
    states = {state: i for i, state in enumerate(dict.fromkeys(state for state, _ in real.dyads))}
    powers = {power: i for i, power in enumerate(dict.fromkeys(power for _, power in real.dyads))}
    place = np.array([(states[state], powers[power]) for state, power in real.dyads])
    aligned: dict[int, Floats] = {}
    components: dict[int, Floats] = {}
    for year in ORIGINS:
        t = year - 1992
        aligned[year] = _alignment(real, layout, 12 * (t + 1))
        cube = np.full((K, len(states), len(powers)), np.nan)
        cube[:, place[:, 0], place[:, 1]] = yearly[:, t]
        components[year] = _tensor(cube)[:, place[:, 0], place[:, 1]]
    result: dict[str, Any] = {}
    for target in TARGETS:
        k = names.index(target)
        known = {
            "last value": lambda year, k=k: [yearly[k, year - 1992]],
            "ideal points": lambda year: [distance[year - 1992]],
            "S-score": lambda year: [s_score[year - 1992]],
            "tensor": lambda year, k=k: [components[year][k]],
            "alignment": lambda year: list(aligned[year]),
        }
        for name in ("ideal points", "S-score", "tensor", "alignment"):
            known[f"{name} + last"] = lambda year, one=known[name], last=known["last value"]: [
                *one(year),
                *last(year),
            ]
        result[target] = _contest(yearly[k], known)
    return result


def _contest(values: "Floats", known: dict[str, Any]) -> dict[str, Any]:
    """Errors of every contestant on the same dyad-years: those that all of them can predict."""
    import numpy as np

    pairs = []
    for year in ORIGINS:
        if year - 1992 + 1 >= len(values):
            continue
        features = {name: np.stack(one(year)) for name, one in known.items()}
        after = values[year - 1992 + 1]
        usable = np.isfinite(after)
        for columns in features.values():
            usable &= np.isfinite(columns).all(axis=0)
        if usable.sum() >= 20:
            pairs.append((after[usable], {name: columns[:, usable] for name, columns in features.items()}))
    squares: dict[str, list[float]] = {name: [] for name in known}
    for i in range(TRAINING, len(pairs)):
        after, features = pairs[i]
        for name, columns in features.items():
            if name == "last value":
                forecast = columns[0]
            else:
                before = np.concatenate([pair[1][name] for pair in pairs[:i]], axis=1)
                design = np.vstack([np.ones(before.shape[1]), before]).T
                line = np.linalg.lstsq(design, np.concatenate([pair[0] for pair in pairs[:i]]), rcond=None)[0]
                forecast = line[0] + line[1:] @ columns
            squares[name] += ((after - forecast) ** 2).tolist()
    return {
        name: {"rmse": float(np.sqrt(np.mean(found))) if found else float("nan"), "n": len(found)}
        for name, found in squares.items()
    }


def _alignment(real: Any, layout: Any, months: int) -> "Floats":
    """(2, N) deeds and words in the last month, from evidence up to it."""
    import numpy as np

    from equidistance.models import alignment, mixture
    from equidistance.models.alignment import Observations

    whole = Observations(real.observations.value[:, :months], real.observations.error[:, :months])
    parts = []
    for low in range(0, whole.value.shape[2], 300):
        part = whole.select(slice(low, low + 300))
        weights = mixture.typical(layout, part, real.parameters)
        parts.append(alignment.smooth(layout, part, real.parameters, weights).mean[-1, :, 0])
    return np.concatenate(parts, axis=1)


def _tensor(cube: "Floats") -> "Floats":
    """(K, S, P) what three components say of each cell, on the indicators' scales; NaN where an indicator is silent."""
    import numpy as np

    with np.errstate(invalid="ignore"):
        seen = np.isfinite(cube)
        there = seen.any(axis=(1, 2))
        centre = np.array(
            [
                np.nanmean(layer) if layer_there else 0.0
                for layer, layer_there in zip(cube, there, strict=True)
            ]
        )
        spread = np.array(
            [np.nanstd(layer) if layer_there else 1.0 for layer, layer_there in zip(cube, there, strict=True)]
        )
    spread = np.where(spread > 0, spread, 1.0)
    scaled = np.where(seen, (cube - centre[:, None, None]) / spread[:, None, None], 0.0)
    random = np.random.default_rng(1)
    a, b, c = (random.standard_normal((size, COMPONENTS)) for size in cube.shape)
    ridge = 0.1 * np.eye(COMPONENTS)
    filled = scaled.copy()
    for _ in range(ROUNDS):
        a = np.einsum("ksp,sr,pr->kr", filled, b, c) @ np.linalg.inv((b.T @ b) * (c.T @ c) + ridge)
        b = np.einsum("ksp,kr,pr->sr", filled, a, c) @ np.linalg.inv((a.T @ a) * (c.T @ c) + ridge)
        c = np.einsum("ksp,kr,sr->pr", filled, a, b) @ np.linalg.inv((a.T @ a) * (b.T @ b) + ridge)
        told = np.einsum("kr,sr,pr->ksp", a, b, c)
        filled = np.where(seen, scaled, told)
    return np.where(there[:, None, None], told * spread[:, None, None] + centre[:, None, None], np.nan)
