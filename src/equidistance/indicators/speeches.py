"""Speeches in the General Debate: how, and how much, a state speaks of a power."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from itertools import groupby
from math import log, sqrt
from typing import Any

import pyarrow as pa

from equidistance.ground.blocs import all_blocs
from equidistance.indicators.declare import INDICATOR_SCHEMA, indicator
from equidistance.indicators.speech_text import SPOKEN_OF_BY_NAME, SpeechCounts, count_speech

_SCHEMA = pa.schema([field for field in INDICATOR_SCHEMA if field.name != "indicator"])

_COUNTS: dict[bytes, SpeechCounts] = {}  # several indicators read the same texts
_KEEP = 20_000  # speeches; the corpus has 11,000


@dataclass(frozen=True)
class _Dyad:
    """What one speech says of one power: counts of words and sentences."""

    state: str
    power: str
    year: int
    sentences: int
    mentioning: int
    cooperative: int
    conflictual: int
    source_id: str


@indicator(
    name="speech_stance",
    title="UN General Debate: tone towards the power",
    channel="word",
    instrument="information",
    link="log_ratio",
    freq="year",
    sources=("un_speeches",),
)
def speech_stance(connection: Any) -> pa.Table:
    """Tone of the sentences of the yearly General Debate speech that mention the power.

    Value: log((cooperative + 1/2) / (conflictual + 1/2)) over the words of the project's own lexicon in the
    sentences that name the power or use its adjective; a negated cooperative word counts as conflictual.
    Error sqrt(1 / (cooperative + 1/2) + 1 / (conflictual + 1/2)). ``n`` counts the sentences; a speech that
    does not mention the power has no value. Blocs: the EU, NATO and other organisations by their own names;
    the West and a user's bloc by the sentences that mention it, a member of the day or an organisation
    inside it (the EU), each once.

    Limits: a word count does not know who does what to whom: "Russia supports us against the aggressor"
    holds one word of each kind, and praise of a third party in the same sentence counts for the power. Tone
    shared with every power (a crisis year) is not removed. Texts are translations.
    """
    return _table(
        (
            dyad,
            log((dyad.cooperative + 0.5) / (dyad.conflictual + 0.5)),
            sqrt(1 / (dyad.cooperative + 0.5) + 1 / (dyad.conflictual + 0.5)),
            dyad.mentioning,
        )
        for dyad in _dyads(connection)
        if dyad.mentioning
    )


@indicator(
    name="speech_attention",
    title="UN General Debate: attention to the power",
    channel="word",
    instrument="information",
    link="log_share",
    freq="year",
    sources=("un_speeches",),
    default=False,  # salience, not closeness: Ukraine speaks most of Russia when it is at war with it
)
def speech_attention(connection: Any) -> pa.Table:
    """Share of the sentences of the yearly General Debate speech that mention the power.

    Value: log((m + 1/2) / (s + 1)) with m of s sentences mentioning it; error sqrt(1 / (m + 1/2) - 1 / (s +
    1)), a binomial share on the log scale by the delta method. A speech without a mention is information
    and has a value. ``n`` counts the sentences of the speech. Names and blocs as for ``speech_stance``.

    Limits: attention is not affection. A state at war with the power, or under its sanctions, speaks of it
    most: read it beside the tone, and drop it from the alignment where that is the case.
    """
    return _table(
        (
            dyad,
            log((dyad.mentioning + 0.5) / (dyad.sentences + 1)),
            sqrt(1 / (dyad.mentioning + 0.5) - 1 / (dyad.sentences + 1)),
            dyad.sentences,
        )
        for dyad in _dyads(connection)
        if dyad.sentences
    )


def _table(rows: Iterator[tuple[_Dyad, float, float, int]]) -> pa.Table:
    found = sorted(rows, key=lambda row: (row[0].state, row[0].power, row[0].year))
    return pa.table(
        {
            "state": [dyad.state for dyad, *_ in found],
            "power": [dyad.power for dyad, *_ in found],
            "period": [date(dyad.year, 1, 1) for dyad, *_ in found],
            "freq": ["year"] * len(found),
            "value": [value for _, value, _, _ in found],
            "se": [se for _, _, se, _ in found],
            "n": [n for *_, n in found],
            "source_id": [dyad.source_id for dyad, *_ in found],
        },
        schema=_SCHEMA,
    )


def _dyads(connection: Any) -> Iterator[_Dyad]:
    """Every readable speech against every power that existed on its day, members of a bloc left out."""
    spells = connection.execute(
        'select power, member, start, "end", is_bloc from power_members order by power, member, start'
    ).fetchall()
    # One pass: the texts lie in few large blocks, and a query for each year would read them all again.
    speeches = connection.execute(
        """ select v.year, v.state, v.text, v.source_id from speeches v join states s on s.state = v.state and
        make_date(v.year, 9, 20) >= s.start and make_date(v.year, 9, 20) < coalesce(s."end", date '9999-12-31')
        where v.quality = 'ok' order by v.year, v.state """
    )
    for year, in_year in groupby(_rows(speeches), key=lambda row: int(row[0])):
        day = date(year, 9, 20)  # the debate opens in the second half of September
        powers: dict[str, set[str]] = {}
        blocs: set[str] = set()
        for power, member, start, end, is_bloc in spells:
            if start <= day < end:
                powers.setdefault(power, set()).add(member)
                if is_bloc:
                    blocs.add(power)
        targets = {
            power: frozenset(_spoken_of(power, members, day) if power in blocs else {power})
            for power, members in powers.items()
        }
        for _, state, text, source_id in in_year:
            outside = {
                power: codes for power, codes in targets.items() if state not in powers[power] | {power}
            }
            yield from _count(state, year, source_id, _read(text, day), outside)


def _rows(result: Any) -> Iterator[tuple[Any, ...]]:
    """The rows of a query, some at a time: all texts at once would fill the memory."""
    while rows := result.fetchmany(200):
        yield from rows


def _spoken_of(bloc: str, members: set[str], day: date) -> set[str]:
    """Whose mention is a mention of the bloc: its own name's, and where speakers have no use for that name
    also its members' and those of the organisations that lie wholly inside it (the EU in the West)."""
    if bloc in SPOKEN_OF_BY_NAME:
        return {bloc}
    inside = {
        other.code
        for other in all_blocs()
        if other.code in SPOKEN_OF_BY_NAME and other.members(day) and other.members(day) <= members
    }
    return {bloc} | members | inside


def _count(
    state: str, year: int, source_id: str, counts: SpeechCounts, targets: Mapping[str, frozenset[str]]
) -> Iterator[_Dyad]:
    for power, codes in targets.items():
        mentions = [mention for mention in counts.mentions if not codes.isdisjoint(mention.codes)]
        yield _Dyad(
            state,
            power,
            year,
            counts.sentences,
            len(mentions),
            sum(mention.cooperative for mention in mentions),
            sum(mention.conflictual for mention in mentions),
            source_id,
        )


def _read(text: str, day: date) -> SpeechCounts:
    key = sha256(f"{day}{text}".encode()).digest()
    if key not in _COUNTS:
        if len(_COUNTS) >= _KEEP:
            _COUNTS.clear()
        _COUNTS[key] = count_speech(text, day)
    return _COUNTS[key]
