"""Options of the commands about corridors, and how they are read."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from equidistance.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from equidistance.corridors.demands import Demand
    from equidistance.corridors.network import Network, Place
    from equidistance.corridors.rules import Rule

Day = Annotated[
    str | None,
    typer.Option("--on", help="The day, e.g. 2022-10-01 (default: today, or the network's last day)."),
]
Cargo = Annotated[Literal["container", "grain", "oil", "gas"], typer.Option(help="What is sent.")]
Weigh = Annotated[
    Literal["generalised", "time", "cost", "km", "co2"],
    typer.Option(help="What is minimised; generalised is money with the worth of time."),
]
Avoid = Annotated[
    str,
    typer.Option(
        help="States or blocs to keep out of, comma-separated, e.g. RUS,IRN; RUS:ports for their ports alone."
    ),
]
Close = Annotated[
    str,
    typer.Option(
        help="Crossings (BLR-POL, 'Dostyk - Alashankou'), lines or sea passages (suez) closed, comma-separated."
    ),
]
RuleFiles = Annotated[
    list[str] | None,
    typer.Option("--rules", help="A file with rules, or 'shipped'; may be given several times."),
]
Goods = Annotated[
    str, typer.Option(help="List of goods the cargo is on, which rules may name, e.g. dual-use.")
]
Roads = Annotated[bool, typer.Option("--roads", help="Let trucks take main roads too.")]
NetworkOption = Annotated[
    Path | None,
    typer.Option("--network", help="Directory of a network you built (default: the shipped one)."),
]
Map = Annotated[Path | None, typer.Option("--map", help="Draw a map: .html (opens offline), .svg or .png.")]
DemandFile = Annotated[
    Path | None,
    typer.Option("--demand", help="CSV with from, to, cargo and tonnes a year (default: an example)."),
]


def given_network(directory: Path | None) -> "Network | None":
    """The network in a directory; None for the shipped one."""
    from equidistance.corridors.network import load

    return None if directory is None else load(directory)


def given_rules(files: "Sequence[str] | None") -> "list[Rule]":
    """The rules of files, checked together."""
    from equidistance.corridors.rule_files import read
    from equidistance.corridors.rules import check

    found = [rule for name in files or () for rule in read(name)]
    check(found)
    return found


def given_demands(path: Path | None) -> "list[Demand]":
    """The demands of a file, else the example."""
    from equidistance.corridors.demands import read_demands
    from equidistance.corridors.transit import demands_of

    if path is not None:
        return read_demands(path)
    print(
        "Demands: Kazakhstan's oil exports of 2023, its grain exports of September 2024 to early March 2025, "
        "and China's containers by rail to Europe in 2024.",
        file=sys.stderr,
    )
    return [*demands_of("KAZ", 2024), *demands_of("CHN", 2024)]


def one_demand(text: str) -> "Demand":
    """A demand written as FROM;TO;CARGO;TONNES."""
    from equidistance.corridors.demands import Demand
    from equidistance.corridors.schema import CARGOES

    parts = [part.strip() for part in text.split(";")]
    if len(parts) != 4 or parts[2] not in CARGOES or _positive(parts[3]) is None:
        raise InvalidRequest(f"--route {text!r} is not FROM;TO;CARGO;TONNES.", choices=CARGOES)
    return Demand(parts[0], parts[1], parts[2], _positive(parts[3]) or 0.0)


def more_capacity(text: str) -> tuple[str, float]:
    """Capacity written as NAME=MT."""
    name, _, amount = text.rpartition("=")
    value = _positive(amount)
    if not name or value is None:
        raise InvalidRequest(f"--more {text!r} is not NAME=MT.", hint="For example: --more 'Aktau - Alat=2'.")
    return name.strip(), value


def added_line(text: str, grid: "Network") -> "tuple[Place, Place, float]":
    """A railway written as FROM;TO;KM."""
    parts = [part.strip() for part in text.split(";")]
    km = _positive(parts[-1])
    if len(parts) != 3 or km is None:
        raise InvalidRequest(
            f"--line {text!r} is not FROM;TO;KM.", hint="For example: --line 'Rasht;Astara (Iran);164'."
        )
    return grid.place(parts[0]), grid.place(parts[1]), km


def _positive(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if 0 < value < 1e12 else None
