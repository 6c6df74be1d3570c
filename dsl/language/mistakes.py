"""Syntax errors in words: what was expected, what was found, and what was probably meant."""

from __future__ import annotations

import re
from collections.abc import Callable

from dsl.language.automaton import StrayCharacterError, Token, UnexpectedTokenError, UnreadableError
from dsl.language.brackets import CLOSED_BY, Bracket, brackets, end_of_block, innermost_open, start_of_statement
from dsl.language.mistake_hints import (
    FOREIGN_STATEMENTS,
    STATEMENTS,
    Mistake,
    describe_character,
    hint_for,
    stray_character_hint,
)
from dsl.source.diagnostic import Diagnostic, Label
from dsl.source.hint import Hint, Write
from dsl.source.nearest import meant, nearest
from dsl.source.text import Source, Span

_WORDS = {
    "NAME": "a name",
    "NUMBER": "a number",
    "STRING": "a string",
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
    "IN": "`in`",
    "WITH": "`with`",
    "ELSE": "`else`",
    "IMPORT": "`import`",
    "ON": "`on`",
    "WITHIN": "`within`",
}
_OPERATORS = {"PIPE", "OR", "AND", "COMPARISON", "PLUS", "MINUS", "STAR", "SLASH", "AT", "PERCENT", "POWER"}
_VALUE_STARTS = {"NAME", "NUMBER", "STRING", "LPAR", "LSQB", "PLUS", "MINUS", "NOT", "ELLIPSIS"}
_ENDS = {"_NEWLINE", "_SEMICOLON", "$END"}
_LEXEME = re.compile(r'#[^\n]*|"(?:[^"\\\n]|\\.)*"|\S')
_MOST_WORDS = 4
_LONGEST_QUOTE = 40


def explain(source: Source, text: str, error: UnreadableError) -> Diagnostic:
    """The diagnostic for what the parser found; `text` is the source with earlier mistakes blanked out."""
    if isinstance(error, StrayCharacterError):
        return _stray_character(source, text, error)
    assert isinstance(error, UnexpectedTokenError)
    mistake = _mistake(source, text, error)
    return next((found for rule in _RULES if (found := rule(mistake))), None) or _unexpected(mistake)


def without(text: str, error: UnreadableError) -> str | None:
    """The text with the lines of a mistake blanked out, so that the rest can be read; None when nothing is left to try."""
    if isinstance(error, UnexpectedTokenError) and error.token.type == "$END":
        return None
    position = error.offset
    opening = innermost_open(text, position)
    inside = opening is not None and opening.sign != "{"
    start = text.rfind("\n", 0, opening.offset if opening and inside else position) + 1
    end = text.find("\n", max(position, start))
    end = len(text) if end < 0 else end
    if inside and isinstance(error, UnexpectedTokenError) and _breaks_off(text, opening, error.token, position):
        end = text.rfind("\n", 0, position)
    elif text[position] == "\\" or _goes_on_below(text, error, position):
        end = text.find("\n", end + 1)
        end = len(text) if end < 0 else end
    while text[start:position].lstrip().startswith("}"):  # which closes a block that is right
        start = text.index("}", start) + 1
    covered = start
    for sign, offset in brackets(text, start):
        if offset >= end:
            break
        if sign == "{" and offset >= covered:
            covered = end_of_block(text, offset)
            end = max(end, covered)
    blanked = re.sub(r"[^\n]", " ", text[start:end])
    return text[:start] + blanked + text[end:] if text[start:end].strip() else None


def without_bracket(text: str, error: UnreadableError) -> str | None:
    """The text with the line blanked out that opens a bracket which nothing closes; None when that is not the trouble."""
    opening = innermost_open(text, error.offset)
    if opening is None:
        return None
    start = text.rfind("\n", 0, opening.offset) + 1
    end = text.find("\n", opening.offset)
    end = len(text) if end < 0 else end
    return text[:start] + " " * (end - start) + text[end:]


def _mistake(source: Source, text: str, error: UnexpectedTokenError) -> Mistake:
    token: Token = error.token
    start = len(text.rstrip()) if token.type == "$END" else token.start_pos
    span = Span(source, start, start + (0 if token.type in ("$END", "_NEWLINE") else len(token)))
    expected = frozenset(error.accepts)
    return Mistake(source, text, token, span, expected, innermost_open(text, start), start_of_statement(text, start))


