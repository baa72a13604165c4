"""The product on its in-memory twins, behind the real `app.py`."""

import logging
import sys
from collections.abc import Callable, Iterator
from threading import Thread

import pytest

import app
from chalicelibs.api.log import logger
from tests.functional.carrier_process import Receiver
from tests.functional.product import Acme, Product

# It writes to the output that stands when it is made: not to that of some command, which is closed
# when the command ends.
logger()

#: All that was logged so far, every field of it, as one text.
Log = Callable[[], str]


@pytest.fixture
def product(monkeypatch: pytest.MonkeyPatch) -> Product:
    product = Product.new()
    monkeypatch.setattr(app, "service", lambda: product.service)
    monkeypatch.setitem(sys.modules, "app", app)  # the local stack's tests import another
    return product


@pytest.fixture
def acme(product: Product) -> Acme:
    return product.workspace()


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> Iterator[Log]:
    logger = logging.getLogger("carillon")
    logger.addHandler(caplog.handler)
    yield lambda: "\n".join(f"{one.__dict__} {one.exc_text}" for one in caplog.records)
    logger.removeHandler(caplog.handler)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()
