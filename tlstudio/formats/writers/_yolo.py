"""What both YOLO formats share: folders, data.yaml, a text file beside each image."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from tlstudio.domain.images import Split
from tlstudio.domain.progress import Cancel, Progress
from tlstudio.formats.annotation_set import ReadShape
from tlstudio.formats.writers.exported import (
    Export,
    Folder,
    OutImage,
    Tally,
    WriteReport,
    split_name,
    stem,
)
from tlstudio.formats.writers.words import yaml_text

UNSPLIT = "unsplit"

Lines = Callable[[ReadShape, OutImage, Tally], Iterable[str]]


def place(image: OutImage) -> str:
    return f"images/{split_name(image.split, UNSPLIT)}/{image.name}"


def labels_of(picture: str) -> str:
    """Where the library looks for the labels of a picture: the last folder `images` of its path
    is `labels`."""
    before, after = f"/{picture}".rsplit("/images/", 1)
    return f"{before}/labels/{stem(after)}.txt"[1:]


def write(
    export: Export,
    out: Path,
    holds: frozenset[str],
    lines_of: Lines,
    progress: Progress,
    cancel: Cancel,
) -> WriteReport:
    """A file as `labels_of` says for each image, an empty one where there is nothing in it;
    `lines_of` gives the numbers that follow that of the label."""
    tally, folder = Tally(export, holds), Folder(out)
    numbers = export.numbers(0)
    splits: set[Split | None] = set()
    for image in tally.walk(progress, cancel):
        splits.add(image.split)
        text = [
            f"{numbers[shape.label]} {line}\n"
            for shape in image.shapes
            for line in lines_of(shape, image, tally)
        ]
        folder.text(labels_of(place(image)), "".join(text))
    if not {Split.TRAIN, Split.VAL} <= splits:
        tally.lose("export.yolo_splits", tally.images)
    folder.text("data.yaml", _data(export, splits))
    return tally.report()


def _data(export: Export, splits: set[Split | None]) -> str:
    """Folders by split and names by number; without a path, so that they are beside this file."""
    lines = [f"{split.value}: images/{split.value}" for split in Split if split in splits]
    if None in splits:
        lines.append(f"{UNSPLIT}: images/{UNSPLIT}")
    lines.append(f"nc: {len(export.labels)}")
    lines.append("names:" if export.labels else "names: {}")
    lines += [f"  {place}: {yaml_text(label.name)}" for place, label in enumerate(export.labels)]
    return "".join(f"{line}\n" for line in lines)
