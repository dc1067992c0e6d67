"""Answers of detectors and segmenters beside the truth, from snapshot rows and model's lines."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tlstudio.domain.outcomes import Verdict
from tlstudio.imaging.rle import decode, encode
from tlstudio.metrics.detection import evaluate
from tlstudio.metrics.segmentation import evaluate as evaluate_maps
from tlstudio.services.box_answers import BoxAnswers
from tlstudio.services.map_answers import judge

LABELS = [(7, "cell"), (9, "dust")]


def box_row(*annotations: tuple[int, list[float]], image: int = 1) -> dict[str, Any]:
    return {
        "image": image,
        "path": f"images/{image}.png",
        "width": 100,
        "height": 80,
        "annotations": [
            {"kind": "box", "label": label, "box": box, "crowd": False}
            for label, box in annotations
        ],
    }


def line(*found: tuple[int, list[float], float]) -> dict[str, Any]:
    return {
        "boxes": [f[1] for f in found],
        "labels": [f[0] for f in found],
        "scores": [f[2] for f in found],
    }


A, B, C, D = [0, 0, 20, 20], [40, 0, 20, 20], [70, 40, 20, 20], [5, 50, 20, 20]


def test_each_box_has_its_verdict_and_its_partner() -> None:
    answers = BoxAnswers.of(
        [box_row((7, A), (7, B), (9, C))],
        [line((7, D, 0.95), (7, A, 0.9), (9, B, 0.8), (7, C, 0.2))],
        LABELS,
    )
    at = answers.at(0.5)
    item = at.items[0]
    assert [t.verdict for t in item.truth] == [Verdict.HIT, Verdict.WRONG_LABEL, Verdict.MISS]
    assert [f.verdict for f in item.found] == [
        Verdict.FALSE_ALARM, Verdict.HIT, Verdict.WRONG_LABEL,
    ]  # fmt: skip
    assert [t.partner for t in item.truth] == [1, 2, None]
    assert [f.partner for f in item.found] == [None, 0, 1]
    assert item.found[1].overlap == 1.0 and item.found[0].overlap is None
    assert item.errors == 3 and item.counts() == {"cell": (2, 2), "dust": (1, 1)}
    assert at.confusion == {
        "labels": ["cell", "dust", None],
        "matrix": [[1, 1, 0], [0, 0, 1], [1, 0, 0]],
    }
    assert at.metrics["precision"] == pytest.approx(1 / 3)


def test_another_threshold_needs_no_other_answers() -> None:
    answers = BoxAnswers.of([box_row((7, A))], [line((7, A, 0.9), (7, B, 0.3))], LABELS)
    assert len(answers.at(0.2).items[0].found) == 2
    assert len(answers.at(0.5).items[0].found) == 1
    assert answers.at(0.95).metrics["recall"] == 0.0
    assert answers.curve("cell").thresholds.tolist() == [0.9, 0.3]
    figures = evaluate(answers.truths, answers.founds, answers.names, ["g"], 0.5)
    assert figures.overall["map50"] == pytest.approx(1.0)


def test_a_label_that_the_model_does_not_know_is_neither_found_nor_missed() -> None:
    answers = BoxAnswers.of(
        [box_row((8, B), (7, A))],
        [line((7, A, 0.9), (7, B, 0.8), (9, B, 0.7), (99, D, 0.9))],
        LABELS,
    )
    at = answers.at(0.5)
    assert at.metrics["precision"] == at.metrics["recall"] == 1.0
    unknown, known = at.items[0].truth
    assert (unknown.label, unknown.verdict, unknown.crowd) == ("", Verdict.IGNORED, True)
    alone = BoxAnswers.of([box_row((8, B))], [line()], LABELS[:1]).at(0.5)
    assert alone.items[0].truth[0].label == ""
    assert known.partner == 0 and [f.partner for f in at.items[0].found] == [1, 0, 0]


PROJECT = [
    {"id": 3, "name": "bone", "role": "normal"},
    {"id": 5, "name": "fat", "role": "normal"},
    {"id": 6, "name": "unclear", "role": "ignore"},
    {"id": 8, "name": "air", "role": "background"},
]


def rectangle(x: int, y: int, w: int, h: int) -> list[Any]:
    return [[[[x, y], [x + w, y], [x + w, y + h], [x, y + h]]]]


def map_row(*annotations: tuple[int, list[Any]]) -> dict[str, Any]:
    return {
        "image": 4,
        "path": "images/4.png",
        "frame": 2,
        "width": 40,
        "height": 30,
        "annotations": [
            {"kind": "polygon", "label": label, "parts": parts} for label, parts in annotations
        ],
    }


def region(label: int, x: int, y: int, w: int, h: int) -> dict[str, Any]:
    mask = np.zeros((30, 40), bool)
    mask[y : y + h, x : x + w] = True
    return {"label": label, "rle": encode(mask), "confidence": 0.8}


def test_maps_are_compared_by_the_outputs_of_the_model() -> None:
    judged = judge(
        map_row((3, rectangle(2, 2, 10, 10)), (5, rectangle(20, 2, 10, 10)),
                (6, rectangle(2, 2, 10, 5)), (8, rectangle(20, 2, 5, 10))),
        {"regions": [region(5, 25, 2, 5, 10), region(3, 2, 7, 10, 5)]},
        PROJECT,
        [(5, "fat"), (3, "bone")],
    )  # fmt: skip
    out = judged.outcome
    assert out.label_dice == {"fat": 1.0, "bone": 1.0} and out.dice == 1.0
    assert out.frame == 2 and [r.label for r in out.truth] == ["fat", "bone"]
    assert out.found[0].confidence == 0.8 and out.truth[0].confidence is None
    assert out.void is not None and decode(out.void, 40, 30).sum() == 50
    figures = evaluate_maps([judged.counts], ["fat", "bone"], ["g"])
    assert figures.overall["dice"] == 1.0


def test_a_label_unknown_to_the_model_counts_nowhere_in_the_map() -> None:
    judged = judge(
        map_row((3, rectangle(2, 2, 10, 10)), (5, rectangle(20, 2, 10, 10))),
        {"regions": [region(3, 2, 2, 30, 10)]},
        PROJECT,
        [(3, "bone")],
    )
    assert judged.counts.pixels.sum() == 40 * 30 - 100
    assert judged.counts.found.tolist() == [200]


def test_an_image_with_nothing_on_either_side_has_no_dice() -> None:
    judged = judge(map_row(), {"regions": []}, PROJECT, [(3, "bone")])
    assert judged.outcome.dice is None and judged.outcome.label_dice == {}
    assert judged.outcome.truth == () and judged.outcome.void is None
