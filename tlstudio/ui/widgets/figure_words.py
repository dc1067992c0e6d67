"""What the figures of each task are called on screen, in which order, and what they mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tlstudio.ui.words import tr

UNITS = {"classification": "images", "detection": "boxes", "segmentation": "pixels"}
"""What the confusion matrix counts."""

Texts = tuple[tuple[str, str, str], ...]

_CLASSIFICATION: Texts = (
    ("accuracy", "Accuracy", "Share of right answers"),
    ("balanced_accuracy", "Balanced accuracy", "Mean over the labels of the share found"),
    ("precision", "Precision", "Of those called a label, how many are it (mean over labels)"),
    ("recall", "Recall (sensitivity)", "Of those that are a label, how many were found"),
    ("specificity", "Specificity", "Of those that are not a label, how many were left alone"),
    ("f1", "F1", "Precision and recall in one (harmonic mean)"),
    ("auroc", "AUROC", "How well the order of the confidences tells a label from the rest"),
    ("ece", "Calibration error",
     "How far the stated confidence is from the share of right answers"),
)  # fmt: skip

_DETECTION: Texts = (
    ("map50", "mAP50",
     "Mean average precision: over all thresholds, how right and how complete the boxes are; a box"
     " is right where it overlaps a true one of its label by half"),
    ("map50_95", "mAP50-95", "The same, mean over wanted overlaps from 50 % to 95 %"),
    ("map75", "mAP75", "The same at a wanted overlap of 75 %"),
    ("map_small", "mAP, small", "mAP50-95 of boxes up to 32 x 32 pixels"),
    ("map_medium", "mAP, medium", "mAP50-95 of boxes from 32 x 32 to 96 x 96 pixels"),
    ("map_large", "mAP, large", "mAP50-95 of boxes from 96 x 96 pixels"),
    ("precision", "Precision", "Of the boxes found at this threshold, how many are right"),
    ("recall", "Recall (sensitivity)", "Of the true boxes, how many were found"),
    ("f1", "F1", "Precision and recall in one (harmonic mean)"),
    ("threshold", "Threshold", "Boxes with less confidence are not shown and not counted"),
)  # fmt: skip

_SEGMENTATION: Texts = (
    ("dice", "Dice", "Twice the shared pixels by the true and the found ones (mean over labels)"),
    ("iou", "IoU", "The shared pixels by those that are true or found (mean over labels)"),
    ("pixel_accuracy", "Pixel accuracy", "Share of pixels that are right, background too"),
    ("boundary_f1", "Boundary F1",
     "How much of the outlines lies within 0.75 % of the image's diagonal of the other's"),
    ("hd95", "Hausdorff 95",
     "How far the outlines lie apart at the worst, but for the worst 5 %; only images where a"
     " label is both true and found"),
    ("dice_per_image", "Dice per image", "Mean over the images of their own Dice"),
)  # fmt: skip

OVERALL: Mapping[str, Texts] = {
    "classification": _CLASSIFICATION,
    "detection": _DETECTION,
    "segmentation": _SEGMENTATION,
}

PER_LABEL: Mapping[str, Texts] = {
    "classification": tuple(
        row for row in _CLASSIFICATION
        if row[0] in ("precision", "recall", "specificity", "f1", "auroc")
    ),
    "detection": (
        ("ap50", "AP50", "Average precision at an overlap of a half"),
        ("ap50_95", "AP50-95", "Average precision, mean over overlaps from 50 % to 95 %"),
        ("precision", "Precision", "Of the boxes found as this label, how many are right"),
        ("recall", "Recall", "Of the true boxes of this label, how many were found"),
        ("f1", "F1", "Precision and recall in one (harmonic mean)"),
        ("ap_small", "Small", "AP50-95 of boxes up to 32 x 32 pixels"),
        ("ap_medium", "Medium", "AP50-95 of boxes from 32 x 32 to 96 x 96 pixels"),
        ("ap_large", "Large", "AP50-95 of boxes from 96 x 96 pixels"),
    ),
    "segmentation": (
        ("dice", "Dice", "Twice the shared pixels by the true and the found ones"),
        ("iou", "IoU", "The shared pixels by those that are true or found"),
        ("precision", "Precision", "Of the pixels found as this label, how many are it"),
        ("recall", "Recall", "Of the pixels of this label, how many were found"),
        ("boundary_f1", "Boundary F1", "How much of the outlines lies close to the other's"),
        ("hd95", "HD 95", "How far the outlines lie apart, but for the worst 5 %"),
    ),
}  # fmt: skip

_METHODS = {
    "bootstrap": "95 % interval from resampled groups",
    "jackknife": "95 % interval from leaving out each group in turn",
    "wilson": "95 % interval of a share (Wilson)",
    "mover-wilson": "95 % interval of a mean of shares (Wilson intervals combined)",
    "bonett-price": "95 % interval of a difference of shares on the same images (Bonett and Price)",
    "mover-bonett-price": "95 % interval of a mean of such differences (Bonett and Price)",
    "too-few-groups": "Too few groups for an interval that can be trusted",
    "undefined": "Cannot be computed on these images",
}


@dataclass(frozen=True, slots=True)
class Head:
    """A column or row: the figure's `name`, its title and what it means, in the person's words."""

    name: str
    title: str
    meaning: str


def heads(texts: Texts) -> list[Head]:
    """Translated, in order."""
    return [Head(name, tr(title), tr(meaning)) for name, title, meaning in texts]


def title_of(task: str, name: str) -> str:
    """What a figure of the task is called."""
    known = {head: title for head, title, _meaning in OVERALL.get(task, ())}
    return tr(known[name]) if name in known else name


def value_text(name: str, value: float | None, digits: int = 2) -> str:
    """ "0.87", "3.4 px" for a distance, "–" where there is no figure."""
    if value is None:
        return "–"
    if name == "hd95":
        return tr("{n} px", n=f"{value:.{digits - 1}f}")
    return f"{value:.{digits}f}"


def with_interval(value: float | None, interval: Mapping[str, Any] | None, name: str = "") -> str:
    """ "0.87 (0.81-0.92)", "0.87" where there is no interval, "–" where there is no figure.

    A narrow interval has more digits, so that its width is seen.
    """
    if value is None or not interval or interval["low"] is None:
        return value_text(name, value)
    low, high = interval["low"], interval["high"]
    wide = (high - low) / 10 if name == "hd95" else high - low
    digits = 2 if wide >= 0.02 else 3 if wide >= 0.002 else 4
    places = digits - 1 if name == "hd95" else digits
    return f"{value_text(name, value, digits)} ({low:.{places}f}-{high:.{places}f})"


def method_words(interval: Mapping[str, Any] | None) -> str:
    """How the interval came about, or why there is none."""
    method = interval["method"] if interval else ""
    return tr(_METHODS[method]) if method in _METHODS else ""
