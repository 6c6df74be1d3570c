"""The history of a run: its rows, its table, and its pictures."""

import csv
import json
import math
import sys

import numpy as np
import pytest

from dsl.source.diagnostic import ProgramError
from dsl.source.writing import written_whole
from dsl.training.history import History
from dsl.training.plot import save_plot, svg_plot, terminal_plot


def of_losses(losses, **columns):
    rows = [{"epoch": epoch, "loss": loss} for epoch, loss in enumerate(losses, 1)]
    for name, values in columns.items():
        for row, value in zip(rows, values, strict=True):
            row[name] = value
    return History(rows)


class TestRows:
    def test_values_become_plain_python_numbers(self):
        history = History([{"epoch": np.int64(1), "loss": np.float32(0.5), "accuracy": np.array(0.25), "on": True}])
        assert history.rows == [{"epoch": 1, "loss": 0.5, "accuracy": 0.25, "on": True}]
        assert {type(value) for value in history.rows[0].values()} == {int, float, bool}

    def test_columns_come_in_the_order_of_their_first_appearance(self):
        history = History([{"epoch": 1, "loss": 2.0}, {"epoch": 2, "test.loss": 1.0, "loss": 1.5}])
        assert history.columns == ["epoch", "loss", "test.loss"]
        assert history.column("loss") == [2.0, 1.5]
        assert math.isnan(history.column("test.loss")[0])
        with pytest.raises(KeyError):
            history.column("accuracy")

    def test_the_last_row(self):
        assert History().last == {}
        assert of_losses([3, 2]).last == {"epoch": 2, "loss": 2}
        assert len(of_losses([3, 2])) == 2

    def test_rows_go_through_json_and_back(self):
        history = of_losses([1.5, math.nan, math.inf])
        text = json.dumps(history.as_json(), allow_nan=False)
        back = History.from_json(json.loads(text), "again")
        assert back.column("epoch") == [1, 2, 3]
        np.testing.assert_array_equal(back.column("loss"), [1.5, math.nan, math.nan])

    def test_its_repr_tells_what_it_holds(self):
        assert repr(History(name="digits")) == "<History of digits: 0 rows of nothing>"
        assert repr(of_losses([1])) == "<History: 1 rows of epoch, loss>"


class TestInANotebook:
    def test_curves_and_a_table(self):
        shown = of_losses([3, 2, 1], accuracy=[0, 0.5, math.nan])._repr_html_()
        assert "data:image/svg+xml;base64," in shown
        assert shown.count("<tr>") == 4
        assert ">0.5<" in shown
        assert ">nan<" in shown

    def test_equal_histories_are_drawn_equally(self):
        assert svg_plot(of_losses([3, 2, 1])) == svg_plot(of_losses([3, 2, 1]))

    def test_a_long_one_shows_its_ends(self):
        shown = of_losses(range(100, 0, -1))._repr_html_()
        assert shown.count("<tr>") == 12
        assert "100 rows" in shown
        assert ">96<" in shown
        assert ">50<" not in shown

    def test_one_without_rows(self):
        assert "0 rows" in History()._repr_html_()

    def test_names_are_no_markup(self):
        history = History([{"<b>": 1.0, "loss": 2.0}], name="<script>")
        shown = history._repr_html_()
        assert "<script>" not in shown
        assert "<b>" not in shown
        assert "&lt;script&gt;" in shown

    def test_without_matplotlib_the_table_says_how_to_get_curves(self, monkeypatch):
        monkeypatch.setitem(sys.modules, "matplotlib", None)
        shown = of_losses([3, 2, 1])._repr_html_()
        assert "<img" not in shown
        assert "nn-lang[plot]" in shown
        assert shown.count("<tr>") == 4


