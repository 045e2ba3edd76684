"""Rule files: TOML with ``[[rule]]`` tables, read and checked. Their keys: :mod:`equidistance.corridors.rules`."""

import tomllib
from dataclasses import fields
from datetime import date
from pathlib import Path
from typing import Any

from equidistance.corridors.curated import DATA
from equidistance.corridors.rules import KINDS, MOVEMENTS, Rule, check
from equidistance.corridors.schema import CARGOES, MODES
from equidistance.errors import BadFile, EquidistanceError, UnknownName
from equidistance.ground.blocs import resolve_power

SHIPPED = DATA / "rules.toml"
_MOST_RULES = 1000
_LONGEST = 1_000_000  # bytes of a rule file
_LISTS = (
    "territory",
    "movement",
    "cargo",
    "goods",
    "origin",
    "destination",
    "flag",
    "modes",
    "crossing",
    "line",
    "via",
)
_NUMBERS = ("factor", "rate", "per_usd", "tonnes", "hours", "usd")
_ALLOWED = {"movement": MOVEMENTS, "cargo": CARGOES, "modes": (*MODES, "port")}
_NEEDS = {"permit": ("permit",), "entry": ("via", "territory"), "quota": ("tonnes",), "delay": ("territory",)}


def read(path: Path | str) -> list[Rule]:
    """Read a rule file; ``shipped`` stands for the rules that come with the package.

    Raises:
        BadFile: not TOML, an unknown key or kind, a wrong type, a bad day, a negative tariff.
        UnknownName: a country that is not known.
        InvalidRequest: two rules that contradict each other.
    """
    where = SHIPPED if str(path) == "shipped" else Path(path)
    try:
        content = where.read_bytes()
        if len(content) > _LONGEST:
            raise BadFile(f"{where} is {len(content)} bytes long; a rule file may have {_LONGEST}.")
        tables = tomllib.loads(content.decode("utf-8"))
    except FileNotFoundError as error:
        raise BadFile(f"There is no rule file {where}.", choices=["shipped", "FILE.toml"]) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadFile(
            f"{where} is not TOML: {error}.", hint="Rules are [[rule]] tables; see docs/corridors.md."
        ) from error
    rows = tables.pop("rule", None)
    if tables or not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise BadFile(f"{where} has {', '.join(tables) or 'no rules'}.", hint="Rules are [[rule]] tables.")
    if len(rows) > _MOST_RULES:
        raise BadFile(f"{where} has {len(rows)} rules; at most {_MOST_RULES} are read.")
    rules = [_rule(row, f"{where.name}, rule {number}") for number, row in enumerate(rows, 1)]
    check(rules)
    return rules


def _rule(row: dict[str, Any], where: str) -> Rule:
    keys = [entry.name for entry in fields(Rule) if entry.name not in ("start", "end")] + ["from", "to"]
    unknown = sorted(set(row) - set(keys))
    if unknown:
        raise BadFile(f"{where} has the unknown key {unknown[0]!r}.", choices=keys)
    values: dict[str, Any] = {}
    for key, value in row.items():
        if key in _LISTS:
            values[key] = _strings(value, f"{where}, {key}")
        elif key in _NUMBERS:
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < float("inf"):
                raise BadFile(f"{where}: {key} is {value!r}; it must be a number that is not negative.")
            values[key] = float(value)
        elif key in ("from", "to"):
            values["start" if key == "from" else "end"] = _date(value, where, key)
        elif isinstance(value, str):
            values[key] = value
        else:
            raise BadFile(f"{where}: {key} is {value!r}; it must be text.")
    name = values.get("id", "")
    if not name or values.get("kind") not in KINDS:
        what = "no id" if not name else f"the kind {values.get('kind')!r}"
        raise BadFile(f"{where} has {what}.", choices=() if not name else KINDS)
    where = f"{where} ({name})"
    for key, allowed in _ALLOWED.items():
        for value in values.get(key, ()):
            if value not in allowed:
                raise BadFile(f"{where}: {value!r} is not a {key}.", choices=allowed)
    for key in ("territory", "origin", "destination", "flag", "via"):
        values[key] = tuple(_code(value, where) for value in values.get(key, ()))
    rule = Rule(**values)
    missing = [key for key in _NEEDS.get(rule.kind, ()) if not getattr(rule, key) and key != "tonnes"]
    if rule.kind == "quota" and rule.tonnes is None:
        missing.append("tonnes")
    if rule.kind == "tariff" and rule.factor is None and rule.rate is None:
        missing.append("factor")
    if missing or rule.per_usd == 0:
        raise BadFile(f"{where}: a {rule.kind} needs {' and '.join(missing) or 'per_usd above 0'}.")
    if rule.start and rule.end and rule.end < rule.start:
        raise BadFile(f"{where} ends on {rule.end}, before it starts on {rule.start}.")
    return rule


def _code(name: str, where: str) -> str:
    try:
        return resolve_power(name).code
    except EquidistanceError as error:
        raise UnknownName(f"{where}: {error.message}", choices=error.choices, hint=error.hint) from error


def _strings(value: object, where: str) -> tuple[str, ...]:
    found = [value] if isinstance(value, str) else value
    if not isinstance(found, list) or not all(isinstance(item, str) for item in found):
        raise BadFile(f"{where} is {value!r}; it must be text or a list of texts.")
    return tuple(found)


def _date(value: object, where: str, key: str) -> date:
    if type(value) is date:
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise BadFile(f"{where}: {key} is {value!r}, not a day.", hint="Write it as 2023-02-25.") from None
