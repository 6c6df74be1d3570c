"""What was probably meant by a text that cannot be parsed: habits from other languages, and how each statement is written."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

from dsl.language.automaton import Token
from dsl.language.brackets import Bracket, innermost_block, start_of_statement
from dsl.ops.dtypes import DTYPES
from dsl.source.hint import Hint, Write
from dsl.source.text import Source, Span

STATEMENTS = {
    "dtype": "dtype f64",
    "dim": "dim batch",
    "constant": "constant hidden = 64",
    "placeholder": "placeholder x: f32[batch, 64]",
    "parameter": "parameter w: [64, 10] ~ glorot_uniform()",
    "metric": "metric error = mean(abs(y - x))",
    "def": "def double(x) { return 2 * x }",
    "layer": "layer Scale(factor)(x) { return factor * x }",
    "if": "if deep { … } else { … }",
    "repeat": "repeat i in 0..4 with h = x { h = relu(h) }",
    "import": 'import "blocks.nn"',
    "from": 'from "blocks.nn" import Block',
    "data": "data digits { … }",
    "train": "train { minimize = loss … }",
    "expect": "expect loss < 0.1",
    "show": "show loss",
    "return": "return y",
}
"""The words that begin statements, and how such a statement looks."""

FOREIGN_STATEMENTS = {
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
    "pass": "a block may be empty",
    "del": "nothing has to be deleted: values live as long as they are needed",
    "global": "functions see the names at the top of their file without it",
    "with": "`with` belongs to `repeat i in 0..4 with h = x { … }`",
    "try": "mistakes are found before a program runs; there is nothing to catch",
    "scan": "`scan` is not there yet; `repeat` unrolls a loop of known length",
    "state": "`state` is not there yet; a `parameter` is kept between steps, and trained",
    "update": "`update` is not there yet",
    **dict.fromkeys(
        ("f16", "f32", "f64", "i32", "i64", "bool", "float", "int", "double", "tensor"),
        "a value is named without its type: `y = x + 1`; what is fed has one: `placeholder x: f32[3]`",
    ),
}

_STRAY_CHARACTERS = {
    "'": 'strings are written in double quotes: "digits.csv"',
    "“": 'strings are written in straight double quotes: "digits.csv"',
    "”": 'strings are written in straight double quotes: "digits.csv"',
    "^": "a power is written `x ** 2`",
    "&": "write `and`",
    "|": "write `or`, or `|>` for a pipe",
    "!": "write `not x`, or `x != y` for a comparison",
    "?": "`where(condition, a, b)` chooses between two values",
    "×": "a product is written with `*`",
    "·": "a product is written with `*`",
    "−": "write `-`, the minus sign of the keyboard",
    "–": "write `-`, the minus sign of the keyboard",
    "÷": "a quotient is written with `/`",
    "≤": "write `<=`",
    "≥": "write `>=`",
    "≠": "write `!=`",
    "→": "a pipe is written `|>`",
    "\\": "no backslash is needed: a line goes on inside brackets, after an operator, and before `|>`",
    "`": "names are written without quotes",
    "$": "names are made of letters, digits and `_`",
}  # fmt: skip

_WRITTEN = {
    "^": "**", "&": "and", "|": "or", "×": "*", "·": "*", "−": "-", "–": "-", "÷": "/",
    "≤": "<=", "≥": ">=", "≠": "!=", "→": "|>", "\\": "", "`": "",
}  # fmt: skip
"""What stands in the place of a character that has no meaning, where one thing can be meant."""

_ONLY_BINARY = {"OR", "AND", "COMPARISON", "STAR", "SLASH", "AT", "PERCENT", "POWER", "PIPE"}


@dataclass(frozen=True, slots=True)
class Mistake:
    """A token that the parser could not take, with what it could have taken, and the text around.

    `opening` is the innermost bracket that is open there, `begin` where the statement begins.
    """

    source: Source
    text: str
    token: Token
    span: Span
    expected: frozenset[str]
    opening: Bracket | None
    begin: int

    @property
    def before(self) -> str:
        """The statement up to the token."""
        return self.text[self.begin : self.span.start].strip()

    @property
    def word(self) -> str:
        """The statement's first word."""
        found = re.match(r"\w*", self.text[self.begin :])
        return found[0] if found else ""

    @property
    def after(self) -> str:
        """The line behind the token."""
        return self.text[self.span.end :].split("\n", 1)[0]

    @property
    def statement(self) -> str:
        """The statement to the end of the token's line, without a comment."""
        end = self.text.find("\n", self.span.start)
        return re.sub(r"\s*#.*", "", self.text[self.begin : len(self.text) if end < 0 else end]).strip()

    @property
    def is_second(self) -> bool:
        """Whether only the statement's first word stands before the token."""
        return bool(self.word) and self.before == self.word

    @property
    def inside(self) -> bool:
        """Whether a `(` or `[` is open."""
        return self.opening is not None and self.opening.sign != "{"

    @property
    def block(self) -> str:
        """The statement whose braces are around the token: `train`, `data`, `def` …; empty at the top of a file."""
        brace = innermost_block(self.text, self.span.start)
        if brace is None:
            return ""
        found = re.match(r"\w*", self.text[start_of_statement(self.text, brace.offset) :])
        return found[0] if found else ""


