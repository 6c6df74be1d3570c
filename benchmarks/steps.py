"""How long our steps take, against those of other libraries on the same numbers.

    python benchmarks/steps.py                              # every workload
    python benchmarks/steps.py neuron xor --peers jax       # some of them, against one library
    python benchmarks/steps.py --json steps.json

The peers that are installed take part (`pip install '.[bench]'` brings all); a runner whose first results differ from the
others' is not timed. All run in one process and in turns, see `interleaving.py`. `benchmarks/README.md` says what was found.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
from collections.abc import Iterator
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workloads import ENGINES, LIBRARIES, NAMES, benchmarks

if TYPE_CHECKING:
    from workloads.common import Report, Row, Verdict

PACKAGES = ("nn-lang", "numpy", "numba", "torch", "jax", "onnxruntime", "micrograd", "autograd")
UNITS = {
    "s": (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6), ("ns", 1e-9)),
    "B": (("MB", 1e6),),
    "s/node": (("µs/node", 1e-6),),
}


def limit_threads(threads: int) -> None:
    """Let every library use so many threads and cores. Works only before they are imported."""
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
        os.environ[variable] = str(threads)
    os.environ["JAX_PLATFORMS"] = "cpu"
    os.environ["JAX_ENABLE_X64"] = "1"  # f32 stays f32: every array has its type from NumPy
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])  # jax takes as many threads as it has cores


def facts(threads: int) -> dict[str, Any]:
    """What the numbers depend on: the machine, its load, the versions."""
    return {
        "cpu": _processor(),
        "cores": os.cpu_count(),
        "threads": threads,
        "load": round(os.getloadavg()[0], 2),
        "system": platform.system(),
        "python": platform.python_version(),
        "versions": dict(_versions()),
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def _versions() -> Iterator[tuple[str, str]]:
    for package in PACKAGES:
        try:
            yield package, version(package)
        except PackageNotFoundError:
            continue


# -- telling -------------------------------------------------------------------------------------------------------------------


def show(value: float, unit: str) -> str:
    """A number in the unit that suits it: `1.27 ms`."""
    name, size = next((each for each in UNITS[unit] if value >= each[1]), UNITS[unit][-1])
    return f"{value / size:.3g} {name}" if value < 1000 * size else f"{value / size:,.0f} {name}"


def table(rows: list[Row]) -> Iterator[str]:
    """The rows, with a column for the ratio to each of ours."""
    bases = list(dict.fromkeys(base for row in rows for base in row.ratios))
    yield f"  {'':<34}{'median':>14}" + "".join(f"{f'÷ {base}':>16}" for base in bases)
    for row in rows:
        ratios = "".join(f"{row.ratios[base]:>16.3g}" if base in row.ratios else f"{'':>16}" for base in bases)
        line = f"  {row.name:<34}{show(row.value, row.unit):>14}{ratios}".rstrip()
        yield line + ("   disturbed" if row.disturbed else "")


def tell(report: Report) -> Iterator[str]:
    """What was found about a workload, line by line."""
    yield f"{report.name}: {report.about}, {report.rounds} rounds"
    if report.rows:
        yield from table(report.rows)
    yield from (f"  {judgement(verdict)}" for verdict in report.verdicts)
    yield from (f"  left out {name}: {why}" for name, why in report.left_out.items())
    yield ""


def judgement(verdict: Verdict) -> str:
    """A target and whether it is met, in a line."""
    word = {True: "met", False: "NOT MET", None: "open"}[verdict.met]
    return f"{word:<9}{verdict.runner} {verdict.wording}: {verdict.found}"


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure our steps against those of other libraries.")
    everything = f"what to measure, all by default: {', '.join(NAMES)}"
    parser.add_argument("workloads", nargs="*", metavar="WORKLOAD", help=everything)
    parser.add_argument("--peers", nargs="*", choices=LIBRARIES, default=LIBRARIES, help="libraries to measure against")
    parser.add_argument("--engines", nargs="*", choices=ENGINES, default=["auto", "numba"], help="ours (auto numba)")
    parser.add_argument("--rounds", type=int, default=30, help="how often the runners take turns (30)")
    parser.add_argument("--batch", type=float, default=20.0, metavar="MS", help="about how long a turn lasts (20)")
    parser.add_argument("--most", type=float, default=90.0, metavar="S", help="then no new round of a workload (90)")
    parser.add_argument("--threads", type=int, default=2, help="for every library (2)")
    parser.add_argument("--json", type=Path, metavar="PATH", help="write the numbers here too")
    options = parser.parse_args()
    if unknown := set(options.workloads) - set(NAMES):
        parser.error(f"there is no workload {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}")

    limit_threads(options.threads)
    from workloads.common import Choice

    choice = Choice(options.engines, options.peers, options.rounds, options.batch / 1e3, options.most)
    about = facts(options.threads)
    print(", ".join(f"{name} {value}" for name, value in {**about, **about["versions"]}.items() if name != "versions"))
    print()
    known = benchmarks()
    reports: list[Report] = []
    for name in options.workloads or NAMES:
        reports.append(known[name].measure(choice))
        print("\n".join(tell(reports[-1])), flush=True)
    if options.json:
        found = {**about, "workloads": [asdict(report) for report in reports]}
        options.json.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
