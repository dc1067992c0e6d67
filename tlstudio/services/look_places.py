"""The images that a look is learned from or given to, by the places a person can choose."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tlstudio.domain.look_places import LookPlace, PlaceKind
from tlstudio.services._look_images import LookImage, images_of_files, images_of_project
from tlstudio.services.filters import list_filters
from tlstudio.services.images import find_images
from tlstudio.services.sites import site_choices, site_images

if TYPE_CHECKING:
    from tlstudio.storage.project import Project

__all__ = ["images_at", "look_places"]


def look_places(project: Project) -> list[LookPlace]:
    """All images, the sites and the saved filters of the project."""
    found = [LookPlace(PlaceKind.ALL, images=len(find_images(project)))]
    for site in site_choices(project):
        found.append(LookPlace(PlaceKind.SITE, site.name, site=site.site, images=site.images))
    for each in list_filters(project):
        number = len(find_images(project, each.query))
        found.append(LookPlace(PlaceKind.FILTER, each.name, filter_id=each.id, images=number))
    return found


def images_at(project: Project, place: LookPlace, *, made_here: bool = True) -> list[LookImage]:
    """The images of a place, without those that this program made unless `made_here`.

    UserError: look.no_pictures, look.no_file, site.unknown.
    """
    if place.kind is PlaceKind.FILES:
        return images_of_files(place.files)
    ids: list[int] | None = None
    if place.kind is PlaceKind.SITE:
        ids = sorted(site_images(project, place.site))
    elif place.kind is PlaceKind.IMAGES:
        ids = list(place.ids)
    elif place.kind is PlaceKind.FILTER:
        chosen = [each for each in list_filters(project) if each.id == place.filter_id]
        ids = [image for each in chosen for image in find_images(project, each.query)]
    return images_of_project(project, ids, made_here=made_here)