def _stray_character(source: Source, text: str, error: StrayCharacterError) -> Diagnostic:
    at = error.offset
    char = text[at]
    if char == '"':
        end = text.find("\n", at)
        span = Span(source, at, len(text) if end < 0 else end)
        return Diagnostic("syntax", "this string is not closed", span, hint='a string ends with `"`, on its own line')
    end = at + 1
    while char in "&|" and text[end : end + 1] == char:
        end += 1
    shown = f"`{text[at:end]}`" if end > at + 1 else describe_character(char)
    place = Span(source, at, end)
    return Diagnostic("syntax", f"{shown} has no meaning here", place, hint=stray_character_hint(char, place))


# -- brackets


def _not_closed(m: Mistake) -> Diagnostic | None:
    """A bracket that is still open at the file's end, or where another statement begins."""
    if m.opening is None or not (m.token.type == "$END" or _breaks_off(m.text, m.opening, m.token, m.span.start)):
        return None
    closing = CLOSED_BY[m.opening.sign]
    begin = _first_on_line(m.text, m.span.start)
    word = re.compile(r"\w+|.").match(m.text, begin)
    after = Span(m.source, begin, word.end() if word else begin)
    return Diagnostic(
        "syntax",
        f"this `{m.opening.sign}` is not closed",
        Span(m.source, m.opening.offset, m.opening.offset + 1),
        label=f"its `{closing}` is missing",
        labels=() if m.token.type == "$END" else (Label(after, f"expected `{closing}` before this"),),
        hint=Hint(f"add `{closing}`", _closing(m, m.opening, len(m.text) if m.token.type == "$END" else begin)),
    )


def _closing(m: Mistake, opening: Bracket, end: int) -> Write:
    """What closes a bracket, written behind the last word before `end`: that of a block on a line of its own."""
    words = [found.end() for found in _LEXEME.finditer(m.text, opening.offset, end) if not found[0].startswith("#")]
    behind = Span(m.source, words[-1], words[-1])
    is_block = opening.sign == "{"
    before = "" if not is_block else "\n" if "\n" in m.text[opening.offset : end] else " "
    return Write(behind, before + CLOSED_BY[opening.sign])


def _breaks_off(text: str, opening: Bracket | None, token: Token, position: int) -> bool:
    """Whether the token is no part of the `(` or `[` any more: a `}`, or the beginning of another statement."""
    if opening is None or opening.sign == "{":
        return False
    begin = _first_on_line(text, position)
    if begin < opening.offset:
        return False
    if token.type in ("RBRACE", "_LBRACE"):
        return True
    line = text[begin : text.find("\n", begin) if "\n" in text[begin:] else len(text)]
    first = re.match(r"\w*", line)
    keyword = first is not None and first[0] in STATEMENTS and re.match(r"\w+\s+\w|\w+\s*[{(]", line)
    statement = keyword or re.match(r"\w+(?:\s*,\s*\w+)*\s*=(?!=)", line)
    return bool(statement) and token.type in ("NAME", "EQUAL", "IF", *(word.upper() for word in STATEMENTS))


def _goes_on_below(text: str, error: UnreadableError, position: int) -> bool:
    """Whether a line that breaks off before a value, `x =`, seems to be meant to go on with the next one."""
    if not isinstance(error, UnexpectedTokenError) or error.token.type != "_NEWLINE" or "NUMBER" not in error.accepts:
        return False
    above, below = text[:position].rpartition("\n")[2], text[position + 1 :].partition("\n")[0]
    return len(below) - len(below.lstrip()) > len(above) - len(above.lstrip())


def _first_on_line(text: str, position: int) -> int:
    start = text.rfind("\n", 0, position) + 1
    return start + len(text[start:position]) - len(text[start:position].lstrip())


