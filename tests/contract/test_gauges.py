"""What the brakes remember, on every engine."""

from datetime import timedelta

from chalicelibs.domain.brakes import Gauge, Used
from chalicelibs.domain.progress import Progress
from tests.builders import CAMPAIGN, NOON
from tests.contract.engines import Ports

TEN = timedelta(minutes=10)


def test_a_campaign_that_never_called_has_an_empty_gauge(ports: Ports) -> None:
    assert ports.gauges.get(CAMPAIGN) == Gauge()


def test_a_gauge_is_remembered_as_it_is(ports: Ports) -> None:
    progress = Progress(calls=12, outcomes={"failed": 5}, talked=timedelta(seconds=90.5))
    seen = Gauge(at_dawn=Used(3, timedelta(milliseconds=1), {"EUR": 45_000}))
    seen = seen.after(progress, NOON, zone="UTC", window=TEN)

    ports.gauges.save(CAMPAIGN, Gauge())
    ports.gauges.save(CAMPAIGN, seen)

    assert ports.gauges.get(CAMPAIGN) == seen
