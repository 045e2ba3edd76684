"""Reading trade agreements, agreements of the United States and multilateral treaties: who is bound, and when."""

from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from equidistance.errors import BadFile
from equidistance.evidence.corrections import apply_corrections, for_source
from equidistance.evidence.schema import SIDES, TABLES
from equidistance.sources import agreements_desta, agreements_huggo, agreements_us, treaties_un
from equidistance.sources.agreements_us import party_of_file
from equidistance.sources.card import Reading
from equidistance.sources.treaty_titles import form_of, named_states, sides_of

# What a title tells


@pytest.mark.parametrize(
    ("title", "form"),
    [
        ("Eurasian Economic Union (EAEU)", "customs union"),
        ("Belarus Russia CU Kazakhstan accession", "customs union"),
        ("Kazakhstan Uzbekistan", "free trade"),
        ("Economic Cooperation Organization Trade Agreement (ECOTA)", "other"),
        ("Global System of Trade Preferences (GSTP)", "other"),
    ],
)
def test_the_form_is_read_off_the_title(title: str, form: str) -> None:
    assert form_of(title) == form


def test_a_union_with_a_third_state_is_free_trade() -> None:
    assert form_of("Eurasian Economic Union (EAEU) Vietnam", ["a", "b"]) == "free trade"


def test_states_are_named_whole() -> None:
    assert named_states("Bosnia and Herzegovina EC SAA") == {"BIH"}
    assert named_states("EC Korea") == set()  # two states have the name
    assert named_states("Guinea-Bissau UK") == {"GNB", "GBR"}


def test_members_of_a_group_are_not_bound_to_each_other() -> None:
    sides = sides_of("EC Kazakhstan", {"KAZ", "DEU", "FRA"}, 2015, two_sided=True)
    assert sides == {"KAZ": "a", "DEU": "b", "FRA": "b"}


def test_between_two_groups_only_the_european_union_is_known() -> None:
    lome = sides_of("Lome IV", {"FRA", "DEU", "KEN"}, 1989, two_sided=True)
    assert lome == {"FRA": "b", "DEU": "b", "KEN": "a"}
    assert set(sides_of("MERCOSUR SICA", {"BRA", "GTM", "ARG"}, 2000, two_sided=True).values()) == {"unknown"}
    assert set(sides_of("MERCOSUR", {"BRA", "ARG"}, 1991, two_sided=False).values()) == {"all"}


# DESTA

DESTA = "number,base_treaty,name,entry_type,consolidated,year,entryforceyear,typememb,regioncon,wto_listed,iso_num\n"
NUMBERS = {"KAZ": 398, "RUS": 643, "BLR": 112, "UZB": 860, "DEU": 276, "VNM": 704}


def entry(
    number: str,
    title: str,
    kind: str,
    year: str,
    force: str,
    kind_of_members: int,
    *states: str,
    base: str = "",
) -> str:
    return "".join(
        f"{number},{base or number},{title},{kind},0,{year},{force},{kind_of_members},Asia,1,{NUMBERS[state]}\n"
        for state in states
    )


def desta(folder: Path, *entries: str) -> Reading:
    path = folder / "desta_memberships_long.csv"
    path.write_text(DESTA + "".join(entries), encoding="utf-8")
    return agreements_desta.SOURCE.read([path])


def parties(reading: Reading) -> dict[tuple[str, str], dict[str, Any]]:
    table = reading.tables["agreement_parties"]
    assert table.schema == TABLES["agreement_parties"].schema
    assert set(table["side"].to_pylist()) <= set(SIDES)
    return {(row["agreement"], row["state"]): row for row in table.to_pylist()}


COMMUNITY = entry("434", "Eurasian Economic Community", "base_treaty", "1999", "2001", 2, "KAZ", "RUS", "BLR")


def test_entry_and_exit(tmp_path: Path) -> None:
    found = parties(
        desta(
            tmp_path,
            COMMUNITY,
            entry(
                "434_1", "Eurasian Economic Community withdrawal Uzbekistan", "withdrawal", "2008", "", 7,
                "KAZ", "RUS", "BLR", "UZB", base="434",
            ),
            entry(
                "434+1", "Eurasian Economic Community Uzbekistan accession", "accession", "2006", "", 5,
                "KAZ", "RUS", "BLR", "UZB", base="434",
            ),
        )
    )  # fmt: skip
    founder, guest = found["desta:434", "KAZ"], found["desta:434", "UZB"]
    assert (founder["entry"], founder["start"], founder["end"]) == ("founder", date(2001, 1, 1), None)
    assert (guest["entry"], guest["start"], guest["end"]) == ("accession", date(2006, 1, 1), date(2008, 7, 1))
    assert len(found) == 4