def _closes_another(m: Mistake) -> Diagnostic | None:
    if m.token.type not in ("RPAR", "RSQB", "RBRACE"):
        return None
    if m.opening is None:
        hint = Hint("delete it, or add what it closes", Write(m.span, ""))
        return Diagnostic("syntax", f"this `{m.token}` closes nothing", m.span, hint=hint)
    closing = CLOSED_BY[m.opening.sign]
    if closing == m.token:
        return None
    return Diagnostic(
        "syntax",
        f"expected `{closing}`, found `{m.token}`",
        m.span,
        label=f"`{closing}` belongs here",
        labels=(Label(Span(m.source, m.opening.offset, m.opening.offset + 1), "this bracket is still open"),),
    )


# -- statements


def _else(m: Mistake) -> Diagnostic | None:
    """An `else` that is read as a name, since none is expected there."""
    if m.token == "elif":
        return Diagnostic("syntax", "there is no `elif`", m.span, hint="write `} else if CONDITION {`")
    if m.token.type == "ELSE":
        return Diagnostic("syntax", "this `else` belongs to no `if`", m.span)
    if m.word != "else" or not m.is_second:
        return None
    span = Span(m.source, m.begin, m.begin + len("else"))
    above = m.text[: m.begin].rstrip()
    if not above.endswith("}"):
        return Diagnostic("syntax", "this `else` belongs to no `if`", span)
    brace = Span(m.source, len(above) - 1, len(above))
    message = "`else` stands on the line of the `}` before it"
    return Diagnostic("syntax", message, span, "move it up", (Label(brace, "to here"),), "`} else {`")


def _unknown_statement(m: Mistake) -> Diagnostic | None:
    """A word that begins no statement: from another language, or misspelt."""
    if not m.is_second or m.word in STATEMENTS or m.block in ("train", "data"):
        return None
    span = Span(m.source, m.begin, m.begin + len(m.word))
    if m.word in FOREIGN_STATEMENTS and (m.token.type != "EQUAL" and m.token.type != "COMMA"):
        return Diagnostic("syntax", f"there is no statement `{m.word}`", span, hint=FOREIGN_STATEMENTS[m.word])
    if m.token.type in ("NAME", "STRING", "_LBRACE"):
        found = nearest(m.word, STATEMENTS)
        if found is not None:
            return Diagnostic("syntax", f"there is no statement `{m.word}`", span, hint=meant(m.word, found))
    return None


def _augmented(m: Mistake) -> Diagnostic | None:
    """`x += 1`, `x++`."""
    if not m.is_second or m.token.type not in _OPERATORS:
        return None
    sign = m.token + m.text[m.span.end : m.span.end + 1]
    if not sign.endswith("=") and sign not in ("++", "--"):
        return None
    value = m.text[m.span.end + 1 :].split("\n", 1)[0].strip() or "1"
    return Diagnostic(
        "syntax",
        f"`{sign}` would change `{m.word}` in place, and a name is bound once",
        Span(m.source, m.span.start, m.span.end + 1),
        hint=f"give the new value a name of its own: `{m.word}_2 = {m.word} {m.token[0]} {value}`",
    )


def _comparison_alone(m: Mistake) -> Diagnostic | None:
    """`w == 3`, of which the parser takes the first `=` for a binding."""
    if m.token.type != "EQUAL" or m.text[m.span.start - 1 : m.span.start] != "=" or m.before.rstrip(" =") != m.word:
        return None
    span = Span(m.source, m.begin, m.begin + len(m.statement))
    return _value_alone(m, span, f"`expect {_quoted(m.statement)}` checks it, `show {_quoted(m.statement)}` prints it")


def _line_beginning(m: Mistake) -> Diagnostic | None:
    """A line that begins with an operator, in the hope of going on with the line above."""
    if m.before or not {"DTYPE", "PLACEHOLDER"} <= m.expected or m.token.type not in (*_OPERATORS, "DOT", "EQUAL"):
        return None
    if m.token.type in ("PLUS", "MINUS") and not m.text[: m.begin].strip():
        return None
    hint = hint_for(m) or "a line goes on inside brackets, after an operator at its end, and before `|>`"
    return Diagnostic("syntax", f"a line cannot begin with `{m.token}`", m.span, hint=hint)


