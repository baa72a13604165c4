"""What a header says, and what a row says under it."""

from typing import Any

import pytest

from chalicelibs.domain.columns import Columns, delimiter_of
from chalicelibs.domain.reading import PLAIN, Meaning, Reading, UnusableFile
from chalicelibs.domain.row_codes import UnusableRow

ANA = "+34600000001"


def columns(*header: str, **reading: Any) -> Columns:
    return Columns.of(header, Reading(**reading))


@pytest.mark.parametrize(
    ("header", "cells", "context"),
    [
        pytest.param(["phone"], [ANA], {}, id="phone alone"),
        pytest.param(["phone", "name"], [ANA, "Ana"], {"name": "Ana"}, id="context"),
        pytest.param(["name", "phone"], ["Ana", ANA], {"name": "Ana"}, id="phone last"),
        pytest.param(["a", "phone", "b"], ["1", ANA, "2"], {"a": "1", "b": "2"}, id="in between"),
        pytest.param([" Phone ", " name "], [ANA, " Ana "], {"name": "Ana"}, id="trimmed"),
        pytest.param(
            ["phone", "Due Date"], [ANA, "1 May"], {"Due Date": "1 May"}, id="names as written"
        ),
        pytest.param(["phone", "name"], [ANA, ""], {"name": ""}, id="an empty value"),
        pytest.param(
            ["\ufefffirst\xa0name", "phone\u200b"],
            ["Ana", ANA],
            {"first name": "Ana"},
            id="letters that nobody sees",
        ),
        pytest.param(["phone", "name"], [ANA, "Ana", "", " "], {"name": "Ana"}, id="empty ends"),
        pytest.param(["phone", "name", "", ""], [ANA, "Ana", "", ""], {"name": "Ana"}, id="Excel"),
        pytest.param(["", "phone"], ["", ANA], {}, id="an empty column"),
        pytest.param(
            ["phone", "mobile"], [ANA, "600"], {"mobile": "600"}, id="phone goes before mobile"
        ),
        pytest.param(
            ["phone", "tz", "priority"],
            [ANA, "Asia/Tokyo", "high"],
            {"tz": "Asia/Tokyo", "priority": "high"},
            id="a column with a meaning is a word for the prompt, too",
        ),
    ],
)
def test_a_row_gives_the_number_and_the_rest_as_context(
    header: list[str], cells: list[str], context: dict[str, str]
) -> None:
    contact = columns(*header).contact(cells)

    assert contact.said[Meaning.PHONE] == ANA
    assert contact.context == context


@pytest.mark.parametrize(
    "name",
    [
        *("phone", "PHONE", "Phone Number", "phone_number", "phone-number", "phoneNumber"),
        *("Phone No.", "Phone #", "mobile", "Mobile Number", "mobile_no", "cell", "Cell Phone"),
        *("cellphone", "telephone", "Tel.", "tel", "MSISDN", "contact_number", "Contact No"),
        *("whatsapp", "WhatsApp Number", "number", "primary phone", "e164", "phone1"),
        *("teléfono", "telefono", "TELÉFONO MÓVIL", "móvil", "Celular", "Número de teléfono"),
        *("Telefon", "Telefonnummer", "Telefon-Nr.", "Handy", "Handynummer", "Mobilnummer"),
        *("téléphone", "Telephone portable", "Numéro de téléphone", "portable", "nummer"),
        *("telefone", "telemóvel", "cellulare", "telefoonnummer", "GSM", "puhelin"),
        *("телефон", "手机号", "電話番号", "전화번호", "मोबाइल", "رقم الهاتف", "\ufeffphone"),
    ],
)
def test_the_number_is_found_by_what_people_call_it(name: str) -> None:
    found = columns("name", name, "notes").contact(["Ana", ANA, "x"])

    assert found.said[Meaning.PHONE] == ANA
    assert found.context == {"name": "Ana", "notes": "x"}


@pytest.mark.parametrize("name", ["phonetics", "phone type", "mobile app", "telegram", "№", "id"])
def test_what_is_not_called_a_number_is_none(name: str) -> None:
    with pytest.raises(UnusableFile, match="no column named phone"):
        columns("name", name)


@pytest.mark.parametrize(
    ("header", "phone"),
    [
        pytest.param(["mobile", "phone", "tel"], "phone", id="phone wins"),
        pytest.param(["Number", "Mobile"], "Mobile", id="number may count anything"),
        pytest.param(["number", "house number"], "number", id="number alone"),
    ],
)
def test_of_several_columns_the_one_that_says_most_is_the_number(
    header: list[str], phone: str
) -> None:
    assert columns(*header).name(Meaning.PHONE) == phone


@pytest.mark.parametrize(
    ("header", "meaning", "name"),
    [
        (["phone", "Time Zone"], Meaning.TIMEZONE, "Time Zone"),
        (["phone", "tz"], Meaning.TIMEZONE, "tz"),
        (["phone", "tz", "timezone"], Meaning.TIMEZONE, "timezone"),
        (["phone", "start_after"], Meaning.START_AFTER, "start_after"),
        (["phone", "Start Time"], Meaning.START_AFTER, "Start Time"),
        (["phone", "not before"], Meaning.START_AFTER, "not before"),
        (["phone", "Priority"], Meaning.PRIORITY, "Priority"),
        (["phone", "externalId"], Meaning.EXTERNAL_ID, "externalId"),
    ],
)
def test_columns_with_a_meaning_of_their_own_are_found_by_name(
    header: list[str], meaning: Meaning, name: str
) -> None:
    assert columns(*header).name(meaning) == name


