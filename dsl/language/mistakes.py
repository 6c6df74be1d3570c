"""Syntax errors in words: what was expected, what was found, and what was probably meant."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from lark import Token, UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from dsl.source.diagnostic import Diagnostic, Label
from dsl.source.nearest import nearest
from dsl.source.text import Source, Span

STATEMENTS = (
    "dtype", "dim", "constant", "placeholder", "parameter", "metric", "def", "layer", "if", "repeat", "import", "from",
    "data", "train", "expect", "show", "return",
)  # fmt: skip

_LEXEME = re.compile(r'#[^\n]*|"(?:[^"\\\n]|\\.)*"|[()\[\]{}]')
_CLOSED_BY = {"(": ")", "[": "]", "{": "}"}

_STRAY_CHARACTERS = {
    "'": 'strings are written in double quotes: "digits.csv"',
    "“": 'strings are written in straight double quotes: "digits.csv"',
    "”": 'strings are written in straight double quotes: "digits.csv"',
    "^": "a power is written `x ** 2`",
    "&": "write `and`",
    "|": "write `or`, or `|>` for a pipe",
    "!": "write `not`, or `!=` for a comparison",
    "×": "write `*`",
    "·": "write `*`",
    "−": "write `-`, the minus sign of the keyboard",
    "÷": "write `/`",
    "\\": "a line continues inside brackets, after an operator, and before `|>`: no backslash is needed",
    "`": "names are written without quotes",
    "$": "names are made of letters, digits and `_`",
}

_FOREIGN_STATEMENTS = {
    "for": "a loop is `repeat i in 0..4 with h = x { h = … }`, unrolled before anything runs",
    "while": "there is no open-ended loop; `repeat i in 0..4 with h = x { h = … }` is unrolled before anything runs",
    "let": "a value is named without a keyword: `y = x + 1`",
    "var": "a value is named without a keyword: `y = x + 1`",
    "const": "write `constant NAME = VALUE`",
    "function": "a function is `def name(x) { return … }`",
    "func": "a function is `def name(x) { return … }`",
    "fn": "a function is `def name(x) { return … }`",
    "class": "something with parameters of its own is `layer Name(options)(x) { … }`",
    "print": "write `show VALUE`",
    "assert": "write `expect VALUE == VALUE`",
    "elif": "write `} else if CONDITION {`",
    "input": "write `placeholder NAME: [SHAPE]`",
    "weight": "write `parameter NAME: [SHAPE] ~ glorot_uniform()`",
    "scan": "`scan` is not there yet; `repeat` unrolls a loop of known length",
    "state": "`state` is not there yet",
}

_WORDS = {
    "NAME": "a name",
    "NUMBER": "a number",
    "STRING": "a string",
    "LBRACE": "`{`",
    "_LBRACE": "`{`",
    "RBRACE": "`}`",
    "LPAR": "`(`",
    "RPAR": "`)`",
    "LSQB": "`[`",
    "RSQB": "`]`",
    "EQUAL": "`=`",
    "TILDE": "`~`",
    "COMMA": "`,`",
    "COLON": "`:`",
    "DOT": "`.`",
    "__ANON_0": "`..`",
    "_NEWLINE": "the end of the line",
    "_SEMICOLON": "the end of the line",
    "$END": "the end of the file",
    "IN": "`in`",
    "IMPORT": "`import`",
}
_OPERATORS = {"PIPE", "OR", "AND", "COMPARISON", "PLUS", "MINUS", "STAR", "SLASH", "AT", "PERCENT", "POWER", "ELLIPSIS"}
_VALUE_STARTS = {"NAME", "NUMBER", "STRING", "LPAR", "LSQB", "PLUS", "MINUS", "NOT"}


class _Opening(NamedTuple):
    bracket: str
    offset: int


def explain(source: Source, text: str, error: UnexpectedInput) -> Diagnostic:
    """The diagnostic for what the parser found; `text` is the source with earlier mistakes blanked out."""
    if isinstance(error, UnexpectedCharacters):
        return _stray_character(source, text, error)
    assert isinstance(error, UnexpectedToken)
    token: Token = error.token
    start = len(text.rstrip()) if token.type == "$END" else token.start_pos or 0
    span = Span(source, start, start + (0 if token.type in ("$END", "_NEWLINE") else len(token)))
    expected = set(error.accepts or error.expected)
    opening = _innermost_open(text, span.start)
    if opening is not None and _breaks_off(source, opening, token, span):
        return _not_closed(source, opening, span, token)
    if token.type in ("RPAR", "RSQB", "RBRACE") and (opening is None or _CLOSED_BY[opening.bracket] != token):
        return _closes_nothing(source, opening, span)
    return Diagnostic(
        "syntax",
        f"expected {_expectation(expected)}, found {_found(token)}",
        span,
        label="here",
        hint=_hint(text, token, span, expected),
    )


def without(text: str, error: UnexpectedInput) -> str | None:
    """The text with the lines of a mistake blanked out, so that the rest can be read; None when nothing is left to try."""
    if isinstance(error, UnexpectedToken) and error.token.type == "$END":
        return None
    position = error.pos_in_stream or 0
    opening = _innermost_open(text, position)
    start = opening.offset if opening and opening.bracket != "{" else position
    start = text.rfind("\n", 0, start) + 1
    end = text.find("\n", max(position, start))
    end = len(text) if end < 0 else end
    for bracket, offset in _brackets(text, start):
        if offset >= end:
            break
        if bracket == "{":
            end = max(end, _matching_brace(text, offset))
    blanked = re.sub(r"[^\n]", " ", text[start:end])
    return text[:start] + blanked + text[end:] if text[start:end].strip() else None


def _stray_character(source: Source, text: str, error: UnexpectedCharacters) -> Diagnostic:
    at = error.pos_in_stream
    assert at is not None
    char = text[at]
    if char == '"':
        end = text.find("\n", at)
        span = Span(source, at, len(text) if end < 0 else end)
        return Diagnostic("syntax", "this string is not closed", span, hint='a string ends with `"` on its own line')
    shown = char if char.isprintable() else char.encode("unicode_escape").decode()
    return Diagnostic(
        "syntax",
        f"the character `{shown}` has no meaning here",
        Span(source, at, at + 1),
        hint=_STRAY_CHARACTERS.get(char, "" if char.isprintable() else "an invisible character; delete it"),
    )


def _breaks_off(source: Source, opening: _Opening, token: Token, span: Span) -> bool:
    """Whether what was found is no part of the bracket any more: the file's end, or the beginning of another statement."""
    if token.type == "$END":
        return True
    if opening.bracket == "{":
        return False
    later = span.line > source.position(opening.offset)[0]
    return later and (token.type in ("NAME", "EQUAL", "RBRACE", "_LBRACE") or token.lower() in STATEMENTS)