def stray_character_hint(char: str, place: Span) -> str:
    """What to write instead of a character that has no meaning."""
    if char in _WRITTEN:
        return Hint(_STRAY_CHARACTERS[char], Write(place, _WRITTEN[char]))
    if char in _STRAY_CHARACTERS:
        return _STRAY_CHARACTERS[char]
    return "" if char.isprintable() else Hint("delete it, or write a plain space", Write(place, " "))


def describe_character(char: str) -> str:
    """A character for a message: quoted, or named when it cannot be seen."""
    if char == "`":
        return "the backquote"
    if char.isprintable():
        return f"the character `{char}`"
    name = unicodedata.name(char, "a control character").lower()
    return f"an invisible character, U+{ord(char):04X} ({name}),"


def hint_for(mistake: Mistake) -> str:
    """The most likely correction, empty when there is no telling."""
    return next((hint for rule in _RULES if (hint := rule(mistake))), "")


def _comment(m: Mistake) -> str:
    marks = m.token + m.text[m.span.end : m.span.end + 1], m.text[m.span.start - 1 : m.span.start] + m.token
    if "//" in marks and "=" in m.before:
        return "a comment begins with `#`; `floor(a / b)` divides and rounds down"
    if any(mark in ("//", "/*") for mark in marks) or (m.token.type == "PERCENT" and not m.before):
        return "a comment begins with `#`"
    return ""


def _string(m: Mistake) -> str:
    if m.token.type != "STRING":
        return ""
    if not m.before:
        return "words for people begin with `#`; `##` documents the file or the declaration below"
    if m.before.endswith('"'):
        return "strings are joined with `+`"
    prefixed = re.search(r"\b[frb]$", m.text[: m.span.start])
    return "a string has no letter before it" if prefixed else ""


def _habit(m: Mistake) -> str:
    """Expressions of other languages."""
    previous = re.search(r"(\w+)\s*$", m.before)
    if previous and previous[1] == "lambda":
        return "a function has a name: `def f(x) { return … }` at the top of the file"
    match str(m.token):
        case "if":
            return "`where(condition, a, b)` chooses between two values"
        case "for":
            return "there are no comprehensions; operations work on whole arrays at once"
        case "@" if not m.before:
            return "functions have no decorators"
        case "is":
            return "`==` compares"
        case "in":
            return "compare with each: `n == 1 or n == 2`"
        case ">" if m.before.endswith("<"):
            return "write `!=`"
        case "-" if m.after.startswith(">"):
            return "the type of a result is not declared: it follows from the body"
        case "{" if "NUMBER" in m.expected:
            return "braces hold statements; a list is written `[1, 2]`"
        case "*" | "**" if m.opening and m.opening.sign == "(" and "NUMBER" in m.expected:
            return "arguments are given one by one"
        case _:
            return ""


def _equals(m: Mistake) -> str:
    if m.token.type != "EQUAL":
        return ""
    if m.word == "def" and "_LBRACE" in m.expected:
        return f"the body stands in braces: `{m.before} {{ return … }}`"
    if m.word == "if" or m.inside:
        return "`==` compares; `=` binds a name at the beginning of a statement"
    return "one statement binds its names once; `==` compares" if "=" in m.before else ""


def _comparison(m: Mistake) -> str:
    chained = m.token.type == "COMPARISON" and re.search(r"[<>]|==|!=", m.before)
    return "comparisons do not chain: write `a < b and b < c`" if chained else ""


