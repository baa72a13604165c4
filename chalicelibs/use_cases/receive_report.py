"""Take a carrier's report: make it durable, let others do the thinking."""

from dataclasses import dataclass, replace

from chalicelibs.domain.call_event import CallEvent
from chalicelibs.domain.errors import NotFound
from chalicelibs.domain.naming import is_call_id
from chalicelibs.ports.carriers import Carriers, Webhook
from chalicelibs.ports.queues import Queue


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiveReport:
    """Queue a verified report; whether there was such a call, whoever records it finds out."""

    carriers: Carriers
    queue: Queue

    def webhook(
        self, carrier: str, webhook: Webhook, workspace_id: str | None = None
    ) -> CallEvent | None:
        """Queue what a carrier's webhook says; None where it changes nothing.

        Args:
            carrier: by which name it is known.
            webhook: what came.
            workspace_id: whose account the carrier is; None: the deployment's.

        Raises:
            NotFound: when there is no such carrier, or there can be no such call.
            Forged: when the carrier did not send it.
        """
        known = self.carriers.get(workspace_id, carrier)
        if known is None:
            raise NotFound("carrier", carrier)
        event = known.read(webhook)
        if event is not None:
            event = replace(event, carrier=carrier, workspace_id=workspace_id)
            self(event)
        return event

    def __call__(self, event: CallEvent) -> None:
        """Queue an event, cut to what a queue carries; when this returns, it is durable.

        Raises:
            NotFound: when the id is none of ours.
        """
        if not is_call_id(event.call_id):
            raise NotFound("call", event.call_id)
        self.queue.events([event.bounded()])
