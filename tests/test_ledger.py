"""The ledger: proposals, reviews, one act of several texts, files, and accepted acts as evidence."""

import io
import json
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from claims_bench import act, month, reading
from command import run
from equidistance.claims import ledger_files
from equidistance.claims.bench import Bench, shipped_files
from equidistance.claims.ledger import Ledger
from equidistance.claims.ledger_rows import as_row, same_act, with_act_ids
from equidistance.errors import BadFile, InvalidRequest, UnknownName
from equidistance.evidence.store import Store
from equidistance.ground.blocs import get_bloc
from equidistance.ground.states import get_state
from equidistance.indicators.acts import expert_deeds, expert_words
from equidistance.indicators.views import register_views
from equidistance.reading.records import When
from equidistance.sources import expert_acts, published_numbers

VISIT = act(
    "met the president", type="CONSULT", mode="visit", direction=1, confidence=0.95, instrument="diplomacy"
)
BAN = act()
UNDATED = act("promised much", when=None, type="SUPPORT", channel="word")


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "store.duckdb"


def test_reading_a_text_again_proposes_nothing_new(store: Path) -> None:
    with Ledger.open(store) as ledger:
        assert ledger.propose(reading(VISIT, BAN, UNDATED)).new == 3
        again = ledger.propose(reading(replace(VISIT, confidence=0.2, rule="another"), BAN, UNDATED))
        assert (again.new, again.known, again.reopened) == (0, 3, 0)
        assert [one.status for one in ledger.proposals()] == ["pending"] * 3
    with Ledger.open(store) as ledger:  # it stays, though the store has no source yet
        assert len(ledger.proposals()) == 3


def test_a_changed_source_reopens_what_it_no_longer_tells(store: Path) -> None:
    with Ledger.open(store) as ledger:
        ledger.propose(reading(VISIT, BAN))
        assert ledger.accept_above(0.5) == 2
        assert ledger.publish() == 2
        changed = ledger.propose(reading(VISIT, act("banned everything"), sha256="b" * 64))
        assert (changed.new, changed.known, changed.reopened) == (1, 1, 1)
        [reopened] = [one for one in ledger.proposals() if one.act["summary"] == BAN.quote]
        assert (reopened.status, reopened.note) == ("pending", "its source no longer tells it")
        assert ledger.publish() == 1
        with pytest.raises(InvalidRequest, match="nothing tells it"):
            ledger.decide(reopened.proposal, "accept")


def test_an_act_that_another_text_still_tells_stays_accepted(store: Path) -> None:
    with Ledger.open(store) as ledger:
        ledger.propose(reading(BAN))
        ledger.propose(reading(BAN, address="b.txt", sha256="b" * 64))
        ledger.accept_above(0.5)
        assert ledger.propose(reading(VISIT, sha256="c" * 64)).reopened == 0
        assert len(ledger.proposals("accepted")) == 1


def test_decisions_are_kept_and_the_last_one_counts(store: Path) -> None:
    with Ledger.open(store) as ledger:
        ledger.propose(reading(BAN, UNDATED))
        ban, undated = sorted(ledger.proposals(), key=lambda one: one.act["when"], reverse=True)
        ledger.decide(ban.proposal, "reject")
        ledger.decide(ban.proposal, "edit", {"grade": "B", "summary": "A ban on transit"})
        assert ledger.proposals("accepted")[0].act["summary"] == "A ban on transit"
        with pytest.raises(InvalidRequest, match="has no date"):
            ledger.decide(undated.proposal, "accept")
        ledger.decide(undated.proposal, "edit", {"when": "2022-07"})
        assert len(ledger.proposals("accepted")) == 2
        ledger.decide(ban.proposal, "reject")
        assert [one.status for one in ledger.proposals() if one.proposal == ban.proposal] == ["rejected"]
        for wrong, error in (
            (("nothing", "accept"), UnknownName),
            ((ban.proposal, "burn"), UnknownName),
            ((ban.proposal, "edit", {"colour": "red"}), UnknownName),
            ((ban.proposal, "edit", {"type": "KISS"}), InvalidRequest),
            ((ban.proposal, "edit", {"actor": "XXX"}), InvalidRequest),
        ):
            with pytest.raises(error):
                ledger.decide(*wrong)  # type: ignore[arg-type]
    with pytest.raises(InvalidRequest), Ledger.open(store) as ledger:
        ledger.accept_above(1.5)


# One act, several texts


