import pytest

from chalicelibs.domain.context import MOST_BYTES, UnusableContext, check_context


@pytest.mark.parametrize(
    "context",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"name": ""}, id="an empty value"),
        pytest.param({"due date": "1 May"}, id="a space in a name"),
        pytest.param({"n": "x" * (MOST_BYTES - 1)}, id="as large as allowed"),
    ],
)
def test_a_usable_context(context: dict[str, str]) -> None:
    check_context(context)


@pytest.mark.parametrize(
    "context",
    [
        pytest.param({"": "Ana"}, id="a value without a name"),
        pytest.param({"n": "x" * MOST_BYTES}, id="one byte too large"),
        pytest.param({"n": "ä" * (MOST_BYTES // 2)}, id="too large in UTF-8"),
        pytest.param({"n" * MOST_BYTES: "x"}, id="too large in names"),
    ],
)
def test_an_unusable_context_is_refused(context: dict[str, str]) -> None:
    with pytest.raises(UnusableContext) as refusal:
        check_context(context)

    assert refusal.value.param == "context"
