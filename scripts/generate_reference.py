"""Write the reference pages in docs/reference from the code, or check that they are current (--check)."""

import argparse
import enum
import inspect
import json
import re
import sys
import types
import typing
from collections.abc import Callable, Iterable, Iterator, Sequence
from importlib import import_module
from importlib.resources import files
from pathlib import Path
from typing import Any

import typer

import equidistance
from equidistance import errors
from equidistance.assessment.assess import Assessment
from equidistance.cli.main import app
from equidistance.evidence import schema
from equidistance.evidence.corrections import for_source
from equidistance.ground.blocs import all_blocs
from equidistance.ground.states import all_states, get_state
from equidistance.indicators.declare import all_indicators
from equidistance.sources.card import all_sources

PAGES = Path(__file__).resolve().parents[1] / "docs" / "reference"
NOTICE = "<!-- Made from the code by scripts/generate_reference.py. Change the code, not this page. -->"


def cell(text: object) -> str:
    """Text that can stand in a cell of a Markdown table."""
    return re.sub(r"\s+", " ", str(text)).replace("|", "\\|").strip()


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(cell(value) for value in line) + " |" for line in lines)


def yes(value: bool) -> str:
    """Yes or no."""
    return "yes" if value else "no"


def prose(docstring: str | None) -> str:
    """A docstring's text as Markdown: Sphinx roles become plain code."""
    text = inspect.cleandoc(docstring or "")
    text = re.sub(r":[a-z]+:`~?([^`]+)`", r"`\1`", text)
    return text.replace("``", "`")


def first_paragraph(docstring: str | None) -> str:
    """The first paragraph of a docstring, in one line."""
    return " ".join(prose(docstring).split("\n\n")[0].split())


def page(title: str, *parts: str) -> str:
    """A whole page."""
    return "\n\n".join([NOTICE, f"# {title}", *(part.strip("\n") for part in parts if part)]) + "\n"


# The command line. Read off the functions' signatures: typer's own objects differ from version to version.


def commands(group: typer.Typer = app, prefix: str = "") -> Iterator[tuple[str, Callable[..., Any]]]:
    """Every command by its full name, e.g. ("snapshot build", function)."""
    for command in group.registered_commands:
        if command.callback is not None:
            name = command.name or command.callback.__name__.replace("_", "-")
            yield prefix + name, command.callback
    for inner in group.registered_groups:
        if inner.typer_instance is not None:
            yield from commands(inner.typer_instance, f"{prefix}{inner.name} ")


class Parameter(typing.NamedTuple):
    """An argument or option of a command."""

    name: str
    is_option: bool
    value: str
    default: str
    help: str


def parameters(function: Callable[..., Any]) -> list[Parameter]:
    """The arguments and options of a command."""
    hints = typing.get_type_hints(function, include_extras=True)
    found = []
    for name, parameter in inspect.signature(function).parameters.items():
        kind, info = typing.get_args(hints[name])
        required = parameter.default is inspect.Parameter.empty
        if is_option := isinstance(info, typer.models.OptionInfo):
            named = (
                info.default,
                *(info.param_decls or ()),
            )  # in Annotated, typer keeps the first name as default
            shown = ", ".join(one for one in named if isinstance(one, str)) or "--" + name.replace("_", "-")
        else:
            shown = name.upper()
        default = "" if parameter.default in (None, False) else f"`{parameter.default}`"
        default = "required" if required else default
        found.append(Parameter(shown, is_option, value_of(kind), default, info.help or ""))
    return found


def value_of(kind: Any) -> str:
    """What an argument takes, in words."""
    origin, arguments = typing.get_origin(kind), [a for a in typing.get_args(kind) if a is not type(None)]
    if origin is typing.Literal:
        return ", ".join(f"`{choice}`" for choice in arguments)
    if origin in (typing.Union, types.UnionType):
        return value_of(arguments[0])
    if origin is list:
        return f"one or more: {value_of(arguments[0])}"
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return ", ".join(f"`{choice.value}`" for choice in kind)
    return {str: "text", int: "whole number", float: "number", bool: "", Path: "path"}[kind]


