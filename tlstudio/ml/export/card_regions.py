"""What the card of a segmenter says in words of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tlstudio.ml.export.card_parts import (
    CONFIDENCE,
    ELSEWHERE,
    cell,
    commands,
    normalised,
    upright,
)

COUNTED, ALL = "regions of label", "images"
FEW, TESTED = 10, "regions in the test images"
OPTIONS = ("python predict.py --masks label_maps --draw drawings folder_of_pictures",)
FILES = (
    ("paint_regions.py", "moves the window over the image and blends; needed too"),
    ("tell_shapes.py", "tables, label maps and drawings; needed too"),
)
EXPECTED = "expected.png"


def agreement(parity: Mapping[str, Any]) -> str:
    return (
        f"least Dice of a label {parity['dice']:.5f} (at least {parity['tolerance']:g} is wanted),"
        f" another label in {100 * parity['differ']:.2g} % of the pixels, largest difference of a"
        f" probability {parity['max_diff']:.2g}."
    )


def duty(facts: Mapping[str, Any]) -> str:
    names = ", ".join(facts["postprocessing"]["map"][1:])
    if len(facts["labels"]) == 1:
        return (
            f"It says of every pixel of an image whether it is {names} or background, with a"
            " probability."
        )
    return (
        f"It gives every pixel of an image one of {len(facts['labels'])} labels ({names}) or the"
        " background, with a probability."
    )


def side(facts: Mapping[str, Any]) -> int:
    """Pixels of a window's side as it learned."""
    return int(facts["preprocessing"]["size"])


def per_label(rows: Mapping[str, Any]) -> tuple[list[str], list[list[str]]]:
    """Head and rows of the table of figures."""
    words = {"dice": "Dice", "iou": "IoU", "boundary_f1": "boundary F1", "hd95": "Hausdorff 95, px"}
    names = [name for name in words if all(name in row for row in rows.values())]
    return (
        ["label", "images", *(words[name] for name in names)],
        [
            [label, str(row["images"]), *(cell(row, name) for name in names)]
            for label, row in rows.items()
        ],
    )


def limits(facts: Mapping[str, Any]) -> list[str]:
    rules = facts["preprocessing"]
    size = side(facts)
    scale = (
        f"Every image is made {size} px long: finer details are lost."
        if rules["patch"] == -1
        else f"It learned at a scale of {size / rules['patch']:g} pixels for one of the image."
        " Images of another magnification are judged worse; scale them first."
    )
    return [
        "It does not count objects: regions of one label that touch are one.",
        "Whatever is none of its labels it should call background, but may take for one of them.",
        CONFIDENCE,
        ELSEWHERE,
        scale,
    ]


def use(facts: Mapping[str, Any]) -> str:
    rules, after = facts["preprocessing"], facts["postprocessing"]
    size = side(facts)
    masks = "python predict.py --masks LABEL_MAPS --draw DRAWINGS FOLDER_OF_IMAGES"
    scale = (
        f"Resize it until its longer side is {size} px"
        if rules["patch"] == -1
        else f"Resize it by {size / rules['patch']:g}"
    )
    flips = (
        " Do the same with the window mirrored left to right, top to bottom and both, mirror the"
        " answers back and take the mean."
        if after["flips"]
        else ""
    )
    return (
        f"{commands(masks)}\n\nA label map is an indexed PNG: 0 is the background, 1 the first"
        f" label of bundle.json, and so on.\n\n{upright(facts)} {scale} (bilinear, as Pillow does),"
        f" mirror it to the right and below where it is smaller than {size} px, and move a window"
        f" of {size} x {size} px over it so that neighbours share at least"
        f" {100 * rules['overlap']:g} % of their side. Of each window in floating point from 0 to 1"
        f" {normalised(rules)}, and give it to model.onnx as float32 [batch, 3, {size}, {size}],"
        " red first; softmax over the classes gives probabilities, the background first."
        f"{flips} Where windows overlap, the mean is weighted by a Gaussian about each one's"
        f" centre (sigma {after['blending']['sigma']:g} of its side). Bring the probabilities back"
        " to the size of"
        " the image and take the highest. paint_regions.py does exactly this and may be read as an"
        " example; its numbers stand in bundle.json."
    )
