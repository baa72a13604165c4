"""The carriers that a workspace brings."""

from chalicelibs.api import examples
from chalicelibs.api.carriers import (
    CarriersView,
    CarrierView,
    HttpCarrier,
    RetellCarrier,
    SignalWireCarrier,
    TelnyxCarrier,
    TwilioCarrier,
    VapiCarrier,
)
from chalicelibs.api.operations.operation import Operation

CARRIERS = (
    Operation(
        name="list_carriers",
        method="GET",
        path="/workspace/carriers",
        tag="Carriers",
        summary="List the carriers that the workspace brings",
        answers={200: (CarriersView,)},
    ),
    Operation(
        name="get_carrier",
        method="GET",
        path="/workspace/carriers/{name}",
        tag="Carriers",
        summary="Show a carrier, and whether it is asked for calls",
        answers={200: (CarrierView,)},
    ),
    Operation(
        name="set_carrier",
        method="PUT",
        path="/workspace/carriers/{name}",
        tag="Carriers",
        summary="Set a carrier up, or anew",
        description="Secrets are named and never sent: store them first (docs/carriers.md). It "
        "counts from the next call on; a carrier that was paused is asked again.",
        body=(
            TwilioCarrier,
            SignalWireCarrier,
            TelnyxCarrier,
            RetellCarrier,
            VapiCarrier,
            HttpCarrier,
        ),
        examples=examples.CARRIER,
        answers={200: (CarrierView,)},
        also=frozenset({409}),
    ),
    Operation(
        name="remove_carrier",
        method="DELETE",
        path="/workspace/carriers/{name}",
        tag="Carriers",
        summary="Forget a carrier",
        description="While agents or numbers name it: 409.",
        answers={200: (CarrierView,)},
        also=frozenset({409}),
    ),
    Operation(
        name="resume_carrier",
        method="POST",
        path="/workspace/carriers/{name}/resume",
        tag="Carriers",
        summary="Ask a carrier again that rests or is paused",
        description="Repeating it changes nothing. It takes no body.",
        answers={200: (CarrierView,)},
    ),
)
