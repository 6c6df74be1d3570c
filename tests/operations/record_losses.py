"""Records what PyTorch computes for the losses, in f64: values, gradients, and gradients of those gradients.

Run it with a Python that has PyTorch: `python tests/operations/record_losses.py`. It writes `data/losses.json`, which the
tests compare with. Each record holds the arguments as our operations take them; PyTorch's own order is restored here.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

Loss = Callable[..., Tensor]


def batchmean(log_p: Tensor, q: Tensor, reduction: str) -> Tensor:
    return functional.kl_div(log_p, q, reduction="batchmean" if reduction == "mean" else reduction)


def along(loss: Loss) -> Loss:
    """A loss of classes along `axis`, where PyTorch has the classes on axis 1."""

    def apply(values: Tensor, labels: Tensor, axis: int = -1, **options: Any) -> Tensor:
        classes = 1 if values.ndim > 1 else 0
        if labels.is_floating_point():
            labels = labels.movedim(axis, classes)
        return loss(values.movedim(axis, classes), labels, **options)

    return apply


def written_out_bce(p: Tensor, y: Tensor, reduction: str) -> Tensor:
    terms = -(y * torch.log(p) + (1 - y) * torch.log1p(-p))
    return {"mean": terms.mean, "sum": terms.sum, "none": terms.clone}[reduction]()


LOSSES: dict[str, Loss] = {
    "mse": lambda y, yhat, **options: functional.mse_loss(yhat, y, **options),
    "mae": lambda y, yhat, **options: functional.l1_loss(yhat, y, **options),
    "huber": lambda y, yhat, **options: functional.huber_loss(yhat, y, **options),
    "bce": functional.binary_cross_entropy,
    "bce_with_logits": functional.binary_cross_entropy_with_logits,
    "kl_div": batchmean,
    "nll": along(functional.nll_loss),
    "cross_entropy": along(functional.cross_entropy),
}
FOR_SECOND: dict[str, Loss] = {**LOSSES, "bce": written_out_bce}
"""PyTorch adds 1e-12 to the denominators of the second derivative of its `binary_cross_entropy`, which shows."""
REDUCTIONS = ("mean", "sum", "none")


def record(name: str, inputs: list[Tensor], **options: Any) -> dict[str, Any]:
    """One case: the value of the loss, the gradients of its weighted sum, and those of the gradients' weighted sum."""
    inputs = [value.requires_grad_() if value.is_floating_point() else value for value in inputs]
    floating = [value for value in inputs if value.requires_grad]
    value = LOSSES[name](*inputs, **options)
    weights = torch.cos(torch.arange(value.numel(), dtype=torch.float64)).reshape(value.shape)
    gradients = torch.autograd.grad((value * weights).sum(), floating)
    again = (FOR_SECOND[name](*inputs, **options) * weights).sum()
    projection = torch.zeros((), dtype=torch.float64)
    for which, gradient in enumerate(torch.autograd.grad(again, floating, create_graph=True)):
        direction = torch.sin(1.0 + which + torch.arange(gradient.numel(), dtype=torch.float64))
        projection = projection + (gradient * direction.reshape(gradient.shape)).sum()
    second = [torch.zeros_like(source) for source in floating]
    if projection.requires_grad:
        found = torch.autograd.grad(projection, floating, allow_unused=True)
        second = [zeros if g is None else zeros + g for zeros, g in zip(second, found, strict=True)]
    return {
        "operation": name,
        "inputs": [value.tolist() for value in inputs],
        "attributes": options,
        "value": value.tolist(),
        "gradients": [gradient.tolist() for gradient in gradients],
        "second": [gradient.tolist() for gradient in second],
    }


def cases() -> list[dict[str, Any]]:
    generator = torch.Generator().manual_seed(2024)

    def real(*shape: int) -> Tensor:
        return 1.5 * torch.randn(shape, generator=generator, dtype=torch.float64)

    def probability(*shape: int) -> Tensor:
        return 0.02 + 0.96 * torch.rand(shape, generator=generator, dtype=torch.float64)

    def distribution(*shape: int) -> Tensor:
        return torch.softmax(real(*shape), -1)

    def labels(classes: int, *shape: int) -> Tensor:
        return torch.randint(classes, shape, generator=generator)

    records: list[dict[str, Any]] = []
    for reduction in REDUCTIONS:
        for name in ("mse", "mae", "huber"):
            records.append(record(name, [real(3, 4), real(3, 4)], reduction=reduction))
            records.append(record(name, [real(), real()], reduction=reduction))
        records.append(record("huber", [real(3, 4), real(3, 4)], delta=0.5, reduction=reduction))
        records.append(record("bce", [probability(3, 4), probability(3, 4)], reduction=reduction))
        records.append(record("bce_with_logits", [real(3, 4), probability(3, 4)], reduction=reduction))
        records.append(record("kl_div", [torch.log(distribution(3, 4)), distribution(3, 4)], reduction=reduction))
        records.append(record("nll", [torch.log(distribution(3, 4)), labels(4, 3)], reduction=reduction))
        records.append(record("nll", [real(2, 4, 3), labels(4, 2, 3)], axis=1, reduction=reduction))
        for smoothing in (0.0, 0.1):
            options: dict[str, Any] = {"label_smoothing": smoothing, "reduction": reduction}
            records.append(record("cross_entropy", [real(4), labels(4)], **options))
            records.append(record("cross_entropy", [real(3, 4), labels(4, 3)], **options))
            records.append(record("cross_entropy", [real(2, 3, 4), labels(4, 2, 3)], **options))
            records.append(record("cross_entropy", [real(2, 4, 3), labels(4, 2, 3)], axis=1, **options))
            records.append(record("cross_entropy", [real(3, 4), distribution(3, 4)], **options))
            records.append(record("cross_entropy", [real(3, 4), real(3, 4)], **options))
            records.append(record("cross_entropy", [real(2, 4, 3), probability(2, 4, 3)], axis=1, **options))
    return records


if __name__ == "__main__":
    path = Path(__file__).parent / "data" / "losses.json"
    lines = ",\n".join(json.dumps(record, separators=(",", ":")) for record in cases())
    path.write_text(f'{{"torch": "{torch.__version__}", "cases": [\n{lines}\n]}}\n')
