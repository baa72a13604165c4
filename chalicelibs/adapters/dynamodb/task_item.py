"""A task as one item, small enough to be written as one unit."""

from chalicelibs.adapters.dynamodb import former
from chalicelibs.adapters.dynamodb.call_item import call_item, call_of
from chalicelibs.adapters.dynamodb.codec import Item, maybe, to_instant
from chalicelibs.adapters.dynamodb.rules_item import overrides_item
from chalicelibs.domain.naming import call_id_for_claim, campaign_of
from chalicelibs.domain.task import DueTask, Entry, Task, TaskStatus


def task_item(task: Task) -> Item:
    """A task in plain values, and its place in the agenda as `lane` and `at`.

    What its key tells is not repeated: its campaign, and the id of the call in flight, which is
    that of the last claim.
    """
    lane, at = task.entry or (None, None)
    return {
        "lane": lane,
        "at": at,
        "workspace_id": task.workspace_id,
        "phone": task.phone,
        "context": task.context or None,
        "external_id": task.external_id,
        "own": overrides_item(task.own) if task.own else None,
        "start_at": task.start_at,
        "end_at": task.end_at,
        "shard": task.shard or None,
        "status": task.status,
        "due_at": task.due_at,
        "is_callback": task.is_callback or None,
        "attempts": task.attempts or None,
        "callbacks": task.callbacks or None,
        "claims": task.claims,
        "call": maybe(call_item, task.call),
        "dialed": {str(claim): at for claim, at in task.dialed.items()} or None,
        "paused_at": task.paused_at,
        "outcome": task.outcome,
        "reason": task.reason,
        "opted_out": task.opted_out or None,
        "is_erased": task.is_erased or None,
        "created_at": task.created_at,
        "version": task.version,
    }


def task_of(item: Item) -> Task:
    """The task that `task_item` wrote."""
    task_id = item["sk"]
    in_flight = call_id_for_claim(task_id, item["claims"])
    return Task(
        task_id=task_id,
        workspace_id=item["workspace_id"],
        campaign_id=campaign_of(task_id),
        phone=item["phone"],
        context=item.get("context", {}),
        external_id=item.get("external_id"),
        own=former.own_of(item),
        start_at=maybe(to_instant, item.get("start_at")),
        end_at=maybe(to_instant, item.get("end_at")),
        shard=item.get("shard", 0),
        status=TaskStatus(item["status"]),
        due_at=to_instant(item["due_at"]),
        is_callback=item.get("is_callback", False),
        attempts=item.get("attempts", 0),
        callbacks=item.get("callbacks", 0),
        claims=item["claims"],
        call=maybe(lambda call: call_of(in_flight, call), item.get("call")),
        dialed={int(claim): to_instant(at) for claim, at in item.get("dialed", {}).items()},
        paused_at=maybe(to_instant, item.get("paused_at")),
        outcome=item.get("outcome"),
        reason=item.get("reason"),
        opted_out=former.opted_out_in(item),
        is_erased=item.get("is_erased", False),
        created_at=to_instant(item["created_at"]),
        version=item["version"],
    )


def due_of(entry: Item) -> DueTask:
    """What the agenda's index says of a task."""
    return DueTask(entry["sk"], Entry(entry["lane"], to_instant(entry["at"])), entry["claims"])
