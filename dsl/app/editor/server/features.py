"""All that the server can be asked."""

from __future__ import annotations

from lsprotocol import types

from dsl.app.editor.server.changing import register as register_changing
from dsl.app.editor.server.navigating import register as register_navigating
from dsl.app.editor.server.running import register as register_running
from dsl.app.editor.server.server import Server
from dsl.app.editor.server.telling import register as register_telling


def make_server() -> Server:
    """A server with all its features."""
    server = Server()
    for register in (_register_documents, register_telling, register_navigating, register_changing, register_running):
        register(server)
    return server


def _register_documents(server: Server) -> None:
    """Follow what is open and how it changes, up to the end."""

    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    def opened(params: types.DidOpenTextDocumentParams) -> None:
        server.open(params)

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    def changed(params: types.DidChangeTextDocumentParams) -> None:
        server.change(params)

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    def closed(params: types.DidCloseTextDocumentParams) -> None:
        server.close(params)

    @server.feature(types.SHUTDOWN)
    def ended(*_: object) -> None:
        server.end()
