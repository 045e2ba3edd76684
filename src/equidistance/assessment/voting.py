"""How a state votes beside a power in the UN General Assembly: agreement, divergence, and sides taken."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from equidistance.assessment.voting_evidence import opened_votes, prepare_roll_calls, sources_table
from equidistance.assessment.voting_notes import notes_on
from equidistance.assessment.voting_request import Request, make_request, nothing_left
from equidistance.errors import InvalidRequest
from equidistance.figures.words import first_upper, the
from equidistance.ground.states import State
from equidistance.models import vote_scores
from equidistance.models.scores import NORMAL_QUANTILES
from equidistance.tables import Table, plain_rows

if TYPE_CHECKING:
    import altair as alt

CAST = ("yes", "abstain", "no")
"""What counts as a vote; absence is missing."""

SCORES = {
    "n": "roll calls in which both voted yes, abstain or no",
    "agreement": "mean of 1 for the same vote, 0.5 where one of the two abstains, 0 for yes against no",
    "coincidence": "share of identical votes, abstentions included",
    "cosine": "cosine similarity with yes 1, abstain 0, no -1; empty where one of the two only abstained",
}
_SIDES = {
    "a": "first power",
    "b": "second power",
    "n": "roll calls in which one of the powers voted yes, the other no, and the state was a member",
    "with_a": "in these, the state's votes as the first power",
    "with_b": "in these, the state's votes as the second power",
    "abstained": "in these, the state's abstentions",
    "absent": "in these, the state's absences",
    "share_a": "with_a / (with_a + with_b); empty where the state took no side",
    "q05": "lower end of its 90 % Wilson score interval",
    "q95": "upper end of its 90 % Wilson score interval",
}
_VOTES = {
    "session": "session of the General Assembly",
    "vote_state": "the state's vote",
    "vote_power": "the power's vote",
    "yes": "members that voted yes",
    "abstain": "members that abstained",
    "no": "members that voted no",
    "distance": "1 for yes against no, 0.5 where one of the two abstains",
    "chance": "chance that two members drawn from those that voted differ like this",
    "source_id": "source version",
}


@dataclass(frozen=True)
class VotingRecord:
    """How a state and a power voted in the roll calls of the UN General Assembly in which both voted.

    Resolutions adopted without a vote, most of them, are not here.

    Attributes:
        state, power: the two.
        by: session or year.
        start, end: days of the first and the last common vote.
        n, agreement, coincidence, cosine: the scores over the whole window; units as in ``sessions``. ``cosine`` is
            None where one of the two only abstained.
        sessions: one row per session (year: 1945 + session) or calendar year (session: empty):
            session, year, n, agreement, coincidence, cosine.
        matrix: nine rows: vote_state, vote_power (yes, abstain, no), n.
        divergent: the roll calls in which they voted differently: date, session, resolution, title, vote_state,
            vote_power, yes, abstain, no, distance, chance, roll_call, source_id. Yes against no comes first, then
            votes in which one abstained; within each those in which such a difference was least likely between two
            members drawn from those that voted (the chance agreement that Häge 2011, doi:10.1093/pan/mpr023, corrects
            for, here of one roll call); of equals the latest.
        sides: for each pair of opposing powers one row per session or year: a, b, session, year, n, with_a, with_b,
            abstained, absent, share_a, q05, q95.
        sides_total: the same over the whole window, one row per pair.
        sources: the source versions used; n counts the common votes for which each gave the roll call or a vote.
        notes: what the reader must know.
        headline: the result in a sentence.
        settings: what was asked for.
    """

    state: State
    power: State
    by: str
    start: date
    end: date
    n: int
    agreement: float
    coincidence: float
    cosine: float | None
    sessions: Table
    matrix: Table
    divergent: Table
    sides: Table
    sides_total: Table
    sources: Table
    notes: tuple[str, ...]
    headline: str
    settings: dict[str, Any]

    @property
    def tables(self) -> dict[str, Table]:
        """All tables by name."""
        names = ("sessions", "matrix", "divergent", "sides", "sides_total", "sources")
        return {name: getattr(self, name) for name in names}

    def to_dict(self) -> dict[str, Any]:
        """The content of the JSON format: ``matrix`` is nested, the state's vote outside, the power's inside."""
        nested: dict[str, dict[str, int]] = {}
        for row in self.matrix:
            nested.setdefault(row["vote_state"], {})[row["vote_power"]] = row["n"]
        return {
            "state": {"code": self.state.code, "name": self.state.name},
            "power": {"code": self.power.code, "name": self.power.name},
            "period": {"start": self.start.isoformat(), "end": self.end.isoformat()},
            "headline": self.headline,
            "settings": self.settings,
            "notes": list(self.notes),
            "total": {name: getattr(self, name) for name in SCORES},
            **{name: plain_rows(table) for name, table in self.tables.items()},
            "matrix": nested,
        }

    def to_json(self) -> str:
        """:meth:`to_dict` as text."""
        return json.dumps(self.to_dict(), ensure_ascii=False)

    def plot(self, *, interactive: bool = True) -> "alt.TopLevelMixin":
        """Agreement over time, and the matrix of votes, as one Altair chart (tooltips unless for a picture)."""
        from equidistance.figures import voting

        shown = self.sessions, self.matrix, self.state.name, self.power.name
        words = voting.caption(*shown, self.headline)
        return voting.chart(*shown, caption=words, interactive=interactive)

    def report(self, path: str | Path) -> Path:
        """Write the record as one HTML file that opens offline."""
        from equidistance.report.voting import write

        return write(self, path)


def voting_record(
    state: str,
    power: str,
    *,
    since: str | int | date | None = None,
    until: str | int | date | None = None,
    issue: str | None = None,
    by: Literal["session", "year"] = "session",
    versus: str | Sequence[str | tuple[str, str]] = (),
    important_only: bool = False,
    votes: object = None,
    store: str | Path | None = None,
) -> VotingRecord:
    """How a state votes beside a power in the UN General Assembly.

    Args:
        state: a state's name or code.
        power: a state's name or code. A bloc casts no vote: name one of its members.
        since: first month of the votes.
        until: last month of the votes.
        issue: one of :data:`equidistance.indicators.roll_calls.ISSUES`: only roll calls coded with it.
        by: session (as in the published agreement scores) or calendar year of the votes.
        versus: pairs of opposing powers, ``"USA,RUS"`` or ``("USA", "RUS")``: with whom does the state vote where they
            vote yes against no?
        important_only: only roll calls that the US State Department called important.
        votes: a table of votes to use instead of a store; its columns as in
            :func:`equidistance.indicators.roll_calls.connect_votes`.
        store: the store to use; the user's own when not given.

    Raises:
        UnknownName, AmbiguousName: a name that is not exactly one state; no such issue.
        InvalidRequest: a bloc, a state beside itself, an unreadable or empty window, a table that cannot be used, or no
            roll call is left in which both voted.
        StoreError: there is no store, or it cannot be read.
    """
    request = make_request(state, power, since, until, issue, by, versus, important_only)
    with opened_votes(votes, store) as (connection, versions):
        prepare_roll_calls(connection, request.condition)
        pair = _pair(connection, request)
        first, second = (_votes_of(pair, name) for name in ("vote_state", "vote_power"))
        table = vote_scores.counts(first, second, np.zeros(len(first), dtype=np.int64), 1)
        sides, sides_total = _sides(connection, request)
        divergent = _divergent(connection, pair)
        notes = notes_on(connection, request, pair)
    days = pair["date"]
    scores = {name: values[0] for name, values in _scores(table).items()}
    start, end = pc.min(days).as_py(), pc.max(days).as_py()
    return VotingRecord(
        state=request.state,
        power=request.power,
        by=by,
        start=start,
        end=end,
        **scores,
        sessions=_sessions(pair, first, second, by),
        matrix=_matrix(table[0]),
        divergent=divergent,
        sides=sides,
        sides_total=sides_total,
        sources=_sources(pair, versions),
        notes=notes,
        headline=_headline(request, scores, start, end),
        settings=request.settings,
    )


def _pair(connection: Any, request: Request) -> pa.Table:
    """The roll calls in which both voted, by date: those of ``used`` with vote_state and vote_power."""
    query = """
        select u.date, u.session, year(u.date)::smallint as year, u.resolution, u.title, a.vote as vote_state,
            b.vote as vote_power, u.roll_call, u.source_id,
            list_distinct([u.source_id, a.source_id, b.source_id]) as origins
        from used u
        join (select roll_call, vote, source_id from votes where state = $state) a using (roll_call)
        join (select roll_call, vote, source_id from votes where state = $power) b using (roll_call)
        where a.vote in ('yes', 'abstain', 'no') and b.vote in ('yes', 'abstain', 'no')
        order by u.date, u.roll_call"""
    names = {"state": request.state.code, "power": request.power.code}
    pair = connection.sql(query, params=names).to_arrow_table()
    if not len(pair):
        raise _nothing(connection, request)
    return pair


def _nothing(connection: Any, request: Request) -> InvalidRequest:
    """Why no roll call is left: the filter, one of the two never voted, or they never voted together."""
    [(left,)] = connection.execute("select count(*) from used").fetchall()
    if not left:
        return nothing_left(connection, request, left)
    spells = {}
    for one in (request.state, request.power):
        spells[one] = connection.execute(
            "select min(date), max(date) from roll_calls join votes using (roll_call) "
            "where body = 'GA' and state = ? and vote in ('yes', 'abstain', 'no')",
            [one.code],
        ).fetchone()
    never = [one for one, (first, _) in spells.items() if first is None]
    if never:
        return InvalidRequest(
            f"There is no vote of {' or '.join(f'{one.name} ({one.code})' for one in never)}.",
            hint="States are known by alpha-3 code; observers do not vote.",
        )
    voted = [f"{one.code} voted {first:%Y-%m} to {last:%Y-%m}" for one, (first, last) in spells.items()]
    calls = f"{left:,} roll calls {request.subject}{request.window}".rstrip()
    return InvalidRequest(
        f"{request.state.name} and {request.power.name} both voted in none of the {calls}. {', '.join(voted)}."
    )


def _votes_of(table: pa.Table, name: str) -> Any:
    """Votes as 0 yes, 1 abstain, 2 no."""
    return pc.index_in(table[name], value_set=pa.array(CAST)).to_numpy().astype(np.int64)


def _scores(table: vote_scores.Counts) -> dict[str, list[Any]]:
    cosine = vote_scores.cosine(table).tolist()
    return {
        "n": table.sum(axis=(-2, -1)).tolist(),
        "agreement": vote_scores.agreement(table).tolist(),
        "coincidence": vote_scores.coincidence(table).tolist(),
        "cosine": [None if value != value else value for value in cosine],
    }


def _periods(table: pa.Table, by: str) -> tuple[list[int], Any]:
    """The sessions or years of the rows in order, and the place of each row's among them."""
    numbers, place = np.unique(table[by].to_numpy().astype(np.int64), return_inverse=True)
    return numbers.tolist(), place


