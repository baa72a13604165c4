"""What the simulated carrier does wrong on purpose."""

from collections import Counter
from dataclasses import replace

import pytest

from local.carrier.chance import seeded
from local.carrier.faults import BadFaults, CreateFault, Faults, WebhookFault


def test_without_faults_nothing_goes_wrong() -> None:
    assert {Faults().of_create(seeded(n)) for n in range(500)} == {None}
    assert {Faults().of_webhook(seeded(n)) for n in range(500)} == {None}


@pytest.mark.parametrize("fault", CreateFault, ids=lambda fault: fault.value)
def test_a_certain_create_fault_happens_to_every_request(fault: CreateFault) -> None:
    faults = Faults().changed({fault.value: 1})

    assert {faults.of_create(seeded(n)) for n in range(500)} == {fault}
    assert {faults.of_webhook(seeded(n)) for n in range(500)} == {None}


@pytest.mark.parametrize("fault", WebhookFault, ids=lambda fault: fault.value)
def test_a_certain_webhook_fault_happens_to_every_webhook(fault: WebhookFault) -> None:
    faults = Faults().changed({fault.value: 1.0})

    assert {faults.of_webhook(seeded(n)) for n in range(500)} == {fault}
    assert {faults.of_create(seeded(n)) for n in range(500)} == {None}


def test_faults_happen_as_often_as_they_are_likely() -> None:
    faults = Faults(webhook_lost=0.1, webhook_doubled=0.2, webhook_late=0.3)

    found = Counter(faults.of_webhook(seeded(7, n)) for n in range(10_000))

    assert found[WebhookFault.LOST] == pytest.approx(1_000, abs=150)
    assert found[WebhookFault.DOUBLED] == pytest.approx(2_000, abs=150)
    assert found[WebhookFault.LATE] == pytest.approx(3_000, abs=150)
    assert found[None] == pytest.approx(4_000, abs=150)


def test_a_change_leaves_the_other_faults_alone() -> None:
    faults = Faults(webhook_lost=0.1, late_ms=50)

    assert faults.changed({"create_500": 0.5}) == replace(faults, create_500=0.5)


def test_likelihoods_may_sum_to_one_despite_rounding() -> None:
    assert Faults(webhook_lost=0.1, webhook_doubled=0.2, webhook_late=0.7).webhook_late == 0.7


@pytest.mark.parametrize(
    ("patch", "message"),
    [
        ({"webhook_eaten": 0.1}, "webhook_eaten is no fault"),
        ({"webhook_lost": 1.1}, "webhook_lost must be between 0 and 1"),
        ({"webhook_lost": -0.1}, "webhook_lost must be between 0 and 1"),
        ({"webhook_lost": float("nan")}, "webhook_lost must be between 0 and 1"),
        ({"webhook_lost": "0.1"}, "webhook_lost must be a number"),
        ({"webhook_lost": True}, "webhook_lost must be a number"),
        ({"webhook_lost": None}, "webhook_lost must be a number"),
        ({"late_ms": 1.5}, "late_ms must be a whole number"),
        ({"hang_ms": -1}, "hang_ms must not be negative"),
        ({"create_500": 0.6, "create_429": 0.6}, "their sum is above 1"),
        ({"webhook_lost": 0.6, "webhook_late": 0.6}, "their sum is above 1"),
    ],
)
def test_impossible_faults_are_refused_by_name(patch: dict[str, object], message: str) -> None:
    with pytest.raises(BadFaults, match=message):
        Faults().changed(patch)
