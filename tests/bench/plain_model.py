"""What labelling edits mean, in plain Python: sets of pixels, tuples of numbers, lists.

It shares nothing with the program but the types of what it compares. What geometry libraries
decide (pixels of a slanted polygon, outline of a mask) it takes as it finds it; everything else
it says beforehand, refusals included.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from plain_edits import NEED_NOTHING, WHATS, after, chosen, pair
from plain_shapes import (
    HEIGHT,
    IMAGES,
    LABELS,
    STATES,
    TILE,
    WIDTH,
    Edit,
    Found,
    Picture,
    Pixels,
    Refused,
    Shape,
    World,
    around,
    clamp,
    covered,
    disc,
    given_box,
    given_points,
    given_stamp,
    given_way,
    kind_of,
    label_of,
    overlap,
    room,
    shifted,
    target,
    tiles,
    way_of,
)

__all__ = [
    "HEIGHT",
    "IMAGES",
    "LABELS",
    "NEED_NOTHING",
    "STATES",
    "TILE",
    "WHATS",
    "WIDTH",
    "Edit",
    "Found",
    "History",
    "Picture",
    "Pixels",
    "Refused",
    "Shape",
    "World",
    "after",
    "around",
    "chosen",
    "clamp",
    "covered",
    "disc",
    "given_box",
    "given_points",
    "given_stamp",
    "given_way",
    "kind_of",
    "label_of",
    "overlap",
    "pair",
    "room",
    "shifted",
    "target",
    "tiles",
    "way_of",
]


class History:
    """All worlds there were, with the images each step touched, and where undo stands."""

    def __init__(self) -> None:
        self.worlds: list[tuple[World, frozenset[int]]] = [(World(), frozenset())]
        self.at = 0

    @property
    def now(self) -> World:
        return self.worlds[self.at][0]

    @property
    def can_redo(self) -> bool:
        return self.at + 1 < len(self.worlds)

    def step(self, world: World) -> None:
        """An edit came to this; one that changed nothing is none."""
        if world != self.now:
            touched = frozenset(n for n in IMAGES if world.of(n) != self.now.of(n))
            self.worlds[self.at + 1 :] = [(world, touched)]
            self.at += 1

    def undo(self) -> bool:
        there = self.at > 0
        self.at -= there
        return there

    def redo(self) -> bool:
        there = self.can_redo
        self.at += there
        return there

    def leave(self, image: int) -> bool:
        """Going on from a draft labels it, within the step before if that was about it."""
        picture, (_, touched) = self.now.of(image), self.worlds[self.at]
        if picture.state != "draft" or self.can_redo:
            return False
        world = self.now.put(image, replace(picture, state="labelled"))
        if image in touched:
            self.worlds[self.at] = (world, touched)
        else:
            self.step(world)
        return True
