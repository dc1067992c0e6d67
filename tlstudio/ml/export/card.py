"""MODEL_CARD.md and README.txt: what a person should know before using the model.

The card says what was learned from which data, with figures and their intervals, and what the
model cannot do. It holds no path, no file name and no group of the project.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tlstudio.domain.texts import counted
from tlstudio.ml.export import card_boxes, card_classes, card_regions, card_styles
from tlstudio.ml.export.card_parts import CHECK_FAILED, many, table

_WORDS: Mapping[str, Any] = {
    "classification": card_classes,
    "detection": card_boxes,
    "segmentation": card_regions,
    "style": card_styles,
}

_STRATEGIES = {
    "feature-extraction": "only a new head on top of the unchanged backbone",
    "last-n": "a new head and the last blocks of the backbone",
    "full": "the whole network",
    "probe-then-finetune": "first a new head alone, then gently the whole network",
}

_GROUPS = ("group (a patient, slide or video)", "groups (patients, slides, videos)")

_METHODS = {
    "bootstrap": "bootstrap over groups",
    "wilson": "Wilson",
    "mover-wilson": "Wilson, combined over the labels",
    "too-few-groups": "too few groups for an interval",
    "undefined": "cannot be computed",
    "jackknife": "jackknife over groups",
}

_ASKS = (
    "python predict.py picture.jpg folder_of_pictures",
    "python predict.py --out answers.csv folder_of_pictures",
)

_README = """\
This folder holds a trained model and what is needed to use it, made by TL Studio {program}.

  model.onnx      the model
  predict.py      asks it about images:
                    pip install onnxruntime numpy pillow
                    python predict.py --check
{asks}{options}  read_images.py  from an image file to what the model sees; predict.py needs it,
  read_tiff.py    this for TIFF files; deep ones take: pip install tifffile imagecodecs
  read_dicom.py   and this for DICOM files, for which: pip install pydicom pylibjpeg[all]
{files}  MODEL_CARD.md   what it learned, how good it is, what it cannot do; read it first
  bundle.json     the same for programs: labels, pre-processing, figures, checksums
  parity.json     how closely the exported model agrees with the trained one
  sample.png      one image, and in {expected} the answer that --check compares with

