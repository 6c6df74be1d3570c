"""Graphviz in a process of its own: reads graphs in DOT, writes what each comes to. It imports nothing of this package.

What Graphviz says, and a fault in it, stay in here. Its fonts are chosen by the environment, which is this process's own.
"""

from __future__ import annotations

import json
import sys
from typing import Any


def main() -> None:
    """Lay out every graph of a JSON list of `[dot, format]` on standard input.

    Each result is written behind its length in a line of its own.
    """
    from pygraphviz import AGraph

    jobs: Any = json.loads(sys.stdin.buffer.read())
    for text, kind in jobs:
        graph: Any = AGraph(string=text)
        made: bytes = graph.draw(format=kind, prog="dot")
        graph.close()
        sys.stdout.buffer.write(b"%d\n" % len(made))
        sys.stdout.buffer.write(made)


if __name__ == "__main__":
    main()
