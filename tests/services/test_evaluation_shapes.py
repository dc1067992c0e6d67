"""Figures of detectors and segmenters, the images behind them, and predictions as suggestions."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tlstudio.domain.annotations import Box, Mask
from tlstudio.domain.errors import UserError
from tlstudio.domain.images import ImageState, Split
from tlstudio.domain.labels import LabelRole
from tlstudio.domain.outcomes import DetectionOutcome, SegmentationOutcome, Verdict
from tlstudio.domain.tasks import Task
from tlstudio.imaging.rle import decode
from tlstudio.services import evaluation, predictions, shaping, workbench
from tlstudio.services.predictions import predict_report
from tlstudio.services.projects import Project
from tlstudio.storage import annotations, images, labels

sys.path.append(str(Path(__file__).parent))
from shapes_story import (
    CELL,
    CORE,
    HEIGHT,
    WIDTH,
    Story,
    box,
    boxes,
    divide,
    finished_run,
    paint,
    put,
    regions,
    square,
    teller,
)

Make = Callable[..., Project]
SPLITS = {Split.TRAIN: [1, 2], Split.VAL: [3], Split.TEST: [4, 5, 6]}


@pytest.fixture
def detector(
    project_of: Make, pretend: Callable[[str], None], tmp_path: Path, monkeypatch: Any
) -> Story:
    """Six images with a cell and a core each but the last, a negative; the model's threshold is
    .4. Image 7 is unlabelled, in no split."""
    project = project_of(7, labels=("cell", "core"))
    for n in range(1, 6):
        put(project, box(n, CELL, 2, 2, 10, 10), box(n, CORE, 30, 20, 12, 12))
    project.transact("undo.x", lambda db: images.set_state(db, [6], ImageState.LABELLED))
    divide(project, SPLITS)
    run = finished_run(project, Task.DETECTION, threshold=0.4)
    return Story(project, run, teller(tmp_path, monkeypatch))


@pytest.fixture
def segmenter(
    project_of: Make, pretend: Callable[[str], None], tmp_path: Path, monkeypatch: Any
) -> Story:
    project = project_of(7, labels=("cell", "core"))
    for n in range(1, 7):
        paint(project, n, CELL, square(4, 4, 20))
        paint(project, n, CORE, square(8, 8, 6))
    divide(project, SPLITS)
    run = finished_run(project, Task.SEGMENTATION)
    return Story(project, run, teller(tmp_path, monkeypatch))


GOOD = boxes((CELL, 0.9, (2, 2, 10, 10)), (CORE, 0.8, (30, 20, 12, 12)))
BAD = boxes((CORE, 0.9, (2, 2, 10, 10)), (CELL, 0.3, (30, 20, 12, 12)), (CELL, 0.5, (50, 2, 8, 8)))


def test_a_detector_is_judged_at_its_own_threshold(detector: Story) -> None:
    detector.say({4: GOOD, 5: BAD, 6: boxes((CELL, 0.39, (0, 0, 9, 9)))})
    found = evaluation.evaluate(detector.project, "latest")
    assert found.task == "detection"
    assert found.metrics["threshold"] == 0.4
    assert found.metrics["precision"] == pytest.approx(2 / 4)
    assert found.metrics["recall"] == pytest.approx(2 / 4)
    assert found.confusion == {
        "labels": ["cell", "core", None],
        "matrix": [[1, 1, 0], [0, 1, 1], [1, 0, 0]],
    }
    by_image = {item.image: item for item in found.items}
    assert all(isinstance(item, DetectionOutcome) for item in found.items)
    assert [t.verdict for t in by_image[5].truth] == [Verdict.WRONG_LABEL, Verdict.MISS]
    assert by_image[6].truth == () and by_image[6].errors == 0
    told = found.to_json()
    keys = {"metrics", "intervals", "groups", "per_label", "confusion", "leaks", "warnings"}
    assert keys <= set(told)
    assert told["per_label"]["cell"]["objects"] == 2
    json.dumps(told)
    assert evaluation.stored(detector.project, "latest") == json.loads(json.dumps(told))


def test_another_threshold_asks_no_model(detector: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    detector.say({4: GOOD, 5: BAD, 6: boxes()})
    evaluation.evaluate(detector.project, "latest")

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a worker was started")

    monkeypatch.setattr("tlstudio.jobs.supervisor.subprocess.Popen", refuse)
    found = evaluation.evaluate(detector.project, "latest", threshold=0.85)
    assert found.metrics["recall"] == pytest.approx(1 / 4)
    assert found.answers is not None
    assert found.answers.at(0.85).metrics["recall"] == found.metrics["recall"]
    with pytest.raises(UserError) as refused:
        evaluation.evaluate(detector.project, "latest", threshold=1.5)
    assert refused.value.code == "evaluation.threshold"


def test_validation_figures_of_a_detector_are_of_the_runs_own_images(detector: Story) -> None:
    detector.say({3: GOOD})
    found = evaluation.evaluate(detector.project, "latest", split="val")
    assert [item.image for item in found.items] == [3]
    assert found.metrics["map50"] == pytest.approx(1)


def test_what_lies_in_an_ignored_region_counts_nowhere(detector: Story) -> None:
    def ignore(db: Any) -> None:
        glare = labels.add(db, ["glare"], role=LabelRole.IGNORE)[0]
        annotations.add(db, [box(6, glare, 40, 0, 24, 24)])

    detector.project.transact("undo.x", ignore)
    inside = boxes((CELL, 0.9, (42, 2, 8, 8)), (CORE, 0.9, (50, 8, 8, 8)))
    detector.say({4: GOOD, 5: GOOD, 6: inside})
    found = evaluation.evaluate(detector.project, "latest")
    assert found.metrics["precision"] == 1
    assert "evaluation.unknown_objects" not in {n.code for n in found.notices}


def test_objects_of_a_label_nobody_learned_are_said(detector: Story) -> None:
    def new(db: Any) -> None:
        rod = labels.add(db, ["rod"])[0]
        annotations.add(db, [box(4, rod, 40, 0, 24, 24)])

    detector.project.transact("undo.x", new)
    detector.say({4: GOOD, 5: GOOD, 6: boxes()})
    found = evaluation.evaluate(detector.project, "latest")
    said = {n.code: n.params for n in found.notices}
    assert said["evaluation.unknown_objects"]["count"] == 1
    assert found.metrics["recall"] == 1


def test_test_images_that_are_only_begun_are_left_out_and_said(detector: Story) -> None:
    draft = ImageState.DRAFT
    detector.project.transact("undo.x", lambda db: images.set_state(db, [2, 5], draft))
    detector.say({4: GOOD, 6: boxes()})
    found = evaluation.evaluate(detector.project, "latest")
    assert sorted(item.image for item in found.items) == [4, 6]
    said = {n.code: n.params for n in found.notices}
    partly = said["training.left_out.partly"]
    assert (partly["count"], partly["total"]) == (1, 3), "image 2 is learned from"
    assert "training.without_objects" not in said


def test_images_that_cannot_be_read_are_left_out_and_named(detector: Story) -> None:
    detector.say({4: GOOD})
    found = evaluation.evaluate(detector.project, "latest")
    assert [item.image for item in found.items] == [4]
    assert {n.code: n.params for n in found.notices}["training.images_left_out"]["count"] == 2


def test_a_segmenter_is_judged_by_pixels(segmenter: Story) -> None:
    cell = square(4, 4, 20) & ~square(8, 8, 6)
    good = regions((CELL, 0.9, cell), (CORE, 0.8, square(8, 8, 6)))
    half = regions((CELL, 0.6, cell))
    segmenter.say({4: good, 5: good, 6: half})
    found = evaluation.evaluate(segmenter.project, "latest")
    assert found.metrics["iou"] == pytest.approx((1 + 2 / 3) / 2)
    assert found.confusion["labels"] == ["cell", "core", None]
    assert found.confusion["matrix"][1] == [0, 72, 36]
    worst = min(found.items, key=lambda item: item.dice or 0)
    assert isinstance(worst, SegmentationOutcome)
    assert worst.image == 6 and worst.label_dice == {"cell": 1.0, "core": 0.0}
    assert [region.label for region in worst.found] == ["cell"]
    assert found.to_json()["per_label"]["core"]["true_pixels"] == 108
    assert found.answers is None


# -- predictions -------------------------------------------------------------------------------


def test_boxes_are_told_from_the_threshold_on(detector: Story) -> None:
    detector.say(dict.fromkeys(range(1, 8), BAD))
    report = predict_report(detector.project, "latest")
    assert (report.task, report.threshold, len(report.images)) == ("detection", 0.4, 7)
    assert len(report.predictions) == 14
    told = report.predictions[0].to_json()
    assert told == {
        "image": "images/1.png",
        "label": "core",
        "confidence": 0.9,
        "box": [2, 2, 10, 10],
    }
    assert len(predict_report(detector.project, "latest", threshold=0.2).predictions) == 21


def test_regions_are_told_with_their_box_and_run_lengths(segmenter: Story) -> None:
    segmenter.say({1: regions((CELL, 0.7, square(9, 5, 4)))})
    report = predict_report(segmenter.project, "latest")
    (found,) = report.predictions
    assert report.threshold is None
    told = found.to_json()
    assert told["box"] == [9, 5, 4, 4]
    assert told["rle"]["size"] == [HEIGHT, WIDTH]
    assert np.array_equal(decode(told["rle"]["counts"], WIDTH, HEIGHT), square(9, 5, 4))
    assert len(report.skipped) == 6


def test_every_frame_of_a_file_is_asked_about(
    detector: Story, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages = [Image.new("L", (WIDTH, HEIGHT), 20 * n) for n in range(4)]
    file = tmp_path / "stack.tif"
    pages[0].save(file, save_all=True, append_images=pages[1:])
    lines = {f"{file}#{n}": {"width": WIDTH, "height": HEIGHT, **GOOD} for n in range(4)}
    (tmp_path / "lines.json").write_text(json.dumps(lines))
    report = predict_report(detector.project, "latest", images=[file])
    assert [each.frame for each in report.images] == [0, 1, 2, 3]
    assert [p.to_json()["frame"] for p in report.predictions] == [0, 0, 1, 1, 2, 2, 3, 3]
    assert {each.image for each in report.images} == {str(file)}


def test_written_boxes_wait_for_a_person_and_can_be_accepted(detector: Story) -> None:
    project = detector.project
    detector.say(dict.fromkeys(range(1, 8), BAD))
    assert predict_report(project, "latest", write=True).written == 2, "only image 7 is open"
    assert predict_report(project, "latest", write=True).written == 2
    shown = workbench.open_image(project, 7).annotations
    assert len(shown) == 2, "the second answer replaced the first"
    assert all(isinstance(shape, Box) and shape.provenance.suggestion for shape in shown)
    assert shown[-1].provenance.confidence == 0.9, "the surest lies on top"
    shaping.accept_shapes(project, 7, [shape.id for shape in shown])
    again = workbench.open_image(project, 7)
    assert not any(shape.provenance.suggestion for shape in again.annotations)
    assert predict_report(project, "latest", write=True).written == 0


def test_written_regions_are_masks_that_can_be_accepted(segmenter: Story) -> None:
    project = segmenter.project
    segmenter.say({n: regions((CELL, 0.7, square(9, 5, 4))) for n in range(1, 8)})
    assert predict_report(project, "latest", write=True).written == 1
    (mask,) = workbench.open_image(project, 7).annotations
    assert isinstance(mask, Mask) and (mask.x, mask.y, mask.w, mask.h) == (9, 5, 4, 4)
    shaping.accept_shapes(project, 7, [mask.id])
    (mask,) = workbench.open_image(project, 7).annotations
    assert not mask.provenance.suggestion
    assert predictions.predict(project, "latest")[0].label == "cell"
