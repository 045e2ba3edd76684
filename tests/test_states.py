"""States: codes, names, dates, and that every state name of the real data files resolves."""

import csv
import re
from collections import Counter
from collections.abc import Iterable
from datetime import date
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from equidistance.errors import AmbiguousName, UnknownName
from equidistance.ground.states import (
    State,
    all_states,
    find,
    fold,
    from_cow,
    from_fips,
    from_gleditsch_ward,
    get_state,
    labels,
    read_csv,
    resolve,
)

TODAY = date(2025, 6, 1)


# --- the crosswalk itself


def test_the_world_has_its_known_number_of_states() -> None:
    assert len(all_states()) == 205
    assert len(all_states(TODAY)) == 193 + 4  # United Nations members, Holy See, Palestine, Taiwan, Kosovo
    assert {state.code for state in all_states() if state.end} == {
        "CSK", "DDR", "EAZ", "SCG", "SUN", "VDR", "YMD", "YUG",
    }  # fmt: skip


def test_codes_are_unique_and_successors_exist() -> None:
    states = all_states()
    for codes in (
        [state.code for state in states],
        [state.iso_numeric for state in states if state.iso_numeric],
        [state.m49 for state in states if state.m49],
        [state.fips for state in states if state.fips],
        [row["name"] for row in read_csv("states.csv")],
    ):
        assert len(codes) == len(set(codes))
    for state in states:
        assert re.fullmatch("[A-Z]{3}", state.code)
        assert state.end is None or (state.start < state.end and state.successors)
        assert all(get_state(code).code != state.code for code in state.successors)
        assert state.name_ru
        assert all(adjective.strip() for adjective in state.adjectives)


def test_names_file_is_well_formed() -> None:
    rows = read_csv("names.csv")
    assert {row["language"] for row in rows} == {"en", "ru", "code", "misprint"}
    assert all(get_state(row["code"]) for row in rows)
    assert len({(row["code"], row["name"]) for row in rows}) == len(rows)
    russian = [row for row in rows if re.search("[а-яё]", row["name"], re.IGNORECASE)]
    assert {row["language"] for row in russian} == {"ru", "misprint"}


def test_only_the_listed_names_belong_to_several_states() -> None:
    owners: dict[str, set[str]] = {}
    for state in all_states():
        for label in labels(state):
            owners.setdefault(fold(label), set()).add(state.code)
    for row in read_csv("names.csv"):
        owners.setdefault(fold(row["name"]), set()).add(row["code"])
    shared = {name: codes for name, codes in owners.items() if len(codes) > 1}
    assert shared == {
        "congo": {"COD", "COG"},
        "конго": {"COD", "COG"},
        "korea": {"KOR", "PRK"},
        fold("Корея"): {"KOR", "PRK"},
        "vietnam": {"VDR", "VNM"},
        "viet nam": {"VDR", "VNM"},
        fold("Вьетнам"): {"VDR", "VNM"},
        "yemen": {"YEM", "YMD"},
        fold("Йемен"): {"YEM", "YMD"},
        "yugoslavia": {"SCG", "YUG"},
        fold("Югославия"): {"SCG", "YUG"},
    }


def test_no_adjective_belongs_to_two_states_of_the_same_time() -> None:
    owners: dict[str, list[str]] = {}
    for state in all_states(TODAY):
        for adjective in state.adjectives:
            owners.setdefault(adjective, []).append(state.code)
    assert {adjective: codes for adjective, codes in owners.items() if len(codes) > 1} == {}
    assert {"Russian", "Chinese", "American", "British", "Turkish"} <= set(owners)
    assert get_state("KAZ").adjectives == ("Kazakhstani", "Kazakh")


