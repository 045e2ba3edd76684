"""Reading the tables publishers hand out, CSV and Parquet: no row is lost, each error says what to do.

Every source reads its files through here. Values stay text, as published: a source decides what a code means.
"""

import codecs
import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from equidistance.errors import BadFile
from equidistance.sources.card import Rejected

TEXT_LIMIT = 500
"""How many characters of a malformed row are kept."""

_BLOCK = 1 << 24  # a single record may not be longer than a block (bytes)
_PACKED = {
    b"PK\x03\x04": "a zip archive",
    b"PK\x05\x06": "an empty zip archive",
    b"\x1f\x8b": "a gzip file",
    b"\xfd7zXZ\x00": "an xz file",
    b"BZh": "a bzip2 file",
    b"\x28\xb5\x2f\xfd": "a zstd file",
    b"7z\xbc\xaf\x27\x1c": "a 7-Zip archive",
}


def sniff(path: Path) -> Literal["text", "parquet"]:
    """What kind of table a file holds, judged by its first bytes and never by its name.

    Raises:
        BadFile: missing, empty, a directory, packed, a web page, a Git LFS pointer, or another binary format.
    """
    if path.is_dir():
        raise BadFile(f"{path} is a directory, not a file.", hint="Name the files inside it.")
    try:
        with path.open("rb") as file:
            head = file.read(4096)
    except FileNotFoundError:
        raise BadFile(f"There is no file {path}.", hint="Check the path.") from None
    except OSError as error:
        raise BadFile(f"{path} cannot be opened: {error.strerror}.", hint="Check its permissions.") from error
    if not head.strip():
        raise BadFile(f"{path} is empty.", hint="Fill it, or download it again.")
    for magic, kind in _PACKED.items():
        if head.startswith(magic):
            raise BadFile(f"{path} is {kind}, not a CSV or Parquet table.", hint="Unpack it first.")
    if head.startswith(b"PAR1"):
        return "parquet"
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise BadFile(
            f"{path} is UTF-16 text; UTF-8 is expected.",
            hint=f"Convert it with: iconv -f utf-16 -t utf-8 '{path}' > new.csv",
        )
    start = head.removeprefix(codecs.BOM_UTF8).lstrip()[:200].lower()
    if start.startswith((b"<!doctype html", b"<html", b"<?xml", b"<head")):
        raise BadFile(
            f"{path} is a web page, not data: the server probably answered with an error or a log-in page.",
            hint="Open the address in a browser, download the data file itself, and try again.",
        )
    if start.startswith(b"version https://git-lfs"):
        raise BadFile(f"{path} is a Git LFS pointer, not the data.", hint="Fetch the data with: git lfs pull")
    if b"\0" in head:
        raise BadFile(f"{path} is a binary file, not a CSV or Parquet table.", hint="Save it as UTF-8 CSV.")
    return "text"


def columns_of(
    path: Path, *, delimiter: str = ",", encoding: str = "utf-8", skip_lines: int = 0
) -> list[str]:
    """The column names of a CSV or Parquet file, from its head only: this is how layouts are told apart.

    Raises:
        BadFile: as :func:`sniff`, or the header is not ``encoding`` text, or the Parquet footer is damaged.
    """
    if sniff(path) == "parquet":
        return [str(name) for name in _open_parquet(path).schema_arrow.names]
    return _header(path, delimiter, encoding, skip_lines)[0]


