"""What the reader of a voting record must know: where codes end, sessions are cut, and votes may stand twice."""

from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from equidistance.assessment.voting_request import Request, Selection
from equidistance.ground.states import all_states
from equidistance.indicators.roll_calls import SESSION, issue_condition, used_roll_calls

_FAR = date(9999, 12, 31)
_GAP = 31
"""Days without a source from which on the reader is told; the Assembly does not vote every month."""


def notes_on(connection: Any, request: Request, pair: pa.Table) -> tuple[str, ...]:
    """Sentences on the evidence of this record.

    Args:
        connection: as in the record: ``roll_calls``, ``votes`` and the temporary table ``used``.
        request: what was asked for.
        pair: the common votes: date, session, roll_call and more.
    """
    notes = _on_subject(connection, request)
    notes += _gaps(connection, pair)
    notes += _cut_sessions(connection, request, pair) if request.by == "session" else []
    notes += _silent_sessions(pair, "common vote") if request.by == "session" and not request.issue else []
    notes += _before_independence(request, pair)
    notes += _other_codes(connection, request)
    notes += _twice(connection)
    return tuple(notes)


def notes_on_rolls(connection: Any, selection: Selection, rolls: pa.Table) -> tuple[str, ...]:
    """Sentences on the evidence of all states' votes.

    Args:
        connection: as for :func:`notes_on`.
        selection: what was asked for.
        rolls: the roll calls used: date, session, roll_call and more.
    """
    notes = _on_subject(connection, selection)
    notes += _gaps(connection, rolls)
    notes += _cut_sessions(connection, selection, rolls)
    notes += _silent_sessions(rolls, "vote") if not selection.issue else []
    notes += _twice(connection)
    return tuple(notes)


def _on_subject(connection: Any, selection: Selection) -> list[str]:
    notes = []
    if selection.issue:
        condition = issue_condition(selection.issue)
        notes += _codes_end(connection, selection, condition, f"is coded {selection.issue}")
    if selection.important_only:
        notes += _codes_end(connection, selection, "coalesce(important, false)", "is flagged as important")
        notes += _flag_begins(connection, selection)
    return notes


def _codes_end(connection: Any, request: Selection, condition: str, what: str) -> list[str]:
    """Where a publisher stops coding, later roll calls are left out without being known to be about something else."""
    [(last,)] = connection.execute(
        f"select max(date) from roll_calls where body = 'GA' and {condition}"
    ).fetchall()
    end = request.before or _FAR
    if last is None or last >= end:
        return []
    later = used_roll_calls(connection, f"date > date '{last}' and date < date '{end}'")
    [(count,)] = connection.execute(f"select count(*) from ({later})").fetchall()
    if not count:
        return []
    return [
        f"No roll call after {last} {what}: {count:,} later ones are left out because publishers stopped coding them, "
        "or never did."
    ]


def _flag_begins(connection: Any, request: Selection) -> list[str]:
    """Before the first important vote the flag is not known, though it stands as "no"."""
    [(first,)] = connection.execute(
        "select min(date) from roll_calls where body = 'GA' and important"
    ).fetchall()
    if first is None or (request.since and request.since >= first):
        return []
    return [f"No roll call before {first} is flagged as important: the flag begins there."]


def _gaps(connection: Any, pair: pa.Table) -> list[str]:
    """Spans between the first and the last common vote that no source version covers."""
    views = {name for (name,) in connection.execute("select view_name from duckdb_views()").fetchall()}
    if "coverage" not in views:  # a table of votes says nothing of its coverage
        return []
    query = """
        with spells as (
            select start, "end" from coverage where source_id in (select source_id from roll_calls)
        ),
        joined as (select start, max("end") over (order by start rows between unbounded preceding and 1 preceding) as
            before from spells)
        select before + 1, start - 1 from joined
        where start - before > $days and start <= $last and before >= $first order by start"""
    first, last = pc.min(pair["date"]).as_py(), pc.max(pair["date"]).as_py()
    found = connection.execute(query, {"days": _GAP, "first": first, "last": last}).fetchall()
    return [
        f"No source in the store covers {start} to {end}: votes of that time are missing."
        for start, end in found
    ]


def _cut_sessions(connection: Any, request: Selection, pair: pa.Table) -> list[str]:
    """Sessions that began before the window or go on after it."""
    notes = []
    edges = (
        (request.since, "began before", pc.min(pair["session"]).as_py(), "date <"),
        (request.before, "goes on after", pc.max(pair["session"]).as_py(), "date >="),
    )
    for day, verb, session, outside in edges:
        query = f"select count(*) from roll_calls where body = 'GA' and {SESSION} = ? and {outside} ?"
        if day and connection.execute(query, [session, day]).fetchone()[0]:
            notes.append(f"Session {session} {verb} the window: only its votes inside are counted.")
    return notes


def _silent_sessions(pair: pa.Table, what: str) -> list[str]:
    seen = set(pair["session"].to_pylist())
    silent = [str(number) for number in range(min(seen), max(seen)) if number not in seen]
    return [f"No {what} in session{'s' * (len(silent) > 1)} {', '.join(silent)}."] if silent else []


def _before_independence(request: Request, pair: pa.Table) -> list[str]:
    notes = []
    for one in (request.state, request.power):
        early = int(pc.sum(pc.less(pair["date"], one.start), min_count=0).as_py())
        if early:
            notes.append(
                f"{early} of the votes lie before {one.name} was independent ({one.start}): it was a member of the UN "
                "already."
            )
    return notes


def _other_codes(connection: Any, request: Request) -> list[str]:
    """A state whose predecessor at the UN stands under a code of its own."""
    notes = []
    for one in (request.state, request.power):
        for before in all_states():
            if before == one or before.end is None or not set(before.cow) & set(one.cow):
                continue
            [(found,)] = connection.execute(
                "select count(*) from votes semi join used using (roll_call) where state = ?", [before.code]
            ).fetchall()
            if found:
                notes.append(f"Votes until {before.end} stand under {before.code} ({before.name}).")
    return notes


def _twice(connection: Any) -> list[str]:
    [(twice,)] = connection.execute(
        "select count(*) from (select resolution from used where resolution is not null group by resolution "
        "having count(distinct source_id) > 1)"
    ).fetchall()
    if not twice:
        return []
    are = "resolution stands" if twice == 1 else "resolutions stand"
    return [f"{twice} {are} under different days in two source versions: some votes may count twice."]
