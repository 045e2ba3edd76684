"""The one table type handed to users: Arrow inside, pandas or polars at the border, units in the column docs."""

import csv
import io
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

if TYPE_CHECKING:
    import pandas
    import polars


@dataclass(frozen=True)
class Table:
    """An immutable result table.

    Attributes:
        name: what the table holds, e.g. ``alignment``.
        arrow: the data, shape (rows, columns).
        columns: one line per column with its unit.
    """

    name: str
    arrow: pa.Table
    columns: Mapping[str, str] = field(default_factory=dict)

    def to_arrow(self) -> pa.Table:
        """The table as ``pyarrow.Table``, without copying."""
        return self.arrow

    def to_pandas(self) -> "pandas.DataFrame":
        """The table as ``pandas.DataFrame`` (needs the ``pandas`` extra)."""
        frame: pandas.DataFrame = self.arrow.to_pandas()
        return frame

    def to_polars(self) -> "polars.DataFrame":
        """The table as ``polars.DataFrame`` (needs the ``polars`` extra)."""
        import polars

        return polars.DataFrame(polars.from_arrow(self.arrow))

    def to_pylist(self) -> list[dict[str, Any]]:
        """The rows as dictionaries of plain Python values."""
        rows: list[dict[str, Any]] = self.arrow.to_pylist()
        return rows

    def to_csv(self) -> str:
        """The table as RFC 4180 text; cells a spreadsheet would run as a formula are prefixed with a quote."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(self.arrow.column_names)
        for row in zip(*(column.to_pylist() for column in self.arrow.columns), strict=True):
            writer.writerow([_safe_cell(value) for value in row])
        return out.getvalue()

    def write_parquet(self, path: Path) -> None:
        """Write the table as Parquet (zstd)."""
        import pyarrow.parquet

        pyarrow.parquet.write_table(self.arrow, path, compression="zstd")

    def __len__(self) -> int:
        return int(self.arrow.num_rows)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(self.to_pylist())

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self.arrow.__arrow_c_stream__(requested_schema)

    def _repr_html_(self) -> str:
        head = self.arrow.slice(0, 20)
        cells = "".join(f"<th>{escape(name)}</th>" for name in head.column_names)
        rows = "".join(
            "<tr>" + "".join(f"<td>{escape(_short(value))}</td>" for value in row.values()) + "</tr>"
            for row in head.to_pylist()
        )
        more = "" if len(self) <= 20 else f"<p>{len(self) - 20} more rows</p>"
        return f"<table><caption>{escape(self.name)}</caption><tr>{cells}</tr>{rows}</table>{more}"


def plain_rows(table: Table) -> list[dict[str, Any]]:
    """Rows with dates as ISO text and undefined numbers as null, ready for JSON."""
    return [{key: _plain(value) for key, value in row.items()} for row in table]


def _plain(value: object) -> object:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def _safe_cell(value: object) -> object:
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return "'" + value
    return value


def _short(value: object) -> str:
    return f"{value:.3f}" if isinstance(value, float) else str(value)
