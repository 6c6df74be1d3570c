"""An explanation as plain data for tools: the same facts as the documents, with formulas as text and as LaTeX."""

from __future__ import annotations

from typing import Any

from dsl.explain.expressions import Equation, Expression
from dsl.explain.plain import Plain
from dsl.explain.story import Backward, Explanation, Forward, Local, Portrait, Training, TrainingStep, Way
from dsl.explain.tex import Tex

_PLAIN, _TEX = Plain(), Tex()


def as_json(told: Explanation) -> dict[str, Any]:
    """The whole explanation; arrays stay arrays."""
    return {
        "title": told.title,
        "documentation": told.documentation,
        "of": told.of or None,
        "dataset": told.dataset or None,
        "rows": told.rows if told.dataset else None,
        "folded": list(told.folded),
        "origins": [_forward(each) for each in told.origins],
        "forward": [_forward(each) for each in told.forward],
        "backward": [_backward(each) for each in told.backward],
        "values": [_portrait(each) for each in told.portraits],
        "training": _training(told.training) if told.training else None,
    }


def _forward(told: Forward) -> dict[str, Any]:
    node = told.node
    return {
        "name": told.name,
        "role": told.role,
        "layer": told.scope.title if told.scope else None,
        "source": told.source.kind if told.source else None,
        "inputs": list(told.inputs),
        "equation": _equation(told.equation),
        "value": told.value,
        "shape": list(told.value.shape),
        "dtype": node.type.dtype.name,
        "file": node.span.source.name if node.span else None,
        "line": node.span.line if node.span else None,
    }


def _backward(told: Backward) -> dict[str, Any]:
    return {
        "name": told.name,
        "of": told.of,
        "gradient": told.gradient,
        "path_count": told.path_count,
        "by": "uses" if told.by_uses else "paths",
        "ways": [_way(way) for way in told.ways],
        "derivatives": [_local(local) for local in told.locals],
    }


def _way(way: Way) -> dict[str, Any]:
    return {
        "path": list(way.path),
        "symbols": _expression(way.symbols),
        "formulas": _expression(way.formulas),
        "numbers": _expression(way.numbers),
        "flow": way.flow,
    }


def _local(local: Local) -> dict[str, Any]:
    return {
        "of": local.of,
        "wrt": local.wrt,
        "form": local.form,
        "derivative": _expression(local.derivative),
        "factor": local.factor,
    }


def _portrait(told: Portrait) -> dict[str, Any]:
    return {
        **_forward(told.forward),
        "documentation": told.documentation,
        "text": told.text,
        "feeds": list(told.feeds),
        "backward": _backward(told.backward) if told.backward else None,
        "without_gradient": told.reason or None,
    }


def _training(told: Training) -> dict[str, Any]:
    return {
        "run": told.run,
        "optimizer": told.optimizer,
        "rule": [_equation(equation) for equation in told.rule],
        "steps": [_step(step) for step in told.steps],
    }


def _step(step: TrainingStep) -> dict[str, Any]:
    moves = {m.name: {"before": m.before, "gradient": m.gradient, "after": m.after} for m in step.moves}
    return {"step": step.number, "loss": step.loss, "coefficients": dict(step.coefficients), "parameters": moves}


def _equation(equation: Equation | None) -> dict[str, Any] | None:
    if equation is None:
        return None
    return {"text": _PLAIN.equation(equation), "latex": _TEX.equation(equation)}


def _expression(expression: Expression | None) -> dict[str, str] | None:
    if expression is None:
        return None
    return {"text": _PLAIN.write(expression), "latex": _TEX.write(expression)}
