"""The formats of diagrams, a file for each family; importing the package registers them."""

from dsl.diagram.exporter import EXPORTERS, Exporter, Subject, check_size, exporter_of, write
from dsl.diagram.formats import graphs, page, pictures, terminal
from dsl.diagram.formats.graphs import Dot
from dsl.diagram.formats.page import Page
from dsl.diagram.formats.pictures import Svg
from dsl.diagram.formats.terminal import Text

__all__ = [
    "EXPORTERS",
    "Dot",
    "Exporter",
    "Page",
    "Subject",
    "Svg",
    "Text",
    "check_size",
    "exporter_of",
    "graphs",
    "page",
    "pictures",
    "terminal",
    "write",
]