def _named_periods(numbers: Sequence[int], by: str) -> dict[str, pa.Array]:
    """Columns session and year; session s opens in the year 1945 + s, and a calendar year has no session."""
    sessions = [number if by == "session" else None for number in numbers]
    years = [number + 1945 if by == "session" else number for number in numbers]
    return {"session": pa.array(sessions, pa.int16()), "year": pa.array(years, pa.int16())}


def _sessions(pair: pa.Table, first: Any, second: Any, by: str) -> Table:
    numbers, place = _periods(pair, by)
    scores = _scores(vote_scores.counts(first, second, place, len(numbers)))
    kinds = {name: pa.int64() if name == "n" else pa.float64() for name in scores}
    columns = {name: pa.array(values, kinds[name]) for name, values in scores.items()}
    return Table("sessions", pa.table(_named_periods(numbers, by) | columns), SCORES)


def _matrix(table: Any) -> Table:
    rows = [
        {"vote_state": mine, "vote_power": theirs, "n": int(table[i, j])}
        for i, mine in enumerate(CAST)
        for j, theirs in enumerate(CAST)
    ]
    return Table("matrix", pa.Table.from_pylist(rows), _VOTES | {"n": "roll calls"})


def _divergent(connection: Any, pair: pa.Table) -> Table:
    apart = pair.filter(pc.not_equal(pair["vote_state"], pair["vote_power"]))
    names = apart["roll_call"].to_pylist() or [None]
    # The names as parameters let the store look at these roll calls alone: a join would make it rank all votes.
    totals = connection.sql(
        "select roll_call, count(*) filter (vote = 'yes') as yes, count(*) filter (vote = 'abstain') as abstain, "
        f"count(*) filter (vote = 'no') as \"no\" from votes where roll_call in ({', '.join('?' * len(names))}) "
        "group by roll_call",
        params=names,
    )
    connection.register("apart", apart)
    connection.register("totals", totals.to_arrow_table())
    query = """
        with sized as (
            select *, yes + abstain + "no" as size,
                case when 'abstain' not in (vote_state, vote_power) then yes * "no"
                     when 'yes' in (vote_state, vote_power) then yes * abstain else abstain * "no" end as pairs
            from apart join totals using (roll_call)
        )
        select date, session, resolution, title, vote_state, vote_power, yes, abstain, "no",
            case when 'abstain' in (vote_state, vote_power) then 0.5 else 1.0 end::double as distance,
            2 * pairs / (size * (size - 1)) as chance, roll_call, source_id
        from sized order by distance desc, chance, date desc, roll_call"""
    return Table("divergent", connection.sql(query).to_arrow_table(), _VOTES)


