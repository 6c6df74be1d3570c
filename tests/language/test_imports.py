"""`import` and `from … import`: functions and layers of other files, which see the values of their own file."""

from __future__ import annotations

from pathlib import Path

import pytest

import dsl


def load(folder: Path, **files: str) -> dsl.Program:
    """The program `main` of some files."""
    for name, text in files.items():
        path = folder / f"{name.replace('__', '/')}.nn"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return dsl.load(folder / "main.nn")


def test_an_import_brings_the_functions_and_layers_of_a_file(tmp_path):
    blocks = "def double(x) { return x * 2 }\nlayer Scale(by)(x) { parameter w = by\n return x * w }\n"
    program = load(tmp_path, blocks=blocks, main='import "blocks.nn"\ny = double(3) |> Scale(5)\n')
    assert program.run()["y"] == 30
    assert list(program.parameters) == ["y.Scale.w"]


def test_an_import_can_name_what_it_brings(tmp_path):
    blocks = "def double(x) { return x * 2 }\ndef triple(x) { return double(x) + x }\n"
    program = load(
        tmp_path,
        blocks=blocks,
        main='from "blocks.nn" import triple\ny = triple(3)\ndef double(x) { return x * 100 }\n',
    )
    assert program.run()["y"] == 9


def test_what_is_not_named_is_not_brought(tmp_path):
    with pytest.raises(dsl.ProgramError, match="no function, layer or operation `f`"):
        load(tmp_path, a="def f(x) { return x }\ndef g(x) { return x }\n", main='from "a.nn" import g\ny = f(3)\n')


def test_values_of_a_file_are_not_imported(tmp_path):
    with pytest.raises(dsl.ProgramError, match="`k` is not defined"):
        load(tmp_path, a="k = 3\n", main='import "a.nn"\ny = k\n')
    with pytest.raises(dsl.ProgramError, match="no function or layer `k`"):
        load(tmp_path, a="k = 3\n", main='from "a.nn" import k\n')


def test_an_imported_function_sees_the_values_of_its_own_file(tmp_path):
    other = "constant k = 5\nshift = k * 2\ndef f(x) { return x * k + shift + g(x) }\ndef g(x) { return x }\n"
    program = load(
        tmp_path, other=other, main='from "other.nn" import f\nk = 100\nshift = 1\ny = f(2)\ndef g(x) { return -x }\n'
    )
    assert program.run(fetch=["k", "shift", "y"]) == {"k": 100, "shift": 1, "y": 22}


def test_the_values_of_an_imported_file_are_named_after_it(tmp_path):
    other = "parameter w = 3\nparameter unused = 4\ndef f(x) { return x * w }\n"
    program = load(tmp_path, other=other, main='import "other.nn"\nparameter w = 7\ny = f(1) + w\n')
    assert list(program.parameters) == ["w", "other.w"] or list(program.parameters) == ["other.w", "w"]
    assert program.run()["y"] == 10
    assert list(program.model.names) == ["w", "y"]


def test_the_value_that_a_function_returns_as_it_is_keeps_its_name(tmp_path):
    program = load(tmp_path, other="k = 3\ndef f() { return k }\n", main='import "other.nn"\ny = f()\nz = f()\n')
    assert program.run(fetch=["y", "z"]) == {"y": 3, "z": 3}
    assert [node.name for node in program.forward] == ["other.k", "y", "z"]


def test_constants_of_an_imported_file_cannot_be_set_from_outside(tmp_path):
    load(
        tmp_path,
        other="constant n = 2\ndef f(x) { return x * n }\n",
        main='import "other.nn"\nconstant n = 3\ny = f(n)\n',
    )
    assert dsl.load(tmp_path / "main.nn", {"n": 10}).run()["y"] == 20
    (tmp_path / "main.nn").write_text('import "other.nn"\ny = f(1)\n')
    with pytest.raises(dsl.ProgramError, match="nothing to set"):
        dsl.load(tmp_path / "main.nn", {"n": 10})


def test_a_path_is_relative_to_the_file_that_names_it(tmp_path):
    program = load(
        tmp_path,
        parts__inner="def inner(x) { return x + 1 }\n",
        parts__outer='import "inner.nn"\ndef outer(x) { return inner(x) * 10 }\n',
        main='import "parts/outer.nn"\ny = outer(1)\n',
    )
    assert program.run()["y"] == 20


