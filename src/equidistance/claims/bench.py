"""The bench on which claims are tested: estimates, recorded acts, published numbers, shares and documents.

Everything a test of a claim may look at goes through here, so that a test can be run on other evidence, and so that the
text which makes a claim is never taken for evidence of it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from equidistance.assessment.reference import DEFAULT_POWERS, FIRST_YEAR
from equidistance.errors import InvalidRequest
from equidistance.evidence.store import Store, default_path
from equidistance.indicators.declare import all_indicators

if TYPE_CHECKING:
    from equidistance.assessment.assess import Assessment
    from equidistance.assessment.inputs import Inputs
    from equidistance.claims.asked import Asked
    from equidistance.claims.traded import Traded

SHIPPED = Path(__file__).parent.parent / "data" / "ledger"
"""The curated acts and numbers that ship; every row has its source."""

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Trajectory:
    """Posterior draws of how close one state stands to one power.

    Attributes:
        months: T first days of months in which the estimate exists.
        draws: (D, T, 2) alignment in deeds and in words, standard deviations.
        observed: last month with an observation behind it, for deeds and for words; ``None`` where there is none.
    """

    months: tuple[date, ...]
    draws: NDArray[np.float64]
    observed: tuple[date | None, date | None]


SCREENED = "sanctions_compliance"
"""Indicator of goods under sanctions: no default one, but what a claim about trade is about where a store has them."""


class Bench:
    """Evidence for claims.

    Args:
        store: as in :func:`equidistance.assessment.assess.assess`.
        excluded: SHA-256 digests and addresses of the texts that make the claims.
        published: when they were published; windows of claims end there.
        today: what counts as now.
        draws, seed: of the posterior.
        progress: called while something slow happens.
    """

    def __init__(
        self,
        store: str | Path | bool | None = None,
        *,
        excluded: Sequence[str] = (),
        published: date | None = None,
        today: date | None = None,
        draws: int = 2000,
        seed: int = 1,
        progress: Progress | None = None,
    ) -> None:
        self.store = store
        self.excluded = frozenset(one for one in excluded if one)
        self.published = published
        self.today = today or date.today()
        self.number, self.seed = draws, seed
        self.progress = progress
        self._wanted: dict[str, set[str]] = {}
        self._assessments: dict[tuple[str, str | None], Assessment] = {}
        self._paths: dict[tuple[str, str, str | None], Trajectory] = {}
        self._traded: dict[tuple[Asked, date], Traded | None] = {}

    def expect(self, subject: str, powers: Sequence[str]) -> None:
        """Say which powers will be asked about, so that they are estimated together."""
        self._wanted.setdefault(subject, set()).update(powers)

    def assessment(self, subject: str, powers: Sequence[str], instrument: str | None = None) -> "Assessment":
        """The assessment of a state toward (at least) some powers, from all indicators or one instrument's.

        Raises:
            EquidistanceError: no state, no evidence, no power of its own.
        """
        from equidistance.assessment.assess import assess

        key = (subject, instrument)
        known = self._assessments.get(key)
        if known is not None and set(powers) <= {power.code for power in known.powers}:
            return known
        together = {*powers, *self._wanted.get(subject, ()), *DEFAULT_POWERS} - {subject}
        together |= {power.code for power in known.powers} if known else set()
        chosen = None
        if instrument is not None:
            chosen = [
                one.name for one in all_indicators().values() if one.instrument == instrument and one.default
            ]
            if not chosen:
                raise InvalidRequest(
                    f"No indicator observes {instrument}.", hint="See: equidistance indicators"
                )
            if instrument == "trade" and self._query("select 1 as known from goods limit 1"):
                chosen.append(SCREENED)  # trade by product tells what passes through, which totals do not
        made = assess(
            subject,
            sorted(together),
            indicators=chosen,
            store=self.store,
            draws=100,
            seed=self.seed,
            progress=self.progress,
        )
        self._assessments[key] = made
        return made

    def path(self, subject: str, power: str, instrument: str | None = None) -> Trajectory:
        """Draws of one dyad's path.

        They depend on the dyad's own evidence and the seed alone: every dyad gets the same random numbers, whatever it
        is called and whoever is estimated with it, so that swapping the names of two powers swaps their paths.

        Raises:
            InvalidRequest: no evidence about the two, or the state belongs to the power.
        """
        key = (subject, power, instrument)
        if key in self._paths:
            return self._paths[key]
        from equidistance.assessment.assess import posterior_of

        assessed = self.assessment(subject, [power], instrument)
        assert assessed.model is not None
        p = [one.code for one in assessed.powers].index(power)
        inputs = alone(assessed.model, p, self.seed)
        if inputs is None or not inputs.available.any():
            raise InvalidRequest(
                f"There is no evidence about {subject} and {power}, or the one belongs to the other."
            )
        drawn = posterior_of(inputs, self.number, self.seed)[1].path[:, :, 0]  # (D, T, C)
        inside = np.flatnonzero(inputs.available[:, 0])
        days = [inputs.grid.date_of(t) for t in range(inputs.grid.months)]
        seen = np.isfinite(inputs.grid.value[:, :, 0])  # (K, T)
        channel = inputs.layout.channel
        observed = tuple(
            days[int(np.flatnonzero(seen[channel == c].any(axis=0))[-1])]
            if seen[channel == c].any()
            else None
            for c in (0, 1)
        )
        made = Trajectory(tuple(days[int(t)] for t in inside), drawn[:, inside], (observed[0], observed[1]))
        self._paths[key] = made
        return made

    @cached_property
    def acts(self) -> list[dict[str, Any]]:
        """Accepted acts, one row per telling: the shipped ones and the store's; the text under test tells none."""
        rows = _shipped("acts") + self._query("select * from acts")
        return [
            row
            for row in _distinct(rows, ("act", "told_by"))
            if not self.excluded & {row["document"], row["address"]}
        ]

    @cached_property
    def numbers(self) -> list[dict[str, Any]]:
        """Published numbers, the shipped ones and the store's."""
        rows = _shipped("quantities") + self._query("select * from quantities")
        return [row for row in _distinct(rows, ("number",)) if row["address"] not in self.excluded]

    def visits(self, visitor: str, host: str, first: date, last: date) -> list[dict[str, Any]]:
        """Visits in the store whose date allows those days."""
        return self._query(
            """select v.*, o.title from visits v join source_versions o using (source_id)
            where visitor = $a and host = $b and date <= $last
              and case when precision = 'year' then make_date(year(date), 12, 31) else date end >= $first
            order by date, person""",
            {"a": visitor, "b": host, "first": first, "last": last},
        )

    def visits_covered(self, visitor: str, host: str, first: date, last: date) -> bool:
        """Whether a source in the store lists all such visits in those days, so that none listed means none made."""
        from equidistance.indicators.visits import RECEPTIONS, TRAVELS

        listing = [source for source in (TRAVELS.get(visitor), RECEPTIONS.get(host)) if source]
        rows = self._query('select source, start, "end" from coverage')
        return any(row["source"] in listing and row["start"] <= first and last <= row["end"] for row in rows)

    def events(
        self, source: str, target: str, codes: Sequence[str], first: date, last: date
    ) -> list[dict[str, Any]]:
        """Machine-coded reports in the store of what one government did to another, a row for each day and code."""
        if not codes:
            return []
        return self._query(
            """select e.date, e.code, any_value(e.text) as text, any_value(o.title) as title
            from events e join source_versions o using (source_id)
            where source_state = $a and target_state = $b and date between $first and $last
              and list_contains($government, source_by) and list_contains($government, target_by)
              and regexp_matches(code, $pattern)
            group by e.date, e.code order by e.date, e.code limit 20""",
            {
                "a": source,
                "b": target,
                "first": first,
                "last": last,
                "pattern": f"^({'|'.join(codes)})",
                "government": ["state", "tag", "person", "organisation"],
            },
        )

    def votes(self, state: str, resolution: str) -> list[dict[str, Any]]:
        """How a state voted on a resolution, by its symbol."""
        return self._query(
            """select r.*, v.vote, o.title as source_title from votes v join roll_calls r using (roll_call)
            join source_versions o on o.source_id = v.source_id
            where v.state = $state and upper(r.resolution) = upper($resolution) order by r.date""",
            {"state": state, "resolution": resolution},
        )

    def speeches(self, state: str | None, first: date | None, last: date | None) -> list[dict[str, Any]]:
        """Speeches in the store: of one state or of all, in some years or in all."""
        return self._query(
            """select state, session, year, text, o.title from speeches s join source_versions o using (source_id)
            where ($state is null or state = $state)
              and ($first is null or year >= $first) and ($last is null or year <= $last)""",
            {"state": state, "first": first.year if first else None, "last": last.year if last else None},
        )

    def traded(self, wanted: "Asked", day: date) -> "Traded | None":
        """Trade by product in the store that a claim asks about, the list taken as it stood on a day."""
        from equidistance.claims.traded import of_store

        path = self.store_path
        if path is None:
            return None
        key = (replace(wanted, change=0), day)
        if key not in self._traded:
            with Store.open(path) as opened:
                self._traded[key] = of_store(opened.connection(), wanted, day)
        return self._traded[key]

    def shares(self, subject: str, powers: Sequence[str]) -> list[dict[str, Any]]:
        """Observed shares by kind and year (the exposure table of an assessment)."""
        return self.assessment(subject, powers).exposure.to_pylist()

    def likeness(self, subject: str, other: str, until: date | None) -> dict[str, Any]:
        """How alike two states' paths are: the row of :func:`equidistance.assessment.analogues.analogues`.

        Raises:
            EquidistanceError: no states, or they share too little to be compared.
        """
        from equidistance.assessment.analogues import analogues

        powers = [code for code in DEFAULT_POWERS if code not in (subject, other)]
        found = analogues(
            subject,
            other,
            powers=powers,
            until=until.year if until else None,
            store=self.store,
            progress=self.progress,
        )
        return found.of(other)

    @property
    def store_path(self) -> Path | None:
        """The store in use, if there is one."""
        if self.store is False:
            return None
        if self.store is None or self.store is True:
            path = default_path()
            return path if path.exists() else None
        return Path(self.store)

    def _query(self, sql: str, parameters: dict[str, Any] | None = None) -> list[dict[str, Any]]:
        path = self.store_path
        if path is None:
            return []
        with Store.open(path) as opened:
            cursor = opened.connection().execute(sql, parameters or {})
            names = [column[0] for column in cursor.description or ()]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def alone(inputs: "Inputs", p: int, seed: int) -> "Inputs | None":
    """What the model was given of one dyad: its own years, under no name, so that neither the others nor its name can
    touch what is drawn for it, the weights of its jumps included; ``None`` where nothing was observed."""
    from equidistance.models import ensemble
    from equidistance.models.alignment import Observations

    grid = inputs.grid
    months = np.flatnonzero(np.isfinite(grid.value[:, :, p]).any(axis=0))
    if not len(months):
        return None
    first_year = min(grid.first_year + int(months[0]) // 12, FIRST_YEAR)
    own = slice(12 * (first_year - grid.first_year), 12 * (int(months[-1]) // 12 + 1))

    def part(array: NDArray[Any]) -> NDArray[Any]:
        return array[:, own, p : p + 1]

    cut = replace(
        grid,
        dyads=(("", ""),),
        first_year=first_year,
        value=part(grid.value),
        error=part(grid.error),
        records=part(grid.records),
        row=part(grid.row),
    )
    members = ensemble.unstack(inputs.ensemble.parameters)
    drawn = ensemble.sample(inputs.layout, Observations(cut.value, cut.error), members, [seed])
    return replace(inputs, grid=cut, ensemble=drawn, available=inputs.available[own, p : p + 1])


def shipped_files() -> dict[str, list[Path]]:
    """The files of the curated ledger by evidence table."""
    return {
        "acts": sorted(SHIPPED.glob("*_acts.csv")),
        "quantities": sorted(SHIPPED.glob("*_numbers.csv")),
    }


_KEPT: dict[str, list[dict[str, Any]]] = {}


def _shipped(table: str) -> list[dict[str, Any]]:
    if table not in _KEPT:
        from equidistance.sources import expert_acts, published_numbers

        reader = {"acts": expert_acts.read, "quantities": published_numbers.read}[table]
        _KEPT[table] = reader(shipped_files()[table]).tables[table].to_pylist()
    return _KEPT[table]


def _distinct(rows: list[dict[str, Any]], key: tuple[str, ...]) -> list[dict[str, Any]]:
    return list({tuple(row[name] for name in key): row for row in rows}.values())
