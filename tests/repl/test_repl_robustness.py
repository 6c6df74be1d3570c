"""Whatever is typed: no internal error, no session that is half changed, no text that drives the terminal."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sessions import NEURON, Tell, type_into

from dsl.app.repl.command import COMMANDS
from dsl.app.repl.completion import Completer
from dsl.app.repl.session import Session

_WORDS = st.sampled_from(
    [
        "x", "k", "loss", "los", "d", "d.all", "train", "relu", "Dense", "adam", "wrt", "values", "plan", "none", "3",
        "-1", "0", "1.5", "(", "]", '"a', '"', "@x.npy", "x=3", "y=[1]", "k=2", "loss=3", "steps=2",
        "optimizer=sgd(lr=0.1)", "of=q", "depth=1", "lang=zh", "--parameters", "a.nn", "b.txt", "train.epochs=3", "*",
        "é", "\x1b[31m", "=", "|>", "[1,2]",
    ]
)  # fmt: skip
_COMMANDS = st.builds(
    ":{} {}".format,
    st.sampled_from([name for name in COMMANDS if name != "quit"]),
    st.lists(_WORDS, max_size=3).map(" ".join),
)
_STATEMENTS = st.sampled_from(
    [
        "k = 3", "parameter k = 2", "x = 4", "loss = k", "def f(v) { return v }", "z = f(k)", "dtype f32",
        "a, b = split([1, 2], 2)", "train { minimize = loss; steps = 2 }", "if true { q = 1 }",
        "repeat i in 0..3 with h = k { h = h + 1 }", "show k", "k +", "expect k > 0", "x |> Dense(2)", "# only",
        "placeholder x", "placeholder x: [2]", 'data d { s = arrays(x=[1]); x = s["x"] }', 'import "a.nn"',
        "zeros([100000, 1000000])", "[1, [2]]", "x[0]", "d.all", "f", "\x1b[31m", "\x00", ") ) }", "'", 'x = "',
    ]
)  # fmt: skip


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(beginning=st.sampled_from(["", NEURON]), entries=st.lists(st.one_of(_COMMANDS, _STATEMENTS), max_size=6))
def test_no_entry_breaks_a_session(folder, capsys, beginning: str, entries: list[str]) -> None:
    session = Session()
    session.quiet = True
    type_into(session, beginning)
    for entry in entries:
        before = session.state
        tried = type_into(session, entry)
        assert not tried.wrong or session.state is before
    said = capsys.readouterr()
    assert "internal error" not in said.err
    assert "\x1b" not in said.out.replace("\x1b[0m", "")
    assert "\x1b" not in said.err


@settings(max_examples=150, deadline=None)
@given(
    st.text(alphabet='ax1 .,=:~|>(){}[]"#\n@-', max_size=25),
    st.sampled_from(["", "train {", "x = sum(", ":feed ", ":set x="]),
)
def test_something_or_nothing_is_completed_anywhere(text: str, before: str) -> None:
    found = Completer(Session()).complete(before + text)
    assert 0 <= found.start <= len(before + text)


class TestLarge:
    def test_deep_expressions(self, say: Tell):
        deep = "(" * 3_000 + "x" + ")" * 3_000
        say("x = 2")
        assert say(deep) == "2   [f32]\n"
        assert say(f"y = {'x + ' * 3_000}x").startswith("y: f32 = x + x")
        assert say("y").endswith("= 6002\n")
        assert "computed anew: y" in say("x = 3")

    def test_values_too_large_for_the_memory(self, say: Tell):
        say("dim n; placeholder x: [n] = [1, 2]; big = broadcast_to(sum(x), [n, 100_000, 100_000, 100_000])")
        assert "error[memory]" in say("big")
        assert "= 3 " in say("sum(x)")

    def test_long_lines_are_shortened(self, say: Tell):
        said = say(f"constant c = [{', '.join(map(str, range(500)))}]")
        assert len(said) < 200


class TestStreams:
    def run(self, given: bytes | None, **options: object) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [sys.executable, "-m", "dsl.app.main", "repl"], input=given, capture_output=True, timeout=60, check=False, **options
        )  # fmt: skip

    def test_bytes_that_are_no_text(self):
        done = self.run(b"x = 1\n\xff\xfe\n")
        assert done.returncode == 1
        assert b"<stdin>:2:1" in done.stderr
        assert b"internal error" not in done.stderr

    @pytest.mark.skipif(os.name == "nt", reason="closes a descriptor as POSIX does")
    def test_standard_input_that_is_closed(self):
        done = self.run(None, preexec_fn=lambda: os.close(0))
        assert done.returncode == 0
        assert done.stdout == done.stderr == b""

    @pytest.mark.skipif(os.name == "nt", reason="pipes break otherwise there")
    def test_a_reader_that_has_gone(self, folder):
        Path("script").write_text("1\n" * 3_000)
        command = f"{sys.executable} -m dsl.app.main repl < script | head -1"
        done = subprocess.run(["sh", "-c", command], capture_output=True, timeout=60, check=True)
        assert done.stdout == b"1   [f32]\n"
        assert done.stderr == b""