def read_delimited(
    path: Path,
    required: Sequence[str] = (),
    *,
    delimiter: str = ",",
    encoding: str = "utf-8",
    column_names: Sequence[str] | None = None,
    skip_lines: int = 0,
    quote: str | None = '"',
) -> tuple[pa.Table, list[Rejected]]:
    """Read delimited text; every value stays a string, exactly as published (an empty field is ``""``).

    Args:
        path: the file. A UTF-8 byte order mark is skipped.
        required: columns that must be there.
        delimiter: one character.
        encoding: ``utf-8``, or what the publisher uses (``latin-1``).
        column_names: names of the columns of a file without a header.
        skip_lines: physical lines before the header (or before the data where there is none).
        quote: quote character; ``None`` where the publisher does not quote at all (GDELT).

    Returns:
        The rows, all columns ``string`` plus ``line`` (int64): the physical line, 1-based, at which the
        record starts (quoted fields may hold line breaks); and the rows with a wrong number of fields.
        Blank lines are not rows. A column that is itself called ``line`` is renamed ``line_``.

    Raises:
        BadFile: as :func:`sniff`; a Parquet file; columns missing or named twice; bytes that are not
            ``encoding``; a file that ends in the middle of a record.
    """
    import pyarrow.csv as arrow_csv

    if sniff(path) == "parquet":
        raise BadFile(f"{path} is a Parquet file, not delimited text.", hint="Rename it to .parquet.")
    scan = _scan(path, encoding)
    if column_names is None:
        names, header_lines = _header(path, delimiter, encoding, skip_lines)
    else:
        names, header_lines = list(column_names), 0
    _check_columns(path, names, required)
    names = ["line_" if name == "line" else name for name in names]
    skipped = skip_lines + header_lines
    if scan.lines <= skipped:
        return _empty(names), []

    invalid: list[Any] = []

    def refuse(row: Any) -> str:
        invalid.append(row)
        return "skip"

    try:
        table = arrow_csv.read_csv(
            path,
            # one thread, so that the parser can say which record an invalid row is
            read_options=arrow_csv.ReadOptions(
                use_threads=False, column_names=names, skip_rows=skipped, encoding=encoding, block_size=_BLOCK
            ),
            parse_options=arrow_csv.ParseOptions(
                delimiter=delimiter,
                quote_char=quote or False,
                newlines_in_values=quote is not None and scan.quotes > 0,
                invalid_row_handler=refuse,
                ignore_empty_lines=False,
            ),
            convert_options=arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False
            ),
        )
    except pa.ArrowInvalid as error:
        raise BadFile(
            f"{path} cannot be parsed as text delimited by {delimiter!r}: {error}.",
            hint="Look for a quote that is opened and never closed, or download the file again.",
        ) from error
    record = np.arange(table.num_rows + len(invalid))
    is_invalid = np.zeros(len(record), dtype=bool)
    is_invalid[[row.number - skipped - 1 for row in invalid]] = True
    extra = np.zeros(len(record), dtype=np.int64)
    if scan.lines - skipped > len(record):  # somewhere a quoted field holds line breaks
        extra[~is_invalid] = _line_breaks(table)
        extra[is_invalid] = [row.text.count("\n") for row in invalid]
    line = skipped + 1 + record + np.concatenate(([0], np.cumsum(extra)[:-1])) if len(record) else record
    if len(record):
        _check_end(path, scan, int(line[-1]), cut=bool(is_invalid[-1]), quote=quote)
    rejected = [
        Rejected(
            path.name,
            int(line[row.number - skipped - 1]),
            f"{row.actual_columns} fields where the header has {row.expected_columns}",
            row.text[:TEXT_LIMIT],
        )
        for row in invalid
    ]
    table = table.append_column("line", pa.array(line[~is_invalid], pa.int64()))
    return _without_blank_rows(table, names), rejected


def read_parquet(path: Path, required: Sequence[str] = ()) -> pa.Table:
    """Read a Parquet file; columns keep their types, plus ``line`` (int64): the 1-based row.

    Raises:
        BadFile: as :func:`sniff`; not Parquet; truncated or damaged; required columns missing.
    """
    if sniff(path) != "parquet":
        raise BadFile(f"{path} is not a Parquet file.", hint="If it is a CSV file, name it .csv.")
    file = _open_parquet(path)
    _check_columns(path, [str(name) for name in file.schema_arrow.names], required)
    try:
        table = file.read()
    except (pa.ArrowInvalid, OSError) as error:
        raise BadFile(f"{path} is a damaged Parquet file: {error}.", hint="Download it again.") from error
    table = table.rename_columns(["line_" if name == "line" else name for name in table.column_names])
    return table.append_column("line", pa.array(np.arange(1, table.num_rows + 1), pa.int64()))


