"""What a name that is not known probably means: the nearest one, another language's word, or one that cannot be seen."""

from __future__ import annotations

from collections.abc import Iterator

from dsl.language import syntax
from dsl.language.blocks import inside
from dsl.language.elaborate.elaboration import Elaboration
from dsl.language.elaborate.order import bound_names
from dsl.language.elaborate.scope import Frame, Module
from dsl.language.elaborate.values import Definition, LayerInstance
from dsl.language.mistake_hints import STATEMENTS
from dsl.ops.registry import OPERATIONS
from dsl.source.diagnostic import Label, ProgramError, fail
from dsl.source.hint import Hint, Instead
from dsl.source.nearest import did_you_mean

OTHER_NAMES = {
    "concat": "concatenate", "cat": "concatenate", "hstack": "concatenate", "vstack": "concatenate", "avg": "mean",
    "average": "mean", "pow": "power", "mul": "multiply", "sub": "subtract", "div": "divide", "log_loss": "bce",
    "crossentropy": "cross_entropy", "softmax_cross_entropy": "cross_entropy", "nll_loss": "nll", "mse_loss": "mse",
    "l1_loss": "mae", "asin": "arcsin", "acos": "arccos", "atan": "arctan", "arctan2": "atan2", "swish": "silu",
    "permute": "transpose", "view": "reshape", "unsqueeze": "expand_dims", "cast": "astype", "float": "astype",
    "int": "astype", "to": "astype", "amax": "max", "amin": "min", "absolute": "abs", "negative": "neg", "mm": "matmul",
    "bmm": "matmul", "clamp": "clip", "gather": "take", "logistic": "sigmoid", "gradient": "grad", "backward": "grad",
    "Linear": "Dense", "FullyConnected": "Dense", "LayerNormalization": "LayerNorm",
}  # fmt: skip
"""Operations and layers by the names that other libraries give them."""

OTHER_DTYPES = {
    "float": "f32", "float16": "f16", "float32": "f32", "float64": "f64", "double": "f64", "half": "f16", "int": "i64",
    "int32": "i32", "int64": "i64", "long": "i64", "boolean": "bool",
}  # fmt: skip
"""Element types by the names that other languages give them."""

_LIBRARIES = ("np", "numpy", "torch", "tf", "tensorflow", "jnp", "jax", "math", "nn", "F", "keras", "scipy", "K")
_OTHER_WORDS = {
    "True": "true", "False": "false", "Infinity": "inf", "NaN": "nan", "PI": "pi",
    **dict.fromkeys(("null", "nil", "NULL", "nullptr", "undefined"), "none"),
}  # fmt: skip
_OTHER_VALUES = {
    **dict.fromkeys(("self", "this"), "a layer's parameters go by their own names: `w`"),
    **dict.fromkeys(_LIBRARIES, "operations stand by themselves, without a library's name: `exp(x)`, `relu(x)`"),
}
_OTHER_ATTRIBUTES = {"size": "shape", "ndim": "rank", "t": "T", "transpose": "T", "type": "dtype"}
_SUPERSCRIPTS = {"²": "** 2", "³": "** 3"}


def unknown_value(e: Elaboration, name: syntax.Name, frame: Frame) -> ProgramError:
    """The error of a name that stands for no value here."""
    wanted = name.id
    definition = frame.module.definitions.get(wanted) or e.library_definition(wanted)
    if wanted in OPERATIONS and definition is None:
        hint = f"call it, `{wanted}(x)`, or pipe into it, `x |> {wanted}`"
        return fail("name", f"`{wanted}` is an operation, not a value", name.span, hint=hint)
    if definition is not None:
        return _definition_as_value(definition, name)
    if wanted in STATEMENTS:
        return fail("name", f"`{wanted}` begins a statement, and is not the name of a value", name.span)
    hidden = _hidden(frame.module, wanted)
    if hidden is not None:
        place, label, hint = hidden
        return fail("name", f"`{wanted}` is not defined here", name.span, labels=[Label(place.span, label)], hint=hint)
    return fail("name", f"`{wanted}` is not defined", name.span, hint=_value_hint(wanted, frame))


def _value_hint(wanted: str, frame: Frame) -> str:
    if wanted in _OTHER_WORDS:
        return Hint(f"write `{_OTHER_WORDS[wanted]}`", Instead(wanted, _OTHER_WORDS[wanted]))
    if wanted in _OTHER_VALUES:
        return _OTHER_VALUES[wanted]
    if wanted[-1] in _SUPERSCRIPTS:
        return f"a power is written `{wanted[:-1]} {_SUPERSCRIPTS[wanted[-1]]}`"
    return did_you_mean(wanted, [name for name in sorted(frame.visible()) if name != "None"])


def _definition_as_value(definition: Definition, name: syntax.Name) -> ProgramError:
    hint = f"call it, `{name.id}(x)`, or pipe into it, `x |> {name.id}`"
    if definition.is_layer:
        hint = f"give it its options and apply it: `x |> {name.id}(…)`"
    return fail("name", f"`{name.id}` is a {definition.kind}, not a value", name.span, hint=hint)


