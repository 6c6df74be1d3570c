"""Several ways to do the same work, timed in turns: how long a step of each takes, and how many times that of another.

On a machine that does other work at the same time, and whose clock speed changes, two times taken a minute apart cannot be
compared. So all runners take turns with short batches of steps, a batch during which other processes ran is repeated, and what
is told is the median over the rounds of the ratio within a round.
"""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

Run = Callable[[int], Any]
"""Makes so many steps, and gives what the last one computed: a number, an array, or a tuple of these."""
Array = npt.NDArray[np.float64]

PAUSE = 0.1
"""Seconds to wait before a batch is repeated; the next time twice as long."""
MOST_BUSY = 0.05
"""The share of a batch's time that other processes may have run for."""
ATTEMPTS = 4
"""How often a batch is measured, at most, until one is undisturbed."""
FEWEST = 3
"""The fewest undisturbed rounds that are enough; with less, the disturbed ones count too."""


class Machine(Protocol):
    """What is needed of a machine to measure on it; all in seconds."""

    def now(self) -> float:
        """The time."""
        ...

    def settle(self) -> None:
        """Wait until no thread of this process runs."""
        ...

    def pause(self, seconds: float) -> None:
        """Let time pass."""
        ...

    def others(self) -> float:
        """How long all other processes have run until now, since whenever."""
        ...


class ThisMachine:
    """The clock, and what Linux tells of the other processes; elsewhere every batch counts as undisturbed."""

    def __init__(self) -> None:
        self._own = str(os.getpid())
        self._seen: dict[str, int] = {}
        self._others = 0

    def now(self) -> float:
        """The time."""
        return time.perf_counter()

    def settle(self) -> None:
        """Wait until the threads of linear algebra libraries sleep, which spin for 0.1 s when their work is done."""
        for _ in range(50):
            before = time.process_time()
            time.sleep(0.01)
            if time.process_time() - before < 0.001:
                break

    def pause(self, seconds: float) -> None:
        """Sleep."""
        time.sleep(seconds)

    def others(self) -> float:
        """The time of all other tasks, counted from when they were first seen, and what a hypervisor took away."""
        tasks = dict(self._tasks())
        if self._seen:
            self._others += sum(ran - self._seen.get(task, 0) for task, ran in tasks.items())
        self._seen = tasks
        return self._others / 1e9 + _stolen()

    def _tasks(self) -> list[tuple[str, int]]:
        """The tasks of other processes, each with the nanoseconds that it has run."""
        found: list[tuple[str, int]] = []
        for process in Path("/proc").glob("[0-9]*"):
            if process.name == self._own:
                continue
            try:
                for task in os.listdir(process / "task"):
                    found.append((task, int((process / "task" / task / "schedstat").read_text().split()[0])))
            except OSError:  # it has ended, or this system tells nothing
                continue
        return found


def _stolen() -> float:
    """The seconds that the hypervisor gave to other machines while this one wanted to run."""
    try:
        with open("/proc/stat") as file:
            return int(file.readline().split()[8]) / os.sysconf("SC_CLK_TCK")
    except (OSError, IndexError):
        return 0.0


# -- do they compute the same? -------------------------------------------------------------------------------------------------


def first_results(run: Run) -> list[Array]:
    """What a runner computes in its first, second and fifth step."""
    results: list[Array] = []
    for steps in (1, 1, 3):
        result = run(steps)
        results += [np.array(part, np.float64) for part in (result if isinstance(result, tuple) else (result,))]
    return results


def disagreeing(results: Mapping[str, Sequence[Array]], tolerance: float) -> dict[str, str]:
    """Those whose results differ from what most say, each with its first difference.

    Results may differ by `tolerance` times the largest element. Where no majority agrees, the first runner's word is taken.
    """
    friends = {
        name: sum(not _difference(own, others, tolerance) for others in results.values())
        for name, own in results.items()
    }
    right = results[max(friends, key=lambda name: friends[name])] if results else []
    differences = {name: _difference(own, right, tolerance) for name, own in results.items()}
    return {name: difference for name, difference in differences.items() if difference}


