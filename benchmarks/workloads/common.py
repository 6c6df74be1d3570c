"""What the workloads have in common: the runners they declare, the targets they set themselves, and what is found."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Protocol

from interleaving import Array, Run, Timings, disagreeing, first_results, interleave

from dsl import ProgramError
from workloads import LIBRARIES


def ours(engine: str = "auto", variant: str = "") -> str:
    """What a runner of ours is called in the report."""
    name = "nn-lang" if engine == "auto" else f"nn-lang {engine}"
    return f"{name}, {variant}" if variant else name


def is_ours(name: str) -> bool:
    """Whether a runner is one of ours."""
    return name.startswith("nn-lang")


def library(name: str) -> str:
    """The library that a peer's name begins with."""
    return re.split(r"\W", name)[0]


@dataclass(frozen=True)
class Choice:
    """What is to be measured, and how thoroughly; times in seconds."""

    engines: Sequence[str] = ("auto", "numba")
    libraries: Sequence[str] = LIBRARIES
    rounds: int = 30
    batch: float = 0.02
    most: float = 90.0


# -- what is aimed at, and what is found ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Faster:
    """A target: to be at least so many times as fast as a peer."""

    times: float
    peer: str
    engine: str = "auto"

    def __str__(self) -> str:
        return (
            f"faster than {self.peer}" if self.times == 1 else f"at least {self.times:g} times as fast as {self.peer}"
        )

    def judge(self, ratio: float) -> tuple[str, bool]:
        """What the peer takes in times of ours, in words, and whether that is enough."""
        return f"{ratio:.3g} times as fast", ratio >= self.times


@dataclass(frozen=True)
class AtMost:
    """A target: to take at most so many times what a peer takes."""

    times: float
    peer: str
    engine: str = "auto"

    def __str__(self) -> str:
        return f"at most {self.times:g} times {self.peer}"

    def judge(self, ratio: float) -> tuple[str, bool]:
        """What we take in times of the peer's, in words, and whether that is little enough."""
        return f"{1 / ratio:.3g} times", 1 / ratio <= self.times


Target = Faster | AtMost


@dataclass(frozen=True)
class Row:
    """What one runner takes, in `unit`, and in times of each of ours."""

    name: str
    value: float
    unit: str
    ratios: dict[str, float] = field(default_factory=dict)
    disturbed: bool = False
    steps: int = 1
    repeated: int = 0


@dataclass(frozen=True)
class Verdict:
    """A target, what was found instead, in its words, and whether that is good enough; None where it was not measured."""

    runner: str
    wording: str
    found: str
    met: bool | None


@dataclass(frozen=True)
class Report:
    """All that was found about one workload. `left_out` are the runners that were not measured, and why."""

    name: str
    about: str
    rows: list[Row]
    verdicts: list[Verdict]
    left_out: dict[str, str] = field(default_factory=dict)
    rounds: int = 0


class Benchmark(Protocol):
    """Something that can be measured."""

    name: str
    about: str

    def measure(self, choice: Choice) -> Report:
        """Measure it."""
        ...


def judge(target: Target, rows: Sequence[Row]) -> Verdict:
    """Whether a target is met by what was measured."""
    mine = ours(target.engine)
    row = next((row for row in rows if row.name == target.peer), None)
    if row is None or mine not in row.ratios:
        return Verdict(mine, str(target), "not measured", None)
    return Verdict(mine, str(target), *target.judge(row.ratios[mine]))


# -- steps that are timed in turns ---------------------------------------------------------------------------------------------


class Workload:
    """The same steps made by several runners, each declared by a function that gives one ready to run.

    Before anything is timed, their first results have to agree to `tolerance` times the largest element.
    """

    def __init__(self, name: str, about: str, tolerance: float, targets: Sequence[Target] = ()) -> None:
        self.name = name
        self.about = about
        self.tolerance = tolerance
        self.targets = tuple(targets)
        self.variants: dict[str, Callable[[str], Run]] = {}
        self.peers: dict[str, Callable[[], Run]] = {}

    def ours(self, variant: str = "") -> Callable[[Callable[[str], Run]], Callable[[str], Run]]:
        """Declare a way in which we make the steps, given the engine."""

        def declare(make: Callable[[str], Run]) -> Callable[[str], Run]:
            self.variants[variant] = make
            return make

        return declare

    def peer(self, name: str) -> Callable[[Callable[[], Run]], Callable[[], Run]]:
        """Declare a peer; its name begins with its library's."""

        def declare(make: Callable[[], Run]) -> Callable[[], Run]:
            self.peers[name] = make
            return make

        return declare

    def measure(self, choice: Choice) -> Report:
        """Time all the runners that are there and agree."""
        runs, left_out = self.ready(choice)
        timings = interleave(runs, choice.rounds, choice.batch, choice.most)
        rows = list(_rows(timings))
        verdicts = [judge(target, rows) for target in self.targets]
        rounds = max((len(batches) for batches in timings.batches.values()), default=0)
        return Report(self.name, self.about, rows, verdicts, left_out, rounds)

    def ready(self, choice: Choice) -> tuple[dict[str, Run], dict[str, str]]:
        """The runners that are there and agree, after a few steps, and of the others why they are left out."""
        runs: dict[str, Run] = {}
        results: dict[str, list[Array]] = {}
        left_out: dict[str, str] = {}
        for name, make in self.chosen(choice):
            if not is_ours(name) and not find_spec(library(name)):
                left_out[name] = f"{library(name)} is not installed"
                continue
            try:
                runs[name] = make()
                results[name] = first_results(runs[name])
            except ImportError as error:
                left_out[name] = f"{error.name or 'something it needs'} is not installed"
            except ProgramError as error:
                left_out[name] = error.diagnostics[0].message
        differing = disagreeing(results, self.tolerance)
        left_out |= {name: f"does not agree: {difference}" for name, difference in differing.items()}
        return {name: run for name, run in runs.items() if name not in left_out}, left_out

    def chosen(self, choice: Choice) -> Iterator[tuple[str, Callable[[], Run]]]:
        """The runners that are to take part, ours first, each with what makes it."""
        for variant, make_ours in self.variants.items():
            for engine in choice.engines:
                yield ours(engine, variant), lambda make_ours=make_ours, engine=engine: make_ours(engine)
        for name, make in self.peers.items():
            if library(name) in choice.libraries:
                yield name, make


def _rows(timings: Timings) -> Iterator[Row]:
    bases = [name for name in timings.batches if is_ours(name) and "," not in name]
    for name in timings.batches:
        yield Row(
            name,
            timings.seconds(name),
            "s",
            {base: timings.ratio(name, base) for base in bases if base != name},
            timings.is_disturbed(name, *bases[:1]),
            timings.steps[name],
            timings.repeated[name],
        )
