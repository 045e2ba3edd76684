"""A reading as JSON or CSV: the documented formats."""

import csv
import io
import json
from collections.abc import Mapping
from dataclasses import fields
from datetime import date
from pathlib import Path
from typing import Any

from equidistance.reading.records import Act, Amount, Claim, Reading, When
from equidistance.writing import whole

FORMAT_VERSION = 1
"""Raised only when a key of the JSON changes its meaning or goes away."""

FORMATS = (".json", ".csv")
_COLUMNS = (
    "kind", "start", "end", "quote", "form", "actor", "partner", "subject", "powers", "date", "date_last",
    "type", "mode",
    "channel", "instrument", "direction", "modality", "amounts", "attribution", "rule", "confidence", "sentence",
)  # fmt: skip


def to_dict(reading: Reading) -> dict[str, Any]:
    """The content of the JSON format: the document without its text, then acts, claims and loaded wording."""
    document = reading.document
    return {
        "format": FORMAT_VERSION,
        "document": {
            "address": document.address,
            "title": document.title,
            "language": document.language,
            "published": document.published.isoformat() if document.published else None,
            "sha256": document.sha256,
            "characters": len(document.text),
            "sentences": len(document.sentences),
            "notes": list(document.notes),
        },
        "acts": [_record(act, reading) for act in reading.acts],
        "claims": [_record(claim, reading) for claim in reading.claims],
        "loaded": [{one.name: getattr(words, one.name) for one in fields(words)} for words in reading.loaded],
    }


def to_json(reading: Reading) -> str:
    """A reading as JSON."""
    return json.dumps(to_dict(reading), ensure_ascii=False, indent=1)


def to_csv(reading: Reading) -> str:
    """Acts and claims as one table, a row each; cells a spreadsheet would run as a formula get a quote before them."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_COLUMNS)
    records: list[tuple[str, Act | Claim]] = [("act", act) for act in reading.acts]
    records += [("claim", claim) for claim in reading.claims]
    for kind, record in records:
        row = _record(record, reading) | {"kind": kind}
        when = row.get("when") or {}
        row["date_last"] = when.get("last")
        if isinstance(record, Claim):
            row["amounts"] = [row["amount"]] if row["amount"] else []
        writer.writerow([_cell(row.get(column)) for column in _COLUMNS])
    return out.getvalue()


def write(reading: Reading, path: Path) -> None:
    """Write a reading to a .json or .csv file, whole or not at all."""
    with whole(path) as part:
        part.write_text(
            to_json(reading) + "\n" if path.suffix == ".json" else to_csv(reading), encoding="utf-8"
        )


def _record(record: Act | Claim, reading: Reading) -> dict[str, Any]:
    row: dict[str, Any] = {one.name: _plain(getattr(record, one.name)) for one in fields(record)}
    row["date"] = record.when.first.isoformat() if record.when else None
    if isinstance(record, Claim):  # the same keys for both, so that one reader serves both
        row["actor"] = record.subject
        row["partner"] = record.powers[0] if record.powers else None
    start = record.start if record.start is not None else -1
    row["sentence"] = next(
        (one.text for one in reading.document.sentences if one.start <= start < one.end), None
    )
    return row


def _plain(value: object) -> object:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, When | Amount):
        return {one.name: _plain(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    return value


def _cell(value: object) -> object:
    if isinstance(value, list):
        value = ";".join(_amount(one) if isinstance(one, Mapping) else str(one) for one in value)
    if isinstance(value, str):
        value = " ".join(value.split())
        if value[:1] in ("=", "+", "-", "@", "\t", "\r"):
            return "'" + value
    return value


def _amount(one: Mapping[str, Any]) -> str:
    sign = {"exactly": "", "about": "~", "at least": ">=", "at most": "<="}[one["comparison"]]
    return f"{sign}{one['value']:g} {one['unit']}"
