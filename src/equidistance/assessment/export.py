"""An assessment as JSON, CSV or Parquet: the documented, stable formats."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from equidistance.errors import InvalidRequest
from equidistance.tables import Table, plain_rows
from equidistance.writing import whole

if TYPE_CHECKING:
    from equidistance.assessment.assess import Assessment

FORMAT_VERSION = 1
"""Raised only when a key of the JSON changes its meaning or goes away."""


def to_dict(assessment: "Assessment") -> dict[str, Any]:
    """The content of the JSON format; its schema is ``data/assess.schema.json``."""
    content: dict[str, Any] = {
        "format": FORMAT_VERSION,
        "state": {"code": assessment.state.code, "name": assessment.state.name},
        "powers": [{"code": power.code, "name": power.name} for power in assessment.powers],
        "period": {"start": assessment.start.isoformat(), "end": assessment.end.isoformat()},
        "headline": assessment.headline,
        "summary": assessment.summary,
        "notes": list(assessment.notes),
        "settings": assessment.settings,
    }
    return content | {name: plain_rows(table) for name, table in assessment.tables.items()}


def to_json(assessment: "Assessment") -> str:
    """:func:`to_dict` as text."""
    return json.dumps(to_dict(assessment), ensure_ascii=False)


def long_table(assessment: "Assessment") -> Table:
    """Every estimate in one table: quantity, power, channel, period (or window start), and the estimate columns."""
    parts = []
    for name in ("alignment", "orientation", "equidistance", "drift", "gap"):
        table = assessment.tables[name].arrow
        rows = table.num_rows
        empty = pa.nulls(rows, pa.string())
        columns = {
            "quantity": pa.array([name] * rows, pa.string()),
            "power": table["power"] if "power" in table.column_names else empty,
            "channel": table["channel"] if "channel" in table.column_names else empty,
            "window": table["window"] if "window" in table.column_names else empty,
            "period": table["period" if "period" in table.column_names else "end"],
        }
        columns |= {key: table[key] for key in ("mean", "sd", "q05", "q25", "q50", "q75", "q95")}
        parts.append(pa.table(columns))
    return Table("assessment", pa.concat_tables(parts))


def write(assessment: "Assessment", path: Path) -> None:
    """Write the assessment in the format that the path's ending names (one of :data:`FORMATS`).

    Raises:
        InvalidRequest: another ending.
        OSError: the file cannot be written; one that was there before is as it was.
    """
    if path.suffix == ".html":
        assessment.report(path)
        return
    if path.suffix not in FORMATS:
        raise InvalidRequest(f"Cannot tell the format of {path} from its ending.", choices=FORMATS)
    with whole(path) as part:
        if path.suffix == ".json":
            part.write_text(to_json(assessment) + "\n", encoding="utf-8")
        elif path.suffix == ".csv":
            part.write_text(long_table(assessment).to_csv(), encoding="utf-8")
        else:
            long_table(assessment).write_parquet(part)


FORMATS = (".html", ".json", ".csv", ".parquet")
"""Endings :func:`write` knows."""
