"""Ideal points: where each state stands in the roll calls of the UN General Assembly, session by session."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from equidistance.assessment.ideal_points_result import IdealPoints, voter_of
from equidistance.assessment.ideal_points_tables import (
    diagnostics_table,
    items_table,
    notes_on_fit,
    positions_table,
)
from equidistance.assessment.repeated_votes import linked_items
from equidistance.assessment.voting_evidence import opened_votes, prepare_roll_calls, sources_table
from equidistance.assessment.voting_notes import notes_on_rolls
from equidistance.assessment.voting_request import Selection, nothing_left, select, voter_named
from equidistance.errors import InvalidRequest, UnknownName
from equidistance.ground.states import State, all_states
from equidistance.models.roll_calls import Fit, Items, RollCalls, arrange, oriented, starting_items
from equidistance.tables import Table

__all__ = ["METHODS", "IdealPoints", "ideal_points"]

METHODS = ("fast", "published", "posterior")
_AUTHORS_START = {"USA": 3.0, "CAN": 3.0, "GBR": 3.0, "ISR": 3.0, "RUS": -2.0, "SUN": -2.0, "DDR": -2.0}
"""Where the authors' program starts these states; all others start at 0."""
_LEAST_SWEEPS = 200
"""Fewer give too few draws to say whether the chains agree; the published sampler keeps every 50th."""

Progress = Callable[[str, int, int], None]


def ideal_points(
    votes: object = None,
    *,
    method: Literal["fast", "published", "posterior"] = "fast",
    issue: str | None = None,
    since: str | int | date | None = None,
    until: str | int | date | None = None,
    important_only: bool = False,
    matches: str | Path | None = None,
    polarity: str = "USA",
    start: IdealPoints | None = None,
    sweeps: int | None = None,
    burn: int | None = None,
    chains: int = 2,
    seed: int = 1,
    store: str | Path | None = None,
    progress: Progress | None = None,
) -> IdealPoints:
    """Positions of all states from all roll calls of the UN General Assembly: dynamic ordinal item response.

    The model is that of Bailey, Strezhnev and Voeten (2017, doi:10.1177/0022002715595700); docs/ideal-points.md says
    what the methods share and where they differ.

    Args:
        votes: a table of votes (columns as in :func:`equidistance.indicators.roll_calls.connect_votes`); the store's
            votes when not given.
        method: ``fast``: position and variance in seconds; ``published``: the authors' sampler, to reproduce the
            standard series; ``posterior``: draws from the proper posterior.
        issue: only roll calls coded with this issue.
        since: first month of the votes.
        until: last month of the votes.
        important_only: only roll calls that the US Department of State called important.
        matches: CSV file of roll calls that repeat each other (``rcid1``, ``rcid2``); by title when not given.
        polarity: the state whose mean position is positive.
        start: an earlier result to start from, for example before new sessions were added. ``fast`` comes to the same
            answer, sooner.
        sweeps: sweeps kept by a sampling method (published: 20,000; posterior: 3,000 a chain).
        burn: sweeps thrown away before (published: 4,000; posterior: 600 a chain).
        chains: chains of the posterior.
        seed: of the sampling methods.
        store: the store to use; the user's own when not given.
        progress: told of the work.

    Raises:
        UnknownName, AmbiguousName: no such method, issue or state.
        InvalidRequest: the filters leave no divided roll call, or no vote of the state that sets the sign.
        BadFile: ``matches`` cannot be read.
        StoreError: there is no store, or it cannot be read.
    """
    if method not in METHODS:
        raise UnknownName(f"There is no method {method!r}.", choices=METHODS)
    _check_numbers(method, sweeps, burn, chains, seed)
    selection = select(since, until, issue, important_only)
    anchor = voter_named(polarity)
    told = progress or (lambda what, done, total: None)
    told("Reading the votes", 0, 0)
    read = read_evidence(votes, store, selection, matches)
    arranged, names, rolls, cast, items = read.arranged, read.names, read.rolls, read.cast, read.items
    anchors = anchors_of(anchor, names)
    told("Preparing the model (the first time it is compiled)", 0, 0)
    fit = fitted(
        arranged, names, anchors, rolls, method=method, start=start, sweeps=sweeps, burn=burn, chains=chains, seed=seed,
        progress=progress,
    )  # fmt: skip
    diagnostics, mixed = diagnostics_table(arranged, fit)
    items_of_fit = items_table(arranged, fit, rolls, items)
    asked: dict[str, Any] = {"method": method, **selection.settings, "polarity": anchor.code}
    asked |= {"matches": Path(matches).name if matches is not None else None, "sweeps": fit.sweeps}
    asked |= {"seed": seed, "chains": chains} if method == "posterior" else {}
    asked |= {"seed": seed} if method == "published" else {}
    return IdealPoints(
        positions=positions_table(arranged, fit, names),
        items=items_of_fit,
        diagnostics=diagnostics,
        sources=read.sources,
        method=method,
        converged=fit.converged and mixed,
        headline=headline_of(arranged, selection),
        notes=(
            *notes_on_fit(arranged, fit, method, items_of_fit, diagnostics, mixed, len(np.unique(items))),
            *read.notes,
        ),
        settings=asked,
        fit=fit,
        _votes=arranged,
        _codes=tuple(names),
        _rolls=rolls,
        _roll_of_vote=cast["number"].to_numpy().astype(np.int64)[arranged.order],
    )


