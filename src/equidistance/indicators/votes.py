"""Votes in the UN General Assembly: how far a state stands from a power, and how often it votes as the power does."""

from typing import Any

import pyarrow as pa

from equidistance.indicators.declare import INDICATOR_SCHEMA, indicator
from equidistance.indicators.roll_calls import used_roll_calls

_SCHEMA = pa.schema([field for field in INDICATOR_SCHEMA if field.name != "indicator"])

_AGREEMENT = """
with used as (
    select roll_call, date, date_trunc('{freq}', date)::date as period, source_id from ({used})
),
days as (select distinct date from used),
members as (
    select p.power, p.member, d.date
    from power_members p join days d on d.date >= p.start and d.date < p."end"
),
sizes as (select power, date, count(*) as size from members group by all),
positions as (
    select v.roll_call, v.state,
        case v.vote when 'yes' then 1.0 when 'abstain' then 0.5 else 0.0 end as position
    from votes v where v.vote in ('yes', 'abstain', 'no')
),
power_positions as (
    select u.roll_call, u.date, u.period, u.source_id, m.power, avg(p.position) as position
    from used u
    join members m on m.date = u.date
    join positions p on p.roll_call = u.roll_call and p.state = m.member
    join sizes s on s.power = m.power and s.date = u.date
    group by u.roll_call, u.date, u.period, u.source_id, m.power, s.size
    having 2 * count(*) >= s.size
),
compared as (
    select p.state, w.power, w.period, w.source_id, 1 - abs(p.position - w.position) as agreement
    from power_positions w
    join positions p using (roll_call)
    join states s on s.state = p.state and w.date >= s.start and w.date < coalesce(s."end", date '9999-12-31')
    where p.state <> w.power
      and not exists (
        select 1 from members m where m.power = w.power and m.date = w.date and m.member = p.state
      )
),
counted as (
    select state, power, period, sum(agreement) as x, count(*)::int as n, mode(source_id) as source_id
    from compared group by all
)
select
    state, power, period, '{freq}' as freq,
    ln((x + 0.5) / (n - x + 0.5)) as value,
    sqrt(1 / (x + 0.5) + 1 / (n - x + 0.5)) as se,
    n, source_id
from counted
order by state, power, period
"""


_DISTANCE = """
with sessions as (select distinct session, make_date(1945 + session, 12, 1) as date from ideal_points),
members as (
    select p.power, p.member, s.session, s.date
    from power_members p join sessions s on s.date >= p.start and s.date < p."end"
),
sizes as (select power, session, count(*) as size from members group by all),
power_positions as (
    select m.power, m.session, m.date, avg(i.mean) as mean, sqrt(sum(i.sd * i.sd)) / count(*) as sd
    from members m
    join ideal_points i on i.session = m.session and i.state = m.member
    join sizes s on s.power = m.power and s.session = m.session
    group by m.power, m.session, m.date, s.size
    having 2 * count(*) >= s.size
)
select
    i.state, w.power, make_date(1945 + w.session, 1, 1) as period, 'year' as freq,
    -abs(i.mean - w.mean) as value, sqrt(i.sd * i.sd + w.sd * w.sd) as se, i.n::int as n, i.source_id
from power_positions w
join ideal_points i on i.session = w.session
join states s on s.state = i.state and w.date >= s.start and w.date < coalesce(s."end", date '9999-12-31')
where i.state <> w.power
  and not exists (
    select 1 from members m where m.power = w.power and m.session = w.session and m.member = i.state
  )
order by all
"""


