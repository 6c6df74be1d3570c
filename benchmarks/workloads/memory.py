"""The peak memory of whole processes that train the multilayer perceptron, each in a process of its own."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path
from statistics import median

from workloads import ENGINES
from workloads.common import AtMost, Choice, Report, Row, is_ours, judge
from workloads.mlp import workload as mlp

STEPS = 100
REPEATS = 3
TARGET = AtMost(0.3, "torch eager, fused Adam")


class Memory:
    """What each runner of the multilayer perceptron needs, from the start of Python to the last step."""

    name = "memory"
    about = f"{STEPS} training steps of the MLP: peak resident memory of the whole process"

    def measure(self, choice: Choice) -> Report:
        """Start a few processes for each runner, and take the median."""
        made, left_out = mlp.ready(choice)
        peaks = {name: median(_peak(name) for _ in range(REPEATS)) for name in made}
        rows = [
            Row(name, peak, "B", {base: peak / peaks[base] for base in peaks if is_ours(base) and base != name})
            for name, peak in peaks.items()
        ]
        return Report(self.name, self.about, rows, [judge(TARGET, rows)], left_out, REPEATS)


benchmark = Memory()


def _peak(runner: str) -> int:
    """The peak memory in bytes of a new process that trains."""
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[1])}
    command = [sys.executable, "-m", __name__, runner]
    return int(subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout)


def _own_peak() -> int:
    """The most memory in bytes that this process has had. What `getrusage` says includes the process it was forked from."""
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM"))


if __name__ == "__main__":
    dict(mlp.chosen(Choice(engines=ENGINES)))[sys.argv[1]]()(STEPS)
    print(_own_peak())
