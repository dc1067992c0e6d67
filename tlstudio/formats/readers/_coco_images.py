"""The images that COCO files list: files about one image meet, names used twice do not."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from tlstudio.domain.images import Split
from tlstudio.formats.finding import tidy
from tlstudio.formats.listing import Listing
from tlstudio.formats.readers._gather import Gather, Picture
from tlstudio.formats.readers._image_places import exact_place, folder_of, joined, place_of


@dataclass(frozen=True, slots=True)
class _Origin:
    """The folder of a file and the split that it stands for."""

    folder: str
    split: Split | None

    def may_share(self, other: _Origin) -> bool:
        """Whether an image of one name is one image in files of both."""
        if self.split is not None and other.split is not None:
            return self.split is other.split
        return self.folder == other.folder

    @property
    def scope(self) -> str:
        return self.folder if self.split is None else self.split.value


class Pictures:
    """One picture for each image of all files."""

    def __init__(self, listing: Listing, gather: Gather) -> None:
        self._listing, self._gather = listing, gather
        self._all: list[Picture] = []
        self._exact: dict[str, Picture] = {}
        self._owners: dict[str, set[_Origin]] = defaultdict(set)
        self._named: dict[str, dict[str, tuple[_Origin, Picture]]] = defaultdict(dict)

    def of(
        self, file: str, split: Split | None, path: str, width: int | None, height: int | None
    ) -> Picture:
        """What is said of the image that `file` calls `path`, new or from a file before it."""
        origin = _Origin(folder_of(file), split)
        place = exact_place(self._listing, path, file)
        if place is not None:
            self._owners[place].add(origin)
            if place not in self._exact:
                self._exact[place] = self._new(file, place, width, height)
            return self._exact[place]
        several = self._named[path]
        if origin.scope not in several:
            several[origin.scope] = (origin, self._new(file, path, width, height))
        return several[origin.scope][1]

    def _new(self, file: str, path: str, width: int | None, height: int | None) -> Picture:
        self._all.append(self._gather.picture(file, path, width, height))
        return self._all[-1]

    def close(self) -> None:
        """Where only the name tells the image, look for it by that; but not where it is another
        file's, nor where files of several splits mean one each: then the path says whose."""
        for path, several in self._named.items():
            apart = len({origin.split for origin, _ in several.values()} - {None}) > 1
            for origin, picture in several.values():
                place = place_of(self._listing, path, picture.file)
                owners = self._owners.get(place, ())
                if apart or (owners and not any(map(origin.may_share, owners))):
                    place = joined(origin.scope, tidy(path))
                picture.path = place
        for picture in self._all:
            picture.close()
