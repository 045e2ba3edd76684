"""Reading delimited text and Parquet: line numbers, rejected rows, one clear message per kind of bad file."""

import gzip
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from equidistance.errors import BadFile
from equidistance.sources.delimited import (
    columns_of,
    first_seen,
    read_delimited,
    read_parquet,
    read_rows,
    sniff,
    split_rejected,
)


def write(path: Path, data: bytes | str) -> Path:
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def test_values_stay_text_and_rows_know_their_line(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", 'x,y\n01,\n"two\nlines","a ""quoted"" word"\n\nNA,3\n')
    table, rejected = read_delimited(path, ["x"])
    assert table.to_pydict() == {
        "x": ["01", "two\nlines", "NA"],
        "y": ["", 'a "quoted" word', "3"],
        "line": [2, 3, 6],
    }
    assert rejected == []


def test_rows_with_a_wrong_number_of_fields_are_rejected_where_they_stand(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", 'x,y\n1,2\n1,2,3\n"a\nb",4\n5\n"p\nq",6,7\n8,9\n')
    table, rejected = read_delimited(path)
    assert table.column("line").to_pylist() == [2, 4, 9]
    assert [(item.line, item.text) for item in rejected] == [(3, "1,2,3"), (6, "5"), (7, '"p\nq",6,7')]
    assert rejected[0].reason == "3 fields where the header has 2"
    assert rejected[0].file == "a.csv"


@given(
    rows=st.lists(
        st.tuples(st.text("ab\n,é", max_size=4), st.text("ab\n,é", max_size=4)).filter(any), max_size=30
    )
)
def test_line_numbers_agree_with_the_text(
    rows: list[tuple[str, str]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    lines = ["x,y\n"] + [f'"{a}","{b}"\n' for a, b in rows]
    path = write(tmp_path_factory.mktemp("csv") / "a.csv", "".join(lines))
    table, rejected = read_delimited(path)
    starts = [1 + "".join(lines[: index + 1]).count("\n") for index in range(len(rows))]
    assert table.column("line").to_pylist() == starts
    assert list(zip(table["x"].to_pylist(), table["y"].to_pylist(), strict=True)) == rows
    assert rejected == []


def test_byte_order_mark_crlf_other_delimiter_and_no_header(tmp_path: Path) -> None:
    table, _ = read_delimited(write(tmp_path / "bom.csv", "\ufeffx,y\r\n1,2\r\n"), ["x", "y"])
    assert table.to_pydict() == {"x": ["1"], "y": ["2"], "line": [2]}
    table, _ = read_delimited(
        write(tmp_path / "tab.tab", 'note\n5" pipe\t2\n'),
        column_names=["a", "b"],
        delimiter="\t",
        skip_lines=1,
        quote=None,
    )
    assert table.to_pydict() == {"a": ['5" pipe'], "b": ["2"], "line": [2]}


def test_latin1_is_named_with_its_offset_unless_the_source_expects_it(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "x,y\nCôte,1\n".encode("latin-1"))
    with pytest.raises(BadFile, match=r"byte 5 .*looks like latin-1.*iconv -f latin1"):
        read_delimited(path)
    table, _ = read_delimited(path, encoding="latin-1")
    assert table["x"].to_pylist() == ["Côte"]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "is empty"),
        (b"\n\n", "is empty"),
        (gzip.compress(b"x,y\n1,2\n", mtime=0), "gzip file.*Unpack it first"),
        (b"\xfd7zXZ\x00rest", "xz file.*Unpack it first"),
        (b"<!DOCTYPE html><html><title>403</title>", "web page"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0", "git lfs pull"),
        (b"\xff\xfex\x00,\x00", "UTF-16"),
        (b"\x89PNG\r\n\0\0", "binary file"),
        (b"x;y\n1;2\n", "lacks the columns x, y; it has x;y.*semicolons"),
        (b"x,z\n1,2\n", "lacks the columns y; it has x, z"),
        (b"x,y,y\n1,2,3\n", "twice: y"),
        (b'x,y\n1,2\n3,"4\n5,6\n', "incomplete: at line 3 a quote"),
        (b"x,y\n1,2\n3", "incomplete: at line 3 the file breaks off"),
    ],
)
def test_each_kind_of_bad_file_has_its_message(tmp_path: Path, data: bytes, message: str) -> None:
    path = write(tmp_path / "data.csv", data)
    with pytest.raises(BadFile, match=message) as caught:
        read_delimited(path, ["x", "y"])
    assert "data.csv" in str(caught.value)


def test_zip_directory_and_missing_file(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.csv", "w") as archive:
        archive.writestr("a.csv", "x\n1\n")
    with pytest.raises(BadFile, match="zip archive"):
        sniff(tmp_path / "a.csv")
    with pytest.raises(BadFile, match="is a directory"):
        sniff(tmp_path)
    with pytest.raises(BadFile, match="There is no file"):
        sniff(tmp_path / "b.csv")


def test_parquet_is_told_by_its_bytes_and_damage_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    pq.write_table(pa.table({"x": [1, None], "line": ["p", "q"]}), path)
    assert columns_of(path) == ["x", "line"]
    assert read_parquet(path).to_pydict() == {"x": [1, None], "line_": ["p", "q"], "line": [1, 2]}
    assert read_rows(path)[0].to_pydict() == {"x": ["1", ""], "line_": ["p", "q"], "line": [1, 2]}
    with pytest.raises(BadFile, match="Parquet file, not delimited text"):
        read_delimited(path)
    with pytest.raises(BadFile, match="lacks the columns y"):
        read_parquet(path, ["y"])
    with pytest.raises(BadFile, match="truncated or damaged"):
        read_parquet(write(tmp_path / "cut.parquet", path.read_bytes()[:-20]))
    with pytest.raises(BadFile, match="not a Parquet file"):
        read_parquet(write(tmp_path / "text.parquet", "x\n1\n"))


def test_header_only_is_an_empty_table(tmp_path: Path) -> None:
    for text in ("x,y", "x,y\n", "x,y\n\n"):
        table, rejected = read_delimited(write(tmp_path / "a.csv", text), ["x"])
        assert table.column_names == ["x", "y", "line"]
        assert (table.num_rows, rejected) == (0, [])


def test_split_rejected_keeps_order_and_text() -> None:
    table = pa.table({"x": ["a", "b", "c"], "line": [2, 3, 4]})
    kept, rejected = split_rejected(table, pa.array([None, "bad letter", None], pa.string()), "f.csv")
    assert kept["x"].to_pylist() == ["a", "c"]
    assert [(item.file, item.line, item.reason, item.text) for item in rejected] == [
        ("f.csv", 3, "bad letter", "b")
    ]


def test_first_seen_counts_repetitions_and_rejects_contradictions() -> None:
    table = pa.table(
        {
            "state": ["KAZ", "KAZ", "KAZ", "RUS", None, None],
            "vote": ["yes", "yes", "no", "no", "yes", "yes"],
            "file": ["f"] * 6,
            "row": [2, 3, 4, 5, 6, 7],
        }
    )
    kept, rejected, repeated = first_seen(table, ["state"])
    assert kept["row"].to_pylist() == [2, 5, 6]
    assert repeated == 2
    assert [(item.line, item.reason) for item in rejected] == [
        (4, "contradicts f line 2: vote no against yes")
    ]


def test_blocks_do_not_break_records_or_characters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("equidistance.sources.delimited._BLOCK", 257)
    rows = [f'{index},"é\nж{index}"' for index in range(500)]
    path = write(tmp_path / "a.csv", "x,y\n" + "\n".join(rows) + "\n")
    table, _ = read_delimited(path)
    assert table["line"].to_pylist() == list(range(2, 1002, 2))
    write(path, path.read_bytes() + b"\xe9,1\n")
    with pytest.raises(BadFile, match=f"byte {path.stat().st_size - 4} "):
        read_delimited(path)