def test_negotiations_and_signatures_bind_nobody(tmp_path: Path) -> None:
    reading = desta(
        tmp_path,
        COMMUNITY,
        entry("880", "Kazakhstan Vietnam", "negotiation", "", "", 1, "KAZ", "VNM"),
        entry("191", "Central Asian Economic Community", "base_treaty", "1994", "", 2, "KAZ", "UZB"),
    )
    found = parties(reading)
    assert (found["desta:880", "KAZ"]["entry"], found["desta:880", "KAZ"]["start"]) == ("negotiation", None)
    assert (found["desta:191", "KAZ"]["entry"], found["desta:191", "KAZ"]["start"]) == ("signature", None)
    signed = {row["agreement"]: row["signed"] for row in reading.tables["agreements"].to_pylist()}
    assert (signed["desta:880"], signed["desta:191"]) == (None, 1994)


def test_a_group_with_a_third_state_has_two_sides(tmp_path: Path) -> None:
    title = "Eurasian Economic Union (EAEU) Vietnam"
    found = parties(
        desta(tmp_path, entry("915", title, "base_treaty", "2015", "2016", 3, "KAZ", "RUS", "VNM"))
    )
    assert {state: row["side"] for (_, state), row in found.items()} == {"VNM": "a", "KAZ": "b", "RUS": "b"}


def test_amendments_and_territories_are_counted_and_the_rest_is_rejected(tmp_path: Path) -> None:
    reading = desta(
        tmp_path,
        COMMUNITY,
        entry("434p", "Amendment", "protocol or amendment", "2000", "", 2, "KAZ"),
        "5,5,X,base_treaty,0,2000,2000,1,Asia,1,304\n",  # Greenland
        "6,6,X,base_treaty,0,2000,2000,1,Asia,1,9999\n",
        "7,7,X,rumour,0,2000,2000,1,Asia,1,398\n",
        "8,8,X,base_treaty,0,MM,2000,1,Asia,1,398\n",
    )
    assert sum(reading.ignored.values()) == 2
    assert [row.line for row in reading.rejected] == [7, 8, 9]


def test_the_dissolved_community_is_a_correction(tmp_path: Path) -> None:
    [known] = [
        one for one in for_source("agreements_desta") if one.id == "agreements_desta_eurasian_community"
    ]
    late = entry("1040", "Eurasian Economic Union (EAEU)", "base_treaty", "2016", "2016", 2, "KAZ", "RUS")
    early = entry("1", "Kazakhstan Russia", "base_treaty", "1992", "1998", 1, "KAZ", "RUS")
    mended, [outcome] = apply_corrections(desta(tmp_path, early, COMMUNITY, late), [known])
    assert outcome.rows == 3
    assert {row["end"] for (name, _), row in parties(mended).items() if name == "desta:434"} == {
        date(2015, 1, 1)
    }
    assert {row["end"] for (name, _), row in parties(mended).items() if name != "desta:434"} == {None}


# HUGGO

HUGGO = (
    "manyID,treatyID,Title,Begin,stateID,Signature,Force,End,StateName,gptadID,destaID,StateSignature,"
    "StateRatification,StateForce,StateEnd,Rat=Notif,Coder,Source,Succession,Accession\n"
)


def membership(
    state: str,
    *,
    signed: str = "29.05.2014",
    force: str = "01.01.2015",
    end: str = "31.12.9999",
    desta: str = "1040",
) -> str:
    own = f"{signed},,{force},{end}"
    return f"E,E,Eurasian Economic Union,{signed},{state},{signed},{force},{end},N,,{desta},{own},,J,,0,\n"


def huggo(folder: Path, *rows: str) -> Reading:
    path = folder / "huggo_trade_memberships.csv"
    path.write_text(HUGGO + "".join(rows), encoding="utf-8")
    return agreements_huggo.SOURCE.read([path])


