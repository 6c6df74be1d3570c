"""Record how PyTorch trains the network of `test_against_torch.py`; needs PyTorch, which nothing else does.

    python tests/programs/record_torch_mlp.py

writes `data/torch_mlp.json`: for each method the loss before each of 20 steps on all of the digits, and what every
parameter's squares sum to after the last, in f64. The first weights come from a formula, which the test has too.
"""

import csv
import json
from pathlib import Path

import torch
from torch import Tensor, nn, optim
from torch.optim import lr_scheduler

STEPS = 20
FOLDER = Path(__file__).parent
DIGITS = FOLDER.parents[1] / "programs" / "data" / "digits.csv"

SHAPES = {
    "h.Dense.w": (64, 32),
    "h.Dense.b": (32,),
    "h.LayerNorm.scale": (32,),
    "h.LayerNorm.shift": (32,),
    "logits.Dense.w": (32, 10),
    "logits.Dense.b": (10,),
}
METHODS = {
    "sgd(lr=0.1, momentum=0.9)": lambda p: optim.SGD(p, lr=0.1, momentum=0.9),
    "sgd(lr=0.05, momentum=0.9, nesterov=true, weight_decay=1e-3)": lambda p: optim.SGD(
        p, lr=0.05, momentum=0.9, nesterov=True, weight_decay=1e-3
    ),
    "adam(lr=3e-3)": lambda p: optim.Adam(p, lr=3e-3),
    "adamw(lr=3e-3, weight_decay=0.1)": lambda p: optim.AdamW(p, lr=3e-3, weight_decay=0.1),
    "rmsprop(lr=1e-3)": lambda p: optim.RMSprop(p, lr=1e-3),
}


def first_value(name: str, shape: tuple[int, ...]) -> Tensor:
    """Weights are sines scaled by their rows, scales are 1, all else is 0."""
    if len(shape) == 1:
        return torch.full(shape, float(name.endswith("scale")), dtype=torch.float64)
    count = torch.arange(shape[0] * shape[1], dtype=torch.float64).reshape(shape)
    return torch.sin(1 + 0.7 * count) * (2 / shape[0]) ** 0.5


def digits() -> tuple[Tensor, Tensor]:
    with DIGITS.open() as file:
        rows = [[float(value) for value in row] for row in list(csv.reader(file))[1:]]
    table = torch.tensor(rows, dtype=torch.float64)
    return table[:, :64] / 16, table[:, 64].long()


def trained(method: str, x: Tensor, y: Tensor, *, clip_and_cool: bool = False) -> dict[str, object]:
    p = {name: first_value(name, shape).requires_grad_() for name, shape in SHAPES.items()}
    optimizer = METHODS[method](list(p.values()))
    schedule = lr_scheduler.CosineAnnealingLR(optimizer, STEPS) if clip_and_cool else None
    losses: list[float] = []
    for _ in range(STEPS):
        optimizer.zero_grad()
        inner = x @ p["h.Dense.w"] + p["h.Dense.b"]
        normal = nn.functional.layer_norm(inner, (32,), p["h.LayerNorm.scale"], p["h.LayerNorm.shift"], 1e-5)
        logits = nn.functional.gelu(normal) @ p["logits.Dense.w"] + p["logits.Dense.b"]
        loss = nn.functional.cross_entropy(logits, y, label_smoothing=0.1)
        loss.backward()
        if clip_and_cool:
            nn.utils.clip_grad_norm_(p.values(), 0.5)
        optimizer.step()
        if schedule:
            schedule.step()
        losses.append(loss.item())
    squares = {name: value.square().sum().item() for name, value in p.items()}
    return {"optimizer": method, "clip_and_cool": clip_and_cool, "losses": losses, "squares": squares}


def main() -> None:
    x, y = digits()
    runs = [trained(method, x, y) for method in METHODS]
    runs.append(trained("sgd(lr=0.1, momentum=0.9)", x, y, clip_and_cool=True))
    record = {"torch": torch.__version__, "runs": runs}
    (FOLDER / "data" / "torch_mlp.json").write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()
