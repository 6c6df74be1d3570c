"""The interpreter in Python's hands: `import dsl`."""

from __future__ import annotations

from pathlib import Path

import networkx
import numpy as np
import pytest
from command_line import KINDS, LINE, NEURON, write_fruits, write_points

import dsl
from dsl.training.history import History


@pytest.fixture
def program(neuron):
    return dsl.load(neuron)


@pytest.fixture
def fitted(line):
    program = dsl.load(line)
    program.train()
    return program


class TestLoad:
    def test_by_path_or_by_its_text(self, neuron):
        assert dsl.load(neuron).outputs == dsl.load(str(neuron)).outputs == dsl.loads(NEURON).outputs == ["loss"]

    def test_constants(self):
        program = dsl.loads("constant width = 2\nx = ones([width])\n", constants={"width": 5})
        assert program.run()["x"].shape == (5,)

    def test_constants_may_be_anything_that_a_constant_may_be(self):
        assert dsl.loads("constant c = 0.0\nx = c * ones([2])\n", {"c": 2.5}).run()["x"].tolist() == [2.5, 2.5]
        assert dsl.loads("constant c = [0]\nx = c * ones([2])\n", {"c": [1, 2]}).run()["x"].tolist() == [1, 2]

    def test_a_mistake_carries_the_diagnostics_and_prints_them(self):
        with pytest.raises(dsl.ProgramError) as caught:
            dsl.loads("x = y\nz = u\n")
        assert [d.code for d in caught.value.diagnostics] == ["name", "name"]
        assert str(caught.value).startswith("error[name]: `y` is not defined\n  --> <text>:1:5\n")
        assert isinstance(caught.value.diagnostics[0], dsl.Diagnostic)

    def test_a_missing_file(self, neuron):
        with pytest.raises(dsl.ProgramError, match=r"cannot read `nuron\.nn`"):
            dsl.load("nuron.nn")

    def test_warnings_are_kept(self):
        assert [w.code for w in dsl.loads("parameter k = 1.0\nx = 1.0\n").warnings] == ["unused"]

    def test_data_lie_beside_the_program_wherever_it_is_called_from(self, tmp_path, monkeypatch):
        (tmp_path / "deep").mkdir()
        write_points(tmp_path / "deep")
        (tmp_path / "deep" / "line.nn").write_text(LINE)
        monkeypatch.chdir(tmp_path)
        assert len(dsl.load(Path("deep") / "line.nn").dataset("points.train")) == 30

    def test_what_is_not_there_is_an_attribute_error(self):
        assert not hasattr(dsl, "lod")
        assert set(dir(dsl)) == {"Diagnostic", "Program", "ProgramError", "__version__", "format_text", "load", "loads"}


class TestRun:
    def test_the_outputs_by_default(self, program):
        assert program.run() == {"loss": 0.04056126022042443}

    def test_feeds_and_fetch(self, program):
        assert program.run({"x": 0}, fetch=["linear"])["linear"] == program.parameters["b"]

    def test_a_single_name(self, program):
        assert list(program.run(fetch="linear")) == ["linear"]

    def test_values_are_arrays_of_the_declared_type(self):
        program = dsl.loads("dim n\nplaceholder x: [n]\nplaceholder i: i32[n]\na = 2 * x\nb = i + 1\nc = x > 1\n")
        values = program.run({"x": [1, 2], "i": np.array([1, 2], np.int64)})
        assert {name: value.dtype.name for name, value in values.items()} == {"a": "float32", "b": "int32", "c": "bool"}
        assert all(value.shape == (2,) for value in values.values())

    def test_values_that_a_type_cannot_hold(self):
        program = dsl.loads("placeholder i: i32[2]\nb = i + 1\n")
        with pytest.raises(dsl.ProgramError, match=r"`i` is fed 1\.5 in row 2"):
            program.run({"i": [1, 1.5]})

    def test_what_is_given_back_is_a_copy(self, program):
        program.run(fetch="k")["k"][...] = 7
        assert program.run(fetch="k")["k"] != 7

    def test_sizes_may_differ_from_call_to_call(self):
        program = dsl.loads("dim n\nplaceholder x: [n]\ns = mean(x)\n")
        assert [program.run({"x": np.ones(n)})["s"] for n in (1, 5, 3)] == [1, 1, 1]

    def test_what_cannot_be_fed(self, program):
        with pytest.raises(dsl.ProgramError, match="there is no placeholder `z` to feed"):
            program.run({"z": 1})

    def test_repeated_calls_do_not_grow_the_program(self, program):
        program.gradients("loss")
        nodes = len(program.model.graph.nodes)
        for _ in range(50):
            program.gradients("loss")
            program.run()
        assert len(program.model.graph.nodes) == nodes


