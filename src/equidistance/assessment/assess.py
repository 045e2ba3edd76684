"""A state's assessment: alignment with each power in words and in deeds, and everything derived from it."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from equidistance import __version__
from equidistance.assessment import reference as references
from equidistance.assessment.break_table import break_table
from equidistance.assessment.evidence import Evidence, Progress, gather
from equidistance.assessment.inputs import Inputs
from equidistance.assessment.orientation import orient
from equidistance.assessment.reference import DEFAULT_POWERS, Reference
from equidistance.assessment.result_tables import WEIGHTS, ResultTables
from equidistance.assessment.summary import headline, summary
from equidistance.errors import InvalidRequest, UnknownName
from equidistance.ground.blocs import Bloc, resolve_power
from equidistance.ground.states import State, resolve
from equidistance.ground.time import parse_month
from equidistance.indicators import panel
from equidistance.models import ensemble
from equidistance.models.alignment import Observations, Posterior
from equidistance.tables import Table

if TYPE_CHECKING:
    import altair

    from equidistance.assessment.sensitivity import Sensitivity

Which = Literal["overall", "deed", "word"]


@dataclass(frozen=True)
class Assessment:
    """What :func:`assess` returns: tables, sentences and pictures of one state's orientation.

    Attributes:
        state: the state.
        powers: the powers, in the order asked for.
        start, end: first and last month reported.
        alignment: power, period, channel -> estimate, in standard deviations (pooled over all states and months).
        orientation: power, period -> estimate of its share, and the probability that it leads.
        equidistance: period -> estimate in [0, 1], leader, its probability, margin.
        drift: power, channel, window -> estimate in standard deviations a year.
        gap: power, period -> estimate of words minus deeds, in standard deviations.
        breaks: power, kind, channel, indicator, month -> size of the jump, its probability, and what carries it.
        lead_lag: power, lag in years -> estimate of the correlation of words with later deeds.
        exposure: power, year, kind -> observed share.
        evidence: power, indicator, year -> observations and raw records behind them.
        sources: the source versions used, with licence and citation.
        headline: one sentence with its interval.
        summary: a few sentences.
        settings: everything needed to repeat the estimate.
        notes: what the reader must know (missing evidence, clipped windows).
        sensitivity: what would change under other choices, where that was asked for
            (:func:`equidistance.assessment.sensitivity.with_sensitivity`).
    """

    state: State
    powers: tuple[State | Bloc, ...]
    start: date
    end: date
    alignment: Table
    orientation: Table
    equidistance: Table
    drift: Table
    gap: Table
    breaks: Table
    lead_lag: Table
    exposure: Table
    evidence: Table
    sources: Table
    headline: str
    summary: str
    settings: dict[str, Any]
    notes: tuple[str, ...]
    version: str = __version__
    model: Inputs | None = field(default=None, repr=False, compare=False)
    sensitivity: "Sensitivity | None" = field(default=None, repr=False)

    @property
    def tables(self) -> dict[str, Table]:
        """All tables by name."""
        names = (
            "alignment",
            "orientation",
            "equidistance",
            "drift",
            "gap",
            "breaks",
            "lead_lag",
            "exposure",
            "evidence",
            "sources",
        )
        tables = {name: getattr(self, name) for name in names}
        if self.sensitivity is not None:
            tables["sensitivity_indicators"] = self.sensitivity.indicators
            tables["sensitivity_powers"] = self.sensitivity.powers
        return tables

    def plot(self) -> "altair.TopLevelMixin":
        """Alignment with each power in words and in deeds, and equidistance, as one Altair chart."""
        from equidistance.figures import overview

        return overview(self)

    def to_dict(self) -> dict[str, Any]:
        """The content of ``--format json`` (schema: ``equidistance/data/assess.schema.json``)."""
        from equidistance.assessment.export import to_dict

        return to_dict(self)

    def report(self, path: str | Path) -> Path:
        """Write the HTML report (one file that opens offline)."""
        from equidistance.report.html import write

        target = Path(path)
        write(self, target)
        return target

    def _repr_html_(self) -> str:
        from html import escape

        return f"<p><strong>{escape(self.headline)}</strong></p><p>{escape(self.summary)}</p>" + (
            self.drift._repr_html_()
        )


def assess(
    state: str,
    powers: Sequence[str] | str | None = None,
    *,
    since: str | int | date | None = None,
    until: str | int | date | None = None,
    channel: Which = "overall",
    indicators: Sequence[str] | str | None = None,
    store: str | Path | bool | None = None,
    refit: bool = False,
    draws: int = 1000,
    seed: int = 1,
    progress: Progress | None = None,
) -> Assessment:
    """Assess how close a state stands to each power.

    Args:
        state: a state's name (English or Russian) or alpha-3 code.
        powers: names or codes of states and blocs; the six default powers when not given.
        since: first month reported (``1992``, ``"2014-03"``, a date). Earlier evidence still informs the estimate.
        until: last month reported, and last month whose evidence is used.
        channel: what orientation and equidistance rest on: words, deeds, or the mean of both.
        indicators: indicators to use (the default ones when not given); ``"-name"`` leaves one out, ``"+name"`` adds
            one, ``"name=word"`` moves it.
        store: path of a store, ``False`` for the shipped data alone, ``None`` for the default store when there is one.
        refit: estimate the shared parameters on the evidence at hand instead of using the reference fit.
        draws: posterior draws for everything derived.
        seed: seed of the draws.
        progress: called with (what is being done, done, total) while something slow happens.

    Raises:
        UnknownName, AmbiguousName: a state, power, indicator or channel is not known.
        InvalidRequest: a power equal to the state, a state before it existed, a window without evidence.
    """
    if channel not in WEIGHTS:
        raise UnknownName(f"There is no channel {channel!r}.", choices=list(WEIGHTS))
    if draws < 100:
        raise InvalidRequest(f"{draws} draws are too few for a 90 % interval.", hint="Use at least 100.")
    first = None if since is None else parse_month(since)
    last = None if until is None else parse_month(until, last=True)
    subject = resolve(state)
    _refuse_impossible(subject, first, last)
    chosen = powers_of(subject, powers)
    evidence = gather(subject, chosen, indicators, store=store, progress=progress)
    reference = evidence.reference(refit=refit, progress=progress)
    inputs, notes = _inputs(subject, chosen, evidence, reference, first, last, seed)
    window = _window(subject, inputs, first, last, notes)
    settings = {"channel": channel, "draws": draws, "seed": seed, "parameters": reference.identity}
    return _report(subject, chosen, evidence, inputs, window, settings, notes)


def _refuse_impossible(subject: State, first: date | None, last: date | None) -> None:
    """A window that ends before it starts, or lies outside the state's existence."""
    if first is not None and last is not None and last < first:
        raise InvalidRequest(
            f"The window ends in {last:%Y-%m}, before it starts in {first:%Y-%m}.",
            hint="Swap --since and --until.",
        )
    if subject.end is not None and first is not None and first >= subject.end:
        raise InvalidRequest(
            f"{subject.name} existed until {subject.end}; the window starts in {first:%Y-%m}.",
            choices=subject.successors,
            hint="Use an earlier --since, or name a successor.",
        )
    if last is not None and last < subject.start.replace(day=1):
        raise InvalidRequest(
            f"{subject.name} exists from {subject.start}; the window ends in {last:%Y-%m}.",
            hint="Use a later --until, or name the state that came before.",
        )


