"""Names shared with Python: what variables feed, and which variables cells bind."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsl.app.notebook.names import Names


def cell(text: str, options: str = "") -> str:
    return f"%%nn --no-graph {options}\n{text}"


class Arraylike:
    def __array__(self, dtype=None, copy=None):
        return np.array([1.0, 2.0])


class Hostile:
    def __array__(self, dtype=None, copy=None):
        raise RuntimeError("it still needs its gradient")


class TestIntoAProgram:
    @pytest.mark.parametrize("value", [3, 2.5, True, np.float32(1.5), np.array(2), np.int8(4)])
    def test_numbers(self, notebook, value):
        notebook["x"] = value
        ran = notebook.run(cell("dtype f64\nplaceholder x\ny = x * 2"))
        assert notebook["y"] == float(value) * 2
        assert "from Python: `x`" in ran.text

    @pytest.mark.parametrize("value", [[1, 2], (1.0, 2.0), np.array([1, 2], np.uint8), Arraylike()])
    def test_arrays(self, notebook, value):
        notebook["x"] = value
        notebook.run(cell("dim n\nplaceholder x: [n]\ny = x + 1"))
        assert notebook["y"].tolist() == [2, 3]

    @pytest.mark.parametrize("value", ["text", {"a": 1}, len, None, {1, 2}])
    def test_what_is_no_number_is_left_alone(self, notebook, value):
        notebook["x"] = value
        ran = notebook.run(cell("placeholder x\ny = x * 2"))
        assert ran.passed
        assert "`y` waits for `x`" in ran.text

    @pytest.mark.parametrize(
        "value", [[1, 2, 3], [[1, 2]], [1, [2, 3]], ["a", "b"], [1e300, 0], Hostile(), [1 + 2j, 0]]
    )
    def test_what_does_not_fit_is_told_at_the_placeholder(self, notebook, value):
        notebook["x"] = value
        ran = notebook.run(cell("placeholder x: i32[2]\ny = x * 2"))
        assert not ran.passed
        assert "Traceback" not in ran.text
        assert "2 | placeholder x: i32[2]" in ran.text

    def test_a_placeholder_with_a_value_keeps_it(self, notebook):
        notebook["x"] = 100
        notebook.run(cell("placeholder x = 3\ny = x * 2"))
        assert notebook["y"] == 6
        assert notebook["x"] == 100

    def test_data_keep_their_placeholders(self, notebook):
        notebook["x"] = notebook["y"] = 100
        with open("rows.csv", "w") as file:
            file.write("a,b\n1,2\n2,4\n3,6\n")
        ran = notebook.run(
            cell("""dim batch
