"""Rules of states about who may carry what where, as data: read, checked, and turned into masks on arcs.

A rule file is TOML with ``[[rule]]`` tables. Every rule has an ``id``, a ``kind``, and what it applies to;
conditions that are left out do not restrict. The kinds:

- ``ban``: the cargo may not use the arcs.
- ``closure``: nobody may.
- ``permit``: only who has the permit named in ``permit``.
- ``entry``: the territory may be entered only from the states in ``via``.
- ``quota``: at most ``tonnes`` a year in all; binding in flows, and a quota of 0 is a ban.
- ``tariff``: freight is multiplied by ``factor``, or is ``rate`` a unit-km in ``currency`` at ``per_usd``.
- ``delay``: ``hours`` more, and ``usd`` more, for each entry into the territory.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from equidistance.corridors.costs import Shipment
from equidistance.corridors.geometry import Floats
from equidistance.corridors.network import Bools, Network
from equidistance.errors import InvalidRequest, UnknownName
from equidistance.ground.blocs import Bloc, resolve_power

KINDS = ("ban", "closure", "permit", "entry", "quota", "tariff", "delay")
MOVEMENTS = ("transit", "import", "export", "domestic")


@dataclass(frozen=True)
class Rule:
    """One rule; empty conditions do not restrict.

    Attributes:
        id: unique name.
        kind: one of :data:`KINDS`.
        territory: states or blocs on whose territory it holds.
        movement: what the cargo must be to that territory: transit, import, export, domestic.
        cargo: kinds of cargo.
        goods: lists of goods.
        origin: states or blocs the cargo comes from.
        destination: states or blocs it goes to.
        flag: states of the carrier.
        modes: modes of transport; ``port`` stands for terminals at the sea.
        crossing: crossings, by name or as a pair such as ``BLR-POL``.
        line: names of lines, services, terminals or sea passages.
        start: first day, or None.
        end: last day, or None.
        factor: of freight (tariff).
        rate: of freight, a unit-km (tariff).
        currency: of the rate.
        per_usd: how much of the currency a dollar is.
        tonnes: a year (quota).
        permit: its name (permit).
        via: states (entry).
        hours: more (delay).
        usd: more (delay).
        source: where it is written.
        note: what one should know.
    """

    id: str
    kind: str
    territory: tuple[str, ...] = ()
    movement: tuple[str, ...] = ()
    cargo: tuple[str, ...] = ()
    goods: tuple[str, ...] = ()
    origin: tuple[str, ...] = ()
    destination: tuple[str, ...] = ()
    flag: tuple[str, ...] = ()
    modes: tuple[str, ...] = ()
    crossing: tuple[str, ...] = ()
    line: tuple[str, ...] = ()
    start: date | None = None
    end: date | None = None
    factor: float | None = None
    rate: float | None = None
    currency: str = "USD"
    per_usd: float = 1.0
    tonnes: float | None = None
    permit: str = ""
    via: tuple[str, ...] = ()
    hours: float = 0.0
    usd: float = 0.0
    source: str = ""
    note: str = ""

    def holds(self, shipment: Shipment, on: date) -> bool:
        """Whether the conditions that do not depend on the way are met."""
        if (self.start and on < self.start) or (self.end and on > self.end):
            return False
        asked = (
            (self.cargo, shipment.cargo),
            (self.goods, shipment.goods),
            (members(self.origin, on), shipment.origin),
            (members(self.destination, on), shipment.destination),
            (members(self.flag, on), shipment.flag),
        )
        return all(not allowed or value in allowed for allowed, value in asked)

    def arcs(self, network: Network, shipment: Shipment, on: date) -> Bools:
        """The arcs that it is about, shape (arcs,)."""
        chosen = np.ones(2 * len(network), dtype=bool)
        if self.modes:
            port = network.mode == "transfer"
            named = np.isin(network.mode, self.modes) | (port if "port" in self.modes else False)
            chosen &= np.tile(named, 2)
        if self.line:
            chosen &= np.tile(np.isin(network.name, self.line), 2)
        if self.crossing:
            chosen &= np.tile(crossings(network, self.crossing), 2)
        if self.territory:
            held = {code for code in members(self.territory, on) if self._moves(shipment, code)}
            if self.kind in ("entry", "delay"):
                entered = np.concatenate([network.state_b, network.state])  # the side an arc leads to
                left = np.concatenate([network.state, network.state_b])
                chosen &= np.isin(entered, list(held)) & (entered != left)
                if self.kind == "entry":
                    chosen &= ~np.isin(left, list(members((*self.via, *self.territory), on)))
            else:
                within = np.zeros(len(chosen), dtype=bool)
                for code in held:
                    within |= network.touches(code)
                chosen &= within
        return chosen

    def _moves(self, shipment: Shipment, state: str) -> bool:
        return not self.movement or shipment.movement(state) in self.movement

    @property
    def scope(self) -> tuple[Any, ...]:
        """What it applies to, without the days and without what it does."""
        return (
            self.territory,
            self.movement,
            self.cargo,
            self.goods,
            self.origin,
            self.destination,
            self.flag,
            self.modes,
            self.crossing,
            self.line,
        )

    def told(self) -> str:
        """One line for a person."""
        span = f"{self.start or ''}..{self.end or ''}" if self.start or self.end else "at any time"
        about = [
            f"{name} {', '.join(getattr(self, name))}"
            for name in (
                "territory",
                "movement",
                "cargo",
                "goods",
                "origin",
                "destination",
                "crossing",
                "line",
            )
            if getattr(self, name)
        ]
        return f"{self.id}: {self.kind} ({'; '.join(about) or 'everything'}; {span})"


@dataclass(frozen=True)
class Effects:
    """What a set of rules does to the arcs for one shipment on one day.

    Attributes:
        blocked: arcs that may not be used, shape (arcs,).
        by_rule: rules that block, each with its arcs.
        factor: of freight, shape (arcs,).
        rate: of freight in dollars a unit-km; not a number where no rule sets it. Shape (arcs,).
        extra: hours and usd that entries cost more, each of shape (arcs,).
        quotas: rules with their arcs and million tonnes a year.
    """

    blocked: Bools
    by_rule: tuple[tuple[Rule, Bools], ...]
    factor: Floats
    rate: Floats
    extra: dict[str, Floats]
    quotas: tuple[tuple[Rule, Bools, float], ...]


def effects(rules: Iterable[Rule], network: Network, shipment: Shipment, on: date) -> Effects:
    """Compose rules: bans add up, tariffs multiply, delays add."""
    arcs = 2 * len(network)
    blocked = np.zeros(arcs, dtype=bool)
    factor, rate = np.ones(arcs), np.full(arcs, np.nan)
    extra = {"hours": np.zeros(arcs), "usd": np.zeros(arcs)}
    by_rule, quotas = [], []
    for rule in rules:
        if not rule.holds(shipment, on) or (rule.kind == "permit" and rule.permit in shipment.permits):
            continue
        mask = rule.arcs(network, shipment, on)
        if rule.kind == "tariff":
            if rule.rate is not None:
                rate[mask] = rule.rate / rule.per_usd
            factor[mask] *= rule.factor if rule.factor is not None else 1.0
        elif rule.kind == "delay":
            extra["hours"][mask] += rule.hours
            extra["usd"][mask] += rule.usd
        elif rule.kind == "quota" and rule.tonnes:
            quotas.append((rule, mask, rule.tonnes / 1e6))
        else:
            blocked |= mask
            by_rule.append((rule, mask))
    return Effects(blocked, tuple(by_rule), factor, rate, extra, tuple(quotas))


def violated(found: Effects, arcs: Sequence[int]) -> list[Rule]:
    """The rules that a route breaks."""
    chosen = np.asarray(arcs, dtype=np.int64)
    return [rule for rule, mask in found.by_rule if mask[chosen].any()]


def avoid(names: str) -> list[Rule]:
    """Rules that keep a route out of states: ``RUS,IRN`` their territory, ``RUS:ports`` their ports alone.

    Raises:
        UnknownName: a state or bloc that is not known.
        InvalidRequest: something after the colon that is not ``ports``.
    """
    found = []
    for part in filter(None, (piece.strip() for piece in names.split(","))):
        name, _, what = part.partition(":")
        if what not in ("", "ports"):
            raise InvalidRequest(
                f"{part!r}: only ports can be avoided alone.", choices=[name, f"{name}:ports"]
            )
        code = resolve_power(name).code
        rule = Rule(
            id=f"avoid {code}{' ports' if what else ''}", kind="ban", territory=(code,), source="asked for"
        )
        found.append(replace(rule, modes=("port",)) if what else rule)
    return found


def close(names: str, start: date | None = None, end: date | None = None) -> list[Rule]:
    """Rules that close crossings (``BLR-POL``, ``Dostyk - Alashankou``), lines, services or sea passages."""
    found = []
    for name in filter(None, (piece.strip() for piece in names.split(","))):
        rule = Rule(id=f"close {name}", kind="closure", start=start, end=end, source="asked for")
        found.append(replace(rule, crossing=(name,)) if _pair(name) else replace(rule, line=(name,)))
    return found


def crossings(network: Network, names: Iterable[str]) -> NDArray[np.bool_]:
    """Edges that are the named crossings, or all crossings of a pair of states but its pipelines'."""
    found = np.zeros(len(network), dtype=bool)
    for name in names:
        if pair := _pair(name):
            piped = np.isin(network.layer[network.a], ("oil", "gas"))  # a closed border shuts no pipe
            found |= network.between(frozenset(pair)) & ~piped
        else:
            found |= (network.name == name) & (network.mode == "crossing")
    return found


