"""The start of the language server: its streams, its log, its end."""

from __future__ import annotations

import gc
import logging
import os
import sys
from importlib.util import find_spec

from dsl.app.files import check_writable
from dsl.source.diagnostic import fail

_SWITCH = 0.0005
"""Seconds for which an analysis may keep the interpreter from answering a request."""


def serve(log: str | None = None) -> int:
    """Serve until the editor has done; the exit status. Raises ProgramError without the extra `lsp`."""
    if find_spec("pygls") is None:
        raise fail("missing", "the language server needs the extra `lsp`", hint="pip install 'nn-lang[lsp]'")
    if log:
        check_writable(log)
    handler = logging.FileHandler(log, encoding="utf-8") if log else logging.StreamHandler(sys.stderr)
    level = logging.INFO if log else logging.CRITICAL
    logging.basicConfig(level=level, format="%(asctime)s %(levelname)s %(name)s: %(message)s", handlers=[handler])
    from dsl.app.editor.server.conversation import converse
    from dsl.app.editor.server.features import make_server

    sys.setswitchinterval(_SWITCH)
    gc.freeze()
    gc.disable()  # `Checking` sees to it when there is time
    server = make_server()
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what anything prints is no message
    converse(server, requests, answers)
    return 0 if server.was_shut_down else 1
