"""`nn ops [NAME]`: the operations, the standard layers, and whatever else programs call by name."""

from __future__ import annotations

import click

from dsl.app.options import format_option


@click.command("ops")
@click.argument("name", required=False)
@format_option
def command(name: str | None, format: str) -> None:
    """List the operations, or explain one: signature, formula, derivative, example.

    Layers, optimisers, schedules and initializers are listed and explained too.
    """
    from dsl.app.catalogue import catalogue, find, print_entries, print_sections
    from dsl.app.output import print_json

    if name is None:
        sections = catalogue()
        if format == "json":
            print_json({title: [entry.as_json() for entry in entries] for title, entries in sections.items()})
        else:
            print_sections(sections)
        return
    entries = find(name)
    if format == "json":
        print_json([entry.as_json() for entry in entries])
    else:
        print_entries(entries)
