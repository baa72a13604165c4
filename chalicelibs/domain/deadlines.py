"""How long Carillon waits for things that may never come."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from chalicelibs.domain.call import Call

#: The schedule wakes everything once a minute; what is due sooner gets a nudge of its own.
LOOK_AHEAD = timedelta(seconds=75)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadlines:
    """When rescue looks at a call that nothing more was heard of.

    The first look is fixed by the claim and not moved while all goes well: each move costs an
    entry in the index. A call passes the dial gate only while `sending` is left until then, and
    that is longer than the function that places calls may run. So when rescue asks the carrier, no
    request can still be under way, and "never heard of it" is the truth.
    """

    first_look: timedelta = timedelta(minutes=3)  #: From the claim.
    sending: timedelta = timedelta(seconds=75)  #: What must be left of it at the dial gate.
    margin: timedelta = timedelta(minutes=2)  #: Beyond ring timeout and longest conversation.
    again: timedelta = timedelta(minutes=2)  #: Between looks at a call that should have ended.
    analysis: timedelta = timedelta(minutes=2)  #: From the hang-up to the agent's analysis.
    grace: timedelta = timedelta(minutes=10)  #: In which a more telling outcome still counts.

    @property
    def last_word(self) -> timedelta:
        """After this a call that has ended is what it is: no report of it counts any more.

        A worker that took one in time has stored what follows by then, or died.
        """
        return self.grace + self.sending

    @property
    def longest_queue(self) -> timedelta:
        """How long a claimed call may be kept from the gate on purpose, and still pass it."""
        return (self.first_look - self.sending) / 2

    def of_gate(self, call: Call) -> datetime:
        """From when on a call that was not dialled is left to rescue."""
        return call.deadline - self.sending

    def of_sending(self, call: Call) -> datetime:
        """After the dial was written down, the request leaves before this, or never."""
        return call.deadline - self.sending / 2

    def of_end(self, call: Call) -> datetime:
        """By when the end of a call must have been reported."""
        return (call.dialed_at or call.reserved_at) + call.longest + self.margin

    def of_patience(self, call: Call) -> datetime:
        """After this a call that its carrier still has is taken back, if it only waits there."""
        return self.of_end(call) + call.longest

    def of_surrender(self, call: Call) -> datetime:
        """After this a call is lost, even if its carrier says that it goes on.

        What rang or talked when patience ended has hung up by now, so that the next attempt does
        not ring beside it; a carrier that keeps to its word for ever is not believed.
        """
        return self.of_patience(call) + call.longest + self.margin
