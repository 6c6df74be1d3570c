"""A story put into the words of a language: from an explanation to a document."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from dsl.explain.document import (
    Block,
    Code,
    Document,
    Entry,
    Heading,
    Inline,
    Line,
    Math,
    Paragraph,
    Table,
    listed,
    marked,
    sentence,
)
from dsl.explain.expressions import Equation, Expression, Formula, Name, Partial, Sum, Value
from dsl.explain.story import Backward, Explanation, Forward, Local, Move, Portrait, Training, TrainingStep, Way
from dsl.explain.words import ENGLISH, Words
from dsl.graph.node import Node
from dsl.ops.parameters import Array

_MOST_PARAMETERS = 4


class Composer:
    """Composes documents in one language."""

    def __init__(self, words: Words = ENGLISH) -> None:
        self.words = words

    def document(self, explanation: Explanation) -> Document:
        """The whole explanation."""
        return Document(explanation.title, self.words.language, list(self._blocks(explanation)))

    def _blocks(self, told: Explanation) -> Iterator[Block]:
        w = self.words
        yield Heading(1, [Code(told.title), *(marked(f": {told.documentation}") if told.documentation else [])])
        if told.dataset:
            yield Paragraph(sentence(w.fed_by, rows=str(told.rows), dataset=Code(told.dataset)))
        if told.folded:
            yield Paragraph(sentence(w.folded, layers=self._names(told.folded)))
        if told.origins:
            yield Heading(2, [w.origins])
            yield from map(self.forward, told.origins)
        for portrait in told.portraits:
            yield from self.portrait(portrait, told.of)
        if told.forward:
            yield Heading(2, [w.forward])
            yield from map(self.forward, told.forward)
        if told.backward:
            yield Heading(2, sentence(w.backward, of=Code(told.of)))
            yield from map(self.backward, told.backward)
        if told.training:
            yield from self.training(told.training)

    # -- forward ----------------------------------------------------------------------------------------------------------

    def forward(self, told: Forward) -> Entry:
        """How a value came to be."""
        sides = told.equation.sides if told.equation else (Name(told.name),)
        equations = [Line(Equation((*sides, Value(told.value))))]
        return Entry(self._arrival(told), self._margin(told.node, told.value.shape), equations)

    def _arrival(self, told: Forward) -> list[Inline]:
        w, name = self.words, Code(told.name)
        match told.role:
            case "placeholder":
                assert told.source is not None
                template = {"default": w.placeholder_default, "fed": w.placeholder_fed, "data": w.placeholder_data}
                return sentence(template[told.source.kind], name=name, dataset=Code(told.source.dataset))
            case "parameter" | "constant":
                return sentence(w.parameter if told.role == "parameter" else w.constant, name=name)
            case "operation":
                template = w.operation if told.inputs else w.operation_alone
                return sentence(template, name=name, inputs=self._names(told.inputs))
            case "layer":
                assert told.scope is not None
                template = w.layer if told.scope.is_layer else w.function
                inputs = self._names(told.inputs)
                inside = self._inside(told)
                return sentence(template, name=name, title=Code(told.scope.title), inputs=inputs, inside=inside)

    def _inside(self, told: Forward) -> list[Inline]:
        if told.equation is not None:
            return []
        w, count = self.words, str(told.operations)
        if not told.parameters or len(told.parameters) > _MOST_PARAMETERS:
            return sentence(w.inside, operations=count)
        return sentence(w.inside_with, operations=count, parameters=self._names([p.name for p in told.parameters]))

    def _margin(self, node: Node, shape: tuple[int, ...]) -> str:
        """The type of a value with its sizes, and the line that made it."""
        dtype = f"{node.type.dtype}{list(shape) if shape else ''}"
        if node.span is None:
            return dtype
        source = node.span.source.name
        file = f"{source.rpartition('/')[2]} " if source.startswith("<library>") else ""
        return f"{dtype}, {file}{self.words.line.replace('{line}', str(node.span.line))}"

    # -- backward ---------------------------------------------------------------------------------------------------------

    def backward(self, told: Backward) -> Entry:
        """The gradient of a value."""
        w = self.words
        partial = Partial(told.of, told.name)
        margin = self._margin(told.node, told.gradient.shape)
        result = Value(told.gradient)
        if not told.ways:
            template = w.seed if not told.gradient.shape else w.seed_summed
            words = sentence(template, partial=Math(partial), of=Code(told.of))
            return Entry(words, margin, [Line(Equation((partial, result)))])
        locals = [line for local in told.locals for line in self._local(local)]
        if len(told.ways) == 1:
            (way,), (local,) = told.ways, told.locals
            if isinstance(way.symbols, Partial) and local.form == "factor" and local.derivative is not None:
                sides, locals = [local.derivative], []
            else:
                sides = self._chain(way)
            equation = Equation((partial, *sides, result))
            return Entry([Math(partial)], margin, [Line(equation, continues=True), *locals])
        template = w.uses if told.by_uses else w.paths
        count, paths = str(len(told.ways)), str(told.path_count)
        words = sentence(template, partial=Math(partial), count=count, paths=paths)
        each = [self._way(way, told.by_uses) for way in told.ways]
        total = Equation((partial, *self._sum(told.ways), result))
        return Entry(words, margin, [*each, Line(total, [w.together]), *locals])

    def _way(self, way: Way, by_uses: bool) -> Line:
        w = self.words
        path = (
            sentence(w.by_use, user=Code(way.path[1]))
            if by_uses
            else sentence(w.by_path, path=Code(" → ".join(way.path)))
        )
        return Line(Equation((way.symbols, *self._chain(way)[1:], Value(way.flow))), path)

    def _chain(self, way: Way) -> list[Expression]:
        """The chain rule in symbols, with formulas, and with numbers."""
        return [side for side in (way.symbols, way.formulas, way.numbers) if side is not None]

    def _sum(self, ways: Sequence[Way]) -> list[Expression]:
        """The sum of single numbers, which of arrays would be none to be read."""
        return [Sum(tuple(Value(way.flow) for way in ways))] if not ways[0].flow.shape else []

    def _local(self, told: Local) -> Iterator[Line]:
        """The derivative of one step; of a product what is multiplied, with its shapes."""
        w, partial = self.words, Partial(told.of, told.wrt)
        if told.form == "factor" and told.derivative is not None:
            computed = isinstance(told.derivative, Formula) and told.derivative.node.kind != "constant"
            number = [Value(told.factor)] if computed and told.factor is not None and not told.factor.shape else []
            yield Line(Equation((partial, told.derivative, *number)), [w.local])
        elif told.form == "elementwise" and told.derivative is not None:
            yield Line(Equation((partial, told.derivative), w.elementwise), [w.local])
        elif told.derivative is not None:
            shaped = [told.shaped] if told.shaped is not None else []
            result = Name("", told.shapes[1]) if told.shapes[1] else None
            sides = (partial, told.derivative, *shaped, *([result] if result else []))
            yield Line(Equation(sides, w.product), [w.local])
        else:
            yield Line(Equation((partial,), w.too_long.replace("{operations}", str(told.operations))), [w.local])

    # -- one value --------------------------------------------------------------------------------------------------------

    def portrait(self, told: Portrait, of: str) -> Iterator[Block]:
        """One value's whole story."""
        w, name = self.words, Code(told.forward.name)
        yield Heading(2, [name, *(marked(f": {told.documentation}") if told.documentation else [])])
        if told.text:
            yield Paragraph([Code(told.text)])
        yield self.forward(told.forward)
        if told.feeds:
            yield Paragraph(sentence(w.feeds, name=name, users=self._names(told.feeds)))
        else:
            yield Paragraph(sentence(w.feeds_nothing, name=name))
        if told.backward is not None:
            yield self.backward(told.backward)
        else:
            template = {"integer": w.integer, "no way": w.no_way}.get(told.reason, w.nothing_differentiated)
            dtype = str(told.forward.node.type.dtype)
            yield Paragraph(sentence(template, name=name, dtype=dtype, of=Code(of)))

    # -- training ---------------------------------------------------------------------------------------------------------

    def training(self, told: Training) -> Iterator[Block]:
        """Some steps of training, and how each parameter moved."""
        w = self.words
        yield Heading(2, sentence(w.training, run=Code(told.run), optimizer=Code(told.optimizer)))
        if told.rule:
            yield Entry(sentence(w.rule, of=Code(told.of)), "", [Line(equation) for equation in told.rule])
        for step in told.steps:
            yield from self.step(step, told.of)

    def step(self, told: TrainingStep, of: str) -> Iterator[Block]:
        """One step of training."""
        w = self.words
        coefficients = [
            [Code(name), " = ", Math(Value(_rounded(float(number))))] for name, number in told.coefficients.items()
        ]
        yield Paragraph(
            sentence(
                w.step if coefficients else w.step_alone,
                number=str(told.number),
                of=Code(of),
                loss=Math(Value(told.loss)),
                coefficients=listed(coefficients, w.comma, w.last),
            )
        )
        columns = [w.parameter_column, w.before_column, w.gradient_column, w.move_column, w.after_column]
        yield Table(columns, [self._moved(move) for move in told.moves])

    def _moved(self, move: Move) -> list[list[Inline]]:
        each = (move.before, move.gradient, np.subtract(move.after, move.before), move.after)
        return [[Code(move.name)], *map(self._extent, each)]

    def _extent(self, value: Array) -> list[Inline]:
        """A number, or the norm of an array."""
        if not value.shape:
            return [Math(Value(value))]
        norm = np.linalg.norm(value.astype(np.float64).ravel())
        return sentence(self.words.norm, norm=Math(Value(_rounded(float(norm)))))

    def _names(self, names: Sequence[str]) -> list[Inline]:
        return listed([[Code(name)] for name in names], self.words.comma, self.words.last)


def _rounded(number: float) -> Array:
    """A number in six digits."""
    return np.asarray(float(f"{number:.6g}"))
