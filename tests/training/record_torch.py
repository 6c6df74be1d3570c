"""Record PyTorch's trajectories, which the tests of this folder compare with; needs PyTorch, which nothing else does.

    python tests/training/record_torch.py

writes `data/optimizers.json`, `data/schedules.json` and `data/clipping.json` beside this file. Each record holds the
arguments as a program of nn-lang would give them and the numbers of 50 steps, in f64.
"""

import json
from pathlib import Path

import torch
from torch import optim
from torch.optim import lr_scheduler

STEPS = 50
FOLDER = Path(__file__).parent / "data"
START = {"a": [-1.2, 0.7, 1.9], "b": 0.4}
"""Where every run begins: a vector and a scalar."""

RENAMED = {"line_search": "line_search_fn", "size": "step_size"}
CLASSES = {
    "sgd": optim.SGD,
    "adagrad": optim.Adagrad,
    "rmsprop": optim.RMSprop,
    "adadelta": optim.Adadelta,
    "adam": optim.Adam,
    "adamw": optim.AdamW,
    "nadam": optim.NAdam,
    "radam": optim.RAdam,
    "lbfgs": optim.LBFGS,
}
SETTINGS = [
    ("sgd", {}),
    ("sgd", {"lr": 0.02, "weight_decay": 0.1}),
    ("sgd", {"lr": 0.01, "momentum": 0.9}),
    ("sgd", {"lr": 0.01, "momentum": 0.9, "dampening": 0.3}),
    ("sgd", {"lr": 0.01, "momentum": 0.9, "nesterov": True, "weight_decay": 0.05}),
    ("adagrad", {}),
    ("adagrad", {"lr": 0.3, "lr_decay": 0.05, "weight_decay": 0.1, "initial_accumulator_value": 0.2}),
    ("rmsprop", {}),
    ("rmsprop", {"alpha": 0.9, "momentum": 0.5}),
    ("rmsprop", {"centered": True, "weight_decay": 0.1}),
    ("rmsprop", {"lr": 0.02, "alpha": 0.8, "eps": 1e-3, "momentum": 0.9, "centered": True}),
    ("adadelta", {}),
    ("adadelta", {"lr": 5.0, "rho": 0.7, "eps": 1e-4, "weight_decay": 0.1}),
    ("adam", {}),
    ("adam", {"lr": 0.2, "betas": [0.7, 0.9], "eps": 1e-3, "weight_decay": 0.1}),
    ("adam", {"lr": 0.3, "betas": [0.5, 0.6], "amsgrad": True}),
    ("adamw", {}),
    ("adamw", {"lr": 0.1, "weight_decay": 0.3, "amsgrad": True}),
    ("nadam", {}),
    ("nadam", {"lr": 0.1, "weight_decay": 0.1, "momentum_decay": 0.05}),
    ("nadam", {"lr": 0.1, "weight_decay": 0.1, "decoupled_weight_decay": True}),
    ("radam", {}),
    ("radam", {"lr": 0.05, "betas": [0.8, 0.95], "weight_decay": 0.1}),
    ("radam", {"lr": 0.02, "betas": [0.8, 0.6], "weight_decay": 0.1, "decoupled_weight_decay": True}),
    ("lbfgs", {"max_iter": 1}),
    ("lbfgs", {"lr": 0.1, "max_iter": 2, "history_size": 3}),
    ("lbfgs", {"lr": 0.3, "max_iter": 4, "max_eval": 3, "history_size": 2}),
    ("lbfgs", {"max_iter": 1, "line_search": "strong_wolfe"}),
    ("lbfgs", {"max_iter": 2, "max_eval": 8, "line_search": "strong_wolfe"}),
    ("lbfgs", {"lr": 30.0, "max_iter": 3, "max_eval": 30, "history_size": 2, "line_search": "strong_wolfe"}),
    ("lbfgs", {"lr": 5.0, "max_iter": 2, "max_eval": 4, "history_size": 2, "line_search": "strong_wolfe"}),
    ("lbfgs", {"lr": 30.0, "max_iter": 1, "max_eval": 30, "tolerance_change": 0.1, "line_search": "strong_wolfe"}),
    ("lbfgs", {"lr": 1e-3, "max_iter": 1, "max_eval": 3, "history_size": 1, "line_search": "strong_wolfe"}),
]
"""The defaults of each optimiser, and settings that use all it has; large rates make them overshoot."""

CYCLED = [
    ("sgd", {"lr": 0.01, "momentum": 0.9, "nesterov": True}),
    ("rmsprop", {"momentum": 0.3}),
    ("adam", {}),
    ("nadam", {}),
]
"""Run under a one-cycle schedule, which changes the rate and the momentum at every step."""
CYCLE = {"max_lr": 0.02, "total_steps": STEPS}

