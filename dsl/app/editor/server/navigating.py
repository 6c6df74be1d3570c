"""Where a name is bound and where it is used; the outline of a program."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from lsprotocol import types

from dsl.app.editor.outline import Entry, OutlineKind, folds, outline
from dsl.app.editor.server.server import Server

_KINDS: dict[OutlineKind, types.SymbolKind] = {
    "value": types.SymbolKind.Variable,
    "dimension": types.SymbolKind.TypeParameter,
    "constant": types.SymbolKind.Constant,
    "placeholder": types.SymbolKind.Interface,
    "parameter": types.SymbolKind.Field,
    "metric": types.SymbolKind.Event,
    "function": types.SymbolKind.Function,
    "layer": types.SymbolKind.Class,
    "data": types.SymbolKind.Namespace,
    "train": types.SymbolKind.Namespace,
    "entry": types.SymbolKind.Property,
    "block": types.SymbolKind.Object,
}


def register(server: Server) -> None:
    """Answer for definitions, references, the outline and folds."""

    @server.feature(types.TEXT_DOCUMENT_DEFINITION)
    async def definition(params: types.DefinitionParams) -> list[types.Location]:
        found = await server.analysed(params.text_document.uri)
        if found is None:
            return []
        _, analysis, translation = found
        spans = analysis.names.definition(translation.offset(params.position))
        return [place for span in spans if (place := translation.location(span)) is not None]

    @server.feature(types.TEXT_DOCUMENT_REFERENCES)
    async def references(params: types.ReferenceParams) -> list[types.Location]:
        found = await server.analysed(params.text_document.uri)
        if found is None:
            return []
        document, analysis, translation = found
        offset = translation.offset(params.position)
        spans = analysis.names.references(offset)
        if not params.context.include_declaration:
            left_out = {(span.start, span.end) for span in analysis.names.definition(offset)}
            spans = tuple(span for span in spans if (span.start, span.end) not in left_out)
        return [types.Location(document.uri, translation.range(span.start, span.end)) for span in spans]

    @server.feature(types.TEXT_DOCUMENT_DOCUMENT_HIGHLIGHT)
    async def highlight(params: types.DocumentHighlightParams) -> list[types.DocumentHighlight]:
        found = await server.analysed(params.text_document.uri)
        if found is None:
            return []
        _, analysis, translation = found
        offset = translation.offset(params.position)
        bound = {(span.start, span.end) for span in analysis.names.definition(offset)}
        kinds = types.DocumentHighlightKind
        return [
            types.DocumentHighlight(
                translation.range(span.start, span.end),
                kinds.Write if (span.start, span.end) in bound else kinds.Read,
            )
            for span in analysis.names.references(offset)
        ]

    @server.feature(types.TEXT_DOCUMENT_DOCUMENT_SYMBOL)
    async def symbols(params: types.DocumentSymbolParams) -> list[types.DocumentSymbol]:
        found = await server.analysed(params.text_document.uri)
        if found is None:
            return []
        _, analysis, translation = found
        return _symbols(outline(analysis.tree), translation.range)

    @server.feature(types.TEXT_DOCUMENT_FOLDING_RANGE)
    async def folding(params: types.FoldingRangeParams) -> list[types.FoldingRange]:
        found = await server.analysed(params.text_document.uri)
        if found is None:
            return []
        comment = types.FoldingRangeKind.Comment
        return [
            types.FoldingRange(fold.first - 1, fold.last - 1, kind=comment if fold.is_comment else None)
            for fold in folds(found[1].source, found[1].tree)
        ]


def _symbols(entries: Sequence[Entry], place: Callable[[int, int], types.Range]) -> list[types.DocumentSymbol]:
    return [
        types.DocumentSymbol(
            entry.name,
            _KINDS[entry.kind],
            place(entry.whole.start, entry.whole.end),
            place(entry.place.start, entry.place.end),
            detail=entry.detail or None,
            children=_symbols(entry.inner, place),
        )
        for entry in entries
    ]
