"""When a detector's parts learn, and at which rates."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import nn

from tlstudio.domain.recipe import Recipe
from tlstudio.ml.detection.canvas import Canvas
from tlstudio.ml.detection.learning import make_learning
from tlstudio.ml.loop import Learning
from tlstudio.ml.optim import FLOOR, Rates
from tlstudio.ml.runs.course import Course
from tlstudio.ml.runs.plan import Plan

STEPS, EPOCHS = 26, 59  # 205 images by 8


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first, self.head = nn.Linear(2, 2), nn.Linear(2, 2)

    def blocks(self) -> list[tuple[str, list[nn.Module]]]:
        return [("first", [self.first])]


def lesson(net: Any, **facts: Any) -> Learning[Any]:
    store: Any = None
    return make_learning(
        net,
        store,
        Canvas(64, 64, (0.0,) * 3, (1.0,) * 3),
        Course(np.arange(205), 8, STEPS, EPOCHS),
        Plan(True, 2, Rates(0.01), 0.0),
        Recipe(augmentation="none"),
        norms=[],
        device=torch.device("cpu"),
        evaluate=dict,
        **facts,
    )


def course_of(room: int) -> tuple[list[bool], list[float]]:
    """Whether the backbone learned, and the head's rate, in each step of a run that has time for
    `room` steps."""
    net, now = Net(), [0.0]
    made = lesson(net, spent=lambda: now[0])
    learned, rates = [], []
    for step in range(room):
        now[0] = step / room
        if step % STEPS == 0:
            made.train_mode(1 + step // STEPS)
        made.rate(step)
        learned.append(net.first.weight.requires_grad)
        rates.append(made.optimizer.param_groups[0]["lr"])
    return learned, rates


def test_a_time_limit_leaves_the_head_its_share_of_the_time_alone() -> None:
    for room in (60, 312):
        learned, rates = course_of(room)
        alone = learned.index(True)
        assert 0.1 * room < alone < 0.2 * room and all(learned[alone:])
        assert max(rates[:alone]) > 0.009 and max(rates[alone:]) > 0.009
        low = sum(rate < 0.01 * 2 * FLOOR for rate in rates)
        assert low < 0.15 * room and rates[-1] < 0.001


def test_patience_counts_once_all_of_it_learns_at_full_rates_and_finds_something() -> None:
    made = lesson(Net())
    made.train_mode(1)
    made.rate(0)
    assert made.settling()
    made.train_mode(20)
    made.rate(19 * STEPS)
    assert not made.settling()
    assert made.fruitless({"map50": 0.0, "map50_95": 0.0})
    assert not made.fruitless({"map50": 0.1, "map50_95": 0.02})
    assert not made.fruitless({"train_loss": 1.0}), "nothing there that could be found"
