"""UN Comtrade: trade by product, month or year, as each reporter declares it; the client's tables and bulk files."""

from collections.abc import Sequence
from datetime import date
from functools import cache
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from equidistance.errors import BadFile, InvalidRequest
from equidistance.ground.hs import revision
from equidistance.ground.states import all_states, get_state
from equidistance.sources.card import Card, Reading, Rejected, Source
from equidistance.sources.delimited import columns_of, read_rows
from equidistance.sources.goods import (
    NO_STATE,
    WORLD,
    Layout,
    Repairs,
    goods_of,
    goods_reading,
    mapped,
)
from equidistance.sources.lookup import count, iso_state, renamed, whole_numbers

_OWN_CODES = {
    0: WORLD,
    58: NO_STATE,
    251: "FRA",
    381: "ITA",
    490: "TWN",
    579: "NOR",
    699: "IND",
    757: "CHE",
    841: "USA",
    842: "USA",
}
"""Where Comtrade's numbers are not M49's: with Monaco, San Marino, Svalbard, Sikkim, Liechtenstein, Puerto Rico. 490
("other Asia, not elsewhere specified") is in practice Taiwan; 58 is Belgium and Luxembourg together. M49's own numbers
for the same states (380, 250, 840, ...) occur beside these and mean the same."""

_FLOWS = {"X": "export", "M": "import", "RX": "re-export", "RM": "re-import"}
_OTHER_FLOWS = frozenset(("DX", "FM", "MIP", "XIP", "MOP", "XOP"))
"""Domestic exports, foreign imports, and goods for processing: parts of X and M, which hold them already."""

_TOTALS = (("partner2code", "0"), ("motcode", "0"), ("customscode", "C00"), ("moscode", "0"))
"""The value that stands for "all together" in each further breakdown of a flow."""

CARD = Card(
    name="trade_comtrade",
    title="UN Comtrade: international merchandise trade by product",
    publisher="United Nations Statistics Division",
    licence="UN Comtrade terms: free use with attribution; redistribution limited",
    citation="United Nations Statistics Division. UN Comtrade Database. https://comtradeplus.un.org",
    address="https://comtradeplus.un.org",
    files={
        "*comtrade*.csv": "the official client's result table (typeCode, freqCode, ..., primaryValue, ...)",
        "*comtrade*.parquet": "the same columns",
        "COMTRADE-*.txt": "an unpacked bulk file, tab separated, the same columns",
    },
    tables=("goods",),
    coverage=(date(1988, 1, 1), None),
    states="about 200 reporters and their partners; Hong Kong and other territories are left out",
    cadence="monthly and yearly, each reporter in its own time",
    caveats=(
        "Current US dollars; imports with insurance and freight (CIF), exports without (FOB).",
        "Values are the reporter's own: the other side's declaration is another record.",
        "When second partner, mode of transport, customs code or mode of supply are left free, a flow comes again "
        "with each of them: the total alone is kept, and a breakdown whose total is missing is refused.",
        "Comtrade numbers some states otherwise than M49 (Italy 381 and 380): both are read as one state.",
        "Exports contain re-exports; re-exports are kept as records of their own and never added to them.",
        "Rows of 2 or 4 digits and TOTAL are totals over products and left out.",
    ),
    rows=(1, 10**9),
    apart=True,
)

_REQUIRED = ("freqCode", "period", "reporterCode", "flowCode", "partnerCode", "classificationCode", "cmdCode")


def read(paths: Sequence[Path]) -> Reading:
    """Read result tables or bulk files into ``goods``.

    Raises:
        BadFile: other columns, services instead of goods, no flow between two states, or mixed revisions.
    """
    rejected: list[Rejected] = []
    ignored: dict[str, int] = {}
    repairs = Repairs()
    layout = Layout(state=_state, flow=_flow, currency="USD", vintage="Comtrade")
    parts = []
    for path in paths:
        table = _rows_of(path, rejected)
        table = _totals_only(table, path, rejected, ignored)
        parts.append(goods_of(path, table, layout, rejected, ignored, repairs))
    return goods_reading(paths, parts, rejected, ignored, repairs)