def rows(*acts: object) -> list[dict[str, str]]:
    return [as_row(one) | {"source": f"s{i}", "address": f"a{i}"} for i, one in enumerate(acts)]  # type: ignore[arg-type]


def test_the_same_act_of_two_texts_is_one_act_with_two_sources() -> None:
    told = rows(BAN, act("a ban on the transit of goods", when=month(2022, 9)), VISIT)
    found = with_act_ids(told)
    assert len({row["act"] for row in found}) == 2
    merged = [row for row in found if row["type"] == "COERCE"]
    assert {row["source"] for row in merged} == {"s0", "s1"}
    assert with_act_ids(told[::-1]) == with_act_ids(told)  # whoever is read first


@pytest.mark.parametrize(
    "other",
    [
        act(when=When(date(2022, 10, 1), date(2022, 10, 1), "day")),
        act(actor="UZB"),
        act(partner="CHN"),
        act(partner="KAZ", actor="RUS"),
        act(type="SANCTION"),
        act(modality="denied"),
        act(channel="word"),
        act("closed a bank", when=month(2022, 9)),
        act("a ban on the transit", when=When(date(2022, 1, 1), date(2022, 12, 31), "year")),
    ],
)
def test_what_differs_is_not_the_same_act(other: object) -> None:
    one, two = rows(BAN, other)
    assert not same_act(one, two)
    assert not same_act(two, one)


def test_mutual_acts_do_not_mind_who_is_named_first() -> None:
    there = act("signed a treaty", type="AGREE", direction=1)
    back = replace(there, actor="RUS", partner="KAZ")
    assert same_act(*rows(there, back))


def test_a_coarse_date_that_fits_two_acts_joins_neither() -> None:
    first = act("banned transit", when=When(date(2022, 9, 3), date(2022, 9, 3), "day"))
    second = act("banned transit again", when=When(date(2022, 9, 25), date(2022, 9, 25), "day"))
    coarse = act("transit was banned", when=month(2022, 9))
    assert len({row["act"] for row in with_act_ids(rows(first, second, coarse))}) == 3


# Evidence


def test_accepted_acts_become_evidence_with_provenance(store: Path) -> None:
    with Ledger.open(store) as ledger:
        ledger.propose(reading(VISIT, BAN))
        ledger.propose(reading(act("a ban on the transit of goods"), address="b.txt", sha256="b" * 64))
        ledger.accept_above(0.5)
        ledger.publish()
        before = ledger.publish()
    with Store.open(store) as opened:
        assert [version.source for version in opened.versions()] == ["expert_acts"]
        assert opened.integrity() == []
        acts = opened.connection().execute("select act, document, address from acts order by all").fetchall()
    assert before == len({act_id for act_id, *_ in acts}) == 2
    assert len(acts) == 3
    bench = Bench(store, excluded=["a" * 64])
    assert {row["address"] for row in bench.acts if row["document"]} == {"b.txt"}
    with Ledger.open(store) as ledger:
        for one in ledger.proposals():
            ledger.decide(one.proposal, "reject")
        assert ledger.publish() == 0
    with Store.open(store) as opened:
        assert opened.versions() == []


def test_the_indicators_count_distinct_acts_by_month(store: Path) -> None:
    signed = act("signed a treaty", type="AGREE", direction=1, channel="deed")
    said = act("praised its ally", type="SUPPORT", direction=1, channel="word", modality="announced")
    planned = act("will build a road", direction=1, modality="planned")
    troops = act("sent troops", actor="RUS", partner="KAZ", type="AID", direction=1)
    denied = act("denied a rumour", channel="word", modality="denied")
    vague = act("was harsh", when=When(date(2021, 1, 1), date(2021, 12, 31), "year"))
    toward_csto = act("asked for help", partner="CSTO", direction=1, channel="word", type="REQUEST")
    with Ledger.open(store) as ledger:
        ledger.propose(reading(BAN, signed, said, planned, troops, denied, vague, toward_csto))
        ledger.propose(reading(act("a ban on the transit of goods"), address="b.txt", sha256="b" * 64))
        assert ledger.accept_above(0.5) == 9
        ledger.publish()
    with Store.open(store) as opened:
        connection = opened.connection()
        register_views(connection, [get_state("RUS"), get_state("KAZ"), get_bloc("CSTO")])
        deeds, words = expert_deeds(connection).to_pylist(), expert_words(connection).to_pylist()
    kept = {(row["state"], row["power"]): (row["n"], round(row["value"], 6), row["period"]) for row in deeds}
    september = date(2022, 9, 1)
    assert kept["KAZ", "RUS"] == (2, 0.0, september)  # the treaty against the ban, which two texts tell
    assert kept["RUS", "KAZ"] == (
        2,
        round(1.609438, 6),
        september,
    )  # log(2.5 / .5): the treaty and the troops
    assert ("KAZ", "CSTO") not in kept  # a member has no value against its bloc
    assert {(row["state"], row["power"], row["n"]) for row in words} == {("KAZ", "RUS", 1)}
    assert all(
        row["se"] == pytest.approx((1 / 1.5 + 1 / 1.5) ** 0.5) for row in deeds if row["state"] == "KAZ"
    )


