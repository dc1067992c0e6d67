from __future__ import annotations

import numpy as np
import pytest

from tlstudio.ml.classification.scoring import all_figures, better, score


def test_scores_are_of_the_images_and_the_better_is_more_accurate_then_surer() -> None:
    logits = np.log(np.array([[0.9, 0.1], [0.8, 0.2], [0.6, 0.4], [0.3, 0.7]]))
    values = score(logits, np.array([0, 0, 1, 1]))
    assert values["accuracy"] == 0.75 and values["balanced_accuracy"] == 0.75
    assert values["val_loss"] == pytest.approx(-np.log([0.9, 0.8, 0.4, 0.7]).mean())
    assert score(logits[:0], np.zeros(0, np.int64)) == {}
    assert better(
        {"balanced_accuracy": 0.8, "val_loss": 9}, {"balanced_accuracy": 0.7, "val_loss": 1}
    )
    same = {"balanced_accuracy": 0.8, "val_loss": 1.0}
    assert better({"balanced_accuracy": 0.8, "val_loss": 0.9}, same)
    assert not better(same, same)


def test_figures_have_the_names_of_the_metrics_room() -> None:
    rng = np.random.default_rng(0)
    found = all_figures(rng.normal(size=(30, 3)), np.arange(30) % 3, [str(i) for i in range(30)])
    assert {"accuracy", "balanced_accuracy", "auroc", "f1"} <= found.keys()
