"""The parser: one pass over the text that cuts it into tokens, follows the LALR automaton and builds the syntax tree.

It reads what Lark's contextual lexer and LALR parser read, from the tables that Lark made, in less than half of their time
(`benchmarks/README.md` has the numbers). Three things make the difference: one regular expression finds a token with the
blanks before it; tokens are only made where the tree needs them; and the chains of rules by which an operand becomes an
expression (`atom`, `postfix`, `power` … `expression`) are followed once and remembered.

A newline ends a statement, except inside `(` and `[`, after an operator, and (as the grammar says) before `|>`. A keyword is
one only where the automaton has a place for it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from operator import itemgetter
from typing import Any, NamedTuple

from dsl.language.tables import END, Rule, Tables

NAME, NEWLINE = "NAME", "_NEWLINE"
NESTING = {"LPAR": 1, "LSQB": 1, "RPAR": -1, "RSQB": -1}
"""The brackets inside which a newline ends nothing, and how they open and close."""
OPERATORS = {"PIPE", "OR", "AND", "NOT", "COMPARISON", "PLUS", "MINUS", "STAR", "SLASH", "AT", "PERCENT", "POWER"}
"""The terminals after which a newline ends nothing."""


class Token(str):
    """A word or sign of the program: its text, which terminal of the grammar it is, and where it stands."""

    __slots__ = ("end_pos", "start_pos", "type")

    type: str
    start_pos: int
    end_pos: int


class UnreadableError(Exception):
    """The text does not follow the grammar: it cannot be read from `offset` on."""

    def __init__(self, offset: int) -> None:
        super().__init__(offset)
        self.offset = offset
        self.values: list[Any] = []
        """What had been built of the text before it."""


class StrayCharacterError(UnreadableError):
    """No token begins here."""


class UnexpectedTokenError(UnreadableError):
    """A token stands where the grammar has no place for it; `accepts` are the terminals that have one."""

    def __init__(self, token: Token, accepts: set[str]) -> None:
        super().__init__(token.start_pos)
        self.token = token
        self.accepts = accepts


class _Reduction(NamedTuple):
    """What to do at the end of a rule: build one value of the last `size`, and go on with the symbol `origin`."""

    origin: str
    size: int
    build: Callable[[list[Any]], Any]


class Automaton:
    """The parser of a grammar. `builder` has a method for every rule, which makes a value of the values of its parts."""

    def __init__(self, tables: Tables, builder: object) -> None:
        self._tables = tables
        self._rows = _rows(tables, builder)
        self._following = _Following(tables)
        self._kept = set(tables.kept)
        self._pattern = pattern_of(tables, tables.terminals)

    def parse(self, text: str, start: str, position: int = 0) -> Any:
        """What the builder makes of a text that follows the rule `start` from `position` on. Raises UnreadableError."""
        values: list[Any] = []
        try:
            return self._parse(text, start, position, values)
        except UnreadableError as error:
            error.values = values
            raise

    def _parse(self, text: str, start: str, position: int, values: list[Any]) -> Any:
        next_token, keywords, kept = self._pattern.match, self._tables.keywords, self._kept
        rows, following = self._rows, self._following
        states: list[int] = [self._tables.starts[start]]
        row = rows[states[0]]
        depth, previous = 0, ""
        while True:
            match = next_token(text, position)
            if match is None:
                raise StrayCharacterError(after_blanks(self._tables, text, position))
            kind = match.lastgroup or END
            if kind == NAME:
                keyword = keywords.get(match[kind], "")
                if keyword in row:
                    kind = keyword
            elif kind == NEWLINE and (depth or previous in OPERATORS):
                position = match.end()
                continue
            if kind not in row:
                kind, match = self._in_context(text, position, match, states)
            if kind in NESTING:
                depth += NESTING[kind]
            position, previous = match.end(), kind

            # Reduce by the rules that end before the token, then shift it.
            while not isinstance(action := row.get(kind), int):
                if action is None:
                    raise UnexpectedTokenError(_token(match, kind), self._acceptable(states))
                origin, size, build = action
                if size:
                    items = values[-size:]
                    del values[-size:], states[-size:]
                    values.append(build(items))
                else:
                    values.append(build([]))
                state = following[states[-1], origin, kind]
                states.append(state)
                row = rows[state]
            if kind == END:
                return values[-1]
            states.append(action)
            row = rows[action]
            values.append(_token(match, kind) if kind in kept else None)

    def _in_context(
        self, text: str, position: int, match: re.Match[str], states: list[int]
    ) -> tuple[str, re.Match[str]]:
        """The token that the state has a place for, where the one that was found does not fit: `..` of `...` in `0...5`.

        Raises UnexpectedTokenError when there is none.
        """
        shorter = pattern_of(self._tables, {NEWLINE, *self._rows[states[-1]]}).match(text, position)
        if shorter is None:
            kind = match.lastgroup or END
            word = _token(match, kind)
            word.type = self._tables.keywords.get(word, kind)
            raise UnexpectedTokenError(word, self._acceptable(states))
        return shorter.lastgroup or END, shorter

    def _acceptable(self, states: list[int]) -> set[str]:
        """The terminals that have a place after these states."""
        return {kind for kind in self._rows[states[-1]] if kind.isupper() and self._accepts(states, kind)}

    def _accepts(self, states: list[int], kind: str) -> bool:
        states = list(states)
        while not isinstance(action := self._rows[states[-1]].get(kind), int):
            if action is None:
                return False
            del states[len(states) - action.size :]
            states.append(self._following[states[-1], action.origin, kind])
        return True


class _Following(dict[tuple[int, str, str], int]):
    """The state after a state, a symbol and the token to come: all transparent rules on the way already reduced by."""

    def __init__(self, tables: Tables) -> None:
        super().__init__()
        self._tables = tables

    def __missing__(self, place: tuple[int, str, str]) -> int:
        before, symbol, kind = place
        rows, rules = self._tables.rows, self._tables.rules
        while True:
            state = rows[before][symbol]
            action = rows[state].get(kind, 0)
            if action >= 0 or not rules[-1 - action].transparent:
                break
            symbol = rules[-1 - action].origin
        self[place] = state
        return state


def _rows(tables: Tables, builder: object) -> list[dict[str, int | _Reduction]]:
    """For each state the next action by terminal: a state to shift to, or a reduction."""
    reductions = [_Reduction(rule.origin, rule.size, _from_children(rule, builder)) for rule in tables.rules]
    return [{symbol: to if to >= 0 else reductions[-1 - to] for symbol, to in row.items()} for row in tables.rows]


def _from_children(rule: Rule, builder: object) -> Callable[[list[Any]], Any]:
    """What makes a rule's value of the values of all its symbols."""
    if rule.transparent:
        return itemgetter(0)
    build = getattr(builder, rule.builder) if rule.builder else _same
    children = rule.children
    if children == list(range(rule.size)):
        return build
    if all(child is None or child >= 0 for child in children):
        return lambda items: build([None if child is None else items[child] for child in children])
    if rule.size == 1:
        return lambda items: build(items[0])

    def gather(items: list[Any]) -> Any:
        found: list[Any] = []
        for child in children:
            if child is None or child >= 0:
                found.append(None if child is None else items[child])
            elif found:
                found += items[-1 - child]
            else:
                found = items[-1 - child]  # which nobody else holds: a list of n items grows in n steps
        return build(found)

    return gather


def _same(items: list[Any]) -> list[Any]:
    return items


def pattern_of(tables: Tables, names: Iterable[str]) -> re.Pattern[str]:
    """What finds one of the terminals, or the text's end, behind ignored ones."""
    wanted = set(names) - set(tables.ignored)
    alternatives = "|".join(f"(?P<{name}>{pattern})" for name, pattern in tables.terminals.items() if name in wanted)
    return re.compile(f"{_blanks(tables)}(?:{alternatives}|\\Z)")


def _blanks(tables: Tables) -> str:
    ignored = "|".join(pattern for name, pattern in tables.terminals.items() if name in tables.ignored)
    return f"(?>(?:{ignored})*)"


def after_blanks(tables: Tables, text: str, position: int) -> int:
    """The offset behind the ignored terminals at `position`."""
    match = re.compile(_blanks(tables)).match(text, position)
    return match.end() if match else position


def _token(match: re.Match[str], kind: str) -> Token:
    token = Token(match[match.lastindex or 0] if match.lastindex else "")
    token.type, token.end_pos = kind, match.end()
    token.start_pos = token.end_pos - len(token)
    return token