def test_accepted_acts_enter_an_assessment_when_asked(store: Path) -> None:
    from equidistance import assess

    with Ledger.open(store) as ledger:
        ledger.propose(reading(*(act(f"harsh act {i}", when=month(2021, i + 1)) for i in range(6))))
        ledger.accept_above(0.5)
        ledger.publish()
    plain = assess("KAZ", ["RUS"], store=store, draws=100, until="2021-12")
    asked = assess("KAZ", ["RUS"], indicators="+expert_deeds", store=store, draws=100, until="2021-12")
    assert not [row for row in plain.evidence if row["indicator"] == "expert_deeds"]
    assert [row["observations"] for row in asked.evidence if row["indicator"] == "expert_deeds"] == [6]
    last = [[row["mean"] for row in one.alignment if row["channel"] == "deed"][-1] for one in (plain, asked)]
    assert last[1] < last[0]  # six acts away and none closer


# Files


@pytest.mark.parametrize("name", ["acts.csv", "acts.yaml"])
def test_files_read_back_as_they_were_written(store: Path, tmp_path: Path, name: str) -> None:
    hostile = act("=HYPERLINK(1) 'and' \"quotes\", commas", type="CONSULT")
    with Ledger.open(store) as ledger:
        ledger.propose(reading(BAN, hostile))
        ledger.accept_above(0.5)
        accepted = ledger.accepted_rows()
    ledger_files.write(tmp_path / name, accepted)
    assert ledger_files.read(tmp_path / name) == (accepted, [])
    if name.endswith("csv"):
        assert "\n=" not in (tmp_path / name).read_text().replace(",=", "\n=")
    other = tmp_path / "other.duckdb"
    with Ledger.open(other) as ledger:
        assert ledger.add(accepted) == 2
        assert ledger.add(accepted) == 0
        kept = [{key: row[key] for key in row if key != "act"} for row in ledger.accepted_rows()]
    assert sorted(kept, key=str) == sorted(({k: r[k] for k in r if k != "act"} for r in accepted), key=str)


def test_bad_rows_are_named_and_the_rest_is_read(tmp_path: Path) -> None:
    path = tmp_path / "my_acts.csv"
    path.write_text(
        "when,actor,partner,type,channel,summary,source,grade\n"
        "2022-07,KAZ,RUS,AGREE,deed,A treaty,Agency,B\n"
        "soon,KAZ,RUS,AGREE,deed,A treaty,Agency,B\n"
        "2022,XXX,RUS,AGREE,deed,A treaty,Agency,B\n"
        "2022,KAZ,RUS,KISS,deed,A treaty,Agency,B\n"
        "2022,KAZ,RUS,AGREE,thought,A treaty,Agency,B\n"
        "2022,KAZ,RUS,AGREE,deed,,Agency,B\n"
        "2022,KAZ,RUS,AGREE,deed,A treaty,Agency,E\n"
        "2022,Chevron,KAZ,COOPERATE,deed,A field was opened,Agency,C\n"
    )
    good, wrong = ledger_files.read(path)
    assert [row["actor"] for row in good] == ["KAZ", "Chevron"]
    assert [row.line for row in wrong] == [3, 4, 5, 6, 7, 8]
    assert all(row.reason for row in wrong)
    assert expert_acts.read([path]).tables["acts"].num_rows == 2
    assert len(expert_acts.read([path]).rejected) == 6


