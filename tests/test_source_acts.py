"""Reading sanctions, meetings and coded events: senders, places, actors, classes."""

from datetime import date
from pathlib import Path

import pytest

from equidistance.evidence.schema import QUADS, RESOLVED_BY, TABLES
from equidistance.sources import keds, meetings_china, polecat, sanctions_gsdb
from equidistance.sources.card import Reading

CASES = (
    "case_id,sanctioned_state,sanctioning_state,begin,end,length,trade,descr_trade,arms,military,financial,travel,other,"
    "objective,success\n"
)


def gsdb(folder: Path, *rows: str) -> Reading:
    path = folder / "gsdb_cases.csv"
    path.write_text(CASES + "".join(f"{row}\n" for row in rows), encoding="utf-8")
    return sanctions_gsdb.SOURCE.read([path])


def case(
    number: int,
    target: str,
    sender: str,
    years: tuple[int, int] = (2014, 2019),
    success: str = "ongoing",
    arms: str = "1",
) -> str:
    begin, end = years
    return f'{number},"{target}","{sender}",{begin},{end},6,1,exp_part,{arms},0,1,1,0,prevent_war,{success}'


def test_a_case_has_a_record_for_each_sender_and_target(tmp_path: Path) -> None:
    reading = gsdb(tmp_path, case(7, "Syria, Iran", "US, EU, UN"))
    rows = reading.tables["sanctions"].to_pylist()
    assert {(row["sender"], row["target"]) for row in rows} == {
        (sender, target) for sender in ("USA", "EU") for target in ("SYR", "IRN")
    }
    assert rows[0]["trade_scope"] == "exp_part"
    assert (rows[0]["arms"], rows[0]["military"], rows[0]["financial"]) == (True, False, True)
    assert list(reading.ignored.values()) == [1]  # the United Nations are everybody


def test_only_what_goes_on_when_the_source_ends_is_open(tmp_path: Path) -> None:
    reading = gsdb(
        tmp_path,
        case(1, "Russia", "US"),
        case(2, "Iran", "US", (1979, 1981), "success_part"),
        case(3, "Cuba", "US", (1960, 2019), "failed"),
        case(4, "Sudan", "US", (1997, 2017), "ongoing"),
    )
    ends = {row["case"]: row["end"] for row in reading.tables["sanctions"].to_pylist()}
    assert ends == {"1": None, "2": 1981, "3": 2019, "4": 2017}
    assert reading.coverage == ((date(1960, 1, 1), date(2019, 12, 31)),)


def test_names_of_their_day_and_of_today(tmp_path: Path) -> None:
    reading = gsdb(
        tmp_path,
        case(1, "Russia", "Lithuania", (1990, 1990)),
        case(2, "Yugoslavia", "Montenegro", (1998, 2000)),
        case(3, "Republic of Congo", "UK", (1990, 1991)),
    )
    found = {row["case"]: (row["sender"], row["target"]) for row in reading.tables["sanctions"].to_pylist()}
    assert found == {"1": ("LTU", "RUS"), "2": ("MNE", "SCG"), "3": ("GBR", "COG")}


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (case(2, "Atlantis", "US"), "unknown sender or target 'Atlantis'"),
        (case(2, "Iran", "US", (2014, 2012)), "before it begins"),
        (case(2, "Iran", "US", arms="2"), "arms is '2'"),
        (case(2, "Iran", "US", (1014, 2012)), "not a year"),
    ],
)
def test_malformed_cases_are_kept_apart(tmp_path: Path, row: str, reason: str) -> None:
    [rejected] = gsdb(tmp_path, case(1, "Russia", "US"), row).rejected
    assert rejected.line == 3
    assert reason in rejected.reason


# Meetings


def china(folder: Path, *rows: tuple[str, str, str, str]) -> Reading:
    path = folder / "china_vitae_engagements.csv"
    lines = [f'{day},20{day[-2:]},{country},{leader},"{text}"\n' for day, country, leader, text in rows]
    path.write_text("date,year,country,leader,text\n" + "".join(lines), encoding="utf-8")
    return meetings_china.SOURCE.read([path])