def command_line() -> str:
    """Every command with its arguments and options."""
    parts = [
        "Every command takes `--help`. `equidistance` alone prints the list of commands.",
        table(
            ("command", "what it does"),
            (
                (f"[`{name}`](#{name.replace(' ', '-')})", first_paragraph(function.__doc__))
                for name, function in commands()
            ),
        ),
        "## Options before a command",
        table(
            ("option", "what it does"),
            (
                ("`--debug`", "Show the traceback of an error."),
                ("`--install-completion`", "Install completion for the current shell."),
                ("`--show-completion`", "Show completion for the current shell, to copy or change it."),
                ("`-h`, `--help`", "Show the help of the program, or of a command when it stands after it."),
            ),
        ),
        "## Exit status",
        table(
            ("status", "meaning"),
            (
                ("0", "done"),
                (
                    "1",
                    "`doctor` found something broken, or the program has a fault: report it with `--debug`",
                ),
                (
                    "2",
                    "the request cannot be answered as it stands; one message says why and what to do next",
                ),
            ),
        ),
    ]
    for name, function in commands():
        known = parameters(function)
        usage = " ".join(["equidistance", name, *(p.name for p in known if not p.is_option), "[OPTIONS]"])
        parts += [f"## {name}", f"```text\n{usage}\n```", prose(function.__doc__)]
        for heading, is_option in (("argument", False), ("option", True)):
            rows = [(f"`{p.name}`", p.value, p.default, p.help) for p in known if p.is_option is is_option]
            if rows:
                parts.append(table((heading, "value", "default", "what it does"), rows))
    return page("Command line", *parts)


# Sources and indicators.


def sources() -> str:
    """Every source's card."""
    cards = [source.card for source in all_sources().values()]
    parts = [
        "What each source is, what the reader takes, and what to beware of. `equidistance sources NAME` "
        "prints the same; "
        "`equidistance cite NAME` says how to cite it. Outside a source's coverage a value is unknown, never "
        "zero.",
        table(
            ("source", "title", "coverage", "licence", "download"),
            (
                (
                    f"[`{card.name}`](#{card.name})",
                    card.title,
                    f"{card.coverage[0].year} to {card.coverage[1].year if card.coverage[1] else 'now'}",
                    card.licence,
                    "`pull`" if card.downloads else "by hand",
                )
                for card in cards
            ),
        ),
    ]
    for card in cards:
        used = [one.name for one in all_indicators().values() if card.name in one.sources]
        parts += [
            f"## {card.name}",
            table(
                ("", ""),
                (
                    ("title", card.title),
                    ("publisher", card.publisher),
                    ("licence", card.licence),
                    ("citation", card.citation),
                    ("address", f"<{card.address}>"),
                    ("coverage", f"{card.coverage[0]} to {card.coverage[1] or 'now'}"),
                    ("states", card.states),
                    ("renewed", card.cadence),
                    ("accepted records", f"at least {card.rows[0]:,}; a reading with fewer is refused"),
                    ("evidence tables", linked(card.tables, "evidence-tables.md")),
                    ("indicators", linked(used, "indicators.md")),
                ),
            ),
            "Files that the reader takes:",
            table(("file", "layout"), ((f"`{pattern}`", text) for pattern, text in card.files.items())),
            "Alternative publications: each is read as a version of its own." if card.apart else "",
            "Files that `pull` downloads:"
            if card.downloads
            else f"No download by address: get the files from <{card.address}>.",
            "\n".join(f"- <{download.url}> (kept as `{download.filename}`)" for download in card.downloads),
            "Caveats:",
            "\n".join(f"- {caveat}" for caveat in card.caveats),
        ]
        if known := for_source(card.name):
            parts += [
                "Known errors in the publisher's files, and what was done:",
                "\n".join(f"- `{error.id}`: {error.reason} Status: {error.status}." for error in known),
            ]
    return page("Sources", *parts)


