"""The words of an explanation, in each language that it can be told in."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """Sentences with places `{name}` for names, values and counts."""

    language: str
    comma: str
    last: str
    line: str
    fed_by: str
    folded: str

    forward: str
    origins: str
    placeholder_default: str
    placeholder_fed: str
    placeholder_data: str
    parameter: str
    constant: str
    operation: str
    operation_alone: str
    layer: str
    function: str
    inside: str
    inside_with: str

    backward: str
    seed: str
    seed_summed: str
    gradient: str
    paths: str
    uses: str
    by_path: str
    by_use: str
    together: str
    local: str
    elementwise: str
    product: str
    too_long: str
    not_differentiated: str
    no_gradients: str

    feeds: str
    feeds_nothing: str
    integer: str
    no_way: str
    nothing_differentiated: str

    training: str
    rule: str
    step: str
    step_alone: str
    parameter_column: str
    before_column: str
    gradient_column: str
    move_column: str
    after_column: str
    norm: str


ENGLISH = Words(
    language="en",
    comma=", ",
    last=" and ",
    line="line {line}",
    fed_by="The first {rows} rows of {dataset} are fed to it.",
    folded="Folded into one step each: {layers}. `--depth` opens them.",
    forward="Forward: every value, in running order",
    origins="Where it comes from, from the beginning",
    placeholder_default="{name} is a placeholder, given by default",
    placeholder_fed="{name} is a placeholder, given",
    placeholder_data="{name} is a placeholder, given from {dataset}",
    parameter="{name} is a parameter, given",
    constant="{name} is a constant",
    operation="{name} computes itself from {inputs}",
    operation_alone="{name} computes itself",
    layer="{name}, the layer {title}, computes itself from {inputs}{inside}",
    function="{name}, a call of {title}, computes itself from {inputs}{inside}",
    inside=" in {operations} operations",
    inside_with=" in {operations} operations, with its parameters {parameters}",
    backward="Backward: the gradient of {of}, by the chain rule",
    seed="{partial}: a value follows itself",
    seed_summed="{partial}: {of} is not a single number, so its sum is differentiated",
    gradient="{partial}",
    paths="{partial}, the sum over {count} paths",
    uses="{partial}, the sum over {count} uses, in which {paths} paths meet",
    by_path="on the path {path}",
    by_use="through {user}",
    together="together",
    local="where",
    elementwise="element by element",
    product="a vector-Jacobian product",
    too_long="a vector-Jacobian product of {operations} operations",
    not_differentiated="Nothing is differentiated: {reason}",
    no_gradients="no gradient is asked for",
    feeds="{name} feeds {users}.",
    feeds_nothing="Nothing uses {name}.",
    integer="{name} has no gradient: values of type {dtype} do not change smoothly.",
    no_way="{name} has no gradient: no smooth path leads from it to {of}.",
    nothing_differentiated="Nothing is differentiated, so {name} has no gradient.",
    training="Training: {run}, by {optimizer}",
    rule="For each parameter θ with its gradient g = ∂{of}/∂θ:",
    step="Step {number}: {of} is {loss}, and with {coefficients} the parameters move",
    step_alone="Step {number}: {of} is {loss}, and the parameters move",
    parameter_column="parameter",
    before_column="before",
    gradient_column="gradient",
    move_column="move",
    after_column="after",
    norm="norm {norm}",
)

CHINESE = Words(
    language="zh",
    comma="、",
    last=" 和 ",
    line="第 {line} 行",
    fed_by="喂进来的是 {dataset} 的前 {rows} 行。",
    folded="下列各层合并成一步来讲：{layers}。用 `--depth` 可以展开。",
    forward="前向：按运行顺序，一个一个地说自己的值",
    origins="来源：从头说起",
    placeholder_default="我是占位符 {name}，我的值别人已经给好了，用的是默认值",
    placeholder_fed="我是占位符 {name}，我的值别人已经给好了",
    placeholder_data="我是占位符 {name}，我的值别人已经从 {dataset} 取来给好了",
    parameter="我是参数 {name}，我的值已经给好了，训练会改动它",
    constant="我是常数 {name}",
    operation="我是 {name}，没有人给我值，我得自己用 {inputs} 算出来",
    operation_alone="我是 {name}，没有人给我值，我得自己算出来",
    layer="我是 {title} 层 {name}，没有人给我值，我得自己用 {inputs} 算出来{inside}",
    function="我是函数 {title} 的结果 {name}，没有人给我值，我得自己用 {inputs} 算出来{inside}",
    inside="，共 {operations} 步运算",
    inside_with="，共 {operations} 步运算，用到自己的参数 {parameters}",
    backward="反向：用链式法则求 {of} 的梯度",
    seed="{partial}：我就是自己，跟着自己变",
    seed_summed="{partial}：{of} 不是一个数，所以对它的总和求导",
    gradient="{partial}",
    paths="{partial}，把 {count} 条路径加起来",
    uses="{partial}，把 {count} 处用到它的地方加起来，共有 {paths} 条路径",
    by_path="沿着 {path}",
    by_use="经过 {user}",
    together="合起来",
    local="其中",
    elementwise="逐个元素",
    product="向量与雅可比矩阵之积",
    too_long="向量与雅可比矩阵之积，共 {operations} 步运算",
    not_differentiated="这里不求导：{reason}",
    no_gradients="没有要求梯度",
    feeds="{name} 的值交给了 {users}。",
    feeds_nothing="没有谁用到 {name}。",
    integer="{name} 没有梯度：{dtype} 类型的值不能连续变化。",
    no_way="{name} 没有梯度：从它到 {of} 没有可以求导的路径。",
    nothing_differentiated="这里不求导，所以 {name} 没有梯度。",
    training="训练：{run}，用 {optimizer}",
    rule="对每个参数 θ 和它的梯度 g = ∂{of}/∂θ：",
    step="第 {number} 步：{of} 是 {loss}；取 {coefficients}，参数这样移动",
    step_alone="第 {number} 步：{of} 是 {loss}，参数这样移动",
    parameter_column="参数",
    before_column="原来",
    gradient_column="梯度",
    move_column="移动",
    after_column="之后",
    norm="范数 {norm}",
)

LANGUAGES: dict[str, Words] = {words.language: words for words in (ENGLISH, CHINESE)}