def _not_closed(source: Source, opening: _Opening, span: Span, token: Token) -> Diagnostic:
    closing = _CLOSED_BY[opening.bracket]
    return Diagnostic(
        "syntax",
        f"this `{opening.bracket}` is not closed",
        Span(source, opening.offset, opening.offset + 1),
        label=f"its `{closing}` is missing",
        labels=() if token.type == "$END" else (Label(span, f"expected `{closing}` before this"),),
        hint=f"add `{closing}`",
    )


def _closes_nothing(source: Source, opening: _Opening | None, span: Span) -> Diagnostic:
    if opening is None:
        return Diagnostic("syntax", f"this `{span.text}` closes nothing", span, hint="delete it, or add what it closes")
    return Diagnostic(
        "syntax",
        f"expected `{_CLOSED_BY[opening.bracket]}`, found `{span.text}`",
        span,
        label="closes another bracket",
        labels=(Label(Span(source, opening.offset, opening.offset + 1), "this bracket is open"),),
    )


def _found(token: Token) -> str:
    match token.type:
        case "$END":
            return "the end of the file"
        case "_NEWLINE":
            return "the end of the line"
        case "STRING":
            return "a string"
        case "NUMBER":
            return f"the number `{token}`"
        case _:
            return f"`{token}`"


def _expectation(expected: set[str]) -> str:
    """The tokens that the parser could have gone on with, in a few words."""
    rest = expected - {"BLANK", "COMMENT", "CONTINUATION"}
    words: list[str] = []
    if rest >= {"NAME", "NUMBER", "LPAR"}:
        words.append("a value")
        rest -= _VALUE_STARTS | {"ELLIPSIS"}
    if rest >= {"DTYPE", "PLACEHOLDER", "NAME"}:
        words.append("a statement")
        rest -= {word.upper() for word in STATEMENTS} | {"NAME"}
    if rest >= {"PLUS", "STAR"}:
        rest -= _OPERATORS | {"DOT", "LPAR", "LSQB"}
        words.append("an operator")
    named = {_WORDS.get(name, f"`{name.lower()}`") for name in rest}
    order = sorted(named, key=lambda word: (word.startswith("the end"), word))
    words += order if len(order) <= 4 else order[:4]
    return _either(words) if words else "something else"