def linked(names: Iterable[str], target: str) -> str:
    """Names as code, each linked to its heading on another page."""
    return ", ".join(f"[`{name}`]({target}#{name})" for name in names)


def indicators() -> str:
    """Every indicator's declaration and description."""
    every = list(all_indicators().values())
    parts = [
        "An indicator turns records of a source into a value per state, power and period, with the standard "
        "error that the "
        "source implies. Values are oriented so that higher means closer. What the links are: "
        "[Method](../method.md). How to "
        "leave one out or move it to the other channel: [How to](../how-to.md#leave-out-or-move-an-indicator).",
        table(
            ("indicator", "title", "channel", "instrument", "link", "period", "used by default"),
            (
                (f"[`{i.name}`](#{i.name})", i.title, i.channel, i.instrument, i.link, i.freq, yes(i.default))
                for i in every
            ),
        ),
    ]
    for one in every:
        expectation = _expectation(one, [i.name for i in every if i.chosen_from == one.name])
        parts += [
            f"## {one.name}",
            f"**{one.title}**",
            table(
                ("channel", "instrument", "link", "period", "direction", "used by default", "sources"),
                [
                    (
                        one.channel,
                        one.instrument,
                        one.link,
                        one.freq,
                        "higher is closer" if one.direction > 0 else "lower is closer",
                        yes(one.default),
                        linked(one.sources, "sources.md"),
                    )
                ],
            ),
            expectation,
            prose(one.description),
        ]
    return page("Indicators", *parts)


def _expectation(one: Any, twins: list[str]) -> str:
    """Which twin an indicator of flows has, and when each is used."""
    if one.chosen_from:
        return f"Chosen: [`{one.chosen_from}`](#{one.chosen_from}) with what size, distance and history predict taken out. Its raw twin takes its place with `--raw`."
    if twins:
        return f"Raw: size, distance and border predict part of it. By default [`{twins[0]}`](#{twins[0]}) is used in its place; `--raw` uses this one."
    return ""


# States and blocs.


def ground() -> str:
    """Blocs with their dated members, and the table of states."""
    names = {state.code: state.name for state in all_states()}
    parts = [
        "A state or power can be named by its code, by its name in English or Russian, or by a variant of it; "
        "case, accents "
        "and punctuation do not matter. A name that stands for several states is an error that lists them. "
        "Where the codes, "
        "dates and memberships come from: `src/equidistance/data/ground/README.md`.",
        "## Blocs",
        "A date of exit is the first day out. A bloc's value is made from its members at the date.",
    ]
    for bloc in all_blocs():
        parts += [
            f"### {bloc.code}",
            f"**{bloc.name}** ({bloc.name_ru}), {lifetime(bloc)}. {bloc.description}",
            "; ".join(f"{names[spell.state]} {lifetime(spell)}" for spell in bloc.spells) + ".",
        ]
    parts += [
        "## States",
        f"{len(names)} states that existed at some time since 1946. A date of end is the first day after it. "
        "COW: Correlates "
        "of War; GW: Gleditsch and Ward; FIPS: FIPS 10-4.",
        table(
            ("code", "name", "Russian name", "exists", "ISO", "M49", "COW", "GW", "FIPS", "successors"),
            (
                (
                    s.code,
                    s.name,
                    s.name_ru,
                    lifetime(s),
                    f"{s.iso_numeric:03d}" if s.iso_numeric is not None else "",
                    f"{s.m49:03d}" if s.m49 is not None else "",
                    " ".join(map(str, s.cow)),
                    " ".join(map(str, s.gleditsch_ward)),
                    s.fips or "",
                    ", ".join(get_state(code).name for code in s.successors),
                )
                for s in all_states()
            ),
        ),
    ]
    return page("States and blocs", *parts)


def lifetime(spell: Any) -> str:
    """From when to when something held."""
    return f"{spell.start} to {spell.end}" if spell.end else f"from {spell.start}"


# The evidence tables.