# --- resolution


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("KAZ", "KAZ"),
        ("kaz", "KAZ"),
        ("Казахстан", "KAZ"),
        ("РЕСПУБЛИКА КАЗАХСТАН", "KAZ"),
        ("Georgia", "GEO"),
        ("Грузия", "GEO"),
        ("Türkiye", "TUR"),
        ("TÜRKİYE", "TUR"),
        ("Turkiye", "TUR"),
        ("turkey", "TUR"),
        ("Турция", "TUR"),
        ("CÔTE D'IVOIRE", "CIV"),
        ("Cote d’Ivoire", "CIV"),
        ("VIET NAM", "VNM"),
        ("LAO PEOPLE'S DEMOCRATIC REPUBLIC", "LAO"),
        ("The Gambia", "GMB"),
        ("St. Lucia", "LCA"),
        ("Trinidad & Tobago", "TTO"),
        ("Germany", "DEU"),
        ("Soviet Union", "SUN"),
        ("USSR", "SUN"),
        ("СССР", "SUN"),
        ("US", "USA"),
        ("U.K.", "GBR"),
        ("DR Congo", "COD"),
        ("Congo-Brazzaville", "COG"),
        ("Guinea", "GIN"),
        ("Niger", "NER"),
        ("Dominica", "DMA"),
        ("South Korea", "KOR"),
        ("КНДР", "PRK"),
        ("ROM", "ROU"),
        ("ZAR", "COD"),
        ("  Kazakhstan\u00a0", "KAZ"),
        ("Lao People's Democratic Re\u00adpublic", "LAO"),
    ],
)
def test_a_person_finds_the_state_meant(name: str, code: str) -> None:
    assert resolve(name).code == code
    found = find(name)
    assert found is not None
    assert found.code == code


@pytest.mark.parametrize(
    "name",
    [
        "New Jersey", "Mexico City", "Jersey", "Georgia (US)", "Georgia, USA", "South Georgia", "New Mexico",
        "Hong Kong", "Гонконг", "Macau", "Puerto Rico", "Greenland", "Cook Islands", "Western Sahara",
        "Scotland", "Police (India)", "Bank of China", "HKG", "Страны СНГ", "Америка", "EU", "World", "",
        " ", "?", "XXX", "CH", "AU", "IR", "KZ", "RU", "CN",
    ],
)  # fmt: skip
def test_what_is_no_state_resolves_to_none(name: str) -> None:
    assert find(name) is None
    with pytest.raises(UnknownName):
        resolve(name)


def test_an_unknown_name_lists_close_ones() -> None:
    with pytest.raises(UnknownName) as error:
        resolve("Kazakstann")
    assert error.value.choices[0] == "KAZ (Kazakhstan)"
    with pytest.raises(UnknownName) as error:
        get_state("KAX")
    assert "KAZ" in error.value.choices


@pytest.mark.parametrize("name", ["Korea", "Congo", "Корея", "Конго"])
@pytest.mark.parametrize("on", [None, date(1910, 1, 1), date(1948, 8, 20), date(1960, 7, 10), TODAY])
def test_korea_and_congo_are_ambiguous_at_any_date(name: str, on: date | None) -> None:
    assert find(name, on) is None
    with pytest.raises(AmbiguousName) as error:
        resolve(name, on)
    assert len(error.value.choices) == 2


def test_a_date_tells_states_of_one_name_apart() -> None:
    assert resolve("Yugoslavia", date(1980, 1, 1)).code == "YUG"
    assert resolve("Yugoslavia", date(1992, 4, 27)).code == "SCG"
    assert resolve("Yemen", date(1960, 1, 1)).code == "YEM"
    assert resolve("Yemen", date(2000, 1, 1)).code == "YEM"
    assert resolve("Vietnam", date(1976, 1, 1)).code == "VNM"
    assert resolve("Vietnam").code == resolve("Yemen").code.replace("YEM", "VNM")
    for name, on in [("Yemen", date(1980, 1, 1)), ("Vietnam", date(1960, 1, 1)), ("Yugoslavia", None)]:
        with pytest.raises(AmbiguousName):
            resolve(name, on)
    with pytest.raises(AmbiguousName, match="give a date"):
        resolve("Yugoslavia")


