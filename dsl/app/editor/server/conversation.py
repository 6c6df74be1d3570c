"""The messages of a server over its streams."""

from __future__ import annotations

import asyncio
import logging
from threading import Event
from typing import Any, BinaryIO

from pygls.io_ import StdoutWriter, run_async

from dsl.app.editor.server.server import Server

log = logging.getLogger(__name__)


def converse(server: Server, requests: BinaryIO, answers: BinaryIO) -> None:
    """Answer requests up to the end of the stream, or of the conversation.

    A pipe is read by the loop itself: `start_io` of pygls reads every line of a message in another thread, which takes
    its turns with the analysis.
    """
    try:
        asyncio.run(_read_by_the_loop(server, requests, answers))
    except (SystemExit, KeyboardInterrupt, BrokenPipeError, asyncio.IncompleteReadError):
        pass
    except (NotImplementedError, ValueError):  # no pipe, or no system whose loop can read one
        server.start_io(requests, answers)
    server.shutdown()


async def _read_by_the_loop(server: Server, requests: BinaryIO, answers: BinaryIO) -> None:
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), requests)
    protocol: Any = server.protocol
    protocol.set_writer(StdoutWriter(answers))
    await run_async(Event(), reader, protocol, log, server.report_server_error)