def powers_of(subject: State, powers: Sequence[str] | str | None) -> tuple[State | Bloc, ...]:
    """The powers asked for, or the default ones, none of them the state itself.

    Raises:
        UnknownName, AmbiguousName: a power that is not known.
        InvalidRequest: none, one twice, or the state itself.
    """
    if powers is None:
        return tuple(resolve_power(code) for code in DEFAULT_POWERS if code != subject.code)
    names = [name.strip() for name in powers.split(",")] if isinstance(powers, str) else list(powers)
    chosen = tuple(resolve_power(name) for name in names if name)
    if not chosen:
        raise InvalidRequest("No power was named.", choices=DEFAULT_POWERS)
    for power in chosen:
        if power.code == subject.code:
            raise InvalidRequest(
                f"{subject.name} cannot be measured against itself.",
                choices=[code for code in DEFAULT_POWERS if code != subject.code],
            )
    if len({power.code for power in chosen}) < len(chosen):
        raise InvalidRequest(
            f"A power is named twice: {', '.join(power.code for power in chosen)}.",
            hint="Name each power once.",
        )
    return chosen


def _inputs(
    subject: State,
    powers: tuple[State | Bloc, ...],
    evidence: Evidence,
    reference: Reference,
    first: date | None,
    last: date | None,
    seed: int,
) -> tuple[Inputs, list[str]]:
    """Lay the evidence out on the grid, and draw the posterior's members."""
    notes = list(evidence.notes)
    used = [one for one in evidence.indicators if one.name in reference.names]
    rows = evidence.rows
    if last is not None:
        rows = panel.ending_by(rows, last)
    if rows.num_rows == 0:
        raise InvalidRequest(
            f"There is no evidence about {subject.name} and {', '.join(p.name for p in powers)} in that window.",
            hint="Widen --since and --until, or ingest more sources: equidistance sources",
        )
    years = pc.year(rows["period"])
    low = min(int(pc.min(years).as_py()), references.FIRST_YEAR)
    high = int(pc.max(years).as_py())
    if last is not None:
        high = max(high, last.year)
    grid = panel.build(rows, [(subject.code, power.code) for power in powers], used, low, high)
    available = np.stack([references.availability(subject, power, grid) for power in powers], axis=1)
    layout = references.layout_of(used)
    members = ensemble.sample(
        layout,
        Observations(grid.value, grid.error),
        reference.members(used, ensemble.MEMBERS),
        _seeds(grid, seed),
    )
    return Inputs(grid, layout, reference.select(used), members, rows, available), notes


