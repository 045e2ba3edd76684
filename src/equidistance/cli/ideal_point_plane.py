"""The command about ideal points with ``--dimensions 2``: tables of a plane."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from equidistance.cli.ideal_point_show import default_states, names, show_plane, with_position
from equidistance.cli.options import Format
from equidistance.cli.terminal import terminal_safe
from equidistance.printable import printable

_COLUMNS = ["state", "session", "year", "dimension", "mean", "sd", "q05", "q95"]
"""Columns of the positions as CSV, a promise to scripts."""


def plane_command(
    filters: dict[str, Any],
    matches: Path | None,
    polarity: str | None,
    store_path: Path | None,
    chosen: Sequence[str],
    powers: Sequence[str],
    table: str,
    out: Path | None,
    output: Format,
) -> None:
    """The same in two dimensions: tables."""
    from equidistance.assessment.ideal_points_plane import AXES, ideal_plane
    from equidistance.cli.terminal import progress
    from equidistance.tables import Table, plain_rows
    from equidistance.writing import whole

    axes = names([polarity]) if polarity else AXES
    with progress() as report:
        plane = ideal_plane(**filters, matches=matches, axes=axes, store=store_path, progress=report)
    shown = plane.of(chosen) if chosen else plane.positions
    more: dict[str, Table] = {}
    if powers:
        import pyarrow as pa

        parts = [plane.distances(name, powers) for name in chosen]
        more["distances"] = Table(
            "distances", pa.concat_tables([part.arrow for part in parts]), parts[0].columns
        )
    listed = plane.tables | more | {"positions": Table("positions", shown.arrow.select(_COLUMNS))}
    as_json = json.dumps(
        plane.to_dict(chosen) | {name: plain_rows(one) for name, one in more.items()},
        ensure_ascii=False,
        allow_nan=False,
    )
    if out is not None:
        with whole(out) as part:
            text = as_json + "\n" if out.suffix == ".json" else listed[table].to_csv()
            part.write_text(text, encoding="utf-8")
        print(f"Written: {printable(str(out))}", file=sys.stderr)
    if output == "json":
        print(terminal_safe(as_json))
    elif output == "csv":
        print(terminal_safe(listed[table].to_csv()), end="")
    else:
        show_plane(plane, chosen or with_position(plane, default_states()), more)
