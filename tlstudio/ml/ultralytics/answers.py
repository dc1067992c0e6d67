"""What a detector answers for an image, as predictions and live examples write it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tlstudio.metrics.detection import Found


def answer_of(found: Found, label_ids: Sequence[int], width: int, height: int) -> dict[str, Any]:
    """{width, height, boxes, labels, scores}, the surest first; labels are ids."""
    order = np.argsort(-found.scores, kind="stable")
    return {
        "width": width,
        "height": height,
        "boxes": np.round(found.boxes[order], 3).tolist(),
        "labels": [int(label_ids[place]) for place in found.labels[order]],
        "scores": np.round(found.scores[order], 6).tolist(),
    }
