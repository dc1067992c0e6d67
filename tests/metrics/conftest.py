"""Made-up test sets of boxes, and COCO's own evaluation of them."""

from __future__ import annotations

import contextlib
import io
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from tlstudio.metrics.detection import Found, Truth

Sets = tuple[list[Truth], list[Found]]


def scattered(
    rng: np.random.Generator, images: int, classes: int, *, ties: bool, crowds: bool
) -> Sets:
    """Boxes of all sizes, answers near and far, some images empty on either side."""
    truths, founds = [], []
    for _ in range(images):
        n, m = int(rng.integers(0, 20)), int(rng.integers(0, 40))
        side = rng.uniform(4, 130, (n, 2)) * rng.choice([0.2, 0.5, 1], (n, 1))
        boxes = np.hstack([rng.uniform(0, 400, (n, 2)), side])
        labels = rng.integers(0, classes, n)
        truths.append(Truth.of(boxes, labels, rng.random(n) < 0.1 * crowds))
        if n:
            of = rng.integers(0, n, m)
            shift = rng.normal(0, 0.12, (m, 4)) * rng.choice([0, 1, 2], (m, 1))
            near = boxes[of] + shift * boxes[of][:, [2, 3, 2, 3]]
            near[:, 2:] = np.maximum(near[:, 2:], 1)
            named = np.where(rng.random(m) < 0.8, labels[of], rng.integers(0, classes, m))
        else:
            near = np.hstack([rng.uniform(0, 400, (m, 2)), rng.uniform(4, 100, (m, 2))])
            named = rng.integers(0, classes, m)
        score = rng.random(m)
        founds.append(Found.of(near, named, np.round(score, 1) if ties else score))
    return truths, founds


def smears(
    rng: np.random.Generator,
    images: int,
    *,
    skill: float = 0.93,
    spread: float = 0.1,
    tail: int = 40,
) -> Sets:
    """Like blood smears: some 17 cells an image, three labels of which one is common, images
    that differ in how hard they are, and a tail of unsure answers."""
    truths, founds = [], []
    for _ in range(images):
        n = max(1, int(rng.poisson(17)))
        labels = rng.choice(3, n, p=[0.8, 0.1, 0.1])
        side = np.array([100.0, 150.0, 40.0])[labels][:, None] * rng.uniform(0.8, 1.2, (n, 2))
        boxes = np.hstack([rng.uniform(0, 1, (n, 2)) * (np.array([640, 480]) - side), side])
        truths.append(Truth.of(boxes, labels))
        seen = rng.random(n) < np.clip(skill + rng.normal(0, 0.05), 0.3, 1)
        k = int(seen.sum())
        at = (
            boxes[seen]
            + rng.normal(0, spread * rng.uniform(0.6, 1.4), (k, 4)) * side[seen][:, [0, 1, 0, 1]]
        )
        named = np.where(rng.random(k) < 0.95, labels[seen], rng.integers(0, 3, k))
        of = rng.integers(0, n, tail)
        off = boxes[of] + rng.normal(0, 0.4, (tail, 4)) * side[of][:, [0, 1, 0, 1]]
        off[:, 2:] = np.maximum(off[:, 2:], 2)
        founds.append(
            Found.of(
                np.vstack([at, off]),
                np.r_[named, rng.integers(0, 3, tail)],
                np.r_[rng.beta(6, 2, k), rng.beta(1, 12, tail)],
            )
        )
    return truths, founds


def by_coco(sets: Sets, classes: int, limit: int = 100) -> Any:
    """faster-coco-eval's evaluation of the same boxes."""
    from faster_coco_eval import COCO, COCOeval_faster

    truths, founds = sets
    annotations: list[dict[str, Any]] = []
    for i, truth in enumerate(truths):
        for box, label, crowd in zip(
            truth.boxes.tolist(), truth.labels.tolist(), truth.crowd.tolist(), strict=True
        ):
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": i + 1,
                    "category_id": label + 1,
                    "bbox": box,
                    "area": box[2] * box[3],
                    "iscrowd": int(crowd),
                }
            )
    answers = [
        {"image_id": i + 1, "category_id": label + 1, "bbox": box, "score": score}
        for i, found in enumerate(founds)
        for box, label, score in zip(
            found.boxes.tolist(), found.labels.tolist(), found.scores.tolist(), strict=True
        )
    ]
    whole = {
        "images": [{"id": i + 1, "width": 1000, "height": 1000} for i in range(len(truths))],
        "categories": [{"id": k + 1, "name": str(k)} for k in range(classes)],
        "annotations": annotations,
    }
    with contextlib.redirect_stdout(io.StringIO()):
        truth_side = COCO(whole)
        made = COCOeval_faster(truth_side, truth_side.loadRes(answers), iouType="bbox")
        made.params.maxDets = [1, 10, limit]
        made.evaluate()
        made.accumulate()
    return made


@pytest.fixture(scope="session")
def sets() -> SimpleNamespace:
    return SimpleNamespace(scattered=scattered, smears=smears, by_coco=by_coco)