@pytest.mark.parametrize(
    ("written", "day", "precision"),
    [
        ("01.01.2015", date(2015, 1, 1), "day"),
        ("2015-02-03", date(2015, 2, 3), "day"),
        ("2015-02", date(2015, 2, 1), "month"),
        ("2015", date(2015, 1, 1), "year"),
        ("2015-99-99", date(2015, 1, 1), "year"),
        ("", None, "day"),
    ],
)
def test_dates_in_every_form(tmp_path: Path, written: str, day: date | None, precision: str) -> None:
    [row] = parties(huggo(tmp_path, membership("KAZ", force=written))).values()
    assert (row["start"], row["end"], row["precision"]) == (day, None, precision)


def test_an_end_and_the_number_in_the_other_list(tmp_path: Path) -> None:
    reading = huggo(tmp_path, membership("KAZ", end="27.10.2025"), membership("FIJ", end=""))
    found = parties(reading)
    assert found["huggo:E", "KAZ"]["end"] == date(2025, 10, 27)
    assert found["huggo:E", "FJI"]["end"] is None
    assert reading.tables["agreements"].to_pylist()[0]["same_as"] == "desta:1040"


def test_what_huggo_leaves_out_and_what_is_wrong(tmp_path: Path) -> None:
    reading = huggo(
        tmp_path,
        membership("KAZ"),
        membership("EC"),
        membership("HKG"),
        membership("RUS", end="01.01.2014"),
        "," * 19 + "\n",
        membership("QQQ"),
        membership("BLR", force="soon"),
        membership("ARM", force="31.02.2015"),
    )
    assert set(parties(reading)) == {("huggo:E", "KAZ")}
    assert sum(reading.ignored.values()) == 3  # a blank line is no row at all
    assert [row.line for row in reading.rejected] == [7, 8, 9]


# Agreements of the United States

TIAS = "tias,party,party2,subject,in_force,entered_into_force_text,date_from_tias_no,text,source_url,primary_pdf\n"


def tias(folder: Path, *rows: str) -> Reading:
    path = folder / "us_tias_agreements.csv"
    path.write_text(TIAS + "".join(f"{row}\n" for row in rows), encoding="utf-8")
    return agreements_us.SOURCE.read([path])


def agreement(
    number: str, party: str, day: str = "2016-05-16", *, file: str = "x.pdf", title: str = "On trade"
) -> str:
    text = "https | May 16 | Defense:  Cooperation | Signed"
    return f"{number},{party},{party},{title},{day},{day},,{text},u/{number},h/{file}"


def test_an_agreement_has_partner_field_and_date(tmp_path: Path) -> None:
    reading = tias(tmp_path, agreement("16-516", "Kazakhstan"), agreement("18-1", "Korea", "2018-01-01"))
    first, second = reading.tables["bilateral_agreements"].to_pylist()
    assert (first["agreement"], first["state_a"], first["state_b"]) == ("TIAS 16-516", "USA", "KAZ")
    assert (first["date"], first["field"], first["title"]) == (date(2016, 5, 16), "Defense", "On trade")
    assert second["state_b"] == "KOR"
    assert reading.coverage == ((date(1996, 1, 1), date(2017, 12, 31)),)  # the last year is never complete


def test_organisations_have_no_state_and_territories_neither(tmp_path: Path) -> None:
    reading = tias(
        tmp_path,
        agreement("1", "European Union"),
        agreement("2", "Denmark (Greenland)"),
        agreement("3", '"Congo, Republic of the"'),
        agreement("4", "Multilateral"),
    )
    found = [row["state_b"] for row in reading.tables["bilateral_agreements"].to_pylist()]
    assert found == [None, None, "COG"]
    assert reading.ignored == {"multilateral": 1}


def test_a_missing_party_is_read_off_the_name_of_the_file_or_rejected(tmp_path: Path) -> None:
    reading = tias(
        tmp_path,
        agreement("18-516", "", file="18-516-Honduras-Defense-Coop-Notes.pdf"),
        agreement("", "", file="Some-Notes.pdf"),
        agreement("5", "Kazakhstan", ""),
    )
    [row] = reading.tables["bilateral_agreements"].to_pylist()
    assert (row["state_b"], row["party"]) == ("HND", "HND (from the file's name)")
    assert [rejected.reason for rejected in reading.rejected] == [
        "no party, and none in the name of the file",
        "no date of entry into force",
    ]


@pytest.mark.parametrize(
    ("file", "state"),
    [
        ("https://x/12932-Guinea-Bissau-Agreement-2.16.1998.pdf", "GNB"),
        ("11-205A-Russian-Federation-Arms-Limi-Treaty.pdf", "RUS"),
        ("12843-Grenada-Law-Enforcement.pdf", "GRD"),
        ("98-1-US-Chile-Tax.pdf", None),
        ("12-34-Multilateral-Fish.pdf", None),
        ("nothing", None),
    ],
)
def test_parties_in_file_names(file: str, state: str | None) -> None:
    assert party_of_file(file) == state


