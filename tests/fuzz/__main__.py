"""Explore the product in memory, or a service that runs: `python -m tests.fuzz [URL KEY]`."""

import argparse
import sys
from time import monotonic

import app
from chalicelibs.api.log import logger
from tests.functional.product import Product
from tests.fuzz.exploring import Findings, explore
from tests.fuzz.serving import served


def explore_memory(examples: int) -> Findings:
    """Explore the product in memory."""
    product = Product.new()
    logger().setLevel("ERROR")
    app.service = lambda: product.service
    with served(product) as (url, key):
        return explore(url, key, examples=examples)


def main() -> None:
    """Print what is wrong and how to ask for it, and one line at the end."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("url", nargs="?", help="where a service runs; default: one in memory")
    parser.add_argument("key", nargs="?", help="a workspace's key")
    parser.add_argument("--examples", type=int, default=200, help="of each operation and phase")
    args = parser.parse_args()
    began = monotonic()
    if args.url is None:
        found = explore_memory(args.examples)
    else:
        found = explore(args.url, args.key, examples=args.examples)
    print(*found.wrong, sep="\n\n", end="\n\n" if found.wrong else "")
    took = monotonic() - began
    print(f"{found.requests} requests, {len(found.wrong)} wrong answers ({took:.0f} s)")
    sys.exit(bool(found.wrong))


if __name__ == "__main__":
    main()
