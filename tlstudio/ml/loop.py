"""The one training loop, on Lightning Fabric. A task brings a `Learning`; the loop brings the
order of things: steps, validation, the best, the checkpoint, and when to end."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from typing import Any, Generic, Protocol, TypeVar

import torch
from torch import Tensor, nn

from tlstudio.domain.errors import UserError
from tlstudio.domain.events import EpochEnded, Progressed
from tlstudio.domain.runs import Ended
from tlstudio.ml.reporter import Reporter

B = TypeVar("B")
Values = dict[str, float]

FRUITLESS = 1 / 3
"""Share of a run's epochs in which nothing may be found, where that is more than the patience."""


@dataclass(frozen=True, slots=True)
class Budget:
    """`steps` is per epoch; `patience` is in epochs, None for no early stopping; `deadline` is a
    time.monotonic() or None."""

    epochs: int
    steps: int
    patience: int | None = None
    deadline: float | None = None

    @property
    def over(self) -> bool:
        return self.deadline is not None and time.monotonic() >= self.deadline


@dataclass(slots=True)
class State:
    """Where a run stands, as a checkpoint keeps it: epochs finished; the best so far, with its
    epoch; the best of the loop's own epochs, and epochs since then; the last epoch's values;
    epochs running, the last of them, that found nothing.

    A best from before the loop (a probe) does not use up the patience: the first epochs after it
    are often worse, and what they lead to is better. Nor do epochs in which the head learns
    alone or the rates still rise: they leave no peak behind.
    """

    epoch: int = 0
    best_epoch: int | None = None
    best: Values = field(default_factory=dict)
    peak: Values = field(default_factory=dict)
    stale: int = 0
    values: Values = field(default_factory=dict)
    fruitless: int = 0

    def count(
        self,
        better: Callable[[Values, Values], bool],
        *,
        judged: bool,
        settling: bool,
        fruitless: bool,
    ) -> None:
        """Take the last epoch's values into the peak and the epochs since then. `judged` says
        whether there are figures to compare, `settling` that the epoch does not count yet,
        `fruitless` that it found nothing."""
        if settling:
            self.peak, self.stale, self.fruitless = {}, 0, 0
        elif not judged or not self.peak or better(self.values, self.peak):
            self.peak, self.stale, self.fruitless = dict(self.values), 0, 0
        elif fruitless:
            self.fruitless += 1
        else:
            self.stale, self.fruitless = self.stale + 1, 0

    def gives_up(self, patience: int, epochs: int) -> bool:
        """Whether a run of `epochs` has waited long enough for something better, or for anything
        at all."""
        most = max(patience, math.ceil(FRUITLESS * epochs))
        return self.stale >= patience or self.fruitless >= most

    def is_best(self, epoch: int) -> bool:
        """Whether the epoch that was judged last is the best. One that a resumed run repeats may
        have been better the first time, broken off, and is then best with the values it had."""
        return self.best_epoch == epoch and self.best == self.values

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


class Keeper(Protocol):
    """Writes checkpoints: the best model so far, and all that is needed to go on."""

    def best(self, state: State) -> None: ...

    def last(self, state: State) -> None: ...


@dataclass(frozen=True, slots=True)
class Learning(Generic[B]):
    """What a task brings.

    `losses` gives means over a batch by name; "loss" is learned from and each is reported with
    "train_" before its name. `rate` sets the rates for a step counted from the run's start,
    `after_backward` may change gradients, `train_mode` prepares the model for an epoch (from 1).
    `evaluate` gives values by name, or nothing where there is nothing to validate on;
    `better(new, best)` compares them, and `fruitless` says of them that nothing was found.
    `settling` says after a step that it is too early to lose patience: the head learns alone, or
    the rates still rise.
    """

    model: nn.Module
    optimizer: torch.optim.Optimizer
    batches: Callable[[int], Iterable[B]]
    losses: Callable[[nn.Module, B], dict[str, Tensor]]
    rate: Callable[[int], None]
    train_mode: Callable[[int], None]
    evaluate: Callable[[], Values]
    better: Callable[[Values, Values], bool]
    after_backward: Callable[[], None] = lambda: None
    settling: Callable[[], bool] = lambda: False
    fruitless: Callable[[Values], bool] = lambda _values: False


