"""`python -m tests.scenarios [S1 S4 …]`: play all or those named, with a table at the end.

Those that mostly wait play side by side first; those that measure have the machine to themselves.
"""

import argparse
import sys
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor

from rich.console import Console
from rich.table import Table

from client.api import Refused
from client.transport import Unreachable
from local.settings import ROOT
from local.stack import StackError
from local.trial import Stuck
from tests.scenarios import (
    absence,
    closing,
    counting,
    crashing,
    higher_limit,
    pausing,
    two_campaigns,
)
from tests.scenarios.scenario import Scenario, Verdict

SCENARIOS = [
    one.SCENARIO
    for one in (two_campaigns, higher_limit, crashing, pausing, closing, absence, counting)
]
DATA = ROOT / ".local" / "scenarios"

#: Of the table, where nobody says how wide it may be.
WIDTH = 160

#: Complaints shown of a scenario; more say nothing new.
MOST_SHOWN = 10


def play(scenario: Scenario, console: Console) -> Verdict:
    """Play one and tell of it; one that cannot be played to its end has failed."""
    began = time.monotonic()
    console.print(f"[bold]{scenario.key}[/] {scenario.name}: {scenario.action}", highlight=False)
    try:
        result = scenario.play(DATA / scenario.key)
    except (Refused, StackError, Stuck, Unreachable) as error:
        result = Verdict(seen="it did not come to its end", wrong=[f"{error}"])
    word = "[red]failed[/]" if result.wrong else "[green]passed[/]"
    seconds = time.monotonic() - began
    console.print(f"[bold]{scenario.key}[/] {word} after {seconds:.0f} s: {result.seen}")
    for line in result.wrong[:MOST_SHOWN]:
        console.print(f"   {line}", style="red", highlight=False)
    if len(result.wrong) > MOST_SHOWN:
        console.print(f"   and {len(result.wrong) - MOST_SHOWN} more", style="red")
    return result


def play_all(scenarios: Iterable[Scenario], console: Console) -> dict[str, Verdict]:
    """Play them, those that mostly wait side by side, and gather what became of each."""
    light = [scenario for scenario in scenarios if scenario.is_light]
    with ThreadPoolExecutor() as pool:
        played = pool.map(lambda scenario: play(scenario, console), light)
        verdicts = {one.key: result for one, result in zip(light, played, strict=True)}
    for scenario in scenarios:
        if not scenario.is_light:
            verdicts[scenario.key] = play(scenario, console)
    return verdicts


def table(scenarios: Iterable[Scenario], verdicts: Mapping[str, Verdict]) -> Table:
    """What was done, expected and seen."""
    rows = Table("", "scenario", "done", "expected", "seen", "verdict", show_lines=True)
    for one in scenarios:
        result = verdicts[one.key]
        word = f"[red]failed ({len(result.wrong)})[/]" if result.wrong else "[green]passed[/]"
        rows.add_row(one.key, one.name, one.action, one.expected, result.seen, word)
    return rows


def main() -> int:
    """Play and print; 1 when one fails."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("only", nargs="*", help="such as S1 S4; all of them by default")
    only = {key.upper() for key in parser.parse_args().only}
    if unknown := only - {one.key for one in SCENARIOS}:
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    chosen = [one for one in SCENARIOS if not only or one.key in only]
    console = Console(width=None if sys.stdout.isatty() else WIDTH)
    verdicts = play_all(chosen, console)
    console.print(table(chosen, verdicts))
    return int(any(result.wrong for result in verdicts.values()))


if __name__ == "__main__":
    sys.exit(main())
