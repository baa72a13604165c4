from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelibs.domain.naming import (
    ALPHABET,
    BUCKETS,
    LENGTH,
    base32,
    bucket_of,
    call_id_for_claim,
    campaign_of,
    is_call_id,
    is_plain_id,
    is_task_id,
    task_id_for_phone,
    task_of,
)

PLAIN = "c000000000000001"
TASK = f"{PLAIN}-0000000000000001"

plain_ids = st.text(ALPHABET, min_size=LENGTH, max_size=LENGTH)
task_ids = st.builds("{}-{}".format, plain_ids, plain_ids)
numbers = st.integers(0, 32**LENGTH - 1)


# --- Ids lead to their parents -------------------------------------------------------------------


@given(task_id=task_ids, claim=st.integers(1, 10**6))
def test_a_call_leads_to_its_task_and_campaign(task_id: str, claim: int) -> None:
    call_id = call_id_for_claim(task_id, claim)

    assert task_of(call_id) == task_id
    assert campaign_of(call_id) == campaign_of(task_id) == task_id[:LENGTH]
    assert is_call_id(call_id)
    assert is_task_id(task_id)
    assert is_plain_id(campaign_of(call_id))


@given(task_id=task_ids, claims=st.lists(st.integers(1, 10**6), unique=True))
def test_no_two_claims_make_the_same_call(task_id: str, claims: list[int]) -> None:
    assert len({call_id_for_claim(task_id, claim) for claim in claims}) == len(claims)


@given(task_id=task_ids)
def test_a_task_id_is_no_call_id(task_id: str) -> None:
    assert not is_call_id(task_id)
    assert not is_task_id(call_id_for_claim(task_id, 1))


@given(campaign_id=plain_ids, phone=st.from_regex(r"\+[1-9][0-9]{6,14}", fullmatch=True))
def test_a_number_has_one_task_id_in_a_campaign(campaign_id: str, phone: str) -> None:
    task_id = task_id_for_phone(campaign_id, phone)

    assert task_id == task_id_for_phone(campaign_id, phone)
    assert is_task_id(task_id)
    assert campaign_of(task_id) == campaign_id


def test_a_number_has_another_task_id_in_another_campaign() -> None:
    there = "c000000000000002"
    suffixes = {task_id_for_phone(one, "+34600000001").split("-")[1] for one in (PLAIN, there)}

    assert len(suffixes) == 2


# --- What cannot be an id ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param(PLAIN[:-1], id="too short"),
        pytest.param(PLAIN + "0", id="too long"),
        pytest.param(PLAIN.upper(), id="capitals"),
        pytest.param("c00000000000000u", id="a letter that is left out"),
        pytest.param("c0000000000/0001", id="a slash"),
        pytest.param("c0000000000|0001", id="a bar, which parts keys"),
        pytest.param("c00000000000000\n", id="a line end"),
        pytest.param("c00000000000000٣", id="a digit of another script"),
        pytest.param(TASK, id="a task's"),
    ],
)
def test_no_plain_id(text: str) -> None:
    assert not is_plain_id(text)
    assert not is_task_id(f"{PLAIN}-{text}")
    assert not is_task_id(f"{text}-{PLAIN}")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param("-", id="a dash"),
        pytest.param(PLAIN, id="a campaign's"),
        pytest.param(f"{TASK}-1", id="a call's"),
        pytest.param(f"{PLAIN}_{PLAIN}", id="another separator"),
    ],
)
def test_no_task_id(text: str) -> None:
    assert not is_task_id(text)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param(TASK, id="a task's"),
        pytest.param(f"{TASK}-", id="no claim"),
        pytest.param(f"{TASK}-x", id="a claim that is no number"),
        pytest.param(f"{TASK}--1", id="a negative claim"),
        pytest.param(f"{TASK}-1.5", id="a broken claim"),
        pytest.param(f"{TASK}-٣", id="a digit of another script"),
        pytest.param(f"{TASK}-1\n", id="a line end"),
        pytest.param(f"{TASK}-1-1", id="one claim too many"),
        pytest.param("x-y-1", id="short ids"),
    ],
)
def test_no_call_id(text: str) -> None:
    assert not is_call_id(text)


@given(st.text())
def test_any_text_may_be_asked_about(text: str) -> None:
    assert is_plain_id(text) + is_task_id(text) + is_call_id(text) <= 1


# --- Numbers and buckets -------------------------------------------------------------------------


@given(numbers, numbers)
def test_ids_sort_like_the_numbers_they_write(one: int, other: int) -> None:
    assert (one < other) == (base32(one, LENGTH) < base32(other, LENGTH))


@pytest.mark.parametrize(
    ("value", "length", "text"),
    [
        pytest.param(0, 4, "0000", id="padded"),
        pytest.param(31, 1, "z", id="the last digit"),
        pytest.param(32, 2, "10", id="the first with two"),
        pytest.param(32**3 + 5, 3, "005", id="higher digits are cut off"),
    ],
)
def test_a_number_in_base_32(value: int, length: int, text: str) -> None:
    assert base32(value, length) == text


def test_the_tasks_of_a_campaign_spread_evenly_over_its_buckets() -> None:
    ids = [task_id_for_phone(PLAIN, f"+346{number:08}") for number in range(16_000)]

    counts = Counter(bucket_of(task_id) for task_id in ids)

    assert set(counts) == set(range(BUCKETS))
    assert min(counts.values()) > 800
    assert max(counts.values()) < 1200


def test_no_two_of_many_numbers_share_a_task_id() -> None:
    assert (
        len({task_id_for_phone(PLAIN, f"+346{number:08}") for number in range(20_000)}) == 20_000
    )