def _either(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def _hint(text: str, token: Token, span: Span, expected: set[str]) -> str:
    line_start = text.rfind("\n", 0, span.start) + 1
    before = text[line_start : span.start].strip()
    after = text[span.end : span.end + 40].split("\n")[0]
    first = re.match(r"\w*", before)
    word = first[0] if first else ""
    if word in _FOREIGN_STATEMENTS and (word == before or token.type == "NAME"):
        return _FOREIGN_STATEMENTS[word]
    if token in _FOREIGN_STATEMENTS and not before.strip(" }"):
        return _FOREIGN_STATEMENTS[str(token)]
    if token.type == "ELSE":
        return "`else` stands on the line of the `}` before it"
    if token.type == "EQUAL" and "COMPARISON" in expected:
        return "`==` compares; `=` binds a name at the beginning of a line"
    if token.type == "EQUAL" and "=" in before:
        return "`==` compares; one statement binds its names once"
    if token.type == "COMPARISON":
        return "comparisons do not chain: write `a < b and b < c`"
    if token.type == "COLON" and "_LBRACE" in expected:
        return "a block is written in braces: `{ … }`"
    if word == before and token.type in _OPERATORS:
        return _operator_after_first_word(token, after)
    if word == before and token.type in ("LPAR", "LSQB", "DOT"):
        return "give the value a name, `y = …`, or print it with `show …`"
    if word == before and token.type in ("NAME", "STRING", "NUMBER"):
        meant = nearest(word, STATEMENTS)
        return f"did you mean `{meant}`?" if meant and meant != word else "a statement is `name = value` or begins with a keyword"
    if token.type in ("NAME", "NUMBER", "STRING", "LPAR") and expected & _OPERATORS:
        number = re.search(r"\d$", before)
        return "a product is written with `*`" if number and token.type in ("NAME", "LPAR") else "an operator or a comma is missing"
    return ""


def _operator_after_first_word(token: Token, after: str) -> str:
    if after.startswith("="):
        return f"a name is bound once: give the new value a name of its own instead of `{token}=`"
    return "give the value a name, `y = …`, or print it with `show …`"


def _brackets(text: str, start: int = 0, end: int | None = None) -> Iterator[_Opening]:
    """The brackets of a text outside strings and comments."""
    for match in _LEXEME.finditer(text, start, len(text) if end is None else end):
        if len(match[0]) == 1 and match[0] != "#":
            yield _Opening(match[0], match.start())


def _innermost_open(text: str, end: int) -> _Opening | None:
    """The last bracket before `end` that nothing has closed."""
    stack: list[_Opening] = []
    for found in _brackets(text, 0, end):
        if found.bracket in _CLOSED_BY:
            stack.append(found)
        elif stack and _CLOSED_BY[stack[-1].bracket] == found.bracket:
            stack.pop()
    return stack[-1] if stack else None


def _matching_brace(text: str, offset: int) -> int:
    """The offset behind the `}` of the `{` at `offset`, or the end of the text."""
    depth = 0
    for bracket, at in _brackets(text, offset):
        depth += (bracket == "{") - (bracket == "}")
        if depth == 0:
            return at + 1
    return len(text)


def words(names: Iterable[str]) -> str:
    """Names in backticks, joined for a sentence: `` `a`, `b` and `c` ``."""
    quoted = [f"`{name}`" for name in names]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} and {quoted[-1]}"
