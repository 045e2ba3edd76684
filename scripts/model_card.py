"""Write docs/model-card.md and its calibration plot: python scripts/model_card.py

The card states the shipped reference fit: version, settings, sources, shared parameters with their uncertainty, and how
often intervals hold the truth on data simulated from it. One or two minutes of CPU.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "benchmarks")]

from panels import Real  # noqa: E402

from equidistance import __version__  # noqa: E402
from equidistance.assessment import reference as references  # noqa: E402
from equidistance.assessment.reference import CHANNELS, Reference  # noqa: E402
from equidistance.indicators.snapshot import shipped  # noqa: E402
from equidistance.models import breaks, ensemble  # noqa: E402
from equidistance.models.simulate import simulate  # noqa: E402

CARD, PLOT = ROOT / "docs" / "model-card.md", ROOT / "docs" / "images" / "calibration.png"
DYADS, BATCH = 120, 12
LEVELS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
QUANTITIES = {"deeds": (1.0, 0.0), "words": (0.0, 1.0), "gap": (-1.0, 1.0)}


def main() -> None:
    """Measure, draw, write."""
    reference = Reference.from_json(shipped().reference_text())
    covered = calibration(reference)
    draw(covered)
    CARD.write_text(card(reference, covered), encoding="utf-8")
    print(f"{CARD.relative_to(ROOT)}, {PLOT.relative_to(ROOT)}")


def calibration(reference: Reference) -> list[dict[str, Any]]:
    """Share of months in which an interval of each level holds the truth.

    Every batch of dyads is simulated from another draw of the parameters, and estimated with all draws: the parameters are
    as unknown as the reference fit says.
    """
    from statistics import NormalDist

    real, generator = Real(), np.random.default_rng(31)
    exists = real.exists()
    members = reference.members(real.indicators, ensemble.MEMBERS)
    chosen = np.sort(generator.permutation(len(real.dyads))[:DYADS])
    bounds = np.array([NormalDist().inv_cdf(0.5 + level / 2) for level in LEVELS])
    inside: dict[str, list[np.ndarray]] = {name: [] for name in QUANTITIES}  # (levels, dyads)
    for i, low in enumerate(range(0, DYADS, BATCH)):
        dyads = chosen[low : low + BATCH]
        truth = members[i % len(members)]
        observations, paths = simulate(real.layout, truth, real.observations.select(dyads), generator)
        seeds = [int(n) for n in dyads]
        sampled = ensemble.sample(real.layout, observations, members, seeds)
        posterior, _ = ensemble.posterior(real.layout, observations, sampled, ensemble.MEMBERS, seeds)
        there = exists[:, dyads]
        for name, weights in QUANTITIES.items():
            w = np.array(weights)
            sd = np.sqrt(np.einsum("c,tcdn,d->tn", w, posterior.covariance, w))
            error = np.abs(np.einsum("c,tcn->tn", w, paths - posterior.mean[:, :, 0])) / sd
            hit = (error[None] <= bounds[:, None, None]) & there
            inside[name].append(hit.sum(axis=1) / np.maximum(there.sum(axis=0), 1))
    rows = []
    for name, parts in inside.items():
        by_dyad = np.concatenate(parts, axis=1)
        for level, shares in zip(LEVELS, by_dyad, strict=True):
            error = float(shares.std() / np.sqrt(len(shares)))
            rows.append({"quantity": name, "level": level, "covered": float(shares.mean()), "error": error})
    return rows


def draw(covered: list[dict[str, Any]]) -> None:
    """Nominal against measured coverage."""
    import altair as alt

    from equidistance.figures import theme

    names = list(QUANTITIES)
    colours = [theme.CHANNEL_COLOURS["deed"], theme.CHANNEL_COLOURS["word"], theme.CHANNEL_COLOURS["overall"]]
    data = [
        row | {"low": row["covered"] - 2 * row["error"], "high": row["covered"] + 2 * row["error"]} for row in covered
    ]
    axis = alt.Axis(format=".0%", values=[0, 0.25, 0.5, 0.75, 1])
    colour = alt.Color("quantity:N", scale=alt.Scale(domain=names, range=colours), legend=None)
    base = alt.Chart().encode(
        x=alt.X("level:Q", title="interval", axis=axis, scale=alt.Scale(domain=[0, 1])), color=colour
    )
    line = (
        alt.Chart()
        .transform_calculate(same="datum.level")
        .mark_line(color=theme.MUTED, strokeDash=[3, 3])
        .encode(x="level:Q", y=alt.Y("same:Q", title="holds the truth", axis=axis, scale=alt.Scale(domain=[0, 1])))
    )
    layers = alt.layer(
        line,
        base.mark_rule(strokeWidth=2).encode(y="low:Q", y2="high:Q"),
        base.mark_point(filled=True, size=45, opacity=1).encode(y="covered:Q"),
        data=alt.NamedData("covered"),
    ).properties(width=230, height=230)
    chart = layers.facet(facet=alt.Facet("quantity:N", sort=names, title=None), columns=3)
    caption = theme.Caption(
        "How often intervals hold the truth on simulated data",
        "Dot: share of months; bar: two sampling errors either way; dashed: as it should be.",
        "Nominal against measured coverage.",
    )
    theme.save(theme.finish(chart, {"covered": data}, caption), PLOT)


def card(reference: Reference, covered: list[dict[str, Any]]) -> str:
    """The page."""
    return "\n".join(_lines(reference, covered)) + "\n"


def _lines(reference: Reference, covered: list[dict[str, Any]]) -> Iterator[str]:
    p, facts = reference.parameters, reference.facts
    yield "# Model card"
    yield ""
    yield "<!-- written by scripts/model_card.py: change that, not this -->"
    yield ""
    yield f"What `equidistance` {__version__} ships: the reference fit `{reference.identity}`, the shared parameters that put every"
    yield "assessment on one scale. The [Method](method.md) says what they mean. Made with `python scripts/model_card.py`."
    yield ""
    yield "## Purpose and limits"
    yield ""
    yield "It measures how close states stand to powers, in deeds and in words, from public records, with intervals. It does not"
    yield "say why, and not what will happen. Its intervals are right if the model is: they say how sure it is given its"
    yield "indicators, not whether the indicators see all that counts. What it must not be used for: to call a single act proof of"
    yield "a state's orientation, or to compare alignments that rest on different indicators as if they rested on the same."
    yield ""
    yield "## Settings"
    yield ""
    yield "| what | value |"
    yield "|---|---|"
    tails = ", ".join(f"{name} {value:g}" for name, value in vars(p.tails).items())
    settings = {
        "fitted on": f"{facts['dyads']:,} dyads of all states with {', '.join(references.DEFAULT_POWERS)}, "
        f"{facts['observations']:,} values, {facts['first_year']} to {facts['last_year']}",
        "converged": "yes" if facts["converged"] else "no",
        "degrees of freedom": tails,
        "draws of the shared parameters": str(len(reference.draws)),
        "chains a dyad": f"{ensemble.MEMBERS}, {ensemble.BURN + ensemble.KEEP} sweeps",
        "a jump": f"{breaks.MEANINGFUL} sd or more in a month, and more than {breaks.UNUSUAL:g} scale units",
        "a break is reported": f"from a probability of {breaks.REPORTED} in {breaks.WINDOW} months",
    }
    for name, value in settings.items():
        yield f"| {name} | {value} |"
    yield ""
    yield "## Calibration"
    yield ""
    yield "![Nominal against measured coverage of deeds, words and the gap](images/calibration.png)"
    yield ""
    yield f"{DYADS} dyads with the real panel's missing months and errors, simulated from the reference fit, each batch of {BATCH} from"
    yield "another of its draws, and estimated as an assessment does it. What a whole new fit to simulated data gives stands in"
    yield "the [Benchmarks](benchmarks.md)."
    yield ""
    yield "| interval | " + " | ".join(QUANTITIES) + " |"
    yield "|---|" + "---|" * len(QUANTITIES)
    for level in LEVELS:
        cells = (
            f"{row['covered']:.1%} ± {row['error']:.1%}"
            for name in QUANTITIES
            for row in covered
            if row["quantity"] == name and row["level"] == level
        )
        yield f"| {level:.0%} | " + " | ".join(cells) + " |"
    yield ""
    yield "## Shared parameters"
    yield ""
    yield "On the reported scale; in brackets the standard deviation over the draws, in per cent of the value (of levels: as it"
    yield "is). Monthly scale of the innovations: " + "; ".join(
        f"{channel}s {np.sqrt(p.innovation[c, c]):.4f} ({_percent([d.innovation[c, c] ** 0.5 for d in reference.draws])})"
        for c, channel in enumerate(CHANNELS)
    ) + "."
    yield ""
    yield "| indicator | channel | level | loading | noise sd | own component sd | its yearly step |"
    yield "|---|---|---|---|---|---|---|"
    for k, (name, channel) in enumerate(zip(reference.names, reference.channels, strict=True)):
        level_sd = np.std([draw.intercept[k] for draw in reference.draws])
        cells = [f"{p.intercept[k]:.3f} ({level_sd:.3f})", f"{p.loading[k]:.3f}"]
        for field, factor in (("noise", 1), ("effect", 1), ("wander", 12)):
            values = [np.sqrt(getattr(draw, field)[k]) for draw in reference.draws]
            cells.append(f"{np.sqrt(factor * getattr(p, field)[k]):.3f} ({_percent(values)})")
        yield f"| `{name}` | {channel} | " + " | ".join(cells) + " |"
    yield ""
    yield "## Sources"
    yield ""
    yield "| source version | title | coverage | licence |"
    yield "|---|---|---|---|"
    for source in shipped().manifest["sources"]:
        span = f"{(source['coverage_start'] or '?')[:4]} to {(source['coverage_end'] or 'now')[:4]}"
        yield f"| `{source['source_id']}` | {source['title']} | {span} | {source['licence']} |"


def _percent(values: list[float]) -> str:
    return f"{np.std(values) / np.mean(values):.0%}"


if __name__ == "__main__":
    main()
