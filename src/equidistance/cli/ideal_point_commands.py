"""The command about ideal points in the UN General Assembly. It calls one library function."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from equidistance.cli.options import (
    Format,
    ImportantOnly,
    Issue,
    OwnStore,
    TableFormat,
    VotesOut,
    VotesSince,
    VotesUntil,
)
from equidistance.cli.terminal import terminal_safe
from equidistance.errors import InvalidRequest
from equidistance.printable import printable

if TYPE_CHECKING:
    from equidistance.assessment.ideal_points import IdealPoints
    from equidistance.assessment.ideal_points_plane import IdealPlane
    from equidistance.tables import Table

_ENDINGS = (".png", ".svg", ".html", ".json", ".csv")
_COLUMNS = ["state", "session", "year", "mean", "sd", "q05", "q95"]
"""Columns of the positions as CSV, a promise to scripts."""


def register(app: typer.Typer) -> None:
    """Add the command of this module to the application."""
    app.command("ideal-points")(ideal_points)


def ideal_points(
    state: Annotated[
        list[str] | None,
        typer.Option(
            help="States to show, comma-separated or repeated (default: RUS, CHN, USA, GBR, TUR; JSON and CSV: all)."
        ),
    ] = None,
    issue: Issue = None,
    since: VotesSince = None,
    until: VotesUntil = None,
    important_only: ImportantOnly = False,
    method: Annotated[
        Literal["fast", "published", "posterior"],
        typer.Option(
            help="fast: seconds; published: the authors' sampler, a quarter of an hour; posterior: draws, minutes."
        ),
    ] = "fast",
    matches: Annotated[
        Path | None,
        typer.Option(
            help="CSV file of roll calls that repeat each other (rcid1, rcid2); by title if not given."
        ),
    ] = None,
    polarity: Annotated[
        str | None,
        typer.Option(
            help="The state whose mean position is positive (USA); in two dimensions two states (USA,RUS): the first "
            "axis runs through the first, on the second the other is positive."
        ),
    ] = None,
    dimensions: Annotated[
        int, typer.Option(min=1, max=2, help="One line, or a plane (method fast; tables, no picture).")
    ] = 1,
    sweeps: Annotated[
        int | None,
        typer.Option(help="Sweeps kept by a sampling method (published: 20,000; posterior: 3,000 a chain)."),
    ] = None,
    burn: Annotated[
        int | None, typer.Option(help="Sweeps thrown away before (published: 4,000; posterior: 600).")
    ] = None,
    chains: Annotated[int, typer.Option(help="Chains of the method posterior.")] = 2,
    seed: Annotated[int, typer.Option(help="Seed of the sampling methods.")] = 1,
    distance_to: Annotated[
        list[str] | None,
        typer.Option(
            help="Powers, comma-separated: the distance of each --state to them, session by session, with intervals."
        ),
    ] = None,
    pivotal: Annotated[
        int, typer.Option(min=0, max=1000, help="How many votes that moved each --state most are listed.")
    ] = 0,
    by_issue: Annotated[
        bool,
        typer.Option(
            "--by-issue",
            help="Also fit each issue alone: which power of --distance-to stands nearest on which subject?",
        ),
    ] = False,
    table: Annotated[
        Literal[
            "positions",
            "items",
            "diagnostics",
            "distances",
            "issues",
            "pivotal",
            "predicted",
            "draws",
            "sources",
        ],
        typer.Option(help="Which table CSV holds."),
    ] = "positions",
    out: VotesOut = None,
    output: TableFormat = "table",
    store_path: OwnStore = None,
) -> None:
    """Place all states on one line by their votes in the UN General Assembly, session by session.

    Example: equidistance ideal-points --state KAZ,RUS,CHN,USA --since 1992 --out ideal-points.png
    """
    from equidistance.assessment.ideal_points import ideal_points as run
    from equidistance.assessment.ideal_points_result import refuse_crowd
    from equidistance.assessment.voting_request import voter_named
    from equidistance.cli.terminal import progress, refuse_unwritable

    if out is not None:
        refuse_unwritable(out, _ENDINGS)
    chosen, powers = _names(state), _names(distance_to)
    for name in (*chosen, *powers):  # a wrong name is said before the work
        voter_named(name)
    _refuse_without_state(chosen, bool(powers), pivotal, by_issue, table)
    if by_issue and (issue or important_only):
        raise InvalidRequest(
            "--by-issue fits every issue.", hint="Leave --issue and --important-only out, or --by-issue."
        )
    shown = chosen or _default_states()
    if dimensions == 2:
        given = {
            "--method": method != "fast",
            "--pivotal": pivotal,
            "--by-issue": by_issue,
            "--chains": chains != 2,
        }
        given |= {"--sweeps": sweeps is not None, "--burn": burn is not None}
        given |= {f"--table {table}": table not in ("positions", "items", "distances", "sources")}
        given |= {f"--out {out}": out is not None and out.suffix not in (".json", ".csv")}
        if clash := [option for option, asked in given.items() if asked]:
            raise InvalidRequest(
                f"In two dimensions there is no {printable(clash[0])}.", hint="Leave it or --dimensions out."
            )
        filters = {"issue": issue, "since": since, "until": until, "important_only": important_only}
        _plane(filters, matches, polarity, store_path, chosen, powers, table, out, output)
        return
    polarity = polarity or "USA"
    if out is not None and out.suffix in (".png", ".svg", ".html"):
        refuse_crowd(shown)
    with progress() as report:
        points = run(
            method=method,
            issue=issue,
            since=since,
            until=until,
            important_only=important_only,
            matches=matches,
            polarity=polarity,
            sweeps=sweeps,
            burn=burn,
            chains=chains,
            seed=seed,
            store=store_path,
            progress=report,
        )
        points.lines(chosen)  # a state without a position is said before anything is printed
        if not chosen:
            shown = _with_position(points, shown)
        more, notes = _derived(points, chosen, powers, pivotal), points.notes
        if table in ("predicted", "draws"):
            more |= _by_vote_or_draw(points, chosen, table)
        if by_issue:
            from equidistance.assessment.ideal_points_issues import issue_distances

            more["issues"], left_out = issue_distances(
                chosen, powers, since=since, until=until, polarity=polarity, store=store_path, progress=report
            )
            notes += left_out
        if out is not None:
            report(f"Writing {out}", 0, 0)
            _write(points, out, chosen, shown, powers, pivotal, more, table)
    if out is not None:
        print(f"Written: {printable(str(out))}", file=sys.stderr)
    if output == "json":
        print(terminal_safe(_json(points, chosen, more)))
    elif output == "csv":
        print(terminal_safe(_csv(points, chosen, more, table)), end="")
    else:
        _show(points, shown, more, notes)


def _plane(
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

    axes = _names([polarity]) if polarity else AXES
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
    columns = [*_COLUMNS[:3], "dimension", *_COLUMNS[3:]]
    listed = plane.tables | more | {"positions": Table("positions", shown.arrow.select(columns))}
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
        _show_plane(plane, chosen or _with_position(plane, _default_states()), more)


def _show_plane(plane: "IdealPlane", states: Sequence[str], more: "dict[str, Table]") -> None:
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


def _names(given: Sequence[str] | None) -> list[str]:
    """Names from repeated options, each a list with commas; each once."""
    parts = [part.strip() for text in given or () for part in text.split(",")]
    if not all(parts):
        raise InvalidRequest("A name in a list of states is empty.", choices=("KAZ", "KAZ,RUS"))
    return list(dict.fromkeys(parts))


def _refuse_without_state(
    chosen: Sequence[str], powers: bool, pivotal: int, by_issue: bool, table: str
) -> None:
    asked = {"--distance-to": powers, "--pivotal": pivotal, "--by-issue": by_issue}
    asked |= {f"--table {table}": True} if table in ("predicted", "draws") else {}
    for option, wanted in asked.items():
        if wanted and not chosen:
            raise InvalidRequest(f"{option} needs a state.", hint=f"Name one: --state KAZ {option} ...")
    if by_issue and not powers:
        raise InvalidRequest("--by-issue needs powers.", hint="Name some: --distance-to RUS,CHN,USA")
    made_by = {
        "distances": (powers, "--distance-to RUS,CHN"),
        "issues": (by_issue, "--distance-to RUS,CHN,USA --by-issue"),
        "pivotal": (pivotal, "--pivotal 20"),
    }
    wanted, option = made_by.get(table, (True, ""))
    if not wanted:
        raise InvalidRequest(f"There is no table {table} yet.", hint=f"Ask for it: --state KAZ {option}")


def _default_states() -> list[str]:
    """The default powers that vote: a bloc does not."""
    from equidistance.assessment.reference import DEFAULT_POWERS
    from equidistance.ground.blocs import Bloc, resolve_power

    return [code for code in DEFAULT_POWERS if not isinstance(resolve_power(code), Bloc)]


def _with_position(points: "IdealPoints | IdealPlane", codes: Sequence[str]) -> list[str]:
    """Those of the default states that voted; a filter may leave some out."""
    from contextlib import suppress

    found = []
    for code in codes:
        with suppress(InvalidRequest):
            points.of([code])
            found.append(code)
    return found


def _derived(
    points: "IdealPoints", states: Sequence[str], powers: Sequence[str], pivotal: int
) -> dict[str, "Table"]:
    """Distances and pivotal votes of all states asked for, each in one table."""
    import pyarrow as pa

    from equidistance.tables import Table

    found: dict[str, list[Table]] = {}
    if powers:
        found["distances"] = [points.distances(name, powers) for name in states]
    if pivotal:
        found["pivotal"] = [points.pivotal(name, pivotal) for name in states]
    return {
        name: Table(name, pa.concat_tables([part.arrow for part in parts]), parts[0].columns)
        for name, parts in found.items()
    }


def _by_vote_or_draw(points: "IdealPoints", states: Sequence[str], table: str) -> "dict[str, Table]":
    """Each vote's probabilities, or each draw of each position, of the states asked for."""
    import pyarrow as pa

    from equidistance.tables import Table

    if table == "predicted":
        parts = [points.predicted(name) for name in states]
        return {table: Table(table, pa.concat_tables([part.arrow for part in parts]), parts[0].columns)}
    return {table: points.drawn(states)}