placeholder x: [batch]
placeholder y: [batch]
parameter k = 0
loss = mse(y, k * x)
data rows { source = csv("rows.csv"); x = source["a"]; y = source["b"] }
train { minimize = loss; data = rows; optimizer = sgd(lr=0.1); epochs = 30 }""")
        )
        assert ran.passed, ran.text
        assert abs(notebook["k"] - 2) < 1e-3

    def test_an_expression_feeds_what_it_is_told_to(self, notebook):
        notebook["table"] = {"a b": [1, 2, 3]}
        notebook.run(cell("dim n\nplaceholder x: [n] = [0]\ns = sum(x)", "--feed 'x=table[\"a b\"][1:]'"))
        assert notebook["s"] == 5

    def test_a_file_feeds(self, notebook):
        np.save("x.npy", np.arange(4.0))
        notebook.run(cell("dim n\nplaceholder x: [n]\ns = sum(x)", "--feed x=@x.npy"))
        assert notebook["s"] == 6

    def test_a_changed_variable_is_seen_by_the_next_line(self, notebook):
        notebook["x"] = 1
        notebook.run(cell("placeholder x\ny = x * 2"))
        notebook["x"] = 5
        assert notebook.run("%nn y").text.startswith("y = x · 2 = 10")

    def test_an_array_that_is_changed_in_place_does_not_change_the_program(self, notebook):
        notebook["x"] = np.ones(2)
        notebook.run(cell("placeholder x: [2]\ny = x * 2"))
        notebook["x"][:] = 7
        assert notebook["net"].run()["y"].tolist() == [2, 2]

    def test_settings_can_be_variables(self, notebook):
        notebook["wide"] = 3
        notebook.run(cell("constant hidden = 1\nplaceholder x = 2\ny = x * hidden", "--set hidden=$wide"))
        assert notebook["y"] == 6


class TestOutOfAProgram:
    def test_values_and_parameters_have_their_names(self, notebook):
        notebook.run(cell("placeholder x = [1, 2]\nparameter w = 3\ny = w * x\nloss = sum(y)"))
        assert notebook["y"].tolist() == [3, 6]
        assert notebook["w"] == 3
        assert f"{notebook['loss']:.1f}" == "9.0"
        assert "x" not in notebook, "a placeholder is not bound: it would feed that of the next program"

    def test_variables_are_arrays_of_their_own(self, notebook):
        notebook.run(cell("parameter w = [1, 2]\ny = w * 2"))
        notebook["w"][:] = 9
        assert notebook["net"].run()["y"].tolist() == [2, 4]

    def test_what_the_user_has_named_stays(self, notebook):
        notebook["loss"] = "mine"
        ran = notebook.run(cell("parameter k = 1\nloss = k * 2\nmax = k + 1"))
        assert notebook["loss"] == "mine"
        assert "max" not in notebook
        assert "`loss`, `max` are something else in Python and stay" in ran.text

    def test_names_that_cells_have_bound_are_bound_again(self, notebook):
        for factor in (2, 3):
            ran = notebook.run(cell(f"parameter k = 1\nloss = k * {factor}"))
            assert notebook["loss"] == factor
            assert "else" not in ran.text
        notebook["loss"] = "mine now"
        notebook.run(cell("parameter k = 1\nloss = k * 4"))
        assert notebook["loss"] == "mine now"

    def test_names_that_are_asked_for_are_bound_and_no_others(self, notebook):
        notebook["loss"] = "mine"
        text = "placeholder x = [[1, 2]]\nh = x |> Dense(3)\nloss = sum(h)"
        ran = notebook.run(cell(text, "-o loss -o w=h.Dense.w"))
        assert notebook["loss"].shape == ()
        assert notebook["w"].shape == (2, 3)
        assert "h" not in notebook
        assert "`loss` had another value in Python before" in ran.text

    @pytest.mark.parametrize("output", ["nope", "h.Dense.w", "1=h", "class=h"])
    def test_names_that_cannot_be_bound(self, notebook, output):
        ran = notebook.run(cell("placeholder x = [[1, 2]]\nh = x |> Dense(3)", f"-o {output}"))
        assert not ran.passed
        assert "error[" in ran.text

    def test_nothing_is_shared_where_it_is_not_wanted(self, notebook):
        notebook["x"] = 1
        ran = notebook.run(cell("placeholder x\nplaceholder y = 2\nz = y + 1\nu = x", "--no-names"))
        assert "`u` waits for `x`" in ran.text
        assert "z" not in notebook
        notebook.run("%nn v = z + 1")
        assert "v" not in notebook

    def test_a_variable_that_the_program_takes_the_name_of_is_told(self, notebook):
        notebook["net"] = "mine"
        assert "`net` had another value in Python before" in notebook.run(cell("y = 1")).text
        assert "before" not in notebook.run(cell("y = 1")).text


@given(st.lists(st.tuples(st.booleans(), st.sampled_from(["k", "loss", "sum"]), st.integers(-9, 9))))
def test_no_order_of_cells_and_assignments_loses_what_the_user_named(steps):
    variables: dict[str, object] = {}
    names = Names(SimpleNamespace(user_ns=variables))
    owned = {"sum"}
    for is_user, name, value in steps:
        before = variables.get(name)
        if is_user:
            variables[name] = object()
            owned.add(name)
        else:
            names.bind({name: np.int64(value)})
            assert (variables.get(name) is before) if name in owned else variables[name] == value
