"""Reading ICEWS in both layouts: codes, dates, actors, terms of office, duplicates, what is refused."""

from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet
import pytest

from equidistance.errors import BadFile
from equidistance.evidence.schema import RESOLVED_BY, TABLES
from equidistance.ground.blocs import all_blocs
from equidistance.ground.states import all_states
from equidistance.sources.icews import SOURCE, read
from equidistance.sources.icews_actors import ActorResolver, read_actors
from equidistance.sources.spans import day_spans

RAW_HEADER = (
    "Event ID\tEvent Date\tSource Name\tSource Sectors\tSource Country\tEvent Text\tCAMEO Code\tIntensity\t"
    "Target Name\tTarget Sectors\tTarget Country\tStory ID\tSentence Number\tPublisher\tCity\tDistrict\t"
    "Province\tCountry\tLatitude\tLongitude\n"
)


def raw_row(
    event: str = "1",
    day: str = "2018-06-01",
    source: str = "Kazakhstan",
    source_sectors: str = "NA",
    source_country: str = "Kazakhstan",
    text: str = "Consult",
    code: str = "040",
    intensity: str = "1",
    target: str = "Russia",
    target_country: str = "Russian Federation",
) -> str:
    known = [event, day, source, source_sectors, source_country, text, code, intensity, target, "NA"]
    return "\t".join([*known, target_country, *["NA"] * 9]) + "\n"


def triples(path: Path, *rows: tuple[str, str, str, str]) -> Path:
    text = "".join(f'{day},"{source}","{relation}","{target}"\n' for day, source, relation, target in rows)
    path.write_text("date,source,relation,target\n" + text, encoding="utf-8")
    return path


def test_triples_of_each_format_give_the_same_events(tmp_path: Path) -> None:
    rows = [
        ("2018-01-01", "Kazakhstan", "Make a visit", "Vladimir Putin"),
        ("2018-01-02", "Citizen (India)", "fight with small arms and light weapons", "European Union"),
    ]
    comma = triples(tmp_path / "icews.csv", *rows)
    tab = tmp_path / "icews.tsv"
    tab.write_text("date\tsource\trelation\ttarget\n" + "".join("\t".join(row) + "\n" for row in rows))
    parquet = tmp_path / "icews.parquet"
    names = ("date", "source", "relation", "target")
    table = pa.table(dict(zip(names, zip(*rows, strict=True), strict=True)))
    days = pa.array([date.fromisoformat(row[0]) for row in rows]).cast(pa.timestamp("ns"))
    pa.parquet.write_table(table.set_column(0, "date", days), parquet)
    readings = [SOURCE.read([path]) for path in (comma, tab, parquet)]
    contents = [reading.tables["events"].drop_columns(["file", "row"]).to_pylist() for reading in readings]
    assert contents[0] == contents[1] == contents[2]
    assert readings[0].tables["events"].schema == TABLES["events"].schema
    first, second = contents[0]
    assert (first["source_state"], first["source_by"]) == ("KAZ", "state")
    assert (first["target_state"], first["target_by"]) == ("RUS", "person")
    assert (first["code"], first["intensity"]) == ("042", 1.9)
    assert (second["source_state"], second["source_by"]) == ("IND", "society")
    assert (second["target_state"], second["target_by"]) == ("EU", "organisation")
    assert (second["code"], second["intensity"]) == ("193", -10.0)
    assert readings[0].tables["events"]["row"].to_pylist() == [2, 3]
    assert readings[2].tables["events"]["row"].to_pylist() == [1, 2]


def test_raw_layout_keeps_ids_codes_and_intensities(tmp_path: Path) -> None:
    path = tmp_path / "events.2018.tab"
    path.write_text(
        RAW_HEADER
        + raw_row("7", intensity="2.5")
        + raw_row("8", intensity="NA", source="Ministry (Kazakhstan)")
        + raw_row("9", source="Emmanuel Macron", source_country="Andorra")
        + raw_row("10", source="Somebody Unknown", source_sectors="Government,Executive,Cabinet")
        + raw_row("11", source="Somebody Unknown", source_sectors="Parties,Elite"),
        encoding="utf-8",
    )
    events = read([path]).tables["events"].to_pylist()
    assert [row["event"] for row in events] == [f"{number} 2018-06-01" for number in (7, 8, 9, 10, 11)]
    assert [row["intensity"] for row in events] == [2.5, 1.0, 1.0, 1.0, 1.0]
    assert [(row["source_state"], row["source_by"]) for row in events] == [
        ("KAZ", "state"),
        ("KAZ", "tag"),
        ("FRA", "person"),  # ICEWS's country column says Andorra
        ("KAZ", "tag"),
        ("KAZ", "society"),
    ]


