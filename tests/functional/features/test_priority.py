"""Who is called first (seed: Hooman, understanding priority)."""

from datetime import timedelta

import pytest

from chalicelibs.adapters.ids import RandomIds
from tests.functional.features.scene import ANA, EVA, LEO, TOM, Scene
from tests.functional.product import FairIds

NEVER_WAITS = {"retry_interval_ms": 0}


@pytest.fixture
def one_line(scene: Scene) -> Scene:
    """A workspace that makes one call at a time."""
    scene.acme.put("/workspace/limits", {"concurrency_limit": 1})
    return scene


def order(scene: Scene, *, status: str = "completed") -> list[str]:
    """Who is called, one after the other, until nobody is left; every call ends so."""
    called: list[str] = []
    ringing = scene.rings()
    while ringing:
        (phone,) = ringing
        called.append(phone)
        ringing = scene.ends(phone, status) or scene.after(minutes=1)
    return called


# --- Between attempts ----------------------------------------------------------------------------


def test_in_a_batch_all_first_attempts_go_before_second_ones_and_those_before_third_ones(
    one_line: Scene,
) -> None:
    one_line.batch([EVA, ANA, LEO], retries=2, **NEVER_WAITS)

    called = order(one_line, status="no-answer")

    assert len(called) == 9
    assert sorted(called[:3]) == sorted(called[3:6]) == sorted(called[6:]) == [EVA, ANA, LEO]


def test_in_a_batch_priority_per_attempt_cannot_be_chosen(scene: Scene) -> None:
    answer = scene.acme.post("/campaigns", scene.acme.batch(priorities=[100, 50]))

    assert (answer.status, answer.error["param"]) == (422, "priorities")


def test_in_realtime_each_attempt_has_its_own_priority(one_line: Scene) -> None:
    campaign_id = one_line.realtime()
    tasks = {EVA: [90, 300], ANA: [100, 80], LEO: [95, 85]}
    for phone, priorities in tasks.items():
        one_line.push(campaign_id, phone, priorities=priorities, retries=2, intervals=[0])

    called = order(one_line, status="no-answer")

    assert called == [ANA, LEO, EVA, EVA, LEO, ANA]


def test_a_priority_is_on_one_scale_with_those_of_batches(one_line: Scene) -> None:
    one_line.batch([EVA], priority="normal")
    campaign_id = one_line.realtime()
    one_line.push(campaign_id, ANA, priorities=[99], retries=1)
    one_line.push(campaign_id, LEO, priorities=[101], retries=1)

    assert order(one_line) == [LEO, EVA, ANA]


# --- Between tasks -------------------------------------------------------------------------------


def test_high_priority_campaigns_preempt_normal_ones(one_line: Scene) -> None:
    one_line.batch([EVA, ANA], priority="normal")
    (first,) = one_line.rings()

    one_line.batch([LEO, TOM], priority="high")

    later = order_after(one_line, first)
    assert set(later[:2]) == {LEO, TOM}
    assert set(later[2:]) == {EVA, ANA} - {first}


def test_a_call_that_goes_on_is_not_cut_off_by_a_high_priority_campaign(one_line: Scene) -> None:
    one_line.batch([EVA], priority="low")
    assert one_line.rings() == [EVA]

    one_line.batch([ANA], priority="highest")

    assert one_line.rings() == []
    assert one_line.ends(EVA) == [ANA]


def test_the_five_priorities_go_in_their_order(one_line: Scene) -> None:
    levels = ["normal", "lowest", "highest", "low", "high"]
    phones = {level: f"+3460000010{number}" for number, level in enumerate(levels)}
    for level, phone in phones.items():
        one_line.batch([phone], priority=level)

    called = order(one_line)

    expected = ["highest", "high", "normal", "low", "lowest"]
    assert called == [phones[level] for level in expected]


def test_a_second_attempt_of_a_high_campaign_goes_before_a_first_one_of_a_normal_one(
    one_line: Scene,
) -> None:
    one_line.batch([EVA], priority="high", retries=1, **NEVER_WAITS)
    one_line.batch([ANA], priority="normal")

    assert order(one_line, status="busy") == [EVA, EVA, ANA]


def test_of_equal_priority_the_earlier_start_goes_first(one_line: Scene) -> None:
    campaign_id = one_line.realtime()
    one_line.push(campaign_id, EVA, startAfter=one_line.ms("12:30"))
    one_line.push(campaign_id, ANA, startAfter=one_line.ms("12:10"))
    one_line.push(campaign_id, LEO, startAfter=one_line.ms("12:20"))

    one_line.product.clock.pass_(timedelta(hours=1))

    assert order(one_line) == [ANA, LEO, EVA]


def test_across_campaigns_of_equal_priority_the_earlier_start_goes_first(one_line: Scene) -> None:
    one_line.batch([EVA], start_at="2027-03-05T12:20:00Z")
    one_line.batch([ANA], start_at="2027-03-05T12:10:00Z")
    one_line.product.clock.pass_(timedelta(hours=1))

    assert order(one_line) == [ANA, EVA]


def test_equal_starts_go_at_random(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FairIds, "lot", RandomIds.lot)
    phones = [f"+346000010{number:02}" for number in range(20)]
    seen = []
    for _ in range(5):
        campaign_id = scene.batch(phones, concurrency_limit=5)
        seen.append(frozenset(scene.after(seconds=1)))
        scene.control(campaign_id, "archive")
        for phone in seen[-1]:
            scene.ends(phone)

    assert {len(five) for five in seen} == {5}
    assert len(set(seen)) > 1, "five campaigns with one list, and the same five of it each time"


def test_the_priority_of_a_campaign_may_be_changed_while_it_calls(one_line: Scene) -> None:
    one_line.batch([EVA, ANA], priority="normal")
    slow = one_line.batch([LEO], priority="low")
    (first,) = one_line.rings()

    one_line.update(slow, priority="high")

    assert order_after(one_line, first)[0] == LEO


def order_after(scene: Scene, ringing: str) -> list[str]:
    """Who is called after this call, one after the other."""
    called = []
    following = scene.ends(ringing)
    while following:
        (phone,) = following
        called.append(phone)
        following = scene.ends(phone)
    return called
