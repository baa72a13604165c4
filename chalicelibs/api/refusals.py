"""The one shape of an error, as an answer is described."""

from typing import Literal

from pydantic import Field

from chalicelibs.api.bodies import View
from chalicelibs.api.errors import body_of
from chalicelibs.domain.errors import CarillonError


class Refusal(View):
    """Why something was not done."""

    code: str = Field(description="What is wrong, in a word that programs can rely on.")
    message: str = Field(description="What is wrong, and what to do about it, for people.")
    param: str | None = Field(description="The field, or the part of the path, it is about.")
    type: Literal[
        "invalid_request_error",
        "authentication_error",
        "permission_error",
        "conflict_error",
        "rate_limit_error",
        "api_error",
    ]


class ErrorView(View):
    """What is answered where something was not done."""

    error: Refusal


def error_view(error: CarillonError) -> ErrorView:
    """An error in the midst of an answer."""
    return ErrorView.model_validate(body_of(error))