def _csv(points: "IdealPoints", chosen: Sequence[str], more: dict[str, "Table"], table: str) -> str:
    from equidistance.tables import Table

    if table != "positions":
        return (points.tables | more)[table].to_csv()
    positions = points.of(chosen) if chosen else points.positions
    return Table("positions", positions.arrow.select(_COLUMNS)).to_csv()


def _json(points: "IdealPoints", chosen: Sequence[str], more: dict[str, "Table"]) -> str:
    from equidistance.tables import plain_rows

    content = points.to_dict(chosen) | {name: plain_rows(table) for name, table in more.items()}
    return json.dumps(content, ensure_ascii=False, allow_nan=False)


def _write(
    points: "IdealPoints",
    out: Path,
    chosen: Sequence[str],
    shown: Sequence[str],
    powers: Sequence[str],
    pivotal: int,
    more: dict[str, "Table"],
    table: str,
) -> None:
    from equidistance.writing import whole

    if out.suffix == ".html":
        points.report(out, shown, distance_to=powers, pivotal=pivotal)
    elif out.suffix in (".json", ".csv"):
        json_wanted = out.suffix == ".json"
        text = _json(points, chosen, more) + "\n" if json_wanted else _csv(points, chosen, more, table)
        with whole(out) as part:
            part.write_text(text, encoding="utf-8")
    else:
        from equidistance.figures import save

        save(points.plot(shown, interactive=False), out)


def _show(
    points: "IdealPoints", states: Sequence[str], more: dict[str, "Table"], notes: Sequence[str]
) -> None:
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
