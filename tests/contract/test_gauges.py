"""What the brakes remember, on every engine."""

from datetime import timedelta

import pytest

from chalicelibs.domain.brakes import Brakes, Budget, FailureBrake, Gauge, Used
from chalicelibs.domain.progress import Progress
from tests.builders import CAMPAIGN, NOON
from tests.contract.engines import Ports

BRAKES = [
    Brakes(),
    Brakes(failure=None),
    Brakes(
        failure=FailureBrake(share=0.55),
        budget=Budget(attempts=5, minutes=0, cost_micros={"EUR": 2_500_000}),
    ),
]


def test_a_campaign_that_never_called_has_an_empty_gauge(ports: Ports) -> None:
    assert ports.gauges.get(CAMPAIGN) == Gauge()


@pytest.mark.parametrize("brakes", BRAKES)
def test_a_gauge_is_remembered_as_it_is(ports: Ports, brakes: Brakes) -> None:
    progress = Progress(calls=12, outcomes={"failed": 5}, talked=timedelta(seconds=90.5))
    seen = Gauge(at_dawn=Used(3, timedelta(milliseconds=1), {"EUR": 45_000}))
    seen = seen.after(progress, NOON, zone="UTC", brakes=brakes)

    ports.gauges.save(CAMPAIGN, Gauge())
    ports.gauges.save(CAMPAIGN, seen)

    assert ports.gauges.get(CAMPAIGN) == seen
    assert seen.zone == "UTC"