@pytest.mark.parametrize("name", ["start", "zone", "id", "date", "status"])
def test_names_that_mean_too_many_things_are_words_for_the_prompt(name: str) -> None:
    assert columns("phone", name).places.keys() == {Meaning.PHONE}


# --- What the sender says ------------------------------------------------------------------------

KONTAKT = {Meaning.PHONE: "Kontakt-Nr", Meaning.TIMEZONE: "Ort"}


@pytest.mark.parametrize(
    ("header", "said", "phone"),
    [
        (["Name", "Kontakt-Nr", "Ort"], KONTAKT, "Kontakt-Nr"),
        (["phone", "Kontakt-Nr", "Ort"], KONTAKT, "Kontakt-Nr"),
        (["kontakt nr", "ort"], KONTAKT, "kontakt nr"),
        (["Phone", "phone"], {Meaning.PHONE: "phone"}, "phone"),
        (["mobile", "tel"], {Meaning.PHONE: "tel"}, "tel"),
    ],
)
def test_the_sender_may_say_which_column_is_meant(
    header: list[str], said: dict[Meaning, str], phone: str
) -> None:
    found = columns(*header, columns=said)

    assert found.name(Meaning.PHONE) == phone
    assert Meaning.PHONE in found.places


def test_the_sender_may_say_that_a_column_is_but_a_word() -> None:
    found = columns("phone", "priority", columns={Meaning.PRIORITY: ""})

    contact = found.contact([ANA, "VIP"])

    assert contact.said.keys() == {Meaning.PHONE}
    assert contact.context == {"priority": "VIP"}


@pytest.mark.parametrize("meaning", Meaning)
def test_a_column_that_was_said_must_be_there(meaning: Meaning) -> None:
    with pytest.raises(UnusableFile, match="there is no column 'Kontakt-Nr'"):
        columns("phone", "name", columns={meaning: "Kontakt-Nr"})


# --- Rows and headers that are none --------------------------------------------------------------


@pytest.mark.parametrize(
    "cells",
    [[ANA], [ANA, "Ana", "more"], [ANA, "Ana", "", "more"], [" "]],
    ids=["too few", "too many", "too many after an empty one", "a blank"],
)
def test_a_ragged_row_says_how_many_columns_it_has(cells: list[str]) -> None:
    with pytest.raises(UnusableRow, match=f"{len(cells)} columns") as refused:
        columns("phone", "name").contact(cells)

    assert refused.value.code == "wrong_number_of_columns"


def test_a_value_under_no_name_is_not_dropped_in_silence() -> None:
    with pytest.raises(UnusableRow, match="column 3 has no name") as refused:
        columns("phone", "name", "").contact([ANA, "Ana", "VIP"])

    assert (refused.value.code, refused.value.value) == ("unnamed_column", "VIP")


@pytest.mark.parametrize(
    ("header", "message"),
    [
        pytest.param(["name", "job"], "no column named phone", id="no phone column"),
        pytest.param([ANA], "the first line is a row already", id="no header"),
        pytest.param(["Eva", "600 000 001"], "the first line is a row already", id="no header"),
        pytest.param(
            ["phone", "a", "b", "a"], "columns 2 and 4 have the same name, 'a'", id="a name twice"
        ),
        pytest.param(["phone", "Phone"], "'phone' and 'Phone' may both", id="phone twice"),
        pytest.param(["mobile", "Tel."], "'mobile' and 'Tel.' may both", id="two numbers"),
        pytest.param(
            ["phone", "start at", "start time"],
            "may both be meant as the start_after",
            id="starts",
        ),
        pytest.param(
            ["phone", *(f"column {number}" for number in range(2000))],
            "the names of the 2001 columns alone",
            id="two thousand columns",
        ),
    ],
)
def test_an_unusable_header_says_why(header: list[str], message: str) -> None:
    with pytest.raises(UnusableFile, match=message):
        columns(*header)


def test_a_header_that_is_a_row_is_not_repeated() -> None:
    with pytest.raises(UnusableFile) as refused:
        columns("Eva", "+34 600 000 001")

    assert "600" not in refused.value.message


# --- Delimiters ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "delimiter"),
    [
        ("phone", ","),
        ("phone,name\n", ","),
        ("phone;name\n", ";"),
        ("phone\tname\n", "\t"),
        ("phone|name\n", "|"),
        ("Mobile No.;Name, first;Name, last;x\n", ";"),
        ("teléfono|name;e;f\n", "|"),
        ('"a;b;c;d;e",phone\n', ","),
        ('"a;b;c;phone",phone;x\n', ","),
        ("a\x0cb;phone\n", ";"),
        ("one;two,three,four\n", ","),
    ],
)
def test_the_delimiter_is_the_one_that_makes_sense_of_the_header(
    header: str, delimiter: str
) -> None:
    assert delimiter_of(header, PLAIN) == delimiter


def test_a_delimiter_may_be_found_by_the_columns_that_were_said() -> None:
    reading = Reading(columns={Meaning.PHONE: "Kontakt-Nr"})

    assert delimiter_of("Kontakt-Nr;a,b,c,d\n", reading) == ";"
    assert delimiter_of("a;b;c;d|Kontakt-Nr\n", reading) == "|"


def test_a_delimiter_that_was_said_is_not_looked_for() -> None:
    assert delimiter_of("phone,name\n", Reading(delimiter="|")) == "|"
