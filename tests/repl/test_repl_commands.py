"""Every command: help, an example that does something, completion; and what the commands refuse."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from sessions import NEURON, Tell, type_into

from dsl.app.output import print_json
from dsl.app.repl.attempt import attempt
from dsl.app.repl.command import COMMANDS
from dsl.app.repl.completion import Completer
from dsl.app.repl.session import Session
from dsl.source.text import Source, Span

NAMES = list(COMMANDS)
ASKED_FOR = {
    "load", "save", "reload", "undo", "names", "show", "set", "feed", "forward", "backward", "step", "train", "grad", "explain",
    "why", "graph", "plan", "time", "check", "ops", "doc", "engine", "seed", "quit", "help",
}  # fmt: skip


@pytest.fixture
def neuron(folder: Path, session: Session) -> Session:
    """A session with the neuron, which it has from a file, and something to take back."""
    (folder / "programs").mkdir()
    for path in (folder / "neuron.nn", folder / "programs" / "neuron.nn"):
        path.write_text(NEURON)
    session.open(Path("neuron.nn"))
    session.quiet = True
    type_into(session, "extra = k + 1")
    return session


def test_the_commands_are_those_that_were_asked_for():
    assert set(NAMES) == ASKED_FOR


@pytest.mark.parametrize("name", NAMES)
class TestEveryCommand:
    def test_has_help(self, name):
        command = COMMANDS[name]
        assert command.usage.split(" ")[0] == f":{name}"
        assert command.doc
        assert len(command.summary) <= 100
        assert "\n" not in command.summary
        assert command.doc.split("\n")[0].endswith(".")

    def test_help_tells_it(self, name, say: Tell):
        said = say(f":help {name}")
        command = COMMANDS[name]
        assert command.usage in said
        assert command.doc in said
        assert command.example in said

    def test_the_example_does_what_it_says(self, name, neuron, say: Tell):
        command = COMMANDS[name]
        assert command.example.startswith(f":{name}")
        said = say(command.example)
        assert "error[" not in said
        assert bool(said) == (name != "quit")

    def test_the_example_has_facts(self, name, neuron, capsys):
        entry = COMMANDS[name].example
        tried = attempt(neuron, Span(Source(entry), 0, len(entry)), quiet=True)
        assert not tried.wrong
        assert isinstance(tried.facts, dict)
        assert bool(tried.facts) == (name != "quit")
        print_json(tried.facts)
        json.loads(capsys.readouterr().out)

    def test_its_name_is_completed(self, name, session):
        for begun in range(1, len(name) + 1):
            found = Completer(session).complete(f":{name[:begun]}")
            assert name in [candidate.text for candidate in found.candidates]
            assert found.start == 1

    def test_what_it_takes_is_completed(self, name, neuron):
        command = COMMANDS[name]
        found = Completer(neuron).complete(f":{name} ")
        assert bool(found.candidates) == bool(command.takes or command.options)
        assert set(command.options) <= {candidate.text for candidate in found.candidates}

    def test_what_is_too_much_is_refused(self, name, neuron, say: Tell):
        if not any(kind in COMMANDS[name].takes for kind in ("placeholder", "settable", "train key", "expression")):
            said = say(f":{name} nonsense=3")
            assert re.search(r"the command has no option `nonsense`", said)
        if COMMANDS[name].most < 5:
            assert "more than the command takes" in say(f":{name} {' '.join('abcdef')}")

    def test_a_shorter_name_does_as_well(self, name):
        begun = [other for other in NAMES if other.startswith(name[:-1])]
        assert len(begun) > 1 or begun == [name]


class TestMistakes:
    @pytest.mark.parametrize(
        ("entry", "message", "hint"),
        [
            (":trian", "there is no command `:trian`", "did you mean `:train`?"),
            (":forward sigmiod", "there is no value `sigmiod`", "did you mean `sigmoid`?"),
            (":grad los", "there is no value `los`", "did you mean `loss`?"),
            (":explain los", "there is no value or layer `los`", "did you mean `loss`?"),
            (":why los", "there is no value or layer `los`", "did you mean `loss`?"),
            (":show los", "there is nothing named `los`", "did you mean `loss`?"),
            (":set kk=3", "there is nothing to set named `kk`", "did you mean `k`?"),
            (":set x=3", "`x` is a placeholder", "feed it: `:feed x=…`"),
            (":set loss=3", "`loss` is computed", "give it another formula: `loss = …`"),
            (":set k=[1, 2]", "`k` is f64, and this value has shape [2]", ""),
            (':set k="a"', "the parameter `k` is a number or an array of numbers", ""),
            (":set k", "this is more than the command takes", "usage: :set NAME=VALUE …"),
            (":set k=", "a value is missing here", ""),
            (":set k=q", "`q` is not defined", ""),
            (":set train.epoch=3", "a `train` block has no key `epoch`", "did you mean `epochs`?"),
            (":feed xx=3", "there is no placeholder `xx` to feed", "did you mean `x`?"),
            (":feed x=[1]", "`x` is declared as a single number and was given an array of shape [1]", ""),
            (":feed x=@nothing.npy", "there is no file `nothing.npy`", ""),
            (":feed digits", "there is no data set `digits`", "the program has no `data` block"),
            (":train steps=-1", "`steps` must be an integer of at least 0", ""),
            (":train tarin", "there is no `train` block named `tarin`", "did you mean `train`?"),
            (":train steps=)", "this `)` closes nothing", ""),
            (":step run=tarin", "there is no `train` block named `tarin`", "did you mean `train`?"),
            (":engine numbra", "there is no engine `numbra`", "did you mean `numba`?"),
            (":explain k lang=xx", "there are no words in the language `xx`", ""),
            (":explain depth=x", "a whole number of at least 0 is needed here", ""),
            (":graph net.sgv", "no diagram of the kind `.sgv` can be drawn", "did you mean `.svg`?"),
            (":graph a.svg b.svg", "there can be one file", ""),
            (":plan cde", "there is no stage `cde`", "plan, passes or code"),
            (":time k +", "expected a value", ""),
            (":time kk", "`kk` is not defined", ""),
            (":load nothing.nn", "cannot read `nothing.nn`", ""),
            (":load nothing.safetensors", "there is no file `nothing.safetensors`", ""),
            (":save nowhere/net.nn", "there is no folder `nowhere`", "make it first"),
            (":save net.nn parameters=nowhere/a", "there is no folder `nowhere`", "make it first"),
            (":ops sigmiod", "there is no operation `sigmiod`", "did you mean `sigmoid`?"),
            (":doc sigmiod", "nothing is known of `sigmiod`", "did you mean `sigmoid`?"),
            (":names qqq", "no name looks like `qqq`", ""),
            (":undo x", "a whole number of at least 1 is needed here", ""),
        ],
    )  # fmt: skip
    def test_are_told_with_what_was_probably_meant(self, neuron, say: Tell, entry, message, hint):
        before = neuron.state
        said = say(entry)
        assert neuron.state is before
        assert message in said
        assert f"= hint: {hint}" in said or not hint
        assert "--> <repl>:1:" in said or "cannot read" in said or "folder" in said

    def test_options_of_the_command_line_are_told_as_commands(self, say: Tell):
        say("placeholder x: [2]\ny = sum(x)")
        assert "`:feed x=…`" in say("y")
        assert "--feed" not in say(":forward")

    def test_a_program_without_a_loss_says_so(self, say: Tell):
        say("x = [1, 2]; y = [3, 4]")
        assert "= hint: name it: `:grad NAME`" in say(":backward")
        assert "the program has no `train` block" in say(":train")


class TestGiven:
    def test_a_constant_is_set_in_the_text(self, session, say: Tell):
        say("constant n = 2 # so many\nx = ones([3]) * n")
        assert "computed anew: x" in say(":set n=5")
        assert session.state.text.startswith("constant n = 5 # so many\n")

    def test_a_bare_word_is_a_string_where_one_is_needed(self, session, say: Tell):
        say('constant activation = "tanh"')
        assert say(":set activation=relu") == 'constant activation = "relu"\n'

    def test_a_dimension_is_set(self, session, say: Tell):
        say("dim batch\nplaceholder x: [batch] = 1\ny = sum(x)")
        say(":set batch=4")
        assert "y = sum(x) = 4 " in say("y")

    def test_a_key_is_changed_or_added(self, neuron, say: Tell):
        say(":set train.optimizer=adam(lr=0.5)")
        say(":set train.seed=3")
        say(":set train.epochs=7")
        block = neuron.state.text[neuron.state.text.index("train {") :]
        wanted = [
            "train {",
            "minimize = loss",
            "optimizer = adam(lr=0.5)",
            "seed = 3",
            "epochs = 7",
            "}",
            "extra = k + 1",
        ]
        assert [line.strip() for line in block.split("\n") if line.strip()] == wanted

    def test_a_key_of_a_block_on_one_line(self, session, say: Tell):
        say("parameter k = 1; loss = k * k; train { minimize = loss; steps = 3 }")
        say(":set train.epochs=5")
        say(":set train.seed=2")
        assert "train { minimize = loss; epochs = 5; seed = 2 }" in session.state.text

    def test_a_mistake_in_a_value_is_shown_where_it_was_typed(self, neuron, say: Tell):
        said = say(":set train.optimizer = sgd(lr=q)")
        assert "--> <repl>:1:31" in said
        assert "1 | :set train.optimizer = sgd(lr=q)" in said

    def test_a_parameter_from_a_file(self, neuron, say: Tell):
        say("parameter w: [2] = 0")
        np.save("w.npy", np.array([0.25, 0.5]))
        assert say(":set w=@w.npy") == "w = [0.25, 0.5]\n"
        assert neuron.state.text.count("0.25") == 0

    def test_several_at_once(self, neuron, say: Tell):
        assert say(":set k = 2 * 3  b = 1") == "k = 6\nb = 1\n"
        assert say(":undo") == "took back: :set k = 2 * 3 b = 1\n"
        assert neuron.program.parameters["k"] == 0.35915077292816744

    def test_all_of_them_or_none(self, neuron, say: Tell):
        before = neuron.state
        say(":set train.steps=3 k=2 q=1")
        assert neuron.state is before
        assert "steps = 20" in say(":show train")
        assert say(":undo") == "took back: extra = k + 1\n"

    def test_feeds_from_a_file_and_away_again(self, neuron, say: Tell):
        say("placeholder v: [2]")
        np.save("v.npy", np.array([1.0, 2.0]))
        assert say(":feed v=@v.npy y=1") == "v = [1, 2]\ny = 1\n"
        assert say(":feed y=none") == "v = [1, 2]\n"
        assert "nothing is fed" in say(":feed none")

    def test_a_data_set_feeds_what_it_has(self, say: Tell):
        say("dim n; placeholder x: [n]; placeholder c = 1; y = sum(x) * c")
        say('data d {\n s = arrays(x=[1, 2, 3])\n x = s["x"]\n}')
        say(":feed x=[5]")
        assert say(":feed d") == "from d.all, 3 rows: x\n"
        assert "= 6 " in say("y")
        assert say(":feed c=2") == "c = 2\nfrom d.all, 3 rows: x\n"
        assert "= 12 " in say("y")

    def test_a_seed_draws_anew(self, session, say: Tell):
        say("placeholder x: [3] = 1; y = x |> Dense(2)")
        first = session.program.parameters["y.Dense.w"]
        say(":seed 5")
        other = session.program.parameters["y.Dense.w"]
        assert not np.array_equal(first, other)
        say(":undo")
        assert np.array_equal(session.program.parameters["y.Dense.w"], first)

    def test_an_engine_runs_what_follows(self, neuron, say: Tell):
        say(":engine scalar")
        assert neuron.program.engine == "scalar"
        say("z = [1, 2]")
        assert "error[engine]" in say("dtype f32") or "error[engine]" in say(":forward")


class TestText:
    def test_reload_keeps_what_fits(self, neuron, say: Tell):
        say(":set k=5")
        say(":feed x=2")
        Path("neuron.nn").write_text(NEURON.replace("loss = mse(y, sigmoid)", "loss = mae(y, sigmoid)"))
        say(":reload")
        assert neuron.program.parameters["k"] == 5
        assert neuron.state.feeds == {"x": 2}
        assert "abs(sigmoid − y)" in say("loss")
        assert "extra" not in neuron.state.text
        say(":undo")
        assert "extra" in neuron.state.text

    def test_load_begins_anew_and_can_be_undone(self, neuron, say: Tell):
        say(":set k=5")
        Path("other.nn").write_text("x = 1\n")
        say(":load other.nn")
        assert not neuron.state.values
        assert neuron.state.name == "other.nn"
        say(":undo")
        assert neuron.program.parameters["k"] == 5
        assert neuron.state.name == "neuron.nn"

    def test_parameters_of_another_program_are_refused(self, neuron, say: Tell):
        say(":save a.nn parameters=a.safetensors")
        say("parameter z = 1")
        assert "has no parameter `z`" in say(":load a.safetensors")

    def test_data_are_no_program(self, neuron, say: Tell):
        Path("d.csv").write_text("a,b\n1,2\n")
        assert "`:feed x=@d.csv`" in say(":load d.csv")

    def test_the_library_and_imports_are_shown(self, folder, say: Tell):
        Path("blocks.nn").write_text("## Twice.\ndef double(x) {\n    return 2 * x\n}\n")
        assert say('import "blocks.nn"').startswith("function double(x) from ")
        assert "2 | def double(x) {" in say(":show double")
        assert "layer Dense(units, bias=true)" in say(":show Dense")
        assert "Twice." in say(":doc double")
        assert "Twice." in say("double")

    def test_layers_show_their_line(self, session, say: Tell):
        say("placeholder x: [3] = 1; y = x |> Dense(2)")
        assert say(":show y.Dense.w") == "2 | y = x |> Dense(2)\n"

    def test_names_by_a_pattern(self, neuron, say: Tell):
        assert [line.split()[0] for line in say(":names s*").splitlines()[2:]] == ["sigmoid"]
        assert [line.split()[0] for line in say(":names lo sig").splitlines()[2:]] == ["sigmoid", "loss"]


class TestRunning:
    def test_forward_of_what_can_be_computed(self, say: Tell):
        say("dim n; placeholder x: [n, 2]; y = sum(x); z = [1, 2]")
        say('data d {\n s = arrays(x=[[1, 2]])\n x = s["x"]\n}')
        assert [line.split()[0] for line in say(":forward").splitlines()[2:]] == ["z"]
        say(":feed d")
        assert [line.split()[0] for line in say(":forward").splitlines()[2:]] == ["y", "z"]
        assert [line.split()[0] for line in say(":forward x").splitlines()[2:]] == ["x"]

    def test_gradients_with_respect_to_anything(self, neuron, say: Tell):
        assert "0.02224721841122111" in say(":grad loss wrt x")
        assert say(":grad loss k") == say(":grad loss wrt k")

    def test_training_with_other_keys_for_once(self, neuron, say: Tell):
        text = neuron.state.text
        assert "train: 3 epochs, 3 steps" in say(":train steps=3 optimizer=adam(lr=0.1)")
        assert neuron.state.text == text

    def test_a_training_that_fails_leaves_all_as_it_was(self, session, say: Tell):
        session.quiet = True
        say(
            "dtype f64; parameter k = 1; loss = k * k * k; train { minimize = loss; steps = 3; optimizer = sgd(lr=1e200) }"
        )
        before = session.state
        assert "error[nonfinite]" in say(':train watch=["*"]')
        assert session.state is before
        assert session.program.parameters["k"] == 1

    def test_expectations_are_checked_after_a_training(self, neuron, say: Tell):
        assert "fails" in say("expect loss < 1e-9")
        assert "holds" in say(":train steps=3000")

    def test_a_training_is_kept_where_expectations_cannot_be_checked(self, say: Tell, session):
        session.quiet = True
        say("dim n; placeholder x: [n]; parameter k = 1; loss = k * k; train { minimize = loss; steps = 2 }")
        assert "not checked yet" in say("expect sum(x) > 0")
        said = say(":train")
        assert "train: 2 epochs" in said
        assert "`x` has no value" in said
        assert session.state.values

    def test_check_looks_at_the_parameters_as_they_are(self, neuron, say: Tell):
        one = say(":check")
        say(":set k=2")
        other = say(":check")
        assert one != other
        assert other.count("agrees") == 4

    def test_the_time_of_an_expression(self, neuron, say: Tell):
        assert re.fullmatch(
            r"sigmoid\(k \* x\): \S+ (ms|µs|ns), the median of [\d,]+ runs\n", say(":time sigmoid(k * x)")
        )

    def test_drawings_are_written(self, neuron, say: Tell):
        assert re.fullmatch(r"net.dot: \d+ boxes, \d+ edges\n", say(":graph net.dot values"))
        assert "digraph" in Path("net.dot").read_text()

    def test_the_reference_engine_has_no_plan(self, neuron, say: Tell):
        say(":engine reference")
        assert "engine      scalar" in say(":plan")
