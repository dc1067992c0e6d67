"""What a run showed of itself as it learned: its answers on a few validation images."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tlstudio.domain.errors import UserError
from tlstudio.domain.outcomes import SURE, DetectionOutcome, SegmentationOutcome
from tlstudio.domain.recipe import Recipe
from tlstudio.domain.tasks import Task
from tlstudio.services.box_answers import BoxAnswers
from tlstudio.services.map_answers import judge
from tlstudio.storage import images, paths, runs, snapshots

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from tlstudio.domain.runs import Run
    from tlstudio.storage.project import Project


@dataclass(frozen=True, slots=True)
class StyleExample:
    """An image of the project, and the `picture` of `width` by `height` that a stylizer made of
    it."""

    image: int
    picture: Path
    width: int
    height: int


Outcomes = list[DetectionOutcome] | list[SegmentationOutcome]


def run_examples(project: Project, run_id: str, file: str) -> Outcomes:
    """The images in `file`, a path inside of the run's folder as an event names it.

    Nothing where the file is not there any more or cannot be read: it is only for looking.
    Raises UserError: project.no_run, project.snapshot_missing, project.snapshot_damaged.
    """
    run, shown = _shown(project, run_id, file)
    if run.snapshot is None:
        return []
    try:
        rows = [{**each, "annotations": each["truth"], "path": ""} for each in shown]
        lines = [each["found"] for each in shown]
    except (KeyError, TypeError):
        return []
    labels = next(snapshots.walk_snapshot(project, run.snapshot))["labels"]
    if run.task == Task.DETECTION:
        return BoxAnswers.of(rows, lines, _learned(labels)).at(SURE).items
    outputs = _learned(labels)
    pairs = zip(rows, lines, strict=True)
    return [judge(row, line, labels, outputs).outcome for row, line in pairs]


def style_examples(project: Project, run_id: str, file: str) -> list[StyleExample]:
    """The images in `file` as a stylizer repainted them; those whose picture is gone are left out.
    Raises UserError: project.no_run."""
    run, shown = _shown(project, run_id, file)
    folder = paths.run(project.folder, run.id).resolve()
    found = []
    for each in shown:
        try:
            picture = (folder / str(each["picture"])).resolve()
            size = int(each["width"]), int(each["height"])
            made = StyleExample(int(each["image"]), picture, *size)
        except (KeyError, TypeError, ValueError):
            continue
        if picture.is_relative_to(folder) and picture.is_file():
            found.append(made)
    return found


def before(project: Project, run_id: str, example: StyleExample) -> NDArray[np.uint8]:
    """The image behind `example` as the run sees it, as large as the example: [h, w, 3].

    Raises UserError: project.no_run, project.no_image, those of reading an image.
    """
    from tlstudio.imaging.unit import read_seen, resized, to_rgb8

    with project.read() as db:
        run = runs.get_run(db, run_id)
        found = images.rows(db, [example.image])
    if not found:
        raise UserError("project.no_image", image=example.image)
    path = paths.resolve(project.folder, found[0].path)
    window = Recipe.read(run.recipe, Task(run.task)).seen_through()
    seen = read_seen(path, frame=found[0].frame, window=window)
    return to_rgb8(resized(seen, example.width, example.height))


def _shown(project: Project, run_id: str, file: str) -> tuple[Run, list[Any]]:
    """The run, and the images that `file` inside of its folder tells of; none where it cannot be
    read."""
    with project.read() as db:
        run = runs.get_run(db, run_id)
    folder = paths.run(project.folder, run.id).resolve()
    place = (folder / file).resolve()
    try:
        if not place.is_relative_to(folder):
            return run, []
        shown = json.loads(place.read_text("utf-8"))["images"]
    except (OSError, ValueError, KeyError, TypeError):
        return run, []
    return run, shown if isinstance(shown, list) else []


def _learned(labels: list[dict[str, Any]]) -> list[tuple[int, str]]:
    return [(int(e["id"]), str(e["name"])) for e in labels if e.get("role", "normal") == "normal"]
