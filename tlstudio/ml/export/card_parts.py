"""Words and tables that model cards of all tasks share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tlstudio.domain.texts import counted

CHECK_FAILED = "**THE CHECK FAILED. DO NOT USE THIS MODEL.**"

CONFIDENCE = (
    "A probability is the model's own confidence, not the share of cases in which it is right."
)
ELSEWHERE = (
    "Images from another microscope, camera, stain, laboratory or group of patients can be"
    " judged much worse than the figures say. Try it on labelled images of your own first."
)

_IMAGES = {
    "val": ("validation image", "validation images"),
    "train": (
        "training image, as there were no others",
        "training images, as there were no others",
    ),
}

_WINDOWS = {
    "auto": "8-bit images are taken as they are; in deeper ones the window that a DICOM file"
    " states, else the image's own 0.5 and 99.5 percentiles, become 0 and 1.",
    "file": "The window that a DICOM file states becomes 0 and 1; without one, 8-bit images are"
    " taken as they are and of deeper ones the 0.5 and 99.5 percentiles become 0 and 1.",
    "percentiles": "The 0.5 and 99.5 percentiles of each image's own values become 0 and 1.",
    "full": "The smallest and the largest value that the image's bits can hold become 0 and 1; of"
    " floating-point images the smallest and the largest that they do hold.",
}


def many(parity: Mapping[str, Any], split: str) -> str:
    """On how many images of which split the check was made."""
    left = parity.get("of", parity["n"])
    told = counted(left, *_IMAGES[split])
    return told if left == parity["n"] else f"{parity['n']:,} of {told}"


def window_line(rules: Mapping[str, Any]) -> str:
    """Which raw values are black and white to the model, for a person."""
    if rules["steps"] == "squash-1":
        return (
            "Images of more than 8 bits become 8-bit ones between their own 0.5 and 99.5"
            " percentiles."
        )
    window = rules["window"]
    end = (
        "The result is rounded to 8 bits a channel."
        if rules["steps"] == "letterbox-1"
        else "Nothing is rounded to 8 bits."
    )
    if window["kind"] == "fixed":
        return (
            f"In every image the raw value {window['low']:g} and all below it are black (0), the"
            f" value {window['high']:g} and all above it are white (1), and those between lie"
            " evenly between 0 and 1. Images whose values mean something else are judged wrongly."
        )
    return _WINDOWS[window["kind"]] + f" {end}"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    def line(cells: Sequence[str]) -> str:
        return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"

    return "\n".join([line(head), line(["---"] * len(head)), *map(line, rows)])


def cell(row: Mapping[str, Any], name: str) -> str:
    """A label's figure with its interval."""
    value, pair = row.get(name), row["intervals"].get(name)
    if value is None:
        return "not defined"
    return f"{value:.3f} ({pair[0]:.3f} to {pair[1]:.3f})" if pair else f"{value:.3f}"


def commands(*more: str) -> str:
    """What to type."""
    lines = (
        "pip install onnxruntime numpy pillow",
        "python predict.py --check",
        "python predict.py --out answers.csv FOLDER_OF_IMAGES",
        *more,
    )
    return "```\n" + "\n".join(lines) + "\n```"


def upright(facts: Mapping[str, Any]) -> str:
    """The first steps for a program of one's own."""
    return (
        "In a program of your own: turn the image upright (EXIF), make it RGB (grey three times,"
        f" transparency over white). {window_line(facts['preprocessing'])}"
    )


def normalised(rules: Mapping[str, Any]) -> str:
    mean = ", ".join(f"{v:g}" for v in rules["mean"])
    std = ", ".join(f"{v:g}" for v in rules["std"])
    return f"subtract the mean ({mean}), divide by the standard deviation ({std})"
