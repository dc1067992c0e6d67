"""The linear probe: multinomial logistic regression on features, turned into the model's head."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from tlstudio.ml.randomness import permutation

STRENGTHS = (1e-4, 1e-3, 1e-2, 1e-1, 1.0, 10.0)  # scikit-learn's C, from strong pull to weak
SAFE = 1e-2  # where nothing can be held out to choose by
SCALINGS = ("whole", "each")
FOLDS = 5
ENOUGH = 20  # validation images from which the choice is made on them, not by folds


@dataclass(frozen=True, slots=True)
class Linear:
    """weight [C, F] and bias [C] on features as they are."""

    weight: NDArray[np.float64]
    bias: NDArray[np.float64]

    def logits(self, features: NDArray[np.float32]) -> NDArray[np.float64]:
        return features.astype(np.float64) @ self.weight.T + self.bias


@dataclass(frozen=True, slots=True)
class Sample:
    """features [N, F] with targets [N]."""

    features: NDArray[np.float32]
    targets: NDArray[np.int64]

    def take(self, chosen: NDArray[np.bool_]) -> Sample:
        return Sample(self.features[chosen], self.targets[chosen])

    def __len__(self) -> int:
        return len(self.targets)


def fit_probe(
    train: Sample, val: Sample, classes: int, *, weights: NDArray[np.float64], seed: int = 0
) -> Linear:
    """The best logistic regression over STRENGTHS and SCALINGS, by balanced accuracy and then
    loss on `val`, or by folds of `train` where `val` is too small or lacks a label. `weights`
    [classes] are given to the labels.

    With few images the features are better divided by one number than each by its own spread,
    which a few images tell badly; with many it may be the other way round. So both are tried.
    """
    whole = {scaling: _path(train, classes, weights, scaling) for scaling in SCALINGS}
    if len(val) >= ENOUGH and len(np.unique(val.targets)) == classes:
        merits = {scaling: _merits(path, val, weights) for scaling, path in whole.items()}
    else:
        fold = _folds(train.targets, seed)
        if fold.max() == 0:  # a label has a single image: nothing can be held out
            return whole[SCALINGS[0]][STRENGTHS.index(SAFE)]
        merits = {
            scaling: np.mean(
                [
                    _merits(
                        _path(train.take(fold != k), classes, weights, scaling),
                        train.take(fold == k),
                        weights,
                    )
                    for k in range(int(fold.max()) + 1)
                ],
                axis=0,
            )
            for scaling in SCALINGS
        }
    ranked = [
        (-round(float(accuracy), 9), float(loss), scaling, number)
        for scaling, rows in merits.items()
        for number, (accuracy, loss) in enumerate(rows)
    ]
    *_, scaling, number = min(ranked)
    return whole[scaling][number]


def put_into(head: nn.Module, found: Linear) -> None:
    """Give the head's one linear layer the probe's weights; before it there is only dropout."""
    layer = linear_of(head)
    with torch.no_grad():
        layer.weight.copy_(torch.from_numpy(found.weight))
        layer.bias.copy_(torch.from_numpy(found.bias))


def linear_of(head: nn.Module) -> nn.Linear:
    layers = [module for module in head.modules() if isinstance(module, nn.Linear)]
    if len(layers) != 1:
        raise ValueError("the head is not one linear layer")
    return layers[0]


def _folds(targets: NDArray[np.int64], seed: int) -> NDArray[np.int64]:
    """The fold of each image, stratified; all 0 where a label has a single image."""
    counts = np.unique(targets, return_counts=True)[1]
    folds = int(min(FOLDS, counts.min()))
    result = np.zeros(len(targets), np.int64)
    if folds < 2:
        return result
    for label in np.unique(targets):
        places = np.flatnonzero(targets == label)
        shuffled = places[permutation(len(places), seed, "folds", int(label))]
        result[shuffled] = np.arange(len(places)) % folds
    return result


def _merits(path: list[Linear], held: Sample, weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """[len(path), 2]: balanced accuracy and weighted cross-entropy on `held`."""
    target, weight = torch.from_numpy(held.targets), torch.from_numpy(weights)
    found = []
    for linear in path:
        logits = linear.logits(held.features)
        right = logits.argmax(axis=1) == held.targets
        recalls = [right[held.targets == label].mean() for label in np.unique(held.targets)]
        loss = F.cross_entropy(torch.from_numpy(logits), target, weight)
        found.append((float(np.mean(recalls)), float(loss)))
    return np.array(found)


def _path(train: Sample, classes: int, weights: NDArray[np.float64], scaling: str) -> list[Linear]:
    """Solutions for STRENGTHS from the strongest pull to the weakest, each started from the one
    before, as weights for features that are not scaled."""
    x = torch.from_numpy(train.features).double()
    mean, spread = x.mean(dim=0), x.std(dim=0, correction=0)
    whole = spread.square().mean().sqrt().clamp_min(1e-12)
    if scaling == "whole":
        spread = whole.expand_as(spread)
    spread = torch.where(spread > 1e-6 * whole, spread, whole)
    x = (x - mean) / spread
    y, w = torch.from_numpy(train.targets), torch.from_numpy(weights)
    weight, bias = x.new_zeros(classes, x.shape[1]), x.new_zeros(classes)
    found = []
    for strength in STRENGTHS:
        weight, bias = _minimise(x, y, w, weight, bias, strength)
        folded = weight / spread
        found.append(Linear(folded.numpy(), (bias - folded @ mean).numpy()))
    return found


def _minimise(
    x: Tensor, y: Tensor, w: Tensor, weight: Tensor, bias: Tensor, strength: float
) -> tuple[Tensor, Tensor]:
    """Minimum of the sum of weighted cross-entropies plus |weight|^2 / (2 strength), over N."""
    weight, bias = weight.clone().requires_grad_(), bias.clone().requires_grad_()
    optimizer = torch.optim.LBFGS(
        [weight, bias],
        max_iter=500,
        tolerance_grad=1e-6,
        tolerance_change=1e-10,
        history_size=20,
        line_search_fn="strong_wolfe",
    )
    pull = 0.5 / (strength * len(y))

    def closure() -> Tensor:
        optimizer.zero_grad()
        losses = F.cross_entropy(x @ weight.T + bias, y, w, reduction="sum") / len(y)
        total = losses + pull * weight.square().sum()
        total.backward()  # type: ignore[no-untyped-call]
        return total

    optimizer.step(closure)  # type: ignore[no-untyped-call]
    return weight.detach(), bias.detach()
