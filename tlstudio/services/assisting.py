"""Assisted outlines: point at a thing, and a promptable model outlines it.

The model works in a warm process of its own. It looks at an image once (`embed`, seconds without
a graphics card), which is best done while a person still looks at the one before; each prompt is
then answered in a fraction of a second.

Settings: assist.model (an id of the catalogue), assist.device (auto, cpu, cuda, mps).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tlstudio.catalog.promptable import promptable
from tlstudio.domain.errors import Cancelled, UserError
from tlstudio.domain.images import ImageRow
from tlstudio.domain.models import ModelSpec
from tlstudio.domain.progress import Progress, silent
from tlstudio.domain.tasks import Aid
from tlstudio.imaging.bitmap import Bitmap
from tlstudio.imaging.packed import unpack
from tlstudio.jobs.warm import WarmWorker
from tlstudio.services import _assist_worker, _weights_store
from tlstudio.services._assist_worker import device_in_use, rest
from tlstudio.services.models import ModelRow, find_model, list_models
from tlstudio.services.settings import set_setting, setting
from tlstudio.storage import images, paths

if TYPE_CHECKING:
    from tlstudio.storage.project import Project

__all__ = [
    "AssistStatus",
    "Outline",
    "Suggestion",
    "available",
    "choose_model",
    "device_in_use",
    "drop",
    "embed",
    "ready",
    "rest",
    "suggest_outline",
    "wake",
]

PATIENCE = 600.0
"""Seconds until an answer is given up: large models without a graphics card are slow."""

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class AssistStatus:
    """Whether outlines can be assisted. `model` is the one that would be used; where it is None,
    `reason` is a code that says how to get the weights of `offer`. `verified`: its weights are
    those published. `device` is "" until the worker is awake."""

    model: ModelSpec | None
    offer: ModelSpec
    reason: str = ""
    verified: bool = False
    device: str = ""

    @property
    def params(self) -> dict[str, object]:
        """Parameters of `reason`."""
        return {"model": self.offer.id}


@dataclass(frozen=True, slots=True)
class Outline:
    """One reading of what was pointed at; `confidence` is how far the model expects it to
    overlap the true one, about 0 to 1."""

    bitmap: Bitmap
    confidence: float


@dataclass(frozen=True, slots=True)
class Suggestion:
    """`outlines`, the best first, never empty. `name` lets a later prompt go on from one."""

    name: str
    outlines: tuple[Outline, ...]
    milliseconds: float

    @property
    def best(self) -> Outline:
        return self.outlines[0]


def available() -> list[ModelRow]:
    """The models to choose from, and whether their weights are here."""
    return list_models(Aid.ASSIST)


def choose_model(model_id: str | None) -> None:
    """Use this model from now on; None leaves the choice to the program.

    UserError("assist.other_model") where it is no model for outlines.
    """
    if model_id is not None and find_model(model_id).task is not Aid.ASSIST:
        raise UserError("assist.other_model", model=model_id)
    set_setting("assist.model", model_id)


def ready() -> AssistStatus:
    """Which model serves: the chosen one, else the first whose weights are here."""
    here = _weights_store.present()
    known = {spec.id: spec for spec in promptable()}
    chosen = known.get(str(setting("assist.model", "")))
    candidates = [*([chosen] if chosen else []), *known.values()]
    model = next((spec for spec in candidates if spec.id in here), None)
    if model is None:
        return AssistStatus(None, candidates[0], "assist.no_weights")
    verified = here[model.id].verified
    return AssistStatus(model, model, verified=verified, device=device_in_use())


def wake() -> None:
    """Start the worker, so that the first image is looked at sooner."""
    _worker().wake()


def embed(
    project: Project, image_id: int, *, ahead: bool = False, progress: Progress = silent
) -> float:
    """Let the model look at an image; the milliseconds it took, next to 0 where it has already.

    With `ahead` (for the image that will come next) nobody waits: it gives way to everything
    else, and 0 is returned at once. Otherwise another image asked for in the meantime, or `drop`,
    raises Cancelled. UserErrors: assist.no_weights, assist.changed, assist.memory, data.*,
    project.no_image, training.crashed.
    """
    request = {"do": "embed", "image": _image(project, image_id), "ahead": ahead}
    if ahead:
        _worker().tell(request)
        return 0.0
    with _assist_worker.hearing(progress):
        return float(_ask(request)["milliseconds"])


def drop(project: Project, image_id: int) -> None:
    """Nobody waits for the embedding of this image any more."""
    if device_in_use():
        _worker().tell({"do": "cancel", "image": _image(project, image_id)})


def suggest_outline(
    project: Project,
    image_id: int,
    points: Sequence[Point] = (),
    labels: Sequence[bool] = (),
    box: tuple[float, float, float, float] | None = None,
    *,
    previous: tuple[str, int] | None = None,
    progress: Progress = silent,
) -> Suggestion:
    """What the model outlines for `points` (`labels`: True belongs to it, False does not) and
    `box` (x, y, width, height), all in pixels of the image.

    `previous`: name of an earlier suggestion for this thing and the place of the outline that is
    to be refined. Waits for the image's embedding where there is none. UserErrors as `embed`,
    and assist.no_prompt, assist.nothing, assist.too_ragged.
    """
    image = _image(project, image_id)
    request = {
        "do": "prompt",
        "image": image,
        "points": [[float(x), float(y)] for x, y in points],
        "labels": [int(label) for label in labels],
        "box": None if box is None else [float(value) for value in box],
        "previous": None if previous is None else {"name": previous[0], "choice": previous[1]},
    }
    with _assist_worker.hearing(progress):
        answer = _ask(request)
    size = (int(image["width"]), int(image["height"]))
    outlines = tuple(_outline(told, *size) for told in answer["outlines"] if told["w"])
    if not outlines:
        raise UserError("assist.nothing")
    return Suggestion(str(answer["name"]), outlines, float(answer["milliseconds"]))


def _outline(told: dict[str, Any], width: int, height: int) -> Outline:
    mask = unpack(told["bits"], int(told["w"]), int(told["h"]))
    bitmap = Bitmap.from_array(mask, int(told["x"]), int(told["y"]), width, height)
    return Outline(bitmap, float(told["confidence"]))


def _worker() -> WarmWorker:
    status = ready()
    if status.model is None:
        raise UserError("assist.no_weights", model=status.offer.id)
    device = str(setting("assist.device", "auto"))
    return _assist_worker.worker(status.model, _weights_store.file_of(status.model.id), device)


def _ask(request: dict[str, Any]) -> dict[str, Any]:
    """The answer; a worker that was killed is followed by another once."""
    try:
        try:
            answer = _worker().ask(request, PATIENCE)
        except UserError as error:
            if error.code != "training.crashed":
                raise
            answer = _worker().ask(request, PATIENCE)
    except UserError as error:
        if error.code == "assist.stale":
            raise Cancelled from error
        raise
    return answer


def _image(project: Project, image_id: int) -> dict[str, Any]:
    """What the worker is told of an image; its key changes when its pixels do."""
    with project.read() as db:
        rows: list[ImageRow] = images.rows(db, [image_id])
    if not rows:
        raise UserError("project.no_image", image=image_id)
    row = rows[0]
    path: Path = paths.resolve(project.folder, row.path)
    return {
        "key": row.pixel_hash,
        "path": str(path),
        "frame": row.frame,
        "width": row.width,
        "height": row.height,
    }
