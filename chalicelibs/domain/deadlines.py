"""How long Carillon waits for things that may never come."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from chalicelibs.domain.call import Call

#: The schedule wakes everything once a minute; what is due sooner gets a nudge of its own.
LOOK_AHEAD = timedelta(seconds=75)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadlines:
    """When rescue looks at a call that nothing more was heard of.

    `ask_after` must be longer than the function that places calls may run: so when rescue asks, no
    request to the carrier can still be under way, and "never heard of it" is the truth.
    """

    reserved: timedelta = timedelta(minutes=2)  #: From the claim to the dial gate.
    ask_after: timedelta = timedelta(
        seconds=90
    )  #: From the dial to the question what became of it.
    margin: timedelta = timedelta(minutes=2)  #: Beyond ring timeout and longest conversation.
    analysis: timedelta = timedelta(minutes=2)  #: From the hang-up to the agent's analysis.
    grace: timedelta = timedelta(minutes=10)  #: In which a more telling outcome still counts.

    @property
    def to_send(self) -> timedelta:
        """After the dial was written down, the request must leave within this time, or never."""
        return self.ask_after / 3

    def of_end(self, call: Call) -> datetime:
        """By when the end of a call must have been reported."""
        return (call.dialed_at or call.reserved_at) + call.longest + self.margin

    def of_patience(self, call: Call) -> datetime:
        """After this a call is lost, even if its carrier says that it goes on."""
        return self.of_end(call) + call.longest
