"""Figures: right against the truth, refused over leaks, kept as long as nothing changes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tlstudio.domain.errors import UserError
from tlstudio.domain.images import ImageQuery, Split
from tlstudio.services import evaluation, labelling, training
from tlstudio.services.images import find_images, image_rows
from tlstudio.services.projects import Project
from tlstudio.services.training import TrainRequest
from tlstudio.storage import paths

REQUEST = TrainRequest("squeezenet1_1", weights="none", settings={"image_size": 32})

Pictures = Callable[..., Project]


@pytest.fixture
def trained(pictures: Pictures, pretend: Callable[[str], None]) -> Project:
    project = pictures({"bars": 20, "dots": 20})
    training.start_training(project, REQUEST).wait(20)
    return project


def _of(project: Project, split: str) -> list[int]:
    return find_images(project, ImageQuery(splits=frozenset({split})))


def test_figures_and_images_behind_them(trained: Project) -> None:
    found = evaluation.evaluate(trained, "latest")
    assert found.metrics["accuracy"] == 1.0
    assert found.confusion["labels"] == ["bars", "dots"]
    assert sorted(item.image for item in found.items) == _of(trained, "test")
    assert all(item.truth == item.predicted for item in found.items)
    assert found.items[0].confidence == pytest.approx(0.9)
    assert {"low", "high", "method"} == set(found.intervals["accuracy"])
    assert found.leaks == []
    keys = {"metrics", "intervals", "groups", "per_label", "confusion", "leaks"}
    assert keys <= set(found.to_json())
    json.dumps(found.to_json())


def test_wrong_answers_stand_in_their_cell(trained: Project) -> None:
    test = _of(trained, "test")
    bars, dots = labelling.list_labels(trained)
    mistaken = next(r.id for r in image_rows(trained, test) if r.labels == (bars.id,))
    labelling.assign_label(trained, [mistaken], dots.id)
    found = evaluation.evaluate(trained, "latest")
    assert found.confusion["matrix"][1][0] == 1
    wrong = [item for item in found.items if item.truth != item.predicted]
    assert [(w.image, w.truth, w.predicted) for w in wrong] == [(mistaken, "dots", "bars")]


def test_shared_group_refuses_test_figures_unless_allowed(trained: Project) -> None:
    # The run's snapshot says that all training images were of no group; give the test images
    # one, and train again so that a snapshot knows it.
    labelling.set_group(trained, [*_of(trained, "train")[:3], *_of(trained, "test")[:2]], "Ada")
    training.start_training(trained, REQUEST).wait(20)
    with pytest.raises(UserError) as caught:
        evaluation.evaluate(trained, "latest")
    assert caught.value.code == "data.leak"
    assert "Ada" in str(caught.value)
    found = evaluation.evaluate(trained, "latest", allow_leaks=True)
    assert [leak.group for leak in found.leaks] == ["Ada"]
    assert found.to_json()["leaks"][0]["kind"] == "group"


def test_leaks_are_judged_on_what_the_run_was_trained_on(trained: Project) -> None:
    """Moving a training image to the test split afterwards does not make it unseen."""
    seen = _of(trained, "train")[0]
    labelling.set_split(trained, [seen], Split.TEST)
    with pytest.raises(UserError) as caught:
        evaluation.evaluate(trained, "latest")
    assert caught.value.code == "data.leak"
    assert caught.value.params["identical"] == 1
    labelling.set_split(trained, [seen], None)
    assert evaluation.evaluate(trained, "latest").leaks == []


def test_validation_figures_are_of_the_runs_own_images(trained: Project) -> None:
    before = _of(trained, "val")
    labelling.set_split(trained, before, Split.TRAIN)
    found = evaluation.evaluate(trained, "latest", split="val")
    assert sorted(item.image for item in found.items) == before


def test_answers_are_kept_until_the_model_changes(
    trained: Project, pretend: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = evaluation.evaluate(trained, "latest")

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a worker was started")

    with monkeypatch.context() as patch:
        patch.setattr("tlstudio.jobs.supervisor.subprocess.Popen", refuse)
        assert evaluation.evaluate(trained, "latest").metrics == first.metrics
        run = training.get_run(trained, "latest")
        weights = paths.run(trained.folder, run.id) / "best.safetensors"
        weights.write_bytes(b"others")
        with pytest.raises(AssertionError, match="a worker was started"):
            evaluation.evaluate(trained, "latest")
    stored = evaluation.stored(trained, "latest")
    assert stored is not None
    assert stored["metrics"]["accuracy"] == 1.0


def test_label_the_model_never_learned_is_left_out_and_said(trained: Project) -> None:
    labelling.add_labels(trained, ["rings"])
    rings = labelling.label_named(trained, "rings")
    labelling.assign_label(trained, _of(trained, "test")[:2], rings.id)
    found = evaluation.evaluate(trained, "latest")
    said = {n.code: n.params for n in found.notices}
    assert said["evaluation.unknown_labels"]["count"] == 2
    assert len(found.items) == len(_of(trained, "test")) - 2


def test_renamed_label_keeps_its_figures(trained: Project) -> None:
    bars = labelling.list_labels(trained)[0]
    labelling.rename_label(trained, bars.id, "stripes")
    found = evaluation.evaluate(trained, "latest")
    assert found.confusion["labels"] == ["stripes", "dots"]
    assert found.metrics["accuracy"] == 1.0


def test_empty_split_and_unknown_split_are_refused(trained: Project) -> None:
    labelling.set_split(trained, _of(trained, "test"), None)
    for split, code in (("test", "evaluation.no_images"), ("tset", "data.split_name")):
        with pytest.raises(UserError) as caught:
            evaluation.evaluate(trained, "latest", split=split)
        assert caught.value.code == code


def test_run_without_a_model_is_refused(trained: Project) -> None:
    run = training.get_run(trained, "latest")
    (paths.run(trained.folder, run.id) / "best.json").unlink()
    with pytest.raises(UserError) as caught:
        evaluation.evaluate(trained, run.id)
    assert caught.value.code == "training.no_best"


def test_unreadable_images_are_left_out_and_said(trained: Project, tmp_path: Path) -> None:
    from tlstudio.storage import images

    image = _of(trained, "test")[0]

    def move(db: object) -> None:
        source = next(s for s in images.sources(db) if s.image == image)  # type: ignore[arg-type]
        place = str(tmp_path / "broken" / "bars_000.png")
        images.set_source_path(db, source.id, place, referenced=True)  # type: ignore[arg-type]

    trained.transact("undo.relink", move)
    found = evaluation.evaluate(trained, "latest")
    assert image not in [item.image for item in found.items]
    assert "training.images_left_out" in [n.code for n in found.notices]


def test_near_duplicates_of_learned_images_are_warned_of(trained: Project, tmp_path: Path) -> None:
    from PIL import Image

    from tlstudio.services.datasets import ImportOptions, import_source
    from tlstudio.services.images import image_path

    again = tmp_path / "again" / "bars"
    again.mkdir(parents=True)
    for place, image in enumerate(_of(trained, "train")[:2]):
        with Image.open(image_path(trained, image)) as picture:
            near = picture.convert("RGB")
        near.putpixel((0, 0), (1, 2, 3))
        near.save(again / f"bars_again{place}.png")
    options = ImportOptions(format="class-folders", split=Split.TEST)
    import_source(trained, again.parent, options)
    found = evaluation.evaluate(trained, "latest")
    assert found.leaks == []
    said = {n.code: n.params for n in found.notices}
    assert said["evaluation.near"]["count"] >= 2