@pytest.mark.parametrize(
    ("name", "on", "said", "choice"),
    [
        ("Russia", date(1980, 1, 1), "existed from 1991-12-26", "SUN"),
        ("RUS", date(1991, 12, 25), "existed from 1991-12-26", "SUN"),
        ("USSR", date(1991, 12, 26), "until 1991-12-26", "RUS"),
        ("Kazakhstan", date(1991, 12, 15), "existed from 1991-12-16", "SUN"),
        ("Serbia", date(2000, 1, 1), "existed from 2006-06-05", "SCG"),
        ("East Germany", date(1990, 10, 3), "until 1990-10-03", "DEU"),
        ("Czechoslovakia", date(1993, 1, 1), "until 1993-01-01", "SVK"),
    ],
)
def test_a_state_outside_its_existence_is_an_error_that_names_who_was_there(
    name: str, on: date, said: str, choice: str
) -> None:
    assert find(name, on) is None
    with pytest.raises(UnknownName) as error:
        resolve(name, on)
    assert said in error.value.message
    assert any(each.startswith(choice) for each in error.value.choices)


@pytest.mark.parametrize(
    ("code", "first", "end"),
    [
        ("KAZ", date(1991, 12, 16), None),
        ("RUS", date(1991, 12, 26), None),
        ("UKR", date(1991, 8, 24), None),
        ("BLR", date(1991, 8, 25), None),
        ("DDR", date(1949, 10, 7), date(1990, 10, 3)),
        ("CSK", date(1918, 10, 28), date(1993, 1, 1)),
        ("YMD", date(1967, 11, 30), date(1990, 5, 22)),
        ("SCG", date(1992, 4, 27), date(2006, 6, 5)),
        ("SSD", date(2011, 7, 9), None),
        ("ERI", date(1993, 5, 24), None),
        ("TLS", date(2002, 5, 20), None),
    ],
)
def test_states_exist_from_their_first_day_to_the_day_before_their_end(
    code: str, first: date, end: date | None
) -> None:
    state = get_state(code)
    assert (state.start, state.end) == (first, end)
    assert state.existed(first)
    assert not state.existed(date.fromordinal(first.toordinal() - 1))
    if end is not None:
        assert not state.existed(end)
        assert state.existed(date.fromordinal(end.toordinal() - 1))
        assert state not in all_states(end)


@given(st.data(), st.sampled_from(all_states()))
def test_case_punctuation_and_spacing_do_not_matter(data: st.DataObject, state: State) -> None:
    label = data.draw(st.sampled_from(labels(state)))
    expected = find(label, state.start)
    for variant in (label.lower(), f" {label}. ", label.replace(" ", "  ").replace("-", " ")):
        assert find(variant, state.start) == expected
    assert fold(fold(label)) == fold(label)


@given(st.text(max_size=30))
def test_any_text_is_a_state_or_none(text: str) -> None:
    assert find(text) is None or fold(text) in _folded_labels()


@cache
def _folded_labels() -> frozenset[str]:
    shown = [label for state in all_states() for label in labels(state)]
    return frozenset(map(fold, [*shown, *(row["name"] for row in read_csv("names.csv"))]))


# --- numbers and codes of others


def test_cow_numbers_follow_the_date() -> None:
    years = (date(1980, 1, 1), date(1991, 12, 26), None)
    assert [_code(from_cow(365, on)) for on in years] == ["SUN", "RUS", "RUS"]
    changes = (date(1992, 4, 26), date(1992, 4, 27), date(2006, 6, 5), None)
    assert [_code(from_cow(345, on)) for on in changes] == ["YUG", "SCG", "SRB", "SRB"]
    assert [_code(from_cow(number)) for number in (255, 260, 265, 678, 679, 680)] == [
        "DEU", "DEU", "DDR", "YEM", "YEM", "YMD",
    ]  # fmt: skip
    assert from_cow(365, date(1900, 1, 1)) is None
    assert from_cow(12345) is None


