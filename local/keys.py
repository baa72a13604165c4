"""The secrets of one local stack, made once and kept in its data folder.

`python -m local.keys` prints the operator's.
"""

import hashlib
import json
import os
import secrets
from dataclasses import asdict, dataclass, replace
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """What the parts of the stack prove themselves with."""

    bootstrap_key: str
    carrier_key: str
    carrier_secret: str
    #: Filled in once the workspace exists.
    workspace_id: str = ""
    api_key: str = ""

    @property
    def bootstrap_key_hash(self) -> str:
        """What the service is told of the bootstrap key."""
        return hashlib.sha256(self.bootstrap_key.encode()).hexdigest()


def load(data: Path) -> Keys:
    """Read the keys of this data folder; the first to ask makes them."""
    file = data / "secrets.json"
    if file.exists():
        return Keys(**json.loads(file.read_text()))
    keys = Keys(
        bootstrap_key=f"boot_{secrets.token_urlsafe(24)}",
        carrier_key=f"carrier_{secrets.token_urlsafe(24)}",
        carrier_secret=secrets.token_urlsafe(32),
    )
    _save(data, keys)
    return keys


def keep_workspace(data: Path, *, workspace_id: str, api_key: str) -> Keys:
    """Remember the workspace and its key."""
    keys = replace(load(data), workspace_id=workspace_id, api_key=api_key)
    _save(data, keys)
    return keys


def _save(data: Path, keys: Keys) -> None:
    data.mkdir(parents=True, exist_ok=True)
    draft = data / f"secrets.json.{os.getpid()}"
    draft.touch(mode=0o600)
    draft.write_text(json.dumps(asdict(keys), indent=2) + "\n")
    draft.replace(data / "secrets.json")


if __name__ == "__main__":
    from local.settings import Settings

    print(load(Settings.from_environment(os.environ).data).bootstrap_key)