@dataclass(frozen=True)
class Evidence:
    """The votes of a request, arranged.

    Attributes:
        arranged: votes as the models take them; at least one item.
        names: code of the state behind each position.
        rolls, cast: roll calls and votes, from :func:`read_votes`.
        items: item of each roll call.
        sources: the source versions used.
        notes: what the reader must know of the votes.
    """

    arranged: RollCalls
    names: list[str]
    rolls: pa.Table
    cast: pa.Table
    items: npt.NDArray[np.int64]
    sources: Table
    notes: tuple[str, ...]


def read_evidence(
    votes: object, store: str | Path | None, selection: Selection, matches: str | Path | None
) -> Evidence:
    """The votes of a selection.

    Raises:
        InvalidRequest: nothing is left, or only unanimous roll calls.
        BadFile: ``matches`` cannot be read.
        StoreError: there is no store, or it cannot be read.
    """
    with opened_votes(votes, store) as (connection, versions):
        prepare_roll_calls(connection, selection.condition)
        rolls, cast = read_votes(connection)
        if not len(cast):
            raise nothing_left(connection, selection, len(rolls))
        notes = notes_on_rolls(connection, selection, rolls)
    items = np.array(linked_items(rolls, matches), dtype=np.int64)
    arranged, names = arranged_votes(rolls, cast, items)
    if not len(arranged.item_names):
        raise InvalidRequest(
            f"All roll calls {selection.subject}{selection.window}".rstrip()
            + f" ({len(rolls):,}) are unanimous: they say nothing about positions.",
            hint="Widen the window, or leave the issue out.",
        )
    given = {one["values"]: one["counts"] for one in pc.value_counts(cast["source_id"]).to_pylist()}
    sources = sources_table(given, versions, "votes that it gave")
    strange = _unknown_voters(cast["state"].unique().to_pylist())
    return Evidence(arranged, names, rolls, cast, items, sources, (*strange, *notes))


def anchors_of(anchor: State, names: Sequence[str]) -> npt.NDArray[np.int64]:
    """Positions of the state that sets a sign.

    Raises:
        InvalidRequest: it has none.
    """
    anchors = positions_of(anchor.code, names)
    if not len(anchors):
        raise InvalidRequest(
            f"{anchor.name} cast none of these votes, so it cannot set the sign.",
            hint="Name another state with --polarity.",
        )
    return anchors


def _check_numbers(method: str, sweeps: int | None, burn: int | None, chains: int, seed: int) -> None:
    if method == "fast" and (sweeps is not None or burn is not None):
        raise InvalidRequest(
            "The method fast does not sample: it takes no sweeps and no burn-in.",
            hint="Choose --method published or --method posterior, or leave --sweeps and --burn out.",
        )
    least = {"sweeps": _LEAST_SWEEPS, "burn": 1, "chains": 1, "seed": 0}
    for name, value in (("sweeps", sweeps), ("burn", burn), ("chains", chains), ("seed", seed)):
        if value is not None and value < least[name]:
            raise InvalidRequest(f"{name} must be at least {least[name]}, not {value}.")


def read_votes(connection: Any) -> tuple[pa.Table, pa.Table]:
    """What :func:`prepare_roll_calls` chose: the roll calls by date, and the votes cast in them.

    Returns:
        ``roll_call, session, date, resolution, title, source_id``; and ``state, source_id``, ``number`` (the row of the
        roll call) and ``vote`` (0 yes, 1 abstain, 2 no).
    """
    rolls = connection.sql(
        "select roll_call, session, date, resolution, title, source_id from used order by date, roll_call"
    ).to_arrow_table()
    connection.register("numbered", rolls.append_column("number", pa.array(np.arange(len(rolls)))))
    cast = connection.sql(
        "select v.state, v.source_id, n.number, "
        "case v.vote when 'yes' then 0 when 'abstain' then 1 else 2 end as vote "
        "from votes v join numbered n using (roll_call) where v.vote in ('yes', 'abstain', 'no') "
        "order by v.state, n.number"
    ).to_arrow_table()
    connection.unregister("numbered")
    return rolls, cast


