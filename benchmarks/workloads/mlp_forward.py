"""The same multilayer perceptron, its logits only, for 128 images and for a single one."""

from __future__ import annotations

import os

import numpy as np
from interleaving import Run

from workloads.common import AtMost, Workload
from workloads.mlp import LAYERS, PARAMETERS, SIZES, X, jax_logits, torch_net
from workloads.ours import evaluating, load


def forward(rows: int) -> Workload:
    """The workload for a batch of so many rows."""
    x = np.ascontiguousarray(X[:rows])
    workload = Workload(
        f"mlp_forward_{rows}",
        f"MLP 784-256-128-10, {rows} row{'s' * (rows > 1)}, f32: the logits",
        tolerance=1e-4,
        targets=[AtMost(1.3, "onnxruntime"), AtMost(1.15, "onnxruntime", engine="numba")],
    )

    @workload.ours()
    def nn_lang(engine: str) -> Run:
        return evaluating(load("mlp.nn", PARAMETERS), engine, "logits", {"x": x})

    @workload.peer("onnxruntime")
    def onnxruntime() -> Run:
        session = _session()

        def run(steps: int) -> np.ndarray:
            for _ in range(steps):
                (logits,) = session.run(None, {"x": x})
            return logits

        return run

    @workload.peer("torch inference_mode")
    def torch_inference() -> Run:
        import torch

        net, given = torch_net(), torch.tensor(x)

        def run(steps: int) -> torch.Tensor:
            with torch.inference_mode():
                for _ in range(steps):
                    logits = net(given)
            return logits

        return run

    @workload.peer("jax.jit")
    def jax_jit() -> Run:
        import jax

        logits_of = jax.jit(jax_logits)
        layers, given = jax.tree.map(jax.numpy.array, (LAYERS, x))

        def run(steps: int) -> jax.Array:
            for _ in range(steps):
                logits = jax.block_until_ready(logits_of(layers, given))
            return logits

        return run

    return workload


def _session():
    """The net as an ONNX model, in an inference session with as many threads as all others have."""
    import onnxruntime
    from onnx import TensorProto, checker, helper, numpy_helper

    nodes, initializers, value = [], [], "x"
    for index, (w, b) in enumerate(LAYERS):
        initializers += [numpy_helper.from_array(w, f"w{index}"), numpy_helper.from_array(b, f"b{index}")]
        last = index == len(LAYERS) - 1
        out = "logits" if last else f"sum{index}"
        nodes.append(helper.make_node("Gemm", [value, f"w{index}", f"b{index}"], [out]))
        if not last:
            nodes.append(helper.make_node("Relu", [out], [f"hidden{index}"]))
        value = f"hidden{index}"
    ends = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", size])
        for name, size in (("x", SIZES[0]), ("logits", SIZES[-1]))
    ]
    graph = helper.make_graph(nodes, "mlp", ends[:1], ends[1:], initializers)
    model = helper.make_model(graph, ir_version=10, opset_imports=[helper.make_opsetid("", 17)])
    checker.check_model(model)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = int(os.environ.get("OMP_NUM_THREADS", "0"))
    return onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])


workloads = (forward(128), forward(1))
