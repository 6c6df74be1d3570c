"""What is given to a program before it runs: whether it is known, and whether it is enough."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping

from dsl.app.wording import some, there_is
from dsl.graph.node import Node
from dsl.language.elaborate.model import Model
from dsl.source.diagnostic import Label, ProgramError, fail
from dsl.source.nearest import did_you_mean
from dsl.training.data.dataset import Dataset
from dsl.training.run import TrainRun


def check_names(model: Model, feeds: Iterable[str]) -> None:
    """Raise ProgramError for a feed that no placeholder takes."""
    known = [node.name for node in model.graph.placeholders]
    for name in feeds:
        if name in known:
            continue
        listed = there_is(known, "the program has none")
        node = model.names.get(name) or model.graph.names.get(name)
        if node is None:
            raise fail("data", f"there is no placeholder `{name}` to feed", hint=did_you_mean(name, known, listed))
        kind = f"{'an' if node.kind == 'operation' else 'a'} {node.kind}"
        raise fail("data", f"`{name}` is no placeholder but {kind}, and cannot be fed", hint=listed)


def check_complete(model: Model, needed: Iterable[Node], feeds: Container[str]) -> None:
    """Raise ProgramError for the placeholders among the needed nodes that have no value, all at once."""
    missing = _missing(needed, feeds)
    if not missing:
        return
    first, *others = missing
    data = next((f"{name}.{part}" for name, plan in model.data.items() for part in plan.split.names), "")
    otherwise = f"take the rows of a data set, `--on {data}`" if data else "give it a default"
    raise fail(
        "data",
        f"the placeholder `{first.name}` has no value",
        first.span,
        label=f"{first.type} is needed",
        labels=[Label(node.span, f"`{node.name}` has none either") for node in others if node.span],
        hint=f"feed it, `--feed {first.name}=…`, or {otherwise}",
    )


def check_fed_once(run: TrainRun, datasets: Mapping[str, Dataset], given: Container[str]) -> None:
    """Raise ProgramError when a placeholder would be fed both by the data and by what was given for all runs."""
    for name, dataset in datasets.items():
        both = next((field for field in dataset.arrays if field in given), None)
        if both:
            raise fail(
                "data",
                f"the placeholder `{both}` is fed by `{name}`, and a value is given for it besides",
                run.span,
                hint="feed what the data leave out",
            )


def nothing_predicted(needed: Iterable[Node], feeds: Container[str]) -> ProgramError:
    """The error of a prediction for which something is missing that the predicted values need."""
    missing = _missing(needed, feeds)
    if not missing:
        return fail("data", "the program computes nothing")
    names = some(node.name for node in missing)
    return fail("data", f"nothing can be predicted without {names}", hint="feed what is missing")


def _missing(needed: Iterable[Node], feeds: Container[str]) -> list[Node]:
    return [node for node in needed if node.kind == "placeholder" and node.value is None and node.name not in feeds]