def _rows_of(path: Path, rejected: list[Rejected]) -> pa.Table:
    delimiter = "," if len(columns_of(path)) > 1 else "\t"
    names = columns_of(path, delimiter=delimiter)
    lower = {name.lower(): name for name in names}
    required = [lower.get(name.lower(), name) for name in (*_REQUIRED, "primaryValue")]
    table, malformed = read_rows(path, required, delimiter=delimiter)
    rejected.extend(malformed)
    table = table.rename_columns([name.lower() for name in table.column_names])
    if "typecode" in table.column_names and pc.any(pc.equal(table["typecode"], "S")).as_py():
        raise BadFile(f"{path} holds services (typeCode S), not goods.", hint="Ask for typeCode C.")
    table = table.set_column(
        table.column_names.index("classificationcode"),
        "classification",
        mapped(table["classificationcode"], _revision),
    )
    shared = {"reportercode": "reporter", "partnercode": "partner", "flowcode": "flow", "cmdcode": "product"}
    shared |= {"primaryvalue": "value", "netwgt": "kg"}
    return renamed(table, shared)


def _totals_only(table: pa.Table, path: Path, rejected: list[Rejected], ignored: dict[str, int]) -> pa.Table:
    """The rows that stand for all second partners, modes and customs procedures together."""
    whole = pa.repeat(True, table.num_rows)
    for name, total in _TOTALS:
        if name in table.column_names:
            column = table[name]
            same = pc.equal(column, total)
            if total == "0":
                same = pc.or_(same, pc.fill_null(pc.equal(whole_numbers(column), 0), False))
            whole = pc.and_(whole, pc.or_(same, pc.equal(column, "")))
    if pc.all(whole).as_py() is not False:
        return table
    key = pc.binary_join_element_wise(
        *(table[name] for name in ("reporter", "flow", "partner", "period", "classification", "product")), "|"
    )
    has_total = pc.is_in(key, value_set=pc.unique(pc.filter(key, whole)))
    parts = pc.invert(whole)
    orphans = table.filter(pc.and_not(parts, has_total))
    for row in orphans.select(["line", "reporter", "partner", "period", "product"]).to_pylist():
        text = ",".join(str(value) for value in row.values())
        rejected.append(Rejected(path.name, row["line"], "part of a breakdown without its total", text))
    count(
        ignored,
        "part of a breakdown (second partner, mode of transport or supply, customs code)",
        pc.sum(pc.and_(parts, has_total)).as_py() or 0,
    )
    return table.filter(whole)


def _revision(code: str) -> str:
    try:
        return revision(code)
    except InvalidRequest:  # whatever the publisher calls it: kept as it is, and never joined to another
        return code.strip() or "HS"


def _flow(code: str) -> str | None:
    text = code.strip().upper()
    return _FLOWS.get(text, "" if text in _OTHER_FLOWS else None)


def _state(code: str, year: int) -> str | None:
    text = code.strip().removesuffix(".0")
    if not (text.isascii() and text.isdigit()):
        return None
    number = int(text)
    known = _OWN_CODES.get(number) or _by_m49().get(number)
    if number in _OWN_CODES and known is None:
        return NO_STATE
    if known is None or known == WORLD:
        return known or NO_STATE  # a territory, a group, or "areas not elsewhere specified"
    return iso_state(known, year) or (known if get_state(known).end is None else NO_STATE)


def code_of(state: str) -> int:
    """Comtrade's number for a state of today.

    Raises:
        InvalidRequest: Comtrade has none.
    """
    own = {known: number for number, known in _OWN_CODES.items() if known not in (WORLD, NO_STATE)}
    m49 = get_state(state).m49
    if state not in own and m49 is None:
        raise InvalidRequest(f"UN Comtrade has no number for {state}.")
    return own.get(state) or int(m49 or 0)


@cache
def _by_m49() -> dict[int, str]:
    return {state.m49: state.code for state in all_states() if state.m49 is not None and state.end is None}


SOURCE = Source(CARD, read)
