"""MODEL_CARD.md and README.txt: what a person should know before using the model.

The card says what was learned from which data, with figures and their intervals, and what the
model cannot do. It holds no path, no file name and no group of the project.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

FEW_TEST_IMAGES = 30

_STRATEGIES = {
    "feature-extraction": "only a new head on top of the unchanged backbone",
    "last-n": "a new head and the last blocks of the backbone",
    "full": "the whole network",
    "probe-then-finetune": "first a new head alone, then gently the whole network",
}

_IMAGES = {"val": "validation images", "train": "training images, as there were no others"}

_METHODS = {
    "bootstrap": "bootstrap over groups",
    "wilson": "Wilson",
    "mover-wilson": "Wilson, combined over the labels",
    "too-few-groups": "too few groups for an interval",
    "undefined": "cannot be computed",
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

_README = """\
This folder holds a trained model and what is needed to use it, made by TL Studio {program}.

  model.onnx      the model
  predict.py      asks it about images:
                    pip install onnxruntime numpy pillow
                    python predict.py --check
                    python predict.py picture.jpg folder_of_pictures
                    python predict.py --out answers.csv folder_of_pictures
  read_images.py  from an image file to the model's input; predict.py needs it beside itself,
  read_dicom.py   and this for DICOM files, for which: pip install pydicom pylibjpeg[all]
  MODEL_CARD.md   what it learned, how good it is, what it cannot do; read it first
  bundle.json     the same for programs: labels, pre-processing, figures, checksums
  parity.json     how closely the exported model agrees with the trained one
  sample.png      one image, and in expected.json the answer that --check compares with

Not a medical device.
"""


def write_readme(facts: Mapping[str, Any]) -> str:
    return _README.format(program=facts["program"]["version"])


def write_card(facts: Mapping[str, Any]) -> str:
    """The model card for the contents of bundle.json."""
    parts = (
        _head(facts),
        _duty(facts),
        _learning(facts),
        _figures(facts),
        _limits(facts),
        _use(facts),
        _licences(facts),
    )
    return "\n\n".join(parts) + "\n"


def _head(facts: Mapping[str, Any]) -> str:
    names = ", ".join(label["name"] for label in facts["labels"])
    run = facts["training"]["run"]
    return (
        f"# {facts['model']['name']} for {names}\n\n"
        f"Exported on {facts['created'][:10]} from training run {run} by TL Studio"
        f" {facts['program']['version']}.\n\n{check_line(facts['parity'], facts['checked_on'])}"
    )


def check_line(parity: Mapping[str, Any], split: str = "val") -> str:
    """One paragraph on whether the exported model agrees with the trained one."""
    told = (
        f"compared with the trained one on {parity['n']} {_IMAGES[split]}: largest difference"
        f" of a probability {parity['max_diff']:.2g} ({parity['tolerance']:g} is allowed), another"
        f" most probable label in {parity['top_differs']} of them."
    )
    if parity["skipped"]:
        told += f" {parity['skipped']} more images could not be read."
    if parity["unread"]:
        told += f" predict.py could not read {parity['unread']} images that the program reads."
    if parity["given"]:
        told += (
            f" {parity['given']} of them are of a kind that predict.py does not read itself (NIfTI,"
            " TIFF with several channels); their values were read by TL Studio."
        )
    if parity["passed"]:
        return f"The exported model was {told} **The check passed.**"
    return f"**THE CHECK FAILED. DO NOT USE THIS MODEL.** It was {told}"


def _duty(facts: Mapping[str, Any]) -> str:
    count = len(facts["labels"])
    return (
        "## What it does\n\n"
        f"It is shown one image and says which of {count} labels fits it best, with a probability"
        f" for each of them."
    )


def _learning(facts: Mapping[str, Any]) -> str:
    data, training, weights = facts["data"], facts["training"], facts["weights"]
    splits = data["splits"]
    rows = [
        [
            label["name"],
            *(
                str(data["labels"].get(label["name"], {}).get(s, 0))
                for s in ("train", "val", "test")
            ),
        ]
        for label in facts["labels"]
    ]
    rows.append(["all", *(str(splits.get(s, 0)) for s in ("train", "val", "test"))])
    groups = data.get("groups")
    held = (
        f"The images belong to {groups} groups (patients, slides, videos)."
        if groups
        else "The images are not grouped: several of one patient or slide may be in different"
        " columns, which would make the figures too good."
    )
    recipe = training["recipe"]
    how = _STRATEGIES.get(recipe.get("strategy", ""), "the network")
    start = (
        "It started from random weights (from scratch), not from a pretrained model."
        if weights["start"] == "none"
        else f"It started from {weights['label']}."
    )
    return (
        "## What it learned from\n\n"
        + _table(["images of label", "training", "validation", "test"], rows)
        + f"\n\n{held}\n\n{start} Trained was {how}, for {training['epochs']} epochs, on images"
        f" of {facts['preprocessing']['size']} px; kept was {_kept(training['best'])}."
        " bundle.json holds all settings."
    )


def _kept(best: Mapping[str, Any]) -> str:
    epoch = best.get("epoch")
    return f"the model after epoch {epoch}" if epoch else "the new head on the unchanged backbone"


def _figures(facts: Mapping[str, Any]) -> str:
    text = ["## How good it is"]
    tested = facts["metrics"]["evaluation"]
    if tested:
        text.append(_tested(tested))
    else:
        text.append(
            "It was **not evaluated** on images kept apart for the test. The figures below were"
            " used to choose the best epoch, so they are too good."
        )
    validation = facts["metrics"]["validation"]
    if validation:
        shown = "; ".join(f"{n} {v:.3f}" for n, v in validation.items() if v is not None)
        text.append(f"On the validation images, which also chose the best epoch: {shown}.")
    return "\n\n".join(text)


def _tested(tested: Mapping[str, Any]) -> str:
    methods = tested["methods"]
    rows = [
        [name, *_value(tested, name), _METHODS.get(methods[name], methods[name])]
        for name in tested["metrics"]
    ]
    text = (
        f'On {tested["images"]} images of the split "{tested["split"]}"'
        f" ({tested['groups']} groups), which the model never learned from:\n\n"
        + _table(["figure", "value", "95 % interval", "method"], rows)
        + "\n\nLabel by label, with 95 % intervals where they can be given:\n\n"
        + _table(
            ["label", "images", "found of them (recall)", "right among those named (precision)"],
            [
                [label, str(row["images"]), _cell(row, "recall"), _cell(row, "precision")]
                for label, row in tested["per_label"].items()
            ],
        )
    )
    if tested.get("leaks"):
        text += (
            "\n\n**The test is not clean:** some images or groups are in the training data as well"
            f" ({sum(tested['leaks'].values())} cases), so these figures are too good."
        )
    return text


def _value(tested: Mapping[str, Any], name: str) -> tuple[str, str]:
    """A figure and its interval in words."""
    value, pair = tested["metrics"][name], tested["intervals"].get(name)
    shown = "not defined" if value is None else f"{value:.3f}"
    return shown, f"{pair[0]:.3f} to {pair[1]:.3f}" if pair else "none"


def _cell(row: Mapping[str, Any], name: str) -> str:
    """A label's figure with its interval."""
    value, pair = row.get(name), row["intervals"].get(name)
    if value is None:
        return "not defined"
    return f"{value:.3f} ({pair[0]:.3f} to {pair[1]:.3f})" if pair else f"{value:.3f}"


