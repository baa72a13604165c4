"""Bugs planted on purpose: the simulation is worth its time only if it finds each of them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from chalicelibs.domain.call import Call
from chalicelibs.domain.call_event import CallEvent
from chalicelibs.domain.campaign import Campaign
from chalicelibs.domain.deadlines import Deadlines
from chalicelibs.domain.errors import Stale
from chalicelibs.domain.lane import Lane
from chalicelibs.domain.progress import Tally
from chalicelibs.domain.retry import Callback, Decision, Retry
from chalicelibs.domain.task import ERASED, DueTask, Task
from chalicelibs.ports.campaigns import AtDispatch
from chalicelibs.ports.carriers import AnswerLost, DialRequest, PlaceAnswer
from chalicelibs.ports.queues import PlaceCall
from chalicelibs.ports.tasks import AtGate
from chalicelibs.together import Done, Steps, attempt
from chalicelibs.use_cases.keep_time import FinishCampaigns
from chalicelibs.use_cases.place_call import PlaceCalls
from chalicelibs.use_cases.record_call_event import RecordCallEvent
from chalicelibs.use_cases.resume_tasks import ResumeTasks
from tests.simulation.history import History
from tests.simulation.watched import WatchedTasks

NOON = datetime(2027, 3, 5, 12, tzinfo=UTC)


class Wrapped:
    """A port with some of its methods replaced."""

    def __init__(self, port: object, **methods: Callable[..., Any]) -> None:
        self._port = port
        self._methods = methods

    def __getattr__(self, name: str) -> Any:
        return self._methods.get(name) or getattr(self._port, name)


def tasks_of(history: History) -> WatchedTasks:
    """The twin behind the unreliable port."""
    return history.tasks


def seeing(history: History, change: Callable[[AtGate], AtGate]) -> None:
    """The dial gate sees something else than there is."""
    placing(history, tasks=seeing_gates(history.service.place_call.tasks, change))


def seeing_gates(tasks: Any, change: Callable[[AtGate], AtGate]) -> Any:
    """Tasks at whose gates something else is seen, whether one is read or many."""

    def at_gate(workspace_id: str, task_id: str) -> AtGate | None:
        gate = tasks.at_gate(workspace_id, task_id)
        return gate and change(gate)

    def at_gates(workspace_id: str, task_ids: Iterable[str]) -> Mapping[str, AtGate]:
        gates = tasks.at_gates(workspace_id, task_ids)
        return {task_id: change(gate) for task_id, gate in gates.items()}

    return Wrapped(tasks, at_gate=at_gate, at_gates=at_gates)


def saving(tasks: Any, save: Callable[[Task], Task], **others: Any) -> Any:
    """Tasks that are saved in another way, whether one is or many."""

    def save_all(changes: Sequence[tuple[Task, Task]]) -> Sequence[Task | Exception]:
        return [attempt(save, task) for _, task in changes]

    return Wrapped(tasks, save=save, save_all=save_all, **others)


def placing(history: History, **changes: Any) -> None:
    """Have calls placed in another way."""
    place = replace(history.service.place_call, **changes)
    history.service = replace(history.service, place_call=place)


def no_gate(history: History) -> None:
    """The dial gate lets everything pass that is still reserved."""

    def open_at_any_time(gate: AtGate) -> AtGate:
        if gate.campaign.rules is None or gate.task.own:
            return gate
        rules = replace(gate.campaign.rules, hours=None)
        return gate._replace(campaign=replace(gate.campaign, rules=rules, end_at=None))

    seeing(history, open_at_any_time)


def save_without_condition(history: History) -> None:
    """Saving a task no longer asks whether somebody else was here first."""
    tasks = tasks_of(history)
    original = type(tasks).settle

    def settle(task: Task, tally: Tally) -> Task:
        stored = tasks.get(task.task_id)
        assert stored is not None
        return original(tasks, replace(task, version=stored.version), tally)

    tasks.settle = settle  # type: ignore[method-assign]


def pass_over_the_best(history: History) -> None:
    """Of tasks that are claimed together the first, who goes before all others, is left out."""
    dispatch = history.service.dispatch

    def claim_all(claims: Sequence[tuple[DueTask, Call]], workspace_id: str) -> frozenset[str]:
        chosen = claims[1:] if len(claims) > 1 else claims
        return dispatch.tasks.claim_all(chosen, workspace_id)

    careless = replace(dispatch, tasks=Wrapped(dispatch.tasks, claim_all=claim_all))
    history.service = replace(history.service, dispatch=careless)


def claim_without_condition(history: History) -> None:
    """A claim takes the task, whatever has become of it since the agenda was read."""
    tasks = tasks_of(history)
    original = type(tasks)._claim

    def claim(due: DueTask, call: Call, workspace_id: str) -> bool:
        stored = tasks.get(due.task_id)
        if stored is None or stored.is_final:
            return False
        call = replace(call, call_id=stored.as_due.next_call_id)
        return original(tasks, stored.as_due, call, workspace_id)

    tasks._claim = claim  # type: ignore[method-assign]


def dial_what_was_lost(history: History) -> None:
    """Whether a claim was won makes no difference: its call goes on its way."""
    history.world.rates["agenda_old"] = 0.5  # many are lost where the index lags behind
    history.world.is_troubled = True
    dispatch = history.service.dispatch

    def claim_all(claims: Sequence[tuple[DueTask, Call]], workspace_id: str) -> frozenset[str]:
        dispatch.tasks.claim_all(claims, workspace_id)
        return frozenset(call.call_id for _, call in claims)

    careless = replace(dispatch, tasks=Wrapped(dispatch.tasks, claim_all=claim_all))
    history.service = replace(history.service, dispatch=careless)


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
    hasty = replace(place, tasks=saving(place.tasks, save))
    history.service = replace(history.service, place_call=hasty)


def dial_what_is_not_written_down(history: History) -> None:
    """Of dials that are written down together the last is forgotten, and made."""
    tasks = history.service.place_call.tasks

    def save_all(changes: Sequence[tuple[Task, Task]]) -> Sequence[Task | Exception]:
        *written, (_, forgotten) = changes
        saved = tasks.save_all(written)
        return [*saved, replace(forgotten, version=forgotten.version + 1)]

    placing(history, tasks=Wrapped(tasks, save_all=save_all))


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


class UpsideDown(Campaign):
    """A campaign whose later attempts go first."""

    def lane(self, name: str) -> Lane:
        lane = super().lane(name)
        return replace(lane, priority=-lane.priority)


def dispatching(history: History, kind: type[Campaign]) -> None:
    """Dispatch takes every campaign for one of this kind."""
    dispatch = history.service.dispatch

    def at_dispatch(workspace_id: str) -> AtDispatch | None:
        found = dispatch.campaigns.at_dispatch(workspace_id)
        return found and found._replace(
            campaigns=[
                kind(**{one.name: getattr(campaign, one.name) for one in fields(campaign)})
                for campaign in found.campaigns
            ]
        )

    careless = replace(dispatch, campaigns=Wrapped(dispatch.campaigns, at_dispatch=at_dispatch))
    history.service = replace(history.service, dispatch=careless)


def upside_down(history: History) -> None:
    """Dispatch takes later attempts of a batch before first ones."""
    dispatching(history, UpsideDown)


def skip_pause(history: History) -> None:
    """The gate takes a paused campaign for a running one."""

    def running(gate: AtGate) -> AtGate:
        if gate.campaign.state != "paused":
            return gate
        return gate._replace(campaign=gate.campaign.move("resume", history.world.now))

    seeing(history, running)


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


class NewestFirst(Campaign):
    """A campaign that calls those first who came last."""

    def starts_at(self, due_at: datetime) -> datetime:
        return NOON + (NOON - super().starts_at(due_at))


def newest_first(history: History) -> None:
    """Of equal rank the later start goes first."""
    dispatching(history, NewestFirst)


def recording(history: History, **changes: Any) -> None:
    """Have reports recorded in another way."""
    record = replace(history.service.record_call_event, **changes)
    history.service = replace(history.service, record_call_event=record)


def recorded_by(history: History, kind: type[RecordCallEvent]) -> None:
    """Have reports recorded by another kind of recorder."""
    record = history.service.record_call_event
    parts = {one.name: getattr(record, one.name) for one in fields(record)}
    history.service = replace(history.service, record_call_event=kind(**parts))


def settle_before_keeping(history: History) -> None:
    """Two writes in the wrong order: the task is settled, and then its call is kept."""
    record, waiting = history.service.record_call_event, list[tuple[str, Call]]()

    def keep(workspace_id: str, call: Call) -> Call:
        waiting.append((workspace_id, call))
        return call

    def keep_now() -> None:
        while waiting:
            record.calls.keep(*waiting.pop())

    def keep_all(kept: Sequence[tuple[str, Call]]) -> Sequence[Call]:
        return [keep(*one) for one in kept]

    recording(history, calls=Wrapped(record.calls, keep=keep, keep_all=keep_all))
    after_settling(history, keep_now)


def after_settling(history: History, follow: Callable[[], None]) -> None:
    """Have something follow when tasks were stored, alone or together."""
    tasks = history.service.record_call_event.tasks

    def save(task: Task) -> Task:
        saved = tasks.save(task)
        follow()
        return saved

    def settle(task: Task, tally: Tally) -> Task:
        saved = tasks.settle(task, tally)
        follow()
        return saved

    def settle_all(settled: Sequence[tuple[Task, Tally]]) -> Sequence[Task]:
        saved = tasks.settle_all(settled)
        follow()
        return saved

    recording(history, tasks=saving(tasks, save, settle=settle, settle_all=settle_all))


def release_after_settling(history: History) -> None:
    """Slots are given back when their tasks have left the lane in which rescue looks."""
    slots, waiting = history.service.record_call_event.slots, list[tuple[Any, ...]]()

    def release_now() -> None:
        while waiting:
            slots.release(*waiting.pop())

    recording(history, slots=Wrapped(slots, release=lambda *wanted: waiting.append(wanted)))
    after_settling(history, release_now)


def settling_together(
    history: History, settle_all: Callable[[Sequence[tuple[Task, Tally]]], Sequence[Task]]
) -> None:
    """Have tasks settled together in another way."""
    tasks = history.service.record_call_event.tasks
    recording(history, tasks=Wrapped(tasks, settle_all=settle_all))


def drop_the_others(history: History) -> None:
    """One task has moved, and all that were to be settled with it are taken for settled."""
    tasks = history.service.record_call_event.tasks

    def settle_all(settled: Sequence[tuple[Task, Tally]]) -> Sequence[Task]:
        try:
            return tasks.settle_all(settled)
        except Stale:
            return [replace(task, version=task.version + 1) for task, _ in settled]

    settling_together(history, settle_all)


def count_a_batch_twice(history: History) -> None:
    """Counters are written beside the tasks: what is settled one by one then counts again."""
    tasks = history.service.record_call_event.tasks

    def settle_all(settled: Sequence[tuple[Task, Tally]]) -> Sequence[Task]:
        try:
            return tasks.settle_all(settled)
        except Stale:
            for task, tally in settled:
                history.store.counters[task.campaign_id].update(tally)
            raise

    settling_together(history, settle_all)


def count_one_for_all(history: History) -> None:
    """Of tasks that are settled together only the first is counted."""
    tasks = history.service.record_call_event.tasks

    def settle_all(settled: Sequence[tuple[Task, Tally]]) -> Sequence[Task]:
        (first, tally), *others = settled
        return tasks.settle_all([(first, tally), *((other, {}) for other, _ in others)])

    settling_together(history, settle_all)


class Hasty(RecordCallEvent):
    """Tries again without the pause."""

    def _decide(self, task: Task, call: Call) -> Decision:
        decision = super()._decide(task, call)
        assert call.ended_at is not None
        return Retry(call.ended_at) if isinstance(decision, Retry) else decision


class Stubborn(RecordCallEvent):
    """Counts one attempt too few."""

    def _decide(self, task: Task, call: Call) -> Decision:
        return super()._decide(replace(task, attempts=max(1, task.attempts - 1)), call)


class Obliging(RecordCallEvent):
    """Grants every callback as if it were the first."""

    def _decide(self, task: Task, call: Call) -> Decision:
        return super()._decide(replace(task, callbacks=0), call)


class Unkind(RecordCallEvent):
    """Calls back at once, whenever that was asked for."""

    def _decide(self, task: Task, call: Call) -> Decision:
        decision = super()._decide(task, call)
        assert call.ended_at is not None
        return Callback(call.ended_at) if isinstance(decision, Callback) else decision


class Deaf(RecordCallEvent):
    """Keeps on the call alone that a person wants no more of them."""

    def _opt_out(self, task: Task, event: CallEvent) -> Steps[Task]:
        del event
        return task
        yield  # a generator, as all ways are


def forget_wishes(history: History) -> None:
    """Whoever asked not to be called again in a report that settles nothing is called again."""
    recorded_by(history, Deaf)


def retry_at_once(history: History) -> None:
    """The retry interval is left out."""
    recorded_by(history, Hasty)


def one_attempt_more(history: History) -> None:
    """The comparison with the number of attempts is off by one."""
    recorded_by(history, Stubborn)


def grant_every_callback(history: History) -> None:
    """The first callback asked for is granted, and so is every other."""
    in_calm_weather(history)
    recorded_by(history, Obliging)


def call_back_at_once(history: History) -> None:
    """Whoever asks for a callback gets it now."""
    recorded_by(history, Unkind)


def release_at_the_answer(history: History) -> None:
    """The slot is given back when somebody picks up."""
    record = history.service.record_call_event

    def save(task: Task) -> Task:
        if task.call is not None and task.call.status == "in_progress":
            record.slots.release(task.workspace_id, {task.call.call_id}, None)
        return record.tasks.save(task)

    recording(history, tasks=saving(record.tasks, save))


def in_calm_weather(history: History) -> None:
    """Nothing else goes wrong: there, and only there, a delay has no excuse."""
    history.world.calm()
    history.world.is_troubled = False


def forget_to_refill(history: History) -> None:
    """Nobody is told that a slot is free again: the schedule finds out."""
    in_calm_weather(history)
    record = history.service.record_call_event
    recording(history, queue=Wrapped(record.queue, nudge=lambda *_: None))


def no_look_ahead(history: History) -> None:
    """Nobody is there when hours open."""
    in_calm_weather(history)
    steps = history.service.keep_time.steps[:-1]
    history.service = replace(
        history.service, keep_time=replace(history.service.keep_time, steps=steps)
    )


def never_close(history: History) -> None:
    """Nobody closes the campaigns whose tasks are done."""
    keep_time = history.service.keep_time
    steps = tuple(one for one in keep_time.steps if not isinstance(one, FinishCampaigns))
    history.service = replace(history.service, keep_time=replace(keep_time, steps=steps))


def close_at_once(history: History) -> None:
    """A campaign is closed as soon as all its tasks are finished: no late word on one counts."""
    keep_time, at_once = (
        history.service.keep_time,
        Deadlines(grace=timedelta(0), sending=timedelta(0)),
    )
    steps = tuple(
        replace(one, deadlines=at_once) if isinstance(one, FinishCampaigns) else one
        for one in keep_time.steps
    )
    history.service = replace(history.service, keep_time=replace(keep_time, steps=steps))


def leave_paused_tasks_behind(history: History) -> None:
    """Resuming a campaign forgets those that were paused one by one."""
    service = history.service
    steps = tuple(one for one in service.keep_time.steps if not isinstance(one, ResumeTasks))
    history.service = replace(
        service,
        keep_time=replace(service.keep_time, steps=steps),
        campaigns=replace(service.campaigns, resume_tasks=lambda _: 0),
    )


def remember_the_campaign(history: History) -> None:
    """The gate judges by what it read of a campaign when it met it first."""
    known: dict[str, Campaign] = {}

    def as_it_was(gate: AtGate) -> AtGate:
        return gate._replace(campaign=known.setdefault(gate.task.campaign_id, gate.campaign))

    seeing(history, as_it_was)


def judge_by_the_batch_before(history: History) -> None:
    """What the calls of a batch share is kept for those of the next."""
    batches: list[dict[str, Campaign]] = [{}]

    class OfTheBatchBefore(PlaceCalls):
        def together(self, messages: Sequence[PlaceCall]) -> Sequence[Done]:
            before, now = batches[-1], dict[str, Campaign]()
            batches.append(now)

            def as_before(gate: AtGate) -> AtGate:
                now[gate.task.campaign_id] = gate.campaign
                return gate._replace(campaign=before.get(gate.task.campaign_id, gate.campaign))

            parts = {one.name: getattr(self, one.name) for one in fields(self)}
            tasks = seeing_gates(self.tasks, as_before)
            return PlaceCalls(**{**parts, "tasks": tasks}).together(messages)

    place = history.service.place_call
    parts = {one.name: getattr(place, one.name) for one in fields(place)}
    history.service = replace(history.service, place_call=OfTheBatchBefore(**parts))


def forget_the_zone(history: History) -> None:
    """The gate takes the campaign's hours for those of a task with a zone of its own."""

    def elsewhere(gate: AtGate) -> AtGate:
        if gate.task.own.zone is None:
            return gate
        return gate._replace(task=replace(gate.task, own=replace(gate.task.own, zone=None)))

    def save(task: Task) -> Task:
        stored = tasks_of(history).get(task.task_id)
        return tasks_of(history).save(replace(task, own=stored.own if stored else task.own))

    seeing(history, elsewhere)
    placing(history, tasks=saving(history.service.place_call.tasks, save))
    no_lane_zones(history)


