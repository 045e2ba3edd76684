"""Claims that the estimates test: trend, level of relations, gap, balance, break, analogue.

Every probability here is one of the posterior (posterior draws of one dyad, or normal marginals of several), none of a
significance test (:mod:`equidistance.claims.chances`). Where a claim says "no change" or "equal", it is taken to mean:
within :data:`~equidistance.claims.chances.EQUIVALENT`.
"""

from collections.abc import Callable, Sequence
from datetime import date

import numpy as np

from equidistance.assessment.reference import DEFAULT_POWERS
from equidistance.assessment.result_tables import WEIGHTS
from equidistance.claims.bench import Bench
from equidistance.claims.chances import (
    EQUIVALENT,
    REACH,
    Floats,
    alike,
    all_hold,
    differs,
    directed,
    larger_than_others,
    leads,
)
from equidistance.claims.forms import EQUAL
from equidistance.claims.verdicts import Finding, Number, Record, Word, word_of
from equidistance.claims.windows import Cut, last_observed, mean_of, position, window
from equidistance.claims.words import name_of, window_words
from equidistance.ground.blocs import Bloc, resolve_power
from equidistance.reading.records import Claim

DEFAULT_YEARS = 5
"""Years before the claim over which a trend without a start is taken."""

_UNIT = "standard deviations"
_FOR: tuple[Word, ...] = ("supported", "leans supported")
_AGAINST: tuple[Word, ...] = ("contradicted", "leans contradicted")


def trend(claim: Claim, bench: Bench) -> Finding:
    """The posterior of the change over the window; toward several powers the claim is that all of it holds."""
    assert claim.subject is not None
    cuts = {}
    for power in claim.powers:
        cut = window(bench.path(claim.subject, power, claim.instrument), claim, bench, DEFAULT_YEARS)
        if isinstance(cut, str):
            return Finding(None, cut, missing=(cut,), would_change=_LATER)
        cuts[power] = cut

    def chance(power: str, weights: Floats) -> float:
        cut = cuts[power]
        change = (cut.path.draws[:, cut.end] - cut.path.draws[:, cut.begin]) @ weights
        return directed(change, claim.direction)

    numbers = []
    for power, cut in cuts.items():
        for channel in ("deed", "word", "overall"):
            change = (cut.path.draws[:, cut.end] - cut.path.draws[:, cut.begin]) @ np.array(WEIGHTS[channel])
            numbers.append(
                _number(
                    f"drift toward {name_of(power)}, {_CHANNELS[channel]}",
                    change / cut.years,
                    f"{_UNIT} a year",
                )
            )
    cut = next(iter(cuts.values()))
    when = window_words(cut.start, cut.stop)
    probability, word, split = _by_channel(
        claim, lambda weights: all_hold(chance(p, weights) for p in claim.powers)
    )
    return Finding(
        probability,
        f"{_chance_words(probability, word)} of the movement claimed {when}{split}.",
        word,
        tuple(numbers),
        _estimates(claim, bench, cut.start, cut.stop),
        _unobserved(cuts, claim),
        _LATER,
    )


def level(claim: Claim, bench: Bench) -> Finding:
    """Whether a state stands closer or farther than the world's mean, in the last year of the window."""
    assert claim.subject is not None
    if not claim.powers or claim.direction is None:
        lacks = "neither a magnitude nor a direction toward somebody that could be measured"
        return Finding(
            None, f"The claim states {lacks}.", missing=(f"The claim states {lacks}.",), would_change=_STATE
        )
    cuts = {}
    for power in claim.powers:
        cut = window(bench.path(claim.subject, power, claim.instrument), claim, bench, 1)
        if isinstance(cut, str):
            return Finding(None, cut, missing=(cut,), would_change=_LATER)
        cuts[power] = cut
    numbers = tuple(
        _number(
            f"alignment with {name_of(power)}, {_CHANNELS[channel]}",
            mean_of(cut, np.array(WEIGHTS[channel])),
            _UNIT,
        )
        for power, cut in cuts.items()
        for channel in ("deed", "word", "overall")
    )
    probability, word, split = _by_channel(
        claim,
        lambda weights: all_hold(directed(mean_of(cut, weights), claim.direction) for cut in cuts.values()),
    )
    cut = next(iter(cuts.values()))
    because = (
        f"{_chance_words(probability, word)} of standing so {window_words(cut.start, cut.stop)}{split}; "
    )
    because += "0 is the mean of all states and months."
    records = _estimates(claim, bench, cut.start, cut.stop)
    return Finding(probability, because, word, numbers, records, _unobserved(cuts, claim), _LATER)


