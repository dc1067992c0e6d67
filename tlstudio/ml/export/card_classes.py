"""What the card of a classifier says in words of its own."""

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

COUNTED, ALL = "images of label", "all"
FEW, TESTED = 30, "test images"
OPTIONS: tuple[str, ...] = ()
FILES: tuple[tuple[str, str], ...] = ()
EXPECTED = "expected.json"


def agreement(parity: Mapping[str, Any]) -> str:
    return (
        f"largest difference of a probability {parity['max_diff']:.2g}"
        f" ({parity['tolerance']:g} is allowed), another most probable label in"
        f" {parity['top_differs']} of them."
    )


def duty(facts: Mapping[str, Any]) -> str:
    return (
        f"It is shown one image and says which of {len(facts['labels'])} labels fits it best, with"
        " a probability for each of them."
    )


def side(facts: Mapping[str, Any]) -> int:
    """Pixels of an image's side as it learned."""
    return int(facts["preprocessing"]["size"])


def per_label(rows: Mapping[str, Any]) -> tuple[list[str], list[list[str]]]:
    """Head and rows of the table of figures."""
    return (
        ["label", "images", "found of them (recall)", "right among those named (precision)"],
        [
            [label, str(row["images"]), cell(row, "recall"), cell(row, "precision")]
            for label, row in rows.items()
        ],
    )


def limits(facts: Mapping[str, Any]) -> list[str]:
    size = side(facts)
    return [
        "It always answers with one of its labels, also for images of something else.",
        CONFIDENCE,
        ELSEWHERE,
        f"Every image is squeezed to {size} x {size} px: details finer than that are lost, and long"
        " images are distorted.",
    ]


def use(facts: Mapping[str, Any]) -> str:
    rules = facts["preprocessing"]
    size = side(facts)
    return (
        f"{commands()}\n\n{upright(facts)} Resize the whole of it to"
        f" {size} x {size} px ({rules['resize']}, as Pillow does: 8-bit images"
        " in 8 bits and divided by 255 after it, all others in floating point),"
        f" {normalised(rules)}, and give it to model.onnx as"
        f" float32 [batch, 3, {size}, {size}], red first. The answer holds the"
        " probabilities in the order of the labels in bundle.json. read_images.py does exactly"
        " this and may be read as an example."
    )
