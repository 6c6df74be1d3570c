"""Schedules of the learning rate by name, with PyTorch's semantics and defaults."""

from dsl.training.schedules.cycle import OneCycle, Warmup
from dsl.training.schedules.decay import Constant, Cosine, Exponential, MultiStep, Polynomial, Step
from dsl.training.schedules.plateau import PlateauState, ReduceOnPlateau
from dsl.training.schedules.schedule import SCHEDULES, Schedule, Unit
from dsl.training.schedules.state import ScheduleState

make = SCHEDULES.make

__all__ = [
    "SCHEDULES",
    "Constant",
    "Cosine",
    "Exponential",
    "MultiStep",
    "OneCycle",
    "PlateauState",
    "Polynomial",
    "ReduceOnPlateau",
    "Schedule",
    "ScheduleState",
    "Step",
    "Unit",
    "Warmup",
    "make",
]
