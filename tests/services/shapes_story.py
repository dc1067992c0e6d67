"""A project with shapes and a finished run whose model says what a test tells it to say."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tlstudio.domain.annotations import Box, Mask
from tlstudio.domain.images import ImageState, Split
from tlstudio.domain.tasks import Task
from tlstudio.imaging.bitmap import Bitmap
from tlstudio.imaging.rle import encode
from tlstudio.services._learning_rows import filled
from tlstudio.services._learning_set import gather
from tlstudio.services.projects import Project
from tlstudio.storage import annotations, images, paths, runs, snapshots, tiles

WIDTH, HEIGHT = 64, 48
CELL, CORE = 1, 2


@dataclass
class Story:
    """`say` makes the model answer with these lines, by image id."""

    project: Project
    run: str
    say: Callable[[dict[int, dict[str, Any]]], None]


def box(image: int, label: int, *place: float) -> Box:
    x, y, w, h = place
    return Box(id="", image=image, label=label, x=x, y=y, w=w, h=h)


def put(project: Project, *shapes: Box, state: ImageState = ImageState.LABELLED) -> None:
    def write(db: Any) -> None:
        annotations.add(db, shapes)
        images.set_state(db, {shape.image for shape in shapes}, state)

    project.transact("undo.add_shapes", write)


def paint(project: Project, image: int, label: int, pixels: np.ndarray) -> None:
    bitmap = Bitmap.from_array(pixels, 0, 0, WIDTH, HEIGHT)
    place = bitmap.bounds()
    assert place is not None
    mask = Mask(id="", image=image, label=label, x=place.x, y=place.y, w=place.w, h=place.h)

    def write(db: Any) -> None:
        tiles.change_tiles(db, annotations.add(db, [mask])[0], bitmap.encode())
        images.set_state(db, [image], ImageState.LABELLED)

    project.transact("undo.paint", write)


def divide(project: Project, splits: dict[Split, Sequence[int]]) -> None:
    def write(db: Any) -> None:
        for split, ids in splits.items():
            images.set_split(db, ids, split)

    project.transact("undo.split", write)


def finished_run(project: Project, task: Task, **facts: Any) -> str:
    """A run that has learned from the project as it is, with a kept model of its labels."""
    found = gather(project, task).in_splits()
    name = snapshots.write_snapshot(project, found.header, filled(project, found.rows))
    made: list[str] = []

    def write(db: Any) -> None:
        snapshots.record_snapshot(db, name, task.value, len(found.rows))
        run = runs.add_run(
            db, task=task.value, model="yolo11n", recipe={}, weights="none", snapshot=name
        )
        made.append(run.id)

    project.transact("undo.run", write, undoable=False)
    folder = paths.run(project.folder, made[0])
    folder.mkdir(parents=True)
    labels = [{"id": label.id, "name": label.name} for label in found.learned]
    (folder / "best.json").write_text(json.dumps({"labels": labels, **facts}))
    (folder / "best.safetensors").write_bytes(b"weights")
    return made[0]


def teller(tmp_path: Path, monkeypatch: Any) -> Callable[[dict[int, dict[str, Any]]], None]:
    place = tmp_path / "lines.json"
    monkeypatch.setenv("TLSTUDIO_FAKE_LINES", str(place))

    def say(lines: dict[int, dict[str, Any]]) -> None:
        size = {"width": WIDTH, "height": HEIGHT}
        told = {str(image): {**size, **line} for image, line in lines.items()}
        place.write_text(json.dumps(told))

    return say


def boxes(*found: tuple[int, float, Sequence[float]]) -> dict[str, Any]:
    """A detector's line of (label, confidence, box)."""
    return {
        "boxes": [list(place) for _label, _score, place in found],
        "labels": [label for label, _score, _place in found],
        "scores": [score for _label, score, _place in found],
    }


def regions(*found: tuple[int, float, np.ndarray]) -> dict[str, Any]:
    """A segmenter's line of (label, confidence, pixels)."""
    return {
        "regions": [
            {"label": label, "confidence": score, "rle": encode(pixels)}
            for label, score, pixels in found
        ]
    }


def square(left: int, top: int, side: int) -> np.ndarray:
    made = np.zeros((HEIGHT, WIDTH), dtype=bool)
    made[top : top + side, left : left + side] = True
    return made
