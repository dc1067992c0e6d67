"""Figures of a segmenter on its validation images, and answers to show."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

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
from tlstudio.ml.segmentation.answers import answer_of, painted
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


def fruitless(values: Values) -> bool:
    """Whether no pixel of any label was found."""
    return METRIC in values and not values[METRIC] > 0


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
    ids = [label.id for label in labels]
    made = Validation()
    losses: list[float] = []
    for done, place in enumerate(places.tolist(), 1):
        sample, picture = store.get(place), store.pictures[place]
        size = sample.truth.shape if sample.truth is not sample.classes else sample.inside
        truth = sample.truth[: size[0], : size[1]]
        loss = _Loss(truth)
        bands = probabilities(
            ask, sample.pixels, sample.inside, size, view, device, watch=reporter.check
        )
        found = painted(loss.of(bands), size)
        made.counts.append(count(truth, found.classes, len(labels), edges=False))
        made.groups.append(picture.group or str(place))
        losses.append(loss.mean)
        if place in shown:
            made.examples.append(Example(picture, answer_of(found, ids)))
        reporter.emit(Progressed("training.stage.validating", done, len(places)))
    made.loss = float(np.mean(losses)) if losses else 0.0
    return made


class _Loss:
    """Mean cross-entropy of the pixels of an image that are not void, row by row."""

    def __init__(self, truth: Map) -> None:
        self._truth = truth
        self._sum, self._known = 0.0, 0

    @property
    def mean(self) -> float:
        return self._sum / self._known if self._known else 0.0

    def of(self, bands: Iterable[Tensor]) -> Iterator[Tensor]:
        """The bands, each counted as it goes by."""
        top = 0
        for band in bands:
            truth = self._truth[top : top + band.shape[1]]
            top += band.shape[1]
            known: NDArray[np.bool_] = truth != VOID
            classes = torch.from_numpy(np.where(known, truth, 0).astype(np.int64))
            chosen = band.gather(0, classes[None])[0].numpy()[known]
            self._sum -= float(np.log(np.maximum(chosen, 1e-7), dtype=np.float64).sum())
            self._known += len(chosen)
            yield band
