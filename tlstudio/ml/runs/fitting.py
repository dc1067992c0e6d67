"""The shared loop set up for a run: Fabric, the checkpoint to go on from, the budget."""

from __future__ import annotations

from typing import Any, TypeVar

from tlstudio.domain.runs import Ended
from tlstudio.ml.devices import Device
from tlstudio.ml.loop import Budget, Learning, State, fit
from tlstudio.ml.reporter import Reporter
from tlstudio.ml.runs.keeping import Keeper

B = TypeVar("B")


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

    if saved:
        learning.model.load_state_dict(saved["model"])
    if saved and saved["optimizer"]:
        learning.optimizer.load_state_dict(saved["optimizer"])
    keeper.optimizer, keeper.precision = learning.optimizer, precision
    fabric = Fabric(accelerator=device.kind, devices=1, precision=precision)
    return fit(fabric, learning, budget, state, keeper, reporter, stage=stage)
