"""How fast programs are read and checked, against Python's own parser on texts of equal length, and how fast `nn` starts.

    python benchmarks/front_end.py --lines 100000 --json front_end.json

Everything is measured in turn within each repeat, and the median over the repeats is told: on a machine that does other
work at the same time, only the ratios mean much. `benchmarks/README.md` says what was measured.
"""

from __future__ import annotations

import argparse
import ast
import gc
import json
import os
import platform
import random
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from time import perf_counter

from dsl.language.parser import parse
from dsl.language.program import elaborate
from dsl.source.text import Source

TOP = Path(__file__).resolve().parent.parent
RECENT = 50
"""How far back in a program the values that a line uses may have been made."""


# -- programs ------------------------------------------------------------------------------------------------------------------


def scalars(lines: int) -> str:
    """Arithmetic on scalars, as a user writes a formula down step by step."""
    head = ["dtype f64", "parameter w = 0.5", "parameter b = -0.25", "placeholder x = 1.5"]
    forms = [
        "{v} = {a} * {b} + {c}",
        "{v} = ({a} - {b}) * 0.25 / (1 + {c} ** 2)",
        "{v} = tanh({a} * 0.5 - {b})",
        "{v} = maximum({a}, {b}) - 0.125 * {c}",
        "{v} = {a} * {b} - {c} / 3.5",
    ]
    return _program(head, forms, ["w", "b", "x"], lines)


def arrays(lines: int) -> str:
    """Matrix products, pipes, calls with keywords, indexing."""
    head = [
        "dim batch",
        "placeholder x: [batch, 8]",
        "parameter w: [8, 8] ~ glorot_uniform()",
        "parameter b: [8] = 0",
    ]
    forms = [
        "{v} = {a} * {b} + {c}",
        "{v} = {a} @ w + b",
        "{v} = {a} |> relu",
        "{v} = sigmoid({a} - {b}) * {c}",
        "{v} = {a} - mean({b}, axis=1, keepdims=true)",
        "{v} = where({a} > 0, {b}, {c} * 0.5)",
        "{v} = {a} |> linear(w, b) |> tanh",
        "{v} = concatenate([{a}[:, 0:4], {b}[:, 4:8]], axis=1)",
    ]
    return _program(head, forms, ["x"], lines)


