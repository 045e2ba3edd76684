"""UN roll calls: how each state voted in the General Assembly, from any form in which this is published.

The reader takes the files of one publisher together: votes, and where the publisher keeps them apart the
list of roll calls (dates, resolutions, flags). What a file holds is told by its columns, never by its name.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from equidistance.errors import BadFile
from equidistance.evidence.schema import TABLES
from equidistance.ground.states import all_states
from equidistance.sources.card import Card, Download, Reading, Rejected, Source
from equidistance.sources.delimited import first_seen, record_text
from equidistance.sources.un_votes_layouts import VOTE_CODES, RawVotes, cow_number, find_member, read_layout

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

CARD = Card(
    name="un_votes",
    title="United Nations General Assembly Voting Data",
    publisher="Erik Voeten, Anton Strezhnev, Michael Bailey (Harvard Dataverse); UN Dag Hammarskjöld Library",
    licence="Voeten: CC0 1.0 as reported by others. UN Digital Library: UN terms of use, non-commercial, "
    "with attribution. un-project/un-votes: MIT",
    citation="Voeten, E., Strezhnev, A., Bailey, M. (2009). United Nations General Assembly Voting Data. "
    "Harvard Dataverse. doi:10.7910/DVN/LEJUQZ. And: United Nations, Dag Hammarskjöld Library. "
    "United Nations General Assembly Voting Data. https://digitallibrary.un.org/record/4060887",
    address="https://doi.org/10.7910/DVN/LEJUQZ",
    files={
        "*voeten*": "Voeten: rcid, vote and iso3 or ccode; with the roll calls inline or in a second file",
        "UNVotes*": "Voeten's one-table edition, or a matrix with one column per state",
        "*unproject*": "un-project: rcid, ccode, vote, inferred; the roll-call file is needed for dates",
        "*ga_voting*": "the UN's bulk file: undl_id, ms_code, ms_vote (Y, N, A, X), date, resolution",
        "un_votes_*wide*": "one row per resolution, one column per state, YES/NO/ABSTAIN",
        "unga_es11*": "resolution, date, country, vote (Y, N, A, X)",
    },
    tables=("roll_calls", "votes"),
    apart=True,  # each publisher numbers roll calls in its own way
    coverage=(date(1946, 1, 1), None),
    states="all members of the UN at the time; observers (Palestine, Holy See) do not vote",
    cadence="Voeten about yearly; the UN's bulk file several times a year",
    caveats=(
        "Resolutions adopted without a vote, most of them, are not here.",
        "The UN's bulk file leaves out votes on paragraphs and on drafts that failed.",
        "Voeten: Türkiye (19 votes from 2023-12-19) and Yemen (23 votes from 2023-10-27) stand as "
        "non-members by mistake; 10 votes of 2019, 5 of 2020 and 7 of 2021 are missing; titles stop in March "
        "2021, the flag for important votes in 2017.",
        "Voeten keeps no extinct states: the USSR's votes stand under Russia and are given back by date.",
        "un-project: for 19 states votes were inferred, and absence cannot be told from non-membership.",
        "Publishers number roll calls differently: the same vote read from two of them stands twice in the "
        "store; indicators use one source version per day.",
    ),
    rows=(1, 5_000_000),
    downloads=(
        # Dataverse serves the newest version of the dataset's files as one bundle; the files' numbers change
        # with each version, so the address is the dataset's and carries no checksum.
        Download(
            "https://dataverse.harvard.edu/api/access/dataset/:persistentId/?persistentId=doi:10.7910/DVN/LEJUQZ",
            "dataverse_LEJUQZ.zip",
        ),
        # Not tried: the file name changes with every edition, look it up on the record's page.
        Download(
            "https://digitallibrary.un.org/record/4060887/files/2026_02_06_ga_voting.csv", "ga_voting.csv"
        ),
    ),
)

_UNKNOWN_YET = date(9999, 12, 31)
_OLDEST = date(1945, 10, 24)  # the Charter comes into force

_PARSE = """
create function day_of(text) as coalesce(
    cast(try_strptime(left(text, 10), '%Y-%m-%d') as date), cast(try_strptime(text, '%d%b%Y') as date));
create function given(text) as case when text in ('', 'NA', 'NaN', 'nan', 'None') then null else text end;

