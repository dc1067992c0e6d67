"""What the export is told about the project, and what comes of it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tlstudio.domain.errors import Cancelled, UserError
from tlstudio.domain.images import ImageQuery, Split
from tlstudio.domain.progress import Cancel, Step
from tlstudio.domain.runs import JobSpec
from tlstudio.services import evaluation, exporting, labelling, training
from tlstudio.services.exporting import export_model
from tlstudio.services.images import find_images
from tlstudio.services.projects import Project
from tlstudio.services.training import TrainRequest
from tlstudio.storage import paths

REQUEST = TrainRequest(
    "squeezenet1_1",
    weights="none",
    settings={"image_size": 32, "epochs": 1, "min_steps": 1, "strategy": "full"},
)

Pictures = Callable[..., Project]


@pytest.fixture
def trained(pictures: Pictures, pretend: Callable[[str], None]) -> Project:
    project = pictures({"bars": 20, "dots": 20})
    for number, image in enumerate(find_images(project, ImageQuery())):
        labelling.set_group(project, [image], f"patient Ada {number // 2}")
    training.start_training(project, REQUEST).wait(20)
    return project


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[JobSpec]:
    """The jobs that would have been started; each is said to have passed."""
    jobs: list[JobSpec] = []

    def note(spec: JobSpec, *_: object) -> dict[str, Any]:
        jobs.append(spec)
        parity = {"onnx": {"n": 3, "max_diff": 1e-7, "passed": True}}
        return {"bundle": spec.params["out"], "files": ["model.onnx"], "parity": parity}

    monkeypatch.setattr(exporting, "run_to_end", note)
    return jobs


def test_the_job_names_the_runs_validation_images_where_they_lie_now(
    trained: Project, asked: list[JobSpec], tmp_path: Path
) -> None:
    val = find_images(trained, ImageQuery(splits=frozenset({"val"})))
    labelling.set_split(trained, val[:1], Split.TRAIN)  # after the run: changes nothing
    report = export_model(trained, "latest", tmp_path / "bundle")
    assert report.passed
    assert report.to_json().keys() == {"bundle", "files", "parity"}
    [job] = asked
    assert (job.kind, job.task, job.params["checked_on"]) == ("export", "classification", "val")
    assert sorted(int(item["key"]) for item in job.params["items"]) == sorted(val)
    assert all(Path(item["path"]).is_file() for item in job.params["items"])
    assert not Path(job.folder).exists()


def test_facts_are_counts_and_hold_no_names_of_people_or_files(
    trained: Project, asked: list[JobSpec], tmp_path: Path
) -> None:
    bars = labelling.list_labels(trained)[0]
    labelling.rename_label(trained, bars.id, "stripes")
    export_model(trained, "latest", tmp_path / "bundle")
    facts = asked[0].params["facts"]
    assert sum(facts["data"]["splits"].values()) == 40
    assert sum(facts["data"]["labels"]["stripes"].values()) == 20
    assert facts["data"]["groups"] == 20
    assert facts["training"]["recipe"]["image_size"] == 32
    told = json.dumps(facts)
    for secret in ("Ada", "bars_0", "dots_0", str(tmp_path), trained.author):
        assert not secret or secret not in told


def test_test_figures_travel_until_the_run_goes_on(
    trained: Project, asked: list[JobSpec], tmp_path: Path
) -> None:
    out = tmp_path / "bundle"
    export_model(trained, "latest", out)
    evaluation.evaluate(trained, "latest")
    export_model(trained, "latest", out)
    kept = paths.run(trained.folder, "r0001") / "best.safetensors"
    later = kept.stat().st_mtime + 60
    os.utime(kept, (later, later))
    export_model(trained, "latest", out)
    before, told, after = (job.params["facts"]["metrics"]["evaluation"] for job in asked)
    assert before is None
    assert after is None
    assert told["split"] == "test"
    assert told["metrics"]["accuracy"] == 1.0
    assert told["intervals"]["accuracy"] is None or len(told["intervals"]["accuracy"]) == 2
    assert told["leaks"] == {}


def test_what_cannot_be_exported_is_said_before_anything_starts(
    trained: Project, asked: list[JobSpec], tmp_path: Path
) -> None:
    def refusal(*words: Any, **more: Any) -> str:
        with pytest.raises(UserError) as caught:
            export_model(trained, *words, **more)
        return caught.value.code

    out = tmp_path / "bundle"
    assert refusal("r0042", out) == "project.no_run"
    assert refusal("latest", out, formats=("tflite",)) == "bundle.format"
    assert refusal("latest", trained.folder / "images") == "bundle.inside_project"
    (paths.run(trained.folder, "r0001") / "best.json").unlink()
    assert refusal("latest", out) == "bundle.no_checkpoint"
    assert asked == []


def test_images_that_are_missing_are_left_out_and_all_missing_is_refused(
    trained: Project, asked: list[JobSpec], tmp_path: Path
) -> None:
    from tlstudio.services.images import image_path
    from tlstudio.services.relinking import missing_images

    val = find_images(trained, ImageQuery(splits=frozenset({"val"})))
    image_path(trained, val[0]).unlink()
    missing_images(trained)
    export_model(trained, "latest", tmp_path / "bundle")
    assert len(asked[0].params["items"]) == len(val) - 1
    for image in val[1:]:
        image_path(trained, image).unlink()
    missing_images(trained)
    with pytest.raises(UserError) as caught:
        export_model(trained, "latest", tmp_path / "bundle")
    assert caught.value.code == "bundle.no_validation"


@pytest.mark.slow
def test_a_real_run_becomes_a_checked_bundle(pictures: Pictures, tmp_path: Path) -> None:
    project = pictures({"bars": 12, "dots": 12})
    run = training.start_training(project, REQUEST).wait(400)
    assert run.state == "done", run.error
    steps: list[Step] = []
    report = export_model(project, run.id, tmp_path / "bundle", progress=steps.append)
    assert report.passed
    assert report.parity["onnx"]["n"] == len(
        find_images(project, ImageQuery(splits=frozenset({"val"})))
    )
    assert sorted(p.name for p in report.bundle.iterdir()) == report.files
    assert {"bundle.exporting", "bundle.checking", "bundle.writing"} <= {s.stage for s in steps}
    cancel = Cancel()
    cancel.set()
    with pytest.raises(Cancelled):
        export_model(project, run.id, tmp_path / "other", cancel=cancel)
    assert not [p for p in tmp_path.iterdir() if "other" in p.name]
