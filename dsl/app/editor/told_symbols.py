"""What is said of the names of a program: what each is, its type, where its sizes come from, its formula, its value."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import prod
from typing import TYPE_CHECKING, Any

from dsl.app.editor.markdown import bullets, code, fenced, paragraphs, prose
from dsl.app.names.facts import described_run, said, spelled_out
from dsl.app.names.formulas import formula, spelled
from dsl.app.names.signature import said as said_formal
from dsl.app.names.signature import signature
from dsl.app.wording import plural
from dsl.graph.node import Node
from dsl.language import syntax
from dsl.language.elaborate.values import POISON, LayerInstance
from dsl.ops.dims import Dim
from dsl.ops.parameters import Array
from dsl.source.text import Span

if TYPE_CHECKING:
    from dsl.app.editor.analysis import Analysis
    from dsl.language.resolution.names import Symbol

_MOST_USES = 6
_FEW = 3
_LONGEST = 80
_MOST_LOOKED_AT = 500


def bound_to(analysis: Analysis, symbol: Symbol) -> list[Any]:
    """What a symbol stands for: one thing, or inside a function or a layer one for each use of that."""
    bindings = analysis.model.bindings
    return [value for place in symbol.definitions for value in bindings.get(place, ()) if value is not POISON]


def told_symbol(analysis: Analysis, symbol: Symbol, values: Mapping[str, Array] | None) -> str:
    """What there is to say of a name of the program, as Markdown."""
    match symbol.kind:
        case "function" | "layer":
            parts = _told_definition(analysis, symbol)
        case "data":
            parts = _told_data(analysis, symbol)
        case "part" | "field":
            parts = _told_entry(symbol)
        case "train":
            parts = _told_train(analysis, symbol)
        case _:
            parts = _told_value(analysis, symbol, values or {})
    return paragraphs(parts)


def documentation(analysis: Analysis, symbol: Symbol) -> str:
    """The `##` comment above what declares a symbol."""
    if symbol.called is not None and symbol.kind in ("function", "layer"):
        return symbol.called.documentation
    if symbol.statement is None or symbol.external or isinstance(symbol.statement, syntax.Formal):
        return ""
    found = analysis.tree.docs.get(symbol.statement.span.line, "")
    is_of_file = found == analysis.tree.docs.get(0) and symbol.kind not in ("function", "layer")
    return "" if is_of_file else found


def type_of(analysis: Analysis, symbol: Symbol) -> str:
    """What a symbol is and its type, in a few words; every type of one that has several."""
    types = dict.fromkeys(str(value.type) for value in bound_to(analysis, symbol) if isinstance(value, Node))
    return f"{symbol.kind} {' or '.join(list(types)[:_FEW])}".rstrip()


# -- values ---------------------------------------------------------------------------------------------------------------


def _told_value(analysis: Analysis, symbol: Symbol, values: Mapping[str, Array]) -> Iterator[str]:
    found = bound_to(analysis, symbol)
    nodes = [value for value in found if isinstance(value, Node)]
    types = list(dict.fromkeys(str(node.type) for node in nodes))
    yield fenced([_header(symbol, found, types)])
    yield f"*{_place(symbol)}*"
    yield prose(documentation(analysis, symbol))
    if len(types) == 1:
        node = analysis.model.names.get(symbol.name, nodes[-1])
        node = node if node in nodes else nodes[-1]
        is_one = node.name == symbol.name or len(set(nodes)) == 1
        yield _formula(analysis, symbol, node) if is_one else ""
        yield bullets(_facts(symbol, node, analysis))
    elif types:
        yield f"Its type in each use:\n\n{bullets(_uses(nodes))}"
    elif not found and symbol.scope is not None and symbol.scope.kind in ("function", "layer"):
        yield "What it is depends on the use, and nothing uses it yet."
    layer = next((value for value in found if isinstance(value, LayerInstance)), None)
    if layer is not None:
        yield from _told_layer(layer)
    yield bullets(_values(nodes, values))


def _header(symbol: Symbol, found: Sequence[Any], types: Sequence[str]) -> str:
    """`parameter w: f32[64, 10] ~ glorot_uniform()`: as the program could say it, with what it leaves unsaid."""
    statement = symbol.statement
    if isinstance(statement, syntax.Formal):
        return _of_formal(symbol, statement, found, types)
    if symbol.kind == "counter":
        return f"repeat {symbol.name} in {_some(found)}"
    keyword = {"dimension": "dim ", "value": ""}.get(symbol.kind, f"{symbol.kind} ")
    type_ = f": {types[0]}" if len(types) == 1 else ""
    is_alone = not (isinstance(statement, syntax.Assignment) and len(statement.targets) > 1)
    text = " ".join(said(statement).split()) if isinstance(statement, syntax.Syntax) and is_alone else ""
    if isinstance(statement, syntax.RepeatStatement | syntax.IfStatement):
        text = ""
    if symbol.kind in ("constant", "dimension") and found and not isinstance(found[-1], Node):
        is_open = isinstance(found[-1], Dim) and str(found[-1]) == symbol.name
        text = "" if is_open else f"= {spelled_out(found[-1])}"
    return f"{keyword}{symbol.name}{type_} {_short(text)}".rstrip()


def _of_formal(symbol: Symbol, formal: syntax.Formal, found: Sequence[Any], types: Sequence[str]) -> str:
    if symbol.kind == "size":
        return f"{symbol.name} = {_some(found)}" if found else symbol.name
    if len(types) == 1:
        return f"{symbol.name}: {types[0]}"
    plain = [value for value in found if not isinstance(value, Node | LayerInstance)]
    return f"{symbol.name} = {_some(plain)}" if plain else said_formal(formal)


def _some(values: Sequence[Any]) -> str:
    """The different values that a name has, in a row."""
    texts = list(dict.fromkeys(spelled_out(value) for value in values))
    shown = ", ".join(texts[:_MOST_USES])
    return f"{shown}, …" if len(texts) > _MOST_USES else shown


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]} …"


_KINDS = {"counter": "counts the passes of a `repeat`", "size": "size, bound by the call"}
"""What is said of those kinds that their names say too little of."""


def _place(symbol: Symbol) -> str:
    """What a name is, and where it is bound."""
    what = _KINDS.get(symbol.kind, symbol.kind)
    owner = symbol.scope.symbol if symbol.scope is not None else None
    around = (
        f" of {code(owner.name)}" if owner is not None and symbol.scope is not None and symbol.kind != "counter" else ""
    )
    return (
        f"{what}{around}, {_where(symbol.definitions[0], symbol.external)}" if symbol.definitions else f"{what}{around}"
    )


def _where(place: Span, elsewhere: bool) -> str:
    line = f"line {place.line}"
    return f"{line} of {code(place.source.name)}" if elsewhere else line


def _formula(analysis: Analysis, symbol: Symbol, node: Node) -> str:
    """How a value is computed, where that says more than the program does."""
    text = symbol.value.span.text if symbol.value is not None else ""
    written = formula(analysis.model, node, text)
    if not written or written in ("".join(text.split()), " ".join(text.split())):
        return ""
    return code(f"{symbol.name} = {written}")


def _facts(symbol: Symbol, node: Node, analysis: Analysis) -> Iterator[str]:
    """The size of a parameter, and the lines that fixed the sizes of a shape, where these are elsewhere."""
    sizes = [dim.value for dim in node.shape]
    if node.kind == "parameter" and sizes and None not in sizes:
        yield plural(prod(size or 0 for size in sizes), "number")
    declared = symbol.statement.span if symbol.statement is not None else None
    told = set[str]()
    for dim in node.shape:
        place = _origin(dim, node, analysis)
        if place is None or str(dim) in told or (declared is not None and _lies_in(place, declared)):
            continue
        told.add(str(dim))
        elsewhere = place.source is not analysis.tree.span.source
        yield f"{code(str(dim))} comes from {code(_short(place.text))}, {_where(place, elsewhere)}"


def _lies_in(inner: Span, outer: Span) -> bool:
    return inner.source is outer.source and outer.start <= inner.start and inner.end <= outer.end


def _origin(dim: Dim, node: Node, analysis: Analysis) -> Span | None:
    """The place that fixed a size; of one that the body of a layer fixed, the call of that layer."""
    origin = dim.origin
    if origin is None or _stands_at_the_top(origin, analysis):
        return origin
    seen, waiting = {node}, [node]
    while waiting and len(seen) < _MOST_LOOKED_AT:
        current = waiting.pop()
        if current.scope is not None and any(each == dim and each.origin == origin for each in current.shape):
            spans = [scope.span for scope in current.scope.around() if scope.span is not None]
            return next((span for span in spans if _stands_at_the_top(span, analysis)), origin)
        new = [source for source in current.inputs if source not in seen]
        seen.update(new)
        waiting += new
    return origin


def _stands_at_the_top(place: Span, analysis: Analysis) -> bool:
    """Whether a place of the text is outside all bodies of functions and layers."""
    tree = analysis.tree
    bodies = (
        each.span for each in tree.statements if isinstance(each, syntax.FunctionStatement | syntax.LayerStatement)
    )
    return place.source is tree.span.source and not any(_lies_in(place, body) for body in bodies)


def _uses(nodes: Sequence[Node]) -> Iterator[str]:
    """The types that a name has in each use of what it is bound in."""
    told = list(dict.fromkeys((node.name, str(node.type)) for node in nodes))
    for name, type_ in told[:_MOST_USES]:
        yield f"{code(type_)} as {code(name)}" if name else code(type_)
    if len(told) > _MOST_USES:
        yield f"and {len(told) - _MOST_USES} more"


def _values(nodes: Iterable[Node], values: Mapping[str, Array]) -> Iterator[str]:
    """The values that nodes had in a run."""
    known = [node for node in dict.fromkeys(nodes) if node.name in values]
    for node in known[:_MOST_USES]:
        yield f"{code(node.name)} was {code(spelled(values[node.name]))}"


# -- what is called -------------------------------------------------------------------------------------------------------


def _told_definition(analysis: Analysis, symbol: Symbol) -> Iterator[str]:
    statement = symbol.called.statement if symbol.called is not None else symbol.statement
    assert isinstance(statement, syntax.FunctionStatement | syntax.LayerStatement)
    word = "layer" if isinstance(statement, syntax.LayerStatement) else "def"
    yield fenced([f"{word} {signature(statement)}"])
    name = statement.span.source.name
    kind = "standard layer" if name.startswith("<library>") else symbol.kind
    place = "" if kind == "standard layer" else f", {_where(statement.name.span, symbol.external)}"
    yield f"*{kind}{place}*"
    yield prose(documentation(analysis, symbol))


def _told_layer(layer: LayerInstance) -> Iterator[str]:
    members = [member for member in layer.members.values() if isinstance(member, Node)]
    yield f"A layer, made of {code(signature(layer.definition.statement))}."
    if members:
        yield bullets(f"{code(node.name)}: {code(str(node.type))}" for node in members[:_MOST_USES])


# -- experiments ----------------------------------------------------------------------------------------------------------


def _told_data(analysis: Analysis, symbol: Symbol) -> Iterator[str]:
    plan = analysis.model.data.get(symbol.name)
    yield fenced([f"data {symbol.name}"])
    yield f"*{_place(symbol)}*"
    yield prose(documentation(analysis, symbol))
    if plan is None:
        return
    fields = ", ".join(f"{code(name)} ({plan.dtypes[name]})" for name in plan.fields)
    parts = plan.split.parts
    shares = ", ".join(
        f"{code(f'{symbol.name}.{name}')}{f' ({parts[name]:.0%} of the rows)' if name in parts else ''}"
        for name in plan.split.names[:_MOST_USES]
    )
    yield bullets([f"feeds {fields}", f"parts {shares}"])


def _told_entry(symbol: Symbol) -> Iterator[str]:
    """A part of data, or an entry that has a name of its own."""
    text = " ".join(symbol.statement.span.text.split()) if symbol.statement is not None else symbol.name
    data = symbol.scope.symbol if symbol.scope is not None else None
    if isinstance(symbol.statement, syntax.Argument) and data is not None:
        text = f"{data.name}.{symbol.name} = {' '.join(symbol.statement.value.span.text.split())}"
    yield fenced([_short(text)])
    what = "part of data" if symbol.kind == "part" else "entry of data"
    yield f"*{what}, line {symbol.definitions[0].line}*" if symbol.definitions else ""


def _told_train(analysis: Analysis, symbol: Symbol) -> Iterator[str]:
    run = next((run for run in analysis.model.runs if run.name == symbol.name), None)
    yield fenced([f"train {symbol.name}"])
    yield f"*{_place(symbol)}*"
    yield prose(documentation(analysis, symbol))
    yield prose(described_run(run)) if run is not None else ""
