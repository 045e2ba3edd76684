"""The ledger of acts: proposals, reviews and what was accepted, as rows in the user's store.

A proposal is keyed by its content (the words and what was coded of them), so that reading a text again proposes nothing
new, and a text that changed reopens what rested on the words it no longer has. Reviews are rows too: the last one
counts, none is ever overwritten. What is accepted is written into the store as a version of the source
``expert_acts``, so that it is evidence like any other: with provenance, its own indicators, and a way out.
"""

import json
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

import pyarrow as pa

from equidistance.claims.ledger_rows import (
    Telling,
    as_row,
    key_of,
    refuse_unusable,
    to_csv,
    usable,
    with_act_ids,
)
from equidistance.errors import InvalidRequest, UnknownName
from equidistance.evidence.store import Store, default_path
from equidistance.evidence.store_errors import explained
from equidistance.reading.records import Document, Reading
from equidistance.sources.expert_acts import COLUMNS
from equidistance.tables import Table

Status = Literal["pending", "accepted", "rejected"]
DECISIONS = ("accept", "edit", "reject", "reopen")
FILE = "ledger_acts.csv"
"""Name under which accepted acts stand in the store's list of files."""

_TABLES = """
create schema if not exists ledger;
create table if not exists ledger.proposals (
    proposal varchar primary key, act json not null, proposed_at timestamp not null);
create table if not exists ledger.tellings (
    proposal varchar not null, document varchar, address varchar, source varchar not null, quote varchar not null,
    start_at bigint, end_at bigint);
create table if not exists ledger.reviews (
    ordinal bigint not null, proposal varchar not null, decision varchar not null, act json, note varchar,
    reviewed_at timestamp not null);
"""


@dataclass(frozen=True)
class Proposal:
    """An act in the ledger.

    Attributes:
        proposal: key, made of its content.
        act: its fields as the layout of :mod:`equidistance.sources.expert_acts` has them, edits included.
        tellings: where it is told.
        status: pending, accepted or rejected.
        note: why it was reopened or edited.
    """

    proposal: str
    act: dict[str, str]
    tellings: tuple[Telling, ...]
    status: Status
    note: str | None = None

    @property
    def confidence(self) -> float:
        """The coder's confidence."""
        return float(self.act["confidence"])


@dataclass(frozen=True)
class Proposed:
    """What proposing a reading did: acts new to the ledger, known already, reopened, and left out with the reason."""

    new: int
    known: int
    reopened: int
    left_out: tuple[str, ...] = ()