def test_gleditsch_ward_numbers_differ_where_they_differ() -> None:
    assert [_code(from_gleditsch_ward(number)) for number in (260, 340, 678, 970, 971, 972, 973)] == [
        "DEU", "SRB", "YEM", "KIR", "NRU", "TON", "TUV",
    ]  # fmt: skip
    assert [_code(from_cow(number)) for number in (946, 970, 955, 947)] == ["KIR", "NRU", "TON", "TUV"]
    assert from_gleditsch_ward(679) is None


def test_fips_codes_are_not_iso_codes() -> None:
    fips = {"CH": "CHN", "SZ": "CHE", "AU": "AUT", "AS": "AUS", "rs": "RUS", "GM": "DEU", "KN": "PRK"}
    assert {code: _code(from_fips(code)) for code in fips} == fips
    assert _code(from_fips("GZ")) == _code(from_fips("WE")) == "PSE"
    assert from_fips("HK") is None


def _code(state: object) -> str:
    return getattr(state, "code", "none")


# --- every state name of the real files resolves, or is listed here with the reason

AMBIGUOUS = {"Congo", "CONGO", "Korea", "Yugoslavia", "Конго"}
"""Stand for two states: the reader must say which one the publisher means, or give the date."""

TERRITORIES = {
    "Antarctica", "Cook Islands", "COK", "Niue", "NIU", "Hawaii", "French Polynesia", "New Caledonia",
    "Netherlands Antilles", "Denmark (Greenland)", "Curacao", "Sint Maarten (Dutch part)", "Hong Kong",
    "Bermuda", "Cayman Islands", "Gibraltar", "Guernsey", "Jersey", "Virgin Islands, British",
    "Western Sahara", "ESH", "United States Minor Outlying Islands",
    "Serbia-Montenegro (Kosovo)", "Yugoslavia (Kosovo)",  # under the United Nations' administration then
    "Аландские Острова", "Американское Самоа", "Ангилья (Брит.)", "Бермуды",
    "Британская Территория В Индийском Океане", "Британская территория в Индийском океане",
    "Виргинские Острова (Брит.)", "Виргинские Острова (США)", "Виргинские Острова, США",
    "Виргинские Острова, Сша", "Гваделупа", "Гернси", "Гибралтар (Брит.)", "Гонконг", "Гренландия",
    "Гуам (США)", "Гуам (Сша)", "Джерси", "Западная Сахара", "Каймановы Острова (Брит.)",
    "Кокосовые (Килинг) Острова", "Кюрасао", "Майотта", "Макао", "Малые Тихоокеан. Отдаленные остроа США",
    "Малые Тихоокеан. отдален. острова США", "Мартиника", "Монтсеррат", "Ниуэ", "Новая Каледония",
    "Остров Мэн", "Остров Рождества", "Остров Святой Елены", "Острова Кука (Н.Зел.)",
    "Острова Теркс И Кайкос", "Острова Теркс и Кайкос", "Питкерн", "Пуэрто-Рико", "Реюньон",
    "Северные Марианские Острова", "Северные Марианские острова", "Сен-Бартелеми", "Токелау",
    "Уоллис И Футуна", "Фарерские Острова", "Фолклендские Острова (Мальвинские)",
    "Французкие южные территории", "Французская Гвиана", "Французская Полинезия",
    "Французские Южные Территории", "Южн.Джорджия И Южн.Сандвич.Острова",
}  # fmt: skip
"""Dependent, associated or disputed territories: not states here."""

PARTS = {"England", "Wales"}
"""Parts of the United Kingdom: a reader that means the state must say so."""

AGGREGATES = {
    "Австралия и Океания", "Азия", "Америка", "Африка", "Европа", "Всего", "Всего\nв том числе",
    "Остальные страны мира", "Страны ЕАЭС", "Страны ЕС", "Страны СНГ", "Страны вне ЕАЭС", "Страны вне ЕС",
    "EU - 15 countries (1995-2004)", "EU - 27 countries (from 2020)", "EU - 28 countries (2013-2020)",
    "Total by countries", "AFR", "EUR", "NMR", "PGS", "SAF", "SEA", "BMU", "",
}  # fmt: skip
"""Sums, regions and GDELT's codes for parts of continents."""

