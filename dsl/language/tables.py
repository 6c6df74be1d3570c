"""The tables that Lark makes of `grammar/nn.lark`, as plain data: the terminals, the rules, the LALR automaton.

Lark needs a tenth of a second to work them out, so they are kept in a file of the user's cache folder. It is JSON, written
in one move and only believed when it was made of this very grammar: processes that start together do not disturb each
other, and a file that is damaged or out of date is made again. Where nothing can be written, nothing is kept.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

from dsl.source.cache import cache_folder, keep

END = "$END"
"""The terminal at the end of the text."""

_FORMAT = 2
"""To be raised when what `Tables` and `Rule` hold changes."""


@dataclass(frozen=True, slots=True)
class Tables:
    """What a parser needs to know of the grammar.

    `terminals` are regular expressions by name, in the order in which they are tried; `keywords` are those that are ordinary
    names where the parser cannot take them. In `rows`, one a state, a terminal leads to the state to shift to (0 or more) or,
    as `-1 - i`, to the rule to reduce by; the symbol of a rule leads to the state that comes after it. Shifting the end of
    the text, `$END`, means that it has been read.
    """

    terminals: dict[str, str]
    ignored: list[str]
    kept: list[str]
    """The terminals that the tree is built from; of the others it matters only that they are there."""
    keywords: dict[str, str]
    rules: list[Rule]
    rows: list[dict[str, int]]
    starts: dict[str, int]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of the grammar: `size` symbols make an `origin`.

    `children` are what is built from: the index of a symbol, `-1 - index` of one whose own children are taken, or None for an
    optional part that is not there. `builder` is the name of what builds; where it is empty, the children are the result.
    `transparent` says that the result is the value of the only symbol as it is.
    """

    origin: str
    size: int
    children: list[int | None]
    builder: str
    transparent: bool


def grammar_path() -> Path:
    """Where `nn.lark` is: inside the installed package, or at the top of a checkout."""
    package = Path(__file__).resolve().parent.parent
    inside = package / "grammar" / "nn.lark"
    return inside if inside.exists() else package.parent / "grammar" / "nn.lark"


def load_tables() -> Tables:
    """The tables of the grammar, from the cache where they are there."""
    grammar = grammar_path().read_text(encoding="utf-8")
    folder = cache_folder()
    file = folder / "grammar.json" if folder else None
    tables = _kept(file, grammar) if file else None
    if tables is None:
        tables = make_tables(grammar)
        if file:
            _keep(file, grammar, tables)
    return tables


# -- the cache ----------------------------------------------------------------------------------------------------


def _kept(file: Path, grammar: str) -> Tables | None:
    """The tables in the file, None where it holds none of this grammar."""
    try:
        data = json.loads(file.read_bytes())
        if data["format"] != _FORMAT or data["grammar"] != grammar:
            return None
        tables = data["tables"]
        tables["rules"] = [Rule(**rule) for rule in tables["rules"]]
        return Tables(**tables)
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return None


def _keep(file: Path, grammar: str, tables: Tables) -> None:
    keep(file, json.dumps({"format": _FORMAT, "grammar": grammar, "tables": asdict(tables)}))


# -- from Lark ----------------------------------------------------------------------------------------------------


def make_tables(grammar: str) -> Tables:
    """Have Lark work out the tables. Raises lark's GrammarError for a grammar that is not LALR(1)."""
    from lark import Lark

    starts = ["start", "expression_only"]
    parser = cast(Any, Lark(grammar, parser="lalr", lexer="basic", start=starts, maybe_placeholders=True))
    automaton = parser.parser.parser.parser.parse_table
    number = {rule: index for index, rule in enumerate(parser.rules)}
    states = {state: index for index, state in enumerate(automaton.states)}
    rows = [
        {symbol: -1 - number[to] if str(action) == "Reduce" else states[to] for symbol, (action, to) in row.items()}
        for row in automaton.states.values()
    ]
    for state in automaton.end_states.values():
        rows[states[state]] = {END: 0}
    terminals = {terminal.name: terminal.pattern for terminal in parser.parser.lexer.terminals}
    name = re.compile(terminals["NAME"].to_regexp())
    keywords = {p.value: word for word, p in terminals.items() if p.type == "str" and name.fullmatch(p.value)}
    return Tables(
        terminals={t: p.to_regexp() for t, p in terminals.items() if p.value not in keywords},
        ignored=list(parser.ignore_tokens),
        kept=sorted({s.name for rule in parser.rules for s in rule.expansion if s.is_term and not s.filter_out}),
        keywords=keywords,
        rules=[_rule(rule) for rule in parser.rules],
        rows=rows,
        starts={start: states[state] for start, state in automaton.start_states.items()},
    )


def _rule(rule: Any) -> Rule:
    """A rule, with its children as Lark's tree builder chooses them (`ChildFilter` and `ExpandSingleChild` there)."""
    origin, size, options = str(rule.origin.name), len(rule.expansion), rule.options
    absent = options.empty_indices or [False] * size
    children: list[int | None] = []
    index = 0
    for missing in absent:
        if missing:
            children.append(None)
            continue
        symbol = rule.expansion[index]
        if not (symbol.is_term and symbol.filter_out):
            inlined = not symbol.is_term and symbol.name.startswith("_")
            children.append(-1 - index if inlined else index)
        index += 1
    builder = "" if origin.startswith("_") else str(rule.alias or origin)
    single = (not builder and children == [-1]) or (options.expand1 and not rule.alias and children == [0])
    return Rule(origin, size, children, builder, transparent=single and size == 1)
