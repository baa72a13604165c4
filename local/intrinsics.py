"""The few CloudFormation functions that our merge template uses, worked out."""

import re
from collections.abc import Mapping
from typing import Any

ACCOUNT = "000000000000"
#: What requests to the engine are signed with; it checks the addresses of uploads by it.
SECRET = "local"
REGION = "us-east-1"

_PLACE = re.compile(r"\$\{(!?)([^}]+)\}")


class Unresolvable(Exception):
    """The template names a thing that does not exist here, or a function not known here."""


class Resolver:
    """Replaces `Ref`, `Fn::GetAtt`, `Fn::Sub` and `Fn::Join` by what they stand for."""

    def __init__(self, parameters: Mapping[str, Any] | None = None) -> None:
        self._refs: dict[str, str] = {
            "AWS::AccountId": ACCOUNT,
            "AWS::Region": REGION,
            "AWS::Partition": "aws",
            "AWS::StackName": "carillon-local",
        }
        self._attributes: dict[tuple[str, str], str] = {}
        for name, parameter in (parameters or {}).items():
            if "Default" in parameter:
                self._refs[name] = str(parameter["Default"])

    def learn(self, logical_id: str, ref: str, **attributes: str) -> None:
        """Remember what a created resource is called."""
        self._refs[logical_id] = ref
        for name, value in attributes.items():
            self._attributes[logical_id, name] = value

    def resolve(self, value: Any) -> Any:
        """Replace every function in the value."""
        if isinstance(value, list):
            return [self.resolve(item) for item in value]
        if not isinstance(value, dict):
            return value
        if len(value) != 1:
            return {name: self.resolve(item) for name, item in value.items()}
        [(name, argument)] = value.items()
        if name != "Ref" and not name.startswith("Fn::"):
            return {name: self.resolve(argument)}
        return self._call(name, argument)

    def _call(self, name: str, argument: Any) -> str:
        if name == "Ref":
            return self._ref(argument)
        if name == "Fn::GetAtt":
            parts = argument.split(".", 1) if isinstance(argument, str) else argument
            return self._attribute(*parts)
        if name == "Fn::Sub":
            return self._substitute(argument)
        if name == "Fn::Join":
            separator, items = argument
            return str(separator).join(str(self.resolve(item)) for item in items)
        raise Unresolvable(f"{name} is not known here")

    def _ref(self, logical_id: str) -> str:
        if logical_id not in self._refs:
            raise Unresolvable(f"{logical_id} does not exist here")
        return self._refs[logical_id]

    def _attribute(self, logical_id: str, name: str) -> str:
        if (logical_id, name) not in self._attributes:
            raise Unresolvable(f"{logical_id}.{name} does not exist here")
        return self._attributes[logical_id, name]

    def _substitute(self, argument: Any) -> str:
        text, values = argument if isinstance(argument, list) else (argument, {})

        def fill(place: re.Match[str]) -> str:
            escaped, name = place.groups()
            if escaped:
                return f"${{{name}}}"
            if name in values:
                return str(self.resolve(values[name]))
            return self._attribute(*name.split(".", 1)) if "." in name else self._ref(name)

        return _PLACE.sub(fill, text)