def _type(m: Mistake) -> str:
    declared = m.word in ("placeholder", "parameter") and re.search(r":\s*(\w+)$", m.before)
    if declared and m.token in ("<", "(", "{"):
        return f"the shape stands in square brackets: `{declared[1] if declared[1] in DTYPES else 'f32'}[3, 4]`"
    return "`dim` gives a size with `=`: `dim n = 3`" if m.word == "dim" and m.token.type == "COLON" else ""


def _colon(m: Mistake) -> str:
    if m.token.type != "COLON":
        return ""
    if m.after.startswith("="):
        return "`=` binds a name, in a statement of its own"
    if "_LBRACE" in m.expected:
        return "a block is written in braces: `{ … }`"
    if m.block in ("train", "data") and m.is_second:
        return f"an entry is written with `=`: `{m.word} = {m.after.strip() or '…'}`"
    if m.opening and m.opening.sign == "(":
        return "an argument is given by keyword with `=`"
    return (
        "a type stands in a declaration: `placeholder x: [3]`, `parameter w: [3] = 0`"
        if m.is_second and m.word not in STATEMENTS
        else ""
    )


def _entry(m: Mistake) -> str:
    if m.block not in ("train", "data"):
        return ""
    if m.token.type == "COMMA" and not m.inside:
        return "entries stand on lines of their own, without commas"
    if m.is_second and m.word in STATEMENTS:
        return f"a `{m.block}` block holds entries, `key = value`, and no statements"
    return ""


def _comma(m: Mistake) -> str:
    if m.token.type != "COMMA":
        return ""
    if m.opening and m.opening.sign == "(" and "RPAR" in m.expected:
        return "a list is written in square brackets: `[1, 2]`"
    if m.inside or m.word == "dim":
        return ""
    if re.match(r"\s*\w+\s*=(?!=)", m.after):
        return "statements on one line are separated by `;`"
    if m.word == "show":
        return "each value has a `show` of its own"
    return "several values make a list, in square brackets: `[a, b]`" if "=" in m.before else ""


def _imports(m: Mistake) -> str:
    if m.word not in ("import", "from"):
        return ""
    if m.token in ("*", "as"):
        return 'name what is meant, `from "blocks.nn" import Block`, or import everything: `import "blocks.nn"`'
    if "STRING" in m.expected:
        return 'a file is named in quotes, `import "blocks.nn"`; operations such as `exp` are there without an import'
    return ""


def _dots(m: Mistake) -> str:
    if m.token == "..":
        return "`0..4` stands behind `repeat i in`; `arange(4)` is a value, and `x[0:4]` a slice"
    return "`...` stands in an index or in a shape" if m.token == "..." else ""


def _tilde_or_pipe(m: Mistake) -> str:
    if m.token == "~":
        return "`~` draws the first value of a parameter: `parameter w ~ normal()`"
    return "`|>` pipes the value before it: `x |> relu`" if m.token == "|>" and "NUMBER" in m.expected else ""


def _layer(m: Mistake) -> str:
    if m.word == "layer" and m.token == "{" and "LPAR" in m.expected:
        name = m.before.removeprefix("layer").partition("(")[0].strip()
        return f"a layer has two lists, its options and its inputs: `layer {name}()(x) {{ … }}`"
    return ""


def _line_end(m: Mistake) -> str:
    if m.token.type == "_NEWLINE" and "NUMBER" in m.expected and m.before.endswith("="):
        return "a line goes on inside brackets, after an operator, and before `|>`; not after `=`"
    return ""


def _missing(m: Mistake) -> str:
    """Two values side by side."""
    if m.token.type not in ("NAME", "NUMBER", "STRING", "LPAR") or not m.expected & _ONLY_BINARY:
        return ""
    number = re.search(r"(?<![\w.])(\d[\d.]*)\s*$", m.before)
    if number and m.token.type in ("NAME", "LPAR"):
        return f"a product is written with `*`: `{number[1]} * {m.token}`"
    return "is a comma missing?" if m.inside else "is an operator missing?"


def _usage(m: Mistake) -> str:
    """How a statement of this kind is written."""
    if m.word not in STATEMENTS or m.before.removeprefix(m.word).lstrip().startswith("="):
        return ""
    if m.inside or (m.expected & _ONLY_BINARY and "_LBRACE" not in m.expected):
        return ""
    return f"it is written `{STATEMENTS[m.word]}`"


_RULES: tuple[Callable[[Mistake], str], ...] = (
    _comment, _string, _habit, _equals, _comparison, _type, _colon, _entry, _comma, _imports, _dots, _tilde_or_pipe,
    _layer, _line_end, _missing, _usage,
)  # fmt: skip
