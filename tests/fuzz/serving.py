"""The product behind HTTP, with something of everything in it."""

from collections.abc import Iterator
from contextlib import contextmanager

from chalice.config import Config

import app
from local.gateway import Gateway, GatewayServer
from local.gateway_errors import Refusals
from tests.functional.product import TEMPLATE, Acme, Product

MOST_PER_MINUTE = 100_000

#: Rows of which the second and third are rejected.
ROWS = b"phone,name\n+34600000011,Eva\n600,Ana\n+34600000011,Eva\n+34600000012,Leo\n"


@contextmanager
def served(product: Product) -> Iterator[tuple[str, str]]:
    """A URL where a product is served, and the key of a workspace that has been busy."""
    acme = product.workspace()
    (key,) = acme.shown("/keys")["keys"]
    acme.patch(f"/keys/{key['id']}", {"requests_per_minute": MOST_PER_MINUTE})
    be_busy(product, acme)
    gateway = Gateway(app.app, Config(), Refusals(TEMPLATE["Resources"]))
    server = GatewayServer(gateway, 0)
    server.begin()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", str(acme.key)
    finally:
        server.finish(within_s=10)


def be_busy(product: Product, acme: Acme) -> None:
    """Have calls that ended and one that goes on, tasks that wait, and an import with errors."""
    leads, renewals = acme.campaign(), acme.made("/campaigns", acme.batch(draft=False))["id"]
    acme.made("/campaigns", acme.batch(name="A draft"))
    source = f"s3://drop/imports/{acme.workspace_id}/{renewals}/contacts.csv"
    product.drop(source, ROWS)
    acme.pushed(leads)
    acme.pushed(leads, phone="+34600000002", retries=2)
    product.run()
    ended, missed, *_ = acme.shown("/calls/current")["calls"]
    product.ended(ended["id"])
    product.ended(missed["id"], "busy")
    product.run()
    for number in range(20):  # Many: one that was archived is good for little.
        phone = f"+346000001{number:02}"
        acme.pushed(leads, phone=phone, startAfter="2027-04-01T00:00:00Z")
        acme.campaign(name=f"Leads {number}")
    acme.made("/keys", {"name": "CRM"})
    acme.carrier()
