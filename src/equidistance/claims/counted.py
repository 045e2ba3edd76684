"""Claims that observed values test: level, ratio, count, amount, and dependence.

A claimed magnitude and a published one agree where their intervals meet: the published number's own, and the claim's,
which is as wide as its last digit ("550" is 545 to 555, "5 times" 4.5 to 5.5), wider for "about", open for "at least".
"""

from collections.abc import Sequence
from datetime import date
from math import inf, log
from typing import Any

from scipy.special import ndtr

from equidistance.claims import measured, traded
from equidistance.claims.asked import asked
from equidistance.claims.bench import Bench
from equidistance.claims.forms import UNITS
from equidistance.claims.matching import overlap, stems, topic
from equidistance.claims.verdicts import Finding, Number, Record, combined
from equidistance.claims.words import amount_words, name_of
from equidistance.reading.records import Amount, Claim

ABOUT = 0.15
"""How far "about" reaches, as a share of the number."""

NEAR_YEARS = 2
"""A number of this many years before or after the claim still speaks of it."""

DEPENDENT = 0.30
"""A share from which one depends on somebody, unless the claim states another."""

SHARE_ERROR = 0.10
"""Relative standard error of a trade share: two countries' books differ by about that."""

ENOUGH_OVERLAP = 0.5
"""Share of a quantity's words that a claim and a published number must have in common."""

_ADD = (
    "A published number of this quantity: note it in a CSV file, then equidistance ingest published_numbers FILE.",
)


def number(claim: Claim, bench: Bench) -> Finding:
    """Count, amount, level with a magnitude: published numbers, observed shares, sums of trade in the store."""
    assert claim.amount is not None
    found = _shares_as_numbers(claim, bench) + traded.numbers(claim, bench) + _matching(claim, bench)
    return _weighed(claim, claim.amount, found, bench)


def level(claim: Claim, bench: Bench) -> Finding:
    """A level with a magnitude is a number, without one the posterior of the alignment."""
    if claim.amount is None or claim.quantity is None:
        return measured.level(claim, bench)
    return number(claim, bench)


def ratio(claim: Claim, bench: Bench) -> Finding:
    """Pairs of numbers from one account each: the subject's over that of the power; or a published ratio itself.

    Of trade in goods of a list that grew or fell it is the growth, counted in the store.
    """
    assert claim.amount is not None
    wanted = asked(claim)
    if wanted is not None and wanted.change:
        return number(claim, bench)
    others = set(claim.powers)
    rows = [row for row in bench.numbers if _about(claim, row) >= ENOUGH_OVERLAP]
    mine = [row for row in rows if row["subject"] == claim.subject and row["unit"] != "times"]
    theirs = [
        row for row in rows if row["subject"] in others or (not others and row["subject"] != claim.subject)
    ]
    pairs = [_quotient(a, b) for a in mine for b in theirs if _paired(a, b)]
    if not pairs and _is_share(claim.amount):
        return number(claim, bench)
    direct = [row for row in rows if row["unit"] == "times" and row["subject"] == claim.subject]
    direct = [row for row in direct if _partners_fit(claim, row)]
    return _weighed(claim, claim.amount, pairs + direct, bench)


def dependence(claim: Claim, bench: Bench) -> Finding:
    """Observed shares (exposure), then published ones, against a stated threshold."""
    if claim.amount is not None and _is_share(claim.amount):
        return number(claim, bench)
    numbers: list[Number] = []
    records: list[Record] = []
    chances: list[float] = []
    for row in _shares(claim, bench):
        chance = float(ndtr((log(max(row["share"], 1e-6)) - log(DEPENDENT)) / SHARE_ERROR))
        chances.append(chance)
        low, high = (min(1.0, row["share"] * (1 + sign * 1.645 * SHARE_ERROR)) for sign in (-1, 1))
        what = f"share of {name_of(row['power'])} in {row['kind']}, {row['period'].year}"
        numbers.append(Number(what, row["share"], low, high, "share"))
        records.append(
            Record(
                "share",
                str(row["period"].year),
                f"{what}: {row['share']:.1%}",
                row["source_id"],
                "",
                "A",
                _sign(chance),
            )
        )
    if chances:
        return Finding(
            max(chances),
            f"The largest share is compared with {DEPENDENT:.0%}, from which one is taken to depend.",
            None,
            tuple(numbers),
            tuple(records),
            would_change=(f"Another threshold than {DEPENDENT:.0%}: state it as the claim's amount.", *_ADD),
        )
    published = [row for row in _matching(claim, bench, years=5) if row["unit"] == "percent"]
    for row in published:
        numbers.append(Number(row["quantity"], row["value"], row["low"], row["high"], "percent"))
        says = 1 if row["value"] >= 100 * DEPENDENT else -1
        records.append(_record(row, says if _near(claim, row, bench, 5) else 0))
    probability, word = combined(*_grades(records))
    because = f"Published shares are compared with {DEPENDENT:.0%}, from which one is taken to depend."
    missing = () if records else (f"A share of what is said to depend: {_matter(claim)}.",)
    if not records:
        because = "No share of it is among the observed or published ones."
    return Finding(probability, because, word, tuple(numbers), tuple(records), missing, _ADD)


