"""What a person should be told about how a run went."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tlstudio.ml.classification.scoring import METRIC
from tlstudio.ml.loop import State, Values
from tlstudio.ml.reporter import Reporter

GAP = 0.15  # training accuracy above validation accuracy by this much is overfitting
CHANCE = 0.03  # a probe less than this above chance has learned nothing from the weights
ENOUGH = 20  # validation images below which neither is said


def after_probe(values: Values, val_targets: NDArray[np.int64], reporter: Reporter) -> None:
    """Negative transfer: features on which a head does no better than guessing."""
    labels = len(np.unique(val_targets))
    if labels < 2 or len(val_targets) < ENOUGH:
        return
    if values[METRIC] < 1 / labels + CHANCE:
        reporter.remark(
            "training.probe_at_chance", value=round(values[METRIC], 3), chance=round(1 / labels, 3)
        )


def after_training(state: State, reporter: Reporter) -> None:
    """Overfitting at the kept epoch: far better on the images it learned from."""
    values = state.best
    if not values or "accuracy" not in values or "train_accuracy" not in values:
        return
    train, val = values["train_accuracy"], values["accuracy"]
    if train - val > GAP:
        reporter.remark("training.overfitting", train=round(train, 3), val=round(val, 3))
