"""What people add to JSON is taken off it, and nothing else."""

import time

import pytest

from chalicelibs.api.relaxed import MOST_BYTES, json_of, without_extras


@pytest.mark.parametrize(
    ("raw", "plain"),
    [
        pytest.param(b'{"a": 1} // one', b'{"a": 1} ', id="a comment at the end"),
        pytest.param(b'// one\n{"a": 1}', b'\n{"a": 1}', id="a comment before all"),
        pytest.param(b"[1, // one\r\n2]", b"[1, \r\n2]", id="a comment ends with its line"),
        pytest.param(b"[1 //// one // two\n]", b"[1 \n]", id="slashes within a comment"),
        pytest.param(b'[1 // say "no\n, 2]', b"[1 \n, 2]", id="a quote within a comment"),
        pytest.param(b'["https://a.example/b"]', b'["https://a.example/b"]', id="slashes in text"),
        pytest.param(rb'["\"//no", 1,]', rb'["\"//no", 1]', id="an escaped quote"),
        pytest.param(rb'["\\", 1] // "x"', rb'["\\", 1] ', id="an escaped backslash"),
        pytest.param(rb'["\\//no" // yes', rb'["\\//no" ', id="slashes after a backslash"),
        pytest.param(b'{"a": 1,}', b'{"a": 1}', id="a comma after the last field"),
        pytest.param(b"[1,\n]", b"[1\n]", id="a comma and a line"),
        pytest.param(b"[1, // one\n]", b"[1 \n]", id="a comma, a comment and a line"),
        pytest.param(b"[[1,],]", b"[[1]]", id="a comma at every end"),
        pytest.param(b'["a",]', b'["a"]', id="a comma after a text"),
        pytest.param(b'[",]", ",}"]', b'[",]", ",}"]', id="commas in text"),
        pytest.param(b"[,]", b"[,]", id="a comma after nothing"),
        pytest.param(b"{ , }", b"{ , }", id="a comma after nothing, in an object"),
        pytest.param(b"[1,,]", b"[1,,]", id="two commas"),
        pytest.param(b'{"a":,}', b'{"a":,}', id="a comma in place of a value"),
        pytest.param(b"[1 /* one */]", b"[1 /* one */]", id="another kind of comment"),
        pytest.param(b'["a // b', b'["a // b', id="a text that is never closed"),
        pytest.param(b'["\xff//"] // \xff', b'["\xff//"] ', id="what is no text at all"),
        pytest.param(b"", b"", id="nothing"),
    ],
)
def test_comments_and_last_commas_are_taken_off(raw: bytes, plain: bytes) -> None:
    assert without_extras(raw) == plain


@pytest.mark.parametrize("raw", [b'{"a": "// b, ]"}', b"[]", b'"//"', b" 7 "])
def test_what_is_json_is_left_as_it_is(raw: bytes) -> None:
    assert json_of(raw) is raw


def test_what_is_not_json_is_read_without_them() -> None:
    assert json_of(b"[1, 2,] // two") == b"[1, 2] "


@pytest.mark.parametrize(
    "part", [b'"', b'\\"', b'"\\', b",", b", ", b"/", b"[,", b"[" + b" " * 99]
)
def test_no_body_takes_long(part: bytes) -> None:
    raw = b'"' + part * (MOST_BYTES // len(part))
    began = time.process_time()

    without_extras(raw)
    without_extras(raw[1:])

    assert time.process_time() - began < 10, "a pattern that goes back takes minutes"


def test_a_body_that_nobody_pasted_is_not_looked_through() -> None:
    """What is no JSON may be a megabyte of quotes, which would take seconds of every request."""
    just = b"[7" + b" " * (MOST_BYTES - 4) + b",]"

    assert json_of(just) == just.replace(b",", b"")
    assert json_of(b" " + just) == b" " + just
