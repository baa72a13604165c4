"""A task as it is pushed: what it leaves out, its campaign fills in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from chalicelibs.domain.calling_hours import CallingHours
from chalicelibs.domain.campaign import Campaign
from chalicelibs.domain.context import check_context
from chalicelibs.domain.errors import Invalid
from chalicelibs.domain.priority import per_attempt
from chalicelibs.domain.retry import RetryPolicy
from chalicelibs.domain.rules import Rules


@dataclass(frozen=True, slots=True, kw_only=True)
class Push:
    """One contact to call, with the rules it brings."""

    campaign_id: str
    phone: str
    context: Mapping[str, str] = field(default_factory=dict)
    agent_id: str | None = None
    caller_id: str | None = None
    hours: CallingHours | None = None
    retry: RetryPolicy | None = None
    priorities: tuple[int, ...] | None = None
    start_at: datetime | None = None
    end_at: datetime | None = None

    def __post_init__(self) -> None:
        check_context(self.context)
        if self.start_at and self.end_at and self.end_at <= self.start_at:
            raise Invalid("must be after the start", "end_at")

    @property
    def brings_rules(self) -> bool:
        """Whether it sets anything that a batch campaign's tasks share."""
        own = (self.agent_id, self.caller_id, self.hours, self.retry, self.priorities)
        return any(value is not None for value in own) or self.end_at is not None


def rules_for(push: Push, campaign: Campaign) -> Rules:
    """The rules of a realtime task: its own, and the campaign's where it has none.

    Raises:
        Invalid: naming what neither of them says, or what does not fit together.
    """
    defaults = campaign.rules
    agent_id = push.agent_id or (defaults and defaults.agent_id)
    caller_id = push.caller_id or (defaults and defaults.caller_id)
    if not agent_id:
        raise Invalid("say which agent calls: the campaign has none", "agent")
    if not caller_id:
        raise Invalid("say from which number to call: the campaign has none", "from")
    retry = push.retry or (defaults.retry if defaults else RetryPolicy())
    return Rules(
        agent_id=agent_id,
        caller_id=caller_id,
        hours=push.hours or (defaults.hours if defaults else None),
        retry=retry,
        priorities=push.priorities or per_attempt(campaign.level, retry.max_attempts),
        callbacks_outside_hours=defaults.callbacks_outside_hours if defaults else False,
    )
