"""Words and deeds of events in other schemes than CAMEO: PLOVER (POLECAT) and WEIS (KEDS Central Asia)."""

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from equidistance.indicators.declare import indicator
from equidistance.indicators.events import (
    backend_of,
    finished_months,
    government_acts,
    monthly_log_ratio,
    toward_powers,
)

VERBAL = ("verbal cooperation", "verbal conflict")
MATERIAL = ("material cooperation", "material conflict")

FEWEST_ACTS = 3
"""Acts a month must have for the error of their mean to mean anything."""

CENTRAL_ASIA = ("AFG", "ARM", "AZE", "KAZ", "KGZ", "TJK", "TKM", "UZB")
"""States whose acts KEDS Central Asia collects; those of others stand there by the way, and are a part of theirs."""


@indicator(
    name="plover_words",
    title="Words (POLECAT): cooperation against conflict",
    channel="word",
    instrument="diplomacy",
    link="log_ratio",
    freq="month",
    sources=("polecat",),
    default=False,  # the copy at hand is a selection of three countries, not a sample of the relations of states
)
def plover_words(connection: Any) -> pa.Table:
    """Verbal acts of a state's government toward the power in a month, in PLOVER's classes.

    Value: log((coop + 1/2) / (conf + 1/2)) with Agree, Consult, Support and Concede against Accuse, Reject and
    Threaten; requests are neutral. Error sqrt(1 / (coop + 1/2) + 1 / (conf + 1/2)); ``n`` = coop + conf. No acts, no
    row. Not used unless asked for: one needs the publisher's whole files, the selection seen here holds a few dozen
    acts between governments."""
    return _ratio(connection, "PLOVER", VERBAL)


@indicator(
    name="plover_deeds",
    title="Deeds (POLECAT): cooperation against conflict",
    channel="deed",
    instrument="security",
    link="log_ratio",
    freq="month",
    sources=("polecat",),
    default=False,  # as plover_words
)
def plover_deeds(connection: Any) -> pa.Table:
    """Material acts of a state's government toward the power in a month, in PLOVER's classes.

    Value and error as for ``plover_words``, with Cooperate, Aid and Retreat against Protest, Sanction, Mobilize,
    Coerce and Assault. Not used unless asked for, for the same reason."""
    return _ratio(connection, "PLOVER", MATERIAL)


@indicator(
    name="weis_words",
    title="Words 1989-1999 (KEDS): cooperation against conflict",
    channel="word",
    instrument="diplomacy",
    link="log_ratio",
    freq="month",
    sources=("keds",),
    default=False,  # eight states of one region: the world's scale cannot be learnt from them
)
def weis_words(connection: Any) -> pa.Table:
    """Verbal acts of a Central Asian or Caucasian government toward the power in a month, in WEIS classes.

    Value: log((coop + 1/2) / (conf + 1/2)) with consult, approve, promise, agree, propose against reject, accuse,
    protest, deny, demand, warn, threaten; comments and requests are neutral. Error as for ``verbal_cooperation``.
    Not used unless asked for: it exists for eight states of one region and one decade, half of it the Afghan war; in
    a fit of all states it would set their level against nobody else's. Within these states it is the only monthly
    record of words before 2018."""
    return _ratio(connection, "WEIS", VERBAL, CENTRAL_ASIA)


@indicator(
    name="weis_deeds",
    title="Deeds 1989-1999 (KEDS): cooperation against conflict",
    channel="deed",
    instrument="security",
    link="log_ratio",
    freq="month",
    sources=("keds",),
    default=False,  # as weis_words
)
def weis_deeds(connection: Any) -> pa.Table:
    """Material acts of a Central Asian or Caucasian government toward the power in a month, in WEIS classes.

    Value and error as for ``weis_words``, with yield, grant, reward against demonstrate, reduce relations, expel,
    seize, force. Not used unless asked for, for the same reasons."""
    return _ratio(connection, "WEIS", MATERIAL, CENTRAL_ASIA)


@indicator(
    name="weis_balance",
    title="Tone 1989-1999 (KEDS, Goldstein scale)",
    channel="word",
    instrument="information",
    link="mean",
    freq="month",
    sources=("keds",),
    default=False,  # as weis_words, and made of the same acts
)
def weis_balance(connection: Any) -> pa.Table:
    """The mean Goldstein value of a government's acts toward the power in a month, -10 (war) to 8.3.

    Error: the standard deviation of the month's values / sqrt(n); at least three acts, not all equal. All classes
    count, comments and requests included, words and deeds together; it is made of the same acts as ``weis_words``
    and ``weis_deeds`` and never stands beside them. Not used unless asked for."""
    backend = backend_of(connection)
    events = backend.table("coded_events")
    events = events.filter(
        events.scheme == "WEIS", events.intensity.notnull(), events.source_state.isin(list(CENTRAL_ASIA))
    )
    intensities = events.group_by(code=events.type).agg(intensity=events.intensity.max())
    acts = government_acts(events.mutate(code=events.type)).join(intensities, "code")
    acts = toward_powers(backend, acts)
    months = acts.group_by(["state", "power", acts.day.truncate("M").name("period")]).agg(
        value=acts.intensity.mean(),
        spread=acts.intensity.std(how="sample"),
        n=acts.count(),
        source_id=acts.source_id.max(),
    )
    months = months.filter(months.n >= FEWEST_ACTS, months.spread > 0)
    return finished_months(months.mutate(se=months.spread / months.n.cast("float64").sqrt()))


def _ratio(
    connection: Any, scheme: str, classes: tuple[str, str], states: Sequence[str] | None = None
) -> pa.Table:
    """The log ratio of the two classes among a scheme's acts, each type once a day and pair of actors.

    Args:
        connection: see :mod:`equidistance.indicators.declare`.
        scheme: value of the column ``scheme``.
        classes: cooperation, conflict.
        states: whose acts; all when not given.
    """
    backend = backend_of(connection)
    events = backend.table("coded_events")
    events = events.filter(events.scheme == scheme, events.quad.isin(list(classes)))
    if states is not None:
        events = events.filter(events.source_state.isin(list(states)))
    acts = government_acts(events.mutate(code=events.quad.concat("|").concat(events.type)))
    acts = acts.mutate(kind=acts.code.split("|")[0])
    cooperation, conflict = classes
    return monthly_log_ratio(backend, acts, [cooperation], [conflict])