create table roll as
with described as (
    select *, day_of(date) as day from metadata
    qualify row_number() over (partition by roll, date order by position) = 1
),
first_described as (  -- a vote row without a date takes the earliest roll call of its number
    select * from described qualify row_number() over (partition by roll order by day) = 1
),
merged as (
    select
        r.roll, r.date as raw_date, r.position, r.body,
        coalesce(d.file, f.file, r.file) as file, coalesce(d.row, f.row, r.row) as row,
        coalesce(day_of(r.date), d.day, f.day) as exact_day,
        coalesce(given(r.date), d.date, f.date) as shown_date,
        try_cast(coalesce(given(r.session), d.session, f.session) as smallint) as session,
        try_cast(coalesce(given(r.year), d.year, f.year) as smallint) as year,
        coalesce(given(r.resolution), given(d.resolution), given(f.resolution)) as resolution,
        coalesce(given(r.title), given(d.title), given(f.title)) as title,
        coalesce(given(r.important), given(d.important), given(f.important)) as important,
        coalesce(given(r.issues), given(d.issues), given(f.issues)) as issues
    from (select * from rolls qualify row_number() over (partition by roll, date order by position) = 1) r
    left join described d on d.roll = r.roll and d.day = day_of(r.date)
    left join first_described f on f.roll = r.roll and given(r.date) is null
),
dated as (
    select *, coalesce(exact_day, case
        when given(shown_date) is not null then null
        when year between 1946 and 2100 then make_date(year, 12, 1)
        when session between 1 and 150 then make_date(1945 + session, 12, 1)
    end) as day
    from merged
)
-- a number used on two days is two roll calls: the later one carries its day
select *, case when regexp_full_match(roll, '[0-9]+') then 'rcid:' || roll else roll end
    || case when rank() over (partition by roll order by day) > 1 then '@' || day else '' end as roll_call
from dated;
"""

_DECIDE = """
create table decided as
select c.position, c.file, c.row, c.roll, c.date as raw_date, c.who, c.vote as raw_vote,
    r.roll_call, r.day, v.vote, coalesce(s.state, b.state) as state, s.state is null as stateless,
    case
        when r.day is null and coalesce(given(r.shown_date), '') <> ''
            then 'the date ' || r.shown_date || ' is not a day (YYYY-MM-DD)'
        when r.day is null then 'roll call ' || c.roll || ' has no date, here or in a file of roll calls'
        when r.day < $oldest or r.day > $today then 'the date ' || r.day || ' lies outside the life of the UN'
        when r.body not in ('GA', 'SC') then 'unknown body ' || r.body
        when v.vote is null then 'unknown vote code ' || c.vote
        when coalesce(s.state, b.state) is null then 'unknown state ' || c.who
    end as reason
