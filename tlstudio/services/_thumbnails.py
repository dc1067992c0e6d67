"""Thumbnails that the cache has lost: it may be deleted at any time."""

from __future__ import annotations

from collections.abc import Collection

from tlstudio.domain.errors import UserError
from tlstudio.imaging.display import to_8bit
from tlstudio.imaging.facts import THUMBNAIL_SIDE, thumbnail
from tlstudio.imaging.reading import read_image
from tlstudio.storage import images
from tlstudio.storage.paths import resolve
from tlstudio.storage.project import Project


def drawn_again(project: Project, hashes: Collection[str]) -> dict[str, bytes]:
    """Thumbnails of these pixel hashes from their files, kept for the next time.

    Files that are gone or cannot be read are left out.
    """
    if not hashes:
        return {}
    with project.read() as db:
        places = images.places_of_pixels(db, hashes)
    drawn: dict[str, bytes] = {}
    for pixel_hash, (path, frame) in sorted(places.items(), key=lambda item: item[1]):
        try:
            file = resolve(project.folder, path)
            image = read_image(file, frame=frame, draft_to=THUMBNAIL_SIDE)
            drawn[pixel_hash] = thumbnail(to_8bit(image))
        except UserError:
            continue
    if drawn:
        project.thumbnails.put(drawn)
    return drawn
