"""What is told of a program while it is written: completion, hovers, signatures, colours, types."""

from __future__ import annotations

from lsprotocol import types

from dsl.app.editor.completing import Item, complete
from dsl.app.editor.hovering import hover
from dsl.app.editor.server.server import Server
from dsl.app.editor.shape_hints import shape_hints
from dsl.app.editor.signatures import Signature, signature
from dsl.app.editor.tokens import MODIFIERS, TYPES, Token, semantic_tokens

_ITEM = types.CompletionItemKind
_KINDS = {
    "operation": _ITEM.Function,
    "function": _ITEM.Function,
    "layer": _ITEM.Class,
    "placeholder": _ITEM.Interface,
    "parameter": _ITEM.Field,
    "constant": _ITEM.Constant,
    "dimension": _ITEM.TypeParameter,
    "metric": _ITEM.Event,
    "argument": _ITEM.Property,
    "key": _ITEM.Property,
    "keyword": _ITEM.Keyword,
    "file": _ITEM.File,
    "folder": _ITEM.Folder,
    "data": _ITEM.Module,
    "dataset": _ITEM.Module,
    "attribute": _ITEM.Property,
    "initializer": _ITEM.Constructor,
    "optimizer": _ITEM.Constructor,
    "schedule": _ITEM.Constructor,
    "type": _ITEM.Struct,
    "column": _ITEM.Field,
    "engine": _ITEM.EnumMember,
}
"""Kinds of candidates in the words of the protocol; any other is a value."""

_MOST_ITEMS = 100
"""Of more candidates the best are shown, and the editor asks again when more has been typed."""


def register(server: Server) -> None:
    """Answer for completion, hover, signature help, semantic tokens and inlay hints."""

    @server.feature(
        types.TEXT_DOCUMENT_COMPLETION, types.CompletionOptions(trigger_characters=[".", '"', "/", "~", ">", ":"])
    )
    async def completion(params: types.CompletionParams) -> types.CompletionList:
        document = server.documents.get(params.text_document.uri)
        if document is None:
            return types.CompletionList(is_incomplete=False, items=[])
        translation = server.translation(document)
        found = complete(await server.checking.recent(document), translation.offset(params.position))
        place = translation.range(found.start, found.end)
        items = [_item(item, place, order) for order, item in enumerate(found.items[:_MOST_ITEMS])]
        return types.CompletionList(is_incomplete=len(found.items) > _MOST_ITEMS, items=items)

    @server.feature(types.TEXT_DOCUMENT_HOVER)
    async def hover_(params: types.HoverParams) -> types.Hover | None:
        known = await server.analysed(params.text_document.uri)
        if known is None:
            return None
        document, analysis, translation = known
        values = server.values.get(document.uri)
        fitting = values.fitting(analysis.model) if values else None
        found = hover(analysis, translation.offset(params.position), fitting)
        if found is None:
            return None
        content = types.MarkupContent(types.MarkupKind.Markdown, found.text)
        return types.Hover(content, translation.range(found.start, found.end))

    @server.feature(
        types.TEXT_DOCUMENT_SIGNATURE_HELP,
        types.SignatureHelpOptions(trigger_characters=["(", ","], retrigger_characters=["=", ")"]),
    )
    async def signature_help(params: types.SignatureHelpParams) -> types.SignatureHelp | None:
        document = server.documents.get(params.text_document.uri)
        if document is None:
            return None
        found = signature(await server.checking.recent(document), server.translation(document).offset(params.position))
        return None if found is None else types.SignatureHelp([_signature(found)], 0, found.active)

    @server.feature(types.TEXT_DOCUMENT_SEMANTIC_TOKENS_FULL, types.SemanticTokensLegend(list(TYPES), list(MODIFIERS)))
    async def tokens(params: types.SemanticTokensParams) -> types.SemanticTokens:
        known = await server.analysed(params.text_document.uri)
        if known is None:
            return types.SemanticTokens([])
        document, analysis, _ = known
        data: list[int] = []
        line = character = 0
        for token in semantic_tokens(analysis):
            there, start = document.positions.position(token.start)
            end = document.positions.position(token.end)[1]
            data += [there - line, start - (character if there == line else 0), end - start, *_look(token)]
            line, character = there, start
        return types.SemanticTokens(data)

    @server.feature(types.TEXT_DOCUMENT_INLAY_HINT)
    async def inlay_hints(params: types.InlayHintParams) -> list[types.InlayHint]:
        known = await server.analysed(params.text_document.uri)
        if known is None:
            return []
        _, analysis, translation = known
        start, end = translation.offset(params.range.start), translation.offset(params.range.end)
        return [
            types.InlayHint(translation.position(hint.offset), hint.text, kind=types.InlayHintKind.Type)
            for hint in shape_hints(analysis, start, end)
        ]


def _item(item: Item, place: types.Range, order: int) -> types.CompletionItem:
    return types.CompletionItem(
        item.text,
        kind=_KINDS.get(item.kind, _ITEM.Variable),
        detail=item.detail or None,
        sort_text=f"{order:05}",
        filter_text=item.text,
        text_edit=types.TextEdit(place, item.text + item.behind),
    )


def _signature(found: Signature) -> types.SignatureInformation:
    doc = "\n\n".join(filter(None, (found.doc, f"`{found.formula}`" if found.formula else "")))
    return types.SignatureInformation(
        found.label,
        types.MarkupContent(types.MarkupKind.Markdown, doc) if doc else None,
        [types.ParameterInformation(each.name, each.doc or None) for each in found.parameters],
        found.active,
    )


def _look(token: Token) -> tuple[int, int]:
    return TYPES.index(token.type), sum(1 << MODIFIERS.index(modifier) for modifier in token.modifiers)
