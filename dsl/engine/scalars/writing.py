"""Statements that compute elements: what gets a name of its own, what is computed once, in which order states change."""

from __future__ import annotations

import keyword
import re
import unicodedata
from collections import Counter, deque
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from dsl.engine.scalars.expressions import NOTHING, Flavour, Text, filled
from dsl.engine.scalars.scalar import LEAF, STATE, Scalar, needed_for
from dsl.engine.scalars.zeros import idle_additions

_LONGEST_PART = 60
"""Characters of an expression that may still become a part of another, so that lines stay within about twice as many."""


class Names:
    """Identifiers that are free."""

    def __init__(self, reserved: Collection[str]) -> None:
        self._counts = Counter([*reserved, *keyword.kwlist])

    def free(self, wanted: str) -> str:
        """The name as an identifier, with the next free number behind it where it is taken."""
        name = wanted if wanted.isascii() and wanted.isidentifier() else _identifier(wanted)
        found = name
        while found in self._counts:
            self._counts[name] += 1
            found = f"{name}_{self._counts[name]}"
        self._counts[found] = 1
        return found


def _identifier(name: str) -> str:
    """The name with `_` for what may not stand in an identifier, in the form in which Python compares identifiers."""
    return re.sub(r"\W|^(?=\d)", "_", unicodedata.normalize("NFKC", name)) or "_"


class Writer:
    """The statements that the elements `roots` need, operands before their users.

    Those in `fixed` depend on nothing that changes from run to run, and are executed once; those in `body` at each run.
    `changing` says which elements of leaves change; those of states always do. What is used once is put where it is used.
    """

    def __init__(
        self, flavour: Flavour, names: Names, roots: Sequence[Scalar], changing: Callable[[Scalar], bool]
    ) -> None:
        self.fixed: list[str] = []
        self.body: list[str] = []
        self._flavour, self._names = flavour, names
        self._roots = set(roots)
        self._texts: dict[Scalar, Text] = {}
        needed = needed_for(roots)
        instead = idle_additions(needed, roots)
        order = [one for one in needed if one not in instead]
        self._operands = {one: _standing_for(one.operands, instead) for one in order}
        self._templates = {one: flavour.template(one) for one in order if one.operands}
        self._changing = self._found_changing(changing)
        self._shared = self._used_across()
        self._uses = self._counted_uses(roots)
        for one in order:
            if one.operator in (LEAF, STATE):
                reads = frozenset([one]) if one.operator == STATE else NOTHING
                self._texts[one] = Text(names.free(one.name or one.operator), reads=reads)
        for one, operands in self._operands.items():
            if one not in self._texts:
                self._texts[one] = self._written(one, operands)

    def _found_changing(self, changing: Callable[[Scalar], bool]) -> set[Scalar]:
        """What may differ from run to run."""
        found: set[Scalar] = set()
        for one, operands in self._operands.items():
            if operands:
                changes = not found.isdisjoint(operands)
            else:
                changes = one.operator == STATE or (one.operator == LEAF and changing(one))
            if changes:
                found.add(one)
        return found

    def _used_across(self) -> dict[Scalar, None]:
        """What is computed once and used at each run, in running order."""
        used = {operand for user in self._changing for operand in self._operands[user]} | self._roots
        return {one: None for one in self._operands if one in used and one not in self._changing and not one.is_literal}

    def _counted_uses(self, roots: Sequence[Scalar]) -> Counter[Scalar]:
        """How often each element stands in expressions."""
        uses = [*roots]
        for one, template in self._templates.items():
            operands = self._operands[one]
            uses += operands
            if template.repeated:
                uses += [operands[index] for index in template.repeated]
        return Counter(uses)

    def _written(self, one: Scalar, operands: Sequence[Scalar]) -> Text:
        """The text of an element, after a statement where it gets a name."""
        if one.is_literal:
            return self._flavour.literal(one)
        text = filled(self._templates[one], [self._texts[operand] for operand in operands])
        if self._can_be_part(one, text):
            return text
        name = self._names.free(one.name or "t")
        (self.body if one in self._changing else self.fixed).append(f"{name} = {text.code}")
        return Text(name)

    def _can_be_part(self, one: Scalar, text: Text) -> bool:
        """Whether the expression may stand where the element is used, without a name of its own."""
        if self._uses[one] > 1 or one in self._shared or len(text.code) > _LONGEST_PART:
            return False
        # what may raise an exception is computed before the first state changes
        return not (one in self._roots and text.raises)

    # -- what the code around the statements needs ------------------------------------------------------------------------

    def code(self, root: Scalar) -> str:
        """The expression of a root."""
        return self._texts[root].code

    @property
    def shared(self) -> list[str]:
        """The names of what is computed once and used at each run."""
        return [self._texts[one].code for one in self._shared]

    def loaded(self, elements: Iterable[Scalar]) -> list[str | None]:
        """The names of elements of an array, None for those that nothing needs."""
        return [self._texts[one].code if one in self._texts else None for one in elements]

    def assignments(self, targets: Sequence[Scalar], values: Sequence[Scalar]) -> list[str]:
        """Statements that give elements of states their next values, each after the last expression that reads it.

        Where two wait for each other, one value is put aside first.
        """
        waiting = {
            target: self._texts[value] for target, value in zip(targets, values, strict=True) if target is not value
        }
        readers = Counter(read for target, text in waiting.items() for read in text.reads if read is not target)
        ready = deque(target for target in waiting if not readers[target])
        lines: list[str] = []

        def release(target: Scalar, text: Text) -> None:
            for read in sorted(text.reads, key=lambda one: one.index):  # the same text in every process
                if read is not target:
                    readers[read] -= 1
                    if not readers[read] and read in waiting:
                        ready.append(read)

        while waiting:
            if ready:
                target = ready.popleft()
                text = waiting.pop(target)
                lines.append(f"{self._texts[target].code} = {text.code}")
            else:
                target, text = next(iter(waiting.items()))
                aside = self._names.free(f"{self._texts[target].code}_next")
                lines.append(f"{aside} = {text.code}")
                waiting[target] = Text(aside)
            release(target, text)
        return lines


def _standing_for(operands: Sequence[Scalar], instead: Mapping[Scalar, Scalar]) -> Sequence[Scalar]:
    while not instead.keys().isdisjoint(operands):
        operands = [instead.get(one, one) for one in operands]
    return operands
