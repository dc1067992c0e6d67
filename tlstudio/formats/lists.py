"""Ready-made splits as text files beside the images: train.txt, val.txt, test.txt."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tlstudio.domain.images import Split
from tlstudio.domain.notices import Notice
from tlstudio.formats.finding import Finder
from tlstudio.formats.layout import COMBINED, split_named
from tlstudio.formats.walk import Listed

_HOMES = frozenset({"imagesets", "main", "classification", "splits", "split", "lists", "sets"})
_LIMIT = 64 * 2**20


def split_lists(files: Sequence[Listed]) -> dict[str, Listed]:
    """The split lists among `files` by their word: train, val, test, trainval…"""
    found: dict[str, Listed] = {}
    for file in files:
        stem, _, ending = file.name.rsplit("/", 1)[-1].lower().rpartition(".")
        home = all(folder.lower() in _HOMES for folder in file.folders)
        if ending in ("txt", "lst") and home and (split_named(stem) or stem in COMBINED):
            found.setdefault(stem, file)
    return found


def read_splits(
    lists: dict[str, Listed], images: Sequence[str]
) -> tuple[dict[str, Split], list[Notice]]:
    """Split of each image named in `lists`, and remarks: a combined list beside its parts is
    ignored, lines that name no single image and images in two splits are counted."""
    words = {word: split_named(word) for word in lists}
    if not any(words.values()):
        return {}, []
    if Split.TRAIN not in words.values():
        words = {word: split or Split.TRAIN for word, split in words.items()}
    finder, result = Finder(images), dict[str, Split]()
    unknown = doubled = 0
    for word, split in words.items():
        if split is None:
            continue
        for line in _lines(lists[word].path):
            names = finder.find(line) or finder.find(line.rsplit(None, 1)[0])
            if len(names) != 1:
                unknown += 1
            elif result.setdefault(names[0], split) is not split:
                doubled += 1
    notices = [Notice("data.combined_ignored", {"name": w}) for w, s in words.items() if s is None]
    if result:
        used = ", ".join(lists[word].name for word, split in words.items() if split)
        notices.append(Notice("data.lists_used", {"lists": used, "images": len(result)}))
    if result and unknown:
        notices.append(Notice("data.list_lines_unknown", {"count": unknown}))
    if doubled:
        notices.append(Notice("data.list_doubled", {"count": doubled}))
    return result, notices


def _lines(path: Path) -> list[str]:
    try:
        if path.stat().st_size > _LIMIT:
            return []
        text = path.read_text(encoding="utf-8-sig", errors="replace")
    except OSError:
        return []
    return [line.strip() for line in text.splitlines() if line.strip()]