COLUMNS = {
    "capitals.start": "first day as capital",
    "capitals.end": "first day no longer capital; empty: to the end of the data",
    "capital": "name of the city",
    "latitude": "degrees north",
    "longitude": "degrees east",
    "land_borders.state_a": "code of the state first in the alphabet",
    "land_borders.state_b": "code of the other state",
    "land_borders.start": "first day of the border",
    "land_borders.end": "first day without it; empty: to the end of the data",
    "act": "id of the act; the same for every text that tells it",
    "told_by": "id of the telling: source, address and document",
    "first": "first day that the date allows",
    "last": "last day that the date allows",
    "actor": "who acts: code of a state or bloc, or a name",
    "acts.partner": "towards whom, likewise",
    "third_parties": "others concerned, separated by semicolons",
    "acts.type": "PLOVER event type",
    "mode": "PLOVER mode, or null",
    "channel": "word or deed",
    "instrument": "instrument of policy",
    "direction": "1 closer, 0 neither, -1 away",
    "acts.intensity": "0 (hardly) to 1 (strongest)",
    "modality": "done, announced, planned, denied or threatened",
    "summary": "the act in a sentence",
    "said": "words quoted, or null",
    "speaker": "who said them, or null",
    "acts.source": "who tells it",
    "address": "where, or null",
    "document": "SHA-256 of the text that tells it, or null",
    "grade": "A to D: how good the record is",
    "coder": "person or rule that coded it",
    "acts.confidence": "of the coder, 0 to 1",
    "quantities.number": "id of the number, made of its row",
    "quantities.quantity": "what is counted or measured, in words",
    "subject": "code of the state it is of, or null",
    "partners": "codes of others it is about, separated by semicolons, or null",
    "quantities.value": "the number",
    "low": "lower end of its interval",
    "high": "upper end of its interval",
    "quantities.unit": "unit, or the noun counted",
    "account": "who reckons so; numbers of one account can be divided by each other",
    "note": "what one must know",
    "roll_call": "the publisher's number (`rcid:N`), or symbol and date where there is none",
    "body": "`GA` General Assembly, `SC` Security Council",
    "date": "day, as the publisher has it",
    "session": "session of the General Assembly",
    "resolution": "symbol, e.g. A/RES/ES-10/21",
    "title": "the publisher's title",
    "important": "whether the US Department of State named it important; empty: not known",
    "issues": "Voeten's issue flags that are set: me, nu, di, hr, co, ec",
    "state": "code of the state",
    "vote": "one of the values below",
    "year": "calendar year",
    "text": "full text of the speech",
    "quality": "`ok`, or why the text is not analysed",
    "event": "the publisher's number, or a hash of the raw row",
    "source_actor": "who acted, as published",
    "source_state": "code of the state it was resolved to; empty: not resolved",
    "source_by": "how it was resolved, one of the values below",
    "target_actor": "toward whom, as published",
    "target_state": "code of the state it was resolved to; empty: not resolved",
    "target_by": "how it was resolved, one of the values below",
    "code": "CAMEO code",
    "events.text": "the code in words",
    "intensity": "Goldstein value, -10 (conflict) to 10 (cooperation)",
    "state_a": "code of the state that comes first in the alphabet",
    "state_b": "code of the other state",
    "goldstein_sum": "sum of the day's Goldstein values; no bounds",
    "defense": "obligation to defend",
    "offense": "obligation to join in attack",
    "neutrality": "obligation to stay neutral",
    "nonaggression": "obligation not to attack",
    "consultation": "obligation to consult",
    "shared": "number of organisations",
    "full": "number of organisations",
    "precision": "`day`, or `year` where only the year is known (the date is then 1 January)",
    "visitor": "code of the state whose official travelled",
    "host": "code of the state visited",
    "person": "name, as published",
    "rank": "office of the person",
    "exporter": "code of the state; `WLD` for the world's total",
    "importer": "code of the state; `WLD` for the world's total",
    "value_usd": "US dollars in the year, at the prices named in `prices`",
    "reporter": "code of the reporting state, or `reconciled`",
    "vintage": "which publication of the figure",
    "prices": "`current USD` or `constant 2010 USD`",
    "period": "first day of the month or year",
    "frequency": "`month` or `year`",
    "flow": "what the reporter states: `export`, `import`, `re-export` or `re-import`",
    "classification": "nomenclature and revision of the product code, e.g. `HS2022`, `CN2022`",
    "product": "product code, 8, 6 or 4 digits, or `TOTAL`",
    "goods.exporter": "code of the state the goods leave",
    "goods.importer": "code of the state the goods go to",
    "goods.reporter": "code of the state that reports",
    "value": "value in units of `currency`",
    "currency": "currency code, ISO 4217",
    "kg": "net weight in kilograms; empty: not reported",
    "per_eur": "units of the currency for one euro",
    "from_classification": "nomenclature of the code that is converted",
    "from_code": "code that is converted",
    "to_classification": "nomenclature that it is converted to",
    "to_code": "code in that nomenclature; several rows where one code was split",
    "deal": "the publisher's number of the deal",
    "supplier": "code of the state; empty: unknown, or no state",
    "recipient": "code of the state that received",
    "designation": "type of the weapon",
    "category": "the publisher's category",
    "number": "pieces delivered; empty: not known",
    "tiv": "trend-indicator value, millions; 0 is less than half a million",
    "estimated": "whether the number or the year is the publisher's estimate",
    "used": "whether the weapons were second hand",
    "lender": "code of the state",
    "finance_flows.flow": "`aid` (concessional), `loan` (commercial) or `vague`",
    "amount_usd": "commitment in US dollars of 2021; empty: not stated",
    "adjusted_usd": "the same, without what was cancelled, suspended or counted twice",
    "project": "the publisher's number",
    "sector": "what it is for, as published",
    "status": "state of the project, as published",
    "infrastructure": "whether it builds something",
    "investment.host": "code of the state invested in",
    "investor": "code of the immediate investor's state; `WLD`: all investors",
    "investment.classification": "`partner`, `NACE Rev. 1` or `NACE Rev. 2`",
    "industry": "industry in words; `TOTAL`: all",
    "measure": "one of the values below",
    "value_eur_m": "million euros; an inflow may be negative",
    "asset": "name of the field, mine, venture or pipeline",
    "ownership.sector": "`oil_gas`, `oil_transport`, `uranium` or `uranium_parent`",
    "asset_output.sector": "as in `ownership`",
    "ownership.host": "code of the state the asset lies in",
    "owner": "name of the owner",
    "owner_state": "code of the owner's state; empty: not known",
    "share_pct": "per cent; empty: not in the source",
    "as_of": "date of the share, in the source's words",
    "ownership.year": "first year named in `as_of`",
    "confidence": "`high`, `medium` or `low`",
    "source": "where it was read",
    "quantity": "output or throughput of the year, in `unit`",
    "unit": "`Mt` million tonnes, `tU` tonnes of uranium",
    "agreement": "number in the list, with the list's name",
    "form": "`customs union`, `free trade` or `other`",
    "signed": "year of signature; empty: only negotiated",
    "same_as": "number of the same agreement in the other list",
    "side": "one of the values below",
    "entry": "`founder`, `accession`, `signature` (not in force for it) or `negotiation`",
    "start": "first day in force for the state; empty: never",
    "end": "first day no longer in force; empty: open",
    "agreement_parties.precision": "`day`, `month` or `year`: how exactly `start` is known",
    "bilateral_agreements.state_a": "code of the state that publishes the list",
    "bilateral_agreements.state_b": "code of the partner; empty: an organisation or territory",
    "party": "the partner, as published",
    "bilateral_agreements.date": "entry into force",
    "field": "subject field, as published",
    "treaty": "chapter and number in the depositary's list",
    "chapter": "name of the chapter",
    "action": "what the state did",
    "binding": "whether it is bound by it",
    "case": "the publisher's number",
    "sender": "code of the state or bloc that imposes",
    "target": "code of the state or bloc that is sanctioned",
    "begin": "first year",
    "sanctions.end": "last year; empty: in force when the source ends",
    "trade": "trade is restricted",
    "trade_scope": "exports or imports, in part or completely",
    "arms": "arms are embargoed",
    "military": "military help is stopped",
    "financial": "finance is restricted",
    "travel": "persons may not travel",
    "other": "other measures",
    "objective": "what the sender wants, as published",
    "leader_state": "code of the leader's state",
    "leader": "name",
    "meetings.rank": "`head` (president, premier) or `minister`",
    "partner": "code of the state dealt with",
    "kind": "`visit` there, `host` at home, `third` elsewhere, or `message` without a meeting",
    "meetings.text": "what happened, as published",
    "scheme": "`PLOVER` or `WEIS`",
    "type": "type in the scheme",
    "quad": "one of the values below",
    "coded_events.intensity": "the scheme's scale, -10 (conflict) to 10 (cooperation); empty: none",
    "file": "base name of the file it was read from",
    "row": "line of a text file, row of a Parquet file, both from 1",
}
"""What the columns of the evidence tables hold; ``table.column`` goes before ``column``."""