def arranged_votes(
    rolls: pa.Table, cast: pa.Table, items: npt.NDArray[np.int64]
) -> tuple[RollCalls, list[str]]:
    """The votes as the models take them, and the code of the state behind each position.

    Args:
        rolls, cast: from :func:`read_votes`.
        items: item of each roll call, shape (rows of ``rolls``,).

    Raises:
        InvalidRequest: a state and the one that it continues both voted in a roll call.
    """
    codes, who = np.unique(cast["state"].to_numpy(zero_copy_only=False).astype(str), return_inverse=True)
    voter = _voters(codes.tolist())[who]
    roll = cast["number"].to_numpy().astype(np.int64)
    _refuse_two_votes(voter, roll, codes[who], rolls)
    session = rolls["session"].to_numpy().astype(np.int64)[roll]
    votes = arrange(voter, session, items[roll], cast["vote"].to_numpy().astype(np.int64))
    return votes, _names_of_positions(votes, who, codes) if len(votes.item_names) else []


def positions_of(code: str, names: Sequence[str]) -> npt.NDArray[np.int64]:
    """Positions of a state's whole line of succession, given the code behind each position."""
    return np.flatnonzero([voter_of(name) == voter_of(code) for name in names])


def _voters(codes: Sequence[str]) -> npt.NDArray[np.int64]:
    """Number of each code's line of succession."""
    keys = [voter_of(code) for code in codes]
    numbers = {key: number for number, key in enumerate(dict.fromkeys(keys))}
    return np.array([numbers[key] for key in keys], dtype=np.int64)


def _refuse_two_votes(
    voter: npt.NDArray[np.int64], roll: npt.NDArray[np.int64], codes: npt.NDArray[Any], rolls: pa.Table
) -> None:
    """A state and the one that it continues cannot both vote."""
    _, first, count = np.unique(voter * len(rolls) + roll, return_index=True, return_counts=True)
    if not (count > 1).any():
        return
    twice = int(np.flatnonzero(count > 1)[0])
    both = sorted(set(codes[(voter == voter[first[twice]]) & (roll == roll[first[twice]])].tolist()))
    name = rolls["roll_call"][int(roll[first[twice]])].as_py()
    raise InvalidRequest(
        f"{' and '.join(both)} both voted in the roll call {name}, and they are one line of succession.",
        hint="Keep the votes of the state that existed on that day.",
    )


def _unknown_voters(codes: Sequence[str]) -> list[str]:
    strange = sorted(set(codes) - {state.code for state in all_states()})
    if not strange:
        return []
    listed = ", ".join(strange[:5]) + f" and {len(strange) - 5} more" * (len(strange) > 5)
    return [f"Votes under codes that no state has count as voters of their own: {listed}."]


def _names_of_positions(votes: RollCalls, who: npt.NDArray[np.int64], codes: npt.NDArray[Any]) -> list[str]:
    """Code of the state behind each position: the one that cast most of its votes, of equals the later one."""
    begins = {state.code: state.start for state in all_states()}
    later = np.argsort(np.argsort([begins.get(code, date.min).toordinal() for code in codes.tolist()]))
    pairs, count = np.unique(votes.position * np.int64(len(codes)) + who[votes.order], return_counts=True)
    position, code = np.divmod(pairs, len(codes))
    order = np.lexsort((later[code], count, position))
    last = np.flatnonzero(np.r_[np.diff(position[order]) > 0, True])
    return [str(name) for name in codes[code[order[last]]]]


def headline_of(votes: RollCalls, selection: Selection) -> str:
    first, last = 1945 + int(votes.session.min()), 1945 + int(votes.session.max())
    years = f"{first} to {last}" if first < last else f"{first}"
    subject = f" {selection.subject}".rstrip()
    return (
        f"Ideal points of {len(np.unique(votes.voter)):,} states, {years}, from {len(votes.vote):,} votes"
        f"{subject} in the UN General Assembly."
    )