def _limits(facts: Mapping[str, Any]) -> str:
    size = facts["preprocessing"]["size"]
    points = [
        "It is **not a medical device**. It must not be the basis of a diagnosis or a treatment.",
        "It always answers with one of its labels, also for images of something else.",
        "A probability is the model's own confidence, not the share of cases in which it is right.",
        "Images from another microscope, camera, stain, laboratory or group of patients can be"
        " judged much worse than the figures say. Try it on labelled images of your own first.",
        f"Every image is squeezed to {size} x {size} px: details finer than that are lost, and long"
        " images are distorted.",
    ]
    few = [
        label["name"]
        for label in facts["labels"]
        if facts["data"]["labels"].get(label["name"], {}).get("test", 0) < FEW_TEST_IMAGES
    ]
    if few:
        points.append(
            f"Fewer than {FEW_TEST_IMAGES} test images: {', '.join(few)}. What is said about"
            " these labels is uncertain."
        )
    if facts["sample"]["kind"] == "image":
        points.append(
            "sample.png shows one of the images of the project. If they are confidential, so is"
            " this folder."
        )
    return "## What it cannot do\n\n" + "\n".join(f"- {point}" for point in points)


def _use(facts: Mapping[str, Any]) -> str:
    rules = facts["preprocessing"]
    mean = ", ".join(f"{v:g}" for v in rules["mean"])
    std = ", ".join(f"{v:g}" for v in rules["std"])
    return (
        "## How to use it\n\n"
        "```\npip install onnxruntime numpy pillow\npython predict.py --check\n"
        "python predict.py --out answers.csv FOLDER_OF_IMAGES\n```\n\n"
        "In a program of your own: turn the image upright (EXIF), make it RGB (grey three times,"
        f" transparency over white). {window_line(rules)} Resize the whole of it to"
        f" {rules['size']} x {rules['size']} px ({rules['resize']}, as Pillow does: 8-bit images"
        " in 8 bits and divided by 255 after it, all others in floating point), subtract the mean"
        f" ({mean}), divide by the standard deviation ({std}), and give it to model.onnx as"
        f" float32 [batch, 3, {rules['size']}, {rules['size']}], red first. The answer holds the"
        " probabilities in the order of the labels in bundle.json. read_images.py does exactly"
        " this and may be read as an example."
    )


def window_line(rules: Mapping[str, Any]) -> str:
    """Which raw values are black and white to the model, for a person."""
    if rules["steps"] == "squash-1":
        return (
            "Images of more than 8 bits become 8-bit ones between their own 0.5 and 99.5"
            " percentiles."
        )
    window = rules["window"]
    if window["kind"] == "fixed":
        return (
            f"In every image the raw value {window['low']:g} and all below it are black (0), the"
            f" value {window['high']:g} and all above it are white (1), and those between lie"
            " evenly between 0 and 1. Images whose values mean something else are judged wrongly."
        )
    return _WINDOWS[window["kind"]] + " Nothing is rounded to 8 bits."


def _licences(facts: Mapping[str, Any]) -> str:
    weights = facts["weights"]
    lines = [f"- Network: {facts['model']['licence']}"]
    if weights["start"] != "none":
        unknown = "not known to TL Studio; they came from a file, ask where it is from"
        lines.append(f"- Weights it started from: {weights['licence'] or unknown}")
    lines.append("- predict.py, read_images.py and read_dicom.py: AGPL-3.0-or-later, as TL Studio")
    lines.append("- The images it learned from: ask whoever trained it.")
    return "## Licences\n\n" + "\n".join(lines)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    def line(cells: Sequence[str]) -> str:
        return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"

    return "\n".join([line(head), line(["---"] * len(head)), *map(line, rows)])
