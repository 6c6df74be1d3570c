"""Programs run from the editor, off the conversation's own thread, with progress, and stopped where that is asked for."""

from __future__ import annotations

import asyncio
import logging
import uuid
from threading import Event
from typing import Any

from lsprotocol import types

from dsl.app.editor.documents import Document
from dsl.app.editor.running import StoppedError, Values, run
from dsl.app.editor.server.server import Server, refused
from dsl.app.failure import diagnose
from dsl.language import syntax
from dsl.source.render import printable

RUN, TRAIN, STOP = "nn.run", "nn.train", "nn.stop"

log = logging.getLogger(__name__)


def register(server: Server) -> None:
    """Answer for the commands, and offer them above the program."""
    runs = _Runs(server)
    server.at_end.append(runs.stop_all)

    @server.command(RUN)
    async def run_(uri: str) -> str:
        return await runs.carry_out(uri, trains=False)

    @server.command(TRAIN)
    async def train(uri: str) -> str:
        return await runs.carry_out(uri, trains=True)

    @server.command(STOP)
    def stop(uri: str) -> bool:
        return runs.stop(uri)

    @server.feature(types.WINDOW_WORK_DONE_PROGRESS_CANCEL)
    def cancel(params: types.WorkDoneProgressCancelParams) -> None:
        runs.cancel(params.token)

    @server.feature(types.TEXT_DOCUMENT_CODE_LENS)
    async def lenses(params: types.CodeLensParams) -> list[types.CodeLens]:
        found = await server.analysed(params.text_document.uri)
        if found is None or found[1].model.errors or found[1].has_syntax_errors:
            return []
        document, analysis, translation = found
        top = translation.range(0, 0)
        offered = [types.CodeLens(top, types.Command("Run", RUN, arguments=[document.uri]))]
        blocks = [s for s in analysis.tree.statements if isinstance(s, syntax.TrainStatement)]
        for block in blocks[:1]:
            place = translation.range(block.span.start, block.span.start)
            offered.append(types.CodeLens(place, types.Command("Train", TRAIN, arguments=[document.uri])))
        return offered


class _Runs:
    """The runs that are underway, one of a document at most."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._progress: Any = server.work_done_progress
        self._underway: dict[str, tuple[str, Event]] = {}
        """For each document the token of its progress, and what stops it."""

    async def carry_out(self, uri: str, trains: bool) -> str:
        """Run the program of a document, and keep its values; what came of it, in words."""
        document = self._server.documents.get(uri)
        if document is None:
            raise refused(f"`{printable(uri)}` is not open")
        self.stop(uri)
        token, stop = str(uuid.uuid4()), Event()
        self._underway[uri] = token, stop
        await self._begin(token, "Training" if trains else "Running")
        loop = asyncio.get_running_loop()

        def told(words: str, part: float | None) -> None:
            loop.call_soon_threadsafe(self._report, token, words, part)

        try:
            source, read = document.source, self._server.documents.read
            values = await asyncio.to_thread(run, source, read, trains, told, stop)
        except StoppedError:
            return self._said("stopped", types.MessageType.Info)
        except Exception as error:
            return self._said(_failure(error), types.MessageType.Error)
        finally:
            if self._underway.get(uri, ("", None))[0] == token:
                del self._underway[uri]
            self._end(token)
        return self._kept(document, values)

    def _kept(self, document: Document, values: Values) -> str:
        if self._server.documents.is_open(document):
            self._server.values[document.uri] = values
        return f"{len(values.arrays)} values: they are shown where the cursor rests on a name"

    def stop(self, uri: str) -> bool:
        """Stop the run of a document; whether there was one."""
        _, event = self._underway.get(uri, ("", None))
        if event is not None:
            event.set()
        return event is not None

    def cancel(self, token: int | str) -> None:
        """Stop the run with this progress."""
        for other, event in self._underway.values():
            if other == token:
                event.set()

    def stop_all(self) -> None:
        """Stop every run."""
        for _, event in self._underway.values():
            event.set()

    # -- progress

    async def _begin(self, token: str, title: str) -> None:
        window = self._server.client_capabilities.window
        if window is None or not window.work_done_progress:
            return
        try:
            await asyncio.wait_for(self._progress.create_async(token), 5)
        except Exception:
            log.warning("the client shows no progress", exc_info=True)
            return
        self._progress.begin(token, types.WorkDoneProgressBegin(title, cancellable=True))

    def _report(self, token: str, words: str, part: float | None) -> None:
        if token in self._progress.tokens:
            percentage = None if part is None else min(int(100 * part), 100)
            report = types.WorkDoneProgressReport(message=words, percentage=percentage)
            self._progress.report(token, report)

    def _end(self, token: str) -> None:
        if token in self._progress.tokens:
            self._progress.end(token, types.WorkDoneProgressEnd())

    def _said(self, words: str, kind: types.MessageType) -> str:
        self._server.window_show_message(types.ShowMessageParams(kind, words))
        return words


def _failure(error: Exception) -> str:
    found = diagnose(error)
    if not found:
        log.error("a run failed", exc_info=error)
        return f"internal error: {type(error).__name__}"
    first = found[0]
    place = f"line {first.span.line}: " if first.span else ""
    return printable(f"{place}{first.message}{f' ({first.hint})' if first.hint else ''}")
