"""The first values of parameters: constants, and random draws scaled by the number of inputs and outputs.

Draws are made in f64 and then cast, so that a program starts alike in every element type.
"""

from __future__ import annotations

import hashlib
import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from dsl.ops.parameters import Array
from dsl.training.hyperparameters import ArgumentError, Declared, Registry, hyper, number

Shape = tuple[int, ...]
Draws = npt.NDArray[np.float64]

ANY = number()
GAIN = number(above=0)
GAIN_DOC = "a factor on the spread"
WHOLE_MASS = 1e-3
"""The least share of the normal distribution that a truncated one must hold, since what falls outside is drawn again."""


def parameter_rng(seed: int, path: str) -> np.random.Generator:
    """The random numbers of one parameter, from the seed and its name path alone.

    Adding, removing or reordering parameters leaves the others' numbers as they are. The seed is not negative.
    """
    digest = hashlib.sha256(path.encode()).digest()
    words = [int.from_bytes(digest[at : at + 4], "little") for at in range(0, len(digest), 4)]
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, *words])))


def fans(shape: Shape) -> tuple[int, int]:
    """The number of inputs and of outputs of a parameter of this shape.

    A matrix `[in, out]` is used as `x @ w`, a vector `[in]` too, with one output; a scalar has one of each. With more axes it
    is the kernel of a convolution, `[out, in, *spatial]` as in PyTorch, and the positions of the kernel count as inputs.
    """
    if len(shape) <= 2:
        inputs, outputs = (*shape, 1, 1)[:2]
        return inputs, outputs
    positions = math.prod(shape[2:])
    return shape[1] * positions, shape[0] * positions


@dataclass(frozen=True, kw_only=True)
class Initializer(Declared, ABC):
    """A way to choose the first value of a parameter; called with a shape, an element type and random numbers."""

    def __call__(self, shape: Shape, dtype: np.dtype[Any], rng: np.random.Generator) -> Array:
        """A new array. Raises ValueError for a shape that the initialiser is not made for."""
        return np.asarray(self.draw(shape, rng)).astype(dtype)

    @abstractmethod
    def draw(self, shape: Shape, rng: np.random.Generator) -> Draws:
        """The values in f64."""
        ...


INITIALIZERS: Registry[Initializer] = Registry(
    "an initialiser",
    elsewhere={
        "xavier_uniform": "glorot_uniform",
        "xavier_normal": "glorot_normal",
        "kaiming_uniform": "he_uniform",
        "kaiming_normal": "he_normal",
        "trunc_normal": "truncated_normal",
    },
)
make = INITIALIZERS.make


@INITIALIZERS.register("zeros")
@dataclass(frozen=True, kw_only=True)
class Zeros(Initializer):
    """Every element is 0."""

    def draw(self, shape: Shape, rng: np.random.Generator) -> Draws:
        """0, and no random number."""
        return np.zeros(shape)


@INITIALIZERS.register("ones")
@dataclass(frozen=True, kw_only=True)
class Ones(Initializer):
    """Every element is 1."""

    def draw(self, shape: Shape, rng: np.random.Generator) -> Draws:
        """1, and no random number."""
        return np.ones(shape)


@INITIALIZERS.register("constant")
@dataclass(frozen=True, kw_only=True)
class Constant(Initializer):
    """Every element is the same number."""

    value: float = hyper(ANY, doc="the number")

    def draw(self, shape: Shape, rng: np.random.Generator) -> Draws:
        """The number, and no random one."""
        return np.full(shape, self.value)


@INITIALIZERS.register("normal")
@dataclass(frozen=True, kw_only=True)
class Normal(Initializer):
    """Normally distributed."""

    mean: float = hyper(ANY, 0.0, "the mean")
    std: float = hyper(number(0), 1.0, "the standard deviation")

    def draw(self, shape: Shape, rng: np.random.Generator) -> Draws:
        """Normal draws."""
        return self.mean + self.std * rng.standard_normal(shape)


@INITIALIZERS.register("truncated_normal")
@dataclass(frozen=True, kw_only=True)
class TruncatedNormal(Initializer):
    """Normally distributed between two bounds, which are in standard deviations from the mean, as in JAX."""

    mean: float = hyper(ANY, 0.0, "the mean before what is outside is cut off")
    std: float = hyper(number(0), 1.0, "the standard deviation before that")
    low: float = hyper(ANY, -2.0, "the lower bound, in standard deviations from the mean", elsewhere="a")
    high: float = hyper(ANY, 2.0, "the upper bound, in standard deviations from the mean", elsewhere="b")

    def check(self) -> None:
        """What falls outside is drawn again, which must not take for ever."""
        mass = (math.erf(self.high / math.sqrt(2)) - math.erf(self.low / math.sqrt(2))) / 2
        if mass < WHOLE_MASS:
            raise ArgumentError(
                f"`truncated_normal` between {self.low} and {self.high} holds less than {WHOLE_MASS:.1%} of the normal "
                "distribution",
                "low",
                hint="the bounds are in standard deviations from the mean, the lower one first",
            )

    def draw(self, shape: Shape, rng: np.random.Generator) -> Draws:
        """Normal draws; those outside are drawn again."""
        values = np.full(math.prod(shape), np.nan)
        missing = np.arange(values.size)
        while missing.size:
            drawn = rng.standard_normal(missing.size)
            is_inside = (drawn >= self.low) & (drawn <= self.high)
            values[missing[is_inside]] = drawn[is_inside]
            missing = missing[~is_inside]
        return self.mean + self.std * values.reshape(shape)


