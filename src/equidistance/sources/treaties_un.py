"""Multilateral treaties deposited with the Secretary-General of the United Nations: who signed, ratified, acceded."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pyarrow as pa

from equidistance.errors import BadFile
from equidistance.evidence.schema import TABLES
from equidistance.ground.states import find
from equidistance.sources.card import Card, Reading, Rejected, Source
from equidistance.sources.delimited import columns_of, first_seen, read_rows
from equidistance.sources.lookup import (
    FIRST_YEAR,
    IgnoredRowError,
    MalformedRowError,
    convert_rows,
    count,
    nothing_left,
)

_ACTIONS = ("treaty", "Participant", "action", "date_parsed", "code")
_INDEX = ("chapter_no", "treaty_no", "treaty_name", "chapter_name")

_BY_CODE = {
    "a": "accession",
    "A": "acceptance",
    "AA": "approval",
    "P": "participation",
    "c": "formal confirmation",
    "d": "succession",
    "p": "simplified procedure",
    "s": "definitive signature",
}
"""The publisher's letter beside a date, where it means that the state is bound."""

_BINDING = (
    "accept", "access", "approval", "confirmation", "consent", "definitive", "participation", "ratif", "success",
)  # fmt: skip
_NOT_BINDING = ("application", "notification", "provisional", "undertaking")
_REGISTRATION = ("date of adoption", "registration", "unts", "resolution")

_NAMES = {"Congo": "COG"}
_OUTSIDE = frozenset(
    (
        "British Virgin Islands", "Cayman Islands", "Cook Islands", "Hong Kong", "Montserrat", "Niue",
        "Turks and Caicos Islands",
    )
)  # fmt: skip
_ORGANISATION = (
    "Organi", "Community", "Union", "Council of", "Common Market", "Agency", "Commission", "United Nations",
)  # fmt: skip

CARD = Card(
    name="treaties_un",
    title="Multilateral Treaties Deposited with the Secretary-General: status of participation",
    publisher="United Nations Treaty Collection, Office of Legal Affairs",
    licence="United Nations terms of use: free for research, attribution; the copy states none",
    citation=(
        "United Nations. Multilateral Treaties Deposited with the Secretary-General. Status as at 12 March 2015. "
        "https://treaties.un.org"
    ),
    address="https://treaties.un.org/pages/ParticipationStatus.aspx",
    files={
        "un_multilateral_treaty_actions*.csv": "treaty, Participant, action, date, date_parsed, code",
        "un_multilateral_treaty_index*.csv": "chapter_no, treaty_no, treaty_name, url, chapter_url, chapter_name",
    },
    tables=("treaty_actions",),
    coverage=(date(1945, 1, 1), date(2015, 3, 12)),
    states="all",
    cadence="the stored copy is of March 2015; the publisher renews daily",
    caveats=(
        "Ends with 12 March 2015; denunciations and withdrawals are not in it.",
        "Participants bear today's names throughout: what the USSR ratified stands under Russia, which continues it.",
        "How a state is bound (ratification, accession, succession, ...) is read off the publisher's letter; without a "
        "letter, and in a column of its own, it is a ratification.",
        "A signature, a provisional application and a notification bind nobody and are marked so.",
        "Organisations and territories are left out and counted; so are rows with the data of a registration.",
    ),
    rows=(10_000, 500_000),
)


def read(paths: Sequence[Path]) -> Reading:
    """Read the actions, with the titles of the index, into ``treaty_actions``.

    Raises:
        BadFile: neither layout, no actions, or no usable action.
    """
    rejected: list[Rejected] = []
    ignored: dict[str, int] = {}
    titles: dict[str, tuple[str, str]] = {}
    files = []
    for path in paths:
        if "treaty_name" in columns_of(path):
            table, malformed = read_rows(path, _INDEX)
            rejected.extend(malformed)
            for row in table.to_pylist():
                number = f"{row['chapter_no']}-{row['treaty_no']}".replace(".", "-")
                titles[number] = (row["chapter_name"], row["treaty_name"])
        else:
            files.append(path)
    if not files:
        raise BadFile(
            "The source treaties_un needs the file of actions; only the index was given.",
            choices=list(CARD.files),
        )
    records: list[dict[str, object]] = []
    for path in files:
        records += convert_rows(path, _ACTIONS, lambda row: _action(row, titles), rejected, ignored)
    actions = pa.Table.from_pylist(records, schema=TABLES["treaty_actions"].schema)
    if not actions.num_rows:
        raise nothing_left([path.name for path in paths], "action of a state")
    actions, _, repeated = first_seen(actions, TABLES["treaty_actions"].key, values=())
    count(ignored, "the same action again", repeated)
    last = max(actions["date"].to_pylist())
    return Reading({"treaty_actions": actions}, ((date(FIRST_YEAR, 1, 1), last),), tuple(rejected), ignored)


def _action(row: dict[str, str], titles: dict[str, tuple[str, str]]) -> list[dict[str, object]]:
    label = row["action"].casefold()
    if label.startswith(_REGISTRATION):
        raise IgnoredRowError("data of a registration, no action")
    name = row["Participant"]
    if name in _OUTSIDE:
        raise IgnoredRowError("a territory that is not a state")
    state = _NAMES.get(name) or (found.code if (found := find(name)) else None)
    if state is None and any(word in name for word in _ORGANISATION):
        raise IgnoredRowError("an organisation")
    if state is None:
        raise MalformedRowError(f"unknown participant {name!r}")
    try:
        day = date.fromisoformat(row["date_parsed"])
    except ValueError:
        raise MalformedRowError(f"the date {row['date_parsed']!r} cannot be read") from None
    chapter, title = titles.get(row["treaty"].replace(".", "-"), ("", ""))
    action, binding = _kind(label, row["code"])
    return [
        {
            "treaty": row["treaty"],
            "chapter": chapter,
            "title": title,
            "state": state,
            "action": action,
            "date": day,
            "binding": binding,
        }
    ]


def _kind(label: str, code: str) -> tuple[str, bool]:
    """What was done, and whether it binds."""
    if label.startswith("signature"):
        return ("succession to signature" if code == "d" else "signature"), False
    if code in _BY_CODE:
        return _BY_CODE[code], True
    if code == "C":
        return "signature", False  # a signature ad referendum is confirmed: a signature, no more
    if code == "n" or label.startswith(_NOT_BINDING):
        return label.split(",")[0].split(" ")[0] if code != "n" else "provisional application", False
    if code:
        raise MalformedRowError(f"unknown letter {code!r}")
    if any(word in label for word in _BINDING):
        return "ratification", True
    raise MalformedRowError(f"unknown action {label!r}")


SOURCE = Source(CARD, read)