class TestTable:
    def test_numbers_are_read_back_as_they_were(self, tmp_path):
        losses = [0.1 + 0.2, 1e-320, 1 / 3, -0.0, math.inf, math.nan]
        of_losses(losses).to_csv(tmp_path / "h.csv")
        with (tmp_path / "h.csv").open(newline="") as file:
            rows = list(csv.DictReader(file))
        np.testing.assert_array_equal([float(row["loss"]) for row in rows], losses)
        assert [row["epoch"] for row in rows] == ["1", "2", "3", "4", "5", "6"]

    def test_the_whole_file(self, tmp_path):
        history = History([{"epoch": 1, "loss": 2.5}, {"epoch": 2, "loss": 1.0, "digits.test.accuracy": 0.5}])
        history.to_csv(str(tmp_path / "h.csv"))
        assert (tmp_path / "h.csv").read_bytes() == b"epoch,loss,digits.test.accuracy\n1,2.5,\n2,1.0,0.5\n"

    def test_an_existing_file_is_replaced_and_nothing_is_left_beside_it(self, tmp_path):
        (tmp_path / "h.csv").write_text("old")
        of_losses([1]).to_csv(tmp_path / "h.csv")
        assert (tmp_path / "h.csv").read_text().startswith("epoch,loss")
        assert [path.name for path in tmp_path.iterdir()] == ["h.csv"]

    def test_a_history_without_rows_is_an_empty_table(self, tmp_path):
        History().to_csv(tmp_path / "h.csv")
        assert (tmp_path / "h.csv").read_text() == "\n"

    def test_a_folder_that_is_not_there_is_named(self, tmp_path):
        with pytest.raises(ProgramError, match="cannot be written: No such file or directory") as caught:
            of_losses([1]).to_csv(tmp_path / "runs" / "h.csv")
        assert "make the folder" in caught.value.diagnostics[0].hint

    def test_a_folder_cannot_be_overwritten(self, tmp_path):
        (tmp_path / "h.csv").mkdir()
        with pytest.raises(ProgramError, match="cannot be written"):
            of_losses([1]).to_csv(tmp_path / "h.csv")
        assert [path.name for path in tmp_path.iterdir()] == ["h.csv"]

    def test_what_is_interrupted_leaves_the_old_file(self, tmp_path):
        path = tmp_path / "h.csv"
        path.write_text("old")

        def write_half():
            with written_whole(path) as part:
                part.write_text("half")
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            write_half()
        assert path.read_text() == "old"
        assert [path.name for path in tmp_path.iterdir()] == ["h.csv"]


def dots_in(picture):
    """The number of Braille dots in each line of a picture."""
    return [sum((ord(char) - 0x2800).bit_count() for char in line if 0x2800 <= ord(char) < 0x2900) for line in picture]


