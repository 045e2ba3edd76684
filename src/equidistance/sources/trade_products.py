"""Trade by product from any other publisher, in a plain layout that a user brings it into."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from equidistance.errors import BadFile, InvalidRequest
from equidistance.ground.hs import revision
from equidistance.sources.card import Card, Reading, Rejected, Source
from equidistance.sources.delimited import columns_of, read_rows
from equidistance.sources.goods import FLOWS, WORLD, Layout, Repairs, goods_of, goods_reading, mapped
from equidistance.sources.lookup import iso_state, named_state, renamed

_REQUIRED = ("reporter", "partner", "flow", "period", "product")

_VALUES = {
    "value_usd": ("USD", 1.0),
    "value_kusd": ("USD", 1e3),
    "value_musd": ("USD", 1e6),
    "value_eur": ("EUR", 1.0),
    "value_keur": ("EUR", 1e3),
    "value_meur": ("EUR", 1e6),
}
"""The column of the value says its currency and unit."""

CARD = Card(
    name="trade_products",
    title="Trade by product in the plain layout (national statistics, own extracts)",
    publisher="whoever published the figures; name it in the column vintage",
    licence="that of the figures",
    citation="As the publisher of the figures asks.",
    address="https://unstats.un.org/unsd/trade/",
    files={
        "trade_products_*.csv": "reporter, partner, flow, period, product, one of "
        + ", ".join(_VALUES)
        + "; if known kg, classification, vintage",
        "trade_products_*.parquet": "the same columns",
    },
    tables=("goods",),
    coverage=(date(1988, 1, 1), None),
    states="those in the file, by code or by name in English or Russian; WLD for all partners",
    cadence="as the user renews it",
    caveats=(
        "Flow is export, import, re-export or re-import, as the reporter declares it.",
        "Period is 2022-03 or 2022; product has 6 digits (8 are kept too; totals are left out).",
        "Rows without a vintage belong to one edition, whatever file they come from; the newest file wins.",
        "The name of the value's column says the unit: value_kusd is thousands of US dollars.",
    ),
    rows=(1, 10**9),
    apart=True,
)


def read(paths: Sequence[Path]) -> Reading:
    """Read files of the plain layout into ``goods``.

    Raises:
        BadFile: other columns, no or several value columns, no usable row, or mixed revisions.
    """
    rejected: list[Rejected] = []
    ignored: dict[str, int] = {}
    repairs = Repairs()
    parts = []
    for path in paths:
        names = columns_of(path)
        found = [name for name in _VALUES if name in names]
        if len(found) != 1:
            raise BadFile(
                f"{path} has {'no' if not found else 'more than one'} column for the value"
                f"{': ' + ', '.join(found) if found else ''}.",
                choices=list(_VALUES),
                hint="The name says currency and unit: k for thousands, m for millions.",
            )
        table, malformed = read_rows(path, [*_REQUIRED, found[0]])
        rejected.extend(malformed)
        currency, scale = _VALUES[found[0]]
        if scale != 1.0:
            repairs.done[f"values in {found[0].removeprefix('value_')} multiplied by {scale:,.0f}"] = (
                table.num_rows
            )
        table = renamed(table, {found[0]: "value"})
        if "classification" in table.column_names:
            place = table.column_names.index("classification")
            table = table.set_column(
                place, "classification", mapped(table["classification"], _revision(path))
            )
        layout = Layout(_state, _flow, currency, scale=scale, lengths=(6, 8), vintage="plain")
        parts.append(goods_of(path, table, layout, rejected, ignored, repairs))
    return goods_reading(paths, parts, rejected, ignored, repairs)


def _revision(path: Path) -> "_Revision":
    return _Revision(path)


class _Revision:
    """The revision a row names; a name that is none makes the file unreadable."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __call__(self, text: str) -> str:
        try:
            return revision(text) if text.strip() else "HS"
        except InvalidRequest as error:
            raise BadFile(f"{self.path}: {error.message}", choices=error.choices) from error


def _flow(text: str) -> str | None:
    name = text.strip().lower()
    return name if name in FLOWS else None


def _state(name: str, year: int) -> str | None:
    text = name.strip()
    return WORLD if text.upper() in (WORLD, "WORLD") else iso_state(text, year) or named_state(text, year)


SOURCE = Source(CARD, read)
