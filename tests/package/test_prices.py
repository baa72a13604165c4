"""What a call costs is worked out of everything in the template that is paid by the call."""

from itertools import chain

import pytest

from bench import prices
from tests.package.conftest import Package

#: A contact for which every step took one run, one request and one unit.
A_STEP = {"invocations": 1.0, "requests": 1.0, "operations": {"sqs:SendMessageBatch": 1.0}}
A_CONTACT = {
    "write_units_per_contact": 1.0,
    "read_units_per_contact": 1.0,
    "log_bytes_per_contact": 1.0,
    "steps": dict.fromkeys(prices.FUNCTIONS, A_STEP)
    | {"import": {**A_STEP, "operations": {"s3:GetObject": 1.0}}},
}


def test_every_resource_is_paid_by_the_call_or_known_not_to_be(package: Package) -> None:
    kinds = {resource["Type"] for resource in package.template["Resources"].values()}

    assert kinds == prices.PAID_PER_CALL.keys() | prices.NOT_PAID_PER_CALL
    assert not prices.PAID_PER_CALL.keys() & prices.NOT_PAID_PER_CALL


def test_the_bill_has_a_row_for_all_that_is_paid_by_the_call() -> None:
    bill = prices.bill(A_CONTACT)

    assert bill.keys() == set(chain.from_iterable(prices.PAID_PER_CALL.values()))
    assert all(dollars > 0 for dollars in bill.values()), bill


def test_the_function_of_each_step_is_deployed(package: Package) -> None:
    handlers = {
        function["Handler"] for function in package.resources("AWS::Serverless::Function").values()
    }

    assert {f"app.{name}" for name in prices.FUNCTIONS.values()} <= handlers


def test_what_lambda_and_the_gateway_write_is_what_the_template_asks_for(package: Package) -> None:
    functions = package.resources("AWS::Serverless::Function")
    quiet = {
        name
        for name, function in functions.items()
        if function["LoggingConfig"].get("SystemLogLevel") == "WARN"
    }
    (stage,) = package.resources("AWS::ApiGatewayV2::Stage").values()
    form = stage["AccessLogSettings"]["Fn::If"][1]["Format"]

    assert quiet == {"ReceiveReport"}
    assert [prices.platform_log_bytes(step) for step in ("webhook", "dial")] == [0, 350]
    assert 0 < prices.access_log_bytes() < 2 * len(form)


@pytest.mark.parametrize(
    ("runs", "waits"),
    [
        pytest.param(1, 1, id="alone, there is nobody to wait with"),
        pytest.param(0.5, 0.5, id="two calls at once"),
        pytest.param(0.1, 0.1, id="ten calls at once"),
        pytest.param(0.05, 0.1, id="twenty calls, ten at once"),
        pytest.param(0.04, 0.12, id="of twenty-five calls the last five wait for the others"),
    ],
)
def test_calls_that_are_asked_for_side_by_side_wait_together(runs: float, waits: float) -> None:
    assert prices.rounds(runs) == pytest.approx(waits)
