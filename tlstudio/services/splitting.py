"""Divide the labelled images into train, val and test, or hold a whole site out as the test; find
what leaks between them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable
from dataclasses import dataclass, replace
from typing import Any

from tlstudio.domain.changes import Changes
from tlstudio.domain.errors import UserError
from tlstudio.domain.images import ImageQuery, ImageState, Split
from tlstudio.domain.leaks import Leak
from tlstudio.domain.notices import Notice
from tlstudio.domain.progress import Cancel
from tlstudio.domain.sites import hold_out
from tlstudio.domain.splits import SplitItem, divide, wanted_fractions
from tlstudio.services._likeness import Likeness, identical_and_group_leaks
from tlstudio.services.sites import site_images
from tlstudio.storage import annotations as _annotations
from tlstudio.storage import images
from tlstudio.storage.connection import Db
from tlstudio.storage.images import ImageHash
from tlstudio.storage.project import Project


@dataclass(frozen=True, slots=True)
class SplitReport:
    """`splits` counts all images by split, "" for none; `leaks` are those that remain.

    `divided` images got a split now; `unlabelled` ones were left out, as they teach nothing.
    `site` was held out, "" for none.
    """

    splits: dict[str, int]
    leaks: tuple[Leak, ...]
    divided: int = 0
    unlabelled: int = 0
    warnings: tuple[Notice, ...] = ()
    changes: Changes = Changes()  # noqa: RUF009 (frozen)
    site: str = ""

    def to_json(self) -> dict[str, Any]:
        """The keys of `tlstudio split --json`; "none" counts images without a split, "site" is the
        one held out or None."""
        named = {split.value: self.splits.get(split.value, 0) for split in Split}
        return {
            "site": self.site or None,
            "splits": {**named, "none": self.splits.get("", 0)},
            "leaks": [leak.to_json() for leak in self.leaks],
            "warnings": [notice.to_json() for notice in self.warnings],
        }


def split_project(
    project: Project,
    *,
    val: float = 0.15,
    test: float = 0.15,
    by: str = "group",
    seed: int = 0,
    force: bool = False,
) -> SplitReport:
    """Give every labelled image without a split one: stratified, groups whole, repeatable. An
    image that is marked as labelled with nothing in it is one of them.

    With `force` all labelled images are divided anew, and unlabelled ones lose their split.
    `by` "image" divides groups as well (the report then names the leaks); images with identical
    pixels stay together all the same. Images made here are put into training where what they were
    made from is, else into no split.
    Raises UserError: data.split_fractions, data.split_by, data.split_nothing.
    """
    fractions = wanted_fractions(val, test)
    if by not in ("group", "image"):
        raise UserError("data.split_by", by=by)
    if project.read_only:
        raise UserError("project.read_only", file=str(project.folder))
    with project.read() as db:
        rows, labels = images.hashes(db), _labels(db)
    if not any(labels.values()):
        raise UserError("data.split_nothing")
    divided = divide(_items(rows, labels, by, force), fractions, seed=seed)
    wanted = {row.image: divided.get(row.image, None if force else row.split) for row in rows}
    lacking = [split for split in Split if fractions[split] > 0]
    return _put(project, rows, labels, wanted, lacking, divided=len(divided))


def hold_out_site(
    project: Project, site: str, *, val: float = 0.15, seed: int = 0, force: bool = False
) -> SplitReport:
    """Make the images of one site the test, and no others; the rest is training and validation.

    `site` is "tag:NAME", "group:PATTERN" or "folder:NAME". Images of other sites keep their part
    in training or validation unless `force` divides all anew.
    Raises UserError: site.text, site.unknown, site.unlabelled, site.all, data.split_fractions,
    data.split_nothing, data.group_regex, data.group_regex_slow, project.read_only.
    """
    wanted_fractions(val, 0)
    if project.read_only:
        raise UserError("project.read_only", file=str(project.folder))
    held = site_images(project, site)
    with project.read() as db:
        rows, labels = images.hashes(db), _labels(db)
    if not any(labels.values()):
        raise UserError("data.split_nothing")
    if not held & labels.keys() - {row.image for row in rows if row.synthetic}:
        raise UserError("site.unlabelled", site=site)
    made = hold_out(_items(rows, labels, "group", force), held, val=val, seed=seed)
    if Split.TRAIN not in made.splits.values():
        raise UserError("site.all", site=site)
    wanted = {row.image: made.splits.get(row.image) for row in rows}
    back = sum(
        row.split is Split.TEST and wanted[row.image] in (Split.TRAIN, Split.VAL) for row in rows
    )
    counted = {"site.back": back, "site.beside": len(made.beside)}
    notices = [Notice(code, {"count": n}) for code, n in counted.items() if n]
    splits = [Split.TRAIN, Split.TEST, *([Split.VAL] if val else [])]
    divided = sum(split is not None for split in made.splits.values())
    report = _put(project, rows, labels, wanted, splits, divided=divided)
    return replace(report, site=site, warnings=(*notices, *report.warnings))


def _put(
    project: Project,
    rows: list[ImageHash],
    labels: dict[int, tuple[int, ...]],
    wanted: dict[int, Split | None],
    used: list[Split],
    *,
    divided: int,
) -> SplitReport:
    """Put the images where they are wanted, and tell how that is; `used` splits should hold
    images of every label."""
    changed = {row.image: wanted[row.image] for row in rows if row.split is not wanted[row.image]}
    changes = project.transact("undo.split", lambda db: images.set_splits(db, changed))
    rows = [replace(row, split=wanted[row.image]) for row in rows]
    unlabelled = len(rows) - len(labels)
    out = sum(row.synthetic and row.split is None and row.image in labels for row in rows)
    warnings = _warnings(unlabelled, _lacking(labels, rows, used))
    if out:
        warnings.append(Notice("data.split_made_here", {"count": out}))
    return SplitReport(
        splits=dict(Counter(row.split.value if row.split else "" for row in rows)),
        leaks=tuple(_all_leaks(rows, near=True, cancel=None)),
        divided=divided,
        unlabelled=unlabelled,
        warnings=tuple(warnings),
        changes=changes,
    )


def _items(
    rows: list[ImageHash], labels: dict[int, tuple[int, ...]], by: str, force: bool
) -> list[SplitItem]:
    """What there is to divide; unlabelled images still bind their group to their split."""
    return [
        SplitItem(
            row.image,
            _keys(row, by),
            labels.get(row.image, ()),
            None if force else row.split,
            row.synthetic,
        )
        for row in rows
        if row.image in labels or (row.split is not None and not force)
    ]


def find_leaks(project: Project, *, near: bool = True, cancel: Cancel | None = None) -> list[Leak]:
    """What lies in several splits: identical pixels, pictures and what was made from them, and
    groups (they block figures), and unless `near` is off, near duplicates (they warn)."""
    with project.read() as db:
        rows = images.hashes(db)
    return _all_leaks(rows, near=near, cancel=cancel)


def _all_leaks(rows: list[ImageHash], *, near: bool, cancel: Cancel | None) -> list[Leak]:
    leaks = identical_and_group_leaks(rows)
    if near:
        leaks += Likeness([row for row in rows if row.split is not None], cancel).leaks()
    return leaks


def _keys(row: ImageHash, by: str) -> tuple[Hashable, ...]:
    """What an image stays together with; a synthetic one with what it was made from."""
    pixels = [("pixels", each) for each in (row.pixel_hash, row.content_hash) if each]
    return (*pixels, ("group", row.group)) if by == "group" and row.group else tuple(pixels)


def _labels(db: Db) -> dict[int, tuple[int, ...]]:
    """Label ids by image, of every image with an accepted annotation of any kind, and of those
    that are marked as labelled with nothing in them."""
    done = frozenset({ImageState.LABELLED.value, ImageState.REVIEWED.value})
    empty = dict.fromkeys(images.query_ids(db, ImageQuery(states=done)), ())
    return {**empty, **_annotations.labels_by_image(db)}


def _lacking(
    labels: dict[int, tuple[int, ...]], rows: list[ImageHash], splits: list[Split]
) -> dict[Split, int]:
    """How many labels each split has no image of."""
    present: dict[Split, set[int]] = defaultdict(set)
    for row in rows:
        if row.split is not None:
            present[row.split].update(labels.get(row.image, ()))
    every = set().union(*present.values())
    lacking = {split: len(every - present[split]) for split in splits}
    return {split: count for split, count in lacking.items() if count}


def _warnings(unlabelled: int, lacking: dict[Split, int]) -> list[Notice]:
    notices = []
    if unlabelled:
        notices.append(Notice("data.split_unlabelled", {"count": unlabelled}))
    for split, count in lacking.items():
        notices.append(Notice("data.split_lacks", {"split": split.value, "count": count}))
    return notices