def _sides(connection: Any, request: Request) -> tuple[Table, Table]:
    """With whom the state votes where two powers oppose each other: by period, and over all."""
    by_period, over_all = [], []
    query = """
        select u.session, year(u.date)::smallint as year, v.vote = a.vote as with_a, v.vote = b.vote as with_b,
            v.vote = 'abstain' as abstained, v.vote = 'absent' as absent
        from used u
        join (select roll_call, vote from votes where state = $state) v using (roll_call)
        join (select roll_call, vote from votes where state = $a) a using (roll_call)
        join (select roll_call, vote from votes where state = $b) b using (roll_call)
        where (a.vote, b.vote) in (('yes', 'no'), ('no', 'yes')) and v.vote in ('yes', 'abstain', 'no', 'absent')"""
    for one, other in request.versus:
        names = {"state": request.state.code, "a": one.code, "b": other.code}
        found = connection.sql(query, params=names).to_arrow_table()
        numbers, place = _periods(found, request.by)
        pair = {"a": one.code, "b": other.code}
        by_period.append(_side_rows(pair, _named_periods(numbers, request.by), found, place, len(numbers)))
        over_all.append(_side_rows(pair, {}, found, np.zeros_like(place), 1))
    empty = _side_rows({"a": "", "b": ""}, _named_periods([], request.by), None, np.zeros(0, int), 0)
    without = empty.drop_columns(["session", "year"])
    units = SCORES | _SIDES
    return (
        Table("sides", pa.concat_tables([empty, *by_period]), units),
        Table("sides_total", pa.concat_tables([without, *over_all]), units),
    )


