"""The style image of a run: found, copied beside the run, and found again."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tlstudio.domain.errors import UserError
from tlstudio.domain.windows import AUTO, Window
from tlstudio.storage import images, paths

if TYPE_CHECKING:
    from tlstudio.storage.project import Project

IMAGE = "image:"
PICTURE, FACTS = "style.png", "style.json"
LONGEST = 4096
"""Longest side of the copy in pixels: no style is learned from more."""


@dataclass(frozen=True, slots=True)
class StyleImage:
    """Where a style image lies; `label` names it to a person. An image of the project (`own`) is
    named by its number alone: its file's name may say whose it is, and the label travels with the
    trained model."""

    path: Path
    frame: int
    label: str
    own: bool = False


def find_style(project: Project, wanted: str | None) -> StyleImage:
    """The picture meant by a file's name or image:ID. UserError: training.style_none,
    training.style_file, training.style_image, data.file_missing."""
    text = (wanted or "").strip()
    if not text:
        raise UserError("training.style_none")
    if text.startswith(IMAGE):
        return _of_project(project, text)
    file = Path(text).expanduser().absolute()
    if not file.is_file():
        raise UserError("training.style_file", file=str(file))
    return StyleImage(file, 0, file.name)


def _of_project(project: Project, text: str) -> StyleImage:
    number = text.removeprefix(IMAGE).strip()
    with project.read() as db:
        found = images.rows(db, [int(number)]) if number.isdecimal() else []
    if not found:
        raise UserError("training.style_image", image=text)
    row = found[0]
    path = paths.resolve(project.folder, row.path)
    if not path.is_file():
        raise UserError("data.file_missing", file=str(path))
    return StyleImage(path, row.frame, text, own=True)


def keep_style(style: StyleImage, folder: Path, window: Window) -> None:
    """Copy the style image into a run's folder, as 8 bits without anything its file says beside
    the pixels. An image of the project is seen through the run's `window`, a picture from
    elsewhere through its own. UserErrors of reading an image; restyle.not_written."""
    from PIL import Image

    from tlstudio.imaging.facts import file_sha256
    from tlstudio.imaging.unit import read_seen, resized, to_rgb8

    seen = read_seen(style.path, frame=style.frame, window=window if style.own else AUTO)
    height, width = seen.shape[:2]
    scale = min(1.0, LONGEST / max(height, width))
    if scale < 1:
        seen = resized(seen, max(1, round(width * scale)), max(1, round(height * scale)))
    try:
        Image.fromarray(to_rgb8(seen)).save(folder / PICTURE, "PNG")
        facts = {"label": style.label, "sha256": file_sha256(folder / PICTURE)}
        (folder / FACTS).write_text(json.dumps(facts, ensure_ascii=False), "utf-8")
    except OSError as error:
        reason = error.strerror or str(error)
        raise UserError("restyle.not_written", file=str(folder), reason=reason) from error


def kept_style(folder: Path, run_id: str) -> dict[str, Any]:
    """What the worker is told of the style image in a run's folder: path, frame, sha256, label.
    UserError("training.style_lost") where it is not there."""
    found = told_style(folder)
    if not found:
        raise UserError("training.style_lost", file=str(folder), run=run_id)
    return {**found, "frame": 0}


def told_style(folder: Path) -> dict[str, Any]:
    """{path, label, sha256} of the style image in a run's folder; empty where there is none."""
    picture = folder / PICTURE
    try:
        facts = json.loads((folder / FACTS).read_text("utf-8"))
        label, sha256 = str(facts["label"]), str(facts["sha256"])
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    if not picture.is_file():
        return {}
    return {"path": str(picture.absolute()), "label": label, "sha256": sha256}
