"""Predictions: of the project's own images, of files, and stored as suggestions."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tlstudio.domain.errors import UserError
from tlstudio.services import evaluation, labelling, predictions, training
from tlstudio.services.images import find_images, image_rows
from tlstudio.services.projects import Project
from tlstudio.services.training import TrainRequest
from tlstudio.storage import annotations

REQUEST = TrainRequest("squeezenet1_1", weights="none", settings={"image_size": 32})


@pytest.fixture
def trained(pictures: Callable[..., Project], pretend: Callable[[str], None]) -> Project:
    project = pictures({"bars": 8, "dots": 8})
    training.start_training(project, REQUEST).wait(20)
    return project


def test_all_images_of_the_project(trained: Project) -> None:
    found = predictions.predict(trained, "latest")
    assert [each.image_id for each in found] == find_images(trained)
    assert found[0].image.startswith("images/")
    assert found[0].label == "bars"
    assert found[0].probabilities == {"bars": pytest.approx(0.9), "dots": pytest.approx(0.1)}


def test_folder_of_files(trained: Project, class_folder: Callable[..., Path]) -> None:
    folder = class_folder({"bars": 3, "dots": 2}, size=16, name="more")
    (folder / "notes.txt").write_text("no picture")
    (folder / "broken").mkdir()
    (folder / "broken" / "bars_x.png").write_bytes(b"x")
    report = predictions.predict_report(trained, "latest", images=[folder])
    assert [each.label for each in report.predictions] == ["bars"] * 3 + ["dots"] * 2
    assert [Path(each["file"]).name for each in report.skipped] == ["bars_x.png"]


def test_suggestions_go_to_images_without_a_label_only(trained: Project) -> None:
    ids = find_images(trained)
    labelling.assign_label(trained, ids[:3], None)
    report = predictions.predict_report(trained, "latest", write=True)
    assert report.written == 3
    rows = image_rows(trained, ids)
    bars = labelling.list_labels(trained)[0].id
    assert [row.suggested for row in rows[:4]] == [(bars,)] * 3 + [()]
    assert all(row.labels == () for row in rows[:3]), "a suggestion is no label"
    with trained.read() as db:
        [stored] = annotations.of_images(db, ids[:1], suggestions=True)[ids[0]]
    assert stored.provenance.run == "r0001"
    assert stored.provenance.confidence == pytest.approx(0.9)
    again = predictions.predict_report(trained, "latest", write=True)
    assert again.written == 3
    with trained.read() as db:
        assert len(annotations.of_images(db, ids[:1], suggestions=True)[ids[0]]) == 1
    trained.undo()


def test_files_are_known_again_by_content_when_writing(trained: Project, tmp_path: Path) -> None:
    ids = find_images(trained)
    labelling.assign_label(trained, ids, None)
    from tlstudio.services.images import image_path

    outside = tmp_path / "outside"
    outside.mkdir()
    for image in ids[:4]:
        path = image_path(trained, image)
        (outside / f"bars_{image}.png").write_bytes(path.read_bytes())
    report = predictions.predict_report(trained, "latest", images=[outside], write=True)
    assert report.written == 4


def test_only_a_detector_has_a_threshold(trained: Project) -> None:
    for ask in (predictions.predict, evaluation.evaluate):
        with pytest.raises(UserError) as refused:
            ask(trained, "latest", threshold=0.3)
        assert refused.value.code == "evaluation.no_threshold"


def test_absent_file_and_empty_folder_are_refused(trained: Project, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    for place, code in ((tmp_path / "none.png", "predict.no_file"), (empty, "predict.no_images")):
        with pytest.raises(UserError) as caught:
            predictions.predict(trained, "latest", images=[place])
        assert caught.value.code == code
