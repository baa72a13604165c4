"""How many calls go on at once (seed: Hooman, the example of its priorities)."""

from dataclasses import asdict
from datetime import timedelta

from tests.functional.features.scene import Scene
from tests.functional.product import OPERATOR_KEY, Acme, Api

SECOND = timedelta(seconds=1)
HUNDRED = [f"+346000020{number:02}" for number in range(100)]


def limit(scene: Scene, calls: int) -> None:
    answer = scene.acme.put("/workspace/limits", {"concurrency_limit": calls})
    assert answer.status == 200


def in_flight(scene: Scene) -> int:
    return len(scene.acme.shown("/calls/current")["calls"])


def test_with_a_hundred_numbers_and_limit_five_five_run(scene: Scene) -> None:
    limit(scene, 5)
    scene.batch(HUNDRED)

    assert len(scene.rings()) == 5
    assert in_flight(scene) == 5
    assert scene.after(minutes=1) == []


def test_every_ended_call_starts_another_until_all_are_called_once(scene: Scene) -> None:
    limit(scene, 5)
    campaign_id = scene.batch(HUNDRED)
    ringing = scene.rings()
    called = list(ringing)

    while ringing:
        assert in_flight(scene) == len(ringing) == min(5, len(ringing) + 100 - len(called))
        following = scene.ends(ringing.pop(0))
        assert len(following) == (1 if len(called) < len(HUNDRED) else 0)
        ringing += following
        called += following

    assert sorted(called) == HUNDRED
    assert scene.status(campaign_id) == "completed"


def test_first_attempts_are_done_before_second_ones_begin(scene: Scene) -> None:
    limit(scene, 5)
    scene.batch(HUNDRED[:20], retries=1, retry_interval_ms=0)
    ringing = scene.rings()
    called = list(ringing)

    while ringing:
        following = scene.ends(ringing.pop(0), "no-answer")
        ringing += following
        called += following

    assert sorted(called[:20]) == sorted(called[20:]) == HUNDRED[:20]


def test_the_limit_is_raised_while_calls_run(scene: Scene) -> None:
    limit(scene, 5)
    scene.batch(HUNDRED)
    scene.rings()

    limit(scene, 8)

    assert len(scene.rings()) == 3
    assert in_flight(scene) == 8


def test_the_limit_is_lowered_while_calls_run(scene: Scene) -> None:
    limit(scene, 5)
    scene.batch(HUNDRED)
    first = scene.rings()

    limit(scene, 3)

    assert in_flight(scene) == 5, "nobody is cut off"
    assert [scene.ends(phone) for phone in first[:2]] == [[], []]
    assert len(scene.ends(first[2])) == 1
    assert in_flight(scene) == 3


def test_all_campaigns_of_a_workspace_share_its_limit(scene: Scene) -> None:
    limit(scene, 5)
    scene.batch(HUNDRED[:4])
    scene.batch(HUNDRED[4:8])

    assert len(scene.rings()) == 5


def test_each_workspace_has_a_limit_of_its_own(scene: Scene) -> None:
    limit(scene, 1)
    body = {"name": "Beta", "concurrency_limit": 2}
    opened = Api(OPERATOR_KEY).made("/workspaces", body)
    beta = Scene(scene.product, Acme(opened["workspace"]["id"], opened["api_key"]))
    scene.batch(HUNDRED[:5])
    beta.batch(HUNDRED[50:60])

    ringing = scene.rings()

    assert sum(phone in HUNDRED[:5] for phone in ringing) == 1
    assert sum(phone in HUNDRED[50:] for phone in ringing) == 2


def test_a_campaign_may_have_a_smaller_limit_of_its_own(scene: Scene) -> None:
    limit(scene, 5)
    scene.batch(HUNDRED[:50], concurrency_limit=2, priority="high")
    scene.batch(HUNDRED[50:])

    ringing = scene.rings()

    assert sum(phone in HUNDRED[:50] for phone in ringing) == 2
    assert len(ringing) == 5


def test_no_more_calls_start_in_a_second_than_the_workspace_allows(scene: Scene) -> None:
    limits = {"concurrency_limit": 50, "calls_per_second": 2}
    assert scene.acme.put("/workspace/limits", limits).status == 200
    scene.batch(HUNDRED[:10])
    scene.product.tick()

    assert [second_of(scene) for _ in range(6)] == [2, 2, 2, 2, 2, 0]


def second_of(scene: Scene) -> int:
    """Deliver the calls that may leave in this second; gives how many phones ring."""
    product = scene.product
    before = len(product.carrier.asked)
    leaving = [message for message, delay in product.queue.placing if not delay]
    waiting = [(message, delay - SECOND) for message, delay in product.queue.placing if delay]
    product.queue.placing = []
    assert product.deliver("app.place_call", [asdict(message) for message in leaving]) == []
    assert product.queue.placing == [], "none came too early"
    product.queue.placing = waiting
    product.clock.pass_(SECOND)
    return len(product.carrier.asked) - before
