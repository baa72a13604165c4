"""The service keeps to its own description, whatever Schemathesis asks it."""

import pytest

from tests.functional.described import PATHS
from tests.functional.product import Product
from tests.fuzz.exploring import explore
from tests.fuzz.serving import served

#: Only the operator's key opens workspaces; no signature is guessed, nor the version of a file.
BEYOND_IT = {
    *("POST /workspaces", "GET /docs/{version}/{file}", "POST /webhooks/{carrier}"),
    *(
        "POST /webhooks/{carrier}/{workspace_id}",
        "POST /webhooks/{carrier}/{workspace_id}/{call_id}",
    ),
    "GET /console/assets/{file}",
}

#: Chance seldom finds a lead and its own campaign, a batch that takes files, agent and number.
SELDOM = {
    "GET /campaigns/{campaign_id}/leads/{lead_id}",
    "GET /api/v1/campaigns/{campaign_id}/leads/{lead_id}",
    "POST /campaigns/{campaign_id}/imports",
    "POST /api/v1/campaigns",
}


#: Of the operations so many did, at least once, what was asked of them; the rest is chance.
MOSTLY = 0.8


@pytest.mark.slow
@pytest.mark.filterwarnings("default")  # Schemathesis warns of itself
def test_no_answer_is_an_error_of_ours_or_one_that_the_description_forbids(
    product: Product,
) -> None:
    operations = {f"{method.upper()} {path}" for path, item in PATHS.items() for method in item}

    with served(product) as (url, key):
        found = explore(url, key, examples=8, is_repeatable=True)

    assert not found.wrong, "\n\n".join(found.wrong)
    reached = len(found.answered & operations) / len(operations - BEYOND_IT - SELDOM)
    assert reached > MOSTLY, "it reached what lies behind the first refusal"
