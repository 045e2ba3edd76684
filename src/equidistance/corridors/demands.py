"""What is to go from where to where in a year."""

import csv
from dataclasses import dataclass
from pathlib import Path

from equidistance.corridors.schema import CARGOES
from equidistance.errors import BadFile

MOST_DEMANDS = 5000


@dataclass(frozen=True)
class Demand:
    """What is to go from one place to another in a year.

    Attributes:
        origin: name of a place.
        destination: name of a place.
        cargo: one of :data:`equidistance.corridors.schema.CARGOES`.
        tonnes: a year.
        goods: list of goods it is on, for rules.
    """

    origin: str
    destination: str
    cargo: str
    tonnes: float
    goods: str = ""


def read_demands(path: Path) -> list[Demand]:
    """Read demands from CSV with the columns from, to, cargo, tonnes, and goods if wanted.

    Raises:
        BadFile: a missing file or column, an unknown cargo, tonnes that are not a positive number.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            missing = [
                name for name in ("from", "to", "cargo", "tonnes") if name not in (reader.fieldnames or ())
            ]
            if missing:
                raise BadFile(
                    f"{path} lacks the column {missing[0]!r}.",
                    choices=["from", "to", "cargo", "tonnes", "goods"],
                )
            rows: list[tuple[str, dict[str, str]]] = []
            for row in reader:
                if len(rows) >= MOST_DEMANDS:
                    raise BadFile(f"{path} has more than {MOST_DEMANDS} demands.")
                rows.append((f"{path}:{reader.line_num}", row))
    except FileNotFoundError as error:
        raise BadFile(
            f"There is no file {path}.", hint="Give a CSV file with from, to, cargo and tonnes."
        ) from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise BadFile(f"{path} is not CSV in UTF-8: {error}.") from error
    found = []
    for where, row in rows:
        if row["cargo"] not in CARGOES:
            raise BadFile(f"{where}: {row['cargo']!r} is not a cargo.", choices=CARGOES)
        try:
            tonnes = float(row["tonnes"])
        except (TypeError, ValueError):
            tonnes = float("nan")
        if not 0 < tonnes < 1e12:
            raise BadFile(f"{where}: tonnes is {row['tonnes']!r}; it must be a number above 0.")
        if not row["from"] or not row["to"]:
            raise BadFile(f"{where}: a place is missing.")
        found.append(
            Demand(
                row["from"].strip(), row["to"].strip(), row["cargo"], tonnes, (row.get("goods") or "").strip()
            )
        )
    return found
