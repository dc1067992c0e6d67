"""What the card of a detector says in words of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tlstudio.domain.texts import counted
from tlstudio.ml.export.card_parts import ELSEWHERE, cell, commands, normalised, upright

COUNTED, ALL = "objects of label", "images"
FEW, TESTED = 30, "objects in the test images"
OPTIONS = ("python predict.py --threshold 0.5 --draw drawings folder_of_pictures",)
FILES = (
    ("find_boxes.py", "cuts pieces, makes the model's input, removes doubles; needed too"),
    ("tell_shapes.py", "tables and drawings of what was found; needed too"),
)
EXPECTED = "expected.json"


def agreement(parity: Mapping[str, Any]) -> str:
    rules = parity["tolerance"]
    matched = counted(parity["matched"], "box has its partner", "boxes have their partner")
    return (
        f"{matched} with the same label (sides within {rules['pixels']:g} px, confidence within"
        f" {rules['score']:g}), {counted(parity['lonely'], 'has', 'have')} none, {parity['sure']:,}"
        f" of these with a confidence of {rules['threshold']:.3g} or more;"
        f" the largest differences are {parity['max_pixels']:.2g} px and"
        f" {parity['max_diff']:.2g} of confidence."
    )


def duty(facts: Mapping[str, Any]) -> str:
    threshold = facts["postprocessing"]["threshold"]
    count = len(facts["labels"])
    labels = "one label" if count == 1 else f"{count} labels"
    return (
        f"It finds objects of {labels} in an image and draws a box around each"
        " of them, with a confidence. Boxes from a confidence of"
        f" **{threshold:.3f}** on are told, the value with the best F1 on the validation images;"
        " --threshold names another one: higher for fewer false alarms, lower for fewer misses."
    )


def side(facts: Mapping[str, Any]) -> int:
    """Pixels of an image's longer side as it learned."""
    rules = facts["preprocessing"]
    return int(rules["side"] if "side" in rules else max(rules["width"], rules["height"]))


def per_label(rows: Mapping[str, Any]) -> tuple[list[str], list[list[str]]]:
    """Head and rows of the table of figures."""
    shown = ("ap50", "ap50_95", "recall", "precision")
    names = [name for name in shown if all(name in row for row in rows.values())]
    words = {
        "ap50": "AP50",
        "ap50_95": "AP50-95",
        "recall": "found of them (recall)",
        "precision": "right among those found (precision)",
    }
    return (
        ["label", "objects", "images", *(words[name] for name in names)],
        [
            [label, str(row["objects"]), str(row["images"]), *(cell(row, n) for n in names)]
            for label, row in rows.items()
        ],
    )


def limits(facts: Mapping[str, Any]) -> list[str]:
    rules = facts["preprocessing"]
    whole = "a piece" if rules["tile"] > 0 else "an image"
    pieces = (
        f"Large images are searched in pieces of {rules['tile']} px that overlap; an object larger"
        " than what two of them share may be found in parts."
        if rules["tile"] > 0
        else f"Every image is made {side(facts)} px long: objects that are only a few pixels then"
        " are missed."
    )
    return [
        "It knows the objects of its labels only. Others are passed over, or taken for one of its"
        " own.",
        "A confidence is the model's own; it is not the share of boxes that are right.",
        "Objects that cover each other for the most part may be told as one.",
        f"At most {facts['postprocessing']['most']} objects are told of {whole}.",
        ELSEWHERE,
        pieces,
    ]


def use(facts: Mapping[str, Any]) -> str:
    threshold = facts["postprocessing"]["threshold"]
    draw = f"python predict.py --threshold {threshold:.3f} --draw DRAWINGS FOLDER_OF_IMAGES"
    steps = _square(facts) if "side" in facts["preprocessing"] else _canvas(facts)
    return (
        f"{commands(draw)}\n\n{upright(facts)} {steps} find_boxes.py does exactly this and may be"
        " read as an example; its numbers stand in bundle.json."
    )


def _canvas(facts: Mapping[str, Any]) -> str:
    rules = facts["preprocessing"]
    return (
        f"Resize it, its sides' ratio kept, until it fits {rules['width']} x {rules['height']} px"
        " (bilinear, as Pillow does), in floating point from 0 to 1,"
        f" {normalised(rules)}, put it into the upper left corner of a canvas of zeros, and give it"
        f" to model.onnx as float32 [1, 3, {rules['height']}, {rules['width']}], red first. The"
        " answer holds corners on the canvas, confidences and labels (places in the list of"
        " bundle.json); doubles are removed inside of the model."
    )


def _square(facts: Mapping[str, Any]) -> str:
    rules, after = facts["preprocessing"], facts["postprocessing"]
    side = rules["side"]
    return (
        "Resize it, its sides' ratio kept, until its longer side is"
        f" {side} px (bilinear between the four nearest pixels), put it into the middle of a square"
        f" of grey {rules['grey']}, divide by 255, and give it to model.onnx as float32"
        f" [1, 3, {side}, {side}], red first. The answer holds, for each cell, centre, width and"
        " height in the square and a confidence for each label. Of boxes of one label whose"
        f" intersection is more than {after['same']:g} of their union the surest stays."
    )
