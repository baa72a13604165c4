"""Where each kind of item is kept: partition and sort key."""

from datetime import datetime

from chalicelibs.domain.call import Dialed
from chalicelibs.domain.instants import epoch_ms, from_epoch_ms
from chalicelibs.domain.naming import bucket_of, campaign_of

#: Partition and sort key of one item.
Key = tuple[str, str]

#: Bytes that DynamoDB takes as a partition key and as a sort key.
MOST_BYTES = (2048, 1024)

WORKSPACE = "workspace"
OPEN = "open"
REGISTRY = "WORKSPACES"

AGENT = "agent#"
NUMBER = "number#"
CAMPAIGN = "campaign#"
CARRIER = "carrier#"
IMPORT = "import#"


def can_be(key: Key) -> bool:
    """Whether there can be an item with that key; an id that was made up may be too long."""
    return all(len(part.encode()) <= most for part, most in zip(key, MOST_BYTES, strict=True))


def inside(workspace_id: str) -> str:
    """The partition of all that a workspace owns, but for its tasks."""
    return f"W#{workspace_id}"


def workspace(workspace_id: str) -> Key:
    """A workspace."""
    return inside(workspace_id), WORKSPACE


def open_in(workspace_id: str) -> Key:
    """Which campaigns of a workspace are open."""
    return inside(workspace_id), OPEN


def registered(workspace_id: str) -> Key:
    """A workspace's line in the list of all of them."""
    return REGISTRY, workspace_id


def api_key(key_id: str) -> Key:
    """A key, found without knowing whose it is."""
    return f"KEY#{key_id}", "key"


def session(key_id: str, session_id: str) -> Key:
    """Somebody who signed in with a key."""
    return f"KEY#{key_id}", f"session#{session_id}"


def agent(workspace_id: str, agent_id: str) -> Key:
    """An agent."""
    return inside(workspace_id), f"{AGENT}{agent_id}"


def number(workspace_id: str, phone: str) -> Key:
    """A number."""
    return inside(workspace_id), f"{NUMBER}{phone}"


def carrier(workspace_id: str, name: str) -> Key:
    """What a workspace has with a carrier."""
    return inside(workspace_id), f"{CARRIER}{name}"


def campaign(workspace_id: str, campaign_id: str) -> Key:
    """A campaign."""
    return inside(workspace_id), f"{CAMPAIGN}{campaign_id}"


def tasks_in(campaign_id: str, bucket: int) -> str:
    """One of the partitions with a campaign's tasks."""
    return f"T#{campaign_id}#{bucket}"


def task(task_id: str) -> Key:
    """A task."""
    return tasks_in(campaign_of(task_id), bucket_of(task_id)), task_id


def calls_in(workspace_id: str, month: str) -> str:
    """The partition of the calls that a workspace dialled in a month, like `2027-03`."""
    return f"H#{workspace_id}#{month}"


def dialed(at: datetime, call_id: str) -> str:
    """The sort key of a call; padded, so that calls sort by the time of their dial."""
    return f"{epoch_ms(at):014}.{call_id}"


def call(workspace_id: str, one: Dialed) -> Key:
    """An ended call."""
    sk = dialed(one.dialed_at, one.call_id)
    return calls_in(workspace_id, month_of(sk)), sk


def call_id_in(sk: str) -> str:
    """The id of the call with this sort key."""
    return sk.partition(".")[2]


def month_of(sk: str) -> str:
    """The month of a call's sort key."""
    return f"{from_epoch_ms(int(sk.partition('.')[0])):%Y-%m}"


def month_before(month: str) -> str:
    """The month before a month."""
    year, number = map(int, month.split("-"))
    return f"{year - 1:04}-12" if number == 1 else f"{year:04}-{number - 1:02}"


def after(sk: str) -> str:
    """A sort key that follows this one, and no other: a space sorts before whatever ids hold."""
    return f"{sk} "


def before(sk: str) -> str:
    """A sort key that comes before this one, and after every other that does."""
    return f"{sk[:-1]}{chr(ord(sk[-1]) - 1)}~"


def counters(owner_id: str) -> str:
    """The partition of the counters of a campaign, or of an import."""
    return f"C#{owner_id}"


def gauge(campaign_id: str) -> Key:
    """What the brakes of a campaign remember."""
    return f"B#{campaign_id}", "gauge"


def activity(campaign_id: str) -> str:
    """The partition of what went on in a campaign."""
    return f"V#{campaign_id}"


def activity_in(campaign_id: str, hour: datetime) -> Key:
    """What went on in one hour."""
    return activity(campaign_id), hour_of(hour)


def hour_of(at: datetime) -> str:
    """An hour as a sort key; padded, so that hours sort by time."""
    return f"{epoch_ms(at) // 3_600_000:08}"


def slots(scope: str) -> str:
    """The partition of a scope's slots pages."""
    return f"S#{scope}"


def starts(workspace_id: str, at: datetime) -> Key:
    """The starts of one second."""
    return f"P#{workspace_id}", str(epoch_ms(at) // 1000)


def requests(key_id: str, minute: datetime) -> Key:
    """The requests of one key in one minute."""
    return f"L#{key_id}", str(epoch_ms(minute) // 1000)


def answer(principal: str, key: str) -> Key:
    """The answer to a request that came with a key of its sender's."""
    return f"A#{principal}#{key}", "answer"


def answer_part(principal: str, key: str, number: int) -> Key:
    """What does not fit into one item of an answer."""
    return f"A#{principal}#{key}", f"part#{number}"


def imports_of(campaign_id: str) -> str:
    """The partition of a campaign's imports."""
    return f"I#{campaign_id}"


def imported(campaign_id: str, import_id: str) -> Key:
    """An import."""
    return imports_of(campaign_id), import_id


def import_pointer(workspace_id: str, import_id: str) -> Key:
    """What says to which campaign an import of this workspace belongs."""
    return inside(workspace_id), f"{IMPORT}{import_id}"


def chunks_of(import_id: str) -> str:
    """The partition of the chunks of an import's file."""
    return f"F#{import_id}"


def chunk(import_id: str, number: int) -> Key:
    """A chunk; padded, so that chunks sort as in the file."""
    return chunks_of(import_id), f"{number:08}"


def rejected_of(import_id: str) -> str:
    """The partition of an import's rejected rows."""
    return f"R#{import_id}"


def rejected(import_id: str, line: int) -> Key:
    """A rejected row; padded, so that rows sort as in the file."""
    return rejected_of(import_id), f"{line:010}"


def rehearsed(import_id: str, task_id: str) -> Key:
    """A task that a dry run would make; a second one for its number finds it there."""
    return f"Y#{import_id}#{task_id[-1]}", task_id


def failure(queue: str, message_id: str) -> Key:
    """Why a message could not be processed."""
    return f"D#{queue}#{message_id}", "failure"


def exports_of(campaign_id: str) -> str:
    """The partition of a campaign's exports."""
    return f"E#{campaign_id}"


def exported(campaign_id: str, export_id: str) -> Key:
    """An export."""
    return exports_of(campaign_id), export_id
