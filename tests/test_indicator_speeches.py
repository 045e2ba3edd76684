"""Speeches: who counts as mentioned, which words count, and the values by hand."""

from datetime import date
from math import log, sqrt

import duckdb
import pytest

from equidistance.indicators.declare import INDICATOR_SCHEMA
from equidistance.indicators.speech_text import LEXICON, count_speech, stance
from equidistance.indicators.speeches import speech_attention, speech_stance

OPEN = date(9999, 12, 31)
DAY = date(2010, 9, 20)


def mentioned(sentence: str, on: date = DAY) -> set[str]:
    return {code for mention in count_speech(sentence, on).mentions for code in mention.codes}


@pytest.mark.parametrize(
    ("sentence", "codes"),
    [
        ("We thank the United States of America.", {"USA"}),
        ("We thank the U.S. Government and the UK.", {"USA", "GBR"}),
        ("The American people and Americans everywhere.", {"USA"}),
        ("Latin American and Central American countries met.", set()),
        ("The Organization of American States met.", set()),
        ("It cost 3 million United States dollars.", set()),
        ("The United Mexican States spoke.", {"MEX"}),
        ("In the South China Sea and in Indochina.", set()),
        ("The People's Republic of China spoke.", {"CHN"}),
        ("The People’s Republic of China spoke.", {"CHN"}),
        ("The Republic of China on Taiwan.", {"TWN"}),
        ("Belarusian, not Russian.", {"BLR", "RUS"}),
        ("The Byelorussian delegation.", {"BLR"}),
        ("Turkish Cypriots voted.", set()),
        ("Turkish troops, and Türkiye, and Turkey.", {"TUR"}),
        ("The English language and a chinaware shop.", set()),
        ("South Georgia is an island; Georgians live in Georgia.", {"GEO"}),
        ("South Sudan", {"SSD"}),
        ("The EU and the European\nUnion.", {"EU"}),
        ("European values.", set()),
        ("Western countries, the West, and the West Bank in West Africa.", {"WEST"}),
        ("RUSSIA AND CHINA", {"RUS", "CHN"}),
    ],
)
def test_mentions(sentence: str, codes: set[str]) -> None:
    on = date(2012, 9, 20)
    assert mentioned(sentence, on) & {
        "USA", "GBR", "MEX", "CHN", "TWN", "BLR", "RUS", "TUR", "GEO", "SSD", "EU", "WEST", "SDN"
    } == codes  # fmt: skip


def test_the_date_decides_what_an_old_name_stands_for() -> None:
    assert mentioned("Russia spoke.", date(2010, 9, 20)) == {"RUS"}
    assert mentioned("Russia spoke.", date(1980, 9, 20)) != {"RUS"}
    assert "SSD" not in mentioned("South Sudan", date(2000, 9, 20))


@pytest.mark.parametrize(
    ("sentence", "counts"),
    [
        ("We welcome the support of our partner.", (3, 0)),
        ("We condemn the aggression and the occupation.", (0, 3)),
        ("There is no cooperation.", (0, 1)),
        ("A lack of real support.", (0, 1)),
        ("It does not, as some people may say, support us.", (1, 0)),
        ("No aggression, never war.", (0, 0)),
        ("The cold war and the Second World War ended.", (0, 0)),
        ("The war continues.", (0, 1)),
        ("The successive successors supposedly impossible.", (0, 0)),
        ("They don’t help.", (0, 1)),
        ("Nothing of this.", (0, 0)),
    ],
)
def test_stance_words_and_negation(sentence: str, counts: tuple[int, int]) -> None:
    assert stance(sentence) == counts


def test_sentences_are_told_apart() -> None:
    counts = count_speech(
        "Mr. President, we thank Russia. We condemn China!\n"
        "The U.S. Congress met. 12. No. 5 is a number of Turkey.",
        DAY,
    )
    assert [
        (set(mention.codes), mention.cooperative, mention.conflictual) for mention in counts.mentions
    ] == [
        ({"RUS"}, 1, 0),
        ({"CHN"}, 0, 1),
        ({"USA"}, 0, 0),
        ({"TUR"}, 0, 0),
    ]
    assert count_speech("", DAY).mentions == ()