def check_names(rules: Iterable[Rule], network: Network) -> None:
    """Refuse rules about crossings and lines that the network does not have, which would silently do nothing.

    Raises:
        UnknownName: the name; the choices look alike.
    """
    from difflib import get_close_matches

    names = sorted({str(name) for name in network.name if name})
    for rule in rules:
        for name in (*rule.crossing, *rule.line):
            pair = _pair(name)
            if pair:
                if not network.between(frozenset(pair)).any():
                    raise UnknownName(f"Rule {rule.id!r}: no line crosses from {pair[0]} to {pair[1]}.")
            elif name not in names:
                folded = {other.casefold(): other for other in names}
                near = get_close_matches(name.casefold(), list(folded), n=5, cutoff=0.4)
                raise UnknownName(
                    f"Rule {rule.id!r}: the network has no crossing, line, service or passage called {name!r}.",
                    choices=[folded[key] for key in near],
                )


def check(rules: Sequence[Rule]) -> None:
    """Refuse rules that contradict each other on the same cargo, place and days.

    Raises:
        InvalidRequest: two rules of one id; two rates or two quotas, or a ban and a permit, for the same;
            two lists of entries without a common state.
    """
    for one, two in combinations(rules, 2):
        if one.id == two.id:
            raise InvalidRequest(f"Two rules are called {one.id!r}.", hint="Give each its own id.")
        if one.scope != two.scope or not _overlap(one, two):
            continue
        kinds = {one.kind, two.kind}
        clash = ""
        if kinds == {"tariff"} and None not in (one.rate, two.rate) and one.rate != two.rate:
            clash = "set two rates"
        elif kinds == {"quota"} and one.tonnes != two.tonnes:
            clash = "set two quotas"
        elif kinds == {"ban", "permit"}:
            clash = "forbid and permit at once"
        elif kinds == {"entry"} and not set(one.via) & set(two.via):
            clash = "leave no common way in"
        if clash:
            raise InvalidRequest(
                f"The rules {one.id!r} and {two.id!r} {clash} for the same cargo, place and days.",
                hint="Change the days or what they apply to, or drop one.",
            )


@cache
def members(names: tuple[str, ...], on: date) -> frozenset[str]:
    """Codes of states, with blocs replaced by their members on the day."""
    found: set[str] = set()
    for name in names:
        power = resolve_power(name)
        found |= power.members(on) if isinstance(power, Bloc) else {power.code}
    return frozenset(found)


def _pair(name: str) -> tuple[str, str] | None:
    one, dash, two = name.partition("-")
    known = len(one) == len(two) == 3 and bool(dash) and (one + two).isalpha() and (one + two).isupper()
    if not known:
        return None
    return (resolve_power(one).code, resolve_power(two).code)


def _overlap(one: Rule, two: Rule) -> bool:
    starts = [rule.start or date.min for rule in (one, two)]
    ends = [rule.end or date.max for rule in (one, two)]
    return max(starts) <= min(ends)
