"""Optimisers by name: hyper-parameters as in PyTorch, update rules as formulas, and the state that drives them."""

from dsl.training.optimizers.adam import Adam, AdamW, NAdam, RAdam
from dsl.training.optimizers.adaptive import Adadelta, Adagrad, Rmsprop
from dsl.training.optimizers.lbfgs import Lbfgs, LbfgsMemory
from dsl.training.optimizers.momentum import Lion, Sgd
from dsl.training.optimizers.optimizer import OPTIMIZERS, Elementwise, Optimizer
from dsl.training.optimizers.state import LbfgsState, OptimizerState, start

make = OPTIMIZERS.make

__all__ = [
    "OPTIMIZERS",
    "Adadelta",
    "Adagrad",
    "Adam",
    "AdamW",
    "Elementwise",
    "Lbfgs",
    "LbfgsMemory",
    "LbfgsState",
    "Lion",
    "NAdam",
    "Optimizer",
    "OptimizerState",
    "RAdam",
    "Rmsprop",
    "Sgd",
    "make",
    "start",
]