def fit(
    fabric: Any,
    learning: Learning[B],
    budget: Budget,
    state: State,
    keeper: Keeper,
    reporter: Reporter,
    *,
    stage: str,
) -> Ended:
    """Train from `state.epoch` to the end of the budget; gives why it ended.

    An epoch that is broken off by `stop` or the time limit is validated and may be the best, but
    is not part of the checkpoint: a resumed run repeats it. Raises Cancelled.
    UserError("training.diverged") where the loss is no number and nothing better is kept.
    """
    model, optimizer = fabric.setup(learning.model, learning.optimizer)
    while state.epoch < budget.epochs:
        if budget.patience is not None and state.gives_up(budget.patience, budget.epochs):
            return Ended.EARLY
        start = time.monotonic()
        epoch = state.epoch + 1
        values, ended = _one_epoch(
            fabric, model, optimizer, learning, budget, epoch, reporter, stage
        )
        if not _finite(values):
            if state.best_epoch is None:
                raise UserError("training.diverged", epoch=epoch)
            reporter.remark("training.diverged", epoch=epoch)
            return Ended.EARLY
        _judge(learning, values, epoch, state, keeper, reporter)
        seconds = time.monotonic() - start
        is_best = state.is_best(epoch)
        reporter.emit(EpochEnded(stage, epoch, budget.epochs, seconds, values, is_best))
        if ended is not None:
            return ended
        state.epoch = epoch
        keeper.last(state)
    return Ended.COMPLETED


def _one_epoch(
    fabric: Any,
    model: nn.Module,
    optimizer: Any,
    learning: Learning[B],
    budget: Budget,
    epoch: int,
    reporter: Reporter,
    stage: str,
) -> tuple[Values, Ended | None]:
    """Means of the training losses, and why the epoch was broken off if it was."""
    learning.train_mode(epoch)
    totals: dict[str, Tensor] = {}
    done, ended = 0, None
    before = (epoch - 1) * budget.steps
    clock = _Clock(budget.epochs * budget.steps - before, budget.deadline)
    for batch in learning.batches(epoch):
        reporter.check()
        learning.rate(before + done)
        optimizer.zero_grad(set_to_none=True)
        losses = learning.losses(model, batch)
        fabric.backward(losses["loss"])
        learning.after_backward()
        optimizer.step()
        for name, value in losses.items():  # summed on the device: reading each would wait for it
            totals[name] = totals[name] + value.detach() if name in totals else value.detach()
        done += 1
        reporter.emit(
            Progressed(
                stage,
                before + done,
                budget.epochs * budget.steps,
                epoch,
                budget.epochs,
                clock.left(done),
            )
        )
        if reporter.stop_wanted or budget.over:
            ended = Ended.USER if reporter.stop_wanted else Ended.TIME
            break
    return {f"train_{n}": float(t) / max(1, done) for n, t in totals.items()}, ended


def _judge(
    learning: Learning[B],
    values: Values,
    epoch: int,
    state: State,
    keeper: Keeper,
    reporter: Reporter,
) -> None:
    """Validate, add the figures to `values`, and keep the model where it is the best so far."""
    reporter.check()
    found = learning.evaluate()
    values.update(found)
    state.values = dict(values)
    state.count(
        learning.better,
        judged=bool(found),
        settling=learning.settling(),
        fruitless=learning.fruitless(values),
    )
    if state.best_epoch is None or not found or learning.better(values, state.best):
        state.best_epoch, state.best = epoch, dict(values)
        keeper.best(state)


def _finite(values: Values) -> bool:
    return all(value - value == 0 for value in values.values())


class _Clock:
    """Seconds left, from the pace of this epoch and never past the time limit; said once ten
    steps or two seconds are known."""

    def __init__(self, total: int, deadline: float | None) -> None:
        self._total, self._deadline = total, deadline
        self._start = time.monotonic()

    def left(self, done: int) -> float | None:
        spent = time.monotonic() - self._start
        if done < 10 and spent < 2:
            return None
        left = spent / done * (self._total - done)
        if self._deadline is not None:
            left = min(left, max(0.0, self._deadline - time.monotonic()))
        return round(left, 1)
