"""Predictions become suggestions in the project, which wait for a person to accept them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from tlstudio.domain.annotations import (
    Annotation,
    AnnotationSource,
    Box,
    ImageLabel,
    Mask,
    Provenance,
)
from tlstudio.domain.images import ImageQuery, ImageState
from tlstudio.domain.tasks import Task
from tlstudio.services._kept_models import KeptModel
from tlstudio.services._learning_kinds import BOX, IMAGE_LABEL, MASK, SHAPES
from tlstudio.services._predicted import Prediction
from tlstudio.storage import annotations as _annotations
from tlstudio.storage import images as _images
from tlstudio.storage import labels as _labels
from tlstudio.storage import tiles
from tlstudio.storage.connection import Db

if TYPE_CHECKING:
    from tlstudio.imaging.bitmap import Bitmap
    from tlstudio.storage.project import Project

_KINDS = {Task.CLASSIFICATION: IMAGE_LABEL, Task.DETECTION: BOX, Task.SEGMENTATION: MASK}
_OPEN = frozenset({ImageState.UNLABELLED.value, ImageState.DRAFT.value})


class Asked(Protocol):
    """An image that the model was asked about, with its id where it is one of the project."""

    @property
    def image_id(self) -> int | None: ...


def suggest(
    project: Project, kept: KeptModel, asked: Sequence[Asked], found: Sequence[Prediction]
) -> int:
    """Store what was found on images that nobody has labelled; how many suggestions.

    They take the place of earlier suggestions of their kind on the images asked about. Image
    labels go to images without one, shapes to images that are not marked as labelled and hold
    no accepted shape.
    """
    with project.read() as db:
        known = {label.id for label in _labels.all_labels(db)}
        bare = _bare(db, kept.task)
    cleared = [each.image_id for each in asked if each.image_id in bare]
    fit = [p for p in found if p.image_id in bare and p.label_id in known]

    def write(db: Db) -> None:
        ids = [image for image in cleared if image is not None]
        _annotations.delete_suggestions(db, ids, kind=_KINDS[kept.task])
        for item, bitmap in _made(kept, fit):
            number = _annotations.add(db, [item])[0]
            if bitmap is not None:
                tiles.change_tiles(db, number, bitmap.encode())

    if fit or cleared:
        project.transact("undo.suggest", write)
    return len(fit)


def _bare(db: Db, task: Task) -> set[int]:
    if task is Task.CLASSIFICATION:
        return set(_images.query_ids(db, ImageQuery(labels=frozenset({0}))))
    open_ = set(_images.query_ids(db, ImageQuery(states=_OPEN)))
    return open_ - _annotations.images_with(db, SHAPES)


def _made(
    kept: KeptModel, found: Sequence[Prediction]
) -> Iterator[tuple[Annotation, Bitmap | None]]:
    """An annotation for each prediction, the surest of an image on top, with a mask's pixels."""
    heights: dict[int, int] = {}
    for each in sorted(found, key=lambda p: (p.image_id or 0, p.confidence)):
        image = each.image_id or 0
        heights[image] = heights.get(image, 0) + 1
        common: dict[str, Any] = {
            "id": "",
            "image": image,
            "label": each.label_id,
            "provenance": Provenance(
                AnnotationSource.MODEL,
                run=kept.run.id,
                confidence=each.confidence,
                suggestion=True,
            ),
        }
        if each.rle is not None and each.size is not None:
            yield _mask(each.rle, each.size, {**common, "z": heights[image]})
        elif each.box is not None:
            x, y, w, h = each.box
            yield Box(**common, z=heights[image], x=x, y=y, w=w, h=h), None
        else:
            yield ImageLabel(**common), None


def _mask(rle: str, size: tuple[int, int], common: dict[str, Any]) -> tuple[Mask, Bitmap]:
    from tlstudio.imaging.bitmap import Bitmap, Rect
    from tlstudio.imaging.rle import decode

    height, width = size
    bitmap = Bitmap.from_array(decode(rle, width, height), 0, 0, width, height)
    place = bitmap.bounds() or Rect(0, 0, 0, 0)
    return Mask(**common, x=place.x, y=place.y, w=place.w, h=place.h), bitmap