Not a medical device.
"""


def write_readme(facts: Mapping[str, Any]) -> str:
    words = _WORDS[facts["task"]]
    asks = card_styles.ASKS if words is card_styles else _ASKS
    return _README.format(
        program=facts["program"]["version"],
        asks="".join(f"{'':20}{line}\n" for line in asks),
        options="".join(f"{'':20}{line}\n" for line in words.OPTIONS),
        files="".join(f"  {name:<15} {what}\n" for name, what in words.FILES),
        expected=words.EXPECTED,
    )


def write_card(facts: Mapping[str, Any]) -> str:
    """The model card for the contents of bundle.json."""
    words = _WORDS[facts["task"]]
    unlabelled = words is card_styles
    parts = (
        _head(facts, words),
        f"## What it does\n\n{words.duty(facts)}",
        card_styles.learning(facts) if unlabelled else _learning(facts, words),
        card_styles.figures(facts) if unlabelled else _figures(facts, words),
        _limits(facts, words),
        f"## How to use it\n\n{words.use(facts)}",
        _licences(facts),
    )
    return "\n\n".join(parts) + "\n"


def _head(facts: Mapping[str, Any], words: Any) -> str:
    names = ", ".join(label["name"] for label in facts["labels"])
    run = facts["training"]["run"]
    title = (
        card_styles.title(facts)
        if words is card_styles
        else f"{facts['model']['name']} for {names}"
    )
    return (
        f"# {title}\n\n"
        f"Exported on {facts['created'][:10]} from training run {run} by TL Studio"
        f" {facts['program']['version']}.\n\n{_check(facts, words)}"
    )


def _check(facts: Mapping[str, Any], words: Any) -> str:
    """One paragraph on whether the exported model agrees with the trained one."""
    parity = facts["parity"]
    told = f"compared with the trained one on {many(parity, facts['checked_on'])}: "
    told += words.agreement(parity)
    if parity["skipped"]:
        more = counted(parity["skipped"], "more image", "more images")
        told += f" {more} could not be read."
    if parity["unread"]:
        unread = counted(parity["unread"], "image", "images")
        told += f" predict.py could not read {unread} that the program reads."
    if parity["given"]:
        given = counted(parity["given"], "of them is", "of them are")
        told += (
            f" {given} of a kind that predict.py does not read itself (NIfTI): TL Studio read the"
            " values."
        )
    if parity["passed"]:
        return f"The exported model was {told} **The check passed.**"
    return f"{CHECK_FAILED} It was {told}"


def _learning(facts: Mapping[str, Any], words: Any) -> str:
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
    rows.append([words.ALL, *(str(splits.get(s, 0)) for s in ("train", "val", "test"))])
    groups = data.get("groups")
    held = (
        f"The images belong to {counted(groups, *_GROUPS)}."
        if groups
        else "The images are not grouped: several of one patient or slide may be in different"
        " columns, which would make the figures too good."
    )
    recipe = training["recipe"]
    strategy = str(recipe.get("strategy", ""))
    if weights["start"] == "none" and strategy != "feature-extraction":
        strategy = "full"  # nothing is spared where nothing was learned before
    how = _STRATEGIES.get(strategy, "the network")
    start = (
        "It started from random weights (from scratch), not from a pretrained model."
        if weights["start"] == "none"
        else f"It started from {weights['label']}."
    )
    epochs = counted(training["epochs"], "epoch", "epochs")
    return (
        "## What it learned from\n\n"
        + table([words.COUNTED, "training", "validation", "test"], rows)
        + f"\n\n{held}\n\n{start} Trained was {how}, for {epochs}, on images of"
        f" {words.side(facts)} px; kept was {_kept(training['best'])}."
        " bundle.json holds all settings."
    )


def _kept(best: Mapping[str, Any]) -> str:
    epoch = best.get("epoch")
    return f"the model after epoch {epoch}" if epoch else "the new head on the unchanged backbone"


def _figures(facts: Mapping[str, Any], words: Any) -> str:
    text = ["## How good it is"]
    tested = facts["metrics"]["evaluation"]
    if tested:
        text.append(_tested(tested, words))
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


def _tested(tested: Mapping[str, Any], words: Any) -> str:
    methods = tested["methods"]
    rows = [
        [name, *_value(tested, name), _METHODS.get(methods.get(name, ""), methods.get(name, ""))]
        for name in tested["metrics"]
        if name != "threshold"
    ]
    images = counted(tested["images"], "image", "images")
    groups = counted(tested["groups"], "group", "groups")
    text = (
        f'On {images} of the split "{tested["split"]}" ({groups}), which the model never learned'
        " from:\n\n"
        + table(["figure", "value", "95 % interval", "method"], rows)
        + "\n\nLabel by label, with 95 % intervals where they can be given:\n\n"
        + table(*words.per_label(tested["per_label"]))
    )
    if tested.get("leaks"):
        cases = counted(sum(tested["leaks"].values()), "case", "cases")
        text += (
            "\n\n**The test is not clean:** some images or groups are in the training data as well"
            f" ({cases}), so these figures are too good."
        )
    return text


def _value(tested: Mapping[str, Any], name: str) -> tuple[str, str]:
    """A figure and its interval in words."""
    value, pair = tested["metrics"][name], tested["intervals"].get(name)
    shown = "not defined" if value is None else f"{value:.3f}"
    return shown, f"{pair[0]:.3f} to {pair[1]:.3f}" if pair else "none"


def _limits(facts: Mapping[str, Any], words: Any) -> str:
    points = [
        "It is **not a medical device**. It must not be the basis of a diagnosis or a treatment.",
        *words.limits(facts),
    ]
    few = [
        label["name"]
        for label in facts["labels"]
        if facts["data"]["labels"].get(label["name"], {}).get("test", 0) < words.FEW
    ]
    if few:
        points.append(
            f"Fewer than {words.FEW} {words.TESTED}: {', '.join(few)}. What is said about"
            " these labels is uncertain."
        )
    if facts["sample"]["kind"] == "image":
        points.append(
            "sample.png shows one of the images of the project. If they are confidential, so is"
            " this folder."
        )
    return "## What it cannot do\n\n" + "\n".join(f"- {point}" for point in points)


def _licences(facts: Mapping[str, Any]) -> str:
    weights = facts["weights"]
    lines = [f"- Network: {facts['model']['licence']}"]
    if facts["task"] == "style":
        lines.append(f"- {card_styles.licence(facts)}")
    elif weights["start"] != "none":
        unknown = "not known to TL Studio; they came from a file, ask where it is from"
        lines.append(f"- Weights it started from: {weights['licence'] or unknown}")
    lines.append("- predict.py and the files that it needs: AGPL-3.0-or-later, as TL Studio")
    lines.append("- The images it learned from: ask whoever trained it.")
    return "## Licences\n\n" + "\n".join(lines)
