"""Dead letters as JSON."""

from collections.abc import Sequence
from dataclasses import asdict

from pydantic import Field

from chalicelibs.api.bodies import At, Body, View, parse
from chalicelibs.domain.dead_letters import DeadLetter, Failure, QueueName
from chalicelibs.use_cases.tend_dead_letters import DeadQueue, Redriven


class Redrive(Body):
    """The body of `POST /admin/dead-letters/redrive`."""

    queue: QueueName | None = Field(None, description="Whose letters; null: those of all queues.")


class ReasonView(View):
    """Why a message could not be processed, the last time."""

    error: str = Field(description="The error's class.")
    message: str = Field(description="What the error says, without the values it was given.")
    function: str
    receives: int = Field(description="How often the message had come by then.")
    at: At


class LetterView(View):
    """A message that was given up; its body is not shown, it may be personal."""

    message_id: str
    sent_at: At = Field(description="When the message was first sent.")
    kind: str | None = Field(description="What the message says it is.")
    ids: dict[str, str] = Field(description="The ids that it names: workspace, campaign, call.")
    reason: ReasonView | None = Field(
        description="Null: the function ended without a word, by a timeout for instance."
    )


class DeadQueueView(View):
    """The dead letters of one queue."""

    queue: QueueName
    count: int = Field(description="About how many there are.")
    letters: list[LetterView] = Field(description="The first of them, 50 at most.")


class DeadLettersView(View):
    """The dead letters of all queues."""

    queues: list[DeadQueueView]


class RedrivenQueueView(View):
    """What was sent back to one queue."""

    queue: QueueName
    moved: int = Field(description="How many letters went back, 100 at most.")
    has_more: bool = Field(description="Whether there may be more: ask again.")


class RedrivenView(View):
    """What was sent back."""

    queues: list[RedrivenQueueView]


def which(raw: bytes) -> QueueName | None:
    """Whose letters are to go back; None: those of all queues."""
    return parse(Redrive, raw).queue


def view(queues: Sequence[DeadQueue]) -> DeadLettersView:
    """Dead letters by queue."""
    return DeadLettersView(
        queues=[
            DeadQueueView(
                queue=one.queue, count=one.count, letters=list(map(letter_view, one.letters))
            )
            for one in queues
        ]
    )


def letter_view(letter: DeadLetter) -> LetterView:
    """A dead letter."""
    return LetterView(
        message_id=letter.message_id,
        sent_at=letter.sent_at,
        kind=letter.kind,
        ids=dict(letter.ids),
        reason=None if letter.failure is None else reason_view(letter.failure),
    )


def reason_view(failure: Failure) -> ReasonView:
    """Why a letter is dead."""
    return ReasonView(
        error=failure.error,
        message=failure.message,
        function=failure.function,
        receives=failure.receives,
        at=failure.at,
    )


def redriven(queues: Sequence[Redriven]) -> RedrivenView:
    """What was sent back."""
    return RedrivenView(queues=[RedrivenQueueView(**asdict(one)) for one in queues])
