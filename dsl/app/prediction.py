"""Predictions: which of a program's values they are, and new data treated as the training data was."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dsl.app.files import existing
from dsl.app.wording import some
from dsl.graph.node import Node
from dsl.language.elaborate.model import Model
from dsl.ops.parameters import Array
from dsl.source.diagnostic import fail
from dsl.training.data.plan import DataPlan


class Needs:
    """Which placeholders without a default each node of a graph depends on, as the bits of a number."""

    def __init__(self, model: Model) -> None:
        self._bits: dict[str, int] = {}
        self._masks: list[int] = []
        for node in model.graph.nodes:
            mask = 0
            if node.kind == "placeholder" and node.value is None:
                mask = self._bits[node.name] = 1 << len(self._bits)
            for source in node.inputs:
                mask |= self._masks[source.index]
            self._masks.append(mask)

    def of(self, *nodes: Node) -> int:
        """What the nodes need together."""
        mask = 0
        for node in nodes:
            mask |= self._masks[node.index]
        return mask

    def given(self, names: Iterable[str]) -> int:
        """The placeholders of these names."""
        mask = 0
        for name in names:
            mask |= self._bits.get(name, 0)
        return mask


def predicted_names(model: Model, feeds: Iterable[str]) -> list[str]:
    """The values at the top of the file that are predictions, of those that can be computed from these placeholders.

    A loss compares predictions with labels, and so needs more placeholders than they do: predictions are the last values
    that do not need all that the losses need. Where no value is like that (an autoencoder, a program that does not train)
    they are the last values that are neither loss nor metric, and where there is none, the last values.
    """
    needs = Needs(model)
    ready = _ready(model, needs, feeds)
    losses = [run.minimize for run in model.runs]
    with_labels = needs.of(*losses)
    unmeasured = {name: n for name, n in ready.items() if n not in losses and n not in model.metrics.values()}
    predicted = {name: n for name, n in unmeasured.items() if needs.of(n) and with_labels & ~needs.of(n)}
    return last_names(model, predicted or unmeasured or ready)


def computable_names(model: Model, feeds: Iterable[str]) -> list[str]:
    """The last values at the top of the file that can be computed from these placeholders and from defaults."""
    return last_names(model, _ready(model, Needs(model), feeds))


def computable_nodes(model: Model, nodes: Iterable[Node], feeds: Iterable[str]) -> list[Node]:
    """Those of some nodes that depend on no placeholder but these and those with a default."""
    needs = Needs(model)
    given = needs.given(feeds)
    return [node for node in nodes if not needs.of(node) & ~given]


def is_computable(model: Model, node: Node, feeds: Iterable[str]) -> bool:
    """Whether a node depends on no placeholder but these and those with a default."""
    needs = Needs(model)
    return not needs.of(node) & ~needs.given(feeds)


def _ready(model: Model, needs: Needs, feeds: Iterable[str]) -> dict[str, Node]:
    missing = ~needs.given(feeds)
    kinds = ("operation", "constant")
    return {name: node for name, node in model.names.items() if node.kind in kinds and not needs.of(node) & missing}


def last_names(model: Model, candidates: Mapping[str, Node]) -> list[str]:
    """Those of the candidates that no other candidate depends on."""
    chosen = set(candidates.values())
    inner: set[Node] = set()
    for node in reversed(model.graph.nodes):
        if node in chosen or node in inner:
            inner.update(node.inputs)
    return [name for name, node in candidates.items() if node not in inner]


@dataclass(frozen=True, slots=True)
class TrainingData:
    """The `data` block that a program learnt from, and the statistics that were fitted then, by field."""

    plan: DataPlan
    statistics: Mapping[str, Array]

    @classmethod
    def of(cls, model: Model, statistics: Mapping[str, Array]) -> TrainingData | None:
        """That of the last run with data, or else the only block; None when the program has no data."""
        named = [run.data for run in model.runs if run.data]
        if named:
            block, _, part = named[-1].partition(".")
        elif len(model.data) == 1:
            block, part = next(iter(model.data)), ""
        else:
            return None
        fold = part.rpartition(".")[0]
        prefix = f"{block}/{fold}." if fold else f"{block}/"
        fitted = {key.removeprefix(prefix): value for key, value in statistics.items() if key.startswith(prefix)}
        return cls(model.data[block], fitted)

    def labels(self, model: Model, node: Node) -> Array | None:
        """What the integers of a node stand for: the labels of the encoded column that it is compared with, or feeds."""
        compared = {node.name} if node.kind == "placeholder" else set[str]()
        for other in model.graph.nodes:
            if other.operation and other.operation.name in ("equal", "not_equal") and node in other.inputs:
                compared |= {source.name for source in other.inputs if source.kind == "placeholder"}
        keys = [f"{name}.encode.labels" for name in sorted(compared)]
        return next((self.statistics[key] for key in keys if key in self.statistics), None)


def new_feeds(
    model: Model,
    statistics: Mapping[str, Array],
    path: Path,
    fetch: Sequence[Node] | None,
    beside: Iterable[str] = (),
) -> dict[str, Array]:
    """The rows of a file as feeds of what the fetched nodes need, by default of what is predicted.

    They are treated as the data of the training were, with the statistics fitted then. Columns that are not needed may be
    missing, such as the labels. `beside` are the placeholders that are fed otherwise. Raises ProgramError.
    """
    data = TrainingData.of(model, statistics)
    if data is None:
        hint = f"feed the placeholders themselves: {some(node.name for node in model.graph.placeholders)}"
        raise fail("data", "the program does not say what is read from a file: it has no one `data` block", hint=hint)
    plan = data.plan
    table = plan.read_new(existing(path))
    if fetch is None:
        readable = [name for name in plan.fields if plan.can_read(name, table)]
        fetch = [model.names[name] for name in predicted_names(model, [*readable, *beside])]
    needed = (
        {node.name for node in model.graph.ancestors(fetch) if node.kind == "placeholder"} if fetch else plan.fields
    )
    return plan.feeds_from(table, [name for name in plan.fields if name in needed], data.statistics)
