"""What sources of trade by product share: product codes, periods, flows, and what is refused or repaired.

A repair is counted and said in the reading's notes; a row that cannot be repaired goes to quarantine.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from equidistance.errors import BadFile
from equidistance.evidence.schema import TABLES
from equidistance.sources.card import Reading, Rejected
from equidistance.sources.delimited import first_seen, split_rejected
from equidistance.sources.lookup import count, decimal_numbers, first_reason, nothing_left

WORLD = "WLD"
"""The partner code of a publisher's own total over partners."""

NO_STATE = ""
"""What a resolver gives for a partner that is known and is no state: a group, a territory, "not specified"."""

TOTAL = "TOTAL"
FLOWS = ("export", "import", "re-export", "re-import")

_PERIODS = (
    (re.compile(r"(\d{4})-?(\d{2})(?:-?01)?(?:[ T]00:00:00(?:\.0+)?)?"), "month"),
    (re.compile(r"(\d{4})"), "year"),
)


@dataclass(frozen=True)
class Repairs:
    """What was put right while reading: what was done -> rows."""

    done: dict[str, int] = field(default_factory=dict)

    def notes(self) -> tuple[str, ...]:
        """One sentence for each kind of repair."""
        return tuple(f"Repaired: {what} in {number:,} rows." for what, number in self.done.items())


@dataclass(frozen=True)
class Layout:
    """How a file's rows become trade by product.

    Attributes:
        state: (name or code, year) -> state code, :data:`WORLD`, :data:`NO_STATE`, or None when not known.
        flow: text -> one of :data:`FLOWS`, "" for a flow left out on purpose, None when not known.
        currency: of the values.
        classification: of the products, where the rows do not say it.
        vintage: edition, where the rows do not say it.
        scale: what a value is multiplied with (1000 for thousands).
        lengths: numbers of digits kept; other totals over products are left out.
    """

    state: Callable[[str, int], str | None]
    flow: Callable[[str], str | None]
    currency: str
    classification: str = "HS"
    vintage: str = "as read"
    scale: float = 1.0
    lengths: tuple[int, ...] = (6,)


def goods_of(
    path: Path,
    table: pa.Table,
    layout: Layout,
    rejected: list[Rejected],
    ignored: dict[str, int],
    repairs: Repairs,
) -> pa.Table:
    """Rows of text as evidence on trade by product.

    Args:
        path: the file, for the records' origin.
        table: text columns ``reporter, partner, flow, period, product, value`` and, where the file has them,
            ``kg, classification, vintage``; ``line`` (int64).
        layout: how to read them.
        rejected: receives malformed rows.
        ignored: receives counts of rows left out on purpose.
        repairs: receives what was put right.
    """
    rows = table.num_rows
    periods = mapped(table["period"], _period)
    years = mapped(table["period"], lambda text: (_period(text) or "")[:4])
    reporter, partner = (_states(table[side], years, layout.state) for side in ("reporter", "partner"))
    flow = mapped(table["flow"], layout.flow)
    product = _products(table["product"], layout.lengths, repairs)
    value = decimal_numbers(table["value"])
    weight = decimal_numbers(table["kg"]) if "kg" in table.column_names else pa.nulls(rows, pa.float64())
    unweighed = pc.equal(pc.utf8_trim_whitespace(table["kg"]), "") if "kg" in table.column_names else True
    blank = pc.equal(pc.utf8_trim_whitespace(table["partner"]), "")
    left_out = (
        (pc.equal(flow, ""), "a flow that is neither export nor import"),
        (pc.equal(product, ""), "a total over products"),
        (pc.and_(pc.equal(partner, NO_STATE), pc.invert(blank)), "a partner that is not a state"),
        (pc.equal(reporter, NO_STATE), "a reporter that is not a state"),
        (pc.equal(periods, ""), "a yearly total among months"),
    )
    skip = pa.repeat(False, rows)
    for failed, reason in left_out:
        hit = pc.and_not(pc.fill_null(failed, False), skip)
        count(ignored, reason, pc.sum(hit).as_py() or 0)
        skip = pc.or_(skip, hit)
    checks = [
        (pc.is_null(periods), "period is not a month or year"),
        (pc.is_null(flow), "flow is not known"),
        (
            pc.is_null(product),
            "product is not a code of the Harmonized System: 4, 6 or 8 digits (a leading zero lost?)",
        ),
        (blank, "partner is empty"),
        (pc.is_null(reporter), "reporter is not a state of that time"),
        (pc.is_null(partner), "partner is not a state of that time"),
        (pc.equal(reporter, partner), "reporter equals partner"),
        (pc.is_null(value), "value is not an amount"),
        (pc.less(value, 0), "value is negative"),
        (pc.and_(pc.is_null(weight), pc.invert(unweighed)), "kg is not a number"),
        (pc.less(weight, 0), "quantity is negative"),
    ]
    reasons = pc.if_else(skip, pa.scalar(None, pa.string()), first_reason(checks, rows))
    outward = pc.is_in(flow, value_set=pa.array(["export", "re-export"]))
    made = {
        "_exporter": pc.if_else(outward, reporter, partner),
        "_importer": pc.if_else(outward, partner, reporter),
        "_period": periods,
        "_flow": flow,
        "_product": product,
        "_reporter": reporter,
        "_value": pc.multiply(value, layout.scale),
        "_kg": pc.if_else(pc.equal(weight, 0), pa.scalar(None, pa.float64()), weight),
    }
    for name, column in made.items():
        table = table.append_column(name, column)
    keep = pc.invert(skip)
    table, refused = split_rejected(table.filter(keep), pc.filter(reasons, keep), path.name)
    rejected.extend(refused)
    return _evidence(path, table, layout)


