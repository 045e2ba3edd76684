"""The commands about the network behind routes: corridor places, corridor build."""

from pathlib import Path
from typing import Annotated

import typer

from equidistance.cli.corridor_options import NetworkOption, given_network
from equidistance.cli.data_commands import show
from equidistance.cli.options import TableFormat
from equidistance.errors import InvalidRequest


def places(
    pattern: Annotated[
        str, typer.Argument(help="Part of a name; all places on the network, if none is given.")
    ] = "",
    output: TableFormat = "table",
    network: NetworkOption = None,
) -> None:
    """List the places that routes can start, end and pass at."""
    import pyarrow as pa

    from equidistance.corridors.network import load
    from equidistance.tables import Table

    grid = given_network(network) or load()
    found = [
        {
            "name": row["name"],
            "state": row["state"],
            "lat": row["lat"] / 1e4,
            "lon": row["lon"] / 1e4,
            "also": row["aliases"].replace(";", "; "),
            "layers": ", ".join(sorted({str(grid.layer[n]) for n in row["nodes"]})),
        }
        for row in grid.place_table.to_pylist()
        if row["nodes"] and pattern.casefold() in f"{row['name']};{row['aliases']}".casefold()
    ]
    if not found:
        raise InvalidRequest(
            f"No place on the network has {pattern!r} in its name.", hint="Try fewer letters."
        )
    show(Table("Places", pa.Table.from_pylist(found)), output, ("name", "state", "lat", "lon", "layers"))


def build(
    source: Annotated[Path, typer.Option("--from", help="Directory with the source files.")],
    target: Annotated[
        Path | None, typer.Option("--to", help="Where to write the network (default: into the package).")
    ] = None,
) -> None:
    """Build the network from Natural Earth, sea lanes, ports and the curated tables (needs the network extra)."""
    from equidistance.cli.terminal import progress
    from equidistance.corridors.build import build as make
    from equidistance.corridors.curated import DATA

    where = target or DATA
    with progress() as report:
        manifest = make(source, where, report)
    size = sum((where / name).stat().st_size for name in manifest["files"])
    rows = manifest["rows"]
    print(
        f"{rows['edges']} edges, {rows['nodes']} nodes, {rows['places']} places, {size / 1e6:.1f} MB, in {where}"
    )
    for check in manifest["length_checks"]:
        stops = ", ".join(check["stops"])
        print(
            f"{check['state']}: {stops}: {check['drawn_km']} km drawn, {check['published_km']} published: "
            f"factor {check['factor']}"
        )