ORGANISATIONS = {
    "European Council", "European Union", "EU", "EC", "Leage of Arab States",
    "Palestine Liberation Organization", "African Union**", "European Union**", "NATO**", "OSCE**",
    "United Nations**", "Libya GNC",
}  # fmt: skip
"""Organisations and governments that are not, or not the only, state of that name."""

SLIPS = {
    "29+C70+A7+D71:E74", "Taoiseach of Ireland", "Republic of Co", "FDR", "FDR (Germany)", "CAR",
    "Central Africa", "Democratic People’s Republic",
    "CZK", "DKN", "PAR", "PKR", "POR", "YDYE", "ZFA",  # meant CSK, DNK, PRY, PRK, PRT, YMD, ZAF
}  # fmt: skip
"""Slips of the list of speakers from which no state follows, or whose code another state could have."""

BEFORE_1946 = {
    "Austria-Hungary", "Baden", "Bavaria", "Hanover", "Hesse Electoral", "Hesse Grand Ducal",
    "Mecklenburg Schwerin", "Modena", "Papal States", "Parma", "Saxony", "Tuscany", "Two Sicilies",
    "Wuerttemburg",
}  # fmt: skip
"""States of the nineteenth century."""

ALLOWED = AMBIGUOUS | TERRITORIES | PARTS | AGGREGATES | ORGANISATIONS | SLIPS | BEFORE_1946


def _leftovers(names: Iterable[object]) -> set[str]:
    return {name for name in (str(each).strip() for each in names if each is not None) if find(name) is None}


def _column(path: Path, column: str, skip: int = 0, encoding: str = "utf-8") -> set[str]:
    with path.open(encoding=encoding, newline="") as file:
        for _ in range(skip):
            next(file)
        return {row[column] for row in csv.DictReader(file)}


TEXT_COLUMNS = [
    ("un/unga_unproject_countries.csv", "Country"),
    ("un/unga_unproject_countries.csv", "Countryname"),
    ("un/unga_es11_1to3_2022_long.csv", "country"),
    ("speeches/speakers_by_session.csv", "Country"),
    ("speeches/speakers_by_session.csv", "ISO Code"),
    ("ties/visits/us_president_secretary_travels.csv", "country"),
    ("ties/visits/us_visits_by_foreign_leaders.csv", "country"),
    ("ties/visits/china_leader_travel_www_1949_2020.csv", "Country"),
    ("ties/visits/china_public_diplomacy_aiddata_2000_2018.csv", "receiving_country"),
    ("ties/visits/china_vitae_engagements_2003_2018.csv", "country"),
    ("trade/gravity/kz_bns_trade_by_partner_2018_2023.csv", "partner_ru"),
    ("trade/finance/wiiw_partners.csv", "Partner"),
]


@pytest.mark.shared
@pytest.mark.parametrize(("path", "column"), TEXT_COLUMNS)
def test_every_state_name_of_the_text_files_resolves(shared_data: Path, path: str, column: str) -> None:
    names = _column(shared_data / path, column)
    assert names
    assert _leftovers(names) - ALLOWED == set()


PARQUET_COLUMNS = [
    ("un/unga_votes_1946_2024_voeten_long.parquet", "iso3"),
    ("speeches/ungdc_1946_1991.parquet", "iso3"),
    ("speeches/ungdc_1992_2025.parquet", "iso3"),
    ("trade/gravity/itpde_r01_pair_year_2000_2016.parquet", "exporter"),
    ("ties/networks/cow_states.parquet", "statenme"),
    ("events/gdelt_daily_edges_39_states_2018_2024.parquet", "a"),
    ("trade/products/ruimpeks_comext_cn8_exports.parquet", "reporter"),
    ("trade/products/ruimpeks_comext_cn8_exports.parquet", "partner"),
]