def read_rows(
    path: Path, required: Sequence[str] = (), *, delimiter: str = ",", encoding: str = "utf-8"
) -> tuple[pa.Table, list[Rejected]]:
    """Read CSV or Parquet, whichever it is, as :func:`read_delimited` does: all strings, null is ``""``.

    Raises:
        BadFile: as :func:`read_delimited` and :func:`read_parquet`.
    """
    if sniff(path) == "text":
        return read_delimited(path, required, delimiter=delimiter, encoding=encoding)
    table = read_parquet(path, required)
    for position, name in enumerate(table.column_names):
        if name != "line":
            text = table.column(name).cast(pa.string()).fill_null("")
            table = table.set_column(position, name, text)
    return table, []


def split_rejected(
    table: pa.Table, reasons: pa.Array | pa.ChunkedArray, file: str
) -> tuple[pa.Table, list[Rejected]]:
    """Divide rows into those to keep and those to refuse.

    Args:
        table: rows with a ``line`` column.
        reasons: one string per row; null where the row is fine.
        file: base name of the file, for the record.
    """
    if isinstance(reasons, pa.ChunkedArray):
        reasons = reasons.combine_chunks()
    fine = pc.is_null(reasons)
    if pc.all(fine).as_py() in (True, None):
        return table, []
    bad = table.append_column("_reason", reasons).filter(pc.invert(fine))
    rejected = [
        Rejected(file, row.pop("line"), row.pop("_reason"), record_text(row)) for row in bad.to_pylist()
    ]
    return table.filter(fine), rejected


def first_seen(
    table: pa.Table, key: Sequence[str], values: Sequence[str] | None = None
) -> tuple[pa.Table, list[Rejected], int]:
    """Keep the first row of each key: an exact repetition is counted, a contradiction is rejected.

    Args:
        table: rows of an evidence table, with the columns ``file`` and ``row``.
        key: columns that identify a record.
        values: columns that must agree; by default all but ``key``, ``file`` and ``row``.

    Returns:
        The rows kept, in order; the contradicting rows; the number of exact repetitions left out.
    """
    if values is None:
        values = [name for name in table.column_names if name not in (*key, "file", "row")]
    _, first, group = np.unique(_codes(table, key), return_index=True, return_inverse=True)
    first_row = first[group]  # shape (rows,): where this row's key was seen first
    repeated = first_row != np.arange(table.num_rows)
    if not repeated.any():
        return table, [], 0
    content = _codes(table, values)
    contradicts = repeated & (content != content[first_row])
    rejected = []
    shown = [*key, *values]
    origin = table.select(["file", "row", *shown]).take(pa.array(first_row[contradicts]))
    for row, earlier in zip(table.filter(pa.array(contradicts)).to_pylist(), origin.to_pylist(), strict=True):
        differing = ", ".join(
            f"{name} {_short(row[name])} against {_short(earlier[name])}"
            for name in values
            if row[name] != earlier[name]
        )
        rejected.append(
            Rejected(
                row["file"],
                row["row"],
                f"contradicts {earlier['file']} line {earlier['row']}: {differing}",
                record_text({name: row[name] for name in shown}),
            )
        )
    kept = table.filter(pa.array(~repeated))
    return kept, rejected, int(repeated.sum() - contradicts.sum())


def record_text(row: Mapping[str, object]) -> str:
    """A row as one line of CSV, cut to :data:`TEXT_LIMIT` characters: what a rejection shows."""
    out = io.StringIO()
    csv.writer(out, lineterminator="").writerow(row.values())
    return out.getvalue()[:TEXT_LIMIT]


# --- inside -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Scan:
    lines: int  # physical lines, the last one counted even without its line break
    quotes: int  # double quotes in the whole file
    ends_in_line_break: bool


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(_BLOCK):
            yield chunk


def _scan(path: Path, encoding: str) -> _Scan:
    """Count lines and quotes, and check that every byte is ``encoding``."""
    decoder = codecs.getincrementaldecoder(encoding)()
    offset = line_feeds = returns = quotes = 0
    last = b""
    for chunk in _chunks(path):
        pending = len(decoder.getstate()[0])
        try:
            decoder.decode(chunk)
        except UnicodeDecodeError as error:
            raise _not_text(path, encoding, offset - pending + error.start) from None
        offset += len(chunk)
        line_feeds += chunk.count(b"\n")
        returns += chunk.count(b"\r")
        quotes += chunk.count(b'"')
        last = chunk[-1:]
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        raise _not_text(path, encoding, offset) from None
    ends = last in (b"\n", b"\r")
    return _Scan((line_feeds or returns) + (not ends), quotes, ends)


