"""What is known of a value before it is computed: its element type and its shape."""

from __future__ import annotations

from dataclasses import dataclass

from dsl.ops.dims import Shape, show_shape
from dsl.ops.dtypes import DType


@dataclass(frozen=True, slots=True)
class TensorType:
    """The element type and the shape of a value: `f32[batch, 64]`, and `f32` for a scalar."""

    dtype: DType
    shape: Shape = ()

    @property
    def rank(self) -> int:
        """The number of axes."""
        return len(self.shape)

    def takes(self, sizes: tuple[int, ...]) -> bool:
        """Whether an array of these sizes has the shape; named dimensions may have any size."""
        dims = self.shape
        return len(dims) == len(sizes) and all(
            dim.value is None or dim.value == size for dim, size in zip(dims, sizes, strict=True)
        )

    def __str__(self) -> str:
        return f"{self.dtype}{show_shape(self.shape)}" if self.shape else str(self.dtype)

    __repr__ = __str__
