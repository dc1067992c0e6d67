"""What a strategy means for a YOLO network: which layers rest when, and at which rates they learn.

The network is a row of layers, the backbone first. What follows it (the neck and the head) always
learns; "blocks" of the recipe are layers of the backbone.
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass

import torch
from torch import nn

from tlstudio.domain.recipe import Recipe, Strategy
from tlstudio.ml.optim import Pull
from tlstudio.ml.reporter import Reporter
from tlstudio.ml.runs.plan import FINE_TUNE_DECAY, FROZEN_SHARE
from tlstudio.ml.ultralytics.network import layer_of

SMALL_BATCH = 4  # frozen batch norm below this, where weights are pretrained


@dataclass(frozen=True, slots=True)
class Course:
    """`frozen` layers rest in all epochs, `resting` ones in the first `first_epochs` or until their
    share of a time limit is used up; a layer of the backbone learns at `decay` times the rate of
    the one after it. `still_norms`: batch norms keep the averages that came with the weights."""

    frozen: tuple[int, ...]
    resting: tuple[int, ...]
    first_epochs: int
    decay: float
    still_norms: bool
    l2_sp: float

    def layers_at_rest(self, epoch: int, spent: float = 0.0) -> tuple[int, ...]:
        """In the epoch, counted from 1, that begins when `spent`, a share of the time limit, is
        used up (0 without one)."""
        first = epoch <= self.first_epochs and spent < FROZEN_SHARE
        return self.resting if first else self.frozen


def course_of(
    recipe: Recipe, depth: int, epochs: int, *, pretrained: bool, batch: int, reporter: Reporter
) -> Course:
    """The course of a recipe for a backbone of `depth` layers.

    Without pretrained weights there is nothing to spare: all layers learn at one rate from the
    start, which is said.
    """
    strategy, whole = Strategy(recipe.strategy), tuple(range(depth))
    norms = recipe.freeze_batch_norm == "yes"
    if not pretrained and strategy is Strategy.FEATURE_EXTRACTION:
        reporter.remark("training.random_features")
    elif not pretrained:
        if strategy is not Strategy.FULL:
            reporter.remark("training.probe_skipped", level="info")
        return Course((), (), 0, 1.0, norms, 0.0)
    still = norms or (recipe.freeze_batch_norm == "auto" and pretrained and batch < SMALL_BATCH)
    decay = recipe.layer_decay or FINE_TUNE_DECAY
    frozen = {
        Strategy.FEATURE_EXTRACTION: whole,
        Strategy.LAST_N: whole[: max(0, depth - recipe.last_blocks)],
    }.get(strategy, ())
    first = 0
    if strategy is Strategy.PROBE_THEN_FINETUNE and epochs > 1:
        first = max(1, round(FROZEN_SHARE * epochs))
    return Course(frozen, whole if first else frozen, first, decay, still, recipe.l2_sp)


def filled_norms(network: nn.Module, filled: Container[str] | None) -> list[nn.Module]:
    """The batch norms whose averages are among the `filled` tensors; all of a network without
    weights (None). The others begin at a mean of 0 and a variance of 1, which fit nothing."""
    return [
        module
        for name, module in network.named_modules()
        if isinstance(module, nn.BatchNorm2d)
        and (filled is None or f"{name}.running_mean" in filled)
    ]


def spread_rates(
    network: nn.Module, optimizer: torch.optim.Optimizer, depth: int, decay: float
) -> None:
    """Split the optimiser's groups by layer: each of the backbone's `depth` layers gets `decay`
    times the rate of the layer after it. Before the first step and the schedule."""
    layer = {id(p): layer_of(name) for name, p in network.named_parameters()}
    made = []
    for group in optimizer.param_groups:
        by_distance: dict[int, list[nn.Parameter]] = {}
        for parameter in group["params"]:
            distance = max(0, depth - layer[id(parameter)])
            by_distance.setdefault(distance, []).append(parameter)
        for distance, parameters in sorted(by_distance.items()):
            rate = group["lr"] * decay**distance
            made.append({**group, "params": parameters, "lr": rate})
    optimizer.param_groups[:] = made


def pull_to_start(
    network: nn.Module,
    optimizer: torch.optim.Optimizer,
    depth: int,
    strength: float,
    *,
    gathered: int,
) -> Pull:
    """L2-SP on the backbone in place of weight decay there. After `spread_rates`.

    The library adds up the losses of `gathered` images for a step, so the pull is as many times
    stronger than on their mean.
    """
    layer = {id(p): layer_of(name) for name, p in network.named_parameters()}
    for group in optimizer.param_groups:
        if group["params"] and layer[id(group["params"][0])] < depth:
            group["weight_decay"] = 0.0
    backbone = [p for p in network.parameters() if layer[id(p)] < depth]
    return Pull(backbone, strength * gathered)
