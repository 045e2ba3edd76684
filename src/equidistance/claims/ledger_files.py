"""Acts in files: CSV for a spreadsheet, YAML for an editor, both read back as they were written."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from equidistance.claims.files import ENDINGS, read_tree, yaml_text
from equidistance.errors import BadFile, InvalidRequest
from equidistance.sources.card import Rejected
from equidistance.sources.delimited import read_rows
from equidistance.sources.expert_acts import COLUMNS, REQUIRED, checked
from equidistance.sources.lookup import MalformedRowError
from equidistance.writing import whole

FORMULA = ("=", "+", "-", "@")
"""How a cell begins that a spreadsheet would run; such cells get a quote in front, which reading takes off again."""

FORMATS = (".csv", *ENDINGS)
MOST_BYTES = 20_000_000


def write(path: Path, rows: Sequence[dict[str, str]]) -> None:
    """Write acts in the format that the ending names.

    Raises:
        InvalidRequest: another ending.
    """
    names = ("act", *COLUMNS)
    if path.suffix == ".csv":
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(names)
        for row in rows:
            writer.writerow([_guarded(name, row.get(name) or "") for name in names])
        text = out.getvalue()
    elif path.suffix in ENDINGS:
        acts = [{name: row[name] for name in names if row.get(name)} for row in rows]
        text = yaml_text({"format": 1, "acts": acts})
    else:
        raise InvalidRequest(f"Cannot tell the format of {path} from its ending.", choices=FORMATS)
    with whole(path) as part:
        part.write_text(text, encoding="utf-8")


def read(path: Path) -> tuple[list[dict[str, str]], list[Rejected]]:
    """Acts of a file, and the rows that are none with their line and reason.

    Raises:
        BadFile: no such file, another layout, YAML with anchors or tags.
        InvalidRequest: another ending.
    """
    if path.suffix not in FORMATS:
        raise InvalidRequest(f"Cannot tell the format of {path} from its ending.", choices=FORMATS)
    if path.suffix == ".csv":
        table, rejected = read_rows(path, REQUIRED)
        found = [(row.pop("line"), row) for row in table.to_pylist()]
    else:
        rejected = []
        found = _from_yaml(path)
    rows = []
    for line, cells in found:
        row = {name: _plain(cells.get(name)) for name in ("act", *COLUMNS)}
        try:
            checked(row)
        except MalformedRowError as error:
            rejected.append(Rejected(path.name, line, str(error), row["summary"][:200]))
            continue
        rows.append(row)
    if not rows and not rejected:
        raise BadFile(f"{path} holds no act.", hint="See the layout: equidistance sources")
    return rows, rejected


def _from_yaml(path: Path) -> list[tuple[int, dict[str, Any]]]:
    lines, tree = read_tree(path, MOST_BYTES)
    acts = tree.get("acts") if isinstance(tree, dict) else None
    if not isinstance(acts, list) or not all(isinstance(act, dict) for act in acts):
        raise BadFile(
            f"{path}: there is no list of acts under 'acts'.", hint="See: equidistance ledger export"
        )
    return list(zip(lines, acts, strict=True))


def _guarded(name: str, value: str) -> str:
    number = name in ("direction", "intensity", "confidence")
    return f"'{value}" if value.startswith((*FORMULA, "'")) and not number else value


def _plain(value: Any) -> str:
    text = "" if value is None else str(value)
    return text[1:] if text.startswith(tuple(f"'{sign}" for sign in (*FORMULA, "'"))) else text
