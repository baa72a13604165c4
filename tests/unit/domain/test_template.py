from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelibs.domain.template import (
    LONGEST,
    PLACE,
    MissingVariables,
    TooLong,
    render,
    require,
    variables,
)

ANA = {"name": "Ana", "due date": "1 May", "a": "{{b}}", "b": "${a}", "empty": ""}


@pytest.mark.parametrize(
    ("template", "text"),
    [
        pytest.param("Hello.", "Hello.", id="no place"),
        pytest.param("Hello {{name}}.", "Hello Ana.", id="double braces"),
        pytest.param("Hello ${name}.", "Hello Ana.", id="dollar and braces"),
        pytest.param("{{ name }}, ${ name }", "Ana, Ana", id="with spaces around the name"),
        pytest.param("{{due date}} or ${due date}", "1 May or 1 May", id="a space in the name"),
        pytest.param("{{name}}{{name}}", "AnaAna", id="side by side"),
        pytest.param("[{{empty}}]", "[]", id="an empty value is a value"),
        pytest.param("It costs $5, or $name.", "It costs $5, or $name.", id="a price"),
        pytest.param("{name} and { {name} }", "{name} and { {name} }", id="single braces"),
        pytest.param("{{{name}}}", "{Ana}", id="braces around a place"),
        pytest.param("${{name}}", "$Ana", id="a dollar before a place"),
        pytest.param("{{}} ${}", "{{}} ${}", id="a place without a name"),
        pytest.param("{{ }} ${ }", "{{ }} ${ }", id="a place with a blank for a name"),
        pytest.param("{{na\nme}}", "{{na\nme}}", id="a name ends with its line"),
        pytest.param("{{name", "{{name", id="never closed"),
        pytest.param("{{a}} {{b}}", "{{b}} ${a}", id="values are never expanded again"),
    ],
)
def test_places_are_filled_in_one_pass(template: str, text: str) -> None:
    assert render(template, ANA) == text


@given(value=st.text(), other=st.text())
def test_a_value_arrives_letter_by_letter(value: str, other: str) -> None:
    context = {"name": value, "other": other}

    assert render("<{{name}}|${other}>", context) == f"<{value}|{other}>"


names = st.text(st.sampled_from("ab {}$\n"), max_size=4)
pieces = st.sampled_from(["{{", "}}", "${", "}", "{", "$", "a", "b", " ", "\n", "{{a}}", "${ b }"])
templates = st.lists(pieces | st.text(max_size=3), max_size=20).map("".join)


@given(template=templates, context=st.dictionaries(names, templates))
def test_a_filled_template_is_its_text_and_its_values_and_nothing_else(
    template: str, context: dict[str, str]
) -> None:
    """Read as text between places, which stays, and places, of which each is replaced once."""
    context |= dict.fromkeys(variables(template), "{{a}}${b}")
    rest, expected = template, ""
    while place := PLACE.search(rest):
        expected += rest[: place.start()] + context[(place[1] or place[2]).strip()]
        rest = rest[place.end() :]

    assert render(template, context) == expected + rest


@given(template=st.text(), context=st.dictionaries(st.text(), st.text()))
def test_nothing_else_is_raised(template: str, context: dict[str, str]) -> None:
    needed = variables(template)

    if set(needed) <= context.keys():
        render(template, context)
    else:
        with pytest.raises(MissingVariables):
            render(template, context)


@pytest.mark.parametrize(
    "piece", ["{{", "${", "}}", "{{a ", "{{ ", "a ", "${a\t", "{{\n", "{{a}} ", "{", "${{{"]
)
def test_the_time_grows_with_the_length_and_no_faster(piece: str) -> None:
    """Far from the bound when it is linear; where it grows with the square this takes hours."""
    template = ("{{a" + piece * 500_000)[:500_000]

    began = process_time()
    variables(template)

    assert process_time() - began < 20


def test_a_prompt_that_outgrows_all_bounds_is_refused() -> None:
    template = "{{a}}" * 4_000

    assert len(render(template, {"a": "x" * 20})) == 80_000
    assert len(render("{{a}}", {"a": "x" * (LONGEST - 5)})) == LONGEST - 5
    with pytest.raises(TooLong) as refusal:
        render(template, {"a": "x" * 8_000})
    assert refusal.value.param == "context"


def test_variables_are_named_once_in_order_of_first_use() -> None:
    template = "{{name}}, ${due date}, {{ name }}, {{company}}, $5"

    assert variables(template) == ("name", "due date", "company")


def test_all_missing_variables_are_named() -> None:
    with pytest.raises(MissingVariables) as refusal:
        render("{{name}} {{company}} ${role}", {"name": "Ana"})

    assert refusal.value.names == ("company", "role")
    assert refusal.value.param == "context"
    assert "company, role" in refusal.value.message


def test_more_than_is_needed_is_welcome() -> None:
    require(("name",), ANA)


def test_names_are_taken_literally() -> None:
    with pytest.raises(MissingVariables):
        require(("Name",), ANA)


@given(st.text(alphabet="{}$ a\n", max_size=60))
def test_whatever_a_template_needs_is_enough_to_fill_it(template: str) -> None:
    context = dict.fromkeys(variables(template), "")

    render(template, context)

    assert all(name.strip() == name != "" for name in context)
