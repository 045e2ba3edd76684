"""Tables of sentences: what a person may hand to the coder, read without losing a row."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from equidistance.errors import BadFile, InvalidRequest
from equidistance.sources.card import Rejected

ENDINGS = (".tsv", ".csv", ".parquet")
_JOINED_LINES = 50
"""How many lines a quoted cell may span before its opening quote counts as a plain character."""


def rows_of(sentences: Any, source: str | None, target: str | None) -> list[dict[str, Any]]:
    """Rows with the key ``sentence`` and, where known, ``source`` and ``target``.

    Args:
        sentences: as for :func:`equidistance.reading.coder.code`.
        source, target: the same for all rows, or ``None``.

    Raises:
        BadFile: a file that cannot be read so.
        InvalidRequest: something that holds no sentences, or a source told twice.
    """
    rows = _rows(sentences)
    for name, value in (("source", source), ("target", target)):
        if value is None:
            continue
        if any(row.get(name) for row in rows):
            raise InvalidRequest(f"The rows have a {name} of their own, and {name}={value!r} names another.")
        rows = [{**row, name: value} for row in rows]
    return rows


def _rows(sentences: Any) -> list[dict[str, Any]]:
    if isinstance(sentences, Path) or (isinstance(sentences, str) and sentences.lower().endswith(ENDINGS)):
        rows, rejected = read_sentences(Path(sentences))
        if rejected:
            first = rejected[0]
            raise BadFile(
                f"{first.file} line {first.line}: {first.reason} ({len(rejected)} such rows).",
                hint="Mend them, or run equidistance code on the file: it codes the others and lists these.",
            )
        return rows
    if isinstance(sentences, str):
        return [{"sentence": sentences}]
    if hasattr(sentences, "to_pylist"):  # Arrow, or a table of this package
        sentences = sentences.to_pylist()
    elif hasattr(sentences, "to_dicts"):  # polars
        sentences = sentences.to_dicts()
    elif hasattr(sentences, "to_dict") and hasattr(sentences, "columns"):  # pandas
        sentences = sentences.to_dict("records")
    if isinstance(sentences, Mapping) or not isinstance(sentences, Iterable):
        raise _no_sentences(sentences)
    rows = []
    for one in sentences:
        if isinstance(one, str):
            rows.append({"sentence": one})
        elif isinstance(one, Mapping) and "sentence" in one:
            rows.append({str(name): value for name, value in one.items()})
        else:
            raise _no_sentences(one)
    return rows


def _no_sentences(value: object) -> InvalidRequest:
    return InvalidRequest(
        f"Cannot find sentences in a {type(value).__name__}.",
        hint="Give a file, a sentence, a list of sentences, or rows with the keys sentence, source, target.",
    )


def read_sentences(
    path: Path, required: tuple[str, ...] = ("sentence",)
) -> tuple[list[dict[str, Any]], list[Rejected]]:
    """Read a table of sentences, all values as text.

    TSV is what most people write by joining cells with tabs, quotes as they come: a cell counts as quoted only if it
    is so from end to end. CSV and Parquet are read as everywhere in the package.

    Args:
        path: the file; TSV if its header holds a tab.
        required: columns that must be there.

    Returns:
        The rows in order, and the malformed ones with line and reason.

    Raises:
        BadFile: missing, empty, binary, packed, not UTF-8; columns missing or named twice.
    """
    from equidistance.sources.delimited import read_rows, sniff

    if sniff(path) == "text":
        try:
            text = path.read_bytes().decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise BadFile(
                f"{path} is not UTF-8 text: byte {error.start} is {error.object[error.start]:#04x}.",
                hint=f"Convert it with: iconv -f windows-1252 -t utf-8 '{path}' > new.tsv",
            ) from error
        header = text.partition("\n")[0]
        if "\t" in header or "," not in header:
            return _read_tabbed(path, text, required)
    table, rejected = read_rows(path, required)
    rows = table.drop_columns(["line"]).to_pylist()
    return _without_nul(rows, path.name, table.column("line").to_pylist(), rejected)


def _read_tabbed(
    path: Path, text: str, required: tuple[str, ...]
) -> tuple[list[dict[str, Any]], list[Rejected]]:
    lines = text.replace("\r\n", "\n").split("\n")
    names = [_unquoted(cell) for cell in lines[0].split("\t")]
    missing = [name for name in required if name not in names]
    if missing:
        raise BadFile(
            f"{path} has no column {', '.join(missing)}; it has: {', '.join(names[:12])}.",
            hint="Give tab-separated columns named sentence, source, target.",
        )
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise BadFile(f"{path} has more than one column {', '.join(twice)}.", hint="Rename one of them.")
    rows, places, rejected = [], [], []
    for number, cells, raw in _records(lines, len(names)):
        if len(cells) != len(names):
            reason = f"{len(cells)} fields where the header has {len(names)}"
            rejected.append(Rejected(path.name, number, reason, raw[:500]))
        else:
            rows.append(dict(zip(names, map(_unquoted, cells), strict=True)))
            places.append(number)
    return _without_nul(rows, path.name, places, rejected)


def _records(lines: list[str], width: int) -> Iterator[tuple[int, list[str], str]]:
    """Line number, cells and text of every record; a quoted cell may span lines."""
    place = 1
    while place < len(lines):
        raw = lines[place]
        if not raw.strip():
            place += 1
            continue
        cells, used = _cells(raw), 1
        if len(cells) < width and _open(cells[-1]):
            joined = raw
            for more in range(1, min(_JOINED_LINES, len(lines) - place)):
                joined += "\n" + lines[place + more]
                longer = _cells(joined)
                if len(longer) >= width and not _open(longer[-1]):
                    cells, used, raw = longer, more + 1, joined
                    break
        yield place + 1, cells, raw
        place += used


def _cells(raw: str) -> list[str]:
    """Cells of a record: tabs inside a cell that is quoted from end to end do not part it."""
    cells: list[str] = []
    for part in raw.split("\t"):
        if cells and _open(cells[-1]) and _closes(part) and not _whole(part):
            cells[-1] += "\t" + part
        else:
            cells.append(part)
    return cells


def _open(cell: str) -> bool:
    """Whether a cell begins with a quote that it does not close."""
    return cell.startswith('"') and cell.count('"') % 2 == 1


def _closes(cell: str) -> bool:
    return cell.endswith('"') and cell.count('"') % 2 == 1


def _whole(cell: str) -> bool:
    return len(cell) > 1 and cell.startswith('"') and cell.endswith('"')


def _unquoted(cell: str) -> str:
    if not _whole(cell):
        return cell
    inner = cell[1:-1]
    return inner.replace('""', '"') if '"' not in inner.replace('""', "") else cell


def _without_nul(
    rows: list[dict[str, Any]], name: str, places: list[int], rejected: list[Rejected]
) -> tuple[list[dict[str, Any]], list[Rejected]]:
    """Rows that hold NUL bytes are damaged: they are refused, not guessed at."""
    kept, refused = [], list(rejected)
    for row, place in zip(rows, places, strict=True):
        values = [value for value in row.values() if isinstance(value, str)]
        if any("\x00" in value for value in values):
            text = "\t".join(values).replace("\x00", "\ufffd")[:500]
            refused.append(Rejected(name, place, "holds NUL bytes", text))
        else:
            kept.append(row)
    return kept, sorted(refused, key=lambda one: one.line)


def to_tsv(rows: Iterable[Mapping[str, Any]], names: list[str]) -> str:
    """Rows as tab-separated text; a cell with a tab, a line break or quotes at both ends is quoted."""
    out = io.StringIO()
    plain = csv.writer(out, delimiter="\t", lineterminator="\n")
    plain.writerow(names)
    for row in rows:
        plain.writerow(["" if row[name] is None else row[name] for name in names])
    return out.getvalue()
