"""A segmenter's answers beside the truth: what each image adds to the figures, and how it looks.

Images are compared one at a time, so that no more than one pair of maps is in memory:

    judged = [judge(row, line, labels) for row, line in ...]
    figures = evaluate([each.counts for each in judged], names, groups)
    items = [each.outcome for each in judged]
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tlstudio.domain.outcomes import Region, SegmentationOutcome
from tlstudio.imaging.rle import decode, encode
from tlstudio.imaging.semantic import VOID, Map, paint, places
from tlstudio.metrics.pixel_counts import ImageCounts, count

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """One image: what it adds to the figures, and what to draw."""

    counts: ImageCounts
    outcome: SegmentationOutcome


def judge(row: Row, line: Row, labels: Sequence[Row], outputs: Sequence[tuple[int, str]]) -> Judged:
    """Compare a snapshot's row {image, path, frame, width, height, annotations} with the
    model's line {regions: [{label, rle, confidence}]}.

    `labels` are the project's {id, name, role}; `outputs` (id, name) are what the model knows,
    in order. True pixels of a label that it does not know, and of the role ignore, count
    nowhere.
    """
    width, height = int(row["width"]), int(row["height"])
    roles = places(labels)
    own = {label: k for k, (label, _name) in enumerate(outputs, start=1)}
    where = {label: own.get(label, value if value in (0, VOID) else VOID)
             for label, value in roles.items()}  # fmt: skip
    truth = paint(row["annotations"], width, height, {**where, **own})
    found = found_map(line["regions"], width, height, own)
    counts = count(truth, found, len(outputs))
    names = [name for _id, name in outputs]
    surest = {own[int(r["label"])]: r.get("confidence") for r in line["regions"]
              if int(r["label"]) in own}  # fmt: skip
    dice = {n: float(v) for n, v in zip(names, counts.label_dice, strict=True) if not np.isnan(v)}
    void = truth == VOID
    return Judged(
        counts,
        SegmentationOutcome(
            image=int(row["image"]),
            path=str(row["path"]),
            width=width,
            height=height,
            frame=int(row.get("frame") or 0),
            truth=_regions(truth, names, {}),
            found=_regions(found, names, surest),
            dice=counts.dice,
            label_dice=dice,
            void=encode(void) if void.any() else None,
        ),
    )


def found_map(regions: Sequence[Row], width: int, height: int, place: Mapping[int, int]) -> Map:
    """The map [height, width] that a model's regions tell, 0 where there is none."""
    made: Map = np.zeros((height, width), np.uint8)
    for region in regions:
        value = place.get(int(region["label"]))
        if value is not None:
            made[decode(region["rle"], width, height)] = value
    return made


def _regions(
    made: Map, names: Sequence[str], confidence: Mapping[int, float | None]
) -> tuple[Region, ...]:
    return tuple(
        Region(name, encode(made == k), confidence.get(k))
        for k, name in enumerate(names, start=1)
        if (made == k).any()
    )


NOWHERE = 5
"""The code of void pixels in `verdicts`; 1 hit, 2 miss, 3 false alarm, 4 wrong label, else 0."""


def verdicts(outcome: SegmentationOutcome, label: str | None = None) -> Map:
    """What became of each pixel [height, width]; with `label`, of that label alone, where a
    pixel of it that was found as another one is a miss and the other way round a false alarm."""
    width, height = outcome.width, outcome.height
    names = sorted({r.label for r in (*outcome.truth, *outcome.found)})
    place = {name: k for k, name in enumerate(names, start=1)}
    truth, found = (
        _drawn(regions, place, width, height) for regions in (outcome.truth, outcome.found)
    )
    if label is not None:
        chosen = place.get(label, VOID)
        truth, found = (np.where(each == chosen, 1, 0) for each in (truth, found))
    made: Map = np.zeros((height, width), np.uint8)
    made[(truth > 0) & (found == truth)] = 1
    made[(truth > 0) & (found == 0)] = 2
    made[(truth == 0) & (found > 0)] = 3
    made[(truth > 0) & (found > 0) & (found != truth)] = 4
    if outcome.void is not None:
        made[decode(outcome.void, width, height)] = NOWHERE
    return made


def _drawn(regions: Sequence[Region], place: Mapping[str, int], width: int, height: int) -> Map:
    made: Map = np.zeros((height, width), np.uint8)
    for region in regions:
        made[decode(region.rle, width, height)] = place[region.label]
    return made
