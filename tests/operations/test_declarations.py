"""What each declaration says of its operation, in the form that its readers rely on."""

import pytest

from dsl.ops.operation import Operation
from dsl.ops.registry import FAMILIES, OPERATIONS, load

load()


@pytest.fixture(params=sorted(OPERATIONS))
def operation(request: pytest.FixtureRequest) -> Operation:
    return OPERATIONS[request.param]


def test_formulas_name_nothing_but_parameters(operation: Operation) -> None:
    names = {parameter.name: f"<{parameter.name}>" for parameter in operation.parameters}
    for text in (operation.formula, operation.latex):
        filled = text.format(**names)
        assert filled
    latex = operation.latex.format(**names)
    assert latex.count("{") == latex.count("}")
    assert latex.count(r"\left") - latex.count(r"\leftarrow") == latex.count(r"\right") - latex.count(r"\rightarrow")


def test_documentation_and_example_are_complete(operation: Operation) -> None:
    first_line = operation.doc.splitlines()[0]
    assert first_line[0].isupper() or not first_line[0].isalpha()
    assert first_line.endswith((".", ":"))
    expression, expected = operation.example.split("  # ")
    assert operation.symbol in expression or operation.name in expression
    assert expected.strip() == expected != ""


def test_an_operation_belongs_to_a_family_and_has_a_name_of_its_own(operation: Operation) -> None:
    assert operation.family in FAMILIES
    assert operation.name.isidentifier()
    assert operation.name == operation.name.lower()
    assert (operation.forward is None) == (operation.expansion is not None) == (operation.infer is None)


def test_no_two_operations_have_one_symbol() -> None:
    symbols = [operation.symbol for operation in OPERATIONS.values() if operation.symbol]
    assert len(symbols) == len(set(symbols))
