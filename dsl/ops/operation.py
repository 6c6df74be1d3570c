"""What an operation is: one declaration that every stage of the interpreter reads.

An operation is declared by decorating its forward function with `operation`: the function's name, signature and docstring
are the operation's. Annotations say what each parameter is (`dsl.ops.parameters`); what has to be known besides (the shape
rule, the gradient rules, the formula, an example, test cases) stands in the decorator.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dsl.ops.dtypes import DType
from dsl.ops.parameters import INTEGERS, REQUIRED, TENSORS, Parameter, read_parameters, spell
from dsl.ops.symbol import Builder, Number, Symbol
from dsl.ops.types import TensorType


class OperationError(Exception):
    """An operation cannot be applied to these inputs.

    `code` is the diagnostic's kind. `notes` are (input, axis or None, text): what is to be said of an input, or of the line
    that fixed one of its dimensions; `{name}` in a text stands for what the program calls that input. `label` is written
    under the place itself; in it and in `hint`, `{0}` and `{1}` stand for the inputs' names.
    """

    def __init__(
        self, message: str, *notes: tuple[int, int | None, str], label: str = "", hint: str = "", code: str = "shape"
    ) -> None:
        super().__init__(message)
        self.message = message
        self.notes = notes
        self.label = label
        self.hint = hint
        self.code = code


@dataclass(slots=True)
class Inference:
    """What a shape rule sees: the types of the inputs and the attributes, which it may bring to a canonical form."""

    operation: Operation
    inputs: Sequence[TensorType]
    attributes: dict[str, Any]
    default_float: DType

    @property
    def title(self) -> str:
        """The operation as messages name it: `@`, `concatenate`."""
        return f"`{self.operation.symbol or self.operation.name}`"


@dataclass(slots=True)
class Backward:
    """What a gradient rule sees: the gradient `g` of the output, the output `y`, the inputs and the attributes."""

    g: Symbol
    y: Symbol
    inputs: Sequence[Symbol]
    attributes: Mapping[str, Any]
    index: int
    """Which input the gradient is asked for."""

    @property
    def x(self) -> Symbol:
        """The first input."""
        return self.inputs[0]


ShapeRule = Callable[[Inference], TensorType]
GradientRule = Callable[[Backward], Symbol]
Expansion = Callable[..., "Symbol | tuple[Symbol, ...]"]
Spelling = Callable[["Operation", Sequence[TensorType], Mapping[str, Any]], tuple[str, str]]
"""From an operation, the types of its inputs and its attributes to its formula and its LaTeX in this use."""


@dataclass(frozen=True, slots=True)
class Case:
    """Inputs on which the tests check an operation's derivatives: a shape or a fixed array for each, and attributes."""

    inputs: tuple[Any, ...]
    attributes: Mapping[str, Any]


def case(*inputs: Any, **attributes: Any) -> Case:
    """Inputs and attributes on which the tests check an operation's value and derivatives.

    An input is given as a shape, `(3, 4)`, filled with random values from the operation's domain; as a domain of
    `dsl.ops.domains` and a shape, `("probability", (3, 4))`; or as a number, a list or an array, which is taken as it is.
    Derivatives are checked with respect to every input that is floating: `[0.5, 2.0]` is, `[0, 2]` is not.
    """
    return Case(inputs, attributes)


