"""The workloads: for each a program, and a file with its numbers and with each peer's version of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from workloads.common import Benchmark

NAMES = ("neuron", "xor", "mlp", "mlp_forward_128", "mlp_forward_1", "chain", "scalars", "memory", "compile")
LIBRARIES = ("torch", "jax", "onnxruntime", "micrograd", "autograd")
ENGINES = ("auto", "numpy", "scalar", "levels", "numba", "reference")


def benchmarks() -> dict[str, Benchmark]:
    """All that can be measured, by name. Imports NumPy, so that the number of threads has to be settled before."""
    from workloads import chain, compilation, memory, mlp, mlp_forward, neuron, scalars, xor

    found: list[Benchmark] = [module.workload for module in (neuron, xor, mlp, chain, scalars)]
    found += [*mlp_forward.workloads, memory.benchmark, compilation.benchmark]
    return {benchmark.name: benchmark for benchmark in found}
