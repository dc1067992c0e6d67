"""What merging or deleting a label will do, in numbers, before it is done."""

from __future__ import annotations

from collections.abc import Mapping

from tlstudio.domain.labels import Label, LabelRole
from tlstudio.ui.words import count, tr


def role_word(role: LabelRole) -> str:
    return {
        LabelRole.NORMAL: tr("normal"),
        LabelRole.BACKGROUND: tr("background"),
        LabelRole.IGNORE: tr("ignore"),
    }[role]


def parts(numbers: Mapping[str, int]) -> str:
    """What carries a label: "60 image labels, 3 boxes, 2 suggestions"; empty for nothing."""
    words = (
        count(numbers["image_labels"], "1 image label", "{n} image labels"),
        count(numbers["boxes"], "1 box", "{n} boxes"),
        count(numbers["polygons"], "1 polygon", "{n} polygons"),
        count(numbers["masks"], "1 mask", "{n} masks"),
        count(numbers["suggestions"], "1 suggestion", "{n} suggestions"),
    )
    keys = ("image_labels", "boxes", "polygons", "masks", "suggestions")
    return ", ".join(word for key, word in zip(keys, words, strict=True) if numbers[key])


def merge_words(numbers: Mapping[str, int], going: Label, into: Label) -> str:
    """What merging `going` into `into` changes."""
    if not numbers["images"]:
        said = [tr("Nothing is labelled {name}.", name=going.name)]
    else:
        said = [
            count(
                numbers["images"],
                "On 1 image {what} of {name} become {into}.",
                "On {n} images {what} of {name} become {into}.",
                what=parts(numbers),
                name=going.name,
                into=into.name,
            )
        ]
    if numbers["doubled"]:
        said.append(
            count(
                numbers["doubled"],
                "1 image has both labels and keeps one.",
                "{n} images have both labels and keep one.",
            )
        )
    said.append(tr("The label {name} goes. Undo brings it back.", name=going.name))
    return " ".join(said)


def delete_words(numbers: Mapping[str, int], going: Label) -> str:
    """What deleting `going` takes away."""
    if not numbers["images"]:
        said = [tr("Nothing is labelled {name}.", name=going.name)]
    else:
        said = [
            count(
                numbers["images"],
                "1 image loses the label {name}: {what}.",
                "{n} images lose the label {name}: {what}.",
                name=going.name,
                what=parts(numbers),
            )
        ]
    if numbers["unlabelled"]:
        said.append(
            count(
                numbers["unlabelled"],
                "1 image is left with nothing and becomes unlabelled.",
                "{n} images are left with nothing and become unlabelled.",
            )
        )
    said.append(tr("Undo brings it back."))
    return " ".join(said)