def evidence_tables() -> str:
    """The schema of the evidence."""
    parts = [
        "A source's reader turns files into these tables; the store keeps them in one DuckDB file. In the "
        "store every row has "
        "one more column, `source_id`: the source version it came from. The views with these names show one "
        "row per key: "
        "where several source versions hold the same key, the newest ingest wins. The tables with all "
        "versions lie in the "
        "schema `evidence` (`evidence.votes`).",
    ]
    for one in schema.TABLES.values():
        fillers = [name for name, source in all_sources().items() if one.name in source.card.tables]
        parts += [
            f"## {one.name}",
            f"{one.description}. Key: {', '.join(f'`{key}`' for key in one.key)}. Filled by: "
            f"{linked(fillers, 'sources.md')}.",
            table(
                ("column", "type", "may be empty", "what it holds"),
                (
                    (
                        f"`{field.name}`",
                        field.type,
                        yes(field.nullable),
                        COLUMNS.get(f"{one.name}.{field.name}") or COLUMNS[field.name],
                    )
                    for field in one.schema
                ),
            ),
        ]
    parts += [
        "## Values",
        f"`vote`: {', '.join(f'`{value}`' for value in schema.VOTES)}. `unknown` is a value that the publisher "
        "got wrong and "
        "nobody knows better.",
        f"`source_by` and `target_by`: {', '.join(f'`{value}`' for value in schema.RESOLVED_BY)}. Bare state "
        "name, tag of a "
        "government role, official in office, organ of a state or bloc, tag of somebody who does not act for "
        "the government, "
        "or not resolved.",
        f"`measure`: {', '.join(f'`{value}`' for value in schema.MEASURES)}: what is there at the end of the year, or "
        "what came in during it.",
        f"`side`: {', '.join(f'`{value}`' for value in schema.SIDES)}. Bound with all others, with those of the other "
        "side only, or not known with whom.",
        f"`quad`: {', '.join(f'`{value}`' for value in schema.QUADS)}. A comment or a request is neutral.",
        "## Also in the store",
        table(
            ("view or table", "what it holds"),
            (
                (
                    "`source_versions`",
                    "one row per source version: files with their SHA-256, licence, address, when it was read",
                ),
                ("`coverage`", "date intervals of each source version inside which silence means none"),
                (
                    "`evidence.quarantine`",
                    "malformed rows: source_id, file, line, reason, text (cut to 500 characters)",
                ),
                ("`evidence.applied_corrections`", "what became of each known upstream error"),
            ),
        ),
    ]
    return page("Evidence tables", *parts)


