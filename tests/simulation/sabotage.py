"""Bugs planted on purpose: the simulation is worth its time only if it finds each of them."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import fields, replace
from typing import Any

from chalicelibs.domain.call import Call
from chalicelibs.domain.campaign import Campaign
from chalicelibs.domain.errors import Stale
from chalicelibs.domain.lane import Lane
from chalicelibs.domain.progress import Tally
from chalicelibs.domain.task import DueTask, Task
from chalicelibs.ports import AnswerLost, AtGate, DialRequest, PlaceAnswer
from tests.simulation.history import History, WatchedTasks


class Wrapped:
    """A port with some of its methods replaced."""

    def __init__(self, port: object, **methods: Callable[..., Any]) -> None:
        self._port = port
        self._methods = methods

    def __getattr__(self, name: str) -> Any:
        return self._methods.get(name) or getattr(self._port, name)


def tasks_of(history: History) -> WatchedTasks:
    """The twin behind the unreliable port."""
    port: WatchedTasks = history.service.place_call.tasks._port  # type: ignore[attr-defined]
    return port


def no_gate(history: History) -> None:
    """The dial gate lets everything pass that is still reserved."""

    def at_gate(workspace_id: str, task_id: str) -> AtGate | None:
        gate = tasks_of(history).at_gate(workspace_id, task_id)
        if gate is None or gate.campaign.rules is None or gate.task.own:
            return gate
        rules = replace(gate.campaign.rules, hours=None)
        return gate._replace(campaign=replace(gate.campaign, rules=rules, end_at=None))

    place = history.service.place_call
    open_gate = replace(place, tasks=Wrapped(place.tasks, at_gate=at_gate))
    history.service = replace(history.service, place_call=open_gate)


def save_without_condition(history: History) -> None:
    """Saving a task no longer asks whether somebody else was here first."""
    tasks = tasks_of(history)
    original = type(tasks).settle

    def settle(task: Task, tally: Tally) -> Task:
        stored = tasks.get(task.task_id)
        assert stored is not None
        return original(tasks, replace(task, version=stored.version), tally)

    tasks.settle = settle  # type: ignore[method-assign]


def claim_without_condition(history: History) -> None:
    """A claim takes the task, whatever has become of it since the agenda was read."""
    tasks = tasks_of(history)
    original = type(tasks).claim

    def claim(due: DueTask, call: Call, workspace_id: str) -> bool:
        stored = tasks.get(due.task_id)
        if stored is None or stored.is_final:
            return False
        call = replace(call, call_id=stored.as_due.next_call_id)
        return original(tasks, stored.as_due, call, workspace_id)

    tasks.claim = claim  # type: ignore[method-assign]


def no_limit(history: History) -> None:
    """A reservation gets in even when the page is full."""
    dispatch = history.service.dispatch

    def reserve(scope: str, call_ids: Sequence[str], limit: int) -> Mapping[str, int]:
        return dispatch.slots.reserve(scope, call_ids, limit + 1)

    careless = replace(dispatch, slots=Wrapped(dispatch.slots, reserve=reserve))
    history.service = replace(history.service, dispatch=careless)


def forget_release(history: History) -> None:
    """The end of a call does not give its slot back."""
    record = history.service.record_call_event
    keeping = replace(record, slots=Wrapped(record.slots, release=lambda *_: None))
    history.service = replace(history.service, record_call_event=keeping)


def forget_release_at_gate(history: History) -> None:
    """A refusal at the gate gives the task back and keeps the slot."""
    place = history.service.place_call
    keeping = replace(place, slots=Wrapped(place.slots, release=lambda *_: None))
    history.service = replace(history.service, place_call=keeping)


def no_rescue(history: History) -> None:
    """Nobody looks at what did not happen."""
    keep_time = history.service.keep_time
    history.service = replace(
        history.service, keep_time=replace(keep_time, steps=keep_time.steps[1:])
    )


def dial_again(history: History) -> None:
    """A lost answer is taken for a failed request, and the request is repeated."""
    carrier = history.carrier
    original = type(carrier).place

    def place(request: DialRequest) -> PlaceAnswer:
        answer = original(carrier, request)
        return original(carrier, request) if isinstance(answer, AnswerLost) else answer

    carrier.place = place  # type: ignore[method-assign]


def forget_count(history: History) -> None:
    """Settling a task does not count it."""
    tasks = tasks_of(history)
    original = type(tasks).settle

    def settle(task: Task, tally: Tally) -> Task:
        return original(tasks, task, dict.fromkeys(tally, 0))

    tasks.settle = settle  # type: ignore[method-assign]


def dial_before_saving(history: History) -> None:
    """The request goes out before the dial was written down."""
    tasks, carrier = tasks_of(history), history.carrier
    place = history.service.place_call
    original = type(carrier).place

    def save(task: Task) -> Task:
        call = task.call
        if call is not None and call.status == "dialing":
            agent = place.agents.get(task.workspace_id, str(call.agent_id))
            assert agent is not None
            original(
                carrier,
                DialRequest(
                    call_id=call.call_id,
                    phone=task.phone,
                    caller_id=str(call.caller_id),
                    agent=agent,
                    prompt="",
                    context={},
                ),
            )
        history.world.step()
        return tasks.save(task)

    def silent(request: DialRequest) -> PlaceAnswer:
        assert request
        return AnswerLost()

    carrier.place = silent  # type: ignore[method-assign]
    hasty = replace(place, tasks=Wrapped(place.tasks, save=save))
    history.service = replace(history.service, place_call=hasty)


def settle_any_attempt(history: History) -> None:
    """A report closes whatever call is in flight, not the one it is about."""
    record = history.service.record_call_event

    def careless(event: Any) -> str:
        task = tasks_of(history).get(event.call_id.rpartition("-")[0])
        if task is not None and task.call is not None:
            event = replace(event, call_id=task.call.call_id)
        return record(event)

    history.service = replace(history.service, record_call_event=careless)  # type: ignore[arg-type]


def swallow_stale(history: History) -> None:
    """A lost race is taken for success: the message is gone, its effect never was."""
    record = history.service.record_call_event

    def careless(event: Any) -> str:
        with suppress(Stale, Exception):
            return record(event)
        return "swallowed"

    history.service = replace(history.service, record_call_event=careless)  # type: ignore[arg-type]
    keep_time = history.service.keep_time
    history.service = replace(
        history.service, keep_time=replace(keep_time, steps=keep_time.steps[1:])
    )


class UpsideDown(Campaign):
    """A campaign whose later attempts go first."""

    def lane(self, name: str) -> Lane:
        lane = super().lane(name)
        return replace(lane, priority=-lane.priority)


def upside_down(history: History) -> None:
    """Dispatch takes later attempts of a batch before first ones."""
    dispatch = history.service.dispatch

    def opened(workspace_id: str) -> list[Campaign]:
        return [
            UpsideDown(**{one.name: getattr(campaign, one.name) for one in fields(campaign)})
            for campaign in dispatch.campaigns.open(workspace_id)
        ]

    careless = replace(dispatch, campaigns=Wrapped(dispatch.campaigns, open=opened))
    history.service = replace(history.service, dispatch=careless)


def skip_pause(history: History) -> None:
    """The gate takes a paused campaign for a running one."""

    def at_gate(workspace_id: str, task_id: str) -> AtGate | None:
        gate = tasks_of(history).at_gate(workspace_id, task_id)
        if gate is None or gate.campaign.state != "paused":
            return gate
        return gate._replace(campaign=gate.campaign.move("resume", history.world.now))

    place = history.service.place_call
    blind = replace(place, tasks=Wrapped(place.tasks, at_gate=at_gate))
    history.service = replace(history.service, place_call=blind)


def call_paused_tasks(history: History) -> None:
    """A task that was paused by hand keeps its place in line."""
    tasks = tasks_of(history)
    original = type(tasks).settle

    def settle(task: Task, tally: Tally) -> Task:
        if task.paused_at is not None and task.status == "paused":
            task = replace(task, paused_at=None)
        return original(tasks, task, tally)

    tasks.settle = settle  # type: ignore[method-assign]


def forget_families(history: History) -> None:
    """Dispatch is not told of the lanes that pushed tasks bring."""
    push = history.service.push_tasks

    def edit(workspace_id: str, campaign_id: str, _: Any) -> Campaign | None:
        return push.campaigns.get(workspace_id, campaign_id)

    careless = replace(push, campaigns=Wrapped(push.campaigns, edit=edit))
    history.service = replace(history.service, push_tasks=careless)


SABOTAGES: tuple[Callable[[History], None], ...] = (
    no_gate,
    skip_pause,
    save_without_condition,
    claim_without_condition,
    no_limit,
    forget_release,
    forget_release_at_gate,
    no_rescue,
    dial_again,
    dial_before_saving,
    forget_count,
    settle_any_attempt,
    swallow_stale,
    upside_down,
    call_paused_tasks,
    forget_families,
)