def test_the_year_1017_is_a_correction_and_nothing_else_is_touched(tmp_path: Path) -> None:
    known = [one for one in for_source("agreements_us") if one.id == "agreements_us_1017"]
    reading = tias(
        tmp_path, agreement("17-502", "CERN", "1017-05-02"), agreement("17-503", "Kazakhstan", "2017-05-03")
    )
    mended, [outcome] = apply_corrections(reading, known)
    assert (outcome.status, outcome.rows) == ("applied", 1)
    assert mended.tables["bilateral_agreements"]["date"].to_pylist() == [date(2017, 5, 2), date(2017, 5, 3)]


# Multilateral treaties

ACTIONS = "treaty,Participant,action,date,date_parsed,code\n"
INDEX = "chapter_no,treaty_no,treaty_name,url,chapter_url,chapter_name\n4,4,Covenant,u,c,Human Rights\n"
LABEL = '"Accession(a), Succession(d), Ratification"'


def actions(folder: Path, *rows: str, index: bool = True) -> Reading:
    paths = [folder / "un_multilateral_treaty_actions.csv", folder / "un_multilateral_treaty_index.csv"]
    paths[0].write_text(ACTIONS + "".join(f"{row}\n" for row in rows), encoding="utf-8")
    paths[1].write_text(INDEX, encoding="utf-8")
    return treaties_un.SOURCE.read(paths if index else paths[:1])


@pytest.mark.parametrize(
    ("label", "letter", "action", "binding"),
    [
        (LABEL, "", "ratification", True),
        (LABEL, "a", "accession", True),
        (LABEL, "d", "succession", True),
        (LABEL, "s", "definitive signature", True),
        ("Signature", "", "signature", False),
        ('"Signature, Succession to signature(d)"', "d", "succession to signature", False),
        ("Provisional application(n)", "n", "provisional application", False),
        ("Notification under article 25", "", "notification", False),
        ("Confirmation of signature ad referendum(C)", "C", "signature", False),
        ("Definitive acceptance", "", "ratification", True),
    ],
)
def test_what_binds(tmp_path: Path, label: str, letter: str, action: str, binding: bool) -> None:
    [row] = (
        actions(tmp_path, f"4-4,Kazakhstan,{label},x,2006-01-24,{letter}")
        .tables["treaty_actions"]
        .to_pylist()
    )
    assert (row["action"], row["binding"]) == (action, binding)
    assert (row["chapter"], row["title"], row["date"]) == ("Human Rights", "Covenant", date(2006, 1, 24))


def test_organisations_territories_and_registrations_are_counted(tmp_path: Path) -> None:
    reading = actions(
        tmp_path,
        f"4-4,Kazakhstan,{LABEL},x,2006-01-24,",
        f"4-4,European Union,{LABEL},x,2006-01-24,",
        f"4-4,Niue,{LABEL},x,2006-01-24,",
        "4-4,Kazakhstan,Registration Number,3045,,",
        f"4-4,Atlantis,{LABEL},x,2006-01-24,",
        f"4-4,Kazakhstan,{LABEL},x,,a",
        f"4-4,Kazakhstan,{LABEL},x,2006-01-24,z",
        "4-4,Kazakhstan,Wishes,x,2006-01-24,",
    )
    assert reading.tables["treaty_actions"].num_rows == 1
    assert reading.ignored == {
        "an organisation": 1,
        "a territory that is not a state": 1,
        "data of a registration, no action": 1,
    }
    assert [row.line for row in reading.rejected] == [6, 7, 8, 9]


def test_without_the_index_titles_are_empty_and_without_actions_it_is_refused(tmp_path: Path) -> None:
    reading = actions(tmp_path, f"4-4,Kazakhstan,{LABEL},x,2006-01-24,", index=False)
    assert reading.tables["treaty_actions"]["title"].to_pylist() == [""]
    with pytest.raises(BadFile, match="only the index"):
        treaties_un.SOURCE.read([tmp_path / "un_multilateral_treaty_index.csv"])


def test_all_tables_have_their_schema(tmp_path: Path) -> None:
    tables: dict[str, pa.Table] = desta(tmp_path, COMMUNITY).tables
    for name, table in tables.items():
        assert table.schema == TABLES[name].schema
