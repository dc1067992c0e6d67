"""The shared loop set up for a run: Fabric, the checkpoint to go on from, the budget."""

from __future__ import annotations

from typing import Any, TypeVar

from torch import nn

from tlstudio.domain.runs import Ended
from tlstudio.ml.devices import Device
from tlstudio.ml.loop import Budget, Learning, State, fit
from tlstudio.ml.reporter import Reporter
from tlstudio.ml.runs.keeping import Keeper

B = TypeVar("B")
USUAL_MOMENTUM = 0.1  # of batch norm, as the library has it


def fit_run(
    learning: Learning[B],
    budget: Budget,
    state: State,
    keeper: Keeper,
    reporter: Reporter,
    *,
    device: Device,
    precision: Any,
    saved: dict[str, Any] | None,
    stage: str = "training.stage.finetune",
) -> Ended:
    """`loop.fit` from where `saved` (the checkpoint, None at the start) left model and optimiser.

    The model comes with the weights that the run began with, of which `learning` may have taken
    a copy (L2-SP pulls towards them), and gets the checkpoint's only here.
    """
    from lightning_fabric import Fabric

    hasten_fresh_norms(learning.model)
    if saved:
        learning.model.load_state_dict(saved["model"])
    if saved and saved["optimizer"]:
        learning.optimizer.load_state_dict(saved["optimizer"])
    keeper.optimizer, keeper.precision = learning.optimizer, precision
    fabric = Fabric(accelerator=device.kind, devices=1, precision=precision)
    return fit(fabric, learning, budget, state, keeper, reporter, stage=stage)


def hasten_fresh_norms(model: nn.Module) -> None:
    """Let batch norm without statistics of its own gather them quickly enough for a short run.

    Mobile networks and SSDlite come with a momentum of 0.01 or 0.03, made for hundreds of
    thousands of steps: after some hundred, validation would still divide by the variance of 1
    that they begin with, and find nothing.
    """
    for norm in model.modules():
        if not isinstance(norm, nn.modules.batchnorm._BatchNorm):
            continue
        mean, variance = norm.running_mean, norm.running_var
        if mean is None or variance is None:
            continue
        fresh = bool((variance == 1).all()) and not bool(mean.any())
        if fresh and norm.momentum is not None:
            norm.momentum = max(norm.momentum, USUAL_MOMENTUM)
