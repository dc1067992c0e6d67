"""The words of the model card, from facts that no model is needed for."""

from __future__ import annotations

from typing import Any

from tlstudio.ml.export.card import write_card


def facts(n: int) -> dict[str, Any]:
    """Of a detector that has seen `n` of everything."""
    return {
        "task": "detection",
        "created": "2026-05-04T10:00:00",
        "program": {"version": "1.0"},
        "labels": [{"name": f"label {at}"} for at in range(n)],
        "model": {"name": "Net", "licence": "BSD"},
        "weights": {"start": "none"},
        "checked_on": "val",
        "parity": {
            "n": n, "of": n, "skipped": n, "unread": n, "given": n, "passed": True, "matched": n,
            "lonely": n, "sure": 0, "max_pixels": 0.0, "max_diff": 0.0,
            "tolerance": {"pixels": 1, "score": 0.01, "threshold": 0.5},
        },
        "data": {"splits": {}, "labels": {}, "groups": n},
        "training": {"run": "r0001", "recipe": {}, "epochs": n, "best": {"epoch": 1}},
        "preprocessing": {
            "width": 64, "height": 64, "tile": -1, "mean": [0.0], "std": [1.0], "steps": "canvas-1",
            "window": {"kind": "full"},
        },
        "postprocessing": {"threshold": 0.5, "most": 100},
        "metrics": {
            "validation": {},
            "evaluation": {
                "split": "test", "images": n, "groups": n, "metrics": {}, "methods": {},
                "intervals": {}, "per_label": {}, "leaks": {"group": n},
            },
        },
        "sample": {"kind": "noise"},
    }  # fmt: skip


def test_one_of_anything_is_told_in_the_singular() -> None:
    card = write_card(facts(1))
    for words in (
        "compared with the trained one on 1 validation image: 1 box has its partner",
        "1 has none",
        "1 more image could not be read",
        "predict.py could not read 1 image that",
        "1 of them is of a kind",
        "belong to 1 group (a patient, slide or video).",
        "for 1 epoch, on images",
        'On 1 image of the split "test" (1 group), which',
        "(1 case), so",
    ):
        assert words in card


def test_many_of_anything_are_told_in_the_plural() -> None:
    some = facts(1200)
    some["parity"]["n"] = 1
    card = write_card(some)
    for words in (
        "on 1 of 1,200 validation images: 1,200 boxes have their partner",
        "1,200 have none",
        "1,200 more images could not be read",
        "1,200 of them are of a kind",
        "belong to 1,200 groups (patients, slides, videos).",
        "for 1,200 epochs, on images",
        'On 1,200 images of the split "test" (1,200 groups), which',
        "(1,200 cases), so",
    ):
        assert words in card
