"""How much say each label has, where some are rare."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

IMBALANCE = 3.0  # ratio of the commonest to the rarest label that turns class weights on


def class_weights(counts: NDArray[np.int64], choice: str) -> NDArray[np.float64]:
    """For labels that occur `counts` [classes] times: ones, or inverse to how common a label is
    (balanced) or to its root (tempered), with mean 1 over all that was counted. `choice` is auto,
    none, balanced or tempered."""
    total = counts.astype(np.float64)
    uneven = total.max() >= IMBALANCE * max(1.0, total.min())
    if choice == "none" or (choice == "auto" and not uneven):
        return np.ones(len(counts))
    weights = total.sum() / (len(counts) * np.maximum(total, 1.0))
    if choice == "tempered":
        weights = np.sqrt(weights)
        weights *= total.sum() / (weights * total).sum()
    return np.asarray(weights)
