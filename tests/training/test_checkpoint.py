"""Parameters on disk: saved and loaded to the last bit, and every way in which a file may not fit."""

from __future__ import annotations

import contextlib
import os

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from safetensors.numpy import save_file

import dsl
from dsl.source.diagnostic import ProgramError
from dsl.training.checkpoint import load, save

PROGRAM = "parameter k = 1.0\nparameter w: [2, 3] ~ normal()\ny = sum(w) * k\n"


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.safetensors"


@pytest.fixture
def program():
    return dsl.loads(PROGRAM)


class TestRoundTrip:
    @settings(max_examples=60, deadline=None)
    @given(
        st.dictionaries(
            st.from_regex(r"[a-z][a-z_0-9]{0,8}(\.[A-Z][a-z]{1,5}(_[0-9])?)?", fullmatch=True),
            arrays.arrays(
                st.sampled_from([np.float16, np.float32, np.float64]),
                arrays.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4),
            ),
            max_size=5,
        )
    )
    def test_every_array_comes_back_to_the_last_bit(self, tmp_path_factory, parameters):
        path = tmp_path_factory.mktemp("checkpoint") / "model.safetensors"
        save(path, parameters)
        found = load(path).parameters
        assert found.keys() == parameters.keys()
        for name, value in parameters.items():
            assert (found[name].dtype, found[name].shape) == (value.dtype, value.shape)
            assert found[name].tobytes() == value.tobytes()

    def test_statistics_keep_numbers_and_text(self, path):
        statistics = {
            "d/x.standardize.center": np.array([1.5, -2]),
            "d/y.encode.labels": np.array(["Bern", "Genève", "Zürich", "東京"]),
            "d/z.fill_missing.value": np.array("unknown"),
        }
        save(path, {"k": np.array(1.0)}, statistics)
        found = load(path)
        assert list(found.parameters) == ["k"]
        for name, value in statistics.items():
            assert (found.statistics[name] == value).all()
            assert found.statistics[name].dtype == value.dtype

    def test_arrays_that_do_not_lie_in_a_row(self, path):
        value = np.arange(12.0).reshape(3, 4).T[::2]
        save(path, {"w": value})
        assert (load(path).parameters["w"] == value).all()

    def test_the_same_parameters_make_the_same_file(self, tmp_path, program):
        for name in ("a", "b"):
            program.save(tmp_path / name)
        assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()

    def test_a_program_computes_the_same_with_them(self, path, program):
        program.parameters = {"k": 3, "w": np.arange(6.0).reshape(2, 3)}
        program.save(path)
        other = dsl.loads(PROGRAM)
        other.restore(path)
        assert other.run() == program.run()

    def test_other_precision_is_converted(self, path, program):
        save_file({"k": np.array(2.0), "w": np.ones((2, 3))}, path)
        program.restore(path)
        assert {value.dtype for value in program.parameters.values()} == {np.dtype(np.float32)}


class TestWriting:
    def test_a_file_is_replaced_whole(self, path, program):
        path.write_bytes(b"what was there before")
        program.save(path)
        assert load(path).parameters.keys() == {"k", "w"}
        assert [file.name for file in path.parent.iterdir()] == [path.name]

    def test_a_folder_that_is_not_there(self, tmp_path, program):
        with pytest.raises(ProgramError, match="make the folder"):
            program.save(tmp_path / "no" / "model.safetensors")

    @pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="everything can be written as root")
    def test_a_folder_that_cannot_be_written(self, tmp_path, program):
        tmp_path.chmod(0o500)
        try:
            with pytest.raises(ProgramError, match="cannot be written"):
                program.save(tmp_path / "model.safetensors")
        finally:
            tmp_path.chmod(0o700)


class TestDamage:
    @pytest.mark.parametrize("kept", [0, 4, 8, 20, -1])
    def test_a_file_that_was_cut(self, path, program, kept):
        program.save(path)
        path.write_bytes(path.read_bytes()[:kept])
        with pytest.raises(ProgramError, match="is no safetensors file, or is damaged"):
            load(path)

    @pytest.mark.parametrize(
        "content", [b"\xff" * 8 + b"{}", b"\x02" + b"\0" * 7 + b"{]", b"PK\x03\x04 a zip", b"k,b\n1,2\n"]
    )
    def test_a_file_of_another_kind(self, path, content):
        path.write_bytes(content)
        with pytest.raises(ProgramError, match="is no safetensors file, or is damaged"):
            load(path)

    @settings(max_examples=60, deadline=None)
    @given(st.integers(0, 10_000), st.integers(0, 255))
    def test_a_byte_that_was_changed_is_an_error_or_another_number(self, tmp_path_factory, place, byte):
        path = tmp_path_factory.mktemp("damaged") / "model.safetensors"
        dsl.loads(PROGRAM).save(path)
        content = bytearray(path.read_bytes())
        content[place % len(content)] = byte
        path.write_bytes(content)
        # Any other exception than this one fails the test.
        with contextlib.suppress(ProgramError):
            dsl.loads(PROGRAM).restore(path)

    def test_a_file_that_is_not_there(self, path, program):
        program.save(path)
        with pytest.raises(ProgramError, match="no such file or directory") as caught:
            load(path.with_name("modle.safetensors"))
        assert caught.value.diagnostics[0].hint == f"did you mean `{path}`?"


class TestFitting:
    @pytest.mark.parametrize(
        ("tensors", "message", "hint"),
        [
            ({"k": np.array(1.0)}, "has no parameter `w`", "`k`"),
            ({"k": np.array(1.0), "W": np.ones((2, 3))}, "has no parameter `w`", "did you mean `W`?"),
            (
                {"k": np.array(1.0), "w": np.ones((3, 2))},
                r"`w` has shape \[3, 2\] in .*, and \[2, 3\] in the program",
                "--set",
            ),
            (
                {"k": np.array([1.0]), "w": np.ones((2, 3))},
                r"`k` has shape \[1\] in .*, and \[\] in the program",
                "--set",
            ),
            (
                {"k": np.array(1.0), "w": np.ones((2, 3)), "v": np.ones(1)},
                "has a parameter `v`, and the program has none",
                "",
            ),
        ],
    )
    def test_names_and_shapes_have_to_be_the_programs(self, path, program, tensors, message, hint):
        save_file(tensors, path)
        with pytest.raises(ProgramError, match=message) as caught:
            program.restore(path)
        assert hint in caught.value.diagnostics[0].hint

    def test_a_restore_that_fails_changes_nothing(self, path, program):
        before = program.parameters
        save_file({"k": np.array(5.0)}, path)
        with pytest.raises(ProgramError):
            program.restore(path)
        assert program.parameters is before
