"""`python -m dsl.language.highlighting`: write the files for editors anew, or with `--vsix FILE` the extension's package."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import dsl
from dsl.language.highlighting.textmate import textmate_grammar
from dsl.language.highlighting.vscode import language_configuration, manifest, package
from dsl.language.tables import grammar_path


def generated() -> dict[str, str]:
    """The files for editors that are made from the language, by their paths in `grammar/`."""
    grammar = _document(textmate_grammar())
    return {
        "nn.tmLanguage.json": grammar,
        "vscode/syntaxes/nn.tmLanguage.json": grammar,
        "vscode/language-configuration.json": _document(language_configuration()),
        "vscode/package.json": _document(manifest(dsl.__version__)),
    }


def _document(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def main(arguments: list[str] | None = None) -> None:
    """Write the files."""
    parser = argparse.ArgumentParser(prog="python -m dsl.language.highlighting", description=__doc__)
    parser.add_argument("--vsix", type=Path, metavar="FILE", help="write the package of the VS Code extension instead")
    vsix: Path | None = parser.parse_args(arguments).vsix
    folder = grammar_path().parent
    if vsix is not None:
        package(folder / "vscode", dsl.__version__, vsix)
        return
    for name, text in generated().items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