def test_files_can_import_each_other(tmp_path):
    program = load(
        tmp_path,
        even='import "odd.nn"\ndef half(x) { return rest(x) / 2 }\ndef even(x) { return x * 2 }\n',
        odd='from "even.nn" import even\ndef rest(x) { return even(x) + 1 }\n',
        main='import "even.nn"\nfrom "odd.nn" import rest\ny = half(4)\nz = rest(4)\n',
    )
    assert program.run() == {"y": 4.5, "z": 9}


def test_a_file_can_import_itself(tmp_path):
    assert load(tmp_path, main='import "main.nn"\ndef f(x) { return x + 1 }\ny = f(1)\n').run()["y"] == 2


def test_what_comes_by_two_ways_is_there_once(tmp_path):
    program = load(
        tmp_path,
        base="layer Scale(by)(x) { parameter w = by\n return x * w }\n",
        left='import "base.nn"\ndef left(x) { return x + 1 }\n',
        right='from "base.nn" import Scale\ndef right(x) { return x + 2 }\n',
        main='import "left.nn"\nimport "right.nn"\nimport "base.nn"\nimport "base.nn"\ny = left(right(1)) |> Scale(2)\n',
    )
    assert program.run()["y"] == 8
    assert not program.warnings


def test_the_same_file_by_another_path_is_the_same_file(tmp_path):
    program = load(
        tmp_path,
        parts__a="def f(x) { return x + 1 }\n",
        main='import "parts/a.nn"\nimport "./parts/../parts/a.nn"\ny = f(1)\n',
    )
    assert program.run()["y"] == 2


def test_two_definitions_of_one_name_are_a_mistake(tmp_path):
    with pytest.raises(dsl.ProgramError, match="`f` is defined twice"):
        load(tmp_path, a="def f(x) { return 1 }\n", main='import "a.nn"\ndef f(x) { return 2 }\n')
    with pytest.raises(dsl.ProgramError, match="`f` is defined twice"):
        load(tmp_path, b="def f(x) { return 2 }\n", main='import "a.nn"\nimport "b.nn"\n')


def test_a_mistake_in_an_imported_file_is_shown_there(tmp_path):
    with pytest.raises(dsl.ProgramError) as caught:
        load(tmp_path, a="\n\ndef f(x) { return x + }\n", main='import "a.nn"\n')
    (found,) = caught.value.diagnostics
    assert found.span is not None
    assert Path(found.span.source.name).name == "a.nn"
    assert found.span.line == 3


def test_a_mistake_in_an_imported_function_shows_its_line_and_the_call(tmp_path):
    with pytest.raises(dsl.ProgramError) as caught:
        load(tmp_path, a="def f(x) { return x + [1, 2] }\n", main='import "a.nn"\ny = f([1, 2, 3])\n')
    (found,) = caught.value.diagnostics
    assert found.span is not None
    assert Path(found.span.source.name).name == "a.nn"
    assert "main.nn" in {Path(label.span.source.name).name for label in found.labels}


def test_a_file_that_is_not_there(tmp_path):
    (tmp_path / "blocks.nn").write_text("")
    with pytest.raises(dsl.ProgramError) as caught:
        load(tmp_path, main='import "block.nn"\ny = 1\n')
    (found,) = caught.value.diagnostics
    assert found.code == "import"
    assert "blocks.nn" in found.hint


def test_an_import_stands_at_the_top_of_a_file(tmp_path):
    with pytest.raises(dsl.ProgramError, match="at the top of a file"):
        load(tmp_path, a="", main='if true { import "a.nn" }\n')


def test_what_an_imported_file_does_besides_is_not_done(tmp_path):
    other = "placeholder p\nparameter q = 1\nshow q\nexpect q == 2\ntrain { minimize = q; steps = 3 }\ndef f(x) { return x }\n"
    program = load(tmp_path, other=other, main='import "other.nn"\ny = f(1)\n')
    assert program.model.runs == []
    assert program.model.expectations == []
    assert program.model.shown == []
    assert [node.name for node in program.forward] == ["y"]
