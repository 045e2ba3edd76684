"""Ideal points: where each state stands in the roll calls of the UN General Assembly, session by session."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from equidistance.assessment.export import plain_rows
from equidistance.assessment.repeated_votes import linked_items
from equidistance.assessment.voting_evidence import opened_votes, prepare_roll_calls
from equidistance.assessment.voting_request import Selection, select
from equidistance.errors import InvalidRequest, UnknownName
from equidistance.ground.states import State, all_states, get_state, resolve
from equidistance.models.roll_calls import Fit, Items, RollCalls, arrange, oriented, starting_items
from equidistance.tables import Table

if TYPE_CHECKING:
    import altair as alt

METHODS = ("fast", "published", "posterior")
CAST = ("yes", "abstain", "no")
_AUTHORS_START = {"USA": 3.0, "CAN": 3.0, "GBR": 3.0, "ISR": 3.0, "RUS": -2.0, "SUN": -2.0, "DDR": -2.0}
"""Where the authors' program starts these states; all others start at 0."""
_FEW = 5
"""A state-session with fewer votes than this stands mostly where its neighbours in time do."""

POSITIONS = {
    "session": "session of the General Assembly",
    "year": "year in which the session opens: 1945 + session",
    "mean": "position; 0 and 1 are mean and standard deviation over all state-sessions, the United States positive",
    "sd": "standard deviation of the position",
    "q05": "lower end of the 90 % interval",
    "q95": "upper end of the 90 % interval",
    "n": "votes behind the position",
}
ITEMS = {
    "item": "roll call, the earliest where several repeat each other",
    "roll_calls": "roll calls that share the item",
    "beta": "discrimination: positive where states at the positive end rather vote no",
    "low": "cutpoint between yes and abstention, on the scale of beta times position",
    "high": "cutpoint between abstention and no",
}

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, eq=False)
class IdealPoints:
    """Positions of all states in all sessions, and what follows from them.

    Attributes:
        positions: one row per state and session: state, session, year, mean, sd, q05, q95, n.
        items: one row per item: item, roll_calls, session (first), last_session, resolution, title, yes, abstain, no,
            beta, beta_sd, low, low_sd, high, high_sd.
        diagnostics: one row per session: level and spread of the positions, and for sampling methods their R-hat and
            effective number of draws; the largest R-hat of a position of the session.
        method: fast, published or posterior.
        converged: whether the method met its criterion (sampling methods: all R-hat of positions below 1.01).
        notes: what the reader must know.
        settings: what was asked for.
    """

    positions: Table
    items: Table
    diagnostics: Table
    method: str
    converged: bool
    notes: tuple[str, ...]
    settings: dict[str, Any]
    fit: Fit = field(repr=False)
    _votes: RollCalls = field(repr=False)
    _codes: tuple[str, ...] = field(repr=False)
    _rolls: pa.Table = field(repr=False)
    _roll_of_vote: npt.NDArray[np.int64] = field(repr=False)

    @property
    def tables(self) -> dict[str, Table]:
        """All tables by name."""
        return {"positions": self.positions, "items": self.items, "diagnostics": self.diagnostics}

    def draws(self, count: int = 1000, seed: int = 1) -> npt.NDArray[np.float64]:
        """Draws of the positions, shape (draws, rows of ``positions``).

        The sampling methods give the draws they kept; ``fast`` gives ``count`` independent normal ones, which know
        nothing of errors that states share.
        """
        if self.fit.draws is not None:
            return self.fit.draws.astype(np.float64)
        random = np.random.default_rng(seed)
        return self.fit.mean + self.fit.sd * random.standard_normal((count, len(self.fit.mean)))

    def distances(self, state: str, powers: Sequence[str]) -> Table:
        """Distance of a state to others in each session, with the posterior of the distance.

        Returns:
            One row per power and session in which both voted: state, power, session, year, mean, sd, q05, q95 (of the
            absolute difference of positions) and ``p_above``, the probability that the state stands on the positive
            side of the power.

        Raises:
            UnknownName, AmbiguousName: a name that is not exactly one state.
            InvalidRequest: a state without a position.
        """
        draws = self.draws()
        mine = self._rows(resolve(state))
        found: list[dict[str, Any]] = []
        for name in powers:
            theirs = self._rows(resolve(name))
            for session in sorted(mine.keys() & theirs.keys()):
                apart = draws[:, mine[session]] - draws[:, theirs[session]]
                distance = np.abs(apart)
                low, high = np.quantile(distance, [0.05, 0.95])
                found.append(
                    {
                        "state": resolve(state).code,
                        "power": resolve(name).code,
                        "session": session,
                        "year": 1945 + session,
                        "mean": float(distance.mean()),
                        "sd": float(distance.std(ddof=1)),
                        "q05": float(low),
                        "q95": float(high),
                        "p_above": float((apart > 0).mean()),
                    }
                )
        units = POSITIONS | {"mean": "distance of the positions", "p_above": "P(the state stands above)"}
        kinds = _POSITION_KINDS | {"power": pa.string(), "p_above": pa.float64()}
        names = ("state", "power", "session", "year", "mean", "sd", "q05", "q95", "p_above")
        schema = pa.schema([(name, kinds[name]) for name in names])
        return Table("distances", pa.Table.from_pylist(found, schema=schema), units)

    def predicted(self, state: str) -> Table:
        """For each vote of a state the probability that the fit gives to yes, abstention and no.

        Averaged over the draws where there are draws, else at the means.
        """
        wanted = np.array(sorted(self._rows(resolve(state)).values()))
        chosen = np.flatnonzero(np.isin(self._votes.position, wanted))
        chances = self._chances(chosen)
        columns = self._described(chosen)
        for number, name in enumerate(CAST):
            columns[f"p_{name}"] = pa.array(chances[:, number])
        columns["p_cast"] = pa.array(chances[np.arange(len(chosen)), self._votes.vote[chosen]])
        units = {f"p_{name}": f"probability of {name}" for name in CAST} | {"p_cast": "probability of the vote cast"}
        table = pa.table(columns).sort_by([("date", "ascending"), ("roll_call", "ascending")])
        return Table("predicted", table, units)

    def pivotal(self, state: str, count: int = 20) -> Table:
        """The votes that moved a state most: how its position of the session would differ without each.

        The change is the vote's score over the position's whole precision (one Newton step of leaving it out).

        Returns:
            ``count`` rows, largest change first: state, session, date, roll_call, resolution, title, vote, moved.
        """
        wanted = np.array(sorted(self._rows(resolve(state)).values()))
        chosen = np.flatnonzero(np.isin(self._votes.position, wanted))
        moved = _score(self._votes, self.fit, chosen) * self.fit.sd[self._votes.position[chosen]] ** 2
        order = np.argsort(-np.abs(moved), kind="stable")[:count]
        columns = self._described(chosen[order])
        columns["moved"] = pa.array(moved[order])
        return Table("pivotal", pa.table(columns), {"moved": "change of the position, in its units, by this vote"})

    def plot(self, states: Sequence[str]) -> "alt.TopLevelMixin":
        """Positions of some states over the sessions with 90 % bands, as an Altair chart."""
        from equidistance.figures.ideal_points import chart

        codes = [resolve(state).code for state in states]
        for code in codes:
            self._rows(get_state(code))
        keep = pa.compute.is_in(self.positions.arrow["state"], value_set=pa.array(self._aliases(codes)))
        return chart(self.positions.arrow.filter(keep), {code: get_state(code).name for code in self._aliases(codes)})

    def to_dict(self) -> dict[str, Any]:
        """The content of the JSON format."""
        return {
            "method": self.method,
            "converged": self.converged,
            "settings": self.settings,
            "notes": list(self.notes),
            **{name: plain_rows(table) for name, table in self.tables.items()},
        }

    def to_json(self) -> str:
        """:meth:`to_dict` as text."""
        return json.dumps(self.to_dict(), ensure_ascii=False)

    def _aliases(self, codes: Sequence[str]) -> list[str]:
        """Codes with those of the states they continue (Russia the Soviet Union): one line in a picture."""
        voters = {_voter(get_state(code)) for code in codes}
        return [code for code in dict.fromkeys(self._codes) if _voter(get_state(code)) in voters]

    def _rows(self, state: State) -> dict[int, int]:
        """Session -> row of ``positions``, over the whole line of succession."""
        voter = _voter(state)
        rows = {
            int(self._votes.session[number]): number
            for number, code in enumerate(self._codes)
            if _voter(get_state(code)) == voter
        }
        if not rows:
            raise InvalidRequest(f"{state.name} ({state.code}) has no position: it cast none of the votes used.")
        return rows

    def _described(self, chosen: npt.NDArray[np.int64]) -> dict[str, Any]:
        rolls = self._rolls.take(pa.array(self._roll_of_vote[chosen]))
        names = ("session", "date", "roll_call", "resolution", "title")
        votes = [CAST[vote] for vote in self._votes.vote[chosen]]
        codes = [self._codes[position] for position in self._votes.position[chosen]]
        return {"state": pa.array(codes, pa.string())} | {name: rolls[name] for name in names} | {"vote": pa.array(votes, pa.string())}

    def _chances(self, chosen: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        fit = self.fit
        item, position = self._votes.item[chosen], self._votes.position[chosen]
        if fit.draws is None or fit.item_draws is None:
            items = fit.items
            return _probabilities(items.beta[item] * fit.mean[position], items.low[item], items.high[item])
        total = np.zeros((len(chosen), 3))
        step = max(1, len(fit.draws) // 200)
        used = range(0, len(fit.draws), step)
        for draw in used:
            beta, low, high = fit.item_draws[draw][:, item].astype(np.float64)
            total += _probabilities(beta * fit.draws[draw][position], low, high)
        return total / len(used)


_POSITION_KINDS = {
    "state": pa.string(),
    "session": pa.int16(),
    "year": pa.int16(),
    "mean": pa.float64(),
    "sd": pa.float64(),
    "q05": pa.float64(),
    "q95": pa.float64(),
    "n": pa.int64(),
}


def _probabilities(
    middle: npt.NDArray[np.float64], low: npt.NDArray[np.float64], high: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """P(yes), P(abstain), P(no), shape (V, 3)."""
    from equidistance.models.normal import cdf_of

    yes, no = cdf_of(low - middle), cdf_of(middle - high)
    return np.stack([yes, np.maximum(1 - yes - no, 0.0), no], axis=1)


def _score(votes: RollCalls, fit: Fit, chosen: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Derivative of the log likelihood of each chosen vote by its position."""
    from equidistance.models.normal import cdf_of, pdf_of

    item, position = votes.item[chosen], votes.position[chosen]
    beta = fit.items.beta[item]
    middle = beta * fit.mean[position]
    below, above = fit.items.low[item] - middle, fit.items.high[item] - middle
    vote = votes.vote[chosen]
    chance = np.choose(vote, [cdf_of(below), cdf_of(above) - cdf_of(below), cdf_of(-above)])
    slope = np.choose(vote, [-pdf_of(below), pdf_of(below) - pdf_of(above), pdf_of(above)])
    score: npt.NDArray[np.float64] = beta * slope / np.maximum(chance, 1e-12)
    return score


def _voter(state: State) -> tuple[int, ...] | str:
    """Who votes: a line of succession has one (the Soviet Union and Russia share a Correlates of War number)."""
    return min(state.cow) if state.cow else state.code  # type: ignore[return-value]


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
        since, until: first and last month of the votes.
        important_only: only roll calls that the US Department of State called important.
        matches: CSV file of roll calls that repeat each other (``rcid1``, ``rcid2``); by title when not given.
        polarity: the state whose mean position is positive.
        start: an earlier result to start from, for example before new sessions were added. ``fast`` comes to the same
            answer, sooner.
        sweeps, burn: sweeps kept and thrown away by the sampling methods (published: 20,000 and 4,000; posterior: 4,000
            and 1,000 a chain).
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
    for name, value in (("sweeps", sweeps), ("burn", burn), ("chains", chains)):
        if value is not None and value < 1:
            raise InvalidRequest(f"{name} must be at least 1, not {value}.")
    selection = select(since, until, issue, important_only)
    anchor = resolve(polarity)
    with opened_votes(votes, store) as (connection, _):
        prepare_roll_calls(connection, selection.condition)
        rolls, cast = _read(connection)
    if not len(cast):
        raise InvalidRequest(
            f"There is no vote of the General Assembly {selection.subject}{selection.window}".rstrip() + "."
        )
    items = np.array(linked_items(rolls, matches), dtype=np.int64)
    codes, who = np.unique(cast["state"].to_numpy(zero_copy_only=False), return_inverse=True)
    voters, voter = _voters(codes.tolist())
    roll = cast["number"].to_numpy().astype(np.int64)
    session = rolls["session"].to_numpy().astype(np.int64)[roll]
    arranged = arrange(voter[who], session, items[roll], cast["vote"].to_numpy().astype(np.int64))
    if not len(arranged.item_names):
        raise InvalidRequest(
            f"The {len(rolls)} roll calls {selection.subject}{selection.window}".rstrip()
            + " are unanimous: they say nothing about positions.",
            hint="Widen the window, or leave the issue out.",
        )
    names = _names_of_positions(arranged, who, codes)
    anchors = np.flatnonzero(arranged.voter == voters.get(_voter(anchor), -1))
    if not len(anchors):
        raise InvalidRequest(
            f"{anchor.name} cast none of these votes, so it cannot set the sign.",
            hint="Name another state with --polarity.",
        )
    fit = oriented(
        _fitted(arranged, names, anchors, method, start, rolls, sweeps, burn, chains, seed, progress), anchors
    )
    diagnostics, mixed = _diagnostics(arranged, fit)
    result = IdealPoints(
        positions=_positions(arranged, fit, names),
        items=_items(arranged, fit, rolls, items),
        diagnostics=diagnostics,
        method=method,
        converged=fit.converged and mixed,
        notes=(),
        settings={"method": method, **selection.settings, "polarity": anchor.code, "seed": seed, "sweeps": fit.sweeps},
        fit=fit,
        _votes=arranged,
        _codes=tuple(names),
        _rolls=rolls,
        _roll_of_vote=roll[arranged.order],
    )
    return _with_notes(result, selection, len(rolls), items, mixed)


def _read(connection: Any) -> tuple[pa.Table, pa.Table]:
    """The roll calls by date, and the votes cast in them: state, number of the roll call's row, vote (0, 1, 2)."""
    rolls = connection.sql(
        "select roll_call, session, date, resolution, title from used order by date, roll_call"
    ).to_arrow_table()
    connection.register("numbered", rolls.append_column("number", pa.array(np.arange(len(rolls)))))
    cast = connection.sql(
        "select v.state, n.number, case v.vote when 'yes' then 0 when 'abstain' then 1 else 2 end as vote "
        "from votes v join numbered n using (roll_call) where v.vote in ('yes', 'abstain', 'no') "
        "order by v.state, n.number"
    ).to_arrow_table()
    return rolls, cast


def _voters(codes: Sequence[str]) -> tuple[dict[Any, int], npt.NDArray[np.int64]]:
    """Number of each line of succession, and of each code's."""
    known = {state.code: state for state in all_states()}
    keys = [_voter(known[code]) if code in known else code for code in codes]
    numbers = {key: number for number, key in enumerate(dict.fromkeys(keys))}
    return numbers, np.array([numbers[key] for key in keys], dtype=np.int64)


def _names_of_positions(votes: RollCalls, who: npt.NDArray[np.int64], codes: npt.NDArray[Any]) -> list[str]:
    """Code of the state behind each position: the one that cast its votes (the later, if two did)."""
    names = np.zeros(len(votes.voter), dtype=np.int64)
    np.maximum.at(names, votes.position, who[votes.order] + 1)
    return [str(codes[name - 1]) for name in names]


def _fitted(
    votes: RollCalls,
    names: Sequence[str],
    anchors: npt.NDArray[np.int64],
    method: str,
    start: IdealPoints | None,
    rolls: pa.Table,
    sweeps: int | None,
    burn: int | None,
    chains: int,
    seed: int,
    progress: Progress | None,
) -> Fit:
    from equidistance.models import ideal_points_fast, ideal_points_posterior, ideal_points_published

    theta = _beside(votes, anchors)
    if method == "published":
        known = np.array([_AUTHORS_START.get(name, 0.0) for name in names])
        beta = _opposed(votes, names)
        return ideal_points_published.sample(
            votes, known if known.any() else theta, beta, seed=seed, sweeps=sweeps or 20_000, burn=burn or 4_000,
            progress=progress,
        )  # fmt: skip
    items = starting_items(votes, theta)
    if start is not None:
        theta, items = _continued(votes, names, rolls, start, theta, items)
    fast = ideal_points_fast.fit(votes, theta, items, progress=progress)
    if method == "fast":
        return fast
    return ideal_points_posterior.sample(
        votes, fast.mean, fast.items, seed=seed, sweeps=sweeps or 4_000, burn=burn or 1_000, chains=chains,
        progress=progress,
    )  # fmt: skip


def _beside(votes: RollCalls, anchors: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
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
        (_voter(get_state(code)), int(session)): float(mean)
        for code, session, mean in zip(start._codes, start._votes.session, start.fit.mean, strict=True)
    }
    out = theta.copy()
    last: dict[Any, float] = {}
    for number, (name, session) in enumerate(zip(names, votes.session.tolist(), strict=True)):
        voter = _voter(get_state(name))
        last[voter] = out[number] = before.get((voter, session), last.get(voter, float(theta[number])))
    calls = rolls["roll_call"].to_pylist()
    rows = {name: number for number, name in enumerate(start.items.arrow["item"].to_pylist())}
    known = np.array([rows.get(calls[number], -1) for number in votes.item_names.tolist()])
    has = known >= 0
    beta, low, high = items.beta.copy(), items.low.copy(), items.high.copy()
    for array, earlier in ((beta, start.fit.items.beta), (low, start.fit.items.low), (high, start.fit.items.high)):
        array[has] = earlier[known[has]]
    return out, Items(beta, low, np.maximum(low, high))


def _quantiles(fit: Fit) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    from equidistance.models.scores import NORMAL_QUANTILES

    if fit.draws is not None:
        low, high = np.quantile(fit.draws, [0.05, 0.95], axis=0)
        return low.astype(np.float64), high.astype(np.float64)
    return fit.mean + NORMAL_QUANTILES["q05"] * fit.sd, fit.mean + NORMAL_QUANTILES["q95"] * fit.sd


def _positions(votes: RollCalls, fit: Fit, names: Sequence[str]) -> Table:
    low, high = _quantiles(fit)
    columns = {
        "state": pa.array(names, pa.string()),
        "session": pa.array(votes.session, pa.int16()),
        "year": pa.array(1945 + votes.session, pa.int16()),
        "mean": pa.array(fit.mean),
        "sd": pa.array(fit.sd),
        "q05": pa.array(low),
        "q95": pa.array(high),
        "n": pa.array(votes.votes_of_position, pa.int64()),
    }
    return Table("positions", pa.table(columns), POSITIONS)


def _items(votes: RollCalls, fit: Fit, rolls: pa.Table, items: npt.NDArray[np.int64]) -> Table:
    first = rolls.take(pa.array(votes.item_names))
    session = rolls["session"].to_numpy().astype(np.int64)
    latest = np.full(len(rolls), -1, dtype=np.int64)
    np.maximum.at(latest, items, session)
    size = np.bincount(items, minlength=len(rolls))
    tally = votes.tallies
    columns: dict[str, Any] = {
        "item": first["roll_call"],
        "roll_calls": pa.array(size[votes.item_names], pa.int64()),
        "session": first["session"],
        "last_session": pa.array(latest[votes.item_names], pa.int16()),
        "resolution": first["resolution"],
        "title": first["title"],
    }
    columns |= {name: pa.array(tally[:, number], pa.int64()) for number, name in enumerate(CAST)}
    for name in ("beta", "low", "high"):
        columns[name] = pa.array(getattr(fit.items, name))
        columns[f"{name}_sd"] = pa.array(getattr(fit.items_sd, name))
    return Table("items", pa.table(columns), ITEMS)


def _diagnostics(votes: RollCalls, fit: Fit) -> tuple[Table, bool]:
    """Level and spread of each session, how well their chains mixed, and whether all positions' chains did."""
    from equidistance.models.convergence import effective_size, split_r_hat

    sessions, place = np.unique(votes.session, return_inverse=True)
    members = [np.flatnonzero(place == number) for number in range(len(sessions))]
    columns: dict[str, Any] = {
        "session": pa.array(sessions, pa.int16()),
        "level": pa.array([float(fit.mean[rows].mean()) for rows in members]),
        "spread": pa.array([float(fit.mean[rows].std()) for rows in members]),
    }
    units = {
        "level": "mean position of the session's states",
        "spread": "standard deviation of their positions",
        "r_hat_level": "split R-hat of the level; near 1 where the chains agree",
        "r_hat_spread": "split R-hat of the spread",
        "effective_level": "effective number of draws of the level",
        "r_hat_worst": "largest split R-hat of a position of the session",
    }
    mixed = True
    if fit.draws is not None and fit.chain is not None:
        chains = int(fit.chain.max()) + 1
        draws = fit.draws.astype(np.float64).reshape(chains, -1, len(fit.mean))
        level = np.stack([draws[:, :, rows].mean(axis=2) for rows in members], axis=2)
        spread = np.stack([draws[:, :, rows].std(axis=2) for rows in members], axis=2)
        worst = split_r_hat(draws)
        columns["r_hat_level"] = pa.array(split_r_hat(level))
        columns["r_hat_spread"] = pa.array(split_r_hat(spread))
        columns["effective_level"] = pa.array(effective_size(level))
        columns["r_hat_worst"] = pa.array([float(worst[rows].max()) for rows in members])
        mixed = bool(worst.max() < 1.01)
    return Table("diagnostics", pa.table(columns), units), mixed


def _with_notes(
    result: IdealPoints, selection: Selection, rolls: int, items: npt.NDArray[np.int64], mixed: bool
) -> IdealPoints:
    from dataclasses import replace

    votes = result._votes
    notes = []
    left = len(np.unique(items)) - len(votes.item_names)
    if left:
        notes.append(f"{left} unanimous items are left out: they say nothing about positions.")
    bridges = int((result.items.arrow["roll_calls"].to_numpy() > 1).sum())
    notes.append(
        f"{len(votes.vote):,} votes in {rolls:,} roll calls; {bridges} items bridge sessions."
        if bridges
        else f"{len(votes.vote):,} votes in {rolls:,} roll calls; no item bridges sessions, so that the level of a "
        "session is known only through the states' past."
    )
    few = int((votes.votes_of_position < _FEW).sum())
    if few:
        notes.append(f"{few} positions rest on fewer than {_FEW} votes: they stand mostly where their neighbours do.")
    if not result.fit.converged:
        notes.append("The fit did not come to rest: more iterations are needed.")
    elif not mixed:
        worst = max(result.diagnostics.arrow["r_hat_worst"].to_pylist())
        notes.append(
            f"The chains have not fully mixed: the largest R-hat of a position is {worst:.2f} (1.01 is wanted). "
            "More sweeps help; the table of diagnostics says which sessions are concerned."
        )
    if result.method == "fast":
        notes.append(
            "Intervals are those of a position given the items: the proper posterior is --method posterior."
        )
    return replace(result, notes=tuple(notes))