def gap(claim: Claim, bench: Bench) -> Finding:
    """The posterior of words minus deeds, averaged over the window's last year or the window stated."""
    assert claim.subject is not None
    powers = claim.powers or _default_powers(claim)
    numbers, chances = [], []
    cuts: dict[str, Cut] = {}
    for power in powers:
        cut = window(bench.path(claim.subject, power, claim.instrument), claim, bench, 1)
        if isinstance(cut, str):
            return Finding(None, cut, missing=(cut,), would_change=_LATER)
        cuts[power] = cut
        difference = mean_of(cut, np.array([-1.0, 1.0]))
        numbers.append(_number(f"words minus deeds toward {name_of(power)}", difference, _UNIT))
        if claim.direction is None:
            chances.append(differs(difference, 1 if claim.powers else len(powers)))
        else:
            chances.append(directed(difference, claim.direction))
    probability = all_hold(chances) if claim.powers else max(chances)
    cut = next(iter(cuts.values()))
    because = f"{_chance_words(probability, None)} of such a gap {window_words(cut.start, cut.stop)}."
    if not claim.powers:
        because += f" The claim names nobody: the widest of {len(powers)} gaps was taken, its doubt counted as often."
    return Finding(
        probability,
        because,
        None,
        tuple(numbers),
        _estimates(claim, bench, cut.start, cut.stop, powers),
        _unobserved(cuts, claim, both=True),
        _LATER,
    )


def balance(claim: Claim, bench: Bench) -> Finding:
    """The probability that a power leads, or that all stand within :data:`EQUIVALENT` of each other."""
    assert claim.subject is not None
    assert claim.leader is not None
    powers = _rivals(claim)
    cuts = {}
    for power in powers:
        cut = window(bench.path(claim.subject, power, claim.instrument), claim, bench, 1)
        if isinstance(cut, str):
            return Finding(None, cut, missing=(cut,), would_change=_LATER)
        cuts[power] = cut

    def chance(weights: Floats) -> float:
        means = {power: mean_of(cut, weights) for power, cut in cuts.items()}
        moments = {power: (float(draws.mean()), float(draws.std())) for power, draws in means.items()}
        if claim.leader == EQUAL:
            most = max(leads(moments, power) for power in powers)
            return max(alike(list(moments.values()), EQUIVALENT), 1 - most if most >= 0.5 else 0.5)
        assert claim.leader is not None
        return leads(moments, claim.leader)

    numbers = tuple(
        _number(
            f"alignment with {name_of(power)}, {_CHANNELS[claim.channel or 'overall']}",
            mean_of(cut, np.array(WEIGHTS[claim.channel or "overall"])),
            _UNIT,
        )
        for power, cut in cuts.items()
    )
    probability, word, split = _by_channel(claim, chance)
    cut = next(iter(cuts.values()))
    when = window_words(cut.start, cut.stop)
    what = (
        f"that all stand within {EQUIVALENT} standard deviations of each other"
        if claim.leader == EQUAL
        else f"that {name_of(claim.leader)} is the closest"
    )
    return Finding(
        probability,
        f"{_chance_words(probability, word)} {what} {when}{split}.",
        word,
        numbers,
        _estimates(claim, bench, cut.start, cut.stop, powers),
        _unobserved(cuts, claim),
        _LATER,
    )


