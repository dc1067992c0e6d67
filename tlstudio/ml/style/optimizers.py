"""L-BFGS and Adam between black and white, one step at a time."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from typing import Protocol

import torch
from torch import Tensor

from tlstudio.domain.errors import UserError

Evaluate = Callable[[Tensor], tuple[float, Tensor]]
"""(loss, gradient) of a picture in 0..1."""

FIRST_STEP = 0.01
"""Mean change of a value in the first step of L-BFGS, as a share of black to white."""
MOST_HISTORY = 20
HISTORY_BYTES = 400 * 2**20
"""Memory for what L-BFGS remembers; a large picture remembers fewer steps."""
ADAM_RATE = 0.02


class Optimizer(Protocol):
    picture: Tensor
    """The picture that it has come to, in 0..1."""
    loss: float
    """The loss of `picture`; Adam knows only that of the one before. Infinite before a step."""

    def step(self, evaluate: Evaluate) -> bool:
        """One step of one or some evaluations. False: there is nothing better close by.

        UserError("styling.diverged") where losses are no numbers."""
        ...


class LBFGS:
    """Limited-memory BFGS (Nocedal and Wright 2006, Numerical optimization, algorithm 7.4) with
    backtracking, projected: pixels at black or white that would leave the range stay there and
    are left out of the step (Bertsekas 1982, projected Newton methods)."""

    def __init__(self, picture: Tensor, first_step: float = FIRST_STEP) -> None:
        self.picture = picture.clamp(0, 1)
        self.loss = math.inf
        self._first = first_step
        size = picture.numel() * picture.element_size()
        self._history = max(3, min(MOST_HISTORY, HISTORY_BYTES // (2 * size)))
        self._pairs: deque[tuple[Tensor, Tensor, float]] = deque(maxlen=self._history)
        self._gradient: Tensor | None = None

    def step(self, evaluate: Evaluate) -> bool:
        if self._gradient is None:
            self.loss, self._gradient = _finite(*evaluate(self.picture))
        x, slope = self.picture, self._gradient
        stuck = ((x <= 0) & (slope > 0)) | ((x >= 1) & (slope < 0))
        free = slope.masked_fill(stuck, 0)
        direction = self._direction(free).masked_fill_(stuck, 0)
        if self._pairs and _dot(free, direction) >= 0:
            self._pairs.clear()
            direction = self._direction(free)
        reach = 1.0
        if not self._pairs:
            reach = self._first / max(float(direction.abs().mean()), 1e-20)
        for _ in range(8):
            there = torch.add(x, direction, alpha=reach).clamp_(0, 1)
            loss, gradient = evaluate(there)
            gain = _dot(free, there - x)
            if math.isfinite(loss) and loss <= self.loss + 1e-4 * min(gain, 0.0) and gain < 0:
                self._remember(there - x, gradient - slope, stuck)
                self.picture, self.loss, self._gradient = there, loss, gradient
                return True
            reach *= 0.4
        if not self._pairs:
            return False
        self._pairs.clear()
        return True

    def _direction(self, slope: Tensor) -> Tensor:
        """Where the remembered steps say that it goes down most: minus H times `slope`."""
        direction = slope.neg()
        if not self._pairs:
            return direction
        parts = []
        for moved, change, inverse in reversed(self._pairs):
            part = inverse * _dot(moved, direction)
            direction.sub_(change, alpha=part)
            parts.append(part)
        moved, change, inverse = self._pairs[-1]
        direction.mul_(1 / (inverse * _dot(change, change)))
        for (moved, change, inverse), part in zip(self._pairs, reversed(parts), strict=True):
            direction.add_(moved, alpha=part - inverse * _dot(change, direction))
        return direction

    def _remember(self, moved: Tensor, change: Tensor, stuck: Tensor) -> None:
        moved.masked_fill_(stuck, 0)
        change.masked_fill_(stuck, 0)
        curve = _dot(moved, change)
        if curve > 1e-8 * _dot(change, change):
            self._pairs.append((moved, change, 1 / curve))


class Adam:
    """Adam (Kingma and Ba 2015), clamped to the range; the rate falls to a tenth over `steps`."""

    def __init__(self, picture: Tensor, rate: float, steps: int) -> None:
        self.picture = picture.clamp(0, 1)
        self._rate, self._steps, self._done = rate or ADAM_RATE, max(1, steps), 0
        self.loss = math.inf
        self._mean = torch.zeros_like(picture)
        self._square = torch.zeros_like(picture)

    def step(self, evaluate: Evaluate) -> bool:
        self.loss, gradient = _finite(*evaluate(self.picture))
        self._done += 1
        self._mean.lerp_(gradient, 0.1)
        self._square.mul_(0.999).addcmul_(gradient, gradient, value=0.001)
        mean = self._mean / (1 - 0.9**self._done)
        spread = (self._square / (1 - 0.999**self._done)).sqrt_().add_(1e-12)
        rate = self._rate * 0.1 ** min(1.0, self._done / self._steps)
        self.picture = torch.addcdiv(self.picture, mean, spread, value=-rate).clamp_(0, 1)
        return True


def _dot(a: Tensor, b: Tensor) -> float:
    return float(torch.dot(_flat(a), _flat(b)))


def _flat(values: Tensor) -> Tensor:
    """All values as they lie in memory where channels are last; no copy there."""
    return values.permute(0, 2, 3, 1).reshape(-1)


def _finite(loss: float, gradient: Tensor) -> tuple[float, Tensor]:
    if not math.isfinite(loss):
        raise UserError("styling.diverged")
    return loss, gradient