def _side_rows(
    pair: dict[str, str], periods: dict[str, pa.Array], found: pa.Table | None, place: Any, size: int
) -> pa.Table:
    def total(name: str) -> Any:
        hits = place if found is None else place[found[name].to_numpy(zero_copy_only=False)]
        return np.bincount(hits, minlength=size)

    counted = {name: total(name) for name in ("with_a", "with_b", "abstained", "absent")}
    took = counted["with_a"] + counted["with_b"]
    low, high = vote_scores.wilson(counted["with_a"], took, NORMAL_QUANTILES["q95"])
    with np.errstate(invalid="ignore"):
        share = counted["with_a"] / np.where(took == 0, np.nan, took)
    columns: dict[str, Any] = {name: pa.array([code] * size, pa.string()) for name, code in pair.items()}
    columns |= periods
    columns["n"] = pa.array(np.bincount(place, minlength=size), pa.int64())
    columns |= {name: pa.array(values, pa.int64()) for name, values in counted.items()}
    for name, values in (("share_a", share), ("q05", low), ("q95", high)):
        columns[name] = pa.array(values, pa.float64(), from_pandas=True)  # not a number becomes null
    return pa.table(columns)


def _sources(pair: pa.Table, versions: Sequence[dict[str, Any]]) -> Table:
    counted = pc.value_counts(pc.list_flatten(pair["origins"])).to_pylist()
    unit = "common votes for which it gave the roll call or a vote"
    return sources_table({one["values"]: one["counts"] for one in counted}, versions, unit)


def _headline(request: Request, scores: dict[str, Any], start: date, end: date) -> str:
    calls = "the one roll call" if scores["n"] == 1 else f"{scores['n']:,} roll calls"
    subject = f" {request.subject}".rstrip()
    assembly = f"the UN General Assembly{subject} in which both voted"
    both = f"{first_upper(the(request.state.name))} and {the(request.power.name)}"
    return (
        f"{both} cast the same vote in {scores['coincidence']:.0%} of {calls} "
        f"of {assembly}, {start:%Y-%m} to {end:%Y-%m}; agreement {scores['agreement']:.2f}."
    )
