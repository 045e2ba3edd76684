"""A simulated world as records of trade by product, with a list of goods, for the tests of the screen."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from equidistance.evidence.schema import TABLES
from equidistance.ground.time import from_index
from equidistance.reexports.simulate import Simulated, simulate

START = date(2020, 3, 1)
ORIGIN, STATE, TARGET = "DEU", "KAZ", "RUS"
OTHERS = ("BRA", "IND", "ZAF", "MEX", "EGY")


@dataclass(frozen=True)
class World:
    """The rows, the codes, and what was simulated."""

    goods: pa.Table
    codes: tuple[str, ...]
    simulated: Simulated
    list_file: Path
    folder: Path

    @property
    def parquet(self) -> Path:
        """The rows as a file in the layout of the evidence table."""
        path = self.folder / "goods.parquet"
        if not path.exists():
            pq.write_table(self.goods, path)
        return path


def world(folder: Path, share: float, *, seed: int = 1, goods: int = 400, kg: bool = True) -> World:
    """Simulate trade and write the list; the directory is the caller's."""
    s = simulate(share, goods=goods, headings=goods // 4, listed=30, seed=seed)
    codes = product_codes(s)
    rows: list[pa.Table] = []
    flows = [(ORIGIN, STATE, s.inbound), (ORIGIN, TARGET, s.direct), (STATE, TARGET, s.outbound)]
    flows += [(ORIGIN, other, s.elsewhere[:, place]) for place, other in enumerate(OTHERS)]
    for exporter, importer, value in flows:
        rows.append(records(codes, exporter, importer, "export", value, kg=kg))
    listed = folder / "own.csv"
    lines = [f"{code},A,good {code}" for code, inside in zip(codes, s.listed, strict=True) if inside]
    listed.write_text("\n".join(["hs6,tier,name", *lines]) + "\n")
    return World(pa.concat_tables(rows), codes, s, listed, folder)


def product_codes(s: Simulated) -> tuple[str, ...]:
    """Six digits for each good, four of them its heading's."""
    counts: dict[int, int] = {}
    codes = []
    for heading in s.headings.tolist():
        counts[heading] = counts.get(heading, 0) + 1
        codes.append(f"{10 + heading // 3:02d}{heading % 3 + 1:02d}{10 + counts[heading]:02d}")
    return tuple(codes)


def records(
    codes: tuple[str, ...],
    exporter: str,
    importer: str,
    flow: str,
    value: np.ndarray,
    *,
    reporter: str | None = None,
    kg: bool = True,
    currency: str = "USD",
    vintage: str = "simulated",
    classification: str = "HS2022",
) -> pa.Table:
    """Amounts of shape (P, T) as rows of the evidence table; zeros are no rows."""
    goods, months = np.nonzero(value)
    n = len(goods)
    amount = value[goods, months]
    by = reporter or (exporter if flow in ("export", "re-export") else importer)
    table = {
        "exporter": [exporter] * n,
        "importer": [importer] * n,
        "period": [from_index(int(month), START) for month in months],
        "frequency": ["month"] * n,
        "flow": [flow] * n,
        "classification": [classification] * n,
        "product": [codes[good] for good in goods],
        "reporter": [by] * n,
        "value": amount,
        "currency": [currency] * n,
        "kg": amount / 10 if kg else [None] * n,
        "vintage": [vintage] * n,
        "file": ["simulated"] * n,
        "row": list(range(1, n + 1)),
    }
    return pa.table(table, schema=TABLES["goods"].schema)