class Ledger:
    """The ledger in a store; use :meth:`open` in a ``with`` statement. Each change is one transaction."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._cursor = store.connection()

    @classmethod
    def open(cls, path: Path | None = None, *, create: bool = True) -> Self:
        """Open the ledger of a store.

        Args:
            path: the store (default: the user's).
            create: make an empty store where there is none.

        Raises:
            StoreError: missing, locked, corrupt, read-only, disk full.
        """
        store = Store.open(path or default_path(), "write", create=create)
        try:
            with explained(store.path):
                store.connection().execute(_TABLES)
            return cls(store)
        except BaseException:
            store.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._store.close()  # not the store's own exit: a store with a ledger and no source yet must stay

    def propose(self, reading: Reading) -> Proposed:
        """Enter the acts of a reading as proposals; what an earlier version of the text told and this one does not is
        taken back, and what rested on it alone is reopened."""
        document = reading.document
        rows = [(act, as_row(act)) for act in reading.acts]
        keys = {key_of(row, act.quote) for act, row in rows}
        new = known = 0
        with self._transaction():
            reopened = self._take_back(document, keys)
            for act, row in rows:
                key = key_of(row, act.quote)
                fresh = self._enter(key, row)
                new, known = new + fresh, known + (not fresh)
                telling = Telling(
                    document.sha256, document.address, _source_of(document), act.quote, act.start, act.end
                )
                self._tell(key, telling)
        return Proposed(new, known, reopened)

    def add(self, rows: Iterable[dict[str, str]]) -> int:
        """Enter acts coded by hand: accepted as they are. Returns how many were new."""
        new = 0
        with self._transaction():
            for row in rows:
                complete = {name: row.get(name) or "" for name in COLUMNS}
                telling = Telling(
                    complete["document"] or None,
                    complete["address"] or None,
                    complete["source"],
                    complete["summary"],
                )
                key = key_of(complete, complete["summary"])
                new += self._enter(key, complete)
                self._tell(key, telling)
                if self._status(key) != "accepted":
                    self._review(key, "accept", None, "imported")
        self.publish()
        return new

    def decide(
        self, proposal: str, decision: str, changes: dict[str, str] | None = None, note: str = ""
    ) -> None:
        """Review one proposal.

        Args:
            proposal: its key.
            decision: one of :data:`DECISIONS`; ``edit`` accepts it with ``changes``.
            changes: fields of the layout with new values.
            note: kept with the review.

        Raises:
            UnknownName: no such proposal, decision or field.
            InvalidRequest: accepted without a date, or with a value that the layout does not take.
        """
        if decision not in DECISIONS:
            raise UnknownName(f"There is no decision {decision!r}.", choices=DECISIONS)
        found = next((one for one in self.proposals() if one.proposal == proposal), None)
        if found is None:
            raise UnknownName(f"There is no proposal {proposal!r}.", hint="See: equidistance ledger list")
        unknown = sorted(set(changes or {}) - set(COLUMNS))
        if unknown:
            raise UnknownName(f"An act has no field {unknown[0]!r}.", choices=COLUMNS)
        act = found.act | (changes or {})
        if decision in ("accept", "edit"):
            refuse_unusable(act, found.tellings)
        with self._transaction():
            self._review(proposal, decision, act if decision == "edit" else None, note or None)

    def accept_above(self, confidence: float) -> int:
        """Accept every pending proposal of at least that confidence that can be used; returns how many.

        Raises:
            InvalidRequest: not between 0 and 1.
        """
        if not 0 <= confidence <= 1:
            raise InvalidRequest(f"A confidence lies between 0 and 1, not {confidence}.")
        accepted = 0
        for one in self.proposals("pending"):
            if one.confidence >= confidence and usable(one.act, one.tellings) is None:
                self.decide(one.proposal, "accept", note=f"confidence of at least {confidence:g}")
                accepted += 1
        return accepted

    def proposals(self, status: Status | None = None) -> list[Proposal]:
        """All proposals, or those of one status, in the order in which they were entered."""
        tellings: dict[str, list[Telling]] = {}
        for proposal, *rest in self._rows(
            "select proposal, document, address, source, quote, start_at, end_at from ledger.tellings order by all"
        ):
            tellings.setdefault(proposal, []).append(Telling(*rest))
        reviews = {
            proposal: (decision, act, note)
            for proposal, decision, act, note in self._rows(
                "select proposal, decision, act, note from ledger.reviews order by ordinal"
            )
        }
        edits = dict(
            self._rows("select proposal, act from ledger.reviews where act is not null order by ordinal")
        )
        found = []
        for proposal, act in self._rows(
            "select proposal, act from ledger.proposals order by proposed_at, proposal"
        ):
            decision, _, note = reviews.get(proposal, ("reopen", None, None))
            fields = json.loads(edits[proposal] if proposal in edits and decision == "edit" else act)
            found.append(
                Proposal(proposal, fields, tuple(tellings.get(proposal, ())), _STATUS[decision], note)
            )
        return [one for one in found if status in (None, one.status)]

    def accepted_rows(self) -> list[dict[str, str]]:
        """Accepted acts in the layout, one row per telling, the same act of several texts under one ``act``."""
        rows = []
        for one in self.proposals("accepted"):
            for telling in one.tellings:
                told = {
                    "source": telling.source,
                    "address": telling.address or "",
                    "document": telling.document or "",
                }
                rows.append({"act": "", **one.act, **told})
        return with_act_ids(rows)

    def publish(self) -> int:
        """Write what is accepted into the store as evidence, in place of what was; returns the number of acts."""
        from equidistance.sources.ingest import ingest

        rows = self.accepted_rows()
        before = [
            version.source_id
            for version in self._store.versions()
            if version.source == "expert_acts" and [file.name for file in version.files] == [FILE]
        ]
        kept = None
        if rows:
            with tempfile.TemporaryDirectory() as directory:
                path = Path(directory) / FILE
                path.write_text(to_csv(rows), encoding="utf-8")
                kept = ingest("expert_acts", [path], self._store).source_id
        for source_id in before:
            if source_id != kept:
                self._store.remove(source_id)
        return len({row["act"] for row in rows})

    def _take_back(self, document: Document, keys: set[str]) -> int:
        """Tellings of this address that the text no longer holds; accepted acts without a telling are reopened."""
        gone = [
            proposal
            for (proposal,) in self._rows(
                "select distinct proposal from ledger.tellings where address = ?", document.address
            )
            if proposal not in keys
        ]
        for proposal in gone:
            self._cursor.execute(
                "delete from ledger.tellings where proposal = ? and address = ?", [proposal, document.address]
            )
        reopened = 0
        for proposal in gone:
            [(left,)] = self._rows("select count(*) from ledger.tellings where proposal = ?", proposal)
            if not left and self._status(proposal) == "accepted":
                self._review(proposal, "reopen", None, "its source no longer tells it")
                reopened += 1
        self._cursor.execute(
            "delete from ledger.tellings where address = ? and document <> ?",
            [document.address, document.sha256],
        )
        return reopened

    def _enter(self, key: str, row: dict[str, str]) -> bool:
        [(known,)] = self._rows("select count(*) from ledger.proposals where proposal = ?", key)
        if not known:
            self._cursor.execute(
                "insert into ledger.proposals values (?, ?, ?)",
                [key, json.dumps(row, ensure_ascii=False), _now()],
            )
        return not known

    def _tell(self, key: str, told: Telling) -> None:
        values = [key, told.document, told.address, told.source, told.quote, told.start, told.end]
        [(known,)] = self._rows(
            """select count(*) from ledger.tellings where proposal = ? and document is not distinct from ?
            and address is not distinct from ? and source = ? and start_at is not distinct from ?""",
            *values[:4],
            told.start,
        )
        if not known:
            self._cursor.execute("insert into ledger.tellings values (?, ?, ?, ?, ?, ?, ?)", values)

    def _review(self, key: str, decision: str, act: dict[str, str] | None, note: str | None) -> None:
        edited = None if act is None else json.dumps(act, ensure_ascii=False)
        self._cursor.execute(
            """insert into ledger.reviews
            select coalesce(max(ordinal), 0) + 1, ?, ?, ?, ?, ? from ledger.reviews""",
            [key, decision, edited, note, _now()],
        )

    def _status(self, key: str) -> Status:
        rows = self._rows(
            "select decision from ledger.reviews where proposal = ? order by ordinal desc limit 1", key
        )
        return _STATUS[rows[0][0]] if rows else "pending"

    def _rows(self, query: str, *parameters: object) -> list[Any]:
        with explained(self._store.path):
            rows: list[Any] = self._cursor.execute(query, list(parameters)).fetchall()
        return rows

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with explained(self._store.path):
            self._cursor.execute("begin transaction")
            try:
                yield
                self._cursor.execute("commit")
            except BaseException:
                self._cursor.execute("rollback")
                raise


_STATUS: dict[str, Status] = {
    "accept": "accepted",
    "edit": "accepted",
    "reject": "rejected",
    "reopen": "pending",
}


def table_of(proposals: Sequence[Proposal]) -> Table:
    """Proposals as a table."""
    rows = [
        {
            "proposal": one.proposal,
            "status": one.status,
            **{name: one.act[name] for name in COLUMNS if name not in ("source", "address", "document")},
            "told_by": "; ".join(dict.fromkeys(telling.source for telling in one.tellings)),
            "note": one.note or "",
        }
        for one in proposals
    ]
    names = [
        "proposal",
        "status",
        *(n for n in COLUMNS if n not in ("source", "address", "document")),
        "told_by",
        "note",
    ]
    return Table(
        "ledger", pa.Table.from_pylist(rows, schema=pa.schema([(name, pa.string()) for name in names]))
    )


def _source_of(document: Document) -> str:
    named = " ".join((document.title or document.address or "a text").split())[:300]
    return f"{named} ({document.published})" if document.published else named


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)
