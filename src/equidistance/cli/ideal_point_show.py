"""What the terminal shows of ideal points: tables by session, by issue, by vote; and the names asked for."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from equidistance.errors import InvalidRequest
from equidistance.printable import printable

if TYPE_CHECKING:
    from equidistance.assessment.ideal_points import IdealPoints
    from equidistance.assessment.ideal_points_plane import IdealPlane
    from equidistance.tables import Table


def names(given: Sequence[str] | None) -> list[str]:
    """Names from repeated options, each a list with commas; each once."""
    parts = [part.strip() for text in given or () for part in text.split(",")]
    if not all(parts):
        raise InvalidRequest("A name in a list of states is empty.", choices=("KAZ", "KAZ,RUS"))
    return list(dict.fromkeys(parts))


def default_states() -> list[str]:
    """The default powers that vote: a bloc does not."""
    from equidistance.assessment.reference import DEFAULT_POWERS
    from equidistance.ground.blocs import Bloc, resolve_power

    return [code for code in DEFAULT_POWERS if not isinstance(resolve_power(code), Bloc)]


def with_position(points: "IdealPoints | IdealPlane", codes: Sequence[str]) -> list[str]:
    """Those of the default states that voted; a filter may leave some out."""
    from contextlib import suppress

    found = []
    for code in codes:
        with suppress(InvalidRequest):
            points.of([code])
            found.append(code)
    return found


def show(
    points: "IdealPoints", states: Sequence[str], more: dict[str, "Table"], notes: Sequence[str]
) -> None:
    """Positions by session, what was asked for besides, notes and sources."""
    from equidistance.cli.show import grid
    from equidistance.cli.terminal import console, safe

    out = console()
    out.print(f"[bold]{safe(points.headline)}[/bold]\n")
    if states:
        cells = {
            (row["session"], name): _interval(row, "+")
            for name in points.lines(states)
            for row in points.of([points.lines(states)[name].code])
        }
        _by_session("Position: mean (90% interval)", list(points.lines(states)), cells)
    for state, rows in _grouped(more.get("distances")).items():
        out.print()
        cells = {(row["session"], row["power"]): _interval(row, "") for row in rows}
        powers = list(dict.fromkeys(row["power"] for row in rows))
        _by_session(f"Distance of {state}: mean (90% interval)", powers, cells)
    for state, rows in _grouped(more.get("issues")).items():
        out.print()
        _by_subject(state, rows)
    if "pivotal" in more:
        out.print()
        grid(
            "Votes that moved a position most",
            ["State", "Date", "Resolution", "Title", "Vote", "Moved"],
            [
                [
                    row["state"],
                    row["date"],
                    row["resolution"] or row["roll_call"],
                    printable(row["title"] or "", 90),
                    row["vote"],
                    f"{row['moved']:+.3f}",
                ]
                for row in more["pivotal"]
            ],
            ["left", "left", "left", "left", "left", "right"],
        )
    _show_notes(notes, points.sources)


def show_plane(plane: "IdealPlane", states: Sequence[str], more: "dict[str, Table]") -> None:
    """Both coordinates by session, distances in the plane, notes and sources."""
    from equidistance.cli.terminal import console, safe

    out = console()
    out.print(f"[bold]{safe(plane.headline)}[/bold]\n")
    cells: dict[tuple[int, str], str] = {}
    for name in states:
        both: dict[int, list[str]] = {}
        for row in plane.of([name]):
            both.setdefault(row["session"], []).append(f"{row['mean']:+.2f}")
        cells |= {(session, name): " / ".join(pair) for session, pair in both.items()}
    _by_session("Position: first / second axis", list(states), cells)
    for state, rows in _grouped(more.get("distances")).items():
        out.print()
        cells = {(row["session"], row["power"]): _interval(row, "") for row in rows}
        powers = list(dict.fromkeys(row["power"] for row in rows))
        _by_session(f"Distance of {state} in the plane: mean (90% interval)", powers, cells)
    _show_notes(plane.notes, plane.sources)


def _show_notes(notes: Sequence[str], sources: "Table") -> None:
    from equidistance.cli.terminal import console, safe

    out = console()
    out.print()
    for note in notes:
        out.print(f"Note: {safe(note)}")
    cited: dict[str, list[str]] = {}
    for source in sources:
        text = f"{source['citation']} ({source['licence']})" if source["citation"] else "a table of votes"
        cited.setdefault(text, []).append(f"{source['source_id']} ({source['n']:,} votes)")
    for text, versions in cited.items():
        out.print(f"{safe(', '.join(versions))}: {safe(text)}")


def _by_session(title: str, columns: Sequence[str], cells: dict[tuple[int, str], str]) -> None:
    from equidistance.cli.show import grid

    sessions = sorted({session for session, _ in cells})
    rows = [
        [session, 1945 + session, *(cells.get((session, name), "-") for name in columns)]
        for session in sessions
    ]
    grid(title, ["Session", "Opened", *columns], rows, ["right"] * (len(columns) + 2))


def _by_subject(state: str, rows: Sequence[dict[str, Any]]) -> None:
    from equidistance.cli.show import grid

    powers = list(dict.fromkeys(row["power"] for row in rows))
    issues = dict.fromkeys(row["issue"] for row in rows)
    lines = []
    for issue in issues:
        mine = {row["power"]: row for row in rows if row["issue"] == issue}
        near = max(mine.values(), key=lambda row: row["p_nearest"])
        years = f"{near['first_year']}-{near['last_year']}"
        cells = [_interval(mine[power], "") for power in powers]
        lines.append([issue, years, near["n"], *cells, f"{near['power']} ({near['p_nearest']:.0%})"])
    grid(
        f"Distance of {state} by issue: mean over sessions (90% interval), in each issue's own unit",
        ["Issue", "Opened", "Votes", *powers, "Nearest"],
        lines,
        ["left" if place in (0, 1, len(powers) + 3) else "right" for place in range(len(powers) + 4)],
    )


def _grouped(table: "Table | None") -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for row in table or ():
        found.setdefault(row["state"], []).append(row)
    return found


def _interval(row: dict[str, Any], sign: str) -> str:
    form = f"{sign}.2f"
    return f"{row['mean']:{form}} ({row['q05']:{form}}, {row['q95']:{form}})"