class TestGraph:
    def test_a_directed_graph_in_running_order(self, program):
        graph = program.graph
        assert isinstance(graph, networkx.DiGraph)
        assert list(graph) == ["x", "y", "k", "b", "linear", "sigmoid", "loss"]
        assert networkx.is_directed_acyclic_graph(graph)
        assert set(graph.predecessors("linear")) == {"x", "k", "b"}

    def test_the_facts_of_a_node(self, program):
        facts = program.graph.nodes["linear"]
        assert facts["inputs"] == ("x", "k", "b")
        assert (facts["kind"], facts["operation"], facts["dtype"], facts["shape"], facts["line"]) == (
            *("operation", "linear", "f64"),
            (),
            6,
        )

    def test_a_node_used_twice_is_one_edge_with_both_places(self):
        graph = dsl.loads("placeholder x = 2\ny = x * x\n").graph
        assert graph.edges["x", "y"]["positions"] == (0, 1)

    def test_expectations_are_no_part_of_it(self):
        assert list(dsl.loads("x = 1.0\ny = exp(x)\nexpect y * 2 > 1\n").graph) == ["x", "y"]


class TestGradients:
    def test_of_the_loss_with_respect_to_all_parameters(self, program):
        assert program.gradients() == pytest.approx({"k": 0.18583185743835806, "b": 0.06194395247945269}, rel=1e-15)

    def test_with_respect_to_a_placeholder(self, fitted):
        found = fitted.gradients("loss", wrt=["x"], feeds={"x": [0.5, 1], "y": [2, 3]})
        assert found["x"].shape == (2,)
        assert found["x"].dtype == np.float32

    def test_on_a_data_set(self, fitted):
        assert set(fitted.gradients(on="points.test")) == {"k", "b"}

    def test_zeros_where_nothing_depends_on_it(self):
        program = dsl.loads("parameter a = [1.0, inf]\nparameter b = 2.0\ny = 3 * b\nz = sum(a)\n")
        assert program.gradients("y", wrt=["a", "b"])["a"].tolist() == [0, 0]

    def test_of_what_has_none(self, program):
        with pytest.raises(dsl.ProgramError, match="which value should be differentiated"):
            dsl.loads("a = 1.0\nb = 2.0\n").gradients()

    def test_the_same_after_training_and_again(self, fitted):
        first, second = (fitted.gradients(on="points.test") for _ in range(2))
        assert first == second


class TestTrain:
    def test_a_history_comes_back_and_the_parameters_stay(self, line):
        program = dsl.load(line)
        history = program.train(epochs=5)
        assert isinstance(history, History)
        assert [row["epoch"] for row in history.rows] == [1, 2, 3, 4, 5]
        assert history.column("loss")[-1] < history.column("loss")[0]
        assert program.parameters["k"] != 0

    def test_a_second_training_goes_on(self, line):
        program = dsl.load(line)
        first, second = program.train(epochs=5), program.train(epochs=5)
        assert second.rows[0]["loss"] < first.rows[-1]["loss"]

    def test_keys_are_overridden_by_values_and_by_text(self, line):
        program = dsl.load(line)
        history = program.train(epochs=2, optimizer="adam(lr=0.25)", batch=10, validate=[])
        assert set(history.columns) == {"epoch", "step", "loss", "rate", "seconds"}
        assert history.rows[-1] | {"loss": 0, "seconds": 0} == {
            "epoch": 2,
            "step": 6,
            "loss": 0,
            "rate": 0.25,
            "seconds": 0,
        }

    def test_steps_instead_of_epochs(self, line):
        assert dsl.load(line).train(steps=3).last["step"] == 3

    def test_a_seed_draws_other_parameters(self, folder):
        write_fruits(folder)
        losses = [dsl.loads(KINDS).train(epochs=1, seed=seed).last["loss"] for seed in (1, 2, 1)]
        assert losses[0] == losses[2] != losses[1]

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ({"epoch": 3}, "a `train` block has no key `epoch`"),
            ({"epochs": -1}, "`epochs` must be an integer of at least 0"),
            ({"optimizer": "adm()"}, "`adm` is not the name of an optimiser"),
            ({"name": "other"}, "there is no `train` block named `other`"),
        ],
    )
    def test_what_is_wrong(self, line, arguments, message):
        with pytest.raises(dsl.ProgramError, match=message):
            dsl.load(line).train(**arguments)

    def test_a_program_that_trains_nothing(self, program):
        with pytest.raises(dsl.ProgramError, match="the program has no `train` block"):
            program.train()

    def test_an_interruption_leaves_what_was_reached(self, line):
        program = dsl.load(line)

        class Interrupting:
            def begin(self, run, epochs, steps_per_epoch):
                pass

            def step(self, epoch, step, loss, rate):
                if step == 3:
                    raise KeyboardInterrupt

            def epoch(self, row):
                pass

            def end(self):
                pass

        with pytest.raises(KeyboardInterrupt):
            program.train(progress=Interrupting())
        assert program.parameters["k"] != 0

    def test_expectations(self, fitted):
        (result,) = fitted.check_all()
        assert result.passed
        assert result.value < 0.05