# The JSON format.


def json_format() -> str:
    """The keys of ``assess --format json``."""
    content = json.loads(
        files("equidistance").joinpath("data/assess.schema.json").read_text(encoding="utf-8")
    )
    units = table_columns()
    parts = [
        "`equidistance assess STATE --format json` and `Assessment.to_dict()` give this. The JSON Schema "
        "ships with the "
        "package as `equidistance/data/assess.schema.json`.",
        content["description"],
        "Dates are ISO 8601 days. A number that is not defined, such as the margin with one power, is `null`. "
        "What the estimate columns mean: "
        "[Python](python.md#tables-of-an-assessment).",
        "## Keys",
        table(
            ("key", "type", "always there", "what it holds"),
            (
                (f"`{key}`", kind_of(value), yes(key in content["required"]), what(key, value))
                for key, value in content["properties"].items()
            ),
        ),
    ]
    for key, value in content["properties"].items():
        inner = value.get("items", value).get("properties")
        if inner:
            required = value.get("items", value)["required"]
            parts += [
                f"## {key}",
                "One object per row." if "items" in value else "",
                table(
                    ("key", "type", "always there", "what it holds"),
                    (
                        (
                            f"`{name}`",
                            kind_of(one),
                            yes(name in required),
                            units.get(key, {}).get(name) or one.get("description", ""),
                        )
                        for name, one in inner.items()
                    ),
                ),
            ]
    return page("JSON format", *parts)


