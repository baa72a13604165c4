"""Secrets of workspaces: in Parameter Store, or in the environment of one's own machine."""

import time
from collections.abc import Callable, Mapping, Sequence
from threading import Lock
from typing import Any, NamedTuple

#: How long a value is taken for good; Parameter Store gives few of them in a second.
KEPT_S = 60.0

#: How long it is taken for granted that there is none: somebody may just be storing it.
MISSING_S = 5.0

#: What a variable is called that holds a secret, before the secret's name.
PREFIX = "CARRIER_SECRET_"


class Known(NamedTuple):
    """What was read of a secret, and until when it counts."""

    values: tuple[str, ...]
    until: float


class SsmSecrets:
    """SecureStrings under `{path}/{workspace}/{name}`: no workspace can name another's.

    A value may hold two secrets with a blank between, while one replaces the other.
    """

    def __init__(
        self,
        client: Callable[[], Any],
        path: str,
        *,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._new_client = client
        self._client: Any = None
        self._path = path
        self._now_s = now_s
        self._known: dict[str, Known] = {}
        self._lock = Lock()

    def get(self, workspace_id: str, name: str) -> Sequence[str]:
        """See the port. Of calls that are placed side by side, one reads for all."""
        place = f"{self._path}/{workspace_id}/{name}"
        with self._lock:
            known = self._known.get(place)
            if known is None or self._now_s() >= known.until:
                known = self._known[place] = self._read(place, known)
        return known.values

    def _read(self, place: str, known: Known | None) -> Known:
        from botocore.exceptions import BotoCoreError, ClientError  # boto3 is not loaded before

        self._client = self._client or self._new_client()
        try:
            found = self._client.get_parameter(Name=place, WithDecryption=True)
        except self._client.exceptions.ParameterNotFound:
            return Known((), self._now_s() + MISSING_S)
        except (BotoCoreError, ClientError):
            if known is None:
                raise
            # What was good a minute ago is better than no calls at all.
            return known._replace(until=self._now_s() + MISSING_S)
        return Known(tuple(found["Parameter"]["Value"].split()), self._now_s() + KEPT_S)


class EnvironmentSecrets:
    """Variables, the same for every workspace: for a machine that has one owner."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables

    def get(self, workspace_id: str, name: str) -> Sequence[str]:  # noqa: ARG002
        """See the port."""
        return self._variables.get(variable_of(name), "").split()


def variable_of(name: str) -> str:
    """The variable that holds the secret of this name: `CARRIER_SECRET_TWILIO_TOKEN`."""
    return PREFIX + name.upper().replace("-", "_").replace(".", "_")