XI, MET = "Xi Jinping", "met with the following: Nursultan Nazarbayev"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (f"Xi Jinping travelled to Kazakhstan, Astana and {MET}", "visit"),
        ("Xi Jinping travelled to Kazakhstan, Astana ", "visit"),
        (f"Xi Jinping travelled to Russia, Ufa and {MET}", "third"),
        (f"Xi Jinping was in Beijing Municipality and {MET}", "host"),
        (f"Xi Jinping travelled to Shanghai Municipality and {MET}", "host"),
        (f"Xi Jinping travelled to  and {MET}", "third"),
        ("Xi Jinping sends condolences (Beijing Municipality) ", "message"),
        ("Xi Jinping travelled to Russia, Ufa ", "message"),
    ],
)
def test_where_the_leader_was_decides_the_kind(tmp_path: Path, text: str, kind: str) -> None:
    [row] = china(tmp_path, ("09/01/15", "Kazakhstan", XI, text)).tables["meetings"].to_pylist()
    assert row["kind"] == kind
    assert (row["date"], row["partner"], row["rank"]) == (date(2015, 9, 1), "KAZ", "head")


def test_countries_and_leaders_that_are_unknown_are_rejected(tmp_path: Path) -> None:
    reading = china(
        tmp_path,
        ("09/01/15", "England", "Wang Yi", "x"),
        ("09/02/15", "Atlantis", XI, "x"),
        ("09/03/15", "Kazakhstan", "Deng Xiaoping", "x"),
        ("13/03/15", "Kazakhstan", XI, "x"),
        ("09/01/15", "Wales", "Wang Yi", "the same day"),
        ("09/04/15", "Cook Islands", XI, "x"),
    )
    [row] = reading.tables["meetings"].to_pylist()
    assert (row["partner"], row["rank"]) == ("GBR", "minister")
    assert [rejected.line for rejected in reading.rejected] == [3, 4, 5]
    assert sum(reading.ignored.values()) == 2


# POLECAT

PLOVER = (
    "Event ID,Event Date,Event Type,Event Intensity,Quad Code,Contexts,Actor Name,Actor Country,Actor Title,"
    "Actor Name Raw,Recipient Name,Recipient Country,Recipient Title,Recipient Name Raw,Country\n"
)


def plover(folder: Path, *rows: str) -> Reading:
    path = folder / "graphrag_combined_RUS.csv"
    path.write_text(PLOVER + "".join(f"{row}\n" for row in rows), encoding="utf-8")
    return polecat.SOURCE.read([path])


def event(
    number: int,
    kind: str = "Aid",
    quad: str = "Material Cooperation",
    actor: str = "Alexander Lukashenko,Belarus,Chief Of State,x",
    target: str = "Vladimir Putin,Russia,President,x",
    day: str = "2023-09-14 00:00:00",
    intensity: str = "10.0",
) -> str:
    return f"{number},{day},{kind},{intensity},{quad},,{actor},{target},RUS"


def test_an_event_between_two_governments(tmp_path: Path) -> None:
    reading = plover(tmp_path, event(1), event(1))
    [row] = reading.tables["coded_events"].to_pylist()
    assert row["event"] == "polecat:1"
    assert (row["source_state"], row["source_by"]) == ("BLR", "tag")
    assert (row["target_state"], row["target_by"]) == ("RUS", "tag")
    assert (row["type"], row["quad"], row["intensity"]) == ("Aid", "material cooperation", 10.0)
    assert reading.ignored == {"the same event again": 1}
    assert reading.notes == ("100% of the actors act for a national government",)


@pytest.mark.parametrize(
    ("actor", "state", "by"),
    [
        (
            "Punjab,Pakistan,Region; State,Punjab",
            "PAK",
            "society",
        ),  # the coder takes the Indian one for Pakistan's
        ("Punjab; Haryana,Pakistan; India,State; Region,x", None, "unresolved"),
        ("Russia,Russia,Country,Russia", "RUS", "state"),
        ("A,India,Party President,x", "IND", "society"),
        ("A,India,Prime Minister,x", "IND", "tag"),
        ("A,India,President Of The Party,x", "IND", "society"),
        ("A,India,Chief Minister,x", "IND", "society"),
        ("A,,President,x", None, "unresolved"),
    ],
)
def test_who_acts_for_a_national_government(tmp_path: Path, actor: str, state: str | None, by: str) -> None:
    [row] = plover(tmp_path, event(1, actor=actor)).tables["coded_events"].to_pylist()
    assert (row["source_state"], row["source_by"]) == (state, by)
    assert row["source_by"] in RESOLVED_BY


