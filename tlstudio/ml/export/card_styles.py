"""What the card of a stylizer says in words of its own: it has no labels and no test figures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tlstudio.domain.texts import counted
from tlstudio.ml.export.card_parts import table, upright

ASKS = (
    "python predict.py --out restyled picture.jpg folder_of_pictures",
    "python predict.py --out restyled.jpg picture.jpg",
)
FEW, TESTED = 0, ""
OPTIONS: tuple[str, ...] = ()
FILES = (
    ("restyle.py", "from a picture to the restyled one; needed too"),
    ("survey.onnx", "looks over a picture that is too large to be drawn at once, and"),
    ("pieces.onnx", "the model again, draws it in pieces"),
)
EXPECTED = "expected.png"


def title(facts: Mapping[str, Any]) -> str:
    return f'Stylizer for the style of "{facts["style"]["label"]}"'


def agreement(parity: Mapping[str, Any]) -> str:
    return (
        f"largest difference of a pixel {parity['max_diff']:.2g} of 1"
        f" ({parity['tolerance']:.2g}, one step of 8 bits, is allowed)."
    )


def duty(facts: Mapping[str, Any]) -> str:
    colours = (
        "The colours are those of the style as well."
        if facts["style"]["colour"] == "style"
        else "Light and dark are redrawn; the colours stay those of the picture."
    )
    return (
        "It redraws a picture in the look of one other picture, the style, and leaves recognisable"
        f" what it shows. {colours} It knows this one style and answers nothing about what is in"
        " the picture."
    )


def learning(facts: Mapping[str, Any]) -> str:
    splits, training, weights = facts["data"]["splits"], facts["training"], facts["weights"]
    rows = [["images", str(splits.get("train", 0)), str(splits.get("val", 0))]]
    best = training["best"].get("epoch")
    epochs = counted(training["epochs"], "epoch", "epochs")
    return (
        "## What it learned from\n\n"
        + table(["", "training", "validation"], rows)
        + f'\n\nThe style is the image "{facts["style"]["label"]}". A feature network'
        f" ({weights['label']}), which is not part of this folder, compared what was drawn with the"
        " image and with the style. The stylizer started from random weights and learned for"
        f" {epochs} from squares of {facts['preprocessing']['size']} px; kept"
        f" was the model after epoch {best}. bundle.json holds all settings."
    )


def figures(facts: Mapping[str, Any]) -> str:
    told = (
        "## How good it is\n\nWhether a picture has the style is for people to see: there is no"
        " figure of a test, and none could be given."
    )
    loss = facts["metrics"]["validation"].get("val_loss")
    if loss is None:
        return told + " There were no validation images; the training loss chose the best epoch."
    return told + (
        f" The loss on the validation images, which chose the best epoch, is {loss:.3f}; it"
        " compares epochs of this run and nothing else."
    )


def limits(_facts: Mapping[str, Any]) -> list[str]:
    return [
        "A restyled picture is no evidence of anything: details are invented, moved and lost. Do"
        " not measure, count or diagnose on it.",
        "Pictures unlike those that it learned from may come out dull or overdrawn.",
        "Strokes keep their size in pixels: they are fine in a large picture and coarse in a small"
        " one. Resize the picture first to change that.",
    ]


def use(facts: Mapping[str, Any]) -> str:
    lines = ("pip install onnxruntime numpy pillow", "python predict.py --check", *ASKS)
    rules = facts["preprocessing"]
    whole = rules["whole_pixels"] / 1e6
    return (
        "```\n" + "\n".join(lines) + "\n```\n\nPictures keep their size and are written as PNG into"
        f" the folder named; each side needs at least {rules['least_side']} px."
        f"\n\n{upright(facts)} Divide 8-bit values by 255, and give it to"
        " model.onnx as float32 [batch, 3, height, width], red first, in any size; the"
        " answer is the restyled picture, 0 to 1, of the same size. Above"
        f" {whole:.1f} million pixels restyle.py draws in pieces, so that memory is enough; it may"
        " be read as an example."
    )


def licence(facts: Mapping[str, Any]) -> str:
    """Of what taught it."""
    known = facts["weights"]["licence"] or "not known to TL Studio; ask where the file is from"
    return f"Weights of the feature network that taught it: {known}"
