"""From 16-bit files to a plan, a run and its predictions: the window is said, kept and used."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tlstudio.domain.errors import UserError
from tlstudio.domain.windows import Window
from tlstudio.services import predictions, training
from tlstudio.services.datasets import import_source
from tlstudio.services.projects import Project
from tlstudio.services.training import TrainRequest
from tlstudio.storage import paths

SCRATCH = TrainRequest("squeezenet1_1", weights="none", settings={"image_size": 32, "epochs": 1})
FIXED: dict[str, object] = {"window": "fixed", "window_low": 1000, "window_high": 1100}


@pytest.fixture
def half_deep(pictures: Callable[..., Project], tmp_path: Path) -> Project:
    """Twelve images of 8 bits, and twelve of 16."""
    project = pictures({"bars": 6, "dots": 6})
    rng = np.random.default_rng(1)
    for label in ("bars", "dots"):
        (tmp_path / "deep" / label).mkdir(parents=True)
        for number in range(6):
            held = rng.integers(1000, 1100, (16, 16)).astype(np.uint16)
            Image.fromarray(held).save(tmp_path / "deep" / label / f"{number}.png")
    import_source(project, tmp_path / "deep")
    return project


def notes(project: Project, **settings: object) -> list[str]:
    request = replace(SCRATCH, settings={**SCRATCH.settings, **settings})
    return [note["message"] for note in training.training_plan(project, request).notes]


def test_a_plan_says_how_deep_the_set_is(half_deep: Project) -> None:
    (automatic,) = notes(half_deep)
    assert automatic.startswith("12 of 24 images hold more than 8 bits")
    assert "percentiles" in automatic
    (fixed,) = notes(half_deep, **FIXED)
    assert "1000 is black and 1100 is white" in fixed
    for kind in ("file", "percentiles", "full"):
        (said,) = notes(half_deep, window=kind)
        assert said.startswith("12 of 24")


def test_a_set_of_8_bits_needs_no_word(pictures: Callable[..., Project]) -> None:
    assert notes(pictures({"bars": 3, "dots": 3})) == []


def test_a_window_that_makes_no_sense_is_refused_by_the_plan(half_deep: Project) -> None:
    with pytest.raises(UserError) as refused:
        notes(half_deep, window="fixed")
    assert refused.value.code == "window.order"


def test_a_run_keeps_its_window_and_predictions_use_it(half_deep: Project, tmp_path: Path) -> None:
    settings = {**SCRATCH.settings, **FIXED}
    run = training.start_training(half_deep, replace(SCRATCH, settings=settings)).wait(400)
    assert run.error is None
    file = paths.run(half_deep.folder, run.id) / "best.json"
    facts = json.loads(file.read_text("utf-8"))
    assert Window.from_json(facts["window"]) == Window("fixed", 1000, 1100)
    held = np.full((16, 16), 1000, np.uint16)
    held[4:9] = 1100
    Image.fromarray(held).save(tmp_path / "a.png")
    Image.fromarray(held * 2).save(tmp_path / "brighter.png")
    answers = {
        name: predictions.predict(half_deep, run.id, images=[tmp_path / name])[0].probabilities
        for name in ("a.png", "brighter.png")
    }
    assert answers["a.png"] != answers["brighter.png"], "by percentiles both would look alike"
    predictions.rest()
