"""Figures of a model on a split while it learns, and which of two is better."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import nn

from tlstudio.domain.events import Progressed
from tlstudio.metrics.classification import figures
from tlstudio.ml.classification.gallery import Gallery
from tlstudio.ml.loop import Values
from tlstudio.ml.reporter import Reporter
from tlstudio.ml.runs.store import Places

METRIC = "balanced_accuracy"
Floats = NDArray[np.float64]
BATCH = 64


def score(logits: Floats, targets: NDArray[np.int64]) -> Values:
    """val_loss and the quick figures of an epoch; nothing where there are no images."""
    if not len(targets):
        return {}
    loss = F.cross_entropy(torch.from_numpy(logits), torch.from_numpy(targets))
    right = logits.argmax(axis=1) == targets
    recalls = [right[targets == label].mean() for label in np.unique(targets)]
    return {
        "val_loss": float(loss),
        "accuracy": float(right.mean()),
        METRIC: float(np.mean(recalls)),
    }


def better(new: Values, best: Values) -> bool:
    """Higher balanced accuracy; where it is equal, lower loss."""
    if METRIC not in best:
        return METRIC in new
    first = (round(new[METRIC], 9), -new["val_loss"])
    return first > (round(best[METRIC], 9), -best["val_loss"])


def all_figures(logits: Floats, targets: NDArray[np.int64], groups: list[str]) -> dict[str, float]:
    """Every figure of metrics.classification that the images allow, without intervals."""
    if not len(targets):
        return {}
    found = figures(targets.astype(np.intp), softmax(logits), groups, resamples=0)
    return {name: value for name, value in found.overall.items() if value is not None}


def softmax(logits: Floats) -> Floats:
    """Probabilities [N, C] that add up to 1."""
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def logits_of(
    model: nn.Module,
    gallery: Gallery,
    places: Places,
    device: torch.device,
    reporter: Reporter,
    *,
    stage: str,
) -> Floats:
    """[len(places), C] with the model in eval mode; the mode it was in is not restored."""
    model.eval()
    found: list[NDArray[np.float32]] = []
    batches = (places[at : at + BATCH] for at in range(0, len(places), BATCH))
    done = 0
    for chosen, pixels in gallery.stream(batches):
        reporter.check()
        with torch.inference_mode():
            logits = model(gallery.transform.normalise(pixels.to(device)))
        found.append(logits.float().cpu().numpy())
        done += len(chosen)
        reporter.emit(Progressed(stage, done, len(places)))
    return np.concatenate(found).astype(np.float64) if found else np.zeros((0, 0))
