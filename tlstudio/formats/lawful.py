"""What a reader made, with every text such as can be stored and shown."""

from __future__ import annotations

from dataclasses import replace

from tlstudio.domain.images import Skipped
from tlstudio.domain.notices import Notice
from tlstudio.domain.texts import lawful, one_line
from tlstudio.formats.annotation_set import AnnotationSet, ReadImage


def made_lawful(made: AnnotationSet) -> None:
    """Changes the set. Shapes keep their labels as they are; their import sees to those."""
    made.images = [_image(image) for image in made.images]
    made.embedded = {lawful(path): data for path, data in made.embedded.items()}
    made.skipped = [Skipped(lawful(s.file), s.reason, _params(s.params)) for s in made.skipped]
    made.notices = [Notice(notice.code, _params(notice.params)) for notice in made.notices]


def _image(image: ReadImage) -> ReadImage:
    if image.path.isascii() and not image.group and not image.tags:
        return image
    tags = (one_line(tag) for tag in image.tags)
    return replace(
        image,
        path=lawful(image.path),
        group=one_line(image.group or "") or None,
        tags=tuple(dict.fromkeys(tag for tag in tags if tag)),
    )


def _params(params: dict[str, object]) -> dict[str, object]:
    return {k: lawful(v) if isinstance(v, str) else v for k, v in params.items()}