def test_lexicon_is_clean() -> None:
    lines = (LEXICON / "stance.csv").read_text(encoding="utf-8").splitlines()[1:]
    words = [line.split(",")[0] for line in lines]
    assert len(words) == len(set(words))
    assert {line.split(",")[1] for line in lines} == {"cooperative", "conflictual", "neutral"}
    stems = [word[:-1] for word in words if word.endswith("*")]
    assert all(len(stem) >= 3 for stem in stems)
    for kind in ("cooperative", "conflictual"):
        assert sum(line.endswith(kind) for line in lines) >= 150


def store(
    speeches: list[tuple[str, int, str, str]], members: list[tuple[str, str, bool]]
) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute(
        "create table speeches(state varchar, year int, text varchar, quality varchar, source_id varchar)"
    )
    connection.execute(
        'create table power_members(power varchar, member varchar, start date, "end" date, is_bloc bool)'
    )
    connection.execute('create table states(state varchar, start date, "end" date)')
    connection.executemany("insert into speeches values (?, ?, ?, ?, 's1')", speeches)
    connection.executemany(
        "insert into power_members values (?, ?, ?, ?, ?)",
        [(power, member, date(1993, 1, 1), OPEN, is_bloc) for power, member, is_bloc in members],
    )
    names = {speech[0] for speech in speeches}
    connection.executemany(
        "insert into states values (?, ?, ?)", [(name, date(1991, 12, 16), OPEN) for name in names]
    )
    return connection


TEXT = (
    "We thank Russia for its support. Russia and France are not friends. The European Union helps. "
    "Germany attacks nobody. It rains. "
)


def test_values_by_hand() -> None:
    members = [
        ("RUS", "RUS", False),
        ("EU", "FRA", True),
        ("EU", "DEU", True),
        ("WEST", "FRA", True),
        ("WEST", "DEU", True),
    ]
    connection = store([("KAZ", 2010, TEXT, "ok")], members)
    table = speech_stance(connection)
    assert table.schema.names == [name for name in INDICATOR_SCHEMA.names if name != "indicator"]
    found = {row["power"]: (row["value"], row["se"], row["n"]) for row in table.to_pylist()}
    # Russia: thank, support; "not friends" turns conflictual
    assert found["RUS"] == (pytest.approx(log(2.5 / 1.5)), pytest.approx(sqrt(1 / 2.5 + 1 / 1.5)), 2)
    # the EU by its own name only; this West by its members, and not by the EU, which is larger than it
    assert found["EU"] == (pytest.approx(log(1.5 / 0.5)), pytest.approx(sqrt(1 / 1.5 + 1 / 0.5)), 1)
    assert found["WEST"] == (pytest.approx(log(0.5 / 2.5)), pytest.approx(sqrt(1 / 0.5 + 1 / 2.5)), 2)
    attention = {
        row["power"]: (row["value"], row["se"], row["n"]) for row in speech_attention(connection).to_pylist()
    }
    assert attention["RUS"] == (pytest.approx(log(2.5 / 6)), pytest.approx(sqrt(1 / 2.5 - 1 / 6)), 5)


def test_silence_is_a_value_for_attention_and_none_for_tone() -> None:
    connection = store([("KAZ", 2010, "It rains. It snows. ", "ok")], [("RUS", "RUS", False)])
    assert len(speech_stance(connection)) == 0
    (row,) = speech_attention(connection).to_pylist()
    assert (row["value"], row["n"], row["period"], row["freq"]) == (
        pytest.approx(log(0.5 / 3)),
        2,
        date(2010, 1, 1),
        "year",
    )


def test_unreadable_texts_own_mentions_and_members_are_left_out() -> None:
    members = [("RUS", "RUS", False), ("EU", "FRA", True), ("EU", "DEU", True)]
    speeches = [
        ("RUS", 2010, TEXT, "ok"),
        ("FRA", 2010, TEXT, "ok"),
        ("KAZ", 2010, TEXT, "glyph_garbage"),
        ("ARM", 1980, TEXT, "ok"),  # before it existed
    ]
    found = {(row["state"], row["power"]) for row in speech_stance(store(speeches, members)).to_pylist()}
    assert found == {("RUS", "EU"), ("FRA", "RUS")}


def test_hostile_text_ends_in_time() -> None:
    for text in (
        "United " * 50_000,
        "a" * 400_000,
        "." * 400_000,
        "U.S. " * 50_000,
        "\n" * 400_000,
        "A.B" * 100_000,
    ):
        count_speech(text, DAY)