def test_a_reused_event_id_on_another_day_is_another_event(tmp_path: Path) -> None:
    path = tmp_path / "events.tab"
    path.write_text(RAW_HEADER + raw_row("7") + raw_row("7", day="2018-06-02"), encoding="utf-8")
    assert read([path]).tables["events"].num_rows == 2


def test_repetitions_are_counted_and_contradictions_refused(tmp_path: Path) -> None:
    path = tmp_path / "events.tab"
    path.write_text(RAW_HEADER + raw_row("7") * 3 + raw_row("7", code="042", text="Make a visit"))
    reading = read([path])
    assert reading.tables["events"].num_rows == 1
    assert reading.ignored == {"exact repetition of a row": 2}
    assert [(row.line, row.reason.split(":")[0]) for row in reading.rejected] == [
        (5, "contradicts events.tab line 2")
    ]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (raw_row(code="999"), "unknown CAMEO code"),
        (raw_row(code="04"), "unknown CAMEO code"),
        (raw_row(day="01.06.2018"), "the date is not a day written 2018-06-01"),
        (raw_row(day="2018-02-30"), "the date is not a day written 2018-06-01"),
        (raw_row(day="1818-06-01"), "the date lies outside the time ICEWS can cover"),
        (raw_row(intensity="high"), "the intensity is not a number"),
        (raw_row(intensity="nan"), "the intensity is not a number"),
        (raw_row(source="NA"), "there is no source actor"),
        (raw_row(target=""), "there is no target actor"),
        (raw_row(event="NA"), "there is no Event ID"),
        ("7\t2018-06-01\n", "2 fields where the header has 20"),
    ],
)
def test_malformed_raw_rows_are_refused(tmp_path: Path, row: str, reason: str) -> None:
    path = tmp_path / "events.tab"
    path.write_text(RAW_HEADER + row + raw_row("8"))
    reading = read([path])
    assert [(row.file, row.line, row.reason) for row in reading.rejected] == [("events.tab", 2, reason)]
    assert reading.tables["events"].num_rows == 1


def test_an_unknown_relation_is_refused_with_its_text(tmp_path: Path) -> None:
    path = triples(
        tmp_path / "t.csv",
        ("2018-01-01", "India", "Dance with", "China"),
        ("2018-01-01", "India", "Consult", "China"),
    )
    (refused,) = read([path]).rejected
    assert (refused.line, refused.reason) == (2, "unknown relation")
    assert "Dance with" in refused.text


def test_two_files_of_one_name_keep_their_own_rejected_rows(tmp_path: Path) -> None:
    paths = []
    for folder, source in (("a", "India"), ("b", "")):
        (tmp_path / folder).mkdir()
        paths.append(triples(tmp_path / folder / "t.csv", ("2018-01-01", source, "Consult", "China")))
    reading = read(paths)
    assert reading.tables["events"].num_rows == 1
    assert [row.reason for row in reading.rejected] == ["there is no source actor"]


def test_files_of_another_layout_are_bad_files(tmp_path: Path) -> None:
    path = tmp_path / "other.csv"
    path.write_text("day,who\n2018-01-01,KAZ\n")
    with pytest.raises(BadFile, match="lacks the columns date, source, relation, target"):
        read([path])
    with pytest.raises(BadFile, match="no usable event; the first trouble: unknown relation"):
        read([triples(tmp_path / "t.csv", ("2018-01-01", "India", "Dance with", "China"))])
    with pytest.raises(BadFile, match="no usable event; the first trouble: it has no rows"):
        read([triples(tmp_path / "t.csv")])
    path.write_text(RAW_HEADER.replace("CAMEO Code", "Code") + raw_row())
    with pytest.raises(BadFile, match="lacks the columns CAMEO Code"):
        read([path])


def test_coverage_splits_at_gaps_of_more_than_three_days(tmp_path: Path) -> None:
    days = ("2018-01-01", "2018-01-05", "2018-01-10")
    reading = read([triples(tmp_path / "t.csv", *((day, "India", "Consult", "China") for day in days))])
    assert reading.coverage == (
        (date(2018, 1, 1), date(2018, 1, 5)),
        (date(2018, 1, 10), date(2018, 1, 10)),
    )
    assert day_spans([], longest_gap=0) == ()


def test_notes_say_what_share_is_resolved(tmp_path: Path) -> None:
    rows = [
        ("2018-01-01", "India", "Consult", "China"),
        ("2018-01-01", "Narendra Modi", "Consult", "Citizen (China)"),
        ("2018-01-01", "Nobody Known", "Consult", "United Nations"),
        ("2018-01-01", "Astrologer (India)", "Consult", "China"),
    ]
    reading = read([triples(tmp_path / "t.csv", *rows)])
    assert reading.notes[0] == "Both actors assigned to states or blocs in 75.0 % of 4 rows."
    assert "37.5 % state, 25.0 % society, 12.5 % outside, 12.5 % person" in reading.notes[1]
    assert reading.notes[2].startswith("1 rows (25.0 %)")
    assert reading.notes[3].endswith("Astrologer (1).")
    assert (
        reading.tables["events"]["target_by"].to_pylist()[2] == "unresolved"
    )  # "outside" is only for the note


