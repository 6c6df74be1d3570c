"""The language server: the documents that are open, what is told of them, and who answers which request."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.lsp.server import LanguageServer
from pygls.protocol import LanguageServerProtocol, lsp_method
from pygls.uris import to_fs_path

from dsl import __version__
from dsl.app.editor.analysis import Analysis, Diagnostics
from dsl.app.editor.checking import Checking
from dsl.app.editor.documents import Document, Documents
from dsl.app.editor.positions import Encoding
from dsl.app.editor.running import Values
from dsl.app.editor.server.translation import NAME, Translation

log = logging.getLogger(__name__)


class Protocol(LanguageServerProtocol):
    """The protocol, with texts that are kept by the server itself, whose lines and characters are counted one way only."""

    @lsp_method(types.TEXT_DOCUMENT_DID_OPEN)
    def lsp_text_document__did_open(self, params: types.DidOpenTextDocumentParams) -> Any:
        """A document is open."""
        yield self._own(types.TEXT_DOCUMENT_DID_OPEN), (params,), None

    @lsp_method(types.TEXT_DOCUMENT_DID_CHANGE)
    def lsp_text_document__did_change(self, params: types.DidChangeTextDocumentParams) -> Any:
        """A document has changed."""
        yield self._own(types.TEXT_DOCUMENT_DID_CHANGE), (params,), None

    @lsp_method(types.TEXT_DOCUMENT_DID_CLOSE)
    def lsp_text_document__did_close(self, params: types.DidCloseTextDocumentParams) -> Any:
        """A document is closed."""
        yield self._own(types.TEXT_DOCUMENT_DID_CLOSE), (params,), None

    def structure_message(self, data: dict[str, Any]) -> Any:
        """A message in the protocol's types; a request that does not fit them is answered, with an error."""
        try:
            return super().structure_message(data)
        except JsonRpcException as error:
            if "id" in data and "method" in data:
                self._send_response(data["id"], error=error.to_response_error())
            raise

    def _own(self, method: str) -> Any:
        manager: Any = self.fm
        return manager.features[method]


class Server(LanguageServer):
    """What all features share."""

    def __init__(self) -> None:
        super().__init__(  # pyright: ignore[reportUnknownMemberType]
            f"{NAME}-lang", __version__, protocol_cls=Protocol
        )
        self.documents = Documents()
        self.checking = Checking(self.documents, self._publish)
        self.was_shut_down = False
        self.at_end: list[Callable[[], None]] = []
        """What else is to be done when the client says goodbye."""
        self.values: dict[str, Values] = {}
        """What the last run of each document left."""

    # -- documents

    def open(self, params: types.DidOpenTextDocumentParams) -> None:
        """A document is open from now on."""
        item = params.text_document
        path = to_fs_path(item.uri)
        name = path or item.uri.rpartition("/")[2] or item.uri
        place = Path(path) if path else None
        document = Document(item.uri, item.text, item.version, place, name, self._encoding)
        self.documents.open(document)
        self._touched(document)

    def change(self, params: types.DidChangeTextDocumentParams) -> None:
        """The text of a document has changed."""
        document = self.documents.get(params.text_document.uri)
        if document is None:
            log.warning("a document that is not open has changed: %s", params.text_document.uri)
            return
        for change in params.content_changes:
            if isinstance(change, types.TextDocumentContentChangePartial):
                start, end = change.range.start, change.range.end
                document.change((start.line, start.character), (end.line, end.character), change.text)
            else:
                document.text = change.text
        document.version = params.text_document.version
        document.renew()
        self._touched(document)

    def close(self, params: types.DidCloseTextDocumentParams) -> None:
        """A document is open no more, and nothing is told of it."""
        uri = params.text_document.uri
        document = self.documents.close(uri)
        self.values.pop(uri, None)
        self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, []))
        if document is not None:
            self.checking.forget(document)
            self._look_again(document)

    def _touched(self, document: Document) -> None:
        self.checking.begin(document)
        self._look_again(document)

    def _look_again(self, changed: Document) -> None:
        """Analyse the programs that take something over from a document."""
        for document in self.documents.importing(changed):
            document.renew()
            self.checking.begin(document)

    def _publish(self, document: Document, diagnostics: Diagnostics) -> None:
        found = self.translation(document).diagnostics(diagnostics, document.source)
        self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(document.uri, found, document.version))

    @property
    def _encoding(self) -> Encoding:
        """How the client counts the characters of a line."""
        match self.server_capabilities.position_encoding:
            case types.PositionEncodingKind.Utf8:
                return "utf-8"
            case types.PositionEncodingKind.Utf32:
                return "utf-32"
            case _:
                return "utf-16"

    # -- for the features

    def translation(self, document: Document) -> Translation:
        """The places of a document in the words of the protocol."""
        return Translation(document, self.documents)

    def end(self) -> None:
        """The client has said goodbye."""
        self.was_shut_down = True
        self.checking.stop()
        for task in self.at_end:
            task()

    async def analysed(self, uri: str) -> tuple[Document, Analysis, Translation] | None:
        """A document, the analysis of its text as it is, and the places of that text; None where it is not open."""
        document = self.documents.get(uri)
        if document is None:
            return None
        analysis = await self.checking.current(document)
        return document, analysis, self.translation(document)


def refused(message: str) -> JsonRpcException:
    """The answer to a request that cannot be fulfilled, and why."""
    return JsonRpcException(message, code=types.LSPErrorCodes.RequestFailed.value)
