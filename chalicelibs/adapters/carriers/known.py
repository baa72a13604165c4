"""The carriers of this deployment, by name."""

from collections.abc import Mapping

from chalicelibs.ports import Carrier


class KnownCarriers:
    """A fixed set of carriers."""

    def __init__(self, carriers: Mapping[str, Carrier]) -> None:
        self._carriers = carriers

    def get(self, name: str) -> Carrier | None:
        """See the port."""
        return self._carriers.get(name)
