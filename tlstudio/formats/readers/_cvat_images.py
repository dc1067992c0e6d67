"""Which images the XML files of CVAT are about, where there are several or one has subsets."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from functools import cached_property
from re import Pattern
from xml.etree.ElementTree import Element

from tlstudio.formats.listing import Listing
from tlstudio.formats.readers._image_names import beside, is_image
from tlstudio.formats.readers._image_places import folder_of, joined
from tlstudio.formats.readers._values import name_of, words


class FileImages:
    """The images of a source by the file of `files` whose folder they lie in. One file never has
    what lies in the folder of another."""

    def __init__(self, listing: Listing, files: Sequence[str]) -> None:
        self.listing = listing
        self._folders = {folder_of(file) for file in files}
        self.several = len(files) > 1

    def of(self, file: str, like: Pattern[str]) -> list[str]:
        """Those below the folder of the file; where none of them is called like that, those that
        lie below no file's folder."""
        own, free = self._below.get(folder_of(file), []), self._below.get(None, [])
        right = (some for some in (own, free) if any(map(like.search, some)))
        return next(right, own or free)

    def are_anothers(self, file: str, image: str) -> bool:
        """Whether the image lies in the folder of a file that is not above `file`."""
        owner, here = self._owner(folder_of(image)), folder_of(file)
        return owner not in (None, "", here) and not here.startswith(f"{owner}/")

    @cached_property
    def _below(self) -> dict[str | None, list[str]]:
        """The images by the nearest folder above them that holds a file."""
        found: dict[str | None, list[str]] = defaultdict(list)
        for image in self.listing.images:
            found[self._owner(folder_of(image.name))].append(image.name)
        return found

    def _owner(self, folder: str) -> str | None:
        while folder not in self._folders:
            if not folder:
                return None
            folder = folder_of(folder)
        return folder


class Subsets:
    """The images of a project, which lie in images/SUBSET; several may have one name."""

    def __init__(self, images: FileImages, file: str, root: Element) -> None:
        self._images, self._file = images, file
        self._project = root.find("meta/project") is not None
        subsets: dict[str, set[str]] = defaultdict(set)
        for image in root.iterfind("image"):
            subsets[name_of(image.get("name"))].add(words(image.get("subset")))
        self._several = {name for name, found in subsets.items() if len(found) > 1}

    def path(self, image: Element) -> str:
        """The image that an element is about; "" for none. A name that several subsets have goes
        with its subset, so that nothing takes one for another."""
        name, subset = name_of(image.get("name")), words(image.get("subset"))
        listing, folder = self._images.listing, folder_of(self._file)
        if subset and (self._project or name in self._several):
            place = joined(folder, "images", subset, name)
            if is_image(listing, place):
                return place
        if name in self._several:
            place = joined(folder, "images", name)
            return place if not subset and is_image(listing, place) else joined(subset, name)
        path = beside(listing, self._file, name)
        return joined(folder, name) if self._images.are_anothers(self._file, path) else path