def _evidence(path: Path, table: pa.Table, layout: Layout) -> pa.Table:
    rows = table.num_rows
    period = table["_period"]
    monthly = pc.equal(pc.utf8_length(period), 7)
    first = pc.if_else(
        monthly,
        pc.binary_join_element_wise(period, "01", "-"),
        pc.binary_join_element_wise(period, "01-01", "-"),
    )

    def given(name: str, default: str) -> pa.ChunkedArray:
        if name not in table.column_names:
            return pa.repeat(default, rows)
        return pc.if_else(pc.equal(table[name], ""), default, table[name])

    return pa.table(
        {
            "exporter": table["_exporter"],
            "importer": table["_importer"],
            "period": pc.cast(first, pa.date32()),
            "frequency": pc.if_else(monthly, "month", "year"),
            "flow": table["_flow"],
            "classification": given("classification", layout.classification),
            "product": table["_product"],
            "reporter": table["_reporter"],
            "value": table["_value"],
            "currency": pa.repeat(layout.currency, rows),
            "kg": table["_kg"],
            "vintage": given("vintage", layout.vintage),
            "file": pa.repeat(path.name, rows),
            "row": table["line"],
        }
    ).cast(TABLES["goods"].schema)


def goods_reading(
    paths: Sequence[Path],
    parts: Sequence[pa.Table],
    rejected: list[Rejected],
    ignored: dict[str, int],
    repairs: Repairs,
) -> Reading:
    """One reading of all files' rows: a flow given twice is counted, a contradiction refused.

    Raises:
        BadFile: no usable row, or one reporter and period in two revisions of the Harmonized System.
    """
    goods = pa.concat_tables(parts)
    if not goods.num_rows:
        raise nothing_left([path.name for path in paths], "trade between two states")
    _refuse_mixed_revisions(paths, goods)
    goods, contradictions, repeated = first_seen(goods, TABLES["goods"].key)
    rejected.extend(contradictions)
    count(ignored, "the same flow again", repeated)
    return Reading({"goods": goods}, _covered(goods), tuple(rejected), ignored, repairs.notes())


def mapped(column: pa.ChunkedArray, function: Callable[[str], str | None]) -> pa.Array:
    """``function`` of every text, asked once for each distinct one; shape (rows,)."""
    coded = column.combine_chunks().dictionary_encode()
    if isinstance(coded, pa.ChunkedArray):
        coded = coded.combine_chunks()
    found = pa.array([function(value) for value in coded.dictionary.to_pylist()], pa.string())
    return pc.take(found, coded.indices)


