"""An explanation walked through: one value a key press, forward, backward, and the update."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

import click

from dsl.explain.document import Block, Document, Heading
from dsl.explain.formats import Text
from dsl.source.painting import styled

_NEXT = {" ", "\r", "\n", "n", "j", "\x1b[C", "\x1b[B"}
_BACK = {"b", "p", "k", "\x7f", "\x1b[D", "\x1b[A"}
_REST, _QUIT = {"a"}, {"q", "\x1b", "\x03", "\x04"}
_HELP = "space: next   b: back   a: all the rest   q: quit"


def walk(document: Document, writer: Text, read_key: Callable[[], str] = click.getchar) -> None:
    """Show the blocks one by one, each after a key. Raises UsageError where there is no terminal to press keys in."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise click.UsageError("--step waits for keys, and there is no terminal; without it everything is printed")
    scenes = list(_scenes(document.blocks))
    at = 0
    _show(scenes[at], writer)
    while at + 1 < len(scenes):
        click.echo(styled(f"[{at + 1}/{len(scenes)}]  {_HELP}", dim=True), nl=False)
        key = read_key()
        click.echo("\r\x1b[K", nl=False)
        if key in _QUIT:
            return
        if key in _BACK:
            at = max(at - 1, 0)
            _show(scenes[at], writer)
        elif key in _REST:
            for scene in scenes[at + 1 :]:
                _show(scene, writer)
            return
        elif key in _NEXT:
            at += 1
            _show(scenes[at], writer)


def _scenes(blocks: Sequence[Block]) -> list[list[Block]]:
    """What is shown at a time: a block, with the headings before it."""
    scenes: list[list[Block]] = [[]]
    for block in blocks:
        if scenes[-1] and not isinstance(scenes[-1][-1], Heading):
            scenes.append([])
        scenes[-1].append(block)
    return scenes


def _show(scene: Sequence[Block], writer: Text) -> None:
    for block in scene:
        click.echo(f"{painted(writer.block(block))}\n")


def painted(text: str) -> str:
    """The text of an explanation in colours: headings bold, derivatives and margins apart from the rest."""
    from rich.console import Console
    from rich.text import Text as RichText

    from dsl.app.output import console

    page: Console = console()
    if not page.is_terminal:
        return text
    rich = RichText(text)
    rich.highlight_regex(r"(?m)^.+\n[═─]+$", "bold")
    rich.highlight_regex(r"∂[^\s/()]+/∂[^\s(),=]+", "cyan")
    rich.highlight_regex(r"(?m)   \[[^\]\n]*(?:\[[^\]\n]*\])?[^\]\n]*\]$", "dim")
    rich.highlight_regex(r"(?m)^ {4}(where|together|on the path .+?|through .+?):", "dim")
    with page.capture() as captured:
        page.print(rich, end="", soft_wrap=True)
    return captured.get()
