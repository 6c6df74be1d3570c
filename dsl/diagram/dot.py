"""DOT, the language of Graphviz: the diagram with its looks, as text that any Graphviz draws."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from dsl.diagram.escaping import dot_string, graphviz_label
from dsl.diagram.model import Box, Cluster, Course, Diagram, Edge, Reading, Tag
from dsl.diagram.style import FONT, GRADIENT_LINE, INK, LINE, PALE_INK, Look, look, shade

_WEIGHTS: dict[Course, int] = {"trunk": 1000, "chain": 50, "side": 2, "leaf": 2, "skip": 1, "across": 1}
"""How much straighter and shorter an edge is drawn than others: what skips goes round, so that the trunk is one column."""


def dot_text(diagram: Diagram, dpi: int = 0) -> str:
    """The diagram in DOT; `dpi` is for pictures of dots."""
    return "\n".join(_lines(diagram, dpi)) + "\n"


def _lines(diagram: Diagram, dpi: int) -> Iterator[str]:
    yield f"digraph {dot_string(diagram.title)} {{"
    yield f"  graph [{_attributes({**_GRAPH, **_effort(diagram), **({'dpi': dpi} if dpi else {})})}]"
    yield f"  node [{_attributes(_NODE)}]"
    yield f"  edge [{_attributes(_EDGE)}]"
    yield from _inside(diagram, "", "  ")
    tags = diagram.tag_of
    for edge in diagram.edges:
        yield f"  {_edge(edge, tags)}"
    trunk = {edge.value for edge in diagram.edges if edge.course == "trunk"}
    ways = diagram.ways
    upward = {box.key for box in diagram.boxes if box.is_upward}
    beside = {edge.value for edge in diagram.edges} - {edge.value for edge in diagram.edges if edge.course != "across"}
    for tag in diagram.tags:
        course: Course = "trunk" if tag.key in trunk else "across" if tag.key in beside else "chain"
        yield f"  {_stem(tag, course, ways[tag.box, tag.key], tag.box in upward)}"
    yield "}"


_GRAPH = {
    "fontname": FONT,
    "fontsize": 11,
    "fontcolor": PALE_INK,
    "nodesep": 0.22,
    "ranksep": 0.22,
    "bgcolor": "white",
    "color": "#b8c2cc",
    "pad": 0.15,
}
_NODE = {"fontname": FONT, "fontsize": 12, "fontcolor": INK, "margin": "0.1,0.04", "height": 0.3, "width": 0.4}
_EDGE = {"color": LINE, "arrowsize": 0.6, "penwidth": 1}


def _effort(diagram: Diagram) -> dict[str, object]:
    """Limits to the search for the best drawing where it takes many seconds: in large graphs, and in tangled ones."""
    skips = sum(edge.course == "skip" for edge in diagram.edges)
    if skips > max(_MANY_SKIPS, len(diagram.boxes) / 2):
        return {"nslimit": 0.3, "nslimit1": 1, "mclimit": 0.3}
    return {"mclimit": 0.3} if len(diagram.boxes) > _MANY else {}


_MANY, _MANY_SKIPS = 300, 200


def _inside(diagram: Diagram, around: str, indent: str) -> Iterator[str]:
    """The boxes that lie directly in a cluster, and the clusters in it, which may be nested to any depth."""
    boxes: dict[str, list[Box]] = {}
    tags: dict[str, list[Tag]] = {}
    for box in diagram.boxes:
        boxes.setdefault(box.around, []).append(box)
    homes = {box.key: box.around for box in diagram.boxes}
    for tag in diagram.tags:
        tags.setdefault(homes[tag.box], []).append(tag)
    beside: dict[str, list[Edge]] = {}
    known = diagram.tag_of
    for edge in diagram.edges:
        if edge.course == "side":
            beside.setdefault(homes[edge.source], []).append(edge)
    clusters: dict[str, list[Cluster]] = {}
    for cluster in diagram.clusters:
        clusters.setdefault(cluster.parent, []).append(cluster)
    waiting: list[tuple[Cluster | None, str] | str] = [(None, indent)]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            yield item
            continue
        cluster, indent = item
        key = cluster.key if cluster else ""
        if cluster:
            yield f"{indent[2:]}subgraph {dot_string(f'cluster_{key}')} {{"
            yield f"{indent}graph [{_attributes(_cluster(cluster))}]"
            waiting.append(f"{indent[2:]}}}")
        for box in boxes.get(key, ()):
            yield f"{indent}{_box(box)}"
        for tag in tags.get(key, ()):
            yield f"{indent}{_tag(tag)}"
        for edge in beside.get(key, ()):
            same = [edge.source, *([edge.value] if edge.value in known else []), edge.target]
            yield f"{indent}{{rank=same {' '.join(map(dot_string, same))}}}"
        first = [box for box in boxes.get(key, ()) if box.role not in ("parameter", "constant")]
        if cluster and first:
            pair = f"{dot_string(f't{key}')} {dot_string(first[0].key)}"
            yield f"{indent}{dot_string(f't{key}')} [{_attributes(_title(cluster))}]"
            yield f"{indent}{{rank=same {pair}}}"
            yield f"{indent}{pair.replace(' ', ' -> ')} [style=invis weight=0]"
        waiting += [(inner, f"{indent}  ") for inner in reversed(clusters.get(key, ()))]


def _cluster(cluster: Cluster) -> dict[str, object]:
    line = GRADIENT_LINE if cluster.is_backward else "#9aa7b4"
    return {"label": "", "style": "rounded", "color": line, "margin": 8}


def _title(cluster: Cluster) -> dict[str, object]:
    return {
        "label": _Html(graphviz_label(cluster.title)),
        "shape": "plaintext",
        "fontsize": 11,
        "fontcolor": GRADIENT_LINE if cluster.is_backward else PALE_INK,
        "margin": "0.03,0.0",
        "height": 0.18,
        "width": 0.1,
    }


def _box(box: Box) -> str:
    drawn = look(box)
    attributes: dict[str, object] = {
        "label": _Html(_label(box)),
        "shape": drawn.shape,
        "style": drawn.style,
        "fillcolor": _striped(box, drawn) if drawn.style == "striped" else drawn.fill,
        "color": drawn.line,
        "penwidth": drawn.width,
        "tooltip": box.tooltip or box.title,
    }
    if drawn.borders > 1:
        attributes["peripheries"] = drawn.borders
    return f"{dot_string(box.key)} [{_attributes(attributes)}]"


def _striped(box: Box, drawn: Look) -> str:
    """A bar and the rest, by their shares of the width, which is about that of the longest line."""
    share = _BAR / max(_NARROWEST, _LETTER * max(map(len, box.lines)) + 14)
    return f"{drawn.line};{share:.3f}:{drawn.fill}"


_BAR, _LETTER, _NARROWEST = 5, 5.2, 29
"""The width of the bar, of a letter, and of the narrowest box, in points."""


def _label(box: Box) -> str:
    """The lines of a box as a table, in which readings have a background of their own."""
    title = graphviz_label(box.title)
    rows = [f"<TR><TD>{f'<B>{title}</B>' if box.is_named else title}</TD></TR>"]
    rows += [f'<TR><TD><FONT POINT-SIZE="10">{graphviz_label(text)}</FONT></TD></TR>' for text in box.details]
    rows += [_reading(reading) for reading in box.readings]
    return f'<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="1">{"".join(rows)}</TABLE>'


def _reading(reading: Reading) -> str:
    colour = shade(reading.measure, reading.level)
    background = f' BGCOLOR="{colour}"' if colour else ""
    return f'<TR><TD{background}><FONT POINT-SIZE="10">{graphviz_label(reading.line)}</FONT></TD></TR>'


def _tag(tag: Tag) -> str:
    attributes = {
        "label": _Html(graphviz_label(tag.text)),
        "shape": "plaintext",
        "fontsize": 10,
        "fontcolor": PALE_INK,
        "margin": "0.03,0.0",
        "height": 0.16,
        "width": 0.1,
    }
    return f"{dot_string(tag.key)} [{_attributes(attributes)}]"


def _stem(tag: Tag, course: Course, is_backward: bool, is_upward: bool) -> str:
    """The line from a box to the type that rides on its edges; level where these only lead across."""
    attributes: dict[str, object] = {"weight": _WEIGHTS[course], "arrowhead": "none"}
    if course == "across":
        attributes |= {"minlen": 0}
    if is_backward:
        attributes |= {"color": GRADIENT_LINE}
    return _line(tag.box, tag.key, attributes, is_upward)


def _line(source: str, target: str, attributes: dict[str, object], is_upward: bool) -> str:
    """A line of DOT. What leads up is written the other way round with its arrow at the back, since lines lead down."""
    if not is_upward:
        return f"{dot_string(source)} -> {dot_string(target)} [{_attributes(attributes)}]"
    ends = {"dir": "back", **({"arrowtail": attributes.pop("arrowhead")} if "arrowhead" in attributes else {})}
    return f"{dot_string(target)} -> {dot_string(source)} [{_attributes({**attributes, **ends})}]"


def _edge(edge: Edge, tags: dict[str, Tag]) -> str:
    source = edge.value if edge.value in tags else edge.source
    attributes: dict[str, object] = {"weight": _WEIGHTS[edge.course]}
    if edge.is_backward:
        attributes |= {"color": GRADIENT_LINE}
    if edge.course == "across":
        attributes |= {"minlen": 0}
    return _line(source, edge.target, attributes, edge.is_upward)


class _Html(str):
    """A label in Graphviz's own markup."""


def _attributes(attributes: Mapping[str, object]) -> str:
    return " ".join(f"{name}={_value(value)}" for name, value in attributes.items())


def _value(value: object) -> str:
    if isinstance(value, _Html):
        return f"<{value}>"
    return dot_string(value) if isinstance(value, str) else str(value)
