"""Figures of a segmenter on its validation images, and answers to show."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from tlstudio.domain.events import Progressed
from tlstudio.imaging.semantic import VOID, Map
from tlstudio.metrics.segmentation import ImageCounts, count, evaluate, summary
from tlstudio.ml.loop import Values
from tlstudio.ml.reporter import Reporter
from tlstudio.ml.runs.examples import Example, chosen_examples
from tlstudio.ml.runs.snapshot import LabelName, Picture
from tlstudio.ml.runs.store import Places, Store
from tlstudio.ml.segmentation.answers import answer_of, map_of
from tlstudio.ml.segmentation.data import Sample
from tlstudio.ml.segmentation.view import View
from tlstudio.ml.segmentation.windows import asking, probabilities

METRIC = "dice"


@dataclass(slots=True)
class Validation:
    """What the last look at the validation images gave."""

    counts: list[ImageCounts] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)
    examples: list[Example] = field(default_factory=list)
    loss: float = 0.0

    @property
    def values(self) -> Values:
        """val_loss (cross-entropy), dice, iou and pixel_accuracy; nothing without images."""
        return {"val_loss": self.loss, **summary(self.counts)} if self.counts else {}

    @property
    def found_nothing(self) -> bool:
        """Labels are there in truth, and not one pixel was found."""
        true = sum(int(c.true.sum()) for c in self.counts)
        return true > 0 and not any(int(c.found.sum()) for c in self.counts)

    def figures(self, labels: tuple[LabelName, ...]) -> dict[str, float]:
        """Every figure that needs no borders, without intervals."""
        if not self.counts:
            return {}
        found = evaluate(self.counts, [label.name for label in labels], self.groups, resamples=0)
        return {name: value for name, value in found.overall.items() if value is not None}


def better(new: Values, best: Values) -> bool:
    """Higher Dice; where it is equal, lower loss."""
    if METRIC not in best:
        return METRIC in new
    first = (round(new[METRIC], 9), -new["val_loss"])
    return first > (round(best[METRIC], 9), -best["val_loss"])


def validate(
    model: nn.Module,
    store: Store[Picture, Sample],
    places: Places,
    labels: tuple[LabelName, ...],
    view: View,
    device: torch.device,
    reporter: Reporter,
) -> Validation:
    """The model's answers on the images at `places` held against their maps; it is put into eval
    mode, and the mode it was in is not restored."""
    model.eval()
    ask = asking(model, view, flips=False)
    shown = set(chosen_examples(store.pictures, places).tolist())
    made = Validation()
    losses: list[float] = []
    for done, place in enumerate(places.tolist(), 1):
        sample, picture = store.get(place), store.pictures[place]
        likely = probabilities(
            ask,
            sample.pixels,
            sample.inside,
            sample.truth.shape if sample.truth is not sample.classes else sample.inside,
            view,
            device,
            watch=reporter.check,
        )
        found = map_of(likely)
        truth = sample.truth[: found.shape[0], : found.shape[1]]
        made.counts.append(count(truth, found, len(labels), edges=False))
        made.groups.append(picture.group or str(place))
        losses.append(_loss(likely, truth))
        if place in shown:
            made.examples.append(Example(picture, _shown(likely, found, labels)))
        reporter.emit(Progressed("training.stage.validating", done, len(places)))
    made.loss = float(np.mean(losses)) if losses else 0.0
    return made


def _loss(likely: Tensor, truth: Map) -> float:
    """Mean cross-entropy of the pixels that are not void."""
    known: NDArray[np.bool_] = truth != VOID
    if not known.any():
        return 0.0
    classes = torch.from_numpy(np.where(known, truth, 0).astype(np.int64))
    chosen = likely.gather(0, classes[None])[0].numpy()[known]
    return float(-np.log(np.maximum(chosen, 1e-7), dtype=np.float64).mean())


def _shown(likely: Tensor, found: Map, labels: tuple[LabelName, ...]) -> dict[str, Any]:
    return answer_of(likely, found, [label.id for label in labels])
