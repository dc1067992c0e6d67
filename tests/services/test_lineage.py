"""What a run knows through the run that its weights come from, and what is said where that is
not known any more."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tlstudio.domain.errors import UserError
from tlstudio.domain.images import ImageQuery, Split
from tlstudio.domain.runs import Run
from tlstudio.services import evaluation, labelling, training
from tlstudio.services._lineage import learned_before
from tlstudio.services.comparing import compare
from tlstudio.services.images import find_images
from tlstudio.services.projects import Project
from tlstudio.services.site_check import SiteCheck, checked
from tlstudio.services.training import TrainRequest
from tlstudio.storage import paths, runs, snapshots

Pretend = Callable[[str], None]


@pytest.fixture
def project(pictures: Callable[..., Project], pretend: Pretend) -> Project:
    project = pictures({"bars": 14, "dots": 14})
    _train(project, "none")
    return project


def _train(project: Project, weights: str) -> Run:
    settings: dict[str, object] = {"image_size": 32}
    request = TrainRequest("squeezenet1_1", weights=weights, settings=settings)
    return training.start_training(project, request).wait(20)


def _of(project: Project, split: str) -> list[int]:
    return find_images(project, ImageQuery(splits=frozenset({split})))


def _test_anew(project: Project) -> list[int]:
    """Four images that the first run learned from become the test, what was it goes to training."""
    before, seen = _of(project, "test"), _of(project, "train")[:4]
    labelling.set_split(project, before, Split.TRAIN)
    labelling.set_split(project, seen, Split.TEST)
    return seen


def test_what_the_weights_were_learned_from_is_not_unseen(project: Project) -> None:
    seen = _test_anew(project)
    second = _train(project, "run:r0001")
    said = {warning["code"]: warning["params"] for warning in second.warnings}
    assert said["training.weights_leak"] == {"weights": "run:r0001", "count": len(seen)}
    third = _train(project, f"run:{second.id}")
    for run in (second, third):
        with pytest.raises(UserError) as caught:
            evaluation.evaluate(project, run.id)
        assert caught.value.code == "data.leak"
        assert caught.value.params["identical"] == len(seen)
    plain = _train(project, "none")
    assert evaluation.evaluate(project, plain.id).leaks == []
    with pytest.raises(UserError) as caught:
        compare(project, plain.id, third.id)
    assert (caught.value.code, caught.value.params["run"]) == ("compare.leak", third.id)


def test_validation_figures_know_it_too(project: Project) -> None:
    seen = _of(project, "train")[:4]
    labelling.set_split(project, seen, Split.VAL)
    second = _train(project, "run:r0001")
    with pytest.raises(UserError) as caught:
        evaluation.evaluate(project, second.id, split="val")
    assert caught.value.code == "data.leak"


def test_the_file_of_a_runs_model_is_known(project: Project) -> None:
    seen = _test_anew(project)
    second = _train(project, str(paths.run(project.folder, "r0001") / "best.safetensors"))
    with pytest.raises(UserError) as caught:
        evaluation.evaluate(project, second.id)
    assert caught.value.params["identical"] == len(seen)


def test_a_run_before_that_is_gone_is_said(project: Project) -> None:
    second = _train(project, "run:r0001")
    labelling.set_tags(project, _of(project, "test"), add=["B"])
    assert evaluation.evaluate(project, second.id).held_out == "tag:B"
    training.delete_run(project, "r0001")
    found = evaluation.evaluate(project, second.id)
    said = {notice.code: notice.params for notice in found.notices}
    assert said["evaluation.run_before_gone"] == {"run": second.id, "before": "r0001"}
    assert found.held_out is None


def test_a_lost_snapshot_is_said_and_the_runs_before_it_are_known(project: Project) -> None:
    second = _train(project, "run:r0001")
    _test_anew(project)
    third = _train(project, f"run:{second.id}")
    assert second.snapshot is not None and second.snapshot != third.snapshot
    found = learned_before(project, third.weights)
    assert found.unknown == ()
    assert {row["split"] for row in found.rows} == {"train", "val"}
    assert all("annotations" not in row for row in found.rows)
    snapshots.snapshot_path(project, second.snapshot).unlink()
    assert learned_before(project, third.weights).unknown == (second.id, "r0001")


def test_runs_that_name_each_other_come_to_an_end(project: Project) -> None:
    project.transact(
        "undo.run", lambda db: runs.update_run(db, "r0001", weights="run:r0001"), undoable=False
    )
    assert len(learned_before(project, "run:r0001").rows) > 0


def test_a_site_that_the_run_before_knew_is_not_held_out(project: Project) -> None:
    seen = _test_anew(project)
    labelling.set_tags(project, seen, add=["B"])
    plain, second = _train(project, "none"), _train(project, "run:r0001")
    assert evaluation.evaluate(project, plain.id).held_out == "tag:B"
    assert evaluation.evaluate(project, second.id, allow_leaks=True).held_out is None
    assert compare(project, plain.id, second.id, allow_leaks=True).held_out is None


def test_a_group_named_after_training_is_a_leak(project: Project) -> None:
    labelling.set_group(project, [*_of(project, "train")[:3], *_of(project, "test")[:2]], "Ada")
    with pytest.raises(UserError) as caught:
        evaluation.evaluate(project, "latest")
    assert caught.value.code == "data.leak"
    found = evaluation.evaluate(project, "latest", allow_leaks=True)
    assert [leak.group for leak in found.leaks] == ["Ada"]
    labelling.set_group(project, _of(project, "val")[:1], "Ada")
    with pytest.raises(UserError, match="Ada"):
        evaluation.evaluate(project, "latest", split="val")


def test_a_group_of_the_snapshot_counts_after_it_was_taken_away(project: Project) -> None:
    both = [*_of(project, "train")[:3], *_of(project, "test")[:2]]
    labelling.set_group(project, both[:3], "Ada")
    second = _train(project, "none")
    labelling.set_group(project, both[:3], "Bea")
    labelling.set_group(project, both[3:4], "Ada")
    labelling.set_group(project, both[4:], "Bea")
    found = evaluation.evaluate(project, second.id, allow_leaks=True)
    assert sorted(str(leak.group) for leak in found.leaks) == ["Ada", "Bea"]


def test_weights_are_recorded_as_what_they_were(project: Project, tmp_path: Path) -> None:
    assert _train(project, "run:latest").weights == "run:r0001"
    assert _train(project, "run:best").weights in ("run:r0001", "run:r0002")
    (tmp_path / "mine.safetensors").write_bytes(b"weights")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path)
        run = _train(project, "mine.safetensors")
    assert run.weights == str(tmp_path / "mine.safetensors")
    assert _train(project, "none").weights == "none"


def test_a_site_check_starts_all_runs_from_the_same_and_from_nothing_that_knows_the_site(
    project: Project,
) -> None:
    labelling.set_tags(project, _of(project, "test"), add=["B"])
    labelling.set_tags(project, _of(project, "train")[:2], add=["C"])
    request = TrainRequest("squeezenet1_1", weights="run:latest", settings={"image_size": 32})
    check = checked(project, SiteCheck("tag:B", request))
    assert check.request.weights == "run:r0001"
    with pytest.raises(UserError) as caught:
        checked(project, SiteCheck("tag:C", request))
    assert (caught.value.code, caught.value.params["count"]) == ("site.check_seen", 2)
    with pytest.raises(UserError) as caught:
        checked(
            project, SiteCheck("tag:B", TrainRequest("squeezenet1_1", settings={"seed": "abc"}))
        )
    assert caught.value.code == "recipe.value"


@pytest.mark.parametrize("named", [True, False])
def test_a_run_that_another_has_yet_to_start_from_is_kept(
    project: Project, pretend: Pretend, named: bool
) -> None:
    file = paths.run(project.folder, "r0001") / "best.safetensors"
    weights = "run:r0001" if named else str(file)
    pretend("crash-late")
    second = _train(project, weights)
    with pytest.raises(UserError) as caught:
        training.delete_run(project, "r0001")
    assert caught.value.code == "project.run_needed"
    assert second.id in str(caught.value)
    pretend("finish")
    training.resume_training(project, second.id).wait(20)
    training.delete_run(project, "r0001")
    assert [run.id for run in training.list_runs(project)] == [second.id]