def _seeds(grid: panel.Panel, seed: int) -> list[int]:
    """One for each dyad, from its codes: what a dyad draws does not depend on the others."""
    texts = (f"{seed}|{state}|{power}" for state, power in grid.dyads)
    return [int(hashlib.sha256(text.encode()).hexdigest()[:15], 16) for text in texts]


def _window(
    subject: State, inputs: Inputs, first: date | None, last: date | None, notes: list[str]
) -> NDArray[np.int64]:
    """Positions of the months to report: asked for, existing, and inside the grid."""
    grid = inputs.grid
    months = [grid.date_of(t) for t in range(grid.months)]
    inside = [
        t
        for t, month in enumerate(months)
        if (first is None or month >= first) and (last is None or month <= last) and inputs.available[t].any()
    ]
    if not inside:
        raise InvalidRequest(
            f"There is no evidence for {subject.name} between {first or 'the start'} and {last or 'the end'}.",
            choices=[f"{months[0]:%Y-%m} to {months[-1]:%Y-%m}"],
        )
    if first is not None and months[inside[0]] > first:
        notes.append(
            f"The report starts in {months[inside[0]]:%Y-%m}: earlier there is no state or no evidence."
        )
    return np.array(inside, dtype=np.int64)


def posterior_paths(
    inputs: Inputs, window: NDArray[np.int64] | slice, draws: int, seed: int
) -> NDArray[np.float64]:
    """Draws of the alignment paths, (draws, T, P, 2): months of the window, powers, deeds and words."""
    paths: NDArray[np.float64] = _posterior(inputs, draws, seed)[1].path[:, window]
    return paths


def _posterior(inputs: Inputs, draws: int, seed: int) -> tuple[Posterior, ensemble.Drawn]:
    seeds = _seeds(inputs.grid, seed)
    return ensemble.posterior(inputs.layout, inputs.observations, inputs.ensemble, draws, seeds)


def _report(
    subject: State,
    powers: tuple[State | Bloc, ...],
    evidence: Evidence,
    inputs: Inputs,
    window: NDArray[np.int64],
    settings: dict[str, Any],
    notes: list[str],
) -> Assessment:
    """Draw, and lay out every table."""
    posterior, drawn = _posterior(inputs, settings["draws"], settings["seed"])
    paths = drawn.path[:, window]  # (draws, T, P, C)
    mean = posterior.mean[window, :, 0]  # (T, C, P)
    covariance = posterior.covariance[window]  # (T, C, C, P)
    months = [inputs.grid.date_of(int(t)) for t in window]
    available = inputs.available[window]
    overall = paths @ np.array(WEIGHTS[settings["channel"]])
    oriented = orient(overall, available)
    tables = ResultTables(powers, months, available)
    alignment_table = tables.alignment(mean, covariance)
    equidistance = tables.equidistance(oriented)
    drift = tables.drift(paths)
    gap = tables.gap(mean, covariance)
    orientation = tables.orientation(oriented)
    whole_settings = {
        "state": subject.code,
        "powers": [power.code for power in powers],
        "since": months[0].isoformat(),
        "until": months[-1].isoformat(),
        "indicators": [f"{one.name}={one.channel}" for one in inputs.grid.indicators],
        **settings,
        "evidence": evidence.digest,
        "version": __version__,
    }
    return Assessment(
        state=subject,
        powers=powers,
        start=months[0],
        end=months[-1],
        alignment=alignment_table,
        orientation=orientation,
        equidistance=equidistance,
        drift=drift,
        gap=gap,
        breaks=break_table(powers, inputs, drawn, window),
        lead_lag=tables.lead_lag(paths),
        exposure=tables.exposure(inputs.rows),
        evidence=tables.evidence(inputs),
        sources=evidence.source_table(inputs.grid),
        headline=headline(subject, settings["channel"], orientation, equidistance),
        summary=summary(subject, orientation, equidistance, drift, gap, powers),
        settings=whole_settings,
        notes=tuple(notes),
        model=inputs,
    )