def _left_side(m: Mistake) -> Diagnostic | None:
    """A statement that begins with an expression: a value alone, or something else than a name before `=`."""
    begins = not m.before and {"DTYPE", "PLACEHOLDER"} <= m.expected
    goes_on = m.is_second and m.word not in STATEMENTS and m.expected <= {"COMMA", "EQUAL"}
    wrong_start = begins and m.token.type in ("NUMBER", "STRING", "LPAR", "LSQB", "MINUS", "PLUS", "NOT")
    wrong_next = goes_on and m.token.type in (*_OPERATORS, "LPAR", "LSQB", "DOT")
    if not (wrong_start or wrong_next) or (begins and m.token.type == "STRING" and hint_for(m)):
        return None
    left = re.match(r"(?:[^=<>!]|==|[<>!]=|[<>])*?(?=\s*=(?!=))", m.statement)
    if left is None:
        span = Span(m.source, m.begin, m.begin + len(m.statement))
        hint = f"give it a name, `y = {_quoted(m.statement)}`, or print it, `show {_quoted(m.statement)}`"
        return _value_alone(m, span, hint)
    span = Span(m.source, m.begin, m.begin + len(left[0]))
    hint = _left_side_hint(m, left[0])
    return Diagnostic("syntax", f"`=` binds a name, and `{left[0]}` is none", span, hint=hint)


def _value_alone(m: Mistake, span: Span, hint: str) -> Diagnostic:
    return Diagnostic("syntax", "a value by itself is no statement", span, hint=hint)


def _left_side_hint(m: Mistake, left: str) -> str:
    match m.token.type:
        case "LPAR" if re.fullmatch(r"\w+\s*\([\w\s,]*\)", left):
            return f"a function is `def {left} {{ return … }}`"
        case "LSQB":
            return "values do not change: `where(condition, new, old)` and `concatenate` make new ones"
        case "DOT":
            return f"a name of your own has no `.`: `{left.replace('.', '_')}`"
        case "MINUS" if re.fullmatch(r"\w+(-\w+)+", left):
            return f"names are made of letters, digits and `_`: `{left.replace('-', '_')}`"
        case _:
            return "the name stands left: `name = value`"


def _quoted(text: str) -> str:
    return text if len(text) <= _LONGEST_QUOTE else "…"


def _two_points(m: Mistake) -> Diagnostic | None:
    """`1.2.3`."""
    start = re.search(r"(?<![\w.])\d[\d.]*\.$", m.text[m.begin : m.span.start])
    if m.token.type != "NUMBER" or start is None:
        return None
    span = Span(m.source, m.begin + start.start(), m.span.end)
    return Diagnostic("syntax", f"`{span.text}` is not a number", span, hint="a number has one decimal point")


_RULES: tuple[Callable[[Mistake], Diagnostic | None], ...] = (
    _not_closed, _closes_another, _else, _unknown_statement, _augmented, _comparison_alone, _line_beginning,
    _left_side, _two_points,
)  # fmt: skip


# -- anything else


def _unexpected(m: Mistake) -> Diagnostic:
    return Diagnostic("syntax", f"expected {_expectation(m)}, found {_found(m.token)}", m.span, hint=hint_for(m))


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


def _expectation(m: Mistake) -> str:
    """The tokens that the parser could have gone on with, in a few words."""
    rest, words = set(m.expected), list[str]()
    if rest >= {"DTYPE", "PLACEHOLDER", "NAME"}:
        words.append("a statement")
        rest -= {word.upper() for word in STATEMENTS} | {"NAME"} | _ENDS
    elif rest >= {"NAME", "NUMBER", "LPAR"}:
        words.append("a value")
        rest -= _VALUE_STARTS
    if rest & _OPERATORS:
        # Where a block may begin, it is what is missing.
        words += [] if "_LBRACE" in rest else ["an operator"]
        rest -= _OPERATORS | {"DOT", "LPAR", "LSQB"}
    if m.is_second and m.word in STATEMENTS and (words or rest > {"COMMA", "EQUAL"}):
        rest -= {"COMMA", "EQUAL"}  # with which the keyword would be an ordinary name
    if "RPAR" in rest:
        rest.discard("EQUAL")
    end = bool(rest & _ENDS)
    words += sorted(_WORDS.get(name, f"`{name.lower()}`") for name in rest - _ENDS)[:_MOST_WORDS]
    words += ["the end of the file" if rest & _ENDS == {"$END"} else "the end of the line"] if end else []
    return _either(words) if words else "something else"


def _either(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"
