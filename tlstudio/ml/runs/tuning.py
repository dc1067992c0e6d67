"""A plan made real: the optimiser, and what learns, rests and is pulled in which epoch."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import nn

from tlstudio.domain.recipe import Recipe
from tlstudio.ml.optim import Pull, groups, set_rates, warm_cosine, warm_steps
from tlstudio.ml.runs.plan import FROZEN_SHARE, Plan

SMALL_BATCH = 16  # frozen batch norm up to this batch, where weights are pretrained

_BATCH_NORM = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)


def batch_norms(model: nn.Module) -> list[nn.Module]:
    return [module for module in model.modules() if isinstance(module, _BATCH_NORM)]


def freezes_batch_norm(recipe: Recipe, *, pretrained: bool, batch: int) -> bool:
    """Automatic: with pretrained weights and batches too small to measure averages by."""
    if recipe.freeze_batch_norm == "auto":
        return pretrained and batch <= SMALL_BATCH
    return recipe.freeze_batch_norm == "yes"


class Tuning:
    """What `Learning` needs of a plan: `optimizer`, `begin`, `rate`, `settling` and
    `after_backward`.

    `stages` are the parameters from input to output, the head last; `blocks` the modules of the
    stages before it; `norms` the batch norms that keep their averages and do not learn. In the
    first `frozen_epochs` only the head learns, on a course of rates of its own. `spent` gives the
    share of the time limit that is used up (0 without one): where time runs ahead of the steps,
    both courses follow it, so that a run the limit ends has learned at low rates at last, and the
    head's ends at its share of the time, within an epoch too.
    """

    def __init__(
        self,
        model: nn.Module,
        stages: Sequence[list[nn.Parameter]],
        blocks: Sequence[Sequence[nn.Module]],
        plan: Plan,
        *,
        norms: Sequence[nn.Module],
        device: torch.device,
        steps: int,
        epochs: int,
        frozen_epochs: int = 0,
        spent: Callable[[], float] = lambda: 0.0,
    ) -> None:
        self._model = model
        still = {id(p) for norm in norms for p in norm.parameters()}
        self._norms = list(norms)
        self._blocks = [module for modules in blocks for module in modules]
        before_head = [p for stage in stages[:-1] for p in stage]
        made = groups(stages, plan.rates, last=plan.learning, still=still)
        self._pull = Pull(before_head, plan.l2_sp) if plan.l2_sp else None
        if self._pull is not None:
            backbone = {id(p) for p in before_head}
            for group in made:
                if id(group["params"][0]) in backbone:
                    group["weight_decay"] = 0.0
        self.optimizer = torch.optim.AdamW(made, fused=device.type in ("cpu", "cuda"))
        self._thawing = [p for p in before_head if p.requires_grad]
        self._steps, self._epochs, self._frozen_epochs = steps, epochs, frozen_epochs
        self._spent = spent
        self._thawed: tuple[int, float] | None = None if frozen_epochs else (0, 0.0)
        self._warming = True

    def begin(self, epoch: int) -> None:
        """Put the model into training mode for `epoch` (from 1); what is frozen stays in eval
        mode, so that no average of it changes."""
        if self._thawed is None and epoch > self._frozen_epochs:
            self._thawed = (self._frozen_epochs * self._steps, self._spent())
        self._wake()

    def _wake(self) -> None:
        """Let learn what shall learn by now."""
        for parameter in self._thawing:
            parameter.requires_grad_(self._thawed is not None)
        self._model.train()
        for module in self._norms:
            module.eval()
        for module in self._blocks:
            if is_frozen(module):
                module.eval()

    def rate(self, step: int) -> None:
        """The rates of a step counted from the run's start."""
        spent = self._spent()
        if self._thawed is None and spent >= FROZEN_SHARE:
            self._thawed = (step, spent)
            self._wake()
        if self._thawed is None:
            first, begun = 0, 0.0
            last, end = self._frozen_epochs * self._steps, FROZEN_SHARE
        else:
            first, begun = self._thawed
            last, end = self._epochs * self._steps, 1.0
        by_time = (spent - begun) / max(1e-9, end - begun) * (last - first)
        along = max(step - first, by_time)
        self._warming = along < warm_steps(last - first)
        set_rates(self.optimizer, warm_cosine(along, last - first))

    def settling(self) -> bool:
        """Whether in the last step the head learned alone, or the rates were on their way up."""
        return self._thawed is None or self._warming

    def after_backward(self) -> None:
        if self._pull is not None:
            self._pull.apply()


def is_frozen(module: nn.Module) -> bool:
    parameters = list(module.parameters())
    return bool(parameters) and not any(p.requires_grad for p in parameters)