def test_a_request_is_neutral_whatever_the_publisher_says(tmp_path: Path) -> None:
    reading = plover(tmp_path, event(1, "Request", "Verbal Conflict"), event(2, "Accuse", "Verbal Conflict"))
    assert reading.tables["coded_events"]["quad"].to_pylist() == ["neutral", "verbal conflict"]


def test_malformed_events_are_kept_apart(tmp_path: Path) -> None:
    reading = plover(
        tmp_path,
        event(1),
        event(2, kind="Dance"),
        event(3, quad="Verbal"),
        event(4, day="soon"),
        event(5, intensity="much"),
    )
    assert [rejected.line for rejected in reading.rejected] == [3, 4, 5, 6]


def test_the_publishers_own_layout_is_tab_separated(tmp_path: Path) -> None:
    path = tmp_path / "ngecEvents.DV.2023.txt"
    text = (PLOVER + event(1) + "\n").replace("Event Intensity", "Intensity").replace(",", "\t")
    path.write_text(text, encoding="utf-8")
    [row] = polecat.SOURCE.read([path]).tables["coded_events"].to_pylist()
    assert row["intensity"] == 10.0


# KEDS

SCALE = "010,011,130,111,112,223\n1.0,0.6,-1.9,-4.0,-2.0,-10.0\n"


def weis(folder: Path, *rows: str, scale: str = SCALE) -> Reading:
    paths = [folder / "casia.weis.csv", folder / "weis.goldstein.scale.csv"]
    paths[0].write_text("date,source,target,code\n" + "".join(f"{row}\n" for row in rows), encoding="utf-8")
    paths[1].write_text(scale, encoding="utf-8")
    return keds.SOURCE.read(paths)


def test_a_weis_event_has_class_and_intensity(tmp_path: Path) -> None:
    reading = weis(tmp_path, "1995-03-01,KAZGOV,RUS,111", "1995-03-01,AFGREB,PAK,223")
    first, second = reading.tables["coded_events"].to_pylist()
    assert (first["source_state"], first["source_by"], first["target_by"]) == ("KAZ", "tag", "state")
    assert (first["quad"], first["intensity"], first["scheme"]) == ("verbal conflict", -4.0, "WEIS")
    assert (second["source_by"], second["quad"], second["intensity"]) == (
        "society",
        "material conflict",
        -10.0,
    )
    assert {first["quad"], second["quad"]} <= set(QUADS)


def test_a_code_without_a_scale_value_carries_its_groups_mean(tmp_path: Path) -> None:
    [row] = weis(tmp_path, "1995-03-01,KAZ,RUS,114").tables["coded_events"].to_pylist()
    assert row["intensity"] == pytest.approx(-3.0)
    [row] = weis(tmp_path, "1995-03-01,KAZ,RUS,150").tables["coded_events"].to_pylist()
    assert row["intensity"] is None


@pytest.mark.parametrize(
    ("actor", "day", "expected"),
    [
        ("USR", date(1991, 6, 1), ("SUN", "state")),
        ("USR", date(1993, 6, 1), ("RUS", "state")),
        ("KAZ", date(1991, 6, 1), (None, "unresolved")),
        ("EEC", date(1995, 1, 1), ("EU", "organisation")),
        ("UNK", date(1995, 1, 1), ("GBR", "state")),
        ("AFGTAL", date(1998, 1, 1), ("AFG", "society")),
        ("BRS", date(1995, 1, 1), (None, "unresolved")),
    ],
)
def test_actors_of_keds(actor: str, day: date, expected: tuple[str | None, str]) -> None:
    assert keds.acts_for(actor, day) == expected


def test_every_cue_category_of_weis_has_a_class() -> None:
    cues = [cue for group in keds._CUES.values() for cue in group]
    assert sorted(cues) == [f"{number:02}" for number in range(1, 23)]


def test_what_is_no_weis_code_is_rejected(tmp_path: Path) -> None:
    reading = weis(tmp_path, "1995-03-01,KAZ,RUS,111", "1995-03-01,KAZ,RUS,991", "1995,KAZ,RUS,111")
    assert [rejected.line for rejected in reading.rejected] == [3, 4]
    assert reading.tables["coded_events"].schema == TABLES["coded_events"].schema