def kind_of(value: dict[str, Any]) -> str:
    """The type of a JSON Schema node in words."""
    if "enum" in value:
        return ", ".join(f"`{choice}`" for choice in value["enum"])
    if "const" in value:
        return f"always `{value['const']}`"
    if "anyOf" in value:
        return " or ".join(kind_of(one) for one in value["anyOf"])
    kind = "date" if value.get("format") == "date" else value["type"]
    if "minimum" in value and "maximum" in value:
        return f"{kind}, {value['minimum']} to {value['maximum']}"
    return f"{kind} of {value['items']['type']}s" if kind == "array" else str(kind)


def what(key: str, value: dict[str, Any]) -> str:
    """What a top-level key holds: its own description, or that of the attribute of the same name."""
    return str(
        value.get("description") or attributes_of(Assessment).get(key) or _OTHER_KEYS[key]
    )


_OTHER_KEYS = {
    "format": "version of this format",
    "period": "first and last month reported",
}


def attributes_of(kind: type) -> dict[str, str]:
    """The attributes a Google-style docstring describes."""
    section = prose(kind.__doc__).partition("Attributes:\n")[2]
    found: dict[str, str] = {}
    for block in re.split(r"\n(?= {4}\S)", "\n" + section)[1:]:
        names, _, text = block.partition(": ")
        found |= dict.fromkeys((name.strip() for name in names.split(",")), " ".join(text.split()))
    return found


# The Python names.

SUPPORTING = (
    "equidistance.tables.Table",
    "equidistance.ground.states.State",
    "equidistance.ground.blocs.Bloc",
    "equidistance.ground.blocs.Spell",
    "equidistance.ground.blocs.all_blocs",
    "equidistance.ground.states.all_states",
    "equidistance.evidence.store.Store",
    "equidistance.sources.ingest.IngestSummary",
    "equidistance.sources.card.Card",
    "equidistance.sources.card.Rejected",
    "equidistance.indicators.declare.Indicator",
    "equidistance.claims.check.Checked",
    "equidistance.claims.verdicts.Verdict",
    "equidistance.claims.verdicts.Number",
    "equidistance.claims.verdicts.Record",
    "equidistance.reading.records.Claim",
)
"""What the public functions take and return."""