class TestPredict:
    def test_the_values_before_labels_are_looked_at(self, fitted):
        assert list(fitted.predict({"x": [0, 1]})) == ["estimate"]
        assert list(fitted.predict({"x": [0, 1], "y": [1, 3]})) == ["estimate"]

    def test_what_is_fetched(self, fitted):
        assert fitted.predict({"x": [0.0]}, fetch="estimate")["estimate"].shape == (1,)

    def test_new_data_are_treated_as_those_of_the_training(self, folder):
        write_fruits(folder)
        program = dsl.loads(KINDS)
        program.train()
        Path("new.csv").write_text("length,weight\n21,101\n")
        feeds = program.new_data("new.csv")
        assert list(feeds) == ["x"]
        assert program.predict(feeds)["guess"].tolist() == [0]
        assert program.labels("guess").tolist() == ["banana", "melon"]

    def test_an_autoencoder_predicts_its_input_again(self):
        program = dsl.loads(
            "dim n\nplaceholder x: [n, 2]\nh = x |> Dense(1)\nagain = h |> Dense(2)\nloss = mse(x, again)\n"
            "data d {\n source = arrays(x=[[1.0, 2.0], [3.0, 4.0]])\n x = source\n}\n"
            "train {\n minimize = loss\n data = d\n epochs = 1\n}\n"
        )
        program.train()
        assert list(program.predict({"x": [[1, 2]]})) == ["again"]

    def test_without_a_training_the_last_values(self, program):
        assert list(program.predict({})) == ["loss"]

    def test_what_is_missing_is_named(self, fitted):
        with pytest.raises(dsl.ProgramError, match="nothing can be predicted without `x`"):
            fitted.predict({})


class TestParameters:
    def test_are_drawn_once(self, folder):
        write_fruits(folder)
        program = dsl.loads(KINDS)
        assert all((program.parameters[name] == value).all() for name, value in program.parameters.items())
        assert (dsl.loads(KINDS).parameters["logits.Dense.w"] == program.parameters["logits.Dense.w"]).all()

    def test_can_be_given(self, program):
        program.parameters = {"k": 1, "b": 0}
        assert program.run(fetch="linear")["linear"] == 3
        assert program.parameters["k"].dtype == np.float64

    @pytest.mark.parametrize(
        ("values", "message"),
        [
            ({"k": 1}, "the dictionary has no parameter `b`"),
            ({"k": 1, "b": [1, 2]}, r"`b` has shape \[2\] in the dictionary"),
            ({"k": 1, "b": 1, "c": 1}, "the dictionary has a parameter `c`, and the program has none of that name"),
            ({"k": 1, "b": "one"}, "`b` is <U3 in the dictionary, and not numbers"),
        ],
    )
    def test_have_to_fit(self, program, values, message):
        with pytest.raises(dsl.ProgramError, match=message):
            program.parameters = values

    def test_are_saved_and_restored(self, fitted, line):
        fitted.save("line.safetensors")
        other = dsl.load(line)
        other.restore(Path("line.safetensors"))
        assert other.parameters == fitted.parameters


class TestRepresentation:
    def test_a_program(self, program, fitted):
        assert repr(program) == "<Program neuron.nn: 2 placeholders, 2 parameters; computes loss>"
        assert "1 training run; computes loss, error" in repr(fitted)
        assert repr(dsl.loads("")) == "<Program <text>: 0 placeholders, 0 parameters>"

    def test_a_history(self, line):
        assert repr(dsl.load(line).train(epochs=2)).startswith("<History of train: 2 rows of epoch, step, loss")

    def test_a_data_set(self, line):
        assert repr(dsl.load(line).dataset("points.test")) == "Dataset('points.test', x: [10], y: [10])"


def test_an_engine_that_is_not_there_is_told_with_the_near_ones():
    program = dsl.loads("placeholder x = 1; parameter k = 2; loss = square(k * x)")
    for call in (lambda: program.function("loss", "nunpy")({}), lambda: program.gradient_function(engine="nunpy")({})):
        with pytest.raises(dsl.ProgramError, match="there is no engine `nunpy`") as caught:
            call()
        assert "did you mean `numpy`?" in str(caught.value)


@pytest.mark.parametrize("engine", ["numpy", "scalar", "numba", "reference"])
@pytest.mark.parametrize("rows", [1, 3])
def test_a_function_of_one_row_and_of_several_is_the_run(engine: str, rows: int) -> None:
    program = dsl.loads(
        "dtype f64\ndim rows\nplaceholder x: [rows, 5]\nparameter b: [4] ~ normal(0, 1)\nparameter w: [5, 4] ~ normal(0, 1)\n"
        "parameter v: [4, 4] ~ normal(0, 1)\nh = tanh(linear(x, w, b))\ny = h @ v\nz = h @ v + sum(v, axis=0)"
    )
    x = np.random.default_rng(0).normal(size=(rows, 5))
    found = program.function(["y", "z"], engine)({"x": x})
    p = program.parameters
    h = np.tanh(x @ p["w"] + p["b"])
    np.testing.assert_allclose(found["y"], h @ p["v"], rtol=1e-12)
    np.testing.assert_allclose(found["z"], h @ p["v"] + p["v"].sum(axis=0), rtol=1e-12)