def fitted(
    votes: RollCalls,
    names: Sequence[str],
    anchors: npt.NDArray[np.int64],
    rolls: pa.Table,
    *,
    method: str = "fast",
    start: IdealPoints | None = None,
    sweeps: int | None = None,
    burn: int | None = None,
    chains: int = 2,
    seed: int = 1,
    progress: Progress | None = None,
) -> Fit:
    """The fit of a method, the anchors on the positive side.

    Args:
        votes, names: from :func:`arranged_votes`.
        anchors: positions of the state that sets the sign, not empty.
        rolls: from :func:`read_votes`.
        method, start, sweeps, burn, chains, seed, progress: as for :func:`ideal_points`.
    """
    from equidistance.models import ideal_points_fast, ideal_points_posterior, ideal_points_published

    theta = beside(votes, anchors)
    if method == "published":
        known = np.array([_AUTHORS_START.get(name, 0.0) for name in names])
        fit = ideal_points_published.sample(
            votes, known if known.any() else theta, _opposed(votes, names), seed=seed, sweeps=sweeps or 20_000,
            burn=burn or 4_000, progress=progress,
        )  # fmt: skip
        return oriented(fit, anchors)
    items = starting_items(votes)
    if start is not None:
        theta, items = _continued(votes, names, rolls, start, theta, items)
    fit = ideal_points_fast.fit(votes, theta, items, progress=progress)
    if method == "posterior":
        fit = ideal_points_posterior.sample(
            votes, fit.mean, fit.items, seed=seed, sweeps=sweeps or 3_000, burn=burn or 600, chains=chains,
            progress=progress,
        )  # fmt: skip
    return oriented(fit, anchors)


def beside(votes: RollCalls, anchors: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Rough positions to start from: how often each votes as the anchor does, standardised, shape (P,)."""
    item, session = votes.item, votes.session[votes.position]
    span = int(session.max()) + 1
    cell = item * span + session  # linked roll calls: the anchor's vote of the same session
    mine = np.isin(votes.position, anchors)
    known = dict(zip(cell[mine].tolist(), votes.vote[mine].tolist(), strict=True))
    beside = np.array([known.get(one, -1) for one in cell.tolist()])
    agree = np.where(beside < 0, np.nan, 1 - np.abs(votes.vote - beside) / 2)
    seen = ~np.isnan(agree)
    count = np.bincount(votes.position[seen], minlength=len(votes.voter))
    total = np.bincount(votes.position[seen], agree[seen], minlength=len(votes.voter))
    mean = total[count > 0].sum() / max(count.sum(), 1)
    theta = (total + 2 * mean) / (count + 2) - mean
    spread = float(theta.std())
    return theta / spread if spread > 0 else np.where(np.isin(np.arange(len(theta)), anchors), 1.0, 0.0)


def _opposed(votes: RollCalls, names: Sequence[str]) -> npt.NDArray[np.float64]:
    """The authors' start of beta: +1 where the United States voted further toward no than Russia, -1 the other way."""

    def mean_vote(codes: tuple[str, ...]) -> npt.NDArray[np.float64]:
        mine = np.isin(votes.position, np.flatnonzero(np.isin(np.array(names), codes)))
        items = len(votes.item_names)
        count = np.bincount(votes.item[mine], minlength=items)
        total = np.bincount(votes.item[mine], votes.vote[mine], minlength=items)
        return np.where(count > 0, total / np.maximum(count, 1), np.nan)

    apart = mean_vote(("USA",)) - mean_vote(("RUS", "SUN"))
    return np.where(np.isnan(apart), 0.0, np.sign(apart))


def _continued(
    votes: RollCalls,
    names: Sequence[str],
    rolls: pa.Table,
    start: IdealPoints,
    theta: npt.NDArray[np.float64],
    items: Items,
) -> tuple[npt.NDArray[np.float64], Items]:
    """The earlier result where it has a position or an item, the voter's last position or a rough start elsewhere."""
    before = {
        (voter_of(code), int(session)): float(mean)
        for code, session, mean in zip(start._codes, start._votes.session, start.fit.mean, strict=True)
    }
    out = theta.copy()
    last: dict[int | str, float] = {}
    for number, (name, session) in enumerate(zip(names, votes.session.tolist(), strict=True)):
        voter = voter_of(name)
        last[voter] = out[number] = before.get((voter, session), last.get(voter, float(theta[number])))
    calls = rolls["roll_call"].to_pylist()
    rows = {name: number for number, name in enumerate(start.items.arrow["item"].to_pylist())}
    known = np.array([rows.get(calls[number], -1) for number in votes.item_names.tolist()])
    has = known >= 0
    beta, low, high = items.beta.copy(), items.low.copy(), items.high.copy()
    for array, earlier in (
        (beta, start.fit.items.beta),
        (low, start.fit.items.low),
        (high, start.fit.items.high),
    ):
        array[has] = earlier[known[has]]
    return out, Items(beta, low, np.maximum(low, high))
