"""What changes a program: renaming, layout, the corrections that diagnostics ask for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from lsprotocol import types

from dsl.app.editor.correcting import corrections
from dsl.app.editor.edit import least
from dsl.app.editor.renaming import rename, renameable
from dsl.app.editor.server.server import Server, refused
from dsl.language.layout.formatter import format_source
from dsl.source.diagnostic import ProgramError

R = TypeVar("R")


def register(server: Server) -> None:
    """Answer for renaming, formatting and code actions."""

    @server.feature(types.TEXT_DOCUMENT_PREPARE_RENAME)
    async def prepare(params: types.PrepareRenameParams) -> types.PrepareRenamePlaceholder | None:
        found = await server.analysed(params.text_document.uri)
        if found is None:
            return None
        _, analysis, translation = found
        name = _or_refused(lambda: renameable(analysis, translation.offset(params.position)))
        return types.PrepareRenamePlaceholder(translation.range(name.span.start, name.span.end), name.name)

    @server.feature(types.TEXT_DOCUMENT_RENAME, types.RenameOptions(prepare_provider=True))
    async def rename_(params: types.RenameParams) -> types.WorkspaceEdit | None:
        found = await server.analysed(params.text_document.uri)
        if found is None:
            return None
        _, analysis, translation = found
        offset, read = translation.offset(params.position), server.documents.read
        edits = await asyncio.to_thread(_or_refused, lambda: rename(analysis, offset, params.new_name, read))
        return translation.workspace_edit(edits)

    @server.feature(types.TEXT_DOCUMENT_FORMATTING)
    async def format_(params: types.DocumentFormattingParams) -> list[types.TextEdit]:
        document = server.documents.get(params.text_document.uri)
        if document is None:
            return []
        source, translation = document.source, server.translation(document)
        try:
            text = await asyncio.to_thread(format_source, source)
        except ProgramError:
            return []
        edit = least(source.text, text)
        return translation.edits([edit]) if edit and document.source is source else []

    @server.feature(
        types.TEXT_DOCUMENT_CODE_ACTION, types.CodeActionOptions(code_action_kinds=[types.CodeActionKind.QuickFix])
    )
    async def actions(params: types.CodeActionParams) -> list[types.CodeAction]:
        found = await server.analysed(params.text_document.uri)
        if found is None:
            return []
        _, analysis, translation = found
        start, end = translation.offset(params.range.start), translation.offset(params.range.end)
        asked = corrections(analysis, start, end)
        return [
            types.CodeAction(
                each.title,
                kind=types.CodeActionKind.QuickFix,
                diagnostics=[translation.diagnostic(each.diagnostic, analysis.source)],
                is_preferred=len(asked) == 1,
                edit=translation.workspace_edit([each.edit]),
            )
            for each in asked
        ]


def _or_refused(ask: Callable[[], R]) -> R:
    """The result; a mistake of the user becomes the answer that the request cannot be fulfilled."""
    try:
        return ask()
    except ProgramError as error:
        found = error.diagnostics[0]
        raise refused(f"{found.message}{f': {found.hint}' if found.hint else ''}") from None
