"""Analyses made beside the conversation with the editor: one at a time, in a thread of their own, always of the newest text."""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from dsl.app.editor.analysis import Analysis, Diagnostics, Told, analyse, broken
from dsl.app.editor.documents import Document, Documents
from dsl.source.text import Source

_PAUSE = 0.01
"""Seconds before an analysis begins, in which what the editor asks with a key is answered, and more may be typed."""

_REST = 0.3
"""Seconds without a change after which there is time for cleaning up."""
_MOST_LEFT = 20
"""Analyses after which it is done at once."""

log = logging.getLogger(__name__)


class Checking:
    """The analyses of open documents; `found` is told the diagnostics of texts as they are."""

    def __init__(self, documents: Documents, found: Callable[[Document, Diagnostics], None]) -> None:
        self._documents, self._found = documents, found
        self._thread = ThreadPoolExecutor(1, "analysis")
        self._underway: dict[Document, asyncio.Task[None]] = {}
        self._preparing: dict[Document, asyncio.Future[None]] = {}
        self._sweep: asyncio.TimerHandle | None = None
        self._left = 0
        """How many analyses have been left since garbage was looked for."""

    def begin(self, document: Document) -> None:
        """See to it that a document is analysed; nothing is waited for."""
        underway = self._underway.get(document)
        if underway is None or underway.done():
            self._underway[document] = asyncio.get_running_loop().create_task(self._bring_up(document))

    async def current(self, document: Document) -> Analysis:
        """The analysis of the text as it is, when it is made."""
        while not document.is_analysed and self._documents.is_open(document):
            self.begin(document)
            await asyncio.shield(self._underway[document])
        return document.analysis or document.recent()

    async def recent(self, document: Document) -> Analysis:
        """An analysis that can be asked at once: of the text as it is where that is made, else of an earlier one."""
        if document.prepared is None:
            await self.current(document)
        if document.is_analysed and document in self._preparing:
            await asyncio.shield(self._preparing[document])
        return document.recent()

    def forget(self, document: Document) -> None:
        """Keep nothing of a document that has been closed."""
        self._underway.pop(document, None)
        self._preparing.pop(document, None)

    def stop(self) -> None:
        """Make no more analyses."""
        if self._sweep is not None:
            self._sweep.cancel()
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def _bring_up(self, document: Document) -> None:
        loop = asyncio.get_running_loop()
        while self._documents.is_open(document):
            await asyncio.sleep(_PAUSE)
            source = document.source
            early: list[Diagnostics] = []

            def tell(found: Diagnostics, source: Source = source, early: list[Diagnostics] = early) -> None:
                if source is document.source and self._documents.is_open(document) and not early:
                    early.append(found)
                    self._found(document, found)

            def told(found: Diagnostics, tell: Told = tell) -> None:
                loop.call_soon_threadsafe(tell, found)

            made = await loop.run_in_executor(self._thread, self._analysis, source, told)
            document.analysis = made
            if source is document.source:
                tell(made.diagnostics)
                self._preparing[document] = loop.run_in_executor(self._thread, _prepare, document, made)
                self._sweep_soon(loop)
                return
        self.forget(document)

    def _sweep_soon(self, loop: asyncio.AbstractEventLoop) -> None:
        """Throw away what earlier analyses have left, in a rest; nobody wants to wait for that between two keys."""
        self._left += 1
        if self._sweep is not None:
            self._sweep.cancel()
        self._sweep = loop.call_later(_REST if self._left < _MOST_LEFT else 0, self._sweep_now)

    def _sweep_now(self) -> None:
        self._left = 0
        self._thread.submit(gc.collect)

    def _analysis(self, source: Source, told: Told) -> Analysis:
        try:
            return analyse(source, self._documents.read, told)
        except Exception as error:
            log.exception("the analysis failed")
            return broken(source, error)


def _prepare(document: Document, made: Analysis) -> None:
    try:
        made.prepare()
        document.prepared = made
    except Exception:
        log.exception("names could not be resolved")