def _matter(claim: Claim) -> str:
    """What a claim is about, without the stop of its sentence."""
    return (claim.quantity or claim.quote[:100]).rstrip(" .")


def claimed_interval(amount: Amount) -> tuple[float, float]:
    """The values that a claimed magnitude allows."""
    value = amount.value
    half = _last_digit(value) / 2
    if amount.comparison == "about":
        half = max(half, ABOUT * value)
    low, high = value - half, value + half
    if amount.comparison == "at least":
        return low, inf
    if amount.comparison == "at most":
        return 0.0, high
    return low, high


def _last_digit(value: float) -> float:
    """Size of the last digit that is not a zero: 10 for 550, 1 for 369, 0.1 for 30.8, and for 30.8 billion 1e8."""
    if value == 0:
        return 0.0
    mantissa = f"{value:.11e}".split("e")[0].rstrip("0").rstrip(".")
    exponent = int(f"{value:.11e}".split("e")[1])
    places = len(mantissa.partition(".")[2])
    return float(10 ** (exponent - places))


def _weighed(claim: Claim, amount: Amount, rows: Sequence[dict[str, Any]], bench: Bench) -> Finding:
    """Agreeing and disagreeing numbers against each other; both are shown."""
    low, high = claimed_interval(amount)
    records, numbers = [], []
    for row in sorted(rows, key=lambda row: (row["first"], row["value"], row["source"])):
        agrees = row["high"] >= low and row["low"] <= high
        says = (1 if agrees else -1) if _near(claim, row, bench, NEAR_YEARS) else 0
        records.append(_record(row, says))
        numbers.append(
            Number(
                f"{row['quantity']} ({row['account']})", row["value"], row["low"], row["high"], row["unit"]
            )
        )
    probability, word = combined(*_grades(records))
    wide = f"{low:,.12g} to {high:,.12g}" if high < inf else f"{low:,.12g} or more"
    decisive = [record for record in records if record.says]
    if not decisive:
        what = _matter(claim)
        near = " of that time" if records else ""
        return Finding(
            None,
            f"No published number{near} of this quantity is at hand: {what}.",
            None,
            tuple(numbers),
            tuple(records),
            (f"A number{near} of: {what} ({amount.unit}).",),
            _ADD,
        )
    agree = sum(record.says > 0 for record in decisive)
    counted = any(row["account"] == traded.ACCOUNT for row in rows)
    values = "values" if counted else "published values"
    because = f"{amount_words(amount)} allows {wide}; {agree} of {len(decisive)} {values} agree" + (
        ", and the accounts contradict each other." if word == "mixed" else "."
    )
    return Finding(probability, because, word, tuple(numbers), tuple(records), (), _ADD)


def _matching(claim: Claim, bench: Bench, years: int = 50) -> list[dict[str, Any]]:
    """Published numbers of the claim's quantity, subject, partners and unit."""
    found = [
        row
        for row in bench.numbers
        if (claim.subject is None or row["subject"] == claim.subject or row["subject"] in claim.powers)
        and _partners_fit(claim, row)
        and (claim.amount is None or _unit_fits(claim.amount.unit, row))
        and _about(claim, row) >= ENOUGH_OVERLAP
        and _near(claim, row, bench, years)
    ]
    alone = [row for row in found if not row["partners"]]
    return alone if alone and not claim.powers else found  # a claim about nobody else is not about a part


def _about(claim: Claim, row: dict[str, Any]) -> float:
    """How surely a number is of the claim's quantity: by the quantity's words, or those of the sentence around it."""
    codes = [claim.subject, *claim.powers, row["subject"], *(row["partners"] or "").split(";")]
    unit = claim.amount.unit if claim.amount and claim.amount.unit not in UNITS else ""
    told = topic(f"{row['quantity']} {row['note'] or ''}", codes)
    named = overlap(topic(f"{claim.quantity or ''} {unit}", codes), told)
    shared = topic(claim.quote, codes) & topic(row["quantity"], codes)
    around = len(shared) / len(topic(row["quantity"], codes)) if len(shared) > 1 else 0.0
    return max(named, around)


def _partners_fit(claim: Claim, row: dict[str, Any]) -> bool:
    """A number about one partner does not speak of another, nor one about all of a single one."""
    partners = set((row["partners"] or "").split(";")) - {"", claim.subject}
    named = set(claim.powers) - {row["subject"]}
    if not named:
        return True
    return bool(partners) and (named <= partners or partners <= named)


def _unit_fits(unit: str, row: dict[str, Any]) -> bool:
    if unit in UNITS or row["unit"] in UNITS:
        return bool(unit == row["unit"])
    return bool(stems(unit) & (stems(row["unit"]) | stems(row["quantity"])))


