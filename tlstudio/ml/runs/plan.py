"""What a strategy means for one run: how many stages learn, at which rates."""

from __future__ import annotations

from dataclasses import dataclass

from tlstudio.domain.models import ModelSpec
from tlstudio.domain.recipe import Recipe, Strategy
from tlstudio.ml.optim import Rates
from tlstudio.ml.reporter import Reporter

FINE_TUNE_RATE = 1e-3
SCRATCH_RATE = 1e-3
ATTENTION_RATE = 2e-4
FINE_TUNE_DECAY = 0.9
ATTENTION_DECAY = 0.75  # their blocks are many
ATTENTION = ("vit", "swin", "deit", "beit", "eva")

FROZEN_SHARE = 0.15  # of the epochs, for the head alone where no features can be cached


@dataclass(frozen=True, slots=True)
class Plan:
    """`probe` says that the head learns first by itself; `learning` counts the stages, from the
    output, that are fine-tuned (0: none)."""

    probe: bool
    learning: int
    rates: Rates
    l2_sp: float

    @property
    def fine_tunes(self) -> bool:
        return self.learning > 0

    def frozen_epochs(self, epochs: int) -> int:
        """The first epochs of a run of `epochs` in which all but the last stage is frozen."""
        if not self.probe or self.learning < 2 or epochs < 2:
            return 0
        return max(1, round(FROZEN_SHARE * epochs))


def make_plan(
    recipe: Recipe,
    spec: ModelSpec,
    stages: int,
    *,
    pretrained: bool,
    reporter: Reporter,
    least: int = 0,
) -> Plan:
    """The plan of a recipe for a model of `stages` stages; `least` of them always learn in the
    loop (the head, where no probe can solve it apart).

    Without pretrained weights there is nothing to probe or to spare: all layers learn at one
    rate, which is said.
    """
    strategy = Strategy(recipe.strategy)
    if not pretrained and strategy is Strategy.FEATURE_EXTRACTION:
        reporter.remark("training.random_features")
    elif not pretrained:
        if strategy is not Strategy.FULL:
            reporter.remark("training.probe_skipped", level="info")
        rate = recipe.learning_rate or _rate(spec, SCRATCH_RATE)
        return Plan(False, stages, Rates(rate, 1.0, recipe.weight_decay), 0.0)
    learning = {
        Strategy.FEATURE_EXTRACTION: least,
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
