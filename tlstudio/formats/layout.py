"""Which folder level of a source names the label, and which the split.

Works on names alone: each image is the tuple of folders between the source and the file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from tlstudio.domain.errors import UserError
from tlstudio.domain.images import Split
from tlstudio.domain.notices import Notice

Folders = tuple[str, ...]

_SPLITS = {
    Split.TRAIN: ("train", "training", "trn"),
    Split.VAL: ("val", "valid", "validation", "dev"),
    Split.TEST: ("test", "testing", "tst"),
}
SPLIT_NAMES = {word: split for split, words in _SPLITS.items() for word in words}
COMBINED = frozenset({"trainval", "train_val", "train-val", "train+val", "trainvalid"})

_PLAIN = frozenset({"images", "image", "img", "imgs", "jpegimages", "data", "pictures", "photos"})
_MANY = 20
"""With more folders than this and fewer than `_FEW` images in each, folders are no labels."""
_FEW = 3


@dataclass(frozen=True, slots=True)
class Layout:
    """`label_level` counts folders from 0 below the source, or from -1 at the file.

    `ignored` are first names at `split_level` whose images are left out.
    """

    format: str
    label_level: int | None = None
    split_level: int | None = None
    ignored: frozenset[str] = frozenset()
    notices: list[Notice] = field(default_factory=list)

    def split_of(self, folders: Folders) -> Split | None:
        name = _at(folders, self.split_level)
        if name is None:
            return None
        if name.lower() in COMBINED:
            return Split.TRAIN
        return split_named(name)

    def label_of(self, folders: Folders) -> str | None:
        level = self.label_level
        if level is None:
            return None
        if level < 0 and self.split_level is not None:
            folders = folders[self.split_level + 1 :]
        return _at(folders, level)

    def leaves_out(self, folders: Folders) -> bool:
        name = _at(folders, self.split_level)
        return name is not None and name.lower() in self.ignored


def split_named(name: str) -> Split | None:
    """The split that a folder, a list or a table calls `name`; None where it is none."""
    return SPLIT_NAMES.get(name.strip().lower())


def split_above(path: str) -> Split | None:
    """The split that the nearest folder of a path names ("images/train2017/1.png")."""
    found = (
        split_named(folder.rstrip("0123456789_-")) for folder in reversed(path.split("/")[:-1])
    )
    return next((split for split in found if split is not None), None)


def recognise(images: Sequence[Folders]) -> Layout:
    """The most likely layout; what had to be guessed is in its notices."""
    if not images:
        return Layout("images")
    level = _wrapping(images)
    inner = [folders[level:] for folders in images]
    names = {folders[0] for folders in inner if folders}
    if _are_splits(inner, names):
        return _split_layout(images, level)
    second = {folders[1] for folders in inner if len(folders) > 1}
    if second and all(len(f) > 1 for f in inner) and _all_split_words(second):
        ignored = _combined_to_ignore(second)
        return Layout("split-folders", level, level + 1, ignored, _ignored_notice(ignored))
    label, notices = _label_level(inner)
    if label is None:
        if level and not any(inner) and images[0][level - 1].lower() not in _PLAIN:
            notices = [Notice("data.one_folder", {"name": images[0][level - 1]})]
        return Layout("images", notices=notices)
    return Layout("class-folders", label + level if label >= 0 else label, notices=notices)


def forced(kind: str, images: Sequence[Folders]) -> Layout:
    """The layout a person asked for: images, class-folders, class-folders:N, split-folders.

    N counts folders from 1 below the source, or from -1 at the file.
    Raises UserError: data.format_unknown, data.no_split_folders.
    """
    name, _, level = kind.partition(":")
    if name == "images" and not level:
        return Layout("images")
    if name == "class-folders":
        return Layout("class-folders", _level(kind, level) if level else 0)
    if name == "split-folders" and not level:
        for depth in range(max((len(f) for f in images), default=0)):
            if any(len(f) > depth and _is_split_word(f[depth]) for f in images):
                return _split_layout(images, depth)
        raise UserError("data.no_split_folders")
    raise UserError("data.format_unknown", format=kind)


def _level(kind: str, text: str) -> int:
    try:
        level = int(text)
    except ValueError:
        level = 0
    if level == 0:
        raise UserError("data.format_unknown", format=kind)
    return level - 1 if level > 0 else level


def _at(folders: Folders, level: int | None) -> str | None:
    if level is None or not -len(folders) <= level < len(folders):
        return None
    return folders[level]


def _is_split_word(name: str) -> bool:
    return split_named(name) is not None or name.lower() in COMBINED


def _all_split_words(names: set[str]) -> bool:
    return all(_is_split_word(n) for n in names) and any(split_named(n) for n in names)


def _wrapping(images: Sequence[Folders]) -> int:
    """How many folders all images share, short of one that names a split."""
    level = 0
    while all(len(f) > level for f in images):
        names = {f[level] for f in images}
        if len(names) > 1 or _is_split_word(next(iter(names))):
            break
        level += 1
    return level


def _are_splits(inner: Sequence[Folders], names: set[str]) -> bool:
    splits = {split_named(name) for name in names} - {None}
    beside = any(not folders for folders in inner)
    return bool(names) and ((_all_split_words(names) and not beside) or len(splits) >= 2)


def _combined_to_ignore(names: set[str]) -> frozenset[str]:
    """A combined set repeats the images of the parts beside it."""
    if Split.TRAIN not in {split_named(name) for name in names}:
        return frozenset()
    return frozenset(n.lower() for n in names if n.lower() in COMBINED)


def _ignored_notice(ignored: frozenset[str]) -> list[Notice]:
    return [Notice("data.combined_ignored", {"name": name}) for name in sorted(ignored)]


def _split_layout(images: Sequence[Folders], level: int) -> Layout:
    names = {f[level] for f in images if len(f) > level}
    ignored = _combined_to_ignore(names)
    notices = _ignored_notice(ignored)
    others = sorted(n for n in names if not _is_split_word(n))
    if others or any(len(f) <= level for f in images):
        shown = ", ".join(others[:5]) or "."
        notices.append(Notice("data.beside_splits", {"folders": shown}))
    inside: dict[str, list[Folders]] = {}
    for folders in images:
        if len(folders) > level and _is_split_word(folders[level]):
            inside.setdefault(folders[level], []).append(folders[level + 1 :])
    # Images that lie directly in a split have no label (a test set kept secret).
    labelled = [f for members in inside.values() for f in members if f]
    label: int | None = None
    if labelled:
        wrap = _wrapping(labelled)
        label, more = _label_level([f[wrap:] for f in labelled])
        notices += more
        if label is not None and label >= 0:
            label += level + 1 + wrap
    return Layout("split-folders", label, level, ignored, notices)


def _label_level(images: Sequence[Folders]) -> tuple[int | None, list[Notice]]:
    """Level of the label among folders that differ, 0 or -1; None where folders are no labels."""
    if not any(images):
        return None, []
    if not all(images):
        return None, [Notice("data.images_beside_folders")]
    names = {folders[0] for folders in images}
    last = {folders[-1] for folders in images}
    deep = any(len(folders) > 1 for folders in images)
    if deep and all(len(f) > 1 for f in images) and 2 <= len(last) < len(names):
        above: dict[str, set[str]] = {}
        for folders in images:
            above.setdefault(folders[-1], set()).add(folders[0])
        if all(len(parents) > 1 for parents in above.values()):
            example = ", ".join(sorted(last)[:3])
            return -1, [Notice("data.assumed_last_folder", {"examples": example})]
    if len(names) < 2:
        return None, []
    if len(names) > _MANY and len(images) < _FEW * len(names):
        counts: dict[str, object] = {"folders": len(names), "images": len(images)}
        return None, [Notice("data.folders_not_labels", counts)]
    if deep:
        example = ", ".join(sorted(names)[:3])
        return 0, [Notice("data.assumed_first_folder", {"examples": example})]
    return 0, []
