"""Brakes and budgets as JSON."""

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from chalicelibs.api.bodies import Body, View, Whole
from chalicelibs.domain.brakes import Brakes, Budget, FailureBrake, money
from chalicelibs.domain.call import CURRENCY, MICROS

AMOUNT = r"^[0-9]{1,9}(\.[0-9]{1,6})?$"


def _currencies(amounts: dict[str, str]) -> dict[str, str]:
    for currency in amounts:
        if not CURRENCY.fullmatch(currency):
            raise ValueError("a currency is three capital letters, like EUR")
    return amounts


Amounts = Annotated[
    dict[str, Annotated[str, Field(pattern=AMOUNT)]],
    AfterValidator(_currencies),
    Field(max_length=10, description='Like `{"EUR": "25.00"}`, as carriers report it.'),
]


class FailureBrakeBody(Body):
    """Pause the campaign when so large a share of its latest calls has failed."""

    share: float = Field(default=0.8, gt=0, le=1, description="Of `failed` and `init_failed`.")
    least_calls: Whole = Field(default=30, ge=1, le=100_000, description="Fewer say nothing.")
    window_s: Whole = Field(default=600, ge=60, le=86_400, description="How far back calls count.")

    def to_domain(self) -> FailureBrake:
        """The brake."""
        return FailureBrake(
            share=self.share,
            least_calls=self.least_calls,
            window=timedelta(seconds=self.window_s),
        )


class DailyBudget(Body):
    """What the campaign may use in one day of its time zone."""

    attempts: Annotated[Whole, Field(ge=1, le=10**9)] | None = None
    minutes: Annotated[Whole, Field(ge=1, le=10**9)] | None = Field(
        None, description="Of conversation."
    )
    cost: Amounts = Field(default_factory=dict)

    def to_domain(self) -> Budget:
        """The budget."""
        micros = {currency: int(Decimal(text) * MICROS) for currency, text in self.cost.items()}
        return Budget(attempts=self.attempts, minutes=self.minutes, cost_micros=micros)


class FailureBrakeView(View):
    """When failing calls pause the campaign."""

    share: float
    least_calls: int
    window_s: float


class DailyBudgetView(View):
    """What the campaign may use in one day of its time zone; null: no bound."""

    attempts: int | None
    minutes: int | None
    cost: dict[str, str]


def brakes_of(named: Mapping[str, Any], old: Brakes) -> Brakes:
    """The brakes that follow from what is named of them."""
    failure, budget = old.failure, old.budget
    if "failure_brake" in named:
        asked: FailureBrakeBody | None = named["failure_brake"]
        failure = None if asked is None else asked.to_domain()
    if "daily_budget" in named:
        spent: DailyBudget | None = named["daily_budget"]
        budget = Budget() if spent is None else spent.to_domain()
    return Brakes(failure=failure, budget=budget)


def failure_view(brake: FailureBrake | None) -> FailureBrakeView | None:
    """The brake for failing calls."""
    if brake is None:
        return None
    return FailureBrakeView(
        share=brake.share,
        least_calls=brake.least_calls,
        window_s=brake.window.total_seconds(),
    )


def budget_view(budget: Budget) -> DailyBudgetView:
    """A day's budget."""
    cost = {currency: money(micros) for currency, micros in sorted(budget.cost_micros.items())}
    return DailyBudgetView(attempts=budget.attempts, minutes=budget.minutes, cost=cost)