def break_(claim: Claim, bench: Bench) -> Finding:
    """How often, over draws and other dates, the change across the date was larger than that across another date."""
    assert claim.subject is not None
    assert claim.when is not None
    powers = claim.powers or _default_powers(claim)
    middle = claim.when.first + (claim.when.last - claim.when.first) / 2
    chances: list[tuple[float, float, float]] = []
    numbers = []
    cuts: dict[str, Cut] = {}
    for power in powers:
        path = bench.path(claim.subject, power, claim.instrument)
        at = position(path, middle)
        last = last_observed(path, claim)
        if (
            at is None
            or at < REACH
            or at + REACH >= len(path.months)
            or last is None
            or last <= path.months[at]
        ):
            pair = f"{name_of(claim.subject)} and {name_of(power)}"
            why = f"There is no evidence about {pair} on both sides of {middle:%B %Y}."
            return Finding(None, why, missing=(why,), would_change=_LATER)
        end = min(len(path.months) - 1, position(path, last) or 0)
        first = 0 if claim.since is None else position(path, claim.since) or 0
        until = end if claim.until is None else min(end, position(path, claim.until) or end)
        cuts[power] = Cut(path, first, max(until, at))
        chances.append(
            tuple(  # type: ignore[arg-type]
                larger_than_others(path.draws @ np.array(WEIGHTS[channel]), at, first, until, claim.direction)
                for channel in ("deed", "word", "overall")
            )
        )
        change = (path.draws[:, at + REACH] - path.draws[:, at - REACH]) @ np.array(
            WEIGHTS[claim.channel or "overall"]
        )
        numbers.append(
            _number(f"change toward {name_of(power)} across {middle:%B %Y}", change, f"{_UNIT} a year")
        )
    order = {"deed": 0, "word": 1, "overall": 2}
    each = [chance[order[claim.channel or "overall"]] for chance in chances]
    probability = sum(sorted(each)) / len(each)
    cut = next(iter(cuts.values()))
    return Finding(
        probability,
        f"A change across {middle:%B %Y} exceeds one across another date {window_words(cut.start, cut.stop)} with a "
        f"probability of {probability:.2f}; .50 would be a date like any other.",
        None,
        tuple(numbers),
        _estimates(claim, bench, cut.start, cut.stop, powers),
        _unobserved(cuts, claim),
        (
            "Evidence by month around the date: most indicators are of whole years, which blurs a break.",
            *_LATER,
        ),
    )


def analogue(claim: Claim, bench: Bench) -> Finding:
    """How much more alike the last years of the one and a past path of the other are than those of other pairs.

    The share of pairs that are less alike stands for a probability. Where the two came no nearer over the window, the
    claim that one becomes the other is not supported by a likeness that was there before.
    """
    assert claim.subject is not None
    until = claim.until or (claim.when.last if claim.when else None) or bench.published
    chances, numbers, told = [], [], []
    for other in claim.powers:
        row = bench.likeness(claim.subject, other, until)
        unusual, nearer = 1 - row["percentile"], row["change"]
        chances.append(unusual if nearer is None or nearer < 0 else min(unusual, 0.5))
        name = name_of(other)
        numbers.append(
            Number(
                f"distance from the path of {name}, {row['start']} to {row['end']}",
                row["distance"],
                unit=_UNIT,
            )
        )
        numbers.append(
            Number(f"share of pairs of states less alike than {name_of(claim.subject)} and {name}", unusual)
        )
        if nearer is not None:
            numbers.append(Number(f"change of the distance from {name} over the window", nearer, unit=_UNIT))
        moved = "" if nearer is None else " and it came nearer" if nearer < 0 else ", but it came no nearer"
        told.append(f"{unusual:.0%} of all pairs of states are less alike than it and {name}{moved}")
    because = (
        f"{'; '.join(told)} (nearest ten years of each; a rank among pairs, not a posterior probability)."
    )
    return Finding(all_hold(chances), because, None, tuple(numbers), would_change=_LATER)


