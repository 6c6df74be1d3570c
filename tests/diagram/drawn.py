"""Programs to draw."""

from __future__ import annotations

from pathlib import Path

PROGRAMS = sorted((Path(__file__).resolve().parents[2] / "programs").glob("*.nn"))

TWELVE = """
## Twelve residual blocks, one after the other.
dim batch
placeholder x: [batch, 64]
placeholder y: i32[batch]
layer Block(units=64)(x: [..., n]) {
    inner = x |> LayerNorm() |> Dense(units) |> gelu |> Dense(n)
    return x + inner
}
repeat i in 0..12 with h = x |> Dense(32) {
    h = h |> Block()
}
logits = h |> LayerNorm() |> Dense(10)
loss = cross_entropy(logits, y)
metric accuracy = mean(argmax(logits, axis=-1) == y)
train { minimize = loss; steps = 1 }
"""
