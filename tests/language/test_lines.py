"""Where a statement ends and where its line goes on; comments, semicolons, blank lines."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_programs import complaint, diagnostics, value, values

import dsl
from dsl.language.parser import parse
from dsl.source.text import Source


@pytest.mark.parametrize(
    "expression",
    [
        pytest.param("(1 +\n 2)", id="inside round brackets"),
        pytest.param("(\n1\n+\n2\n)", id="anywhere inside round brackets"),
        pytest.param("sum([1,\n 2\n])", id="inside square brackets"),
        pytest.param("add(1,\n 2)", id="inside a call"),
        pytest.param("[1, 5, 2][\n2] + 1", id="inside an index"),
        pytest.param("sum([1, # the first\n\n # nothing here\n 2])", id="past comments and blank lines"),
        pytest.param("6 +\n -3", id="after +"),
        pytest.param("6 -\n 3", id="after -"),
        pytest.param("6 *\n 0.5", id="after *"),
        pytest.param("6 /\n 2", id="after /"),
        pytest.param("8 %\n 5", id="after %"),
        pytest.param("9 **\n 0.5", id="after **"),
        pytest.param("[1, 1] @\n [1, 2]", id="after @"),
        pytest.param("2 *\n\n  # a comment\n\n 1.5", id="after an operator, past comments and blank lines"),
        pytest.param("[1, 2] |>\n sum", id="after |>"),
        pytest.param("[1, 2]\n |> sum", id="before |>"),
        pytest.param("[1, 2]\n\n # a comment\n\n |> sum", id="before |>, past comments and blank lines"),
        pytest.param("[1, 2] # a comment\n|> sum\n|> identity # another", id="before several |>"),
        pytest.param("[1, 2]\r\n  |> sum\r\n", id="before |>, with carriage returns"),
    ],
)
def test_a_line_goes_on(expression):
    assert value(expression) == 3


@pytest.mark.parametrize("expression", ["true and\n true", "false or\n true", "not\n false", "1 <\n 2", "1 ==\n 1"])
def test_a_line_goes_on_after_a_logical_operator(expression):
    assert value(expression) is True


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("x = 1\n + 2\n", id="a leading operator"),
        pytest.param("x =\n 1\n", id="after the sign of binding"),
        pytest.param("a, b = 1,\n 2\n", id="after a comma outside brackets"),
        pytest.param("x = 1 \\\n + 2\n", id="after a backslash"),
        pytest.param("parameter w: [2] ~\n ones()\n", id="after a tilde"),
        pytest.param("y = x\n.T\nx = eye(2)\n", id="before a dot"),
        pytest.param("y = x\n[0]\nx = eye(2)\n", id="before an index"),
        pytest.param("y = sum\n([1])\n", id="before a call"),
        pytest.param("if true { x = 1 }\nelse { x = 2 }\n", id="before else"),
        pytest.param("repeat i in 0..\n2 { x = i }\n", id="after the dots of a range"),
        pytest.param("def f(x)\n{ return x }\n", id="before a brace"),
        pytest.param("expect 1\n== 1\n", id="before a comparison"),
    ],
)
def test_a_line_goes_on_nowhere_else(text):
    assert diagnostics(text)[0].code == "syntax"


def test_a_newline_in_braces_ends_a_statement_also_when_the_braces_stand_in_a_call_over_several_lines():
    assert values("def f(a,\n b\n) {\n c = add(a,\n b)\n d = c\n return d\n}\ny = f(1,\n 2)\n")["y"] == 3


@pytest.mark.parametrize(
    "text",
    [
        "x = 1\ny = 2\n",
        "x = 1; y = 2",
        "x = 1;y = 2;\n",
        ";;x = 1;\n;y = 2",
        "\n\n x = 1\n\n\n\ty = 2",
        "x = 1\r\ny = 2\r\n",
    ],
)
def test_statements_are_separated_by_newlines_or_semicolons(text):
    assert values(text) == {"x": 1, "y": 2}


def test_two_statements_on_one_line_need_a_semicolon():
    assert complaint("x = 1 y = 2").code == "syntax"


@pytest.mark.parametrize("text", ["", "\n", "   ", "# only this", "\n\n# a\n  # b\n", ";", "\r\n"])
def test_a_file_without_statements_is_a_program(text):
    assert values(text + "\n") == {}


@pytest.mark.parametrize("body", [" return x ", "\n return x\n", "; return x; ", "\n\n # why\n return x # so\n\n"])
def test_the_statements_of_a_block_may_stand_on_its_line_or_below(body):
    assert values(f"def f(x) {{{body}}}\ny = f(4)\n")["y"] == 4


def test_a_range_keeps_its_dots_from_its_numbers():
    assert values("repeat i in 1..4 with h = 1 { h = h * i }\n")["h"] == 6
    assert values("repeat i in 1 .. 4 with h = 1 { h = h * i }\n")["h"] == 6
    assert values("constant n = 4\nrepeat i in n-3..n with h = 1. { h = h * i }\n")["h"] == 6


@pytest.mark.parametrize(
    ("literal", "number"),
    [
        ("0", 0), ("64", 64), ("007", 7), ("1_000_000", 1_000_000), ("1.5", 1.5), ("1.", 1.0), (".5", 0.5), ("1e-3", 1e-3),
        ("2E+2", 200.0), ("1.5e3", 1500.0), ("6.02e23", 6.02e23), ("true", True), ("pi", 3.141592653589793),
    ],
)  # fmt: skip
def test_numbers_are_spelt_as_in_python(literal, number):
    assert value(literal) == number


def test_a_hash_in_a_string_begins_no_comment():
    statement = parse(Source('constant name = "a # b"  # c\n')).statements[0]
    assert statement.value.value == "a # b"


def test_strings_know_escapes():
    statement = parse(Source(r'constant name = "tab\t quote\" back\\slash line\n other\q"')).statements[0]
    assert statement.value.value == 'tab\t quote" back\\slash line\n other\\q'


def test_documentation_belongs_to_the_file_or_to_what_follows():
    text = "## The file.\n## More.\n\n## A width.\nconstant n = 3\n# no documentation\ny = n\n### neither\nz = n\n"
    tree = parse(Source(text))
    assert tree.docs == {0: "The file.\nMore.", 5: "A width."}


def test_documentation_that_begins_the_file_is_the_files_also_when_a_statement_follows_at_once():
    assert parse(Source("\n## The file.\ndtype f64\n")).docs == {0: "The file.", 3: "The file."}
    assert parse(Source("# by hand\nx = 1\n## neither this\n\n")).docs == {}


def test_documentation_reaches_the_values():
    program = dsl.loads(
        "## An experiment.\n\n## The rate.\nparameter k = 1\n\n## The answer.\n## In metres.\ny = k * 2\n"
    )
    assert program.model.documentation == "An experiment."
    assert program.node("k").documentation == "The rate."
    assert program.node("y").documentation == "The answer.\nIn metres."


LAYOUTS = st.lists(
    st.sampled_from(["\n", "\n\n", ";", ";\n", "\n# a comment\n", " # trailing; x = 9\n", "\n   \t\n", "\r\n", " ;; "]),
    min_size=5,
    max_size=5,
)
STATEMENTS = (
    "dim n",
    "x = [1, 2]",
    'data d { x = csv("a.csv")["b":"c"] ; seed = 3 }',
    "def f(a, b=2) { c = a |> g(1) ; return c, b }",
    "expect x >= -1 within 0.1",
)


@settings(deadline=None)
@given(LAYOUTS)
def test_a_program_means_the_same_in_every_layout(separators):
    text = "".join(statement + separator for statement, separator in zip(STATEMENTS, separators, strict=True))
    assert parse(Source(text)).statements == parse(Source("\n".join(STATEMENTS))).statements
