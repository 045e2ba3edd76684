"""Which roll calls count where several publications tell of the same votes, and what is known about each."""

from typing import Any

import pyarrow as pa

from equidistance.errors import InvalidRequest, UnknownName

VOTES = ("yes", "abstain", "no", "absent", "not_member", "unknown")
"""What a state can have done in a roll call; only the first three are votes."""

ISSUES = {
    "middle-east": "me",
    "nuclear": "nu",
    "disarmament": "di",
    "human-rights": "hr",
    "colonialism": "co",
    "economic": "ec",
}
"""Names of the six issues that Voeten codes (several may hold for one roll call) -> code in ``issues``: the
Palestinian conflict, nuclear weapons and material, arms control and disarmament, human rights, colonialism, economic
development. The publisher found them by searching the descriptions and warns that they are not exact."""

SESSION = """coalesce(
    session, try_cast(regexp_extract(resolution, '^A/RES/([0-9]+)/', 1) as smallint),
    greatest(1, year(date) - 1945 - (date < make_date(year(date), 9, 14))::int))::smallint"""
"""SQL for a roll call's session: the publisher's, else the resolution's, else the one of its date. Session s opens in
the middle of September of the year 1945 + s; where publishers state it, the date since 1992 gives another session for 3
of 2,587 roll calls."""


def used_roll_calls(connection: Any, condition: str = "true") -> str:
    """The query for the roll calls of the General Assembly that count, with all columns of ``roll_calls``.

    Publishers number roll calls differently, so the same vote may stand in the store twice: each day is taken from the
    source version that knows most roll calls of that day, the newest of equals. With a condition those that fulfil it
    are counted, so that a publisher who codes issues or importance is preferred where they are asked for.

    Args:
        connection: a DuckDB connection with ``roll_calls``, and ``source_versions`` where ingests have an order.
        condition: SQL over the columns of ``roll_calls``; never text from a person.
    """
    views = {name for (name,) in connection.execute("select view_name from duckdb_views()").fetchall()}
    tables = {name for (name,) in connection.execute("select table_name from duckdb_tables()").fetchall()}
    ordinals = "select source_id, ordinal from source_versions"
    if "source_versions" not in views | tables:
        ordinals = "select null::varchar as source_id, null::int as ordinal where false"
    return f"""
        select roll_calls.* from roll_calls join (
            select date, source_id
            from (
                select date, source_id, count(*) as known
                from roll_calls where body = 'GA' and ({condition}) group by all
            ) left join ({ordinals}) using (source_id)
            qualify row_number() over (
                partition by date order by known desc, ordinal desc nulls last, source_id desc
            ) = 1
        ) using (date, source_id)
        where body = 'GA' and ({condition})"""


def issue_condition(issue: str) -> str:
    """SQL that holds for the roll calls coded with this issue, one of :data:`ISSUES`.

    Raises:
        UnknownName: no such issue; the choices list all.
    """
    if issue not in ISSUES:
        raise UnknownName(f"There is no issue {issue!r}.", choices=list(ISSUES))
    return f"coalesce(list_contains(string_split(issues, ' '), '{ISSUES[issue]}'), false)"


_REQUIRED = {"roll_call": "varchar", "state": "varchar", "vote": "varchar", "date": "date"}
_OPTIONAL = {
    "body": "varchar",
    "session": "smallint",
    "resolution": "varchar",
    "title": "varchar",
    "important": "boolean",
    "issues": "varchar",
    "source_id": "varchar",
}


def connect_votes(votes: object) -> Any:
    """A DuckDB connection with ``roll_calls`` and ``votes`` as a store has them, made from a table of votes.

    Args:
        votes: a table (ours, Arrow, pandas, polars), one row per roll call and state: ``roll_call``, ``state`` (alpha-3
            code), ``vote`` (one of :data:`VOTES`), ``date``; and, where known, ``body`` (GA), ``session``,
            ``resolution``, ``title``, ``important``, ``issues`` (codes, separated by a space), ``source_id``.
            The same row twice counts once.

    Raises:
        InvalidRequest: not a table, a column is missing, a cell is empty or no date, an unknown vote, a roll call on
            two days, or a state that cast two votes in one roll call.
    """
    import duckdb

    table = _arrow(votes)
    missing = [name for name in _REQUIRED if name not in table.column_names]
    if missing:
        raise InvalidRequest(
            f"The table of votes lacks the columns {', '.join(missing)}.", choices=[*_REQUIRED, *_OPTIONAL]
        )
    columns = [f'try_cast("{name}" as {kind}) as {name}' for name, kind in _REQUIRED.items()]
    for name, kind in _OPTIONAL.items():
        given = f'try_cast("{name}" as {kind})' if name in table.column_names else f"null::{kind}"
        columns.append(f"{given} as {name}")
    connection = duckdb.connect(config={"autoinstall_known_extensions": "false"})
    connection.register("given", table)
    connection.execute(f"create table cells as select distinct {', '.join(columns)} from given")
    connection.execute(
        "update cells set body = coalesce(body, 'GA'), source_id = coalesce(source_id, 'given')"
    )
    _check(connection)
    described = ", ".join(f"min({name}) as {name}" for name in _OPTIONAL)
    connection.execute(
        f"create table roll_calls as select roll_call, min(date) as date, {described} from cells group by roll_call"
    )
    connection.execute("create table votes as select distinct roll_call, state, vote, source_id from cells")
    return connection


def _arrow(votes: object) -> pa.Table:
    if isinstance(votes, pa.Table):
        return votes
    if not hasattr(votes, "__arrow_c_stream__"):
        raise InvalidRequest(
            f"{type(votes).__name__} is not a table of votes.",
            hint="Give an Arrow, pandas or polars table with the columns roll_call, state, vote and date.",
        )
    return pa.table(votes)


def _check(connection: Any) -> None:
    def first(query: str) -> Any:
        return connection.execute(query).fetchone()

    empty = " or ".join(f"{name} is null" for name in _REQUIRED)
    if found := first(f"select roll_call, state, vote, date from cells where {empty} order by all limit 1"):
        raise InvalidRequest(
            f"The table of votes has a row without a roll call, state, vote or readable date: {found}.",
            hint="Leave such rows out; dates are YYYY-MM-DD.",
        )
    known = ", ".join(f"'{vote}'" for vote in VOTES)
    if found := first(
        f"select vote, count(*) from cells where vote not in ({known}) group by all order by all"
    ):
        raise InvalidRequest(f"The table of votes has {found[1]} unknown votes {found[0]!r}.", choices=VOTES)
    if found := first(
        "select roll_call, min(date), max(date) from cells group by all having count(distinct date) > 1 order by all"
    ):
        raise InvalidRequest(
            f"The roll call {found[0]} stands under two days, {found[1]} and {found[2]}.",
            hint="Give each roll call a name of its own.",
        )
    if found := first(
        "select state, roll_call, string_agg(distinct vote, ' and ' order by vote) from cells group by all "
        "having count(distinct vote) > 1 order by all"
    ):
        raise InvalidRequest(
            f"{found[0]} cast two votes in the roll call {found[1]}: {found[2]}.",
            hint="Keep the right one; which it is cannot be told from the table.",
        )