def functions(lines: int) -> str:
    """Many small functions, each used once."""
    text = ["placeholder x: [16] = 0", "value_0 = x + 1"]
    for index in range(1, (lines - len(text)) // 5 + 1):
        text += [
            f"def step_{index}(left, right, scale=0.5) {{",
            "    middle = scale * left + right",
            "    return tanh(middle) - left",
            "}",
            f"value_{index} = step_{index}(value_{index - 1}, x, scale=0.25)",
        ]
    return "\n".join(text) + "\n"


def layers(lines: int) -> str:
    """Standard layers in pipes, each with parameters of its own."""
    head = ["dim batch", "placeholder x: [batch, 8]"]
    forms = ["{v} = {a} |> Dense(8) |> relu", "{v} = {a} |> Dense(8, bias=false)", "{v} = {a} + {b}"]
    return _program(head, forms, ["x"], lines)


def long_expressions(lines: int) -> str:
    """Expressions of ten lines each, in brackets."""
    text = ["placeholder x = 0.5", "value_0 = x"]
    for index in range(1, (lines - len(text)) // 10 + 1):
        terms = [f"    + 0.5 * x ** {term} - sin(x / {index})" for term in range(8)]
        text += [f"value_{index} = (value_{index - 1}", *terms, ")"]
    return "\n".join(text) + "\n"


SHAPES: dict[str, Callable[[int], str]] = {
    shape.__name__: shape for shape in (scalars, arrays, functions, layers, long_expressions)
}


def _program(head: list[str], forms: list[str], names: list[str], lines: int) -> str:
    chosen, text, values = random.Random(0), list(head), list(names)
    for index in range(lines - len(head)):
        a, b, c = (values[-1 - chosen.randrange(min(len(values), RECENT))] for _ in range(3))
        values.append(f"value_{index}")
        text.append(chosen.choice(forms).format(v=values[-1], a=a, b=b, c=c))
    return "\n".join(text) + "\n"


def as_python(text: str) -> str:
    """A Python program of the same lines, letter for letter as long, and with the same structure."""
    text = text.replace("|>", "| ").replace("~", "=").replace(") {", ") :")
    text = re.sub(r"^\}", "0", text, flags=re.MULTILINE)
    return re.sub(r"^(dtype|dim|parameter|placeholder) ", r"\1_", text, flags=re.MULTILINE)


# -- measuring -----------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Measured:
    """One number: the median over the repeats, and the limit that the project has set itself."""

    name: str
    value: float
    unit: str
    limit: float | None = None


def seconds(work: Callable[[], object]) -> float:
    """How long some work takes, from a clean slate; what it makes is thrown away outside the measurement."""
    gc.collect()
    start = perf_counter()
    made = work()
    taken = perf_counter() - start
    del made
    return taken


def parse_and_walk(text: str) -> None:
    for _ in ast.walk(ast.parse(text)):
        pass


def reading(shape: str, lines: int, repeats: int) -> Iterator[Measured]:
    """Parsing and elaboration of one kind of program."""
    text = SHAPES[shape](lines)
    python = as_python(text)
    assert len(python) == len(text)
    lines = text.count("\n")
    model = elaborate(Source(text))
    assert not model.errors
    nodes = len(model.graph.nodes)
    del model
    parsing, walking, elaborating = [], [], []
    for _ in range(repeats):
        parsing.append(seconds(lambda: parse(Source(text))))
        walking.append(seconds(lambda: parse_and_walk(python)))
        elaborating.append(seconds(lambda: elaborate(Source(text))))
    yield Measured(f"{shape}: letters a line", len(text) / lines, "")
    yield Measured(f"{shape}: parse", median(parsing) / lines * 1e6, "µs/line")
    yield Measured(f"{shape}: ast.parse and walk", median(walking) / lines * 1e6, "µs/line")
    yield Measured(f"{shape}: ratio", median(a / b for a, b in zip(parsing, walking, strict=True)), "", 2.5)
    yield Measured(f"{shape}: nodes a line", nodes / lines, "")
    taken = median(whole - part for whole, part in zip(elaborating, parsing, strict=True))
    yield Measured(f"{shape}: elaborate", taken / nodes * 1e6, "µs/node", 100)


def starting(repeats: int) -> Iterator[Measured]:
    """Whole processes, from the shell's call to their end. Bytecode is kept, as it is where a package is installed."""
    commands = {
        "python -c pass": ["-c", "pass"],
        "python -c 'import numpy'": ["-c", "import numpy"],
        "nn --help": ["-m", "dsl.app.main", "--help"],
        "nn check neuron.nn": ["-m", "dsl.app.main", "check", str(TOP / "programs" / "neuron.nn")],
        "nn check digits.nn": ["-m", "dsl.app.main", "check", str(TOP / "programs" / "digits.nn")],
    }
    limits = {"nn --help": 150.0, "nn check neuron.nn": 400.0}
    with tempfile.TemporaryDirectory() as folder:
        kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        environment = {**kept, "PYTHONPATH": str(TOP), "PYTHONPYCACHEPREFIX": folder, "XDG_CACHE_HOME": folder}

        def start(arguments: list[str]) -> None:
            subprocess.run([sys.executable, *arguments], env=environment, check=True, capture_output=True)

        for arguments in commands.values():
            start(arguments)
        taken: dict[str, list[float]] = {name: [] for name in commands}
        cold: list[float] = []
        for _ in range(repeats):
            for name, arguments in commands.items():
                taken[name].append(seconds(lambda arguments=arguments: start(arguments)))
            (Path(folder) / "nn-lang" / "grammar.json").unlink()
            cold.append(seconds(lambda: start(commands["nn check neuron.nn"])))
    for name, times in taken.items():
        yield Measured(name, median(times) * 1e3, "ms", limits.get(name))
    yield Measured("nn check neuron.nn, the grammar's tables not yet made", median(cold) * 1e3, "ms")
    bare = taken["python -c pass"]
    for name in limits:
        ratio = median(a / b for a, b in zip(taken[name], bare, strict=True))
        yield Measured(f"{name}, in starts of Python", ratio, "")


# -- telling -------------------------------------------------------------------------------------------------------------------


def tell(found: Iterable[Measured]) -> list[Measured]:
    """Print each number as it is found."""
    kept: list[Measured] = []
    for one in found:
        limit = "" if one.limit is None else f"   limit {one.limit:g}{'' if one.value <= one.limit else ', EXCEEDED'}"
        print(f"{one.name:<56}{one.value:>10.2f} {one.unit:<8}{limit}", flush=True)
        kept.append(one)
    return kept


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the front end.")
    parser.add_argument("--lines", type=int, default=20_000, help="the length of the programs")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--shapes", nargs="*", choices=list(SHAPES), default=list(SHAPES), help="the kinds of programs")
    parser.add_argument("--no-starts", action="store_true", help="leave the starting of processes out")
    parser.add_argument("--json", type=Path, metavar="PATH", help="write the numbers here too")
    options = parser.parse_args()
    found: list[Measured] = []
    for shape in options.shapes:
        found += tell(reading(shape, options.lines, options.repeats))
    if not options.no_starts:
        found += tell(starting(4 * options.repeats))
    if options.json:
        facts = {"lines": options.lines, "python": platform.python_version(), "cores": os.cpu_count()}
        options.json.write_text(json.dumps({**facts, "measured": [asdict(one) for one in found]}, indent=1) + "\n")


if __name__ == "__main__":
    main()
