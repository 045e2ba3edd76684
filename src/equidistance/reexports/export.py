"""A screen as JSON, CSV or Parquet: the documented formats."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from equidistance.errors import InvalidRequest
from equidistance.reexports.screen import Screen
from equidistance.tables import Table, plain_rows
from equidistance.writing import whole

FORMAT_VERSION = 1
"""Raised only when a key of the JSON changes its meaning or goes away."""

FORMATS = (".html", ".json", ".csv", ".parquet")
TABLES = ("products", "baskets", "totals", "series", "goods_series", "flows", "mirror", "gaps", "sources")


def tables(screen: Screen) -> tuple[Table, ...]:
    """All tables of a screen."""
    return tuple(getattr(screen, name) for name in TABLES)


def to_dict(screen: Screen) -> dict[str, Any]:
    """The content of the JSON format: who, when, sentences, limits, and every table as a list of rows."""
    listing = screen.goods
    content: dict[str, Any] = {
        "format": FORMAT_VERSION,
        "version": screen.version,
        "state": {"code": screen.state.code, "name": screen.state.name},
        "origins": screen.origins,
        "target": {"code": screen.target.code, "name": screen.target.name},
        "list": None
        if listing is None
        else {
            "name": listing.name,
            "title": listing.title,
            "source": listing.source,
            "as_of": listing.as_of,
            "dates": listing.dates,
            "notes": list(listing.notes),
        },
        "period": {
            "before": screen.before.isoformat(),
            "since": screen.since.isoformat(),
            "until": screen.until.isoformat(),
        },
        "headline": screen.headline,
        "summary": screen.summary,
        "lag": screen.lag,
        "limits": list(screen.limits),
        "notes": list(screen.notes),
        "settings": dict(screen.settings),
    }
    return content | {table.name: plain_rows(table) for table in tables(screen)}


def to_json(screens: Screen | Sequence[Screen], compared: Table | None = None) -> str:
    """One screen as JSON, or several with the table that compares them."""
    if isinstance(screens, Screen):
        return json.dumps(to_dict(screens), ensure_ascii=False)
    content = {"format": FORMAT_VERSION, "screens": [to_dict(one) for one in screens]}
    if compared is not None:
        content["compared"] = plain_rows(compared)
    return json.dumps(content, ensure_ascii=False)


def write_data(screen: Screen, path: Path) -> None:
    """Write the JSON, or the ranked products as CSV or Parquet, as the path's ending says.

    Raises:
        InvalidRequest: another ending.
        OSError: the file cannot be written; one that was there before is as it was.
    """
    if path.suffix not in FORMATS[1:]:
        raise InvalidRequest(f"Cannot tell the format of {path} from its ending.", choices=FORMATS)
    with whole(path) as part:
        if path.suffix == ".json":
            part.write_text(to_json(screen) + "\n", encoding="utf-8")
        elif path.suffix == ".csv":
            part.write_text(screen.products.to_csv(), encoding="utf-8")
        else:
            screen.products.write_parquet(part)
