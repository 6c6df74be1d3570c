"""The extension for Visual Studio Code: its manifest, what the editor is told of the language, and the package of it all."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

IDENTIFIER, PUBLISHER = "nn-lang", "nn-lang"
_TITLE = "nn-lang"
_DESCRIPTION = "Programs of nn-lang, a small language for computation graphs of neural networks, in colours."
_ENGINE = "^1.75.0"
_CATEGORY = "Programming Languages"
_KEYWORDS = ["neural networks", "automatic differentiation", "computation graph"]
_OLDEST = (1980, 1, 1, 0, 0, 0)
"""The date of every file in the package, so that packages of the same files are the same bytes."""


def manifest(version: str) -> dict[str, Any]:
    """`package.json`."""
    return {
        "name": IDENTIFIER,
        "displayName": _TITLE,
        "description": _DESCRIPTION,
        "version": version,
        "publisher": PUBLISHER,
        "license": "MIT",
        "engines": {"vscode": _ENGINE},
        "categories": [_CATEGORY],
        "keywords": _KEYWORDS,
        "contributes": {
            "languages": [
                {
                    "id": "nn",
                    "aliases": [_TITLE, "nn"],
                    "extensions": [".nn"],
                    "configuration": "./language-configuration.json",
                }
            ],
            "grammars": [{"language": "nn", "scopeName": "source.nn", "path": "./syntaxes/nn.tmLanguage.json"}],
            "configurationDefaults": {
                "[nn]": {"editor.insertSpaces": True, "editor.tabSize": 4, "editor.rulers": [100]},
            },
        },
    }


def language_configuration() -> dict[str, Any]:
    """Comments, brackets and indentation, for `language-configuration.json`."""
    pairs = [["(", ")"], ["[", "]"], ["{", "}"]]
    return {
        "comments": {"lineComment": "#"},
        "brackets": pairs,
        "autoClosingPairs": [
            *({"open": opening, "close": closing} for opening, closing in pairs),
            {"open": '"', "close": '"', "notIn": ["string", "comment"]},
        ],
        "surroundingPairs": [*pairs, ['"', '"']],
        "wordPattern": {"pattern": r"[\p{L}_][\p{L}\p{N}_]*", "flags": "u"},
        "indentationRules": {
            "increaseIndentPattern": r"^((?!#).)*[\[({]\s*(#.*)?$",
            "decreaseIndentPattern": r"^\s*[\])}]",
        },
        "onEnterRules": [
            {
                "beforeText": r"^\s*##(?!#).*\S.*$",
                "action": {"indent": "none", "appendText": "## "},
            }
        ],
    }


def package(folder: Path, version: str, target: Path) -> None:
    """Write the extension in a folder as one file, `*.vsix`, that the editor installs without a network."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        _add(archive, "[Content_Types].xml", _content_types({_suffix(path) for path in files}).encode())
        _add(archive, "extension.vsixmanifest", _package_manifest(version).encode())
        for path in files:
            name = path.relative_to(folder).as_posix()
            _add(archive, f"extension/{'LICENSE.txt' if name == 'LICENSE' else name}", path.read_bytes())


def _add(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    archive.writestr(zipfile.ZipInfo(name, _OLDEST), data, zipfile.ZIP_DEFLATED)


def _suffix(path: Path) -> str:
    return path.suffix or ".txt"


def _content_types(suffixes: set[str]) -> str:
    types = {".json": "application/json", ".md": "text/markdown", ".txt": "text/plain", ".vsixmanifest": "text/xml"}
    lines = [
        f'<Default Extension="{suffix}" ContentType="{types[suffix]}"/>'
        for suffix in sorted({*suffixes, ".vsixmanifest"})
    ]
    return _xml("Types", "http://schemas.openxmlformats.org/package/2006/content-types", lines)


def _package_manifest(version: str) -> str:
    identity = f'Language="en-US" Id="{IDENTIFIER}" Version={quoteattr(version)} Publisher="{PUBLISHER}"'
    code, services = "Microsoft.VisualStudio.Code", "Microsoft.VisualStudio.Services"
    lines = [
        "<Metadata>",
        f"<Identity {identity}/>",
        f"<DisplayName>{escape(_TITLE)}</DisplayName>",
        f'<Description xml:space="preserve">{escape(_DESCRIPTION)}</Description>',
        f"<Tags>{escape(','.join(_KEYWORDS))}</Tags>",
        f"<Categories>{escape(_CATEGORY)}</Categories>",
        f'<Properties><Property Id="{code}.Engine" Value="{_ENGINE}"/></Properties>',
        "<License>extension/LICENSE.txt</License>",
        "</Metadata>",
        f'<Installation><InstallationTarget Id="{code}"/></Installation>',
        "<Dependencies/>",
        "<Assets>",
        f'<Asset Type="{code}.Manifest" Path="extension/package.json" Addressable="true"/>',
        f'<Asset Type="{services}.Content.Details" Path="extension/README.md" Addressable="true"/>',
        f'<Asset Type="{services}.Content.License" Path="extension/LICENSE.txt" Addressable="true"/>',
        "</Assets>",
    ]
    return _xml("PackageManifest", "http://schemas.microsoft.com/developer/vsx-schema/2011", lines, ' Version="2.0.0"')


def _xml(name: str, namespace: str, lines: list[str], attributes: str = "") -> str:
    body = "\n".join(lines)
    return f'<?xml version="1.0" encoding="utf-8"?>\n<{name}{attributes} xmlns="{namespace}">\n{body}\n</{name}>\n'
