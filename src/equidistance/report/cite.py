"""How to cite an assessment, and the README that goes with its downloads."""

from equidistance.figures.rows import Assessed
from equidistance.figures.words import listed

_LATEX = str.maketrans(
    {c: f"\\{c}" for c in "&%$#_{}"}
    | {"\\": "\\textbackslash{}", "~": "\\textasciitilde{}", "^": "\\textasciicircum{}"}
)


def title(assessment: Assessed) -> str:
    """The report's title, as cited."""
    return f"{assessment.state.name}: alignment with {listed([power.name for power in assessment.powers])}"


def text(assessment: Assessed) -> str:
    """The citation as one line."""
    return (
        f"equidistance {assessment.version}. {title(assessment)}, {assessment.start:%B %Y} to "
        f"{assessment.end:%B %Y} [report]. Made with the open-source software equidistance from the sources "
        "listed in it."
    )


def bibtex(assessment: Assessed) -> str:
    """The citation as a BibTeX entry."""
    return "\n".join(
        (
            f"@misc{{equidistance-{assessment.state.code}-{assessment.end:%Y-%m},",
            "  author = {{The equidistance developers}},",
            f"  title = {{{title(assessment).translate(_LATEX)}}},",
            f"  note = {{Report of the software equidistance, version {assessment.version}, "
            f"on the months {assessment.start:%Y-%m} to {assessment.end:%Y-%m}}}",
            "}",
        )
    )


def readme(assessment: Assessed) -> str:
    """What goes with the CSV files: columns and units, licence, citation, caveats."""
    tables = (
        assessment.alignment,
        assessment.orientation,
        assessment.equidistance,
        assessment.drift,
        assessment.gap,
        assessment.breaks,
        assessment.exposure,
        assessment.exposure_kinds,
        assessment.evidence,
        assessment.sources,
    )
    columns = [
        f"{assessment.state.code}-{table.name}.csv\n"
        + "\n".join(
            f"  {name}: {table.columns.get(name, 'see the report')}" for name in table.arrow.column_names
        )
        for table in tables
    ]
    sources = [f"- {row['citation']} Licence: {row['licence']}." for row in assessment.sources]
    return "\n\n".join(
        (
            f"{title(assessment)}\nData of the report made with equidistance {assessment.version}",
            "FILES (numbers rounded to five decimals; text that a spreadsheet would run starts with a quote)",
            *columns,
            "HOW TO CITE\n" + text(assessment),
            "LICENCE\n" + LICENCE,
            "SOURCES\n" + "\n".join(sources),
            "CAVEATS\n" + "\n".join(f"- {sentence}" for sentence in (*assessment.notes, *LIMITS)),
        )
    )


LICENCE = (
    "The software is free under the Apache License 2.0. The estimates are derived from the sources listed "
    "here; where a source sets terms for derived numbers, those terms apply."
)

METHOD = (
    "Each indicator turns records of one source into a value per state, power and month or year, with the "
    "standard error that the source implies.",
    "Two hidden quantities per state and power, closeness in deeds and closeness in words, move from month "
    "to month as a random walk whose steps have heavy tails, so that it can jump.",
    "Each indicator observes one of the two, with its own level, loading, noise, and a component of its own "
    "that this state and power show on it, which may wander and jump too.",
    "These parameters are shared by all states and powers and estimated by maximum likelihood (EM); "
    "smoothers over draws of them and of the jumps give each path with its uncertainty, and a month without "
    "evidence only widens it.",
    "Both quantities are scaled to mean 0 and variance 1 over all states, powers and months, so +1 is one "
    "standard deviation of how close the world's states stand to the powers.",
    "Orientation is the softmax of alignment (words and deeds together unless the settings name a channel) "
    "over the powers listed, equidistance its entropy divided by the largest possible; both, and drift, are "
    "computed on draws from the joint posterior.",
)
"""The model in six sentences."""

LIMITS = (
    "Evidence is uneven: an interval says how sure the model is given its indicators, not whether they see "
    "all that counts.",
    "Machine-coded events are reports, not events; what is reported much is not what happens much.",
    "Orientation and equidistance depend on which powers are listed; another list gives other shares.",
    "A power's share rises when others fall: shares say who is closer than whom, alignment says how close.",
    "An estimate for the past uses later evidence too; it is not what could have been known at the time.",
)
"""What a reader must not take from the numbers."""
