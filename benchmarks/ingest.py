"""Readers and the store: rows a second, beside what reads the same file without looking at it."""

import csv
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from measure import SHARED_DATA, Section, call, in_turns, ratio, seconds, spread

ROLL_CALLS = 1500
"""Roll calls of the synthetic bulk file: with 193 members nearly 290,000 rows."""

BULK_COLUMNS = [
    "undl_id",
    "ms_code",
    "ms_name",
    "ms_vote",
    "date",
    "session",
    "resolution",
    "draft",
    "committee_report",
    "meeting",
    "title",
    "agenda_title",
    "subjects",
    "total_yes",
    "total_no",
    "total_abstentions",
    "total_non_voting",
    "total_ms",
    "undl_link",
]

VOTES = ("un/unga_votes_1946_2024_voeten_long.parquet", "un/unga_rollcall_meta_1946_2024_voeten.csv")
EVENTS = ("events/icews_2018_2021_2022.parquet",)


def ingest(*, full: bool) -> Section:
    """Reading, and the whole way into the store."""
    cases: list[tuple[str, str, tuple[str, ...]]] = [("the UN's bulk CSV (synthetic)", "un_votes", ())]
    notes = []
    if SHARED_DATA.is_dir():
        cases.append(("UN votes, Voeten long (Parquet)", "un_votes", VOTES))
        cases.append(("ICEWS events (Parquet)", "icews", EVENTS))
    else:
        notes.append(
            "Votes and events need the development data `../shared/data`, which are not here: left out."
        )
    rows = []
    for name, source, files in cases:
        found, done = call(
            "ingest",
            "measure_ingest",
            source=source,
            files=[str(SHARED_DATA / file) for file in files],
            rounds=3 if full or not files else 1,
        )
        times, count = found["times"], found["rows"]
        for what, values in times.items():
            rows.append(
                (
                    name,
                    what,
                    f"{count:,}",
                    spread(values),
                    f"{count / sorted(values)[len(values) // 2]:,.0f}",
                    f"{ratio(values, times['duckdb']):.1f}",
                    f"{ratio(values, times['pandas']):.1f}",
                )
            )
        notes.append(f"{name}: the process that did all four held {done.peak:.0f} MiB at its highest.")
    return Section(
        "Ingest",
        "CPU seconds, median (range) of 3 runs in turns (the long ones once, unless `--full`). *Reading* checks every row: dates, codes, states at that date. "
        "*Into the store* adds hashing, known corrections and the transaction. DuckDB and pandas only parse the main "
        "file, which for Parquet is mere decompression.",
        ("file", "what", "rows", "CPU s", "rows/s", "ratio to duckdb", "ratio to pandas"),
        rows,
        notes,
    )


def measure_ingest(source: str, files: list[str], rounds: int) -> dict[str, Any]:
    import duckdb
    import pandas as pd

    from equidistance.evidence.store import Store
    from equidistance.sources.card import get_source
    from equidistance.sources.ingest import ingest as into_store

    with tempfile.TemporaryDirectory() as scratch:
        paths = [Path(file) for file in files] or [write_bulk(Path(scratch) / "ga_voting.csv")]
        first = str(paths[0])
        parquet = first.endswith(".parquet")
        stores = 0

        def store() -> None:
            nonlocal stores
            stores += 1
            with Store.open(Path(scratch) / f"{stores}.duckdb", "write", create=True) as opened:
                into_store(source, paths, opened)

        def with_duckdb() -> None:
            connection = duckdb.connect()
            connection.execute("SET threads = 1")
            reader = "read_parquet" if parquet else "read_csv"
            connection.execute(f"CREATE TABLE rows AS SELECT * FROM {reader}(?)", [first])

        def with_pandas() -> None:
            read: Callable[[str], object] = pd.read_parquet if parquet else pd.read_csv
            read(first)

        times = in_turns(
            {
                "reading": lambda: seconds(lambda: get_source(source).read(paths)),
                "into the store": lambda: seconds(store),
                "duckdb": lambda: seconds(with_duckdb),
                "pandas": lambda: seconds(with_pandas),
            },
            rounds,
        )
        count = len(pd.read_parquet(first)) if parquet else len(pd.read_csv(first))
    return {"times": times, "rows": count}


def write_bulk(path: Path) -> Path:
    """A file in the layout of the UN's own bulk download, with votes drawn at random."""
    from datetime import date, timedelta
    from random import Random

    from equidistance.ground.states import all_states

    draw = Random(1)
    start = date(2000, 1, 1)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(BULK_COLUMNS)
        for number in range(ROLL_CALLS):
            day = start + timedelta(days=6 * number)
            session = 55 + number // 60
            symbol = f"A/RES/{session}/{number}"
            tail = [session, symbol, f"A/{session}/L.{number}", "", f"A/{session}/PV.{number}"]
            tail += [f"A resolution, number {number}, on a question", "An agenda item", "A SUBJECT"]
            tail += [100, 20, 30, 43, 193, f"https://example.org/record/{number}"]
            for state in all_states(day)[:193]:
                vote = draw.choices("YNAX", (0.7, 0.05, 0.15, 0.1))[0]
                writer.writerow([number, state.code, state.name.upper(), vote, day.isoformat(), *tail])
    return path