BASE_RATE = 0.4
SCHEDULES = [
    ("step", {"size": 7}, lambda o: lr_scheduler.StepLR(o, 7)),
    ("step", {"size": 3, "gamma": 0.8}, lambda o: lr_scheduler.StepLR(o, 3, 0.8)),
    ("multi_step", {"milestones": [4, 4, 30]}, lambda o: lr_scheduler.MultiStepLR(o, [4, 4, 30])),
    ("multi_step", {"milestones": [0, 1, 49], "gamma": 0.5}, lambda o: lr_scheduler.MultiStepLR(o, [0, 1, 49], 0.5)),
    ("exponential", {"gamma": 0.9}, lambda o: lr_scheduler.ExponentialLR(o, 0.9)),
    ("cosine", {"steps": 49}, lambda o: lr_scheduler.CosineAnnealingLR(o, 49)),
    ("cosine", {"steps": 12, "min_lr": 0.01}, lambda o: lr_scheduler.CosineAnnealingLR(o, 12, 0.01)),
    ("polynomial", {"total": 40}, lambda o: lr_scheduler.PolynomialLR(o, 40)),
    ("polynomial", {"total": 60, "power": 2.5}, lambda o: lr_scheduler.PolynomialLR(o, 60, 2.5)),
    ("warmup", {"steps": 5}, lambda o: lr_scheduler.LinearLR(o)),
    ("warmup", {"steps": 20, "start_factor": 0.1}, lambda o: lr_scheduler.LinearLR(o, 0.1, 1.0, 20)),
    (
        "warmup",
        {"steps": 10, "start_factor": 0.2, "then": ["cosine", {"steps": 40}]},
        lambda o: lr_scheduler.SequentialLR(
            o, [lr_scheduler.LinearLR(o, 0.2, 1.0, 10), lr_scheduler.CosineAnnealingLR(o, 40)], [10]
        ),
    ),
    (
        "warmup",
        {"steps": 7, "then": ["step", {"size": 6, "gamma": 0.5}]},
        lambda o: lr_scheduler.SequentialLR(
            o, [lr_scheduler.LinearLR(o, total_iters=7), lr_scheduler.StepLR(o, 6, 0.5)], [7]
        ),
    ),
    ("one_cycle", {"max_lr": 0.9, "total_steps": 50}, lambda o: lr_scheduler.OneCycleLR(o, 0.9, 50)),
    (
        "one_cycle",
        {
            "max_lr": 0.9,
            "total_steps": 50,
            "pct_start": 0.25,
            "anneal_strategy": "linear",
            "base_momentum": 0.7,
            "max_momentum": 0.99,
            "div_factor": 10.0,
            "final_div_factor": 100.0,
        },
        lambda o: lr_scheduler.OneCycleLR(
            o,
            0.9,
            50,
            pct_start=0.25,
            anneal_strategy="linear",
            base_momentum=0.7,
            max_momentum=0.99,
            div_factor=10.0,
            final_div_factor=100.0,
        ),
    ),
    (
        "one_cycle",
        {"max_lr": 0.9, "total_steps": 50, "pct_start": 0.33, "three_phase": True},
        lambda o: lr_scheduler.OneCycleLR(o, 0.9, 50, pct_start=0.33, three_phase=True),
    ),
    (
        "one_cycle",
        {"max_lr": 0.9, "total_steps": 50, "cycle_momentum": False},
        lambda o: lr_scheduler.OneCycleLR(o, 0.9, 50, cycle_momentum=False),
    ),
]
PLATEAUS = [
    {"patience": 2},
    {"patience": 0, "factor": 0.5, "threshold": 0.05, "min_lr": 0.01},
    {"patience": 1, "factor": 0.7, "threshold": 0.02, "threshold_mode": "abs", "cooldown": 3},
    {"patience": 1, "factor": 0.6, "mode": "max", "cooldown": 1},
    {"patience": 1, "factor": 0.6, "mode": "max", "threshold": 0.1, "threshold_mode": "abs", "eps": 0.02},
]


def loss_of(parameters):
    """A chain of Rosenbrock's valleys with ripples: not convex, every element tied to its neighbour."""
    x = torch.cat([parameters["a"], parameters["b"].reshape(1)])
    valleys = ((x[1:] - x[:-1] ** 2) ** 2 + 0.1 * (1 - x[:-1]) ** 2).sum()
    return valleys + 0.3 * torch.sin(3 * x).sum()


def parameters_at_start():
    """New parameters, and those that an optimiser is given."""
    return {name: torch.tensor(value, requires_grad=True) for name, value in START.items()}