@pytest.mark.parametrize(
    ("name", "day", "state", "by"),
    [
        ("Donald Trump", date(2018, 5, 1), "USA", "person"),
        ("Donald Trump", date(2021, 1, 20), None, None),
        ("Joseph Robinette Biden", date(2021, 1, 20), "USA", "person"),
        ("Boris Johnson", date(2018, 7, 8), "GBR", "person"),
        ("Boris Johnson", date(2018, 10, 1), None, None),
        ("Boris Johnson", date(2022, 9, 5), "GBR", "person"),
        ("Boris Johnson", date(2022, 9, 6), None, None),
        ("Ursula von der Leyen", date(2018, 5, 1), "DEU", "person"),
        ("Ursula von der Leyen", date(2022, 5, 1), "EU", "person"),
        ("Jens Stoltenberg", date(2022, 5, 1), "NATO", "person"),
        ("Kasymzhomart Tokayev", date(2022, 5, 1), "KAZ", "person"),
        ("Taliban", date(2021, 8, 14), None, None),
        ("Taliban", date(2021, 8, 15), "AFG", "organisation"),
        ("Government (Taliban)", date(2022, 1, 1), "AFG", "tag"),
        ("Armed Forces of Ukraine", date(2022, 5, 1), "UKR", "organisation"),
        ("Police (Palestinian Territory, Occupied)", date(2022, 5, 1), "PSE", "tag"),
        ("Protester (Congo)", date(2022, 5, 1), "COG", "society"),
        ("Foreign Affairs (Democratic Republic of Congo)", date(2022, 5, 1), "COD", "tag"),
        ("Holy See (Vatican City State)", date(2022, 5, 1), "VAT", None),
        ("Defense / Security Ministry (Russia)", date(2022, 5, 1), "RUS", "tag"),
        ("Macedonia", date(2018, 5, 1), "MKD", "state"),
        ("South Sudan", date(2010, 5, 1), None, None),
        ("Georgia", date(2018, 5, 1), "GEO", "state"),
        ("CPI", date(2018, 5, 1), None, None),
        ("Pakistan Muslim League (N)", date(2018, 5, 1), None, None),
        ("Bharatiya Janata", date(2018, 5, 1), None, None),
    ],
)
def test_actors_act_for_states_in_their_time(name: str, day: date, state: str | None, by: str | None) -> None:
    spells = [spell for spell in ActorResolver().spells(name, on=day) if spell.start <= day < spell.end]
    assert [spell.state for spell in spells] == ([state] if state else [])
    assert by is None or [spell.by for spell in spells] == [by]


def test_international_officials_are_not_their_home_states() -> None:
    resolver = ActorResolver()
    sectors = "International Government Organization,Government,Executive"
    assert [s.by for s in resolver.spells("A Commissioner", "Italy", sectors)] == ["society"]
    assert [s.by for s in resolver.spells("A Minister", "Italy", "Government,Executive")] == ["tag"]
    (guterres,) = resolver.spells("António Manuel de Oliveira Guterres", "Portugal", sectors)
    assert (guterres.state, guterres.by) == (None, "outside")


def test_curated_actors_are_well_formed() -> None:
    codes = {state.code for state in all_states()} | {bloc.code for bloc in all_blocs()}
    persons = read_actors("persons.csv")
    assert len({row["name"] for row in persons}) > 600
    assert {row["state"] for row in persons} <= codes
    last_end: dict[str, str] = {}
    for row in sorted(persons, key=lambda row: (row["name"], row["from"])):
        start, end = date.fromisoformat(row["from"]), row["to"]
        assert not end or date.fromisoformat(end) > start, row
        before = last_end.get(row["name"])
        assert before is None or (before and date.fromisoformat(before) <= start), row
        last_end[row["name"]] = end
    organisations = read_actors("organisations.csv")
    assert len({row["name"] for row in organisations}) == len(organisations)
    for row in organisations:
        assert row["kind"] in ("state", "organ", "bloc", "outside"), row
        assert (row["state"] == "") == (row["kind"] == "outside"), row
        assert not row["state"] or row["state"] in codes, row
        assert row["name"] not in last_end, row
    roles = read_actors("roles.csv")
    assert len({row["role"] for row in roles}) == len(roles)
    assert {row["acts_for"] for row in roles} == {"government", "society"}
    assert "society" in RESOLVED_BY


def test_person_terms_end_before_their_state_does_not_exist() -> None:
    start = {state.code: state.start for state in all_states()}
    for row in read_actors("persons.csv"):
        assert row["state"] not in start or date.fromisoformat(row["from"]) >= start[row["state"]], row
