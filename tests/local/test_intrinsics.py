from typing import Any

import pytest

from local.intrinsics import Resolver, Unresolvable


def a_resolver() -> Resolver:
    resolver = Resolver(
        {"Stage": {"Type": "String", "Default": "dev"}, "Bare": {"Type": "String"}}
    )
    resolver.learn("Calls", "http://queue/calls", Arn="arn:calls", QueueName="calls")
    return resolver


@pytest.mark.parametrize(
    ("value", "meaning"),
    [
        pytest.param("text", "text", id="a plain value stays"),
        pytest.param({"Ref": "Calls"}, "http://queue/calls", id="a resource"),
        pytest.param({"Ref": "Stage"}, "dev", id="a parameter's default"),
        pytest.param({"Ref": "AWS::Region"}, "us-east-1", id="a pseudo parameter"),
        pytest.param({"Fn::GetAtt": ["Calls", "Arn"]}, "arn:calls", id="an attribute"),
        pytest.param({"Fn::GetAtt": "Calls.Arn"}, "arn:calls", id="an attribute, short"),
        pytest.param({"Fn::Sub": "${Calls.Arn}"}, "arn:calls", id="an attribute in a text"),
        pytest.param(
            {"Fn::Sub": "x-${Stage}-${AWS::AccountId}"}, "x-dev-000000000000", id="names"
        ),
        pytest.param({"Fn::Sub": ["${a}", {"a": {"Ref": "Stage"}}]}, "dev", id="own names"),
        pytest.param({"Fn::Sub": "${!Stage}"}, "${Stage}", id="an escaped place"),
        pytest.param({"Fn::Join": ["-", ["a", {"Ref": "Stage"}]]}, "a-dev", id="a join"),
        pytest.param({"a": [{"Ref": "Stage"}]}, {"a": ["dev"]}, id="nested"),
    ],
)
def test_a_value_is_worked_out(value: Any, meaning: Any) -> None:
    assert a_resolver().resolve(value) == meaning


@pytest.mark.parametrize(
    "value",
    [
        {"Ref": "RestAPI"},
        {"Ref": "Bare"},
        {"Fn::GetAtt": ["Calls", "Colour"]},
        {"Fn::Sub": "https://${RestAPI}"},
        {"Fn::If": ["A", "b", "c"]},
    ],
)
def test_what_exists_only_in_the_cloud_is_said_to_be_unresolvable(value: Any) -> None:
    with pytest.raises(Unresolvable):
        a_resolver().resolve(value)
