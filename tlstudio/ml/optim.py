"""Optimiser groups with layer-wise decayed rates, the schedule, and the pull of L2-SP."""

from __future__ import annotations

import math
from collections.abc import Container, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

WARM_UP = 0.1  # share of all steps
FLOOR = 0.01  # the last rate, as a share of the highest


@dataclass(frozen=True, slots=True)
class Rates:
    """`base` is the rate of the head; each stage further from it learns at `decay` times the
    rate of the stage after it. Weight decay spares biases and norms."""

    base: float
    decay: float = 1.0
    weight_decay: float = 0.0


def stages_of(blocks: Sequence[Sequence[nn.Module]], model: nn.Module) -> list[list[nn.Parameter]]:
    """The parameters of `model` from input to output, one list a stage: the blocks that have
    parameters, then what is in no block. Parameters that the model holds before its first block
    (position embeddings, say) belong to the first stage."""
    seen: set[int] = set()

    def fresh(modules: Sequence[nn.Module]) -> list[nn.Parameter]:
        own = [p for module in modules for p in module.parameters() if id(p) not in seen]
        seen.update(id(p) for p in own)
        return own

    stages = [found for modules in blocks if (found := fresh(modules))]
    head = fresh([getattr(model, "head", nn.Identity())])
    rest = fresh([model])
    if rest:
        stages[:1] = [rest + (stages[0] if stages else [])]
    return [*stages, head] if head else stages


def groups(
    stages: Sequence[list[nn.Parameter]],
    rates: Rates,
    *,
    last: int,
    still: Container[int] = frozenset(),
) -> list[dict[str, Any]]:
    """Optimiser groups of the `last` stages; the others, and parameters whose id is in `still`,
    are frozen (no gradients).

    Each group carries "top", the highest rate that the schedule gives it.
    """
    made: list[dict[str, Any]] = []
    for distance, stage in enumerate(reversed(stages)):
        for parameter in stage:
            parameter.requires_grad_(distance < last and id(parameter) not in still)
        if distance >= last:
            continue
        top = rates.base * rates.decay**distance
        for decayed in (True, False):
            chosen = [p for p in stage if p.requires_grad and (p.ndim > 1) is decayed]
            if chosen:
                decay = rates.weight_decay if decayed else 0.0
                made.append({"params": chosen, "lr": top, "top": top, "weight_decay": decay})
    return made


def warm_steps(steps: int) -> int:
    """How many of `steps` the warm-up takes."""
    return max(1, round(WARM_UP * steps))


def warm_cosine(step: float, steps: int) -> float:
    """Share of the highest rate at `step` of `steps`: a linear warm-up, then half a cosine."""
    warm = warm_steps(steps)
    if step < warm:
        return (step + 1) / warm
    along = (step - warm) / max(1, steps - warm)
    return FLOOR + (1 - FLOOR) * 0.5 * (1 + math.cos(math.pi * min(1.0, along)))


def set_rates(optimizer: torch.optim.Optimizer, share: float) -> None:
    for group in optimizer.param_groups:
        group["lr"] = group["top"] * share


class Pull:
    """L2-SP (Li, Grandvalet and Davoine 2018): a pull of parameters towards where they started.

    The gradient of strength / 2 * |w - w0|^2 is added to the gradients after each backward pass;
    `strength` may be changed in between.
    """

    def __init__(self, parameters: Sequence[nn.Parameter], strength: float) -> None:
        self._parameters = [p for p in parameters if p.requires_grad]
        self._anchors = [p.detach().clone() for p in self._parameters]
        self.strength = strength

    @torch.no_grad()
    def apply(self) -> None:
        kept = [
            (p.grad, p, anchor)
            for p, anchor in zip(self._parameters, self._anchors, strict=True)
            if p.grad is not None
        ]
        if not kept:
            return
        gradients, values, anchors = (list(column) for column in zip(*kept, strict=True))
        torch._foreach_add_(gradients, values, alpha=self.strength)
        torch._foreach_sub_(gradients, anchors, alpha=self.strength)