@indicator(
    name="un_vote_distance",
    title="UN General Assembly: distance from the power's ideal point",
    channel="deed",
    instrument="diplomacy",
    link="distance",
    freq="year",
    sources=("un_votes",),
)
def un_vote_distance(connection: Any) -> pa.Table:
    """Minus the absolute distance between the ideal points of the state and the power in a session.

    Ideal points are positions on the one dimension that best explains who votes yes, abstains or votes no in all roll
    calls of the General Assembly (Bailey, Strezhnev and Voeten 2017, doi:10.1177/0022002715595700): unlike agreement,
    they do not move because the agenda does. They are estimated here from the votes at hand (``equidistance
    ideal-points``, method ``fast``) and stand in units of one standard deviation over all states and sessions. The
    error is the root of the two squared standard deviations. Session s counts for the year 1945 + s, in which it opens.
    A bloc's position is the mean of its members', if at least half of them have one; a member has no value against its
    own bloc. ``n`` counts the state's votes in the session.

    Limits: one dimension, on which the United States stand at the far end of most questions, so that distances to them
    are long for everybody. The standard deviations take the roll calls' own parameters as known. A store with fewer
    than 30 sessions of votes gives no value: its positions would be on another scale.
    """
    known = connection.execute("select 1 from duckdb_tables() where table_name = 'ideal_points'").fetchall()
    if not known:
        return _SCHEMA.empty_table()
    return connection.sql(_DISTANCE).to_arrow_table().select(_SCHEMA.names).cast(_SCHEMA)


@indicator(
    name="un_vote_agreement",
    title="UN General Assembly: votes with the power",
    channel="deed",
    instrument="diplomacy",
    link="logit",
    freq="month",
    sources=("un_votes",),
)
def un_vote_agreement(connection: Any) -> pa.Table:
    """Agreement with the power over the month's roll calls of the General Assembly.

    A roll call counts where both cast yes, abstain or no. Yes is 1, abstain 1/2, no 0; agreement is one
    minus the absolute difference of positions: 1 for the same vote, 1/2 where one of the two abstains, 0
    for yes against no. A bloc's position is the mean of those of its members at the date, if at least half
    of them took one; a member has no value against its own bloc. With x the sum of agreements over n roll
    calls, the value is log((x + 1/2) / (n - x + 1/2)), error sqrt(1 / (x + 1/2) + 1 / (n - x + 1/2)): a
    binomial proportion on the logit scale, by the delta method. ``n`` counts the roll calls.

    Beside ``un_vote_distance``, the main indicator of the same votes, it says what happened in which month, and it is
    there where a store holds too few sessions for positions. The two share their votes; the model takes their errors as
    independent, which makes deeds a little surer than they are.

    Limits: roll calls are taken as independent. They are not: a month brings many on one subject (Palestine
    in November and December), so that the true error is larger than the stated one. Agendas differ from
    month to month:
    some of the movement is that of the agenda. Resolutions adopted by consensus are not here. Where several
    source versions cover a day, the one with most roll calls that day is used; a publisher that dates the
    same roll call otherwise (Voeten's early sessions are dated roughly) is not recognised.
    """
    return _agreement(connection, freq="month", condition="true")


@indicator(
    name="un_vote_agreement_important",
    title="UN General Assembly: votes with the power on issues the US State Department calls important",
    channel="deed",
    instrument="diplomacy",
    link="logit",
    freq="year",
    sources=("un_votes",),
    default=False,  # the same roll calls as un_vote_agreement: using both would count them twice
)
def un_vote_agreement_important(connection: Any) -> pa.Table:
    """Agreement with the power over the year's roll calls that the United States holds important.

    Which ones they are the US Department of State names in its yearly report to Congress on voting
    practices, because "United States interests" are involved: the choice is Washington's and so is the
    weight, whatever the power. Value, error, blocs and limits as for ``un_vote_agreement``. The flag is
    known from 1983 to 2017; other years have no value.
    """
    return _agreement(connection, freq="year", condition="important")


def _agreement(connection: Any, *, freq: str, condition: str) -> pa.Table:
    query = _AGREEMENT.format(freq=freq, used=used_roll_calls(connection, condition))
    return connection.sql(query).to_arrow_table().select(_SCHEMA.names).cast(_SCHEMA)