def _hidden(module: Module, wanted: str) -> tuple[syntax.Name, str, str] | None:
    """Where the name is bound inside a function, a layer or a `repeat`, which keep their names to themselves."""
    for block, body in _bodies(module.tree.statements):
        for found in bound_names(body):
            if found.id != wanted:
                continue
            if isinstance(block, syntax.RepeatStatement):
                return found, "each pass has its own, gone after it", f"carry it: `repeat … with {wanted} = …`"
            label = f"`{wanted}` is bound inside `{block.name.id}`, and is not seen outside"
            if isinstance(block, syntax.LayerStatement):
                return found, label, f"return it from there; a parameter goes with its layer's name: `encoder.{wanted}`"
            return found, label, "return it from there"
    return None


_Bodied = syntax.FunctionStatement | syntax.LayerStatement | syntax.RepeatStatement


def _bodies(statements: tuple[syntax.Statement, ...]) -> Iterator[tuple[_Bodied, tuple[syntax.Statement, ...]]]:
    waiting = list(statements)
    while waiting:
        statement = waiting.pop(0)
        if isinstance(statement, _Bodied):
            yield statement, statement.body.statements
        waiting += inside(statement)


def defined_in_block(statement: syntax.FunctionStatement | syntax.LayerStatement) -> ProgramError:
    """The error of a definition that does not stand at the top of a file."""
    message = f"`{statement.name.id}` is defined inside a block"
    return fail("syntax", message, statement.name.span, hint="move it to the top of the file")


def _nested_definition(module: Module, wanted: str) -> syntax.FunctionStatement | syntax.LayerStatement | None:
    waiting = list(module.tree.statements)
    while waiting:
        statement = waiting.pop()
        match statement:
            case syntax.FunctionStatement() | syntax.LayerStatement():
                if statement.name.id == wanted:
                    return statement
                waiting += statement.body.statements
            case syntax.RepeatStatement():
                waiting += statement.body.statements
            case syntax.IfStatement():
                waiting += [
                    *statement.then.statements,
                    *(statement.otherwise.statements if statement.otherwise else ()),
                ]
            case _:
                pass
    return None


def unknown_callee(e: Elaboration, name: syntax.Name, frame: Frame) -> ProgramError:
    """The error of a name that stands for nothing that can be called."""
    nested = _nested_definition(frame.module, name.id)
    if nested is not None:
        return defined_in_block(nested)
    message = f"there is no function, layer or operation `{name.id}`"
    return fail("name", message, name.span, hint=callee_hint(e, name.id, frame) or "`nn ops` lists the operations")


def callee_hint(e: Elaboration, name: str, frame: Frame) -> str:
    """What is probably meant by calling a name; empty when nothing is alike."""
    match name:
        case "len":
            return "the length of an axis is `x.shape[0]`"
        case "range":
            return "`repeat i in 0..4` counts from 0 to 3; `arange(4)` makes a value of these numbers"
        case "print":
            return "write `show x`"
        case "parameter":
            return "a parameter is declared by a line of its own: `parameter w: [3, 4] ~ glorot_uniform()`"
        case "placeholder" | "constant" | "dim" | "metric":
            return f"`{name}` begins a line of its own: `{name} NAME …`"
        case _ if name in OTHER_NAMES:
            return Hint(f"it is called `{OTHER_NAMES[name]}` here", Instead(name, OTHER_NAMES[name]))
        case _ if _belongs(name):
            return _belongs(name)
        case _:
            layers = [n for f in frame.chain() for n, v in f.names.items() if isinstance(v, LayerInstance)]
            return did_you_mean(name, [*layers, *frame.module.definitions, *OPERATIONS, *e.library_names()])


def _belongs(name: str) -> str:
    """Where a name that is called belongs, which is known elsewhere in a program than in an equation."""
    from dsl.training.data.readers import READERS
    from dsl.training.initializers import INITIALIZERS
    from dsl.training.optimizers import OPTIMIZERS
    from dsl.training.schedules import SCHEDULES

    if name in INITIALIZERS:
        return f"an initializer follows `~`: `parameter w: [3, 4] ~ {name}()`"
    if name in OPTIMIZERS:
        return f"an optimizer stands in a `train` block: `optimizer = {name}(…)`"
    if name in SCHEDULES:
        return f"a schedule stands in a `train` block: `schedule = {name}(…)`"
    if name in READERS:
        return f"files are read in a `data` block: `source = {name}(…)`"
    if name in ("standardize", "minmax", "encode", "fill_missing", "fractions", "folds"):
        return "it prepares columns in a `data` block"
    return ""


def attribute_hint(value: str, attribute: str, known: tuple[str, ...]) -> str:
    """What is probably meant by `value.attribute`, where that does not exist."""
    if attribute in _OTHER_ATTRIBUTES:
        meant = _OTHER_ATTRIBUTES[attribute]
        return Hint(f"write `{value}.{meant}`", Instead(attribute, meant))
    operation = OTHER_NAMES.get(attribute, attribute)
    if operation in OPERATIONS:
        return f"values have no methods: `{operation}({value})`, or `{value} |> {operation}`"
    return did_you_mean(attribute, known, f"it has .{', .'.join(known)}")
