"""Claim files: YAML that a person writes by hand, read strictly, with the line of every mistake.

Read with PyYAML's events and nodes, never with its constructors: no object is ever made from a tag, and anchors,
aliases, tags, several documents, doubled keys, deep nesting and big files are refused before anything is built.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any, NoReturn, cast

import yaml

from equidistance.claims.forms import DIRECTIONS, EQUAL, FORMS, allowed, problems
from equidistance.errors import BadFile, EquidistanceError, InvalidRequest
from equidistance.ground.blocs import resolve_power
from equidistance.ground.time import Precision, parse_spread, spread_text
from equidistance.printable import printable
from equidistance.reading.records import Amount, Claim, When
from equidistance.writing import whole

FORMAT = 1
MOST_BYTES = 1_000_000
MOST_CLAIMS = 2_000
DEEPEST = 6
LONGEST = 5_000
"""Characters of one text in the file."""

ENDINGS = (".yaml", ".yml")


@dataclass(frozen=True)
class ClaimFile:
    """A claim file as it was read.

    Attributes:
        claims: in the order of the file.
        lines: the line at which each claim starts.
        path: where it lies.
        title, source: of the text the claims come from, where the file says.
        published: date of that text.
        sha256: of that text's bytes where the file says, so that its own acts are not taken for evidence of it.
    """

    claims: tuple[Claim, ...]
    lines: tuple[int, ...]
    path: str
    title: str | None = None
    source: str | None = None
    published: date | None = None
    sha256: str | None = None


@dataclass
class _Value:
    """A YAML value with the line it stands on; ``value`` is a scalar, a list of these, or a dictionary to these."""

    value: Any
    line: int
    keys: dict[str, int] = field(default_factory=dict)


def load(path: Path) -> ClaimFile:
    """Read a claim file.

    Raises:
        BadFile: missing, too big, not UTF-8, not YAML, anchors or tags, an unknown field, a claim that lacks a field or
            names an unknown state, a date in the future; the message names the line.
    """
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise BadFile(
            f"Cannot read {path}: {error.strerror}.", hint="Make a claim file with: equidistance claims new"
        ) from error
    return parse(content, str(path))


def parse(content: bytes, name: str) -> ClaimFile:
    """Read the content of a claim file; errors as :func:`load`."""
    reader = _Reader(name)
    tree = reader.tree(content)
    return reader.file(tree)


def read_tree(path: Path, most: int) -> tuple[list[int], Any]:
    """Any file of plain YAML, with the lines of the items of the first list in it.

    Raises:
        BadFile: as :func:`load`.
    """
    try:
        with path.open("rb") as file:
            content = file.read(most + 1)
    except OSError as error:
        raise BadFile(f"Cannot read {path}: {error.strerror}.") from error
    tree = _Reader(str(path)).tree(content, most)
    lists = [value for value in tree.value.values() if isinstance(value.value, list)] if tree.keys else []
    return [item.line for item in lists[0].value] if lists else [], _bare(tree)


def _bare(value: _Value) -> Any:
    if isinstance(value.value, dict):
        return {name: _bare(item) for name, item in value.value.items()}
    return [_bare(item) for item in value.value] if isinstance(value.value, list) else value.value


class _Reader:
    """Reads one file; keeps its name for the messages."""

    def __init__(self, name: str) -> None:
        self.name = printable(name)

    def refuse(self, line: int, message: str, hint: str = "") -> NoReturn:
        raise BadFile(
            f"{self.name}, line {line}: {message}", hint=hint or "Check it with: equidistance claims lint"
        )

    def tree(self, content: bytes, most: int = MOST_BYTES) -> _Value:
        """The file as plain values with lines."""
        if len(content) > most:
            raise BadFile(f"{self.name} is larger than {most:,} bytes.", hint="Split it into several files.")
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = content[: error.start].count(b"\n") + 1
            self.refuse(line, "The text is not UTF-8.", "Save it as UTF-8.")
        if not text.strip():
            raise BadFile(f"{self.name} is empty.", hint="Make a claim file with: equidistance claims new")
        try:
            self._refuse_tricks(text)
            node = yaml.compose(text, Loader=yaml.SafeLoader)
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            line = mark.line + 1 if mark else (getattr(error, "position", 0) and 1) or 1
            what = getattr(error, "problem", None) or getattr(error, "reason", None) or "it cannot be parsed"
            self.refuse(line, f"This is not YAML: {printable(str(what))}.")
        except RecursionError:
            self.refuse(1, f"Lists and mappings are nested deeper than {DEEPEST}.")
        if node is None:
            raise BadFile(f"{self.name} holds nothing but comments.", hint="See: equidistance claims new")
        return self._plain(node)

    def _refuse_tricks(self, text: str) -> None:
        """What a claim file never needs, refused while the events stream by: nothing has been built yet."""
        depth = documents = 0
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            line = event.start_mark.line + 1 if event.start_mark else 1
            if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
                self.refuse(
                    line,
                    "Anchors (&) and aliases (*) are not allowed in a claim file.",
                    "Write the value out.",
                )
            if getattr(event, "tag", None):
                self.refuse(line, "Tags (!) are not allowed in a claim file.", "Write the plain value.")
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
                if depth > DEEPEST:
                    self.refuse(line, f"Lists and mappings are nested deeper than {DEEPEST}.")
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
            elif isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    self.refuse(line, "A second document (---) in one file.", "One file holds one document.")

    def _plain(self, node: yaml.Node) -> _Value:
        line = node.start_mark.line + 1
        if isinstance(node, yaml.MappingNode):
            found: dict[str, _Value] = {}
            keys: dict[str, int] = {}
            for key, value in node.value:
                at = key.start_mark.line + 1
                if not isinstance(key, yaml.ScalarNode):
                    self.refuse(at, "A field name must be a word.")
                if key.value in found:
                    self.refuse(at, f"The field {printable(key.value)!r} stands twice.")
                found[key.value], keys[key.value] = self._plain(value), at
            return _Value(found, line, keys)
        if isinstance(node, yaml.SequenceNode):
            return _Value([self._plain(item) for item in node.value], line)
        assert isinstance(node, yaml.ScalarNode)
        return _Value(self._scalar(node, line), line)

    def _scalar(self, node: yaml.ScalarNode, line: int) -> Any:
        """Numbers and truth values as such; a date stays the text it is, so that "2022-07" and 2022-07-01 differ."""
        text = node.value
        if len(text) > LONGEST:
            self.refuse(line, f"A text of {len(text):,} characters; at most {LONGEST:,} are read.")
        kind = node.tag.rpartition(":")[2]
        if kind == "null":
            return None
        if kind == "bool":
            return text.lower() in ("true", "yes", "on")
        if kind == "int" and re.fullmatch(r"[-+]?[0-9_]{1,30}", text):
            return int(text.replace("_", ""))
        if kind in ("int", "float"):
            try:
                return float(text.replace("_", ""))
            except ValueError:
                return text
        return text

    def file(self, tree: _Value) -> ClaimFile:
        """The claims of a whole file."""
        top = self._mapping(tree, "The file", ("format", "title", "source", "published", "sha256", "claims"))
        if top.get("format") is None or top["format"].value != FORMAT:
            self.refuse(tree.line, f"The file must say 'format: {FORMAT}'.")
        listed = top.get("claims")
        if listed is None or not isinstance(listed.value, list) or not listed.value:
            self.refuse(listed.line if listed else tree.line, "There is no claim under 'claims'.")
        if len(listed.value) > MOST_CLAIMS:
            self.refuse(listed.line, f"{len(listed.value)} claims; at most {MOST_CLAIMS} are read.")
        claims = tuple(self.claim(item) for item in listed.value)
        published = top.get("published")
        return ClaimFile(
            claims,
            tuple(item.line for item in listed.value),
            self.name,
            self._text(top.get("title")),
            self._text(top.get("source")),
            None if published is None or published.value is None else self._when(published).first,
            self._text(top.get("sha256")),
        )

    def claim(self, item: _Value) -> Claim:
        """One claim, checked."""
        form = item.value.get("form") if isinstance(item.value, dict) else None
        if form is None or form.value not in FORMS:
            given = "none" if form is None else repr(printable(str(form.value)))
            self.refuse(
                (form or item).line, f"A claim needs a form; given is {given}. Choices: {', '.join(FORMS)}."
            )
        named = self._mapping(item, f"A {form.value} claim", sorted(allowed(form.value)))
        values: dict[str, Any] = {}
        for name, cell in named.items():
            if cell.value is not None:
                values[name] = self._field(name, cell)
        if "quote" not in values:
            self.refuse(item.line, "A claim needs a quote: the sentence that says it.")
        claim = Claim(**values)
        for problem in problems(claim, date.today()):
            self.refuse(item.keys.get(problem.field, item.line), problem.message)
        return claim

    def _field(self, name: str, given: _Value) -> Any:
        if name in ("subject", "leader"):
            return EQUAL if given.value == EQUAL and name == "leader" else self._code(given)
        if name == "powers":
            items = given.value if isinstance(given.value, list) else [given]
            return tuple(self._code(item) for item in items)
        if name == "attribution":
            items = given.value if isinstance(given.value, list) else [given]
            return tuple(cast(str, self._text(item)) for item in items)
        if name == "direction":
            value = DIRECTIONS.get(given.value, given.value) if isinstance(given.value, str) else given.value
            if value not in (-1, 0, 1) or isinstance(value, bool | float):
                self.refuse(
                    given.line, f"There is no direction {given.value!r}. Choices: {', '.join(DIRECTIONS)}."
                )
            return value
        if name in ("since", "until"):
            spread = self._when(given)
            return spread.first if name == "since" else spread.last
        if name == "when":
            return self._when(given)
        if name == "amount":
            return self._amount(given)
        if name == "negated":
            if not isinstance(given.value, bool):
                self.refuse(given.line, "'negated' is true or false.")
            return given.value
        if name in ("start", "end"):
            if not isinstance(given.value, int) or given.value < 0 or isinstance(given.value, bool):
                self.refuse(given.line, f"{name!r} is a whole number of characters.")
            return given.value
        if name == "confidence":
            return self._number(given)
        return self._text(given)

    def _code(self, given: _Value) -> str:
        name = self._text(given)
        if not name:
            self.refuse(given.line, "A state or power needs a name or code.")
        try:
            return resolve_power(name).code
        except EquidistanceError as error:
            self.refuse(given.line, error.render(), "See: equidistance claims schema")

    def _amount(self, given: _Value) -> Amount:
        named = self._mapping(given, "An amount", ("value", "unit", "comparison"))
        if "value" not in named or "unit" not in named:
            self.refuse(given.line, "An amount needs value and unit, e.g. {value: 550, unit: companies}.")
        comparison = self._text(named.get("comparison")) or "exactly"
        choices = ("exactly", "about", "at least", "at most")
        if comparison not in choices:
            self.refuse(
                named["comparison"].line, f"No comparison {comparison!r}. Choices: {', '.join(choices)}."
            )
        return Amount(self._number(named["value"]), self._text(named["unit"]) or "", cast(Any, comparison))

    def _when(self, given: _Value) -> When:
        if isinstance(given.value, dict):
            named = self._mapping(given, "A date", ("first", "last", "precision", "relative"))
            if not {"first", "last", "precision"} <= named.keys():
                self.refuse(given.line, "A date in parts needs first, last and precision.")
            precision = self._text(named["precision"])
            if precision not in ("day", "month", "season", "quarter", "year", "decade"):
                self.refuse(named["precision"].line, f"There is no precision {precision!r}.")
            relative = "relative" in named and named["relative"].value is True
            first, last = self._when(named["first"]).first, self._when(named["last"]).last
            return When(first, last, cast(Precision, precision), relative)
        if isinstance(given.value, list | bool | float | None):
            self.refuse(given.line, f"{given.value!r} is not a date. Choices: 2022, 2022-07, 2022-07-15.")
        try:
            return When(*parse_spread(str(given.value)))
        except InvalidRequest as error:
            self.refuse(given.line, error.render())

    def _number(self, given: _Value) -> float:
        if isinstance(given.value, bool) or not isinstance(given.value, int | float):
            self.refuse(given.line, f"{printable(str(given.value))!r} is not a number.")
        value = float(given.value)
        if not math.isfinite(value):
            self.refuse(given.line, f"{given.value!r} is not a finite number.")
        return value

    def _text(self, given: _Value | None) -> str | None:
        if given is None or given.value is None:
            return None
        if isinstance(given.value, list | dict):
            self.refuse(given.line, "A text is expected here, not a list or mapping.")
        return str(given.value)

    def _mapping(self, given: _Value, what: str, names: Sequence[str]) -> dict[str, _Value]:
        if not isinstance(given.value, dict):
            self.refuse(given.line, f"{what} must be a mapping of fields.")
        for name in given.value:
            if name not in names:
                self.refuse(
                    given.keys[name], f"{what} has no field {printable(name)!r}. Choices: {', '.join(names)}."
                )
        return cast(dict[str, _Value], given.value)


def when_text(when: When) -> str | dict[str, Any]:
    """A date in the short form that reads as the same, in parts where there is none."""
    short = None if when.relative else spread_text(when.first, when.last, when.precision)
    if short is not None:
        return short
    parts = {"first": when.first.isoformat(), "last": when.last.isoformat(), "precision": when.precision}
    return parts | ({"relative": True} if when.relative else {})


def dump(
    claims: Sequence[Claim],
    *,
    title: str | None = None,
    source: str | None = None,
    published: date | None = None,
    digest: str | None = None,
) -> str:
    """Claims as the text of a claim file; what lacks a field stands in comments, to be completed by hand."""
    head = {
        "format": FORMAT,
        "title": title,
        "source": source,
        "published": published and published.isoformat(),
    }
    head |= {"sha256": digest}
    text = yaml_text({name: value for name, value in head.items() if value is not None})
    whole_ones, incomplete = [], []
    for claim in claims:
        wrong = problems(claim, date.today())
        if wrong:
            incomplete.append((claim, " ".join(problem.message for problem in wrong)))
        else:
            whole_ones.append(as_fields(claim))
    text += yaml_text({"claims": whole_ones})
    for claim, why in incomplete:
        block = yaml_text([as_fields(claim)])
        text += "".join(
            f"# {printable(line, 10_000)}\n" for line in ["", f"Not complete: {why}", *block.splitlines()]
        )
    return text


def write(path: Path, claims: Sequence[Claim], **head: Any) -> None:
    """Write :func:`dump` to a file, whole or not at all."""
    with whole(path) as part:
        part.write_text(dump(claims, **head), encoding="utf-8")


def as_fields(claim: Claim) -> dict[str, Any]:
    """A claim's fields as the file has them: only those that its form has and that say something."""
    names = allowed(claim.form)
    shown: dict[str, Any] = {"form": claim.form, "quote": claim.quote}
    words = {sign: word for word, sign in DIRECTIONS.items()}
    for one in fields(Claim):
        value = getattr(claim, one.name)
        if one.name in shown or one.name not in names or value == one.default or value in (None, ()):
            continue
        if isinstance(value, When):
            shown[one.name] = when_text(value)
        elif isinstance(value, Amount):
            shown[one.name] = {"value": _whole_number(value.value), "unit": value.unit}
            if value.comparison != "exactly":
                shown[one.name]["comparison"] = value.comparison
        elif isinstance(value, date):
            shown[one.name] = value.isoformat()
        elif isinstance(value, tuple):
            shown[one.name] = list(value)
        elif one.name == "direction":
            shown[one.name] = words[value]
        else:
            shown[one.name] = value
    return shown


def digest(claim: Claim) -> str:
    """Twelve hex digits of what a claim says."""
    return sha256(repr(sorted(as_fields(claim).items())).encode()).hexdigest()[:12]


def _whole_number(value: float) -> float | int:
    return int(value) if float(value).is_integer() and abs(value) < 1e15 else value


class _Dumper(yaml.SafeDumper):
    """Plain YAML without aliases, short lists on one line."""

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        return super().increase_indent(flow, False)


def _short_list(dumper: yaml.SafeDumper, items: list[Any]) -> yaml.Node:
    flow = all(isinstance(item, str) for item in items)
    return dumper.represent_sequence("tag:yaml.org,2002:seq", items, flow_style=flow)


_Dumper.add_representer(list, _short_list)


def yaml_text(content: Any) -> str:
    """Plain YAML, keys in the order given."""
    return yaml.dump(content, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110)
