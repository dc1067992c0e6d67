"""What a detector answers for an image, as predictions and live examples write it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tlstudio.metrics.detection import Found

FLOOR = 0.001  # least confidence of an answer
DIGITS = 6  # of a confidence that are told


def answer_of(
    found: Found, label_ids: Sequence[int], width: int, height: int, *, least: float = FLOOR
) -> dict[str, Any]:
    """{width, height, boxes, labels, scores} of an image: boxes x, y, width, height in its
    pixels, the surest first, from the confidence `least` on; labels are ids.

    `found.labels` are places in `label_ids`.
    """
    order = np.argsort(-found.scores, kind="stable")
    order = order[found.scores[order] >= least]
    return {
        "width": width,
        "height": height,
        "boxes": np.round(found.boxes[order], 3).tolist(),
        "labels": [int(label_ids[place]) for place in found.labels[order]],
        "scores": np.round(found.scores[order], DIGITS).tolist(),
    }
