"""Verdicts as text for the terminal."""

from typing import TYPE_CHECKING

from equidistance.cli.show import grid
from equidistance.cli.terminal import console, safe

if TYPE_CHECKING:
    from equidistance.claims.check import Checked
    from equidistance.claims.verdicts import Number, Record, Verdict

_SIGN = {1: "+", -1: "-", 0: " "}


def show_checked(checked: "Checked", details: bool) -> None:
    """The counts, then a row or a paragraph for each claim."""
    out = console()
    if checked.title:
        out.print(safe(checked.title))
    out.print(f"[bold]{safe(checked.headline)}[/bold]\n")
    if details:
        for i, verdict in enumerate(checked.verdicts):
            _show(i + 1, verdict)
    else:
        rows = [
            [
                str(i + 1),
                verdict.word,
                "" if verdict.probability is None else f"{verdict.probability:.2f}",
                verdict.claim.form,
                verdict.understood,
            ]
            for i, verdict in enumerate(checked.verdicts)
        ]
        grid(
            "Claims",
            ["No.", "Verdict", "P", "Form", "Understood as"],
            rows,
            ["left", "left", "right", "left", "left"],
        )
    for note in checked.notes:
        out.print(f"\nNote: {safe(note)}")
    if checked.verdicts and not details:
        out.print(
            "\nP: probability that the claim is right, where one was computed. More: --details, --out report.html"
        )


def _show(number: int, verdict: "Verdict") -> None:
    out = console()
    chance = "" if verdict.probability is None else f" (probability {verdict.probability:.2f})"
    out.print(f"[bold]{number}. {safe(verdict.word)}[/bold]{chance}: {safe(verdict.understood)}")
    out.print(f"   “{safe(verdict.claim.quote[:300])}”")
    out.print(f"   Because: {safe(verdict.because)}")
    for one in verdict.numbers:
        out.print(f"   Number: {safe(number_words(one))}")
    for record in verdict.records:
        out.print(f"   {_SIGN[record.says]} {safe(record_words(record))}")
    for text in verdict.missing:
        out.print(f"   Missing: {safe(text)}")
    for text in verdict.would_change:
        out.print(f"   Would change it: {safe(text)}")
    if verdict.error:
        out.print(f"   Could not be run: {safe(verdict.error)}")
    out.print()


def number_words(number: "Number") -> str:
    """A number with its interval."""
    interval = "" if number.low is None else f" ({number.low:,.4g} to {number.high:,.4g})"
    return f"{number.name}: {number.value:,.4g}{interval} {number.unit}".rstrip()


def record_words(record: "Record") -> str:
    """A record with its source."""
    grade = f", grade {record.grade}" if record.grade else ""
    where = f" {record.address}" if record.address else ""
    return f"{record.when}: {record.text} [{record.source}{grade}]{where}"
