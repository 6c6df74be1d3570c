"""The syntax tree: what each form is read as, and that every node knows exactly the text it was read from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsl.language import syntax
from dsl.language.parser import parse, parse_expression
from dsl.source.diagnostic import ProgramError
from dsl.source.render import render
from dsl.source.text import Source, Span

NOWHERE = Span(Source(""), 0, 0)


def expression(text: str) -> syntax.Expression:
    return parse_expression(Source(text))


def statement(text: str) -> syntax.Statement:
    (found,) = parse(Source(text)).statements
    return found


def name(text: str) -> syntax.Name:
    return syntax.Name(NOWHERE, text)


def number(value: float) -> syntax.Number:
    return syntax.Number(NOWHERE, value)


def nodes_of(node: object) -> Iterator[syntax.Syntax]:
    """A node and all below it."""
    if isinstance(node, syntax.Syntax):
        yield node
        for field in fields(node):
            yield from nodes_of(getattr(node, field.name))
    elif isinstance(node, tuple):
        for item in node:
            yield from nodes_of(item)


@pytest.mark.parametrize(
    ("text", "bracketed"),
    [
        ("1 + 2 + 3", "(1 + 2) + 3"),
        ("1 - 2 - 3", "(1 - 2) - 3"),
        ("1 - 2 + 3", "(1 - 2) + 3"),
        ("a / b * c % d @ e", "(((a / b) * c) % d) @ e"),
        ("a + b * c", "a + (b * c)"),
        ("a @ b + c", "(a @ b) + c"),
        ("-a * b", "(-a) * b"),
        ("-a ** b", "-(a ** b)"),
        ("a ** -b", "a ** (-b)"),
        ("a ** b ** c", "a ** (b ** c)"),
        ("--a", "-(-a)"),
        ("a + -b", "a + (-b)"),
        ("a.b ** c[0]", "(a.b) ** (c[0])"),
        ("a < b + c", "a < (b + c)"),
        ("not a < b", "not (a < b)"),
        ("not a and b", "(not a) and b"),
        ("a and b or c and d", "(a and b) or (c and d)"),
        ("a or b or c", "(a or b) or c"),
        ("not not a", "not (not a)"),
        ("a |> f |> g", "(a |> f) |> g"),
        ("a + b |> f", "(a + b) |> f"),
        ("a or b |> f(c)", "(a or b) |> (f(c))"),
        ("f(a)(b)", "(f(a))(b)"),
        ("a[0][1].T", "((a[0])[1]).T"),
    ],
)
def test_operators_bind_as_in_python(text, bracketed):
    assert expression(text) == expression(bracketed)


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("64", number(64)),
        ("1e-3", number(0.001)),
        ('"a b"', syntax.String(NOWHERE, "a b")),
        ("x", name("x")),
        ("(x)", name("x")),
        ("[]", syntax.ListOf(NOWHERE, ())),
        ("[1, x,]", syntax.ListOf(NOWHERE, (number(1), name("x")))),
        ("-x", syntax.Unary(NOWHERE, "-", name("x"))),
        ("not x", syntax.Unary(NOWHERE, "not", name("x"))),
        ("x @ y", syntax.Binary(NOWHERE, "@", name("x"), name("y"))),
        ("x <= y", syntax.Binary(NOWHERE, "<=", name("x"), name("y"))),
        ("x |> f", syntax.Pipe(NOWHERE, name("x"), name("f"))),
        ("f()", syntax.Call(NOWHERE, name("f"), ())),
        (
            "f(x, axis=0,)",
            syntax.Call(
                NOWHERE,
                name("f"),
                (syntax.Argument(NOWHERE, None, name("x")), syntax.Argument(NOWHERE, "axis", number(0))),
            ),
        ),
        ("x.shape", syntax.Attribute(NOWHERE, name("x"), "shape")),
        ("x[0]", syntax.Index(NOWHERE, name("x"), (number(0),))),
        ("x[...,]", syntax.Index(NOWHERE, name("x"), (syntax.Ellipsis(NOWHERE),))),
        (
            "x[1:, ::2, :a:b]",
            syntax.Index(
                NOWHERE,
                name("x"),
                (
                    syntax.Slice(NOWHERE, number(1), None, None),
                    syntax.Slice(NOWHERE, None, None, number(2)),
                    syntax.Slice(NOWHERE, None, name("a"), name("b")),
                ),
            ),
        ),
        ("x[:]", syntax.Index(NOWHERE, name("x"), (syntax.Slice(NOWHERE, None, None, None),))),
        ("x[a:b:]", syntax.Index(NOWHERE, name("x"), (syntax.Slice(NOWHERE, name("a"), name("b"), None),))),
        ("x[::]", syntax.Index(NOWHERE, name("x"), (syntax.Slice(NOWHERE, None, None, None),))),
    ],
)
def test_an_expression_is_read_as(text, tree):
    assert expression(text) == tree


def shape(*dims: syntax.Expression | syntax.Ellipsis, dtype: str = "") -> syntax.TypeOf:
    return syntax.TypeOf(NOWHERE, name(dtype) if dtype else None, dims)


BODY = syntax.Block(NOWHERE, (syntax.ReturnStatement(NOWHERE, (name("x"),)),))
X = syntax.Formal(NOWHERE, name("x"), None, None)


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("dtype f64", syntax.DTypeStatement(NOWHERE, name("f64"))),
        ("dim n", syntax.DimStatement(NOWHERE, name("n"), None)),
        ("dim n = 3", syntax.DimStatement(NOWHERE, name("n"), number(3))),
        ("constant n = 3", syntax.ConstantStatement(NOWHERE, name("n"), number(3))),
        ("placeholder x", syntax.PlaceholderStatement(NOWHERE, name("x"), None, None)),
        ("placeholder x = 3", syntax.PlaceholderStatement(NOWHERE, name("x"), None, number(3))),
        (
            "placeholder x: i32",
            syntax.PlaceholderStatement(NOWHERE, name("x"), syntax.TypeOf(NOWHERE, name("i32"), None), None),
        ),
        ("placeholder x: []", syntax.PlaceholderStatement(NOWHERE, name("x"), shape(), None)),
        (
            "placeholder x: i32[n, 4] = 0",
            syntax.PlaceholderStatement(NOWHERE, name("x"), shape(name("n"), number(4), dtype="i32"), number(0)),
        ),
        ("parameter w = 1", syntax.ParameterStatement(NOWHERE, name("w"), None, number(1), None)),
        ("parameter w: [n] = 1", syntax.ParameterStatement(NOWHERE, name("w"), shape(name("n")), number(1), None)),
        (
            "parameter w: [n] ~ he_normal()",
            syntax.ParameterStatement(NOWHERE, name("w"), shape(name("n")), None, syntax.Call(NOWHERE, name("he_normal"), ())),
        ),
        ("parameter w ~ normal", syntax.ParameterStatement(NOWHERE, name("w"), None, None, name("normal"))),
        ("y = x", syntax.Assignment(NOWHERE, (name("y"),), name("x"))),
        ("a, b = x", syntax.Assignment(NOWHERE, (name("a"), name("b")), name("x"))),
        ("metric m = x", syntax.MetricStatement(NOWHERE, name("m"), name("x"))),
        ("def f() { return x }", syntax.FunctionStatement(NOWHERE, name("f"), (), BODY)),
        ("def f(x) { return x }", syntax.FunctionStatement(NOWHERE, name("f"), (X,), BODY)),
        (
            "def f(x, y: [..., n] = 2) { return x }",
            syntax.FunctionStatement(
                NOWHERE,
                name("f"),
                (X, syntax.Formal(NOWHERE, name("y"), shape(syntax.Ellipsis(NOWHERE), name("n")), number(2))),
                BODY,
            ),
        ),
        (
            "layer L(n=3)(x) { return x }",
            syntax.LayerStatement(NOWHERE, name("L"), (syntax.Formal(NOWHERE, name("n"), None, number(3)),), (X,), BODY),
        ),
        ("if c { return x }", syntax.IfStatement(NOWHERE, name("c"), BODY, None)),
        ("if c { return x } else { return x }", syntax.IfStatement(NOWHERE, name("c"), BODY, BODY)),
        (
            "if c { return x } else if d { return x } else { return x }",
            syntax.IfStatement(
                NOWHERE, name("c"), BODY, syntax.Block(NOWHERE, (syntax.IfStatement(NOWHERE, name("d"), BODY, BODY),))
            ),
        ),
        ("repeat i in a { return x }", syntax.RepeatStatement(NOWHERE, name("i"), name("a"), None, (), BODY)),
        (
            "repeat i in 0..4 with h = x, g = y { return x }",
            syntax.RepeatStatement(
                NOWHERE,
                name("i"),
                number(0),
                number(4),
                (syntax.Carried(NOWHERE, name("h"), name("x")), syntax.Carried(NOWHERE, name("g"), name("y"))),
                BODY,
            ),
        ),
        ('import "a.nn"', syntax.ImportStatement(NOWHERE, syntax.String(NOWHERE, "a.nn"), None)),
        ('from "a.nn" import A, B', syntax.ImportStatement(NOWHERE, syntax.String(NOWHERE, "a.nn"), (name("A"), name("B")))),
        ("data d { x = y }", syntax.DataStatement(NOWHERE, name("d"), (syntax.Entry(NOWHERE, name("x"), name("y")),))),
        ("data d {}", syntax.DataStatement(NOWHERE, name("d"), ())),
        (
            "train { epochs = 3; data = d }",
            syntax.TrainStatement(
                NOWHERE,
                None,
                (syntax.Entry(NOWHERE, name("epochs"), number(3)), syntax.Entry(NOWHERE, name("data"), name("d"))),
            ),
        ),
        ("train slowly {}", syntax.TrainStatement(NOWHERE, name("slowly"), ())),
        ("expect a", syntax.ExpectStatement(NOWHERE, name("a"), None, None)),
        (
            "expect a on d.test within 0.5",
            syntax.ExpectStatement(NOWHERE, name("a"), syntax.DatasetName(NOWHERE, ("d", "test")), number(0.5)),
        ),
        ("expect a within 0.5", syntax.ExpectStatement(NOWHERE, name("a"), None, number(0.5))),
        ("show x", syntax.ShowStatement(NOWHERE, name("x"))),
    ],
)  # fmt: skip
def test_a_statement_is_read_as(text, tree):
    found = statement(text)
    assert found == tree
    assert found.span.text == text


PROGRAM = """\
## The file.
dtype f64   # a type
dim n; dim m = 4
constant k = [1, (2), "three"]