def _period(text: str) -> str | None:
    """``2022-03`` or ``2022``; "" for Comext's month 52, a whole year among months; None for anything else."""
    for pattern, _ in _PERIODS:
        if match := pattern.fullmatch(text.strip()):
            year, month = match[1], match[2] if pattern.groups > 1 else None
            if not 1946 <= int(year) <= 2100:
                return None
            if month is None:
                return year
            return f"{year}-{month}" if 1 <= int(month) <= 12 else "" if month == "52" else None
    return None


def _states(column: pa.ChunkedArray, years: pa.Array, resolve: Callable[[str, int], str | None]) -> pa.Array:
    joined = pc.binary_join_element_wise(column, years, "\x1f")

    def of(pair: str) -> str | None:
        name, _, year = pair.rpartition("\x1f")
        return resolve(name, int(year)) if year else None

    return mapped(joined if isinstance(joined, pa.ChunkedArray) else pa.chunked_array([joined]), of)


def _products(column: pa.ChunkedArray, lengths: tuple[int, ...], repairs: Repairs) -> pa.Array:
    """Codes with the digits they should have; "" for a total over products, null for what is no code.

    A code one digit short lost its leading zero if no code of the file begins with a zero: then a spreadsheet ate
    them all. Beside whole codes it is a slip, and nobody knows which digit is missing.
    """
    texts = [text.strip() for text in pc.unique(column).to_pylist()]
    plain = {text: re.sub(r"(?<=\d)\.0+$", "", text) for text in texts}
    numbers = any(text != plain[text] for text in texts)
    eaten = not any(text.startswith("0") for text in plain.values())
    floats = set()
    padded = set()

    def code(raw: str) -> str | None:
        text = plain[raw.strip()]
        if text.upper() in (TOTAL, "TOTAL", "ALL"):
            return TOTAL if 0 in lengths else ""
        if not (text.isascii() and text.isdigit()):
            return None
        if numbers and text != raw.strip():
            floats.add(raw)
        if len(text) in (3, 5, 7) and eaten and len(text) + 1 in lengths:
            padded.add(raw)
            text = "0" + text
        if len(text) in lengths:
            return text if "01" <= text[:2] <= "99" else None
        return "" if len(text) in (1, 2, 4, 6) else None

    made = mapped(column, code)
    for what, raw in (
        ("a product code written as a decimal number", floats),
        ("a product code that had lost its leading zero", padded),
    ):
        if raw:
            hits = pc.sum(pc.is_in(column, value_set=pa.array(sorted(raw)))).as_py()
            count(repairs.done, what, hits)
    return made


def _refuse_mixed_revisions(paths: Sequence[Path], goods: pa.Table) -> None:
    groups = goods.group_by(["reporter", "flow", "period", "frequency", "vintage"]).aggregate(
        [("classification", "count_distinct")]
    )
    mixed = groups.filter(pc.greater(groups["classification_count_distinct"], 1))
    if mixed.num_rows:
        first = mixed.slice(0, 1).to_pylist()[0]
        of = pc.and_(
            pc.equal(goods["reporter"], first["reporter"]), pc.equal(goods["period"], first["period"])
        )
        names = sorted(pc.unique(goods.filter(of)["classification"]).to_pylist())
        raise BadFile(
            f"{', '.join(path.name for path in paths)}: {first['reporter']} in {first['period']:%Y-%m} comes in "
            f"{len(names)} revisions of the Harmonized System; their rows are the same trade twice.",
            choices=names,
            hint="Keep the rows of one revision, or convert the others with a correlation table.",
        )


def _covered(goods: pa.Table) -> tuple[tuple[date, date], ...]:
    """One closed interval per run of months or years that occur."""
    months: set[int] = set()
    spans = goods.group_by(["period", "frequency"]).aggregate([]).to_pylist()
    for span in spans:
        first = 12 * span["period"].year + span["period"].month - 1
        months.update(range(first, first + (12 if span["frequency"] == "year" else 1)))
    runs: list[list[int]] = []
    for month in sorted(months):
        if runs and runs[-1][1] == month - 1:
            runs[-1][1] = month
        else:
            runs.append([month, month])
    return tuple(
        (
            date(first // 12, first % 12 + 1, 1),
            date.fromordinal(date((last + 1) // 12, (last + 1) % 12 + 1, 1).toordinal() - 1),
        )
        for first, last in runs
    )