def _difference(own: Sequence[Array], right: Sequence[Array], tolerance: float) -> str:
    """The first difference between two lists of results, in words; empty when they agree."""
    for place, (a, b) in enumerate(zip(own, right, strict=True), 1):
        if a.shape != b.shape:
            return f"result {place} has the shape {list(a.shape)}, not {list(b.shape)}"
        largest = float(np.max(np.abs(b), initial=0.0))
        error = float(np.max(np.abs(a - b), initial=0.0))
        if not error <= tolerance * largest:
            return f"result {place} differs by {error:.3g} where the largest element is {largest:.6g}"
    return ""


# -- taking turns --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Batch:
    """One batch: the seconds a step took, and the share of the time that other processes ran for."""

    seconds: float
    busy: float = 0.0

    @property
    def undisturbed(self) -> bool:
        """Whether hardly anything else ran."""
        return self.busy <= MOST_BUSY


@dataclass(frozen=True)
class Timings:
    """What was measured: by name one batch a round, the steps in a batch, and how many batches had to be repeated."""

    batches: dict[str, list[Batch]]
    steps: dict[str, int]
    repeated: dict[str, int]

    def seconds(self, name: str) -> float:
        """The median time of a step."""
        return median(batch.seconds for (batch,) in self._rounds(name))

    def ratio(self, name: str, base: str) -> float:
        """The median over the rounds of the step's time, in times that of another in the same round."""
        return median(one.seconds / other.seconds for one, other in self._rounds(name, base))

    def is_disturbed(self, *names: str) -> bool:
        """Whether there were too few rounds in which these were left undisturbed."""
        return sum(_undisturbed(each) for each in self._all(names)) < FEWEST

    def _rounds(self, *names: str) -> list[tuple[Batch, ...]]:
        every = self._all(names)
        return every if self.is_disturbed(*names) else [each for each in every if _undisturbed(each)]

    def _all(self, names: Sequence[str]) -> list[tuple[Batch, ...]]:
        return list(zip(*(self.batches[name] for name in names), strict=True))


def _undisturbed(batches: Sequence[Batch]) -> bool:
    return all(batch.undisturbed for batch in batches)


def interleave(
    runs: Mapping[str, Run], rounds: int, batch_seconds: float, most_seconds: float, machine: Machine | None = None
) -> Timings:
    """Time the runners in turns, a batch of about `batch_seconds` each in every round.

    There are so many rounds, or as many (and no less than three) as `most_seconds` leave time for. Each round begins with
    another runner.
    """
    machine = machine or ThisMachine()
    names = list(runs)
    steps = {name: batch_size(run, batch_seconds, machine) for name, run in runs.items()}
    timings = Timings({name: [] for name in names}, steps, dict.fromkeys(names, 0))
    start = machine.now()
    gc.collect()
    gc.freeze()  # the libraries' own objects: a runner that makes garbage is not to pay for walking through them
    try:
        for turn in range(rounds):
            if turn >= FEWEST and machine.now() - start > most_seconds:
                break
            for place in range(len(names)):
                name = names[(turn + place) % len(names)]
                batch = _time(runs[name], steps[name], machine)
                for attempt in range(ATTEMPTS - 1):
                    if batch.undisturbed:
                        break
                    machine.pause(PAUSE * 2**attempt)
                    batch = _time(runs[name], steps[name], machine)
                    timings.repeated[name] += 1
                timings.batches[name].append(batch)
    finally:
        gc.unfreeze()
    return timings


def batch_size(run: Run, batch_seconds: float, machine: Machine) -> int:
    """How many steps take about so long, at least one."""
    steps = 1
    while True:
        taken = min(_seconds(run, steps, machine) for _ in range(2))
        if taken >= batch_seconds / 4:
            return max(1, round(steps * batch_seconds / taken))
        steps *= 2


def _seconds(run: Run, steps: int, machine: Machine) -> float:
    start = machine.now()
    run(steps)
    return machine.now() - start


def _time(run: Run, steps: int, machine: Machine) -> Batch:
    machine.settle()
    ran_before = machine.others()
    if steps > 1:
        run(steps // 10 + 1)  # wakes its threads, and fills the caches
    taken = _seconds(run, steps, machine)
    return Batch(taken / steps, (machine.others() - ran_before) / taken)
