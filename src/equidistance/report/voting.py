"""A voting record as one HTML file that opens offline: charts with their tables, sides taken, divergent votes."""

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from equidistance.figures import theme, voting, words
from equidistance.printable import printable
from equidistance.report import page, vega
from equidistance.report.page import Section
from equidistance.report.twins import NONE, Twin
from equidistance.tables import Table

if TYPE_CHECKING:
    from equidistance.figures.rows import Named

MOST_DIVERGENT = 200
"""Divergent votes on the page; the JSON and CSV formats have all."""


class Recorded(Protocol):
    """What the page reads of a voting record; the columns are those of its tables' docs."""

    @property
    def state(self) -> "Named": ...  # noqa: D102
    @property
    def power(self) -> "Named": ...  # noqa: D102
    @property
    def by(self) -> str: ...  # noqa: D102
    @property
    def start(self) -> date: ...  # noqa: D102
    @property
    def end(self) -> date: ...  # noqa: D102
    @property
    def headline(self) -> str: ...  # noqa: D102
    @property
    def notes(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def settings(self) -> dict[str, Any]: ...  # noqa: D102
    @property
    def tables(self) -> dict[str, Table]: ...  # noqa: D102
    @property
    def sources(self) -> Table: ...  # noqa: D102


def write(record: Recorded, path: str | Path) -> Path:
    """Write the page; at any moment the file is the old one or the whole new one.

    Raises:
        OSError: the directory cannot be written.
    """
    target = Path(path)
    vega.write_whole(target, render(record))
    return target


def render(record: Recorded) -> str:
    """The page as HTML text; its policy forbids all requests, and only the two scripts it carries may run."""
    both = f"{record.state.name} and {record.power.name}"
    return page.render(
        page.Page(
            title=f"{both} in the UN General Assembly",
            kicker=f"{both} · votes of the UN General Assembly · {record.start} to {record.end}",
            headline=record.headline,
            notes=record.notes,
            figures=[_over_time(record), _matrix(record)],
            tables=[*_sides(record), _divergent(record)],
            sources=record.sources,
            settings=record.settings,
        )
    )


def _over_time(record: Recorded) -> Section:
    sessions = record.tables["sessions"]
    spec = theme.specification(voting.over_time(sessions), validate=False)
    still = theme.specification(voting.over_time(sessions, interactive=False), validate=False)
    caption = _caption(record)
    rows = tuple(
        (
            _period(row),
            str(row["n"]),
            *(_number(row[name]) for name in ("agreement", "coincidence", "cosine")),
        )
        for row in sessions
    )
    header = (record.by.capitalize(), "Votes", "Agreement", "Identical", "Cosine")
    return Section(
        "agreement",
        f"Agreement by {record.by}",
        caption.subtitle.partition(" Matrix:")[0] + " Cosine: yes 1, abstain 0, no −1.",
        Twin(f"Agreement by {record.by}", header, rows),
        vega.still(still),
        vega.json_inside_script(spec),
        caption.description,
    )


def _matrix(record: Recorded) -> Section:
    matrix = record.tables["matrix"]
    cells = {(row["vote_state"], row["vote_power"]): f"{row['n']:,}" for row in matrix}
    cast = list(dict.fromkeys(vote for vote, _ in cells))
    mine, theirs = record.state.name, record.power.name
    return Section(
        "matrix",
        "Which vote met which",
        f"Roll calls by the votes of {words.the(mine)} (down) and {words.the(theirs)} (across).",
        Twin(
            f"{mine} (down), {theirs} (across)",
            ("", *cast),
            tuple((vote, *(cells[vote, other] for other in cast)) for vote in cast),
        ),
        vega.still(
            theme.specification(voting.matrix_chart(matrix, mine, theirs, interactive=False), validate=False)
        ),
        description=_caption(record).description.rpartition("Matrix")[2],
    )


def _sides(record: Recorded) -> list[Section]:
    sections = []
    for pair in record.tables["sides_total"]:
        one, other = pair["a"], pair["b"]
        rows = [row for row in record.tables["sides"] if (row["a"], row["b"]) == (one, other)]
        header = (record.by.capitalize(), "Votes", f"As {one}", f"As {other}", "Abstained", "Absent")
        sections.append(
            Section(
                f"sides-{one}-{other}",
                f"Between {one} and {other}",
                f"With whom {words.the(record.state.name)} votes where one of the two says yes and the other no; "
                f"share with {one} among the votes that take a side, with its 90% Wilson score interval.",
                Twin(
                    f"Sides taken by {record.by}",
                    (*header, f"Share of {one}"),
                    (*((_period(row), *_side(row)) for row in rows), ("all", *_side(pair))),
                ),
            )
        )
    return sections


def _divergent(record: Recorded) -> Section:
    table = record.tables["divergent"]
    head = table.arrow.slice(0, MOST_DIVERGENT).to_pylist()
    return Section(
        "divergent",
        "Divergent votes",
        f"{len(head):,} of {len(table):,}: yes against no first; within each kind those in which such a difference was "
        "least likely between two members drawn from those that voted.",
        Twin(
            "Divergent votes",
            ("Resolution", record.state.code, record.power.code, "Yes–abstain–no", "Date", "Title"),
            tuple(
                (
                    row["resolution"] or row["roll_call"],
                    row["vote_state"],
                    row["vote_power"],
                    f"{row['yes']}–{row['abstain']}–{row['no']}",
                    row["date"].isoformat(),
                    printable(row["title"] or NONE, 140),
                )
                for row in head
            ),
            prose="Title",
        ),
    )


def _caption(record: Recorded) -> theme.Caption:
    tables = record.tables
    return voting.caption(
        tables["sessions"], tables["matrix"], record.state.name, record.power.name, record.headline
    )


def _side(row: dict[str, Any]) -> tuple[str, ...]:
    counts = (str(row[name]) for name in ("n", "with_a", "with_b", "abstained", "absent"))
    if row["share_a"] is None:
        return (*counts, NONE)
    return (*counts, f"{row['share_a']:.2f} ({row['q05']:.2f}, {row['q95']:.2f})")


def _period(row: dict[str, Any]) -> str:
    return str(row["year"]) if row["session"] is None else f"{row['session']} ({row['year']})"


def _number(value: float | None) -> str:
    return NONE if value is None else f"{value:.2f}"
