"""Graphs for other programs: DOT for Graphviz, Mermaid for Markdown, and the node-link data of NetworkX."""

from __future__ import annotations

import json
from typing import ClassVar

from dsl.diagram.dot import dot_text
from dsl.diagram.exporter import EXPORTERS, Subject
from dsl.diagram.mermaid import mermaid_text
from dsl.diagram.node_link import node_link


@EXPORTERS.register(".dot")
class Dot:
    """Text for Graphviz."""

    ending: ClassVar[str]
    doc: ClassVar[str] = "text for Graphviz, with all looks"
    is_laid_out: ClassVar[bool] = False

    def check(self) -> None:
        """Nothing is needed."""

    def export(self, subject: Subject) -> bytes:
        """The text."""
        return dot_text(subject.diagram).encode()


@EXPORTERS.register(".mmd")
class Mermaid:
    """Text for Mermaid."""

    ending: ClassVar[str]
    doc: ClassVar[str] = "text for Mermaid, which hosts of repositories draw in Markdown"
    is_laid_out: ClassVar[bool] = False

    def check(self) -> None:
        """Nothing is needed."""

    def export(self, subject: Subject) -> bytes:
        """The text."""
        return mermaid_text(subject.diagram).encode()


@EXPORTERS.register(".json")
class NodeLink:
    """Data for NetworkX."""

    ending: ClassVar[str]
    doc: ClassVar[str] = "node-link data, which `networkx.node_link_graph` reads"
    is_laid_out: ClassVar[bool] = False

    def check(self) -> None:
        """Nothing is needed."""

    def export(self, subject: Subject) -> bytes:
        """The document."""
        return f"{json.dumps(node_link(subject.diagram), ensure_ascii=False, indent=1)}\n".encode()