@dataclass(frozen=True, eq=False, slots=True)
class Operation:
    """An operation of the language. `forward` takes NumPy arrays in the order of the inputs, attributes by keyword.

    Where an operation takes a list of values, `forward` takes them one by one too.

    `gradients` holds one rule an input (None where nothing flows), or one rule for all when the operation takes a list.
    An operation with an `expansion` instead of a shape rule is written in terms of others and leaves no node of its own.
    `symbol` is the operator that spells it. `formula` and `latex` name parameters in braces: `1 / (1 + exp(-{x}))`; where
    they differ from use to use, `spelling` has them.
    """

    name: str
    family: str
    parameters: tuple[Parameter, ...]
    forward: Callable[..., Any] | None
    infer: ShapeRule | None
    gradients: tuple[GradientRule | None, ...]
    expansion: Expansion | None
    formula: str
    latex: str
    doc: str
    example: str
    symbol: str = ""
    spelling: Spelling | None = None
    elementwise: bool = False
    selects: bool = False
    """Whether the gradient of an input is exactly 0 where that input was not the one picked."""
    domain: str = "real"
    """Where the tests take the inputs: a name of `dsl.ops.domains`, or one for each input with spaces between."""
    cases: tuple[Case, ...] = ()
    tensor_count: int | None = field(init=False)
    """The number of inputs; None when the operation takes a list of them."""

    defaults: Mapping[str, Any] = field(init=False)
    """The attributes that need not be given, in their canonical form."""

    def __post_init__(self) -> None:
        defaults = {
            parameter.name: parameter.kind.convert(parameter.default)
            for parameter in self.parameters
            if not parameter.is_tensor and parameter.default is not REQUIRED
        }
        object.__setattr__(self, "defaults", defaults)
        kinds = [parameter.kind.name for parameter in self.parameters]
        object.__setattr__(self, "tensor_count", None if "tensors" in kinds else kinds.count("tensor"))

    @property
    def signature(self) -> str:
        """The operation as it is called: `sum(x, axis=none, keepdims=false)`."""
        return f"{self.name}({', '.join(map(str, self.parameters))})"

    def formulas(self, inputs: Sequence[TensorType], attributes: Mapping[str, Any]) -> tuple[str, str]:
        """The formula and the LaTeX of a use with inputs of these types."""
        return self.spelling(self, inputs, attributes) if self.spelling else (self.formula, self.latex)

    def gradient_rule(self, index: int) -> GradientRule | None:
        """The rule for one input, None where no gradient flows to it."""
        if self.tensor_count is None:
            return self.gradients[0] if self.gradients else None
        return self.gradients[index] if index < len(self.gradients) else None

    def takes_integers(self, index: int) -> bool:
        """Whether bare numbers given for this input are integers by nature, such as indices and labels."""
        return index < len(self.parameters) and self.parameters[index].kind is INTEGERS

    def fill(self, attributes: Mapping[str, Any]) -> dict[str, Any]:
        """The attributes in their canonical form, with the defaults of those not given.

        Raises OperationError, of kind `argument`, for a value of the wrong kind and for one that is missing.
        """
        filled = dict(self.defaults)
        for parameter in self.parameters:
            if parameter.is_tensor:
                continue
            if parameter.name in attributes:
                try:
                    filled[parameter.name] = parameter.kind.convert(attributes[parameter.name])
                except ValueError:
                    raise OperationError(
                        f"`{parameter.name}` of `{self.name}` must be {parameter.kind.expected}, "
                        f"not {spell(attributes[parameter.name])}",
                        hint=f"it is called as `{self.signature}`",
                        code="argument",
                    ) from None
            elif parameter.default is REQUIRED:
                raise OperationError(
                    f"`{self.name}` needs `{parameter.name}`: {parameter.kind.expected}",
                    hint=f"it is called as `{self.signature}`",
                    code="argument",
                )
        return filled

    def __call__(self, *inputs: Symbol | Number, **attributes: Any) -> Symbol:
        """Apply the operation in the graph that the first symbol among the inputs belongs to."""
        for value in inputs:
            if isinstance(value, Symbol):
                return value.builder.apply(self, inputs, attributes)
        raise TypeError(f"`{self.name}` needs a symbol among its inputs")

    def within(self, builder: Builder, *inputs: Symbol | Number, **attributes: Any) -> Symbol:
        """Apply the operation in a given graph, for operations that may have no input."""
        return builder.apply(self, inputs, attributes)

    def __repr__(self) -> str:
        return f"Operation({self.signature})"


def declare(
    forward: Callable[..., Any],
    *,
    family: str,
    shape: ShapeRule | None = None,
    gradients: Sequence[GradientRule | None] = (),
    expands: bool = False,
    name: str | None = None,
    doc: str | None = None,
    **facts: Any,
) -> Operation:
    """Make an operation from its forward function (or its expansion), and register it."""
    from dsl.ops.registry import register

    parameters = read_parameters(inspect.signature(forward))
    takes_list = any(parameter.kind is TENSORS for parameter in parameters)
    return register(
        Operation(
            name=name or forward.__name__.rstrip("_"),
            family=family,
            parameters=parameters,
            forward=None if expands else _gathering(forward) if takes_list else forward,
            infer=shape,
            gradients=tuple(gradients),
            expansion=forward if expands else None,
            doc=inspect.cleandoc(doc or forward.__doc__ or ""),
            **facts,
        )
    )


def _gathering(forward: Callable[..., Any]) -> Callable[..., Any]:
    """A function that takes the arrays one by one, for one that takes them as a list."""

    def apply(*values: Any, **attributes: Any) -> Any:
        return forward(values, **attributes)

    return apply


def operation(
    family: str,
    *,
    formula: str,
    latex: str,
    example: str,
    shape: ShapeRule | None = None,
    gradients: Sequence[GradientRule | None] = (),
    expands: bool = False,
    symbol: str = "",
    spelling: Spelling | None = None,
    elementwise: bool = False,
    selects: bool = False,
    domain: str = "real",
    cases: Sequence[Case] = (),
) -> Callable[[Callable[..., Any]], Operation]:
    """Declare the decorated forward function as an operation; a trailing underscore of its name is dropped."""

    def decorate(forward: Callable[..., Any]) -> Operation:
        return declare(
            forward,
            family=family,
            shape=shape,
            gradients=gradients,
            expands=expands,
            formula=formula,
            latex=latex,
            example=example,
            symbol=symbol,
            spelling=spelling,
            elementwise=elementwise,
            selects=selects,
            domain=domain,
            cases=tuple(cases),
        )

    return decorate