from cells c
left join roll r on r.roll = c.roll and r.raw_date = c.date
left join vote_codes v on v.layout = c.layout and v.code = regexp_replace(lower(trim(c.vote)), '\\.0$', '')
left join spells s on s.who = c.who and r.day >= s.start and r.day < s."end"
left join bases b on b.who = c.who;
"""

_STATELESS = "stateless and vote in ('absent', 'not_member')"


def read(paths: Sequence[Path]) -> Reading:
    """Read UN votes from the files of one publisher.

    Returns:
        ``votes`` and ``roll_calls``. A roll call is called ``rcid:N`` where the publisher numbers them,
        else by the symbol of its resolution; ``@date`` follows where one number was used on two days.

    Raises:
        BadFile: a file fits no layout, or the votes have no dates and no file of roll calls came with them.
    """
    raw = RawVotes()
    for path in paths:
        read_layout(path, raw)
    if not raw.cells:
        raise BadFile(
            f"{', '.join(path.name for path in paths)}: roll calls but no votes.",
            hint="Name the file of votes together with the file of roll calls.",
        )
    return _reading(raw, [path.name for path in paths])


def _reading(raw: RawVotes, files: Sequence[str]) -> Reading:
    import duckdb

    cells = _numbered(raw.cells)
    rolls = _numbered(raw.rolls)
    metadata = _numbered(raw.metadata) if raw.metadata else rolls.slice(0, 0)
    if not raw.metadata and not any(
        value for name in ("date", "session", "year") for value in _distinct(rolls, name)
    ):
        raise BadFile(
            f"{files[0]} holds votes without dates, and no file of roll calls came with it.",
            hint="Name both files: equidistance ingest un_votes VOTES ROLL_CALLS",
        )
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        for name, table in (("cells", cells), ("rolls", rolls), ("metadata", metadata)):
            connection.register(name, table)
        connection.register("vote_codes", _vote_codes())
        connection.execute(_PARSE)
        spells, bases = _states_by_date(_mentions(connection), raw.names)
        connection.register("spells", spells)
        connection.register("bases", bases)
        connection.execute(_DECIDE, {"oldest": _OLDEST, "today": date.today()})
        return _deliver(connection, raw)


def _deliver(connection: "DuckDBPyConnection", raw: RawVotes) -> Reading:
    def table(query: str) -> pa.Table:
        return connection.sql(query).to_arrow_table()

    def count(condition: str) -> int:
        row = connection.execute(
            f"select count(*) from decided where reason is null and {condition}"
        ).fetchone()
        return int(row[0]) if row else 0

    rejected = list(raw.rejected)
    for bad in table(
        "select file, row, reason, roll, raw_date, who, raw_vote from decided where reason is not null "
        "order by position"
    ).to_pylist():
        rejected.append(Rejected(bad.pop("file"), bad.pop("row"), bad.pop("reason"), record_text(bad)))

    votes = table(
        f"select roll_call, state, vote, file, row from decided where reason is null and not ({_STATELESS}) "
        "order by position"
    ).cast(TABLES["votes"].schema)
    votes, contradictions, repeated = first_seen(votes, ["roll_call", "state"])
    connection.register("kept", votes)
    roll_calls = table(
        "select roll_call, body, day as date, session, resolution, left(title, 1000) as title, "
        "case important when '1' then true when '0' then false end as important, issues, file, row from roll "
        "where roll_call in (select roll_call from kept) order by position"
    )
    coverage = table(
        "select min(day) as first, max(day) as last from decided where reason is null group by file "
        "order by min(position)"
    ).to_pylist()

    ignored = dict(raw.ignored)
    ignored["not a member: the state did not exist at the date"] = count(_STATELESS)
    ignored["exact repetitions"] = repeated
    notes = list(raw.notes)
    if early := count(f"stateless and not ({_STATELESS})"):
        states = connection.execute(
            f"select string_agg(distinct state, ', ' order by state) from decided "
            f"where reason is null and stateless and not ({_STATELESS})"
        ).fetchone()
        notes.append(
            f"{early} votes of UN members outside their dates as states are kept: {states and states[0]}."
        )
    if approximate := len(roll_calls) and _approximate(connection):
        notes.append(
            f"{approximate} roll calls have no date: 1 December of their year or of the session's is used."
        )
    if suffixed := sum("@" in name for name in roll_calls["roll_call"].to_pylist()):
        notes.append(f"{suffixed} roll-call numbers were used on a second day; these are called NUMBER@DATE.")
    return Reading(
        tables={"roll_calls": roll_calls.cast(TABLES["roll_calls"].schema), "votes": votes},
        coverage=tuple((row["first"], row["last"]) for row in coverage),
        rejected=(*rejected, *contradictions),
        ignored={reason: number for reason, number in ignored.items() if number},
        notes=tuple(notes),
    )


def _approximate(connection: "DuckDBPyConnection") -> int:
    row = connection.execute(
        "select count(*) from roll where day is not null and exact_day is null"
    ).fetchone()
    return int(row[0]) if row else 0


def _numbered(tables: Sequence[pa.Table]) -> pa.Table:
    """All tables as one, with the order of reading in ``position``."""
    import numpy as np

    whole = pa.concat_tables(tables)
    return whole.append_column("position", pa.array(np.arange(len(whole))))


def _distinct(table: pa.Table, name: str) -> list[str]:
    values: list[str] = table[name].unique().to_pylist()
    return values


def _vote_codes() -> pa.Table:
    rows = [(layout, code, vote) for layout, codes in VOTE_CODES.items() for code, vote in codes.items()]
    return pa.table(dict(zip(("layout", "code", "vote"), map(list, zip(*rows, strict=True)), strict=True)))


def _mentions(connection: "DuckDBPyConnection") -> dict[str, list[date]]:
    """Each way a state is named, with the days of its votes."""
    rows = connection.execute(
        "select c.who, list(distinct r.day) from cells c "
        "join roll r on r.roll = c.roll and r.raw_date = c.date where r.day is not null group by c.who"
    ).fetchall()
    return dict(rows)


def _states_by_date(mentions: dict[str, list[date]], names: dict[str, str]) -> tuple[pa.Table, pa.Table]:
    """Which state a code, number or name stands for, by date, and which where no state of that name existed.

    A publisher without extinct states files the USSR under Russia and Yugoslavia under Serbia: states that
    share a Correlates of War number are one line of succession, and the date says which of them voted.
    """
    spells: list[tuple[str, date, date, str]] = []
    bases: list[tuple[str, str]] = []
    for who, days in mentions.items():
        number, base = cow_number(who), find_member(who)
        if base is None and who in names:  # the publisher's own number
            number, base = None, find_member(names[who])
        if base is None:  # a name that only a date makes clear
            dated = [(day, find_member(who, day)) for day in days]
            spells += [
                (who, day, day + timedelta(days=1), state.code) for day, state in dated if state is not None
            ]
            continue
        bases.append((who, base.code))
        numbers = {number} if number is not None else {*base.cow}
        family = {base, *(state for state in all_states() if numbers & {*state.cow})}
        spells += [(who, state.start, state.end or _UNKNOWN_YET, state.code) for state in family]
    return (
        pa.table(_columns(("who", "start", "end", "state"), spells), schema=_SPELLS),
        pa.table(_columns(("who", "state"), bases), schema=_BASES),
    )


_SPELLS = pa.schema(
    [("who", pa.string()), ("start", pa.date32()), ("end", pa.date32()), ("state", pa.string())]
)
_BASES = pa.schema([("who", pa.string()), ("state", pa.string())])


def _columns(names: Sequence[str], rows: Sequence[tuple[object, ...]]) -> dict[str, list[object]]:
    return {name: [row[index] for row in rows] for index, name in enumerate(names)}


SOURCE = Source(CARD, read)
