"""What the gateway itself answers when it refuses a request, in the words of the template."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A refusal ready to be sent."""

    status: int
    body: bytes
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Default:
    status: int
    code: str
    message: str
    type: str


#: By API Gateway's response type; used where the template has no entry.
_DEFAULTS = {
    "UNAUTHORIZED": _Default(
        status=401,
        code="unauthorized",
        message="Send your API key: Authorization: Bearer <key>.",
        type="authentication_error",
    ),
    "ACCESS_DENIED": _Default(
        status=403,
        code="forbidden",
        message="This API key is unknown, or may not do this.",
        type="permission_error",
    ),
    "MISSING_AUTHENTICATION_TOKEN": _Default(
        status=404,
        code="not_found",
        message="There is no such route.",
        type="invalid_request_error",
    ),
    # No type of API Gateway's: whatever stands before it lets no such method through.
    "METHOD_NOT_ALLOWED": _Default(
        status=405,
        code="method_not_allowed",
        message="No route takes this method.",
        type="invalid_request_error",
    ),
    "REQUEST_TOO_LARGE": _Default(
        status=413,
        code="request_too_large",
        message="The body is larger than 10 MB.",
        type="invalid_request_error",
    ),
    "DEFAULT_4XX": _Default(
        status=400,
        code="bad_request",
        message="The request could not be understood.",
        type="invalid_request_error",
    ),
    "DEFAULT_5XX": _Default(
        status=500,
        code="internal_error",
        message="Something went wrong on our side.",
        type="api_error",
    ),
}


class Refusals:
    """The gateway's refusals, read from the template."""

    def __init__(self, resources: Mapping[str, Any]) -> None:
        self._entries: dict[str, Mapping[str, Any]] = {
            resource["Properties"]["ResponseType"]: resource["Properties"]
            for resource in resources.values()
            if resource.get("Type") == "AWS::ApiGateway::GatewayResponse"
        }
        # SAM's shorter way to say the same.
        api = resources.get("RestAPI", {}).get("Properties", {})
        self._entries |= api.get("GatewayResponses", {})

    def of(self, kind: str, *, request_id: str = "") -> Refusal:
        """Render the refusal of API Gateway's response type `kind`."""
        default = _DEFAULTS.get(kind) or _DEFAULTS[_family(kind)]
        own = self._entries.get(kind)
        entry = own or self._entries.get(_family(kind), {})
        template = entry.get("ResponseTemplates", {}).get("application/json", _body(default))
        # A DEFAULT_4XX entry lends its body to another type, but not its status.
        status = int((own or {}).get("StatusCode", default.status))
        body = _fill(template, kind=kind, message=default.message, request_id=request_id)
        return Refusal(status=status, body=body.encode(), headers=_headers(entry))


def _family(kind: str) -> str:
    five = kind in {"AUTHORIZER_FAILURE", "AUTHORIZER_CONFIGURATION_ERROR", "DEFAULT_5XX"}
    return "DEFAULT_5XX" if five else "DEFAULT_4XX"


def _body(default: _Default) -> str:
    return json.dumps(
        {
            "error": {
                "code": default.code,
                "message": default.message,
                "param": None,
                "type": default.type,
            }
        }
    )


def _fill(template: str, *, kind: str, message: str, request_id: str) -> str:
    values = {
        "error.message": message,
        "error.messageString": json.dumps(message),
        "error.responseType": kind,
        "requestId": request_id,
    }
    return re.sub(
        r"\$context\.(error\.messageString|error\.message|error\.responseType|requestId)",
        lambda place: values[place[1]],
        template,
    )


def _headers(entry: Mapping[str, Any]) -> dict[str, str]:
    prefix = "gatewayresponse.header."
    return {
        name.removeprefix(prefix): value.strip("'")
        for name, value in entry.get("ResponseParameters", {}).items()
        if name.startswith(prefix)
    }
