"""Every request to AWS that the functions make, written down; off unless asked for.

`CARILLON_RECORDER` names a file. It gets a line for each request as it is sent: who asked (a
function of the app, or the pumps, which stand for Lambda's own pollers), the operation, the body.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any, NamedTuple

from botocore.awsrequest import AWSPreparedRequest

#: The variable that names the file.
VARIABLE = "CARILLON_RECORDER"

FUNCTIONS, PUMPS = "functions", "pumps"

#: Where a request to DynamoDB or SQS says what it asks for.
TARGET = "X-Amz-Target"


class Recorded(NamedTuple):
    """One request."""

    asker: str
    target: str  #: `DynamoDB_20120810.GetItem`, `AmazonSQS.SendMessageBatch`.
    body: str


class Recorder:
    """Writes down what clients send."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def watch(self, session: Any, asker: str) -> None:
        """Write down what all clients send that the session will make."""

        def record(request: AWSPreparedRequest, **_: object) -> None:
            if TARGET in request.headers:
                self._write(asker, text(request.headers[TARGET]), text(request.body))

        session.events.register("before-send", record)

    def _write(self, asker: str, target: str, body: str) -> None:
        # Unbuffered, so that no other thread's line gets into this one; JSON has no bare newlines.
        self._file.write(f"{asker}\t{target}\t{body}\n".encode())


def text(value: bytes | str) -> str:
    """What a header or a body says."""
    return value.decode() if isinstance(value, bytes) else value


def recorder(environ: Mapping[str, str]) -> Recorder | None:
    """Make one, if asked to."""
    file = environ.get(VARIABLE)
    return Recorder(Path(file).open("ab", buffering=0)) if file else None


def read(file: Path) -> list[Recorded]:
    """What was written down, in order."""
    lines = file.read_text(encoding="utf-8").split("\n")
    return [Recorded(*line.split("\t", 2)) for line in lines if line]