def test_bad_numbers_are_named(tmp_path: Path) -> None:
    path = tmp_path / "numbers.csv"
    head = "quantity,subject,partners,when,value,low,high,unit,account,source,address,grade,note\n"
    wrong = [
        "bridges,KAZ,,soon,1,,,bridges,,A,,B,",
        "bridges,XXX,,2022,1,,,bridges,,A,,B,",
        "bridges,KAZ,Atlantis,2022,1,,,bridges,,A,,B,",
        "bridges,KAZ,,2022,many,,,bridges,,A,,B,",
        "bridges,KAZ,,2022,nan,,,bridges,,A,,B,",
        "bridges,KAZ,,2022,1,2,3,bridges,,A,,B,",
        "bridges,KAZ,,2022,1,,,,,A,,B,",
        "bridges,KAZ,,2022,1,,,bridges,,A,,Z,",
    ]
    path.write_text(head + "bridges,Kazakhstan,RUS;CHN,2022,1,,,bridges,,A,,b,\n" + "\n".join(wrong) + "\n")
    found = published_numbers.read([path])
    assert [row.line for row in found.rejected] == list(range(3, 11))
    [row] = found.tables["quantities"].to_pylist()
    assert (row["subject"], row["partners"], row["low"], row["high"], row["account"]) == (
        "KAZ",
        "RUS;CHN",
        1,
        1,
        "A",
    )
    path.write_text(head + wrong[0] + "\n")
    with pytest.raises(BadFile, match="no usable number"):
        published_numbers.read([path])


def test_what_ships_is_sound() -> None:
    acts = expert_acts.read(shipped_files()["acts"])
    numbers = published_numbers.read(shipped_files()["quantities"])
    assert (acts.rejected, numbers.rejected) == ((), ())
    rows = acts.tables["acts"].to_pylist()
    assert len(rows) >= 60
    assert all(row["address"] and row["address"].startswith("http") for row in rows)
    assert all(
        (row["address"] or "http").startswith("http") for row in numbers.tables["quantities"].to_pylist()
    )
    assert len({row["act"] for row in rows}) < len(rows)  # some acts have two independent sources


# The commands


def keys(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))


def test_review_takes_piped_keys(
    store: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    hostile = act("\x1b[31mred\x1b[0m \u202ereversed", type="REJECT", channel="word")
    with Ledger.open(store) as ledger:
        ledger.propose(reading(VISIT, BAN, UNDATED, hostile))
        order = [one.act["summary"] for one in ledger.proposals()]
    answer = {
        VISIT.quote: "a",
        BAN.quote: "x?r",
        UNDATED.quote: "a e\nwhen=2022-07\ngrade=B\n\n",
        hostile.quote: "s",
    }
    keys(monkeypatch, "".join(answer.get(summary, "s") for summary in order))
    status, out, err = run(monkeypatch, capsys, "review", "--store", store)
    assert (status, err) == (0, "")
    assert out.splitlines()[-1] == "2 accepted (2 acts), 1 rejected, 1 pending."
    assert "it has no date" in out
    assert "\x1b" not in out
    assert "\u202e" not in out
    with Ledger.open(store) as ledger:
        [edited] = [one for one in ledger.proposals("accepted") if one.act["type"] == "SUPPORT"]
        assert (edited.act["when"], edited.act["grade"]) == ("2022-07", "B")


def test_review_stops_at_q_and_at_the_end_of_the_keys(
    store: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with Ledger.open(store) as ledger:
        ledger.propose(reading(VISIT, BAN))
    for text in ("q", "", "e\nnonsense\n"):
        keys(monkeypatch, text)
        status, out, _ = run(monkeypatch, capsys, "review", "--store", store)
        assert status == 0
        assert "0 accepted (0 acts), 0 rejected, 2 pending." in out


def test_ledger_commands(
    store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def command(*words: object) -> tuple[int, str, str]:
        return run(monkeypatch, capsys, *words, "--store", store)

    for words in (("ledger", "export", tmp_path / "x.csv"), ("ledger", "list"), ("review",)):
        status, _, err = command(*words)
        assert status == 2
        assert "There is no store" in err
    assert not store.exists()  # to look makes nothing
    assert "73 new acts of 73 rows" in command("ledger", "import", "--shipped")[1]
    listed = json.loads(command("ledger", "list", "--format", "json")[1])
    assert len(listed) == 73
    assert {row["status"] for row in listed} == {"accepted"}
    assert "73 rows of 66 acts" in command("ledger", "export", tmp_path / "x.csv")[1]
    assert "0 new acts" in command("ledger", "import", tmp_path / "x.csv")[1]
    assert command("review", "--accept-above", "0.9")[0] == 0
    assert command("ledger", "import")[0] == 2
    assert command("ledger", "import", tmp_path / "none.csv")[0] == 2
    assert command("ledger", "import", tmp_path / "none.docx")[0] == 2
    (tmp_path / "anchors.yaml").write_text("acts: &a [1]\n")
    status, _, err = command("ledger", "import", tmp_path / "anchors.yaml")
    assert status == 2
    assert "line 1: Anchors" in err
