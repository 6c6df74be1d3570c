"""Chains of additions collected into sums of many terms.

The gradient of a number that is used 50,000 times is a chain of as many additions, each of which needs the one before it.
A sum of all terms in the same order has the same bits, and is one step instead of 50,000.
"""

from __future__ import annotations

import numpy as np

from dsl.engine.levels.elements import Elements
from dsl.engine.levels.kinds import Elementwise, Given, Total
from dsl.ops.dtypes import DType


def collect_chains(elements: Elements, uses: list[int]) -> None:
    """Put sums in place of additions, with all terms of those that are used in the next addition only.

    `uses` says how often each element is used. A sum of two terms stays an addition, but is of the kind of the longer ones,
    since they can be computed together.
    """
    additions = {place: kind.dtype for place, kind in enumerate(elements.kinds) if _is_addition(kind)}
    totals: dict[DType, int] = {}
    chains: dict[int, list[int]] = {}
    for element, kind in enumerate(elements.kind):
        if kind in additions:
            chains[element] = _chain_to(elements, element, chains, uses)
    for element, terms in chains.items():
        dtype = additions[elements.kind[element]]
        if dtype not in totals:
            zero = elements.add_constant(elements.add_kind(Given("given", dtype)), np.array([-0.0], dtype.numpy))
            totals[dtype] = elements.add_kind(Total("sum", dtype, -0.0, int(zero[0])))
        elements.kind[element] = totals[dtype]
        elements.sources[element] = tuple(terms)


def _is_addition(kind: object) -> bool:
    return isinstance(kind, Elementwise) and kind.function is np.add


def _chain_to(elements: Elements, element: int, chains: dict[int, list[int]], uses: list[int]) -> list[int]:
    """The terms whose sum an addition is. The chain that it continues is taken out; of two, the longer one."""
    left, right = elements.sources[element]
    before = [term for term in (left, right) if uses[term] == 1 and term in chains]
    if not before:
        return [left, right]
    longer = max(before, key=lambda term: len(chains[term]))
    terms = chains.pop(longer)
    terms.append(right if longer == left else left)
    elements.remove(longer)
    return terms