class TestTerminal:
    def test_a_falling_loss(self):
        assert terminal_plot(of_losses([9, 8, 7, 6, 5, 4, 3, 2, 1]), width=28, height=5).split("\n") == [
            "loss: 1 at the end",
            "9 ┤⠉⠒⠦⢄⣀",
            "  │     ⠉⠒⠢⠤⣀",
            "5 ┤          ⠉⠑⠲⢄⣀",
            "  │               ⠉⠓⠢⠤⣀",
            "1 ┤                    ⠉⠑⠲⠤⣀",
            "  └─────────────────────────",
            "   1         epoch         9",
        ]

    @pytest.mark.parametrize("width", [1, 16, 40, 120])
    @pytest.mark.parametrize("height", [1, 2, 5, 20])
    def test_it_keeps_to_its_size(self, width, height):
        losses = np.random.default_rng(0).standard_normal(300)
        lines = terminal_plot(of_losses(losses), width, height).split("\n")[1:]
        assert max(map(len, lines)) <= max(width, 20)
        assert len(lines) == max(height, 2) + 2

    def test_a_flat_curve_lies_beside_its_value(self):
        lines = terminal_plot(of_losses([0.25] * 5), height=6).split("\n")
        assert [line[:6] for line in lines if "0.25 ┤" in line] == ["0.25 ┤"]
        assert [count > 0 for count in dots_in(lines)] == ["0.25 ┤" in line for line in lines]

    def test_one_point_is_one_dot(self):
        lines = terminal_plot(of_losses([0.5])).split("\n")
        assert sum(dots_in(lines)) == 1
        assert lines[-1].strip() == "epoch 1"

    def test_values_that_are_not_finite_leave_a_gap_and_are_counted(self):
        whole = terminal_plot(of_losses([1, 1, 1, 1, 1, 1])).split("\n")
        gaps = terminal_plot(of_losses([1, 1, math.nan, math.inf, 1, 1])).split("\n")
        assert gaps[0] == "loss: 1 at the end, 2 values are not finite"
        assert 0 < sum(dots_in(gaps)) < 0.5 * sum(dots_in(whole))
        assert terminal_plot(of_losses([1, math.nan])).startswith("loss: nan at the end, 1 value is not finite")

    def test_a_point_between_two_gaps_is_seen(self):
        assert sum(dots_in(terminal_plot(of_losses([math.nan, 1, math.nan])).split("\n"))) == 1

    def test_nothing_finite_and_nothing_at_all(self):
        assert terminal_plot(of_losses([math.nan, math.inf])) == "loss: no value is finite"
        assert terminal_plot(History()) == "nothing to draw yet"
        assert terminal_plot(History([{"epoch": 1, "seconds": 2.0}])) == "nothing to draw yet"

    def test_values_over_many_decades_are_drawn_logarithmically(self):
        lines = terminal_plot(of_losses([10.0**-power for power in range(9)]), height=5).split("\n")
        assert lines[0] == "loss: 1e-08 at the end, logarithmic"
        assert [line.split()[0] for line in lines[1:6:2]] == ["1", "0.0001", "1e-08"]

    def test_labels_have_the_digits_that_tell_them_apart(self):
        lines = terminal_plot(of_losses([1000, 1000.001, 1000.002]), height=3).split("\n")
        assert [line.split()[0] for line in (lines[1], lines[3])] == ["1000.002", "1000"]

    @pytest.mark.parametrize("losses", [[-1.7e308, 1.7e308, 0], [5e-324, 1e-323], [0, 0], [-1e300, 1e-300]])
    def test_the_largest_and_the_smallest_floats_are_no_error(self, losses):
        assert sum(dots_in(terminal_plot(of_losses(losses)).split("\n"))) >= 2

    def test_losses_come_first_and_counters_and_time_are_not_drawn(self):
        history = History(
            [
                {"epoch": e, "step": e, "accuracy": e / 3, "loss": 1 / e, "seconds": e, "rate": 0.1, "test.loss": 2 / e}
                for e in (1, 2, 3)
            ]
        )
        titles = [chart.partition(":")[0] for chart in terminal_plot(history).split("\n\n")]
        assert titles == ["loss", "test.loss", "accuracy"]

    def test_a_rate_that_changes_is_drawn_last(self):
        history = of_losses([3, 2], rate=[0.1, 0.01], accuracy=[0, 1])
        assert [chart.partition(":")[0] for chart in terminal_plot(history).split("\n\n")] == [
            "loss",
            "accuracy",
            "rate",
        ]

    def test_without_epochs_the_steps_are_the_axis(self):
        picture = terminal_plot(History([{"step": 10, "loss": 1}, {"step": 1_000_000, "loss": 2}]))
        assert picture.split("\n")[-1].split() == ["10", "step", "1000000"]

    def test_a_long_history_is_drawn_quickly_and_dense(self):
        losses = np.random.default_rng(0).random(50_000)
        assert sum(dots_in(terminal_plot(of_losses(losses), 60, 4).split("\n"))) > 1000


class TestPicture:
    @pytest.mark.parametrize(
        ("ending", "begins"), [("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF"), ("PNG", b"\x89P")]
    )
    def test_the_ending_chooses_the_format(self, tmp_path, ending, begins):
        pytest.importorskip("matplotlib")
        path = tmp_path / f"loss.{ending}"
        save_plot(of_losses([3, math.nan, 1], accuracy=[0, 0.5, 1], rate=[0.1, 0.1, 0.01]), path)
        assert path.read_bytes().startswith(begins)
        assert [file.name for file in tmp_path.iterdir()] == [path.name]

    @pytest.mark.parametrize(
        "losses", [[], [1], [2, 2], [math.nan], [1e-300, 1e300], [-1.7e308, 1.7e308], [1, math.inf]]
    )
    def test_every_history_can_be_drawn(self, tmp_path, losses):
        pytest.importorskip("matplotlib")
        save_plot(of_losses(losses), tmp_path / "loss.png")

    def test_another_ending_is_refused(self, tmp_path):
        with pytest.raises(ProgramError, match=r"no picture of the kind `\.gif`") as caught:
            save_plot(of_losses([1]), tmp_path / "loss.gif")
        assert caught.value.diagnostics[0].hint == "let the path end in .png, .svg or .pdf"

    def test_without_matplotlib_the_extra_is_named(self, tmp_path, monkeypatch):
        monkeypatch.setitem(sys.modules, "matplotlib", None)
        monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
        with pytest.raises(ProgramError, match="needs matplotlib") as caught:
            save_plot(of_losses([1]), tmp_path / "loss.png")
        assert caught.value.diagnostics[0].hint == "pip install 'nn-lang[plot]'"
        assert list(tmp_path.iterdir()) == []
