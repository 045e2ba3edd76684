"""The command about ideal points in the UN General Assembly. It calls one library function."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from equidistance.cli.ideal_point_show import default_states, names, show, with_position
from equidistance.cli.options import (
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
    chosen, powers = names(state), names(distance_to)
    for name in (*chosen, *powers):  # a wrong name is said before the work
        voter_named(name)
    _refuse_without_state(chosen, bool(powers), pivotal, by_issue, table)
    if by_issue and (issue or important_only):
        raise InvalidRequest(
            "--by-issue fits every issue.", hint="Leave --issue and --important-only out, or --by-issue."
        )
    shown = chosen or default_states()
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
        from equidistance.cli.ideal_point_plane import plane_command

        plane_command(filters, matches, polarity, store_path, chosen, powers, table, out, output)
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
            shown = with_position(points, shown)
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
        show(points, shown, more, notes)


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
