"""Identifiers that lead to their parent and to their partition without a look-up.

A task id is its campaign's id and a suffix; a call id is its task's id and the number of the
claim that made it. So whoever holds a call id, a webhook for instance, knows where everything is.
"""

from collections.abc import Iterable, Mapping, Set
from hashlib import blake2b

#: Crockford's base 32, lower case: no i, l, o, u; sorts like the numbers it writes.
ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"

#: Length of a plain id (workspace, campaign, agent, import) and of a task's suffix.
LENGTH = 16

#: A plain id begins with the time, so that ids sort; 45 bits of milliseconds last until 3084.
TIME_DIGITS = 9

#: The rest of a plain id.
CHANCE_DIGITS = LENGTH - TIME_DIGITS

#: Into how many partitions the tasks of one campaign are spread.
BUCKETS = 16


def base32(value: int, length: int) -> str:
    """`value` in Crockford's base 32, padded with zeros; higher digits are cut off."""
    digits = [ALPHABET[value >> 5 * place & 31] for place in reversed(range(length))]
    return "".join(digits)


def is_plain_id(text: str) -> bool:
    """Whether this could be the id of a workspace, campaign, agent or import."""
    return len(text) == LENGTH and set(text) <= set(ALPHABET)


def is_task_id(text: str) -> bool:
    """Whether this could be the id of a task."""
    campaign_id, dash, suffix = text.partition("-")
    return bool(dash) and is_plain_id(campaign_id) and is_plain_id(suffix)


def is_call_id(text: str) -> bool:
    """Whether this could be the id of a call."""
    task_id, dash, claim = text.rpartition("-")
    return bool(dash) and is_task_id(task_id) and claim.isascii() and claim.isdecimal()


def task_id_for_phone(campaign_id: str, phone: str) -> str:
    """The one id that this number can have in this campaign; a second insert is refused."""
    digest = blake2b(phone.encode(), key=campaign_id.encode(), digest_size=10).digest()
    return f"{campaign_id}-{base32(int.from_bytes(digest), LENGTH)}"


def task_id_for_row(campaign_id: str, import_id: str, line: int) -> str:
    """The id of the task of one row, where a number may have several tasks in a campaign."""
    digest = blake2b(f"{import_id}#{line}".encode(), key=campaign_id.encode(), digest_size=10)
    return f"{campaign_id}-{base32(int.from_bytes(digest.digest()), LENGTH)}"


def call_id_for_claim(task_id: str, claim: int) -> str:
    """The id of the call that this claim of the task makes; no two claims are alike."""
    return f"{task_id}-{claim}"


def claim_of(call_id: str) -> int:
    """The number of the claim that made a call."""
    return int(call_id.rpartition("-")[2])


def task_of(call_id: str) -> str:
    """The task of a call."""
    return call_id.rpartition("-")[0]


def campaign_of(task_or_call_id: str) -> str:
    """The campaign of a task or call."""
    return task_or_call_id.partition("-")[0]


def by_campaign(task_or_call_ids: Iterable[str]) -> Mapping[str, Set[str]]:
    """Tasks or calls, by the campaign that each is of."""
    found: dict[str, set[str]] = {}
    for one in task_or_call_ids:
        found.setdefault(campaign_of(one), set()).add(one)
    return found


def bucket_of(task_id: str) -> int:
    """The partition, of `BUCKETS`, in which a task is kept."""
    return ALPHABET.index(task_id[-1]) % BUCKETS