def no_lane_zones(history: History) -> None:
    """Dispatch, too, has forgotten the zones: else it would never come to the gate."""
    dispatching(history, Zoneless)


class Zoneless(Campaign):
    """A campaign whose lanes all have its own hours."""

    def lane(self, name: str) -> Lane:
        lane = super().lane(name)
        is_elsewhere = "|@" in name and self.rules is not None
        return replace(lane, hours=self.rules.hours) if is_elsewhere and self.rules else lane


def hurry(history: History) -> None:
    """Calls per second are not counted."""
    place = history.service.place_call
    careless = replace(place, pacing=Wrapped(place.pacing, take=lambda *_, wanted, **__: wanted))
    history.service = replace(history.service, place_call=careless)


def no_limit_of_campaigns(history: History) -> None:
    """The limit of a campaign is read, and does not matter."""
    dispatch = history.service.dispatch

    def at_dispatch(workspace_id: str) -> AtDispatch | None:
        found = dispatch.campaigns.at_dispatch(workspace_id)
        return found and found._replace(
            campaigns=[replace(one, concurrency_limit=None) for one in found.campaigns]
        )

    careless = replace(dispatch, campaigns=Wrapped(dispatch.campaigns, at_dispatch=at_dispatch))
    history.service = replace(history.service, dispatch=careless)


