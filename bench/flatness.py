"""Whether a process stays as large as it was: memory and handles, from samples of its life."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from statistics import median

#: A life with fewer samples says nothing: it ends while caches still fill.
FEWEST_SAMPLES = 20

#: What a process may grow by that keeps no data, of what it had.
MOST_GROWTH = 0.10

#: Handles come and go with connections; so many more in the last quarter are no leak.
MOST_HANDLES = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One process at one moment."""

    part: str
    pid: int
    at_s: float
    rss_kib: int
    handles: int
    done: int  #: Contacts that were done with by then.


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """One process between the second and the last quarter of its samples, by their medians."""

    part: str
    pid: int
    seconds: float
    rss_kib: tuple[int, int]
    handles: tuple[int, int]
    contacts: int  #: Done with in between.

    @property
    def growth(self) -> float:
        """How much larger it became, of what it was."""
        before, after = self.rss_kib
        return (after - before) / before

    @property
    def kib_per_contact(self) -> float:
        """How much larger it became for each contact that was done with."""
        before, after = self.rss_kib
        return (after - before) / max(self.contacts, 1)


def sample(part: str, pid: int, *, at_s: float, done: int) -> Sample | None:
    """Look at a process; None when it is gone."""
    proc = Path(f"/proc/{pid}")
    try:
        handles = len(list((proc / "fd").iterdir()))
        status = (proc / "status").read_text()
    except OSError:
        return None
    rss = next((line for line in status.splitlines() if line.startswith("VmRSS:")), None)
    if rss is None:
        return None
    rss_kib = int(rss.split()[1])
    return Sample(part=part, pid=pid, at_s=at_s, rss_kib=rss_kib, handles=handles, done=done)


def lives(samples: Iterable[Sample]) -> list[Life]:
    """Each process that lived long enough to be judged, the longest-lived of each part first."""

    def whose(one: Sample) -> tuple[str, int]:
        return one.part, one.pid

    found = [life_of(list(own)) for _, own in groupby(sorted(samples, key=whose), key=whose)]
    judged = [life for life in found if life is not None]
    return sorted(judged, key=lambda life: (life.part, -life.seconds))


def life_of(samples: Sequence[Sample]) -> Life | None:
    """One process's life, in the order of its samples; None when it was too short."""
    if len(samples) < FEWEST_SAMPLES:
        return None
    quarter = len(samples) // 4
    second, last = samples[quarter : 2 * quarter], samples[-quarter:]
    return Life(
        part=samples[0].part,
        pid=samples[0].pid,
        seconds=samples[-1].at_s - samples[0].at_s,
        rss_kib=(middle(one.rss_kib for one in second), middle(one.rss_kib for one in last)),
        handles=(middle(one.handles for one in second), middle(one.handles for one in last)),
        contacts=middle(one.done for one in last) - middle(one.done for one in second),
    )


def middle(values: Iterable[int]) -> int:
    """The median, as a whole number."""
    return round(median(values))


def growths(found: Iterable[Life], kept_kib: Mapping[str, float]) -> Iterator[str]:
    """What grew that should not have, in words.

    `kept_kib` says for each part that keeps its data in memory how much a contact may take there;
    a part that is not named keeps nothing.
    """
    for life in found:
        before, after = life.handles
        if after > before + MOST_HANDLES:
            yield f"{life.part} {life.pid} has {after} handles, it had {before}"
        allowed = kept_kib.get(life.part)
        if allowed is None and life.growth > MOST_GROWTH:
            yield f"{life.part} {life.pid} grew by {life.growth:.0%} to {life.rss_kib[1]} KiB"
        if allowed is not None and life.kib_per_contact > allowed:
            yield (
                f"{life.part} {life.pid} grew by {life.kib_per_contact:.1f} KiB a contact, "
                f"{allowed:g} are its data"
            )
