"""Take a carrier's report: make it durable, let others do the thinking."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from chalicelibs.domain.call_event import CallEvent
from chalicelibs.domain.errors import NotFound
from chalicelibs.domain.naming import is_call_id, task_of
from chalicelibs.ports import Carriers, Queue, Tasks


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiveReport:
    """Queue a verified report of a call that exists."""

    carriers: Carriers
    tasks: Tasks
    queue: Queue

    def webhook(self, carrier: str, headers: Mapping[str, str], body: bytes) -> CallEvent | None:
        """Queue what a carrier's webhook says; None where it changes nothing.

        Raises:
            NotFound: when there is no such carrier, or never was such a call.
            Forged: when the carrier did not send it.
        """
        known = self.carriers.get(carrier)
        if known is None:
            raise NotFound("carrier", carrier)
        event = known.read(headers, body)
        if event is not None:
            event = replace(event, carrier=carrier)
            self(event)
        return event

    def __call__(self, event: CallEvent) -> None:
        """Queue an event, cut to what a queue carries; when this returns, it is durable.

        Raises:
            NotFound: when there was never such a call.
        """
        is_known = is_call_id(event.call_id) and self.tasks.exists(task_of(event.call_id))
        if not is_known:
            raise NotFound("call", event.call_id)
        self.queue.events([event.bounded()])
