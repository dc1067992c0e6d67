"""Sites: where images come from (a hospital, a scanner, a year), and holding one of them out.

A model that is judged on a site it has never seen tells how it will do elsewhere; images of the
sites it has learned from cannot tell that, however they are divided.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from tlstudio.domain.errors import UserError
from tlstudio.domain.images import Split
from tlstudio.domain.splits import SplitItem, divide, joined, wanted_fractions


class SiteKind(StrEnum):
    TAG = "tag"
    GROUP = "group"
    FOLDER = "folder"


@dataclass(frozen=True, slots=True)
class Site:
    """The images with a tag, of groups whose name a pattern is found in, or below a folder."""

    kind: SiteKind
    name: str

    def __str__(self) -> str:
        return f"{self.kind.value}:{self.name}"


def read_site(text: str) -> Site:
    """ "tag:NAME", "group:PATTERN" or "folder:NAME". Raises UserError("site.text")."""
    kind, _, name = text.partition(":")
    if kind not in tuple(SiteKind) or not name.strip():
        raise UserError("site.text", text=text)
    return Site(SiteKind(kind), name if kind == SiteKind.GROUP else name.strip())


def below(folder: str, name: str) -> bool:
    """Whether `folder` ("a/b/") is the folder `name` or lies in one of that name, at any depth;
    `name` may have several parts."""
    parts, wanted = ([p for p in text.split("/") if p] for text in (folder, name))
    return any(
        parts[i : i + len(wanted)] == wanted for i in range(len(parts) - len(wanted) + 1)
    ) and bool(wanted)


@dataclass(frozen=True, slots=True)
class HeldOut:
    """What holding a site out makes of the images: `splits` of each one that was given; `beside`
    are not of the site but share a group or pixels with it, or were made here from images of the
    site, so that they can be in no split."""

    splits: dict[int, Split | None]
    beside: tuple[int, ...]


def hold_out(
    items: Sequence[SplitItem], held: Collection[int], *, val: float, seed: int = 0
) -> HeldOut:
    """The images in `held` become the test, and no other is; the rest is train and val.

    Whatever shares a key with a held image is in no split: in training it would be seen, and in
    the test it would be of another site. Images outside that are train or val already stay what
    they are; the others are divided as `divide` does. A synthetic image is of no site: one that
    was made from an image elsewhere may be learned from, whatever site it looks like. Raises
    UserError("data.split_fractions").
    """
    fractions = wanted_fractions(val, 0)
    made = {item.id for item in items if item.synthetic}
    held = set(held) - made
    splits: dict[int, Split | None] = {}
    tested = set(held) - {item.id for item in items if item.synthetic}
    for ids in joined(items):
        if any(image in held for image in ids):
            splits.update({image: Split.TEST if image in tested else None for image in ids})
    rest = [
        replace(item, fixed=None) if item.fixed is Split.TEST else item
        for item in items
        if item.id not in splits
    ]
    kept = {item.id: item.fixed for item in rest if item.fixed is not None}
    splits |= {**kept, **divide(rest, fractions, seed=seed)}
    beside = tuple(
        sorted(image for image, split in splits.items() if split is None and image not in made)
    )
    return HeldOut(splits, beside)
