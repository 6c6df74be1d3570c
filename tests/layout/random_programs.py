"""Random programs in random layouts: blanks, line ends, `;` and comments wherever the language lets them stand."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

_NAMES = [
    "x",
    "y_1",
    "größe",
    "data",
    "train",
    "on",
    "with",
    "a_rather_long_name",
    "Dense",
    "relu",
    "encoder",
    "in_",
    "b",
]
_NUMBERS = ["0", "1", "42", "1.5", ".5", "1.", "1e-3", "1_000", "6.02e23", "3.14159"]
_STRINGS = ['"a"', '"data/a.csv"', '"#; {"', r'"\" \\ "', '""']
_OPERATORS = ["+", "-", "*", "/", "@", "%", "**", "==", "!=", "<", "<=", "and", "or"]
"""Those that compare are from the eighth to the eleventh: they do not chain."""
_COMMENTS = [
    "#",
    "# why",
    "#no blank",
    "## documented",
    "### loud",
    '# x = "1; {',
    "# größer als 0",
    "#! ) ] }",
    "# " + "long " * 20,
]
_TYPES = ["f32", "f64", "i32", "bool"]

SAME_LINE, ANYWHERE = "same line", "anywhere"
"""What may stand before a word: blanks alone, or newlines and comments too."""


@dataclass
class Pieces:
    """The words of a statement or block, each with what may stand before it."""

    words: list[tuple[str, str]] = field(default_factory=list)
    depth: int = 0

    def add(self, *words: str, before: str = SAME_LINE) -> None:
        for word in words:
            after_operator = bool(self.words) and self.words[-1][0] in (*_OPERATORS, "not", "|>")
            free = self.depth > 0 or before == ANYWHERE or word == "|>" or after_operator
            self.words.append((word, ANYWHERE if free else SAME_LINE))
            before = SAME_LINE
            self.depth += (word in "([") - (word in ")]")


class Author:
    """Writes programs. What is chosen comes from `chance`."""

    def __init__(self, chance: Random) -> None:
        self.chance = chance
        self.pieces = Pieces()
        self.comments: list[str] = []

    # -- expressions

    def expression(self, depth: int) -> None:
        if self.chance.random() < 0.05:
            self.pieces.add("not")
        self.operand(depth)
        compared = False
        for _ in range(self.chance.choice([0, 0, 0, 0, 1, 1, 2, 5])):
            sign = self.chance.choice(_OPERATORS[:7] if compared else _OPERATORS)
            compared = compared or sign in _OPERATORS[7:11]
            self.pieces.add(sign)
            self.operand(depth)
        if self.chance.random() < 0.1:
            for _ in range(self.chance.choice([1, 2, 4])):
                self.pieces.add("|>")
                self.call(depth)

    def operand(self, depth: int) -> None:
        add, chance = self.pieces.add, self.chance
        if chance.random() < 0.15:
            add(chance.choice("-+"))
        match chance.randrange(9 if depth > 0 else 3):
            case 0:
                add(chance.choice(_NUMBERS))
            case 1:
                add(chance.choice(_STRINGS))
            case 2:
                add(chance.choice(_NAMES))
            case 3:
                add("(")
                self.expression(depth - 1)
                add(")")
            case 4:
                self.list_of(depth - 1)
            case 5:
                add(chance.choice(_NAMES), ".", chance.choice(["T", "shape", "train"]))
            case 6:
                add(chance.choice(_NAMES), "[")
                self.items(self.index, depth - 1, least=1)
                add("]")
            case _:
                self.call(depth - 1)

    def call(self, depth: int) -> None:
        self.pieces.add(self.chance.choice(_NAMES), "(")
        self.items(self.argument, max(depth, 0))
        self.pieces.add(")")

    def list_of(self, depth: int) -> None:
        self.pieces.add("[")
        if self.chance.random() < 0.3:
            for number in range(self.chance.randrange(30)):
                self.pieces.add(*([","] if number else []), self.chance.choice(_NUMBERS))
        else:
            self.items(self.expression, depth)
        self.pieces.add("]")

    def items(self, item, depth: int, least: int = 0) -> None:
        count = self.chance.choice([0, 1, 1, 1, 2, 3])
        for number in range(max(count, least)):
            if number:
                self.pieces.add(",")
            item(depth)
        if max(count, least) and self.chance.random() < 0.2:
            self.pieces.add(",")

    def argument(self, depth: int) -> None:
        if self.chance.random() < 0.3:
            self.pieces.add(self.chance.choice(_NAMES), "=")
        self.expression(depth)

    def index(self, depth: int) -> None:
        match self.chance.randrange(4):
            case 0:
                self.pieces.add("...")
            case 1:
                self.expression(depth)
            case _:
                for number in range(self.chance.choice([2, 2, 3])):
                    if number:
                        self.pieces.add(":")
                    if self.chance.random() < 0.5:
                        self.expression(min(depth, 1))

    # -- statements

    def type_of(self) -> None:
        if self.chance.random() < 0.5:
            self.pieces.add(":")
            if self.chance.random() < 0.5:
                self.pieces.add(self.chance.choice(_TYPES))
                if self.chance.random() < 0.5:
                    return
            self.pieces.add("[")
            self.items(self.dimension, 0)
            self.pieces.add("]")

    def dimension(self, depth: int) -> None:
        self.pieces.add(self.chance.choice(["n", "batch", "64", "..."]))

    def formals(self) -> None:
        self.pieces.add("(")
        self.items(self.formal, 0)
        self.pieces.add(")")

    def formal(self, depth: int) -> None:
        self.name()
        self.type_of()
        if self.chance.random() < 0.3:
            self.pieces.add("=")
            self.expression(depth)

    def name(self) -> None:
        self.pieces.add(self.chance.choice(_NAMES))

    def statement(self, depth: int) -> None:
        add, chance = self.pieces.add, self.chance
        size = chance.choice([0, 1, 1, 1, 2])
        match chance.randrange(18 if depth else 12):
            case 0:
                add("dtype", chance.choice(_TYPES))
            case 1:
                add("dim", "n")
                if chance.random() < 0.5:
                    add("=", "3")
            case 2:
                add("constant", chance.choice(_NAMES), "=")
                self.expression(size)
            case 3 | 4:
                word, signs = chance.choice([("placeholder", "="), ("parameter", "=~")])
                add(word)
                self.name()
                self.type_of()
                if chance.random() < 0.8:
                    add(chance.choice(signs))
                    self.expression(size)
            case 5:
                add("metric", chance.choice(_NAMES), "=")
                self.expression(size)
            case 6:
                add(chance.choice(["show", "return"]))
                self.expression(size)
            case 7:
                add("expect")
                self.expression(size)
                if chance.random() < 0.5:
                    add("on", "digits", ".", "test")
                if chance.random() < 0.5:
                    add("within", "1e-3")
            case 8:
                add("from", '"blocks.nn"', "import", "MLP", ",", "Block")
            case 9:
                self.name()
                add(",")
                self.name()
                add("=")
                self.expression(size)
            case 10 | 11:
                self.name()
                add("=")
                self.expression(size)
            case 12:
                add("def", chance.choice(_NAMES))
                self.formals()
                self.block(self.statement, depth - 1)
            case 13:
                add("layer", chance.choice(_NAMES))
                self.formals()
                self.formals()
                self.block(self.statement, depth - 1)
            case 14 | 15:
                add("if")
                self.expression(size)
                self.block(self.statement, depth - 1)
                while chance.random() < 0.4:
                    add("else", "if")
                    self.expression(size)
                    self.block(self.statement, depth - 1)
                if chance.random() < 0.5:
                    add("else")
                    self.block(self.statement, depth - 1)
            case 16:
                add("repeat", "i", "in", chance.choice(["0", "n", "n-1"]), "..", "4")
                if chance.random() < 0.5:
                    add("with", "h", "=")
                    self.expression(size)
                self.block(self.statement, depth - 1)
            case _:
                add(*chance.choice([("train",), ("train", "again"), ("data", "digits")]))
                self.block(self.entry, 0)

    def entry(self, depth: int) -> None:
        self.pieces.add(self.chance.choice(["minimize", "data", "x", "optimizer", "clip_norm"]), "=")
        self.expression(2)

    def block(self, statement, depth: int) -> None:
        self.pieces.add("{")
        count = self.chance.choice([0, 1, 1, 2, 3])
        for number in range(count):
            if number or self.chance.random() < 0.7:
                self.pieces.words.append((";", SAME_LINE))
            statement(depth)
        if self.chance.random() < 0.7:
            self.pieces.words.append((";", SAME_LINE))
        self.pieces.add("}")

    def program(self, statements: int) -> str:
        """A program of so many statements at its top."""
        for number in range(statements):
            if number or self.chance.random() < 0.3:
                self.pieces.words.append((";", SAME_LINE))
            self.statement(2)
        return self.laid_out()

    # -- layout

    def laid_out(self) -> str:
        """The text of the words; `comments` are those that were put in."""
        text, previous = "", ""
        for word, before in self.pieces.words:
            if word == ";":
                text += self.separator()
            else:
                text += self.gap(previous, word, before) + word
            previous = word
        text += self.chance.choice(["", "\n", " ", "\n\n\n", "\r\n", ";\n"])
        if self.chance.random() < 0.2:
            text += self.comment("").rstrip("\n")
        return text

    def gap(self, left: str, right: str, before: str) -> str:
        glue = left[-1:] + right[0]
        apart = all(char.isalnum() or char in "._" for char in glue) and len(glue) == 2
        if before == ANYWHERE and self.chance.random() < 0.25:
            return "".join(self.newline() for _ in range(self.chance.choice([1, 1, 2])))
        return self.chance.choice([" ", " ", "  ", "\t"] if apart else ["", "", " ", " ", "   "])

    def newline(self) -> str:
        match self.chance.randrange(4):
            case 0:
                return self.comment(" ")
            case 1:
                return "\r\n\t"
            case _:
                return self.chance.choice(["\n", "\n    ", " \n \n"])

    def comment(self, before: str) -> str:
        found = self.chance.choice(_COMMENTS)
        self.comments.append(found.rstrip())
        return self.chance.choice(["", before]) + found + self.chance.choice(["\n", "\n  ", "\r\n", "\n\n"])

    def separator(self) -> str:
        """What ends a statement: a newline or `;`, and more of both."""
        if self.chance.random() < 0.2:
            found = self.comment("  ")
        else:
            found = self.chance.choice(["\n", "\n", "\n", ";", " ;; ", ";\n", "\r\n", "\n\n\n"])
        return found + "".join(self.newline() for _ in range(self.chance.choice([0, 0, 0, 1, 3])))


def random_program(chance: Random) -> tuple[str, list[str]]:
    """A program and its comments."""
    author = Author(chance)
    text = author.program(chance.choice([0, 1, 1, 2, 3, 5]))
    return text, author.comments
