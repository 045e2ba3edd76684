"""Why an estimate is what it is: an exact split into what each indicator, and each observation, contributed.

Given the shared parameters and the weights of the Student-t variables the smoother is linear in the data, and the
posterior is a mixture over draws of these. So every posterior mean is the prior mean plus one term for each
observation, its mean over the draws. The terms sum to the estimate; nothing is approximated.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from equidistance.assessment.assess import Assessment, assess
from equidistance.assessment.estimates import ESTIMATE_COLUMNS
from equidistance.assessment.result_tables import WEIGHTS
from equidistance.errors import InvalidRequest, UnknownName
from equidistance.ground.blocs import resolve_power
from equidistance.ground.time import parse_month
from equidistance.models import alignment, ensemble
from equidistance.tables import Table

PRIOR = "(prior)"
"""Name of the part of the estimate that holds before any evidence is seen."""


@dataclass(frozen=True)
class Explanation:
    """What carries one estimate.

    Attributes:
        state, power: codes.
        start, end: first and last month averaged.
        channel: deed, word or overall.
        estimate: the posterior mean, standard deviations.
        indicators: indicator -> contribution, observations, records; the contributions sum to the estimate.
        records: one row for each observation, largest contribution first, with its value, error and source version.
        sources: the source versions named in ``records``.
        sentence: the split in words.
    """

    state: str
    power: str
    start: date
    end: date
    channel: str
    estimate: float
    indicators: Table
    records: Table
    sources: Table
    sentence: str


def why(
    state: str,
    power: str,
    when: str | int | date,
    *,
    channel: str = "overall",
    assessment: Assessment | None = None,
    **options: object,
) -> Explanation:
    """Take an alignment apart into the contributions of indicators and observations.

    Args:
        state: a state's name or code.
        power: a power's name or code.
        when: a year (its months are averaged) or a month.
        channel: deed, word or overall.
        assessment: an assessment of the state with that power; made with ``options`` when not given.
        options: passed to :func:`equidistance.assessment.assess.assess`.

    Raises:
        UnknownName: the channel is not known.
        InvalidRequest: the estimate does not exist at that time.
    """
    if channel not in WEIGHTS:
        raise UnknownName(f"There is no channel {channel!r}.", choices=list(WEIGHTS))
    if assessment is None:
        assessment = assess(state, [power], **options)  # type: ignore[arg-type]
    inputs = assessment.model
    if inputs is None:
        raise InvalidRequest("This assessment was loaded without its inputs.", hint="Call assess() again.")
    codes = [one.code for one in assessment.powers]
    wanted = resolve_power(power)
    if wanted.code not in codes:
        raise InvalidRequest(f"{wanted.name} is not in this assessment.", choices=codes)
    p = codes.index(wanted.code)
    months = _months(when)
    grid = inputs.grid
    positions = [t for t in range(grid.months) if grid.date_of(t) in months and inputs.available[t, p]]
    if not positions:
        raise InvalidRequest(
            f"There is no estimate of {assessment.state.name} and {wanted.name} in {when}.",
            choices=[f"{assessment.start:%Y-%m} to {assessment.end:%Y-%m}"],
        )
    observations = inputs.observations.select(slice(p, p + 1))
    slots = alignment.observed_slots(observations)
    functional = np.zeros((grid.months, len(WEIGHTS[channel])))
    functional[positions] = np.array(WEIGHTS[channel]) / len(positions)
    members = inputs.ensemble.dyad(inputs.observations, p)
    parts, prior = ensemble.loads(inputs.layout, observations, members, functional)
    share = np.append(parts, prior)
    return _explanation(assessment, p, positions, channel, slots, share)


def _months(when: str | int | date) -> set[date]:
    first = parse_month(when)
    if isinstance(when, int) or (isinstance(when, str) and len(when.strip()) == 4):
        return {date(first.year, month, 1) for month in range(1, 13)}
    return {first}


def _explanation(
    assessment: Assessment,
    p: int,
    positions: list[int],
    channel: str,
    slots: NDArray[np.int64],
    share: NDArray[np.float64],
) -> Explanation:
    inputs = assessment.model
    assert inputs is not None
    grid, power = inputs.grid, assessment.powers[p]
    t, k = slots[:, 0], slots[:, 1]
    rows = inputs.rows.take(pa.array(grid.row[k, t, p]))
    declared = [grid.indicators[i] for i in k]
    records = pa.table(
        {
            "indicator": pa.array([one.name for one in declared], pa.string()),
            "title": pa.array([one.title for one in declared], pa.string()),
            "channel": pa.array([one.channel for one in declared], pa.string()),
            "period": rows["period"],
            "freq": rows["freq"],
            "value": rows["value"],
            "se": rows["se"],
            "expected": inputs.parameters.intercept[k],
            "contribution": share[:-1],
            "n": rows["n"],
            "source_id": rows["source_id"],
        }
    )
    total = float(share.sum())
    order = np.argsort(-np.abs(share[:-1]), kind="stable")
    indicators = _by_indicator(records, float(share[-1]))
    sources = assessment.sources.arrow
    used = pc.is_in(sources["source_id"], value_set=pc.unique(rows["source_id"]))
    start, end = grid.date_of(positions[0]), grid.date_of(positions[-1])
    return Explanation(
        state=assessment.state.code,
        power=power.code,
        start=start,
        end=end,
        channel=channel,
        estimate=total,
        indicators=indicators,
        records=Table("records", records.take(pa.array(order)), _UNITS),
        sources=Table("sources", sources.filter(used)),
        sentence=_sentence(assessment.state.name, power.name, channel, start, end, total, indicators),
    )


def _by_indicator(records: pa.Table, prior: float) -> Table:
    grouped = records.group_by(["indicator", "title", "channel"]).aggregate(
        [("contribution", "sum"), ("contribution", "count"), ("n", "sum")]
    )
    grouped = grouped.rename_columns(
        ["indicator", "title", "channel", "contribution", "observations", "records"]
    )
    last = pa.table(
        {
            "indicator": [PRIOR],
            "title": ["What the model expects before any evidence"],
            "channel": [""],
            "contribution": [prior],
            "observations": [0],
            "records": [0],
        },
        schema=grouped.schema,
    )
    whole = pa.concat_tables([grouped, last])
    order = np.argsort(-np.abs(whole["contribution"].to_numpy()), kind="stable")
    return Table("indicators", whole.take(pa.array(order)), _UNITS)


_UNITS = {
    "contribution": "standard deviations; the contributions sum to the estimate",
    "value": "on the indicator's link scale",
    "se": "standard error that the source implies",
    "expected": "the indicator's value at alignment 0",
    "n": "raw records behind the observation",
    "records": "raw records",
    "mean": ESTIMATE_COLUMNS["mean"],
}


def _sentence(
    state: str, power: str, channel: str, start: date, end: date, total: float, indicators: Table
) -> str:
    named = [row for row in indicators if row["indicator"] != PRIOR][:3]
    parts = ", ".join(f"{row['title']} ({row['contribution']:+.2f})" for row in named)
    period = f"{start:%Y-%m}" if start == end else f"{start:%Y-%m} to {end:%Y-%m}"
    basis = {"overall": "overall", "deed": "in deeds", "word": "in words"}[channel]
    return (
        f"{state}'s alignment with {power}, {basis}, {period}: {total:+.2f} standard deviations, "
        f"carried most by {parts or 'the prior alone'}."
    )
