"""`nn ops [NAME]`: the operations, the standard layers, and whatever else programs call by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from dsl.app.options import format_option


@click.command("ops")
@click.argument("name", required=False)
@format_option
def command(name: str | None, format: str) -> None:
    """List the operations, or explain one: signature, formula, derivative, example.

    Layers, optimisers, schedules and initializers are listed and explained too.
    """
    from dsl.app.catalogue import catalogue, find
    from dsl.app.output import print_json, table

    if name is None:
        sections = catalogue()
        if format == "json":
            print_json({title: [entry.as_json() for entry in entries] for title, entries in sections.items()})
            return
        for number, (title, entries) in enumerate(sections.items()):
            if number:
                click.echo()
            table(["signature", "what it is"], [[e.signature, e.summary] for e in entries], title=title)
        return
    entries = find(name)
    if format == "json":
        print_json([entry.as_json() for entry in entries])
        return
    for entry in entries:
        _explain(entry.as_json(), entry.doc)


def _explain(facts: Mapping[str, Any], doc: str) -> None:
    click.echo(f"{facts['signature']}\n\n{doc}\n")
    for key in ("section", "formula", "derivative", "example"):
        if facts.get(key):
            lines = str(facts[key]).split("\n")
            click.echo("\n".join(f"{f'{key}:' if i == 0 else '':<12}{line}" for i, line in enumerate(lines)))