@pytest.mark.shared
@pytest.mark.parametrize(("path", "column"), PARQUET_COLUMNS)
def test_every_state_name_of_the_parquet_files_resolves(shared_data: Path, path: str, column: str) -> None:
    import pyarrow.parquet as pq

    names = pq.read_table(shared_data / path, columns=[column]).column(0).unique().to_pylist()
    assert names
    assert _leftovers(names) - ALLOWED == set()


@pytest.mark.shared
def test_the_vote_columns_of_2025_are_states(shared_data: Path) -> None:
    with (shared_data / "un/un_votes_2025_undl_3dl_wide.csv").open(encoding="utf-8", newline="") as file:
        header = next(csv.reader(file))
    codes = [column for column in header if re.fullmatch("[A-Z]{3}", column)]
    assert len(codes) == 191  # Afghanistan and Venezuela are missing
    assert _leftovers(codes) == set()


@pytest.mark.shared
def test_every_state_of_the_arms_register_resolves(shared_data: Path) -> None:
    path = shared_data / "trade/finance/sipri_trade_register_2000_2023.csv"
    names = _column(path, "Supplier", 11, "latin-1") | _column(path, "Recipient", 11, "latin-1")
    armed_groups = {name for name in names if name.endswith("*") or name.startswith("unknown ")}
    assert len(names) > 180
    assert _leftovers(names - armed_groups) - ALLOWED == set()


@pytest.mark.shared
def test_gdelt_actor_and_place_codes_resolve(shared_data: Path) -> None:
    territories = {"GI", "GL", "HK", "MB", "MC", "RQ", "BD", "JE", "VI"}  # Gibraltar, Greenland, ...
    oceans = {"OS", ""}
    files = sorted((shared_data / "events").glob("*.export.CSV"))
    assert files
    for path in files:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
        assert _leftovers({row[column] for row in rows for column in (7, 17)}) - ALLOWED == set()
        places = {row[column] for row in rows for column in (37, 45, 53)}
        assert {place for place in places if from_fips(place) is None} - territories - oceans == set()


@pytest.mark.shared
def test_icews_states_and_countries_in_parentheses_resolve(shared_data: Path) -> None:
    import pyarrow.parquet as pq

    table = pq.read_table(shared_data / "events/icews_2018_2021_2022.parquet", columns=["source", "target"])
    actors: Counter[str] = Counter()
    for column in table.columns:
        actors.update({each["values"]: each["counts"] for each in column.value_counts().to_pylist()})
    tags: Counter[str] = Counter()
    for actor, count in actors.items():
        if tag := re.search(r" \(([^()]*)\)$", actor):
            tags[tag.group(1)] += count
    resolved = sum(count for tag, count in tags.items() if find(tag))
    assert resolved / tags.total() > 0.95  # the rest are parties, armed groups, territories and "Congo"
    assert sum(count for actor, count in actors.items() if find(actor)) / actors.total() > 0.27
    common = [tag for tag, _ in tags.most_common(150) if find(tag) is None]
    assert set(common[:3]) == {"Hong Kong", "Congo", "International"}


@pytest.mark.shared
def test_dates_and_numbers_agree_with_cow(shared_data: Path) -> None:
    import pyarrow.parquet as pq

    rows = pq.read_table(shared_data / "ties/networks/cow_states.parquet").to_pylist()
    for row in (row for row in rows if row["endyear"] >= 1946):
        number = int(row["ccode"])
        first = date(*(int(row[part]) for part in ("styear", "stmonth", "stday")))
        last = date(*(int(row[part]) for part in ("endyear", "endmonth", "endday")))
        for on in (max(first, date(1992, 1, 1)), max(first, date(1949, 5, 23))):
            if on <= last and number != 260:  # Germany's code is there from 1949, COW's number from 1955
                assert from_cow(number, on) is not None, (row["statenme"], on)
    numbers = {int(row["ccode"]) for row in rows if row["endyear"] >= 1946}
    assert numbers == {number for state in all_states() for number in state.cow}
