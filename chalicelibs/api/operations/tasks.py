"""Tasks and their calls, and the contacts behind them."""

from chalicelibs.api import examples
from chalicelibs.api.calls import CallLogView, CallsView, CallView
from chalicelibs.api.contacts import ErasedView
from chalicelibs.api.explanations import TaskExplanationView
from chalicelibs.api.operations.operation import ListOf, Operation
from chalicelibs.api.operations.parameters import ERASING_CURSOR, paging, query_of
from chalicelibs.api.pushes import MOST_TASKS, NewTask, PushedView, ResultsView
from chalicelibs.api.searches import CallQuery, CurrentQuery, TaskQuery
from chalicelibs.api.tasks import TaskDetailsView, TasksView, TaskView


def task_control(name: str, summary: str) -> Operation:
    """A step in the life of a task."""
    return Operation(
        name=f"{name}_task",
        method="POST",
        path=f"/tasks/{{task_id}}/{name}",
        tag="Tasks and calls",
        summary=summary,
        description="Repeating it changes nothing. A task in flight is left alone: 409.",
        answers={200: (TaskView,)},
        also=frozenset({409}),
    )


TASKS = (
    Operation(
        name="push_tasks",
        method="POST",
        path="/tasks",
        tag="Tasks and calls",
        summary="Push a task, or a list of tasks",
        description=f"Of a list (at most {MOST_TASKS}) each task is judged for itself: the answer "
        "holds a task or an error for each. What a task leaves out, its campaign fills in. "
        "Names are taken in `camelCase` and `snake_case`.",
        body=ListOf(model=NewTask, most=MOST_TASKS),
        examples=examples.TASK,
        answers={201: (PushedView, ResultsView)},
        also=frozenset({404, 409}),
    ),
    Operation(
        name="get_task",
        method="GET",
        path="/tasks/{task_id}",
        tag="Tasks and calls",
        summary="Show a task: what was submitted, what holds for it, what is to come",
        answers={200: (TaskDetailsView,)},
    ),
    task_control("pause", "Pause a task that waits"),
    task_control("resume", "Resume a paused task"),
    task_control("archive", "Archive a task: it is never called again"),
    Operation(
        name="explain_task",
        method="GET",
        path="/tasks/{task_id}/explain",
        tag="Tasks and calls",
        summary="Say why a task is or is not called now, and when it can be next",
        description="Gate by gate, as dispatch and the dial gate ask; nothing is touched.",
        answers={200: (TaskExplanationView,)},
    ),
    Operation(
        name="erase_contact",
        method="DELETE",
        path="/contacts/{phone}",
        tag="Tasks and calls",
        summary="Erase a person everywhere",
        description="Tasks with this number are archived, and they, their calls and rejected rows "
        "of files keep counting, without number, context, transcript, analysis or recording. "
        "Send `next_cursor` back as `cursor` until `is_complete`; repeating it is harmless.",
        answers={200: (ErasedView,)},
        parameters=(ERASING_CURSOR,),
        also=frozenset({409}),
    ),
    Operation(
        name="list_tasks",
        method="GET",
        path="/campaigns/{campaign_id}/tasks",
        tag="Tasks and calls",
        summary="List the tasks of a campaign",
        answers={200: (TasksView,)},
        parameters=(*paging("tasks"), *query_of(TaskQuery)),
    ),
    Operation(
        name="list_calls",
        method="GET",
        path="/tasks/{task_id}/calls",
        tag="Tasks and calls",
        summary="List the attempts of a task",
        answers={200: (CallsView,)},
    ),
    Operation(
        name="list_ended_calls",
        method="GET",
        path="/calls",
        tag="Tasks and calls",
        summary="List the ended calls of all campaigns, newest first",
        answers={200: (CallLogView,)},
        parameters=(*paging("calls"), *query_of(CallQuery)),
    ),
    Operation(
        name="list_current_calls",
        method="GET",
        path="/calls/current",
        tag="Tasks and calls",
        summary="List the calls that are going on",
        answers={200: (CallsView,)},
        parameters=query_of(CurrentQuery),
    ),
    Operation(
        name="get_call",
        method="GET",
        path="/calls/{call_id}",
        tag="Tasks and calls",
        summary="Show a call",
        answers={200: (CallView,)},
    ),
)
