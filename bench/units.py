"""What AWS counts: the size of an item, and the units of a request by its formula.

The engine counts write units right, but for statements, and the read units of a query wrong; so
those are worked out.
"""

import re
from collections.abc import Mapping
from typing import Any

#: What one read unit reads at once; two, if it may be a moment old.
READ_BYTES = 4096


#: What one write unit writes.
WRITE_BYTES = 1024

#: What a statement says that moves a task's entry in the index: one unit to take it out of one
#: place, one to put it into another, besides the one for the task, which is smaller than 1 KB.
MOVES, MOVED = ('SET "lane"', 'SET "at"'), 3

#: What a statement inserts.
MEMBER = re.compile(r"'(\w+)': \?")


def size(typed: Mapping[str, Any]) -> int:
    """The bytes of an item, by AWS's formula."""
    return sum(len(name.encode()) + size_of_value(value) for name, value in typed.items())


def size_of_value(typed: Mapping[str, Any]) -> int:
    """The bytes of one value with its type."""
    ((kind, value),) = typed.items()
    match kind:
        case "S":
            return len(value.encode())
        case "N":
            return (len(value.strip("-").replace(".", "")) + 1) // 2 + 1
        case "BOOL" | "NULL":
            return 1
        case "SS":
            return sum(len(element.encode()) for element in value)
        case "L":
            return 3 + sum(1 + size_of_value(element) for element in value)
        case _:
            return 3 + len(value) + size(value)


def read_units(operation: str, asked: Mapping[str, Any], answer: Mapping[str, Any]) -> float:
    """What a read costs; a write costs none."""
    match operation:
        case "GetItem":
            bytes_read = size(answer.get("Item", {}))
            return units(bytes_read, consistent=asked.get("ConsistentRead", False))
        case "BatchGetItem":
            return sum(
                units_of_batch(keys, answer.get("Responses", {}).get(table, []))
                for table, keys in asked["RequestItems"].items()
            )
        case "Query":
            # A filter pays for what it passes over, whose size nobody tells: taken as the rest.
            found = answer.get("Items", [])
            passed = answer.get("ScannedCount", len(found)) / max(len(found), 1)
            bytes_read = int(sum(map(size, found)) * max(passed, 1))
            return units(bytes_read, consistent=asked.get("ConsistentRead", False))
        case _:
            return 0.0


def statement_units(asked: Mapping[str, Any], answer: Mapping[str, Any]) -> float:
    """What statements cost that stand in one request; one whose condition fails costs a unit."""
    told = zip(asked["Statements"], answer.get("Responses", []), strict=True)
    return sum(1 if "Error" in done else units_of_statement(one) for one, done in told)


def units_of_statement(statement: Mapping[str, Any]) -> float:
    """What a statement costs that is carried out."""
    text = statement["Statement"]
    if names := MEMBER.findall(text):
        inserted = size(dict(zip(names, statement["Parameters"], strict=True)))
        return -(-inserted // WRITE_BYTES)
    return MOVED if any(one in text for one in MOVES) else 1


def units_of_batch(keys: Mapping[str, Any], found: list[Mapping[str, Any]]) -> float:
    """Each item of a batch is rounded up for itself, and one that is missing costs one, too."""
    consistent = keys.get("ConsistentRead", False)
    missing = len(keys["Keys"]) - len(found)
    return sum(units(size(item), consistent=consistent) for item in found) + missing * units(
        0, consistent=consistent
    )


def units(bytes_read: int, *, consistent: bool) -> float:
    """Read units of so many bytes; nothing found costs as much as a little."""
    whole = max(-(-bytes_read // READ_BYTES), 1)
    return whole if consistent else whole / 2