def count_slots_of_campaigns_alone(history: History) -> None:
    """Calls that began before their campaign had a limit do not count for it."""
    dispatch = history.service.dispatch

    def held(scope: str) -> frozenset[str]:
        found = dispatch.slots.held(scope)
        is_workspace = scope in history.store.workspaces
        return frozenset(f"nobody-{one}" for one in found) if is_workspace else found

    careless = replace(dispatch, slots=Wrapped(dispatch.slots, held=held))
    history.service = replace(history.service, dispatch=careless)


def rescue_too_soon(history: History) -> None:
    """Rescue asks the carrier while the request may still be on its way."""
    keep_time = history.service.keep_time
    rescue, *others = keep_time.steps
    hasty = replace(rescue, clock=Ahead(history))  # type: ignore[type-var]
    history.service = replace(
        history.service, keep_time=replace(keep_time, steps=(hasty, *others))
    )


class Ahead:
    """A clock that is ahead by minutes."""

    def __init__(self, history: History) -> None:
        self.world = history.world

    def now(self) -> datetime:
        return self.world.clock() + timedelta(minutes=5)


def add_anew(history: History) -> None:
    """A request that was asked before makes other tasks than the first time."""
    push = history.service.push_tasks

    def careless(workspace_id: str, pushes: Sequence[Any], _: Any = None) -> Any:
        return push(workspace_id, pushes)

    history.service = replace(history.service, push_tasks=careless)  # type: ignore[arg-type]


