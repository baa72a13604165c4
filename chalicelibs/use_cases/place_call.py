"""Pass the dial gate and ask the carrier for one call, once."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import repeat
from typing import NamedTuple, Protocol

from chalicelibs.domain import dial_gate
from chalicelibs.domain.agent import Agent
from chalicelibs.domain.call import Call, CallStatus, SlotPages
from chalicelibs.domain.call_event import CallEvent, EventKind
from chalicelibs.domain.campaign import Campaign
from chalicelibs.domain.carrier_account import FORGETS_DENIALS_AFTER, PAUSED_FOR, Denials
from chalicelibs.domain.deadlines import Deadlines
from chalicelibs.domain.errors import Stale
from chalicelibs.domain.instants import wait_until
from chalicelibs.domain.naming import campaign_of, task_of
from chalicelibs.domain.outcome import Outcome
from chalicelibs.domain.prompt import Unready, prepare
from chalicelibs.domain.rest import Rest
from chalicelibs.domain.rules import Rules
from chalicelibs.domain.task import Task, tally_of
from chalicelibs.domain.workspace import Workspace
from chalicelibs.ports.calls import Pacing, Slots
from chalicelibs.ports.carriers import (
    Accepted,
    AnswerLost,
    Carrier,
    Carriers,
    Denied,
    DialRequest,
    PlaceAnswer,
    Refused,
    Throttled,
    Unreachable,
)
from chalicelibs.ports.queues import PlaceCall, Queue
from chalicelibs.ports.side_by_side import SideBySide, one_by_one
from chalicelibs.ports.surroundings import Clock
from chalicelibs.ports.tasks import AtGate
from chalicelibs.ports.workspaces import Agents
from chalicelibs.together import (
    Answer,
    CarryOut,
    Done,
    Release,
    Save,
    Steps,
    TasksToStore,
    Together,
    attempt,
    result_of,
    stored,
)

#: When the second is full, the call waits for the next.
ONE_SECOND = timedelta(seconds=1)

#: How long a judgement holds before a dial is written down: somebody else's secrets may be slow.
HOLDS_FOR = timedelta(seconds=2)


class TasksAtGate(TasksToStore, Protocol):
    """What placing needs of the tasks, see the port."""

    def at_gate(self, workspace_id: str, task_id: str) -> AtGate | None:
        """A task with its campaign and workspace."""

    def at_gates(self, workspace_id: str, task_ids: Iterable[str]) -> Mapping[str, AtGate]:
        """The same for several tasks."""


class GatesAhead:
    """Gates that were read in one request: each is passed once, the next look is a new one."""

    def __init__(self, tasks: TasksAtGate, messages: Iterable[PlaceCall]) -> None:
        self._at_gate = tasks.at_gate
        self._read: dict[tuple[str, str], AtGate] = {}
        with suppress(Exception):  # what cannot be read fails by itself, and no other with it
            for workspace_id, task_ids in tasks_by_workspace(messages).items():
                found = tasks.at_gates(workspace_id, task_ids)
                self._read |= {(workspace_id, task_id): gate for task_id, gate in found.items()}

    def at_gate(self, message: PlaceCall) -> AtGate | None:
        """The gate that was read, if nobody passed it, or as it stands now."""
        own = message.workspace_id, task_of(message.call_id)
        return self._read.pop(own, None) or self._at_gate(*own)


def tasks_by_workspace(messages: Iterable[PlaceCall]) -> Mapping[str, list[str]]:
    """The tasks that messages are about."""
    found = defaultdict[str, list[str]](list)
    for message in messages:
        found[message.workspace_id].append(task_of(message.call_id))
    return found


class Find(NamedTuple):
    """Who talks and by which carrier is to be found out; the answer is a `Caller`."""

    gate: AtGate
    rules: Rules


class Caller(NamedTuple):
    """Who talks, and by which carrier."""

    agent: Agent | None
    carrier: Carrier | None
    wait: datetime | None  #: Until then the agent's carrier is left alone.


class Take(NamedTuple):
    """A start in this second of a workspace; the answer is whether there is one left."""

    workspace_id: str
    limit: int


class Ask(NamedTuple):
    """A carrier that is to be asked for a call, whose dial is written down."""

    carrier: Carrier
    request: DialRequest
    call: Call


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceCalls:
    """Judge a queued call once more, and place it."""

    tasks: TasksAtGate
    agents: Agents
    slots: Slots
    pacing: Pacing
    carriers: Carriers
    queue: Queue
    clock: Clock
    deadlines: Deadlines
    side_by_side: SideBySide = one_by_one

    def __call__(self, message: PlaceCall) -> str:
        """Place one call by itself; gives what was done about it, in a word.

        Raises:
            Stale: when the task moved twice meanwhile; the message comes again and finds out how.
        """
        [done] = self.together([message])
        return result_of(done)

    def together(self, messages: Sequence[PlaceCall]) -> Sequence[Done]:
        """Place the calls of a batch with fewer requests; each fails or not by itself.

        Their gates are read now, and all dials are written down before the carriers are asked, of
        all calls at the same time.
        """
        gates = GatesAhead(self.tasks, messages)
        own: dict[type, CarryOut] = {Find: self._find_all, Take: self._take, Ask: self._ask}
        together = Together(tasks=self.tasks, slots=self.slots, besides=own)
        return together.handle(messages, partial(self._look_and_place, gates))

    def _look_and_place(self, gates: GatesAhead, message: PlaceCall) -> Steps[str]:
        try:
            return (yield from self._place(gates, message))
        except Stale:
            return (yield from self._place(gates, message))

    def _place(self, gates: GatesAhead, message: PlaceCall) -> Steps[str]:
        gate = gates.at_gate(message)
        if gate is None:
            yield from self._release(message)
            return "unknown_task"
        now = self.clock.now()
        answer = dial_gate.ask(
            gate.task,
            gate.campaign,
            call_id=message.call_id,
            now=now,
            deadlines=self.deadlines,
        )
        match answer:
            case dial_gate.Dial(rules):
                return (yield from self._dial(message, gate, rules, now))
            case dial_gate.GiveBack():
                yield from self._back(gate.task)
                yield from self._let_another_in(message)
            case dial_gate.Finish(status, reason):
                done = gate.task.finish(status, reason)
                yield stored(gate.task, done, tally_of(gate.task, done, now=now))
                yield from self._let_another_in(message)
            case dial_gate.Drop("taken_back"):
                # Whoever took it back may have crashed before giving the slot back.
                yield from self._let_another_in(message)
        return answer.reason

    def _let_another_in(self, message: PlaceCall) -> Steps[None]:
        yield from self._release(message)
        self.queue.nudge(message.workspace_id)

    def _release(self, message: PlaceCall) -> Steps[None]:
        yield Release(message.workspace_id, message.workspace_page, message.call_id)
        if message.campaign_page is not None:
            yield Release(campaign_of(message.call_id), message.campaign_page, message.call_id)

    def _dial(
        self, message: PlaceCall, gate: AtGate, rules: Rules, judged_at: datetime
    ) -> Steps[str]:
        # Before the dial is written down: should secrets not be had, the message comes again.
        caller: Caller = yield Find(gate, rules)
        if self.clock.now() - judged_at > HOLDS_FOR:
            raise Stale(gate.task.task_id)
        agent, carrier, wait = caller
        if agent is not None and wait is not None:
            yield from self._give_back(message, gate.task, not_before=wait)
            is_paused = gate.workspace.has_paused(agent.carrier)
            return "carrier_paused" if is_paused else "carrier_rests"
        limit = gate.workspace.calls_per_second
        if limit is not None and not (yield Take(message.workspace_id, limit)):
            self.queue.calls([(message, ONE_SECOND)])
            return "second_is_full"
        task: Task = yield Save(gate.task, self._dialing(message, gate.task, rules, agent))
        answer = yield from self._answer(task, gate.campaign, rules, agent, carrier)
        return (yield from self._after(message, task, answer, gate))

    def _find_all(self, wishes: Sequence[Find]) -> Sequence[Answer]:
        return self.side_by_side(partial(attempt, self._find), wishes)

    def _find(self, wish: Find) -> Caller:
        workspace, agent = wish.gate.workspace, self._agent(wish.gate, wish.rules)
        if agent is None:
            return Caller(None, None, None)
        wait = self._wait_for(agent.carrier, workspace)
        if wait is not None:
            return Caller(agent, None, wait)
        return Caller(agent, self.carriers.get(workspace.workspace_id, agent.carrier), None)

    def _agent(self, gate: AtGate, rules: Rules) -> Agent | None:
        """Who talks: most often the campaign's own agent, which was read with it."""
        if gate.agent is not None and gate.agent.agent_id == rules.agent_id:
            return gate.agent
        return self.agents.get(gate.workspace.workspace_id, rules.agent_id)

    def _wait_for(self, carrier: str, workspace: Workspace) -> datetime | None:
        """Until when a carrier is left alone; None: it may be asked."""
        now = self.clock.now()
        if workspace.has_paused(carrier):
            return now + PAUSED_FOR
        rest = workspace.rest_of(carrier, now)
        return None if rest is None else rest.until

    def _dialing(self, message: PlaceCall, task: Task, rules: Rules, agent: Agent | None) -> Task:
        """The task with its attempt spent: from here on the phone may ring, once."""
        assert task.call is not None
        now = self.clock.now()
        call = task.call.because(
            CallStatus.DIALING,
            attempt_no=task.attempts + 1,
            slots=SlotPages(workspace=message.workspace_page, campaign=message.campaign_page),
            dialed_at=now,
            phone=task.phone,
            caller_id=rules.caller_id,
            agent_id=rules.agent_id,
            carrier=agent.carrier if agent else None,
            takes_callbacks=agent.offers_callbacks if agent else True,
            longest=agent.longest_call if agent else timedelta(0),
        )
        return task.with_call(call)

    def _answer(
        self,
        task: Task,
        campaign: Campaign,
        rules: Rules,
        agent: Agent | None,
        carrier: Carrier | None,
    ) -> Steps[PlaceAnswer]:
        assert task.call is not None
        ready = prepare(agent, campaign, task.context)
        if isinstance(ready, Unready):
            return Refused(ready.reason)
        if carrier is None:
            return Refused("unknown_carrier")
        request = DialRequest(
            call_id=task.call.call_id,
            phone=task.phone,
            caller_id=rules.caller_id,
            agent=ready.agent,
            prompt=ready.prompt,
            context=task.context,
        )
        answer: PlaceAnswer = yield Ask(carrier, request, task.call)
        return answer

    def _ask(self, wishes: Sequence[Ask]) -> Sequence[Answer]:
        return self.side_by_side(partial(attempt, self._ask_carrier), wishes)

    def _ask_carrier(self, wish: Ask) -> PlaceAnswer:
        if self.clock.now() >= self.deadlines.of_sending(wish.call):
            # Rescue may be about to ask the carrier: a request now could ring after its answer.
            return Refused("too_late_to_send")
        return wish.carrier.place(wish.request)

    def _take(self, wishes: Sequence[Take]) -> Sequence[Answer]:
        starts = {wish: self._starts(wish, wanted) for wish, wanted in Counter(wishes).items()}
        return [next(starts[wish]) for wish in wishes]

    def _starts(self, wish: Take, wanted: int) -> Iterator[Answer]:
        """Of each of so many calls whether it may start in this second."""
        take = partial(self.pacing.take, limit=wish.limit, wanted=wanted)
        most = attempt(take, wish.workspace_id, self.clock.now())
        if isinstance(most, Exception):
            yield from repeat(most, wanted)
        else:
            yield from (number < most for number in range(wanted))

    def _after(
        self, message: PlaceCall, task: Task, answer: PlaceAnswer, gate: AtGate
    ) -> Steps[str]:
        call = task.call
        assert call is not None
        now = self.clock.now()
        match answer:
            case Accepted(carrier_call_id):
                placed = call.because(CallStatus.PLACED, carrier_call_id=carrier_call_id)
                yield from self._note(task, placed)
                self._forget_denials(call, gate.workspace)
                return "placed"
            case AnswerLost():
                yield from self._note(task, call.because(CallStatus.UNKNOWN))
                return "answer_lost"
            case Throttled(retry_after):
                yield from self._rest(message, task, Rest.asked_for(retry_after, now))
                return "throttled"
            case Unreachable():
                assert call.carrier is not None, "it was asked"
                rest = Rest.after(gate.workspace.rests.get(call.carrier), now)
                yield from self._rest(message, task, rest)
                return "carrier_unreachable"
            case Denied(reason):
                self._deny(call, gate.workspace, reason)
                self._refuse(call, reason)
                return "denied"
            case Refused(reason, is_permanent):
                self._refuse(call, reason, is_permanent=is_permanent)
                return "refused"

    def _refuse(self, call: Call, reason: str, *, is_permanent: bool = False) -> None:
        """Have the call end as what was never dialled."""
        refused = CallEvent(
            call_id=call.call_id,
            kind=EventKind.ENDED,
            at=self.clock.now(),
            outcome=Outcome.INIT_FAILED,
            reason=reason,
            is_permanent=is_permanent,
        )
        self.queue.events([refused])

    def _rest(self, message: PlaceCall, task: Task, rest: Rest) -> Steps[None]:
        """Leave the carrier alone for a while, and give the attempt back."""
        assert task.call is not None
        assert task.call.carrier is not None, "it was asked"
        self.pacing.rest(message.workspace_id, task.call.carrier, rest)
        yield from self._give_back(message, task, not_before=rest.until)

    def _deny(self, call: Call, workspace: Workspace, reason: str) -> None:
        """Count that our credentials were refused; too many pause the carrier."""
        assert call.carrier is not None, "it was asked"
        denial = Denials(1, self.clock.now(), reason)
        since = denial.last_at - FORGETS_DENIALS_AFTER
        self.pacing.deny(workspace.workspace_id, call.carrier, denial, since=since)

    def _forget_denials(self, call: Call, workspace: Workspace) -> None:
        if call.carrier is not None and call.carrier in workspace.denials:
            self.pacing.wake(workspace.workspace_id, call.carrier)

    def _give_back(self, message: PlaceCall, task: Task, *, not_before: datetime) -> Steps[None]:
        """No attempt was spent: the task and its slot wait until the carrier can be asked."""
        yield from self._back(task, not_before=not_before)
        yield from self._release(message)
        self.queue.nudge(message.workspace_id, wait_until(not_before, now=self.clock.now()))

    def _back(self, task: Task, *, not_before: datetime | None = None) -> Steps[None]:
        """Put a task back in its lane; that of an erased contact is archived, and counted."""
        back = task.give_back(not_before=not_before)
        yield stored(task, back, tally_of(task, back, now=self.clock.now()))

    def _note(self, task: Task, call: Call) -> Steps[None]:
        """Save how far the call came, unless a webhook was faster and told more."""
        with suppress(Stale):
            yield Save(task, task.with_call(call))
