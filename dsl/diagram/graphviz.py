"""Graphviz, which lays diagrams out and draws PNG and PDF: the bundled one, with a font of its own, in another process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from dsl.diagram.escaping import markup
from dsl.source.cache import cache_folder
from dsl.source.diagnostic import fail

_SECONDS = 120
_NEEDED = ("pygraphviz", "font_source_sans_pro")
_WORKER = Path(__file__).with_name("worker.py")


def is_installed() -> bool:
    """Whether the packages of the extra `graph` are there."""
    return all(find_spec(name) is not None for name in _NEEDED)


def check_installed() -> None:
    """Raise ProgramError without the packages that draw."""
    if not is_installed():
        raise fail(
            "missing",
            "drawing needs Graphviz, which is not installed",
            hint="pip install 'nn-lang[graph]'; `.dot`, `.mmd`, `.txt` and `.json` need nothing",
        )


def draw(jobs: Sequence[tuple[str, str]]) -> list[bytes]:
    """What Graphviz makes of graphs in DOT, each in its format. Raises ProgramError without it, and where it fails."""
    check_installed()
    with _fonts() as configuration:
        environment = {
            **os.environ,
            "FONTCONFIG_FILE": str(configuration),
            "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        }
        try:
            done = subprocess.run(
                [sys.executable, "-P", str(_WORKER)],
                input=json.dumps(jobs).encode(),
                capture_output=True,
                env=environment,
                timeout=_SECONDS,
            )
        except subprocess.TimeoutExpired:
            hint = "fold it: `--depth 0`, or take a part: `--of NAME`; `.dot` and `.json` need no layout"
            raise fail("limit", f"Graphviz was stopped after {_SECONDS} seconds", hint=hint) from None
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()[-1:]
        raise RuntimeError(f"Graphviz ended with {done.returncode}: {' '.join(said)}")
    return list(_parts(done.stdout))


def _parts(data: bytes) -> Iterator[bytes]:
    """The results, each behind its length."""
    at = 0
    while at < len(data):
        end = data.index(b"\n", at)
        size = int(data[at:end])
        yield data[end + 1 : end + 1 + size]
        at = end + 1 + size


@contextmanager
def _fonts() -> Generator[Path]:
    """A configuration of fontconfig with the font of the extra, and behind it those that the machine has.

    A machine without fonts so draws letters, and every machine the same ones.
    """
    spec = find_spec("font_source_sans_pro")
    own = [str(Path(folder) / "files") for folder in (spec.submodule_search_locations or ()) if spec] if spec else []
    others = os.environ.get("FONTCONFIG_FILE") or "/etc/fonts/fonts.conf"
    cache = cache_folder()
    with tempfile.TemporaryDirectory(prefix="nn-fonts-") as folder:
        cached = cache / "fonts" if cache else Path(folder)
        lines = [
            '<?xml version="1.0"?>',
            '<!DOCTYPE fontconfig SYSTEM "fonts.dtd">',
            "<fontconfig>",
            *(f"<dir>{markup(path)}</dir>" for path in own),
            f"<cachedir>{markup(str(cached))}</cachedir>",
            f'<include ignore_missing="yes">{markup(others)}</include>',
            "</fontconfig>",
        ]
        file = Path(folder) / "fonts.conf"
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")
        yield file