def _by_channel(claim: Claim, chance: Callable[[Floats], float]) -> tuple[float | None, Word | None, str]:
    """Probability in the claim's channel; for both together ``mixed`` where words and deeds say the opposite."""
    if claim.channel is not None:
        return chance(np.array(WEIGHTS[claim.channel])), None, ""
    deeds, words, both = (chance(np.array(WEIGHTS[name])) for name in ("deed", "word", "overall"))
    split = f" (in deeds {deeds:.2f}, in words {words:.2f})"
    opposite = {word_of(deeds) in _FOR, word_of(words) in _FOR} == {True, False}
    opposite &= {word_of(deeds) in _AGAINST, word_of(words) in _AGAINST} == {True, False}
    return (None, "mixed", split) if opposite else (both, None, split)


def _default_powers(claim: Claim) -> tuple[str, ...]:
    """The default powers without the subject and without those inside a bloc that the claim names."""
    named = [resolve_power(code) for code in (claim.leader, *claim.powers) if code and code != EQUAL]
    inside = {state for bloc in named if isinstance(bloc, Bloc) for state in _members(bloc)}
    return tuple(
        power.code
        for power in map(resolve_power, DEFAULT_POWERS)
        if power.code != claim.subject
        and power.code not in inside
        and not (isinstance(power, Bloc) and set(_members(power)) <= inside)
    )


def _members(bloc: Bloc) -> list[str]:
    return [spell.state for spell in bloc.spells if spell.end is None]


def _rivals(claim: Claim) -> tuple[str, ...]:
    named = [*claim.powers]
    if claim.leader != EQUAL and claim.leader not in named and claim.leader is not None:
        named.append(claim.leader)
    if len(named) < 2:
        named += [code for code in _default_powers(claim) if code not in named]
    return tuple(named)


def _number(name: str, draws: Floats, unit: str) -> Number:
    low, high = np.quantile(draws, [0.05, 0.95])
    return Number(name, float(draws.mean()), float(low), float(high), unit)


def _chance_words(probability: float | None, word: Word | None) -> str:
    if word == "mixed" or probability is None:
        return "Words and deeds say the opposite"
    return f"The posterior probability is {probability:.2f}"


def _estimates(
    claim: Claim, bench: Bench, start: date, stop: date, powers: Sequence[str] | None = None
) -> tuple[Record, ...]:
    """The indicators behind an estimate, with how many values they gave in the window."""
    assert claim.subject is not None
    assessed = bench.assessment(claim.subject, powers or claim.powers, claim.instrument)
    wanted = set(powers or claim.powers)
    cited = {row["source_id"]: row for row in assessed.sources}
    found: dict[tuple[str, str], list[int]] = {}
    for row in assessed.evidence:
        if row["power"] not in wanted or not start.year <= row["year"] <= stop.year:
            continue
        if claim.channel in (None, row["channel"]) or claim.form == "gap":
            cell = found.setdefault((row["title"], row["source_id"]), [0, 0])
            cell[0] += row["observations"]
            cell[1] += row["records"]
    return tuple(
        Record(
            "estimate",
            f"{start.year} to {stop.year}",
            f"{title}: {values} values from {records} records",
            cited[source]["citation"] if source in cited else source,
            (cited[source]["address"] if source in cited else "") or "",
        )
        for (title, source), (values, records) in sorted(found.items())
    )


def _unobserved(cuts: dict[str, Cut], claim: Claim, *, both: bool = False) -> tuple[str, ...]:
    """What the window lacks."""
    found = []
    for power, cut in cuts.items():
        for channel, last in zip(("deeds", "words"), cut.path.observed, strict=True):
            if claim.channel is not None and not channel.startswith(claim.channel) and not both:
                continue
            if last is None:
                found.append(f"Any observation in {channel} toward {name_of(power)}.")
            elif last < cut.stop:
                found.append(f"Observations in {channel} toward {name_of(power)} after {last:%B %Y}.")
    return tuple(found)


_CHANNELS = {"deed": "in deeds", "word": "in words", "overall": "overall"}
_LATER = ("Newer sources in the store (equidistance sources, equidistance pull), or reviewed acts.",)
_STATE = ("State in the claim file what should be measured: a quantity with an amount, or a direction.",)