def pytorch_arguments(arguments):
    """The arguments under PyTorch's names."""
    return {RENAMED.get(name, name): value for name, value in arguments.items()}


def run(name, arguments, schedule=None):
    """The parameters after each step, as one vector."""
    parameters = parameters_at_start()
    optimizer = CLASSES[name](parameters.values(), **pytorch_arguments(arguments))
    scheduler = schedule(optimizer) if schedule else None

    def closure():
        optimizer.zero_grad()
        loss = loss_of(parameters)
        loss.backward()
        return loss

    trajectory = []
    for step in range(STEPS):
        optimizer.step(closure)
        if scheduler and step < STEPS - 1:
            scheduler.step()
        trajectory.append(torch.cat([parameters["a"], parameters["b"].reshape(1)]).tolist())
    return trajectory


def record_optimizers():
    """Every setting by itself, and some under a schedule that changes the momentum."""
    runs = [{"name": name, "arguments": arguments, "trajectory": run(name, arguments)} for name, arguments in SETTINGS]
    cycled = [
        {"name": name, "arguments": arguments, "trajectory": run(name, arguments, cycle)} for name, arguments in CYCLED
    ]
    return {"start": START, "runs": runs, "cycle": CYCLE, "cycled": cycled}


def cycle(optimizer):
    """The schedule of the runs with a changing momentum."""
    return lr_scheduler.OneCycleLR(optimizer, **CYCLE)


def record_schedules():
    """The rate, and where it changes the momentum, of each of the steps."""
    runs = []
    for name, arguments, make in SCHEDULES:
        optimizer = optim.SGD([torch.zeros(1)], lr=BASE_RATE, momentum=0.5)
        scheduler, rates, momenta = make(optimizer), [], []
        for step in range(STEPS):
            rates.append(optimizer.param_groups[0]["lr"])
            momenta.append(optimizer.param_groups[0]["momentum"])
            optimizer.step()
            if step < STEPS - 1:
                scheduler.step()
        cycles = name == "one_cycle" and arguments.get("cycle_momentum", True)
        runs.append({"name": name, "arguments": arguments, "rates": rates, "momenta": momenta if cycles else None})
    values = [(1 + 3 * 0.9**step) * (1 + 0.2 * ((step * 7919) % 13) / 13) for step in range(STEPS)]
    values[5] = 1e6
    return {
        "base_rate": BASE_RATE,
        "runs": runs,
        "watched": values,
        "plateaus": [{"arguments": arguments, "rates": plateau(arguments, values)} for arguments in PLATEAUS],
    }


def plateau(arguments, values):
    """The rate after each of the watched values."""
    optimizer = optim.SGD([torch.zeros(1)], lr=BASE_RATE)
    scheduler, rates = lr_scheduler.ReduceLROnPlateau(optimizer, **arguments), []
    for value in values:
        scheduler.step(value)
        rates.append(optimizer.param_groups[0]["lr"])
    return rates


def record_clipping():
    """Gradients clipped by their norm and by value, and the norms before."""
    gradients = {"a": [3.0, -4.0, 0.5], "b": -2.5}
    records = []
    for max_norm in [0.1, 1.0, 5.0, 5.65, 5.7, 100.0]:
        parameters = parameters_at_start()
        for name, parameter in parameters.items():
            parameter.grad = torch.tensor(gradients[name])
        norm = torch.nn.utils.clip_grad_norm_(parameters.values(), max_norm)
        clipped = {name: parameter.grad.tolist() for name, parameter in parameters.items()}
        records.append({"max_norm": max_norm, "norm": norm.item(), "clipped": clipped})
    by_value = []
    for max_value in [0.2, 2.5, 3.5]:
        parameters = parameters_at_start()
        for name, parameter in parameters.items():
            parameter.grad = torch.tensor(gradients[name])
        torch.nn.utils.clip_grad_value_(parameters.values(), max_value)
        clipped = {name: parameter.grad.tolist() for name, parameter in parameters.items()}
        by_value.append({"max_value": max_value, "clipped": clipped})
    return {"gradients": gradients, "by_norm": records, "by_value": by_value}


def main():
    """Write all records."""
    torch.set_default_dtype(torch.float64)
    FOLDER.mkdir(exist_ok=True)
    records = {"optimizers": record_optimizers(), "schedules": record_schedules(), "clipping": record_clipping()}
    for name, record in records.items():
        record["made_by"] = f"tests/training/record_torch.py with torch {torch.__version__}"
        (FOLDER / f"{name}.json").write_text(json.dumps(record).replace('{"name"', '\n{"name"') + "\n")


if __name__ == "__main__":
    main()
