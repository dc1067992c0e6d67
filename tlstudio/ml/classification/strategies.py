"""What a strategy means for one run: which stages, which layers learn, at which rates."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import nn

from tlstudio.domain.models import ModelSpec
from tlstudio.domain.recipe import Recipe, Strategy
from tlstudio.ml.optim import Rates, stages_of
from tlstudio.ml.reporter import Reporter
from tlstudio.ml.zoo import Classifier

IMBALANCE = 3.0  # ratio of the commonest to the rarest label that turns class weights on
SMALL_BATCH = 16  # frozen batch norm up to this batch, where weights are pretrained

FINE_TUNE_RATE = 1e-3
SCRATCH_RATE = 1e-3
ATTENTION_RATE = 2e-4
FINE_TUNE_DECAY = 0.9
ATTENTION_DECAY = 0.75  # their blocks are many
ATTENTION = ("vit", "swin", "deit", "beit", "eva")

_BATCH_NORM = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)


@dataclass(frozen=True, slots=True)
class Plan:
    """`learning` counts the stages, from the output, that are fine-tuned (0: none)."""

    probe: bool
    learning: int
    rates: Rates
    l2_sp: float

    @property
    def fine_tunes(self) -> bool:
        return self.learning > 0


def make_plan(
    recipe: Recipe, spec: ModelSpec, model: Classifier, *, pretrained: bool, reporter: Reporter
) -> Plan:
    """The plan of a recipe. Without pretrained weights there is nothing to probe or to spare:
    all layers learn at one rate, which is said."""
    strategy = Strategy(recipe.strategy)
    stages = len(stages_of([modules for _, modules in model.blocks()], model))
    if not pretrained and strategy is Strategy.FEATURE_EXTRACTION:
        reporter.remark("training.random_features")
    elif not pretrained:
        if strategy is not Strategy.FULL:
            reporter.remark("training.probe_skipped", level="info")
        rate = recipe.learning_rate or _rate(spec, SCRATCH_RATE)
        return Plan(False, stages, Rates(rate, 1.0, recipe.weight_decay), 0.0)
    learning = {
        Strategy.FEATURE_EXTRACTION: 0,
        Strategy.LAST_N: min(stages, 1 + recipe.last_blocks),
    }.get(strategy, stages)
    rate = recipe.learning_rate or _rate(spec, FINE_TUNE_RATE)
    usual = ATTENTION_DECAY if _attends(spec) else FINE_TUNE_DECAY
    rates = Rates(rate, recipe.layer_decay or usual, recipe.weight_decay)
    return Plan(strategy is not Strategy.FULL, learning, rates, recipe.l2_sp)


def _rate(spec: ModelSpec, usual: float) -> float:
    """Transformers take smaller steps than convolutional networks."""
    return min(usual, ATTENTION_RATE) if _attends(spec) else usual


def _attends(spec: ModelSpec) -> bool:
    name = f"{spec.family} {spec.id}".lower()
    return any(word in name for word in ATTENTION)


def class_weights(targets: NDArray[np.int64], classes: int, choice: str) -> NDArray[np.float64]:
    """[classes], ones or inverse to how common a label is, with mean 1 over the images."""
    counts = np.bincount(targets, minlength=classes).astype(np.float64)
    uneven = counts.max() >= IMBALANCE * max(1.0, counts.min())
    if choice == "none" or (choice == "auto" and not uneven):
        return np.ones(classes)
    return np.asarray(len(targets) / (classes * np.maximum(counts, 1.0)))


def batch_norms(model: nn.Module) -> list[nn.Module]:
    return [module for module in model.modules() if isinstance(module, _BATCH_NORM)]


def freezes_batch_norm(recipe: Recipe, *, pretrained: bool, batch: int) -> bool:
    """Automatic: with pretrained weights and batches too small to measure averages by."""
    if recipe.freeze_batch_norm == "auto":
        return pretrained and batch <= SMALL_BATCH
    return recipe.freeze_batch_norm == "yes"


def auto_batch(images: int) -> int:
    """Images per step: 16, and 32 from a thousand images on; never more than there are."""
    return max(1, min(16 if images < 1000 else 32, images))


def steps_per_epoch(images: int, batch: int, epochs: int, min_steps: int) -> int:
    """Enough steps to show each image once, and for `min_steps` over all epochs."""
    return max(math.ceil(images / batch), math.ceil(min_steps / epochs))
