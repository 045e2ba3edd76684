"""The one picture that answers the first two questions: alignment per power, and equidistance."""

from typing import TYPE_CHECKING

from equidistance.figures import alignment, equidistance, theme
from equidistance.figures.rows import Assessed

if TYPE_CHECKING:
    import altair as alt


def overview(assessment: Assessed, *, interactive: bool = True) -> "alt.TopLevelMixin":
    """Alignment of the state with each power in deeds and words, and its equidistance below.

    Args:
        assessment: any object with the tables of an assessment.
        interactive: whether to add tooltips (leave out for pictures).
    """
    import altair as alt

    state = assessment.state.name
    top = alignment.chart(assessment.alignment, assessment.evidence, interactive=interactive)
    caption = equidistance.caption(assessment.equidistance, state)
    below = equidistance.chart(assessment.equidistance, width=830, height=140, interactive=False)
    data = {**top.datasets, **below.datasets}
    for part in (top, below):
        part.config = part.datasets = alt.Undefined
    below = below.properties(title=alt.Title(caption.title, fontSize=14, subtitle=caption.subtitle))
    return theme.finish(alt.vconcat(top, below), data, alignment.caption(assessment.alignment, state))
