"""The notebook of the documents, executed by a kernel as a front end does it."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from jupyter_client.manager import start_new_kernel
from nbclient import NotebookClient

NOTEBOOK = Path(__file__).resolve().parents[2] / "docs" / "neuron.ipynb"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory):
    """An empty folder, and no other state of Jupyter than what is there."""
    folder = tmp_path_factory.mktemp("notebook")
    with pytest.MonkeyPatch.context() as patch:
        for variable in ("IPYTHONDIR", "JUPYTER_RUNTIME_DIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR"):
            patch.setenv(variable, str(folder / variable.lower()))
        patch.setenv("JUPYTER_PLATFORM_DIRS", "1")
        yield folder


@pytest.fixture(scope="module")
def executed(folder: Path):
    """The outputs of the cells with code, by their text."""
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    NotebookClient(notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": folder}}).execute()
    return {cell.source: cell.outputs for cell in notebook.cells if cell.cell_type == "code"}


def outputs(executed, beginning: str):
    (found,) = [outputs for source, outputs in executed.items() if source.startswith(beginning)]
    return found


def data(outputs, kind: str) -> list[str]:
    return ["".join(output.data[kind]) for output in outputs if "data" in output and kind in output.data]


def test_the_notebook_has_no_outputs_of_its_own():
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    nbformat.validate(notebook)
    assert not any(cell.get("outputs") or cell.get("execution_count") for cell in notebook.cells)


def test_the_graph_is_shown(executed):
    (picture,) = data(outputs(executed, "%%nn\n## One neuron"), "image/svg+xml")
    assert all(f">{name}<" in picture for name in ("x", "y", "k", "b", "linear", "sigmoid", "loss"))


def test_the_loss_curve_is_shown_in_the_place_of_the_bar(executed):
    shown = outputs(executed, "%%nn --continue")
    (curve,) = data(shown, "image/svg+xml")
    assert curve.lstrip().startswith("<?xml")
    tables = "".join(data(shown, "text/html"))
    assert "<progress" not in tables
    assert "train: 100 rows" in tables
    assert ">holds<" in tables


def test_names_go_both_ways(executed):
    first = outputs(executed, "%%nn\n## One neuron")
    assert "from Python: <code>x</code>" in "".join(data(first, "text/html"))
    printed = outputs(executed, "print(loss)")
    assert printed[0].text.startswith("0.0405612602204244")
    assert "0.18583186" in data(printed, "text/plain")[0]


def test_lines_are_entries_of_the_session(executed):
    assert outputs(executed, "%nn sigmoid - y")[0].text.startswith("sigmoid − y = 0.201398262704583")


def test_a_mistake_has_its_place_and_no_traceback(executed):
    (error,) = outputs(executed, "%%nn\ndim batch")
    told = "\n".join(error.traceback)
    assert error.output_type == "error"
    assert "5:10" in told
    assert "hint" in told
    assert "Traceback" not in told
    assert "File " not in told


LONG = """%%nn --no-graph
dtype f64
parameter k = 1
loss = square(k - 3)
train { minimize = loss; optimizer = sgd(lr=1e-9); steps = 2_000_000_000 }
"""


def test_interrupting_the_kernel_keeps_what_was_reached(folder):
    manager, client = start_new_kernel(kernel_name="python3", cwd=str(folder))
    shown: list[dict[str, str]] = []
    interrupted: list[str] = []

    def see(message) -> None:
        shown.append(message["content"].get("data", {}))
        if message["msg_type"] == "update_display_data" and not interrupted:
            interrupted.append(shown[-1]["text/html"])
            manager.interrupt_kernel()

    try:
        client.execute_interactive("%load_ext dsl", timeout=60)
        reply = client.execute_interactive(LONG, output_hook=see, timeout=60)["content"]
        after = client.execute_interactive("assert 1 < k == net.parameters['k']", timeout=60)["content"]
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    assert "<progress" in interrupted[0]
    assert reply["status"] == "error"
    assert reply["ename"] == "CellInterrupt"
    assert any("image/svg+xml" in data for data in shown), "the curve so far"
    assert after["status"] == "ok", after