placeholder x: f32[n, (2 * m)] = -1.5
parameter w: [n] ~ normal( 0 , 0.1 )
a, b = split( x [ 1 : , ... , None ] , 2 )  |> f(g, axis = 0)
def f(x: [..., n], y = 2) {
    return x |> tanh
        # on its way
        |> Dense( (3) )(y), ( y )
}
layer L(u)(v) { if not u { return v } else if (u) == 1 { return -v ** 2 }
    repeat i in 0 .. (4) with h = v { h = h.T }
    return h }
import "a.nn"
from "a.nn" import A, B
data d { source = csv("a.csv") ; x = source["a":"b"] }
train t { epochs = (3) ; data = d.train
}
expect  a >= (0.95)  on d.test  within ( 0.1 )
show  ( a )
"""


def test_a_node_covers_its_text_and_no_more():
    tree = parse(Source(PROGRAM))
    for found in tree.statements:
        assert PROGRAM[found.span.start - 1 : found.span.start] in ("", "\n", " ")
        assert found.span.text == found.span.text.strip()
        assert statement(found.span.text) == found
    for node in nodes_of(tree.statements):
        assert node.span.text == node.span.text.strip()
        if isinstance(node, syntax.Expression):
            assert expression(node.span.text) == node


def test_a_node_lies_within_the_node_that_it_belongs_to():
    waiting: list[syntax.Syntax] = [parse(Source(PROGRAM))]
    while waiting:
        node = waiting.pop()
        for field in fields(node):
            value = getattr(node, field.name)
            for part in value if isinstance(value, tuple) else (value,):
                if not isinstance(part, syntax.Syntax):
                    continue
                assert part.span.end <= node.span.end
                # of a block only the closing brace is kept
                assert isinstance(node, syntax.Block) or node.span.start <= part.span.start
                waiting.append(part)


# -- expressions made at random: written down in any layout they are read as what they are

NAMES = st.sampled_from(["x", "y_2", "axis", "data", "on", "in", "β", "T", "inside", "nota"])
LEAVES = st.one_of(
    st.integers(0, 10**6).map(number),
    st.sampled_from([0.5, 1e-3, 2e9, 1.5]).map(number),
    st.text(st.sampled_from('ab "\\\n\tß#'), max_size=4).map(lambda text: syntax.String(NOWHERE, text)),
    NAMES.map(name),
)
BINARY = ["+", "-", "*", "/", "%", "**", "@", "==", "!=", "<", "<=", ">", ">=", "and", "or"]


def _compound(inner: st.SearchStrategy[syntax.Expression]) -> st.SearchStrategy[syntax.Expression]:
    argument = st.builds(syntax.Argument, st.just(NOWHERE), st.none() | NAMES, inner)
    bound = st.none() | inner
    items = st.one_of(
        inner, st.builds(syntax.Slice, st.just(NOWHERE), bound, bound, bound), st.just(syntax.Ellipsis(NOWHERE))
    )
    return st.one_of(
        st.builds(syntax.Unary, st.just(NOWHERE), st.sampled_from(["-", "+", "not"]), inner),
        st.builds(syntax.Binary, st.just(NOWHERE), st.sampled_from(BINARY), inner, inner),
        st.builds(syntax.Pipe, st.just(NOWHERE), inner, inner),
        st.builds(syntax.ListOf, st.just(NOWHERE), st.lists(inner, max_size=3).map(tuple)),
        st.builds(syntax.Call, st.just(NOWHERE), inner, st.lists(argument, max_size=3).map(tuple)),
        st.builds(syntax.Index, st.just(NOWHERE), inner, st.lists(items, min_size=1, max_size=3).map(tuple)),
        st.builds(syntax.Attribute, st.just(NOWHERE), inner, NAMES),
    )


EXPRESSIONS = st.recursive(LEAVES, _compound, max_leaves=12)
SPACES = st.sampled_from([" ", "  ", "\t", " # a comment )]\n ", "\n"])


def _written(tree: object, space: str) -> str:
    """A tree as text inside round brackets, where a line may end anywhere; every part of it in brackets of its own."""
    match tree:
        case None:
            return ""
        case syntax.Number(_, value):
            return repr(value)
        case syntax.String(_, value):
            escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
            return f'"{escaped}"'
        case syntax.Name(_, text):
            return text
        case syntax.Ellipsis():
            return "..."
        case syntax.Slice(_, start, stop, step):
            bounds = [_written(bound, space) for bound in (start, stop)] + ([_written(step, space)] if step else [])
            return f"{space}:{space}".join(bounds)
        case syntax.Argument(_, keyword, value):
            return f"{keyword}{space}={space}{_written(value, space)}" if keyword else _written(value, space)
        case syntax.Unary(_, operator, operand):
            return f"({operator}{space}{_written(operand, space)})"
        case syntax.Binary(_, operator, left, right):
            return f"({_written(left, space)}{space}{operator}{space}{_written(right, space)})"
        case syntax.Pipe(_, value, target):
            return f"({_written(value, space)}{space}|>{space}({_written(target, space)}))"
        case syntax.ListOf(_, items):
            return f"[{space}{f',{space}'.join(_written(item, space) for item in items)}{space}]"
        case syntax.Call(_, function, arguments):
            return f"({_written(function, space)}({f'{space},'.join(_written(item, space) for item in arguments)}))"
        case syntax.Index(_, value, items):
            return f"({_written(value, space)}[{f',{space}'.join(_written(item, space) for item in items)}])"
        case syntax.Attribute(_, value, attribute):
            return f"(({_written(value, space)}){space}.{space}{attribute})"
    raise AssertionError(tree)


@settings(max_examples=200, deadline=None)
@given(EXPRESSIONS, SPACES)
def test_any_expression_is_read_as_what_was_written_in_any_layout(tree, space):
    found = expression(f"({_written(tree, space)})")
    assert found == tree
    for node in nodes_of(found):
        if isinstance(node, syntax.Expression):
            assert expression(f"({node.span.text})") == node


@settings(deadline=None)
@given(st.text(st.sampled_from('xy=+()[]{}.,:;|>~"# \n10ifdata') | st.characters(), max_size=40))
def test_any_text_is_a_program_or_a_syntax_error_within_it(text):
    try:
        parse(Source(text))
        mistakes = []
    except ProgramError as error:
        mistakes = list(error.diagnostics)
    for mistake in mistakes:
        assert mistake.code == "syntax"
        assert mistake.span is not None
        assert 0 <= mistake.span.start <= mistake.span.end <= len(text)
        assert render(mistake)
