"""The carriers of this deployment, by name."""

from collections.abc import Mapping

from chalicelibs.ports.carriers import Carrier


class KnownCarriers:
    """A fixed set of carriers, the same for every workspace."""

    def __init__(self, carriers: Mapping[str, Carrier]) -> None:
        self._carriers = carriers

    def get(self, workspace_id: str | None, name: str) -> Carrier | None:  # noqa: ARG002
        """See the port."""
        return self._carriers.get(name)

    def knows(self, workspace_id: str | None, name: str) -> bool:  # noqa: ARG002
        """See the port."""
        return name in self._carriers