def _near(claim: Claim, row: dict[str, Any], bench: Bench, years: int) -> bool:
    first = claim.when.first if claim.when else claim.since or bench.published
    last = claim.when.last if claim.when else claim.until or bench.published
    if first is None or last is None:
        return True
    return bool(row["last"].year >= first.year - years and row["first"].year <= last.year + years)


def _paired(a: dict[str, Any], b: dict[str, Any]) -> bool:
    same = all(a[name] == b[name] for name in ("quantity", "account", "unit"))
    return same and a["first"] <= b["last"] and b["first"] <= a["last"] and b["low"] > 0


def _quotient(a: dict[str, Any], b: dict[str, Any]) -> dict[str, Any]:
    """The ratio of two numbers of one account, with the interval of its extremes and the weaker grade."""
    mine, theirs = (f"{name_of(row['subject'])} {row['value']:g}" for row in (a, b))
    return a | {
        "quantity": f"{a['quantity']}: {mine} against {theirs} {a['unit']}",
        "value": a["value"] / b["value"],
        "low": a["low"] / b["high"],
        "high": a["high"] / b["low"],
        "unit": "times",
        "grade": max(a["grade"], b["grade"]),
    }


def _is_share(amount: Amount) -> bool:
    return amount.unit == "percent"


_KINDS = {
    "expor": ("exports",),
    "impor": ("imports",),
    "trade": ("exports", "imports"),
    "organ": ("shared memberships",),
    "membe": ("shared memberships",),
    "arms": ("arms imports",),
    "weapo": ("arms imports",),
    "trans": ("transit",),
    "oil": ("oil and gas output", "oil pipeline capacity"),
    "gas": ("oil and gas output",),
    "pipel": ("oil pipeline capacity",),
    "urani": ("uranium output",),
    "money": ("investment stock",),
}
"""Stems of what is said to depend, and the kinds of exposure that measure it."""


def _shares(claim: Claim, bench: Bench) -> list[dict[str, Any]]:
    """The last observed shares before the claim, of the kinds it speaks of."""
    if claim.subject is None or not claim.powers:
        return []
    words = stems(claim.quantity or claim.quote)
    wanted = {kind for stem, kinds in _KINDS.items() if stem in words for kind in kinds}
    if not wanted:
        return []
    stop = claim.until or (claim.when.last if claim.when else bench.published) or date.max
    rows = [
        row
        for row in bench.shares(claim.subject, claim.powers)
        if row["power"] in claim.powers and row["kind"] in wanted and row["period"] <= stop
        if row["share"] is not None
    ]
    last: dict[tuple[str, str], dict[str, Any]] = {}
    for row in rows:
        key = (row["kind"], row["power"])
        if key not in last or row["period"] > last[key]["period"]:
            last[key] = row
    return [last[key] for key in sorted(last, key=lambda key: (key[0], last[key]["share"]))]


def _shares_as_numbers(claim: Claim, bench: Bench) -> list[dict[str, Any]]:
    if claim.amount is None or not _is_share(claim.amount):
        return []
    return [
        {
            "quantity": f"share of {name_of(row['power'])} in {row['kind']}",
            "first": row["period"],
            "last": date(row["period"].year, 12, 31),
            "value": 100 * row["share"],
            "low": 100 * row["share"] * (1 - 1.645 * SHARE_ERROR),
            "high": 100 * row["share"] * (1 + 1.645 * SHARE_ERROR),
            "unit": "percent",
            "account": row["source_id"],
            "source": row["source_id"],
            "address": None,
            "grade": "A",
            "note": None,
        }
        for row in _shares(claim, bench)
    ]


def _record(row: dict[str, Any], says: int) -> Record:
    span = (
        str(row["first"].year)
        if row["first"].year == row["last"].year
        else f"{row['first']} to {row['last']}"
    )
    note = f" ({row['note']})" if row["note"] else ""
    interval = "" if row["low"] == row["high"] else f" ({row['low']:,.6g} to {row['high']:,.6g})"
    text = f"{row['quantity']}: {row['value']:,.12g}{interval} {row['unit']}, {row['account']}{note}"
    return Record("number", span, text, row["source"], row["address"] or "", row["grade"], says)


def _grades(records: Sequence[Record]) -> tuple[list[str], list[str]]:
    """Best grade of each source, for and against: one source that says a thing twice says it once."""
    best: dict[tuple[int, str], str] = {}
    for record in records:
        if record.says and record.grade:
            key = (record.says, record.source)
            best[key] = min(best.get(key, "Z"), record.grade)
    return (
        [grade for (says, _), grade in best.items() if says > 0],
        [grade for (says, _), grade in best.items() if says < 0],
    )


def _sign(chance: float) -> int:
    return 1 if chance >= 0.8 else -1 if chance <= 0.2 else 0
