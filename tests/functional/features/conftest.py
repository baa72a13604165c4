"""The stage of these tests."""

import pytest

from tests.functional.features.scene import Scene
from tests.functional.product import Acme, Product


@pytest.fixture
def scene(product: Product, acme: Acme) -> Scene:
    return Scene(product, acme)
