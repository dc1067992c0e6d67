"""Runs: refused before they start, recorded as they go, settled when the project is reopened."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tlstudio.domain.annotations import AnnotationSource, Provenance
from tlstudio.domain.errors import UserError
from tlstudio.domain.events import Ending, EpochEnded, Event, Started
from tlstudio.domain.images import ImageQuery, ImageState, Split
from tlstudio.domain.runs import Ended, Run, RunState
from tlstudio.services import labelling, splitting, training
from tlstudio.services.images import find_images
from tlstudio.services.projects import Project, open_project
from tlstudio.services.training import TrainRequest
from tlstudio.storage import annotations, paths, runs, snapshots

MODEL = "squeezenet1_1"
SCRATCH = TrainRequest(MODEL, weights="none", settings={"image_size": 32, "epochs": 3})

Pictures = Callable[..., Project]
Pretend = Callable[[str], None]


def _code(project: Project, request: TrainRequest) -> str:
    with pytest.raises(UserError) as caught:
        training.start_training(project, request)
    with pytest.raises(UserError) as planned:
        training.training_plan(project, request)
    assert planned.value.code == caught.value.code, "the plan refuses what the start refuses"
    assert training.list_runs(project) == []
    assert "<" not in str(caught.value), f"unfilled words: {caught.value}"
    return caught.value.code


def _job(project: Project, run_id: str) -> dict[str, Any]:
    text = (paths.run(project.folder, run_id) / "JOB.json").read_text("utf-8")
    return dict(json.loads(text)["params"])


def _rows(project: Project, run: Run) -> list[dict[str, Any]]:
    return snapshots.read_snapshot(project, run.snapshot or "")[1]


def test_project_without_images_is_refused(pictures: Pictures) -> None:
    project = pictures({"bars": 1, "dots": 1})
    labelling.delete_images(project, find_images(project))
    assert _code(project, SCRATCH) == "training.no_images_at_all"


def test_images_without_labels_are_refused(pictures: Pictures) -> None:
    project = pictures({"bars": 4, "dots": 4})
    labelling.delete_labels(project, [label.id for label in labelling.list_labels(project)])
    assert _code(project, SCRATCH) == "training.no_labels"


def test_one_label_is_refused(pictures: Pictures) -> None:
    project = pictures({"bars": 3, "dots": 2})
    bars, dots = (label.id for label in labelling.list_labels(project))
    labelling.merge_labels(project, [bars], dots)
    assert _code(project, SCRATCH) == "training.one_label"


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (TrainRequest("squeezenet9", weights="none"), "weights.unknown_model"),
        (TrainRequest(MODEL), "weights.absent"),
        (TrainRequest(MODEL, weights="nowhere.safetensors"), "training.weights_file"),
        (TrainRequest(MODEL, weights="run:r0099"), "project.no_run"),
        (TrainRequest("alexnet", weights="none", settings={"image_size": 96}), "recipe.size"),
        (TrainRequest(MODEL, weights="none", settings={"epochs": "many"}), "recipe.value"),
        (TrainRequest(MODEL, weights="none", settings={"epoch": 3}), "recipe.unknown"),
        (TrainRequest(MODEL, task="style", weights="none"), "training.other_task"),
        (TrainRequest(MODEL, task="detection", weights="none"), "training.other_task"),
        (TrainRequest(MODEL, weights="none", source_kind="box"), "training.no_labels_but"),
        (TrainRequest(MODEL, weights="none", source_kind="line"), "training.kind_unknown"),
    ],
)
def test_requests_that_cannot_work_are_refused(
    pictures: Pictures, request_: TrainRequest, code: str
) -> None:
    assert _code(pictures({"bars": 4, "dots": 4}), request_) == code


def test_absent_weights_name_both_ways_to_get_them(pictures: Pictures) -> None:
    with pytest.raises(UserError) as caught:
        training.start_training(pictures({"bars": 4, "dots": 4}), TrainRequest(MODEL))
    assert "weights fetch" in str(caught.value)
    assert "weights import" in str(caught.value)


def test_finished_run_is_recorded_before_anybody_hears_of_it(
    pictures: Pictures, pretend: Pretend
) -> None:
    project = pictures({"bars": 20, "dots": 20})
    heard: list[tuple[Event, RunState]] = []
    told = threading.Event()

    def hear(event: Event) -> None:
        heard.append((event, training.get_run(project, "latest").state))
        if isinstance(event, Ending):
            told.set()

    handle = training.start_training(project, SCRATCH, hear)
    run = handle.wait(20)
    assert told.wait(20)
    assert handle.split_made
    assert (run.state, run.ended, run.epochs) == (RunState.DONE, Ended.COMPLETED, 1)
    assert run.best is not None
    assert run.best.value == 0.5
    assert (run.metrics, run.device, run.seconds) == ({"accuracy": 0.5}, "cpu", 1.5)
    assert run.recipe["epochs"] == 3
    assert [w["code"] for w in run.warnings] == ["training.no_validation"]
    kinds = [type(event) for event, _state in heard]
    assert kinds == [Started, EpochEnded, Ending]
    assert [state for _event, state in heard] == [RunState.RUNNING, RunState.RUNNING, RunState.DONE]
    assert training.active_run(project) is None


def test_snapshot_holds_what_the_run_learns_from(pictures: Pictures, pretend: Pretend) -> None:
    project = pictures({"bars": 14, "dots": 14})
    run = training.start_training(project, SCRATCH).wait(20)
    header, rows = snapshots.read_snapshot(project, run.snapshot or "")
    assert [label["name"] for label in header["labels"]] == ["bars", "dots"]
    assert header["count"] == len(rows) == 28
    assert {row["split"] for row in rows} == {"train", "val", "test"}
    assert all(len(row["annotations"]) == 1 for row in rows)
    params = _job(project, run.id)
    assert params["weights"]["kind"] == "none"
    assert Path(params["snapshot"]).is_file()
    assert params["model"]["id"] == MODEL
    assert [label["name"] for label in params["labels"]] == ["bars", "dots"]


def test_unfit_images_are_left_out_and_said(pictures: Pictures, pretend: Pretend) -> None:
    project = pictures({"bars": 12, "dots": 12})
    ids = find_images(project)
    bars, dots = (label.id for label in labelling.list_labels(project))
    labelling.assign_label(project, ids[:1], None)
    labelling.set_state(project, ids[1:3], ImageState.DISPUTED)
    second = labelling.assign_label(project, ids[3:6], dots, add=True)
    assert second.images
    project.transact(
        "undo.suggest",
        lambda db: annotations.set_image_label(
            db, ids[:1], dots, Provenance(AnnotationSource.MODEL, suggestion=True, run="r0009")
        ),
    )
    plan = training.training_plan(project, SCRATCH)
    assert plan.defaults["mirror"]["value"] == "yes" and plan.defaults["mirror"]["used"]
    said = {w["code"]: w["params"].get("count") for w in plan.warnings}
    several = 3 if _has_both(project, ids[3], bars, dots) else 0
    assert said["training.left_out.unlabelled"] == 1
    assert said["training.left_out.disputed"] == 2
    assert said.get("training.left_out.several", 0) == several
    assert said["training.suggestions_unused"] == 1
    assert sum(plan.images.values()) == 24 - 3 - several
    assert plan.makes_split
    run = training.start_training(project, SCRATCH).wait(20)
    used = {row["image"] for row in _rows(project, run)}
    assert not used & set(ids[:3])


def _has_both(project: Project, image: int, *labels: int) -> bool:
    with project.read() as db:
        found = {a.label for a in annotations.of_images(db, [image]).get(image, [])}
    return found >= set(labels)


def test_ready_splits_are_kept_and_validation_is_held_out_of_training(
    pictures: Pictures, pretend: Pretend
) -> None:
    project = pictures({"bars": 20, "dots": 20})
    ids = find_images(project)
    labelling.set_split(project, ids, Split.TRAIN)
    labelling.set_split(project, ids[::4], Split.TEST)
    handle = training.start_training(project, SCRATCH)
    run = handle.wait(20)
    assert not handle.split_made
    rows = _rows(project, run)
    held = [row["image"] for row in rows if row["split"] == "val"]
    assert 2 <= len(held) <= 8
    assert not set(held) & set(ids[::4])
    assert find_images(project, ImageQuery(splits=frozenset({"val"}))) == []
    assert "training.held_out" in [w["code"] for w in run.warnings]


def test_leaks_between_the_splits_are_warned_of(pictures: Pictures) -> None:
    project = pictures({"bars": 6, "dots": 6})
    splitting.split_project(project)
    labelling.set_group(project, find_images(project), "one patient")
    codes = [w["code"] for w in training.training_plan(project, SCRATCH).warnings]
    assert "training.leaks" in codes


def test_second_run_waits_for_the_first(
    pictures: Pictures, pretend: Pretend, until: Callable[..., Any]
) -> None:
    project = pictures({"bars": 8, "dots": 8})
    pretend("wait")
    first = training.start_training(project, SCRATCH)
    second = training.start_training(project, SCRATCH)
    states = [run.state for run in training.list_runs(project)]
    assert states == [RunState.RUNNING, RunState.QUEUED]
    assert training.active_run(project) is first
    pretend("finish")
    first.stop()
    assert first.wait(20).ended is Ended.USER
    assert second.wait(20).state is RunState.DONE


def test_waiting_run_can_be_called_off(pictures: Pictures, pretend: Pretend) -> None:
    project = pictures({"bars": 8, "dots": 8})
    pretend("wait")
    first = training.start_training(project, SCRATCH)
    ends: list[Event] = []
    second = training.start_training(project, SCRATCH, ends.append)
    second.cancel()
    assert second.wait(5).state is RunState.CANCELLED
    assert isinstance(ends[-1], Ending)
    assert first.wait(0).state is RunState.RUNNING
    first.cancel()
    assert first.wait(20).state is RunState.CANCELLED


def test_stopping_is_said_and_keeps_the_best(pictures: Pictures, pretend: Pretend) -> None:
    project = pictures({"bars": 8, "dots": 8})
    pretend("wait")
    handle = training.start_training(project, SCRATCH)
    handle.stop()
    run = handle.wait(20)
    assert (run.state, run.ended) == (RunState.DONE, Ended.USER)


def test_crashed_run_fails_and_goes_on_from_its_checkpoint(
    pictures: Pictures, pretend: Pretend
) -> None:
    project = pictures({"bars": 8, "dots": 8})
    pretend("crash-late")
    run = training.start_training(project, SCRATCH).wait(20)
    assert run.state is RunState.FAILED
    assert run.error is not None
    assert run.error["code"] == "training.crashed"
    assert run.epochs == 3, "known from its events"
    pretend("finish")
    again = training.resume_training(project, run.id)
    done = again.wait(20)
    assert _job(project, run.id)["resume"] is True
    assert (done.state, done.error, done.id) == (RunState.DONE, None, run.id)
    with pytest.raises(UserError) as caught:
        training.resume_training(project, run.id)
    assert caught.value.code == "training.nothing_to_resume"


def test_going_on_is_told_of_the_same_weights(
    pictures: Pictures, pretend: Pretend, tmp_path: Path
) -> None:
    """A run that goes on as if from scratch would take other steps than before."""
    project = pictures({"bars": 8, "dots": 8})
    weights = tmp_path / "pretrained.safetensors"
    weights.write_bytes(b"weights")
    pretend("crash-late")
    request = TrainRequest(MODEL, weights=str(weights), settings={"image_size": 32})
    run = training.start_training(project, request).wait(20)
    first = _job(project, run.id)["weights"]
    assert first["kind"] == "file"
    pretend("finish")
    training.resume_training(project, run.id).wait(20)
    assert _job(project, run.id)["weights"] == first


def test_listening_to_an_ended_run_says_so_at_once(pictures: Pictures, pretend: Pretend) -> None:
    handle = training.start_training(pictures({"bars": 8, "dots": 8}), SCRATCH)
    handle.wait(20)
    heard: list[Event] = []
    handle.listen(heard.append)
    assert [type(event) for event in heard] == [Ending]


def _left_open(project: Project) -> tuple[Run, Path]:
    """A run that the project believes to be running, and its folder."""
    with project.read():
        pass
    made: list[Run] = []
    project.transact(
        "undo.run",
        lambda db: made.append(
            runs.add_run(db, task="classification", model=MODEL, state=RunState.RUNNING)
        ),
        undoable=False,
    )
    folder = paths.run(project.folder, made[0].id)
    folder.mkdir(parents=True)
    return made[0], folder


def test_reopening_finishes_a_run_from_its_result(pictures: Pictures) -> None:
    project = pictures({"bars": 4, "dots": 4})
    run, folder = _left_open(project)
    result = {"version": 1, "state": "done", "ended": "early", "seconds": 3.0, "epochs": 7}
    (folder / "result.json").write_text(json.dumps(result))
    project.close()
    with open_project(project.folder) as again:
        found = training.get_run(again, run.id)
    assert (found.state, found.ended, found.epochs) == (RunState.DONE, Ended.EARLY, 7)


def test_reopening_finds_a_run_without_process_lost(pictures: Pictures) -> None:
    project = pictures({"bars": 4, "dots": 4})
    run, _folder = _left_open(project)
    project.close()
    with open_project(project.folder) as again:
        found = training.get_run(again, run.id)
    assert found.state is RunState.LOST
    assert found.error == {"code": "job.lost", "params": {}}


def test_reopening_takes_up_a_run_whose_worker_lives(
    pictures: Pictures, pretend: Pretend, until: Callable[..., Any]
) -> None:
    from tlstudio.domain.runs import JobSpec
    from tlstudio.jobs import supervisor

    project = pictures({"bars": 4, "dots": 4})
    run, folder = _left_open(project)
    pretend("wait")
    job = supervisor.start(JobSpec("train", "classification", str(folder), str(folder), {}))
    until(lambda: (folder / "events.jsonl").exists())
    project.close()
    with open_project(project.folder) as again:
        assert training.get_run(again, run.id).state is RunState.RUNNING
        handle = training.active_run(again)
        assert handle is not None
        job.stop()
        assert handle.wait(20).state is RunState.DONE
        assert training.active_run(again) is None
    assert job.wait(20) is not None


def test_run_of_a_closed_project_is_recorded_when_it_is_opened_again(
    pictures: Pictures, pretend: Pretend
) -> None:
    project = pictures({"bars": 8, "dots": 8})
    pretend("wait")
    handle = training.start_training(project, SCRATCH)
    project.close()
    handle._job.stop()  # type: ignore[union-attr]
    assert handle.join(20)
    with open_project(project.folder) as again:
        assert training.get_run(again, "latest").state is RunState.DONE


def test_history_has_each_epoch_once(pictures: Pictures) -> None:
    project = pictures({"bars": 4, "dots": 4})
    run, folder = _left_open(project)
    lines = [{"event": "heartbeat"}, *[_epoch(n, v) for n, v in ((1, 0.1), (2, 0.2), (2, 0.3))]]
    text = "\n".join(json.dumps(line) for line in lines) + "\nhalf a li"
    (folder / "events.jsonl").write_text(text)
    epochs = [e for e in training.run_events(project, run.id) if isinstance(e, EpochEnded)]
    assert [(e.epoch, e.values["accuracy"]) for e in epochs] == [(1, 0.1), (2, 0.3)]


def _epoch(number: int, value: float) -> dict[str, Any]:
    facts = {"stage": "s", "epoch": number, "epochs": 9, "seconds": 1.0}
    return {"event": "epoch", **facts, "values": {"accuracy": value}}


def test_deleting_a_run_takes_its_files_and_keeps_a_copy_of_the_database(
    pictures: Pictures, pretend: Pretend
) -> None:
    project = pictures({"bars": 8, "dots": 8})
    run = training.start_training(project, SCRATCH).wait(20)
    changes = training.delete_run(project, run.id)
    assert changes.runs == {run.id}
    assert training.list_runs(project) == []
    assert not paths.run(project.folder, run.id).exists()
    assert any("delete-run" in file.name for file in (project.folder / "backups").iterdir())


def test_a_run_whose_end_could_not_be_recorded_is_settled_when_it_is_asked_for(
    pictures: Pictures, pretend: Pretend, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = pictures({"bars": 8, "dots": 8})

    def busy(*_: object) -> None:
        raise UserError("project.busy", file=str(project.folder))

    with monkeypatch.context() as patch:
        patch.setattr("tlstudio.services._run_records.record_end", busy)
        first = training.start_training(project, SCRATCH).wait(20)
        second = training.start_training(project, SCRATCH).wait(20)
    assert (first.state, second.state) == (RunState.RUNNING, RunState.RUNNING)
    training.delete_run(project, first.id)
    with pytest.raises(UserError) as caught:
        training.resume_training(project, second.id)
    assert caught.value.code == "training.nothing_to_resume"
    assert [run.state for run in training.list_runs(project)] == [RunState.DONE]


def test_a_run_that_could_not_begin_can_be_deleted(
    pictures: Pictures, pretend: Pretend, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = pictures({"bars": 8, "dots": 8})

    def busy(*_: object, **__: object) -> None:
        raise RuntimeError("no writing now")

    with monkeypatch.context() as patch:
        patch.setattr("tlstudio.services._run_records.set_state", busy)
        with pytest.raises(RuntimeError):
            training.start_training(project, SCRATCH)
    (run,) = training.list_runs(project)
    assert run.state is RunState.QUEUED
    training.delete_run(project, run.id)
    assert training.start_training(project, SCRATCH).wait(20).state is RunState.DONE


def test_run_starts_from_the_weights_of_another(pictures: Pictures, pretend: Pretend) -> None:
    project = pictures({"bars": 8, "dots": 8})
    first = training.start_training(project, SCRATCH).wait(20)
    request = TrainRequest(MODEL, weights=f"run:{first.id}", settings={"image_size": 32})
    second = training.start_training(project, request).wait(20)
    weights = _job(project, second.id)["weights"]
    assert weights["kind"] == "run"
    assert Path(weights["path"]).parent.name == first.id


def test_read_only_project_refuses(pictures: Pictures) -> None:
    project = pictures({"bars": 8, "dots": 8})
    with (
        open_project(project.folder, read_only=True) as looked_at,
        pytest.raises(UserError) as caught,
    ):
        training.start_training(looked_at, SCRATCH)
    assert caught.value.code == "project.read_only"
