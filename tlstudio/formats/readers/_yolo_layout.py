"""How a YOLO data set lies in its folders: classes, label files, splits.

Paths in its descriptions are often those of another machine: only their last folders are
looked for, below the source.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from tlstudio.domain.errors import UserError
from tlstudio.domain.images import Split
from tlstudio.formats.finding import tidy
from tlstudio.formats.layout import SPLIT_NAMES, split_named
from tlstudio.formats.listing import Listing
from tlstudio.formats.readers._gather import Gather
from tlstudio.formats.readers._image_places import folder_of, joined, split_in, stem_of
from tlstudio.formats.readers._values import number, whole, words
from tlstudio.formats.readers._yolo_lines import Classes
from tlstudio.formats.yaml_text import Value, parse_yaml

_NAMES = ("classes.txt", "obj.names", "_darknet.labels", "labels.txt", "predefined_classes.txt")
_OTHER = frozenset({"readme", "license", "requirements", "labelmap", "source", "notes"})
_IMAGES = ("images", "JPEGImages", "image", "imgs", "img", "")
_NONE = Classes({}, known=False)


class YoloLayout:
    """The descriptions of the listing, read once. Those that cannot be read are skipped."""

    def __init__(self, listing: Listing, gather: Gather) -> None:
        self._listing, self._gather = listing, gather
        self._classes: dict[str, Classes] = {}
        self._lists: dict[str, Split] = {}
        self._folders: dict[str, set[Split]] = {}
        self._by_stem: dict[tuple[str, str], list[str]] = {}
        self._below: set[str] = set()
        for image in listing.images:
            folder, stem = folder_of(image.name), stem_of(image.name)
            self._by_stem.setdefault((folder, stem.casefold()), []).append(image.name)
            while folder not in self._below:
                self._below.add(folder)
                folder = folder_of(folder)
        for name in description_files(listing):
            try:
                self._describe(name)
            except UserError as error:
                gather.skip_error(name, error)
        for name in listing.named(".txt"):
            split = split_named(stem_of(name))
            if split is not None and is_list(listing, name):
                self._read_list(name, split)

    @property
    def labels(self) -> list[str]:
        """All names of classes that the descriptions give, in their order."""
        return [name for classes in self._classes.values() for name in classes.names.values()]

    def classes_for(self, name: str) -> Classes:
        """The classes of a label file: those described nearest above it."""
        folder = folder_of(name)
        while True:
            if folder in self._classes:
                return self._classes[folder]
            if not folder:
                break
            folder = folder_of(folder)
        every = list(self._classes.values())
        return every[0] if len(every) == 1 else _NONE

    def images_for(self, name: str) -> list[str]:
        """The images that a label file is about: beside it, or where `labels` is `images`."""
        folders, stem = folder_of(name).split("/"), stem_of(name)
        for folder in _image_folders(folders):
            found = self._by_stem.get((folder, stem.casefold()))
            if found:
                return found
        found_one = self._listing.find_image(joined(*folders, stem))
        return [found_one] if found_one is not None else []

    def split_of(self, image: str) -> Split | None:
        """The split that a list names it in, that a description gives its folder, else the one
        that a folder is called by."""
        listed = self._lists.get(image)
        if listed is not None:
            return listed
        folder = folder_of(image)
        while True:
            said = self._folders.get(folder, set())
            if len(said) == 1:
                return next(iter(said))
            if said or not folder:
                break
            folder = folder_of(folder)
        return split_in(joined(folder_of(image), "x"))

    def _describe(self, name: str) -> None:
        text = self._listing.text(name)
        if name.lower().endswith((".yaml", ".yml")):
            value = parse_yaml(text, str(self._listing.path(name)))
            if isinstance(value, dict) and "names" in value:
                self._read_yaml(name, value)
        elif name.lower().endswith(".data"):
            entries = (line.partition("=") for line in text.splitlines())
            data = {key.strip(): value.strip() for key, _, value in entries}
            self._read_splits(name, {**data})
        else:
            lines = [words(line) for line in text.rstrip().splitlines()]
            names = {index: line or str(index) for index, line in enumerate(lines)}
            self._classes.setdefault(folder_of(name), Classes(names))

    def _read_yaml(self, name: str, data: dict[str, Value]) -> None:
        listed = data["names"]
        entries = listed.items() if isinstance(listed, dict) else enumerate(listed)
        names: dict[int, str] = {}
        for key, value in entries:
            index = whole(key)
            if index is not None and isinstance(value, str):
                names.setdefault(index, words(value) or str(index))
        self._classes[folder_of(name)] = Classes(names, bool(names), _keypoints(data))
        self._read_splits(name, data)

    def _read_splits(self, name: str, data: dict[str, Value]) -> None:
        root = data.get("path")
        for word, value in data.items():
            split = SPLIT_NAMES.get(word)
            if split is None:
                continue
            for entry in value if isinstance(value, list) else [value]:
                if (
                    isinstance(entry, str)
                    and entry
                    and not self._read_entry(
                        name, root if isinstance(root, str) else "", entry, split
                    )
                ):
                    self._gather.note("objects.split_not_found")

    def _read_entry(self, name: str, root: str, entry: str, split: Split) -> bool:
        for place in _tails(folder_of(name), root, entry):
            if place in self._listing and place.lower().endswith(".txt"):
                self._read_list(place, split)
                return True
            if place in self._below and place:
                self._folders.setdefault(place, set()).add(split)
                return True
        return False

    def _read_list(self, name: str, split: Split) -> None:
        try:
            lines = self._listing.text(name).splitlines()
        except UserError as error:
            self._gather.skip_error(name, error)
            return
        self._gather.set.used.add(name)
        for line in lines:
            found = self._listing.find_image(line.strip()) if line.strip() else None
            if found is not None:
                self._lists.setdefault(found, split)


def description_files(listing: Listing) -> list[str]:
    """Files that name classes or splits, descriptions first."""
    yaml = [n for n in listing.named(".yaml", ".yml") if b"names" in listing.head(n)]
    data = [n for n in listing.named(".data") if b"=" in listing.head(n)]
    named = [n for n in listing.named(".txt", ".names", ".labels") if _is_names(n)]
    return [*yaml, *data, *named]


def _is_names(name: str) -> bool:
    last = posixpath.basename(name).lower()
    return last in _NAMES or last.endswith(".names")


def label_files(listing: Listing) -> Iterator[str]:
    """Text files that may hold labels: not those that name classes, lists or say something."""
    for name in listing.named(".txt"):
        if not _is_names(name) and stem_of(name).lower() not in _OTHER:
            yield name


def is_list(listing: Listing, name: str) -> bool:
    """Whether the first line of a text file is the path of a file and no label."""
    first = listing.head(name).decode("utf-8", errors="replace").strip().split("\n")[0].strip()
    return "." in posixpath.basename(first) and number(first.split(" ")[-1]) is None


def _image_folders(folders: list[str]) -> Iterator[str]:
    yield joined(*folders)
    for at in range(len(folders) - 1, -1, -1):
        if folders[at].lower() in ("labels", "label", "annotations", "txt"):
            for word in _IMAGES:
                yield joined(*folders[:at], word, *folders[at + 1 :])


def _tails(base: str, root: str, entry: str) -> Iterator[str]:
    """Places that an entry can mean, the longest agreement first."""
    parts = [part for part in tidy(entry).split("/") if part != ".."]
    above = [part for part in tidy(root).split("/") if part and part != ".."]
    for some in (above[at:] for at in range(len(above))):
        yield joined(base, *some, *parts)
    for some in (parts[at:] for at in range(len(parts))):
        yield joined(base, *some)
        yield joined(folder_of(base), *some)


def _keypoints(data: dict[str, Value]) -> tuple[int, int] | None:
    shape = data.get("kpt_shape")
    if not isinstance(shape, list) or len(shape) != 2:
        return None
    count, step = (whole(value) if isinstance(value, str) else None for value in shape)
    return (count, step) if count and count > 0 and step in (2, 3) else None