def _not_text(path: Path, encoding: str, offset: int) -> BadFile:
    return BadFile(
        f"{path} is not {encoding.upper()} text: byte {offset} does not belong there; it looks like latin-1.",
        hint=f"Convert it with: iconv -f latin1 -t utf-8 '{path}' > new.csv "
        "or open it in a spreadsheet and save it as CSV UTF-8.",
    )


def _header(path: Path, delimiter: str, encoding: str, skip_lines: int) -> tuple[list[str], int]:
    """The column names and the number of physical lines the header takes."""
    try:
        with path.open(encoding="utf-8-sig" if encoding == "utf-8" else encoding, newline="") as file:
            for _ in range(skip_lines):
                file.readline()
            reader = csv.reader(file, delimiter=delimiter)
            return [name.strip() for name in next(reader, [])], reader.line_num
    except UnicodeDecodeError as error:
        raise _not_text(path, encoding, error.start) from None
    except csv.Error as error:
        raise BadFile(f"{path} has no readable header: {error}.", hint="Download it again.") from error


def _check_columns(path: Path, names: Sequence[str], required: Sequence[str]) -> None:
    missing = [name for name in required if name not in names]
    if missing:
        hint = "Check that this is the file you meant."
        for other, spoken in ((";", "semicolons"), ("\t", "tabs"), ("|", "bars")):
            if len(names) <= 2 and other in names[0]:
                hint = f"Its columns seem to be separated by {spoken}: save it with commas."
        raise BadFile(
            f"{path} lacks the columns {', '.join(missing)}; it has {', '.join(names)[:TEXT_LIMIT]}.",
            hint=hint,
        )
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise BadFile(f"{path} names these columns twice: {', '.join(twice)}.", hint="Rename one of each.")


def _check_end(path: Path, scan: _Scan, last_line: int, *, cut: bool, quote: str | None) -> None:
    """A download that broke off ends inside a record, or inside a quoted field that swallows the rest."""
    open_quote = quote == '"' and scan.quotes % 2 == 1 and scan.lines > last_line
    if open_quote or (cut and not scan.ends_in_line_break):
        what = "a quote is opened and never closed" if open_quote else "the file breaks off in a record"
        raise BadFile(f"{path} is incomplete: at line {last_line} {what}.", hint="Download it again.")


def _line_breaks(table: pa.Table) -> np.ndarray:
    """Line breaks inside the fields of each row, shape (rows,)."""
    total = np.zeros(table.num_rows, dtype=np.int64)
    for column in table.columns:
        total += pc.count_substring(column, "\n").to_numpy()
    return total


def _without_blank_rows(table: pa.Table, names: Sequence[str]) -> pa.Table:
    blank = pc.equal(table.column(names[0]), "")
    if not pc.any(blank).as_py():
        return table
    for name in names[1:]:
        blank = pc.and_(blank, pc.equal(table.column(name), ""))
    return table.filter(pc.invert(blank))


def _empty(names: Sequence[str]) -> pa.Table:
    return pa.schema([*((name, pa.string()) for name in names), ("line", pa.int64())]).empty_table()


def _open_parquet(path: Path) -> Any:
    import pyarrow.parquet

    try:
        return pyarrow.parquet.ParquetFile(path)
    except (pa.ArrowInvalid, OSError) as error:
        raise BadFile(
            f"{path} is a truncated or damaged Parquet file: {error}.", hint="Download it again."
        ) from error


def _codes(table: pa.Table, names: Sequence[str]) -> np.ndarray:
    """One integer per row, equal for rows that agree in all the named columns; shape (rows,)."""
    codes = np.zeros(table.num_rows, dtype=np.int64)
    for name in names:
        column = table.column(name).combine_chunks().dictionary_encode(null_encoding="encode")
        if isinstance(column, pa.ChunkedArray):
            column = column.combine_chunks()
        codes = codes * max(1, len(column.dictionary)) + column.indices.to_numpy().astype(np.int64)
        codes = np.unique(codes, return_inverse=True)[1].astype(np.int64)  # stay clear of overflow
    return codes


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 60 else text[:60] + "..."