def python() -> str:
    """The public names, what they return, the tables and the errors."""
    public = {name: f"{module}.{attribute}" for name, (module, attribute) in equidistance._PUBLIC.items()}
    parts = [
        "```python\nimport equidistance as eq\n```",
        "Everything a person needs is reached from `eq`. Results are [tables](#equidistance.tables.Table) "
        "that turn into pandas, "
        "polars or Arrow.",
        table(
            ("name", "what it is"),
            (
                (f"[`eq.{name}`](#{path})", first_paragraph(locate(path).__doc__))
                for name, path in public.items()
            ),
        ),
        "`eq.__version__` is the version of the package.",
        "## Public names",
        "\n\n".join(f"::: {path}" for path in public.values()),
        "## Tables of an assessment",
        "`eq.assess(...)` returns these as attributes; `Table.columns` gives the units. Estimates (alignment, "
        "orientation, "
        "equidistance, drift, gap, lead_lag) all have `mean`, `sd` and the quantiles `q05` to `q95`.",
    ]
    described = attributes_of(Assessment)
    for name, columns in table_columns().items():
        rows = ((f"`{column}`", text) for column, text in columns.items())
        parts += [f"### {name}", described[name], table(("column", "what it holds"), rows)]
    parts += [
        "## Errors",
        "All in `equidistance.errors`. Each has `message`, `choices` and `hint`; the command line prints them "
        "and exits with 2.",
        table(
            ("error", "when"),
            ((f"`{name}`", first_paragraph(kind.__doc__)) for name, kind in error_classes().items()),
        ),
        "## What the functions take and return",
        table(
            ("name", "import it from"),
            (
                (f"[`{path.rpartition('.')[2]}`](#{path})", f"`{path.rpartition('.')[0]}`")
                for path in SUPPORTING
            ),
        ),
        "\n\n".join(f"::: {path}" for path in SUPPORTING),
    ]
    return page("Python", *parts)


def locate(path: str) -> Any:
    """The object at a dotted path."""
    module, _, name = path.rpartition(".")
    return getattr(import_module(module), name)


def error_classes() -> dict[str, type[errors.EquidistanceError]]:
    """The errors a person can meet."""
    return {
        name: kind
        for name, kind in vars(errors).items()
        if isinstance(kind, type) and issubclass(kind, errors.EquidistanceError)
    }


def table_columns() -> dict[str, dict[str, str]]:
    """Columns and their units of every table of an assessment, made by assessing one state on the shipped data."""
    tables = equidistance.assess("Kazakhstan", store=False, draws=100).tables
    return {
        name: {
            column: _PLAIN.get(f"{name}.{column}") or one.columns.get(column) or _PLAIN[column]
            for column in one.arrow.column_names
        }
        for name, one in tables.items()
    }


_PLAIN = {
    "exposure.period": "first day of the year",
    "evidence.channel": "deed or word",
    "leader_name": "name of that power",
    "year": "calendar year",
    "indicator": "name of the indicator",
    "title": "title",
    "channel": "deed or word",
    "instrument": "instrument of policy",
    "source_id": "source version",
    "kind": "what the state depends on the power for",
    "n": "raw records behind it",
    "source": "name of the source",
    "publisher": "who publishes it",
    "licence": "licence or terms",
    "citation": "how to cite it",
    "address": "landing page or DOI",
    "coverage_start": "first date covered",
    "coverage_end": "last date covered; empty: still growing",
    "sha256": "SHA-256 of the files read",
}
"""Columns whose name says nearly all, for tables that give no units; ``table.column`` goes before what they give."""

WRITERS: dict[str, Callable[[], str]] = {
    "command-line.md": command_line,
    "python.md": python,
    "sources.md": sources,
    "indicators.md": indicators,
    "ground.md": ground,
    "evidence-tables.md": evidence_tables,
    "json-format.md": json_format,
}


def outdated(directory: Path = PAGES) -> list[str]:
    """Names of the pages that differ from what the code says."""
    return [
        name
        for name, write in WRITERS.items()
        if not (directory / name).is_file() or (directory / name).read_text(encoding="utf-8") != write()
    ]


def main() -> int:
    """Write the pages; with --check only compare, and exit with 1 where one differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit with 1 if a page is outdated"
    )
    if parser.parse_args().check:
        names = outdated()
        for name in names:
            print(
                f"docs/reference/{name} is outdated; run: python scripts/generate_reference.py",
                file=sys.stderr,
            )
        return int(bool(names))
    PAGES.mkdir(parents=True, exist_ok=True)
    for name, write in WRITERS.items():
        (PAGES / name).write_text(write(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