@INITIALIZERS.register("uniform")
@dataclass(frozen=True, kw_only=True)
class Uniform(Initializer):
    """Uniformly distributed between two bounds."""

    low: float = hyper(ANY, 0.0, "the lower bound", elsewhere="a")
    high: float = hyper(ANY, 1.0, "the upper bound", elsewhere="b")

    def check(self) -> None:
        """The bounds must not be the wrong way round."""
        if self.high < self.low:
            raise ArgumentError(
                f"`low` of `uniform` must not be above `high`: {self.low} is above {self.high}",
                "low",
                hint="give the lower bound first: `uniform(-0.1, 0.1)`",
            )

    def draw(self, shape: Shape, rng: np.random.Generator) -> Draws:
        """Uniform draws."""
        return rng.uniform(self.low, self.high, shape)


@dataclass(frozen=True, kw_only=True)
class Scaled(Initializer):
    """Draws of mean 0 with the variance that the number of inputs and outputs asks for."""

    gain: float = hyper(GAIN, 1.0, GAIN_DOC)

    @abstractmethod
    def variance(self, inputs: int, outputs: int) -> float:
        """The variance at gain 1."""
        ...

    def spread(self, shape: Shape) -> float:
        """The standard deviation for a shape; an axis without elements counts as one of length 1."""
        inputs, outputs = (max(fan, 1) for fan in fans(shape))
        return self.gain * math.sqrt(self.variance(inputs, outputs))


class _NormalDraw(Scaled):
    def draw(self, shape: Shape, rng: np.random.Generator) -> Draws:
        """Normal draws with the scaled standard deviation."""
        return self.spread(shape) * rng.standard_normal(shape)


class _UniformDraw(Scaled):
    def draw(self, shape: Shape, rng: np.random.Generator) -> Draws:
        """Uniform draws with the scaled standard deviation: between ± √3 times it."""
        bound = math.sqrt(3) * self.spread(shape)
        return rng.uniform(-bound, bound, shape)


class _Glorot(Scaled):
    def variance(self, inputs: int, outputs: int) -> float:
        """A compromise between keeping the variance forward and backward."""
        return 2 / (inputs + outputs)


class _He(Scaled):
    def variance(self, inputs: int, outputs: int) -> float:
        """Keeps the variance through relu, which lets half of it pass."""
        return 2 / inputs


class _Lecun(Scaled):
    def variance(self, inputs: int, outputs: int) -> float:
        """Keeps the variance of what comes in."""
        return 1 / inputs


@INITIALIZERS.register("glorot_uniform")
@dataclass(frozen=True, kw_only=True)
class GlorotUniform(_Glorot, _UniformDraw):
    """Uniform with variance 2 / (inputs + outputs). Glorot and Bengio 2010; PyTorch's `xavier_uniform_`."""


@INITIALIZERS.register("glorot_normal")
@dataclass(frozen=True, kw_only=True)
class GlorotNormal(_Glorot, _NormalDraw):
    """Normal with variance 2 / (inputs + outputs). Glorot and Bengio 2010; PyTorch's `xavier_normal_`."""


@INITIALIZERS.register("he_uniform")
@dataclass(frozen=True, kw_only=True)
class HeUniform(_He, _UniformDraw):
    """Uniform with variance 2 / inputs, for relu. He, Zhang, Ren and Sun 2015; PyTorch's `kaiming_uniform_`."""


@INITIALIZERS.register("he_normal")
@dataclass(frozen=True, kw_only=True)
class HeNormal(_He, _NormalDraw):
    """Normal with variance 2 / inputs, for relu. He, Zhang, Ren and Sun 2015; PyTorch's `kaiming_normal_`."""


@INITIALIZERS.register("lecun_uniform")
@dataclass(frozen=True, kw_only=True)
class LecunUniform(_Lecun, _UniformDraw):
    """Uniform with variance 1 / inputs. LeCun, Bottou, Orr and Müller 1998."""


@INITIALIZERS.register("lecun_normal")
@dataclass(frozen=True, kw_only=True)
class LecunNormal(_Lecun, _NormalDraw):
    """Normal with variance 1 / inputs, for selu. LeCun, Bottou, Orr and Müller 1998; Klambauer et al. 2017."""


@INITIALIZERS.register("orthogonal")
@dataclass(frozen=True, kw_only=True)
class Orthogonal(Initializer):
    """A random matrix with orthonormal columns, or rows where there are fewer; uniformly distributed among those.

    Saxe, McClelland and Ganguli 2014; the signs of the factorisation are fixed as in Mezzadri 2007. With more than two axes
    the first is that of the rows, and all others together that of the columns.
    """

    gain: float = hyper(GAIN, 1.0, "a factor on the matrix")

    def draw(self, shape: Shape, rng: np.random.Generator) -> Draws:
        """The orthonormal factor of a normal matrix. Raises ValueError for fewer than two axes."""
        if len(shape) < 2:
            raise ValueError(f"`orthogonal` needs a shape with two axes or more, not {list(shape)}")
        rows, columns = shape[0], math.prod(shape[1:])
        q, r = np.linalg.qr(rng.standard_normal((max(rows, columns), min(rows, columns))))
        q = q * np.where(np.diagonal(r) < 0, -1.0, 1.0)
        return self.gain * (q if rows >= columns else q.T).reshape(shape)


@dataclass(frozen=True, eq=False, slots=True)
class Exactly:
    """A value that is written out: a number or an array, repeated to the shape of the parameter."""

    value: float | Array

    def __call__(self, shape: Shape, dtype: np.dtype[Any], rng: np.random.Generator) -> Array:
        """The value in this shape and element type, and no random number. Raises ValueError where it does not fit."""
        value = np.asarray(self.value)
        try:
            return np.broadcast_to(value, shape).astype(dtype)
        except ValueError:
            raise ValueError(f"a value of shape {list(value.shape)} does not fit the shape {list(shape)}") from None
