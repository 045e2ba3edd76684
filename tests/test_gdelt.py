"""Reading GDELT's daily edges: pairs once, codes, what is refused and what is left out."""

from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet
import pytest

from equidistance.errors import BadFile
from equidistance.evidence.schema import TABLES
from equidistance.ground.states import all_states
from equidistance.sources.gdelt import SOURCE, TERRITORIES, read


def edges(path: Path, *rows: str) -> Path:
    path.write_text("date,a,b,edge\n" + "".join(row + "\n" for row in rows), encoding="utf-8")
    return path


def test_a_pair_listed_both_ways_is_one_balance(tmp_path: Path) -> None:
    path = edges(
        tmp_path / "e.csv",
        "20180101,RUS,KAZ,7.5",
        "20180101,KAZ,RUS,7.5",
        "20180102,KAZ,BTN,-2",
        "20180105,KAZ,RUS,0",
    )
    reading = SOURCE.read([path])
    balances = reading.tables["event_balances"]
    assert balances.schema == TABLES["event_balances"].schema
    assert [tuple(row.values()) for row in balances.to_pylist()] == [
        (date(2018, 1, 1), "KAZ", "RUS", 7.5, "e.csv", 2),
        (date(2018, 1, 2), "BTN", "KAZ", -2.0, "e.csv", 4),
        (date(2018, 1, 5), "KAZ", "RUS", 0.0, "e.csv", 5),
    ]
    assert reading.ignored == {"the same day and pair again, written the other way round": 1}
    assert reading.coverage == (
        (date(2018, 1, 1), date(2018, 1, 2)),
        (date(2018, 1, 5), date(2018, 1, 5)),
    )


def test_directions_that_disagree_are_not_summed_but_refused(tmp_path: Path) -> None:
    reading = read([edges(tmp_path / "e.csv", "20180101,RUS,KAZ,7.5", "20180101,KAZ,RUS,-1")])
    assert reading.tables["event_balances"]["goldstein_sum"].to_pylist() == [7.5]
    (refused,) = reading.rejected
    assert refused.line == 3
    assert refused.reason.startswith("contradicts e.csv line 2: goldstein_sum -1.0 against 7.5")


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("20180101,XXX,KAZ,1", "unknown state code in a"),
        ("20180101,KAZ,kaz,1", "unknown state code in b"),
        ("20180101,KAZ,,1", "unknown state code in b"),
        ("20180101,KAZ,SUN,1", "state b did not exist on that day"),
        ("20180101,KAZ,RUS,", "the sum is not a number"),
        ("20180101,KAZ,RUS,nan", "the sum is not a number"),
        ("20180101,KAZ,RUS,inf", "the sum is not a number"),
        ("20180230,KAZ,RUS,1", "the date is not a day written 20180101"),
        ("18180101,KAZ,RUS,1", "the date lies outside the time GDELT can cover"),
        ("20180101,KAZ,RUS", "3 fields where the header has 4"),
    ],
)
def test_malformed_rows_are_refused(tmp_path: Path, row: str, reason: str) -> None:
    reading = read([edges(tmp_path / "e.csv", row, "20180101,KAZ,RUS,1")])
    assert [(refused.line, refused.reason) for refused in reading.rejected] == [(2, reason)]
    assert reading.tables["event_balances"].num_rows == 1


def test_territories_and_self_pairs_are_left_out_and_counted(tmp_path: Path) -> None:
    reading = read(
        [
            edges(
                tmp_path / "e.csv",
                *("2018-01-01,KAZ,GGY,1", "20180101,MAC,CHN,1", "20180101,KAZ,KAZ,1", "20180101,KAZ,RUS,1"),
            )
        ]
    )
    assert reading.ignored == {"a territory that is not a state of its own": 2, "a state with itself": 1}
    assert reading.rejected == ()
    assert TERRITORIES.isdisjoint(state.code for state in all_states())


def test_parquet_has_the_same_layout(tmp_path: Path) -> None:
    table = pa.table({"date": ["20180101"], "a": ["KAZ"], "b": ["CHN"], "edge": [-22.033]})
    pa.parquet.write_table(table, tmp_path / "e.parquet")
    (row,) = read([tmp_path / "e.parquet"]).tables["event_balances"].to_pylist()
    assert (row["state_a"], row["state_b"], row["goldstein_sum"], row["row"]) == ("CHN", "KAZ", -22.033, 1)


def test_files_without_usable_rows_are_bad_files(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="no usable day and pair"):
        read([edges(tmp_path / "e.csv", "20180101,KAZ,KAZ,1")])
    path = tmp_path / "f.csv"
    path.write_text("date,a,b\n20180101,KAZ,RUS\n")
    with pytest.raises(BadFile, match="lacks the columns edge"):
        read([path])