def call_the_erased(history: History) -> None:
    """Erasing a contact forgets the tasks that wait."""
    erase, tasks = history.service.erase_contact, tasks_of(history)

    def settle(task: Task, tally: Tally) -> Task:
        return task if task.reason == ERASED else tasks.settle(task, tally)

    careless = replace(erase, tasks=Wrapped(erase.tasks, settle=settle))
    history.service = replace(history.service, erase_contact=careless)


def believe_any_clock(history: History) -> None:
    """The end of a call is dated by when it was recorded."""
    record = history.service.record_call_event

    def careless(event: CallEvent) -> str:
        return record(replace(event, at=history.world.clock()))

    history.service = replace(history.service, record_call_event=careless)  # type: ignore[arg-type]


SABOTAGES: tuple[Callable[[History], None], ...] = (
    settle_before_keeping,
    release_after_settling,
    drop_the_others,
    count_a_batch_twice,
    count_one_for_all,
    forget_wishes,
    retry_at_once,
    one_attempt_more,
    grant_every_callback,
    call_back_at_once,
    release_at_the_answer,
    forget_to_refill,
    no_look_ahead,
    never_close,
    close_at_once,
    leave_paused_tasks_behind,
    remember_the_campaign,
    judge_by_the_batch_before,
    forget_the_zone,
    hurry,
    no_limit_of_campaigns,
    count_slots_of_campaigns_alone,
    rescue_too_soon,
    add_anew,
    call_the_erased,
    believe_any_clock,
    newest_first,
    no_gate,
    skip_pause,
    save_without_condition,
    claim_without_condition,
    dial_what_was_lost,
    pass_over_the_best,
    no_limit,
    forget_release,
    forget_release_at_gate,
    no_rescue,
    dial_again,
    dial_before_saving,
    dial_what_is_not_written_down,
    forget_count,
    settle_any_attempt,
    swallow_stale,
    upside_down,
    call_paused_tasks,
    forget_families,
)
