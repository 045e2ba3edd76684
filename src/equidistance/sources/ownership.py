"""Who owns Kazakhstan's oil, gas, uranium and pipelines, each share with its source, and what the assets produce."""

import csv
import re
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pyarrow as pa

from equidistance.evidence.schema import TABLES
from equidistance.ground.states import find
from equidistance.sources.card import Card, Reading, Rejected, Source
from equidistance.sources.delimited import first_seen
from equidistance.sources.lookup import (
    MalformedRowError,
    convert_rows,
    count,
    decimal,
    nothing_left,
    parse_year,
)

OUTPUT = Path(__file__).parent.parent / "data" / "assets" / "output.csv"

_COLUMNS = ("asset", "sector", "host", "owner", "owner_iso3", "share_pct", "as_of", "source", "confidence")
_SECTORS = ("oil_gas", "oil_transport", "uranium", "uranium_parent")
_CONFIDENCE = ("high", "medium", "low")
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_ARROW = "->"

CARD = Card(
    name="ownership",
    title="Ownership of oil, gas, uranium and pipelines in Kazakhstan",
    publisher="collected from company reports and the press; the source stands on every row",
    licence="facts; each row names where it was read",
    citation="See the column source of the table ownership: every share has a source of its own.",
    address="https://www.kazatomprom.kz/en, https://www.kmg.kz/en",
    files={
        "kz_ownership_shares*.csv": "asset, sector, host, owner, owner_iso3, share_pct, as_of, source, confidence"
    },
    tables=("ownership", "asset_output"),
    coverage=(date(2006, 1, 1), date(2025, 12, 31)),
    states="owners of assets in Kazakhstan",
    cadence="none: shares stand as of the date of their source",
    caveats=(
        "A snapshot, not a history: some shares are as of 2006 to 2009 and may have changed hands since; the date "
        "stands on every row.",
        "The owner is the company named, by the state of its parent; the ultimate owner may be another.",
        "A sale that is expected ('RUS->CHN') has not happened: the seller owns the share.",
        "Of a venture of two states ('RUS/GBR') each is given half, because the source does not say more.",
        "An asset in two states ('KAZ/RUS', the CPC pipeline) is listed for each of them.",
        "Kazatomprom's own owner is its own sector (uranium_parent), so that it is not added to the mines.",
        "What the assets produce comes from a small table of the package (data/assets), for the years it names.",
    ),
    rows=(10, 10_000),
)


def read(paths: Sequence[Path]) -> Reading:
    """Read the shares into ``ownership`` and the package's own table of production into ``asset_output``.

    No interval is covered: that an asset is not listed says nothing.

    Raises:
        BadFile: other columns, or no usable share.
    """
    rejected: list[Rejected] = []
    ignored: dict[str, int] = {}
    shares: list[dict[str, object]] = []
    for path in paths:
        shares += convert_rows(path, _COLUMNS, _shares, rejected, ignored)
    table = pa.Table.from_pylist(shares, schema=TABLES["ownership"].schema)
    if not table.num_rows:
        raise nothing_left([path.name for path in paths], "share")
    table, contradictions, repeated = first_seen(table, TABLES["ownership"].key)
    rejected.extend(contradictions)
    count(ignored, "the same share again", repeated)
    return Reading({"ownership": table, "asset_output": asset_output()}, (), tuple(rejected), ignored)


def asset_output() -> pa.Table:
    """The package's table of what assets produce, in the schema of ``asset_output``."""
    with OUTPUT.open(encoding="utf-8", newline="") as file:
        rows = [
            {
                **row,
                "year": int(row["year"]),
                "quantity": float(row["quantity"]),
                "file": OUTPUT.name,
                "row": line,
            }
            for line, row in enumerate(csv.DictReader(file), start=2)
        ]
    return pa.Table.from_pylist(rows, schema=TABLES["asset_output"].schema)


def _shares(row: dict[str, str]) -> list[dict[str, object]]:
    """One record for each host and each owning state."""
    if row["sector"] not in _SECTORS:
        raise MalformedRowError(f"unknown sector {row['sector']!r}")
    confidence = row["confidence"].split(":")[0].split(";")[0].strip()
    if confidence not in _CONFIDENCE:
        raise MalformedRowError(
            f"confidence {row['confidence']!r} begins with none of {', '.join(_CONFIDENCE)}"
        )
    years = _YEAR.findall(row["as_of"])
    if not years:
        raise MalformedRowError(f"as_of {row['as_of']!r} names no year")
    hosts = [_code(code) for code in row["host"].split("/")]
    states = row["owner_iso3"].split(_ARROW)[0].split("/")
    owners: list[str | None] = [_code(code) for code in states if code] or [None]
    share = decimal(row["share_pct"], "the share") if row["share_pct"] else None
    if share is not None and not 0 <= share <= 100:
        raise MalformedRowError(f"the share {row['share_pct']!r} is not between 0 and 100")
    return [
        {
            "asset": row["asset"],
            "sector": row["sector"],
            "host": host,
            "owner": row["owner"],
            "owner_state": owner,
            "share_pct": None if share is None else share / len(owners),
            "as_of": row["as_of"],
            "year": parse_year(years[0]),
            "confidence": confidence,
            "source": row["source"],
        }
        for host in hosts
        for owner in owners
    ]


def _code(code: str) -> str:
    state = find(code.strip())
    if state is None or len(code.strip()) != 3:
        raise MalformedRowError(f"{code!r} is not the code of a state")
    return state.code


SOURCE = Source(CARD, read)
