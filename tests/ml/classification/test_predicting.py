from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tlstudio.domain.events import Answer, Event
from tlstudio.domain.runs import JobSpec
from tlstudio.ml.classification import predict, serve, train
from tlstudio.ml.reporter import Orders, Reporter


@pytest.fixture
def trained(training_job: Callable[..., JobSpec]) -> JobSpec:
    job = training_job({"round": 8, "bars": 8}, strategy="feature-extraction")
    train(job, Reporter())
    return job


def pictures(job: JobSpec) -> list[Path]:
    return sorted((Path(job.folder).parent / "split/val").rglob("*.png"))


def predicted(
    trained: JobSpec, items: list[dict[str, Any]], **params: Any
) -> tuple[dict[str, Any], dict[Any, list[float]]]:
    folder = Path(trained.folder)
    out = folder / "p.jsonl"
    given = {"run_folder": str(folder), "items": items, "out": str(out), **params}
    job = JobSpec("predict", "classification", str(folder / "p"), str(folder), given)
    answer = predict(job, Reporter())
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    return answer, {row["key"]: row["probabilities"] for row in rows}


def test_predictions_agree_with_the_figures_of_the_run(trained: JobSpec) -> None:
    files = pictures(trained)
    items = [{"key": n, "path": str(path)} for n, path in enumerate(files)]
    answer, rows = predicted(trained, items)
    names = [label["name"] for label in answer["labels"]]
    assert names == ["bars", "round"] and answer["predicted"] == len(files)
    assert all(sum(row) == pytest.approx(1) for row in rows.values())
    right = [names[rows[n].index(max(rows[n]))] == path.parent.name for n, path in enumerate(files)]
    facts = json.loads((Path(trained.folder) / "best.json").read_text())
    assert sum(right) / len(right) == pytest.approx(facts["metrics"]["accuracy"])


def test_columns_follow_the_labels_that_are_asked_for(trained: JobSpec) -> None:
    items = [{"key": "a", "path": str(pictures(trained)[0])}]
    _, own = predicted(trained, items)
    order = [{"id": 2, "name": "round"}, {"id": 77, "name": "new"}, {"id": 1, "name": "bars"}]
    _, other = predicted(trained, items, labels=order)
    assert other["a"] == pytest.approx([own["a"][1], 0.0, own["a"][0]])


def test_images_that_cannot_be_read_are_named_not_predicted(
    trained: JobSpec, tmp_path: Path
) -> None:
    (tmp_path / "bad.png").write_bytes(b"no image")
    items = [
        {"key": 1, "path": str(tmp_path / "bad.png")},
        {"key": 2, "path": str(pictures(trained)[0])},
        {"key": 3, "path": str(tmp_path / "gone.png")},
    ]
    answer, rows = predicted(trained, items)
    assert list(rows) == [2]
    skipped = {row["key"]: row["code"] for row in answer["skipped"]}
    assert set(skipped) == {1, 3} and skipped[3] == "data.file_missing"


def test_no_images_is_an_empty_answer(trained: JobSpec) -> None:
    answer, rows = predicted(trained, [])
    assert answer["predicted"] == 0 and rows == {}


def test_a_warm_worker_answers_each_request_and_survives_bad_ones(
    trained: JobSpec, tmp_path: Path
) -> None:
    orders = Orders()
    path = str(pictures(trained)[0])
    _, rows = predicted(trained, [{"key": 0, "path": path}])
    good = {"id": "a", "run_folder": trained.folder, "path": path}
    for line in (
        json.dumps(good),
        "no json",
        json.dumps(good | {"id": "b", "path": str(tmp_path / "gone.png")}),
        json.dumps(good | {"id": "c", "run_folder": str(tmp_path)}),
        json.dumps(good | {"id": "d"}),
    ):
        orders.take(line)
    orders.parent_gone()
    heard: list[Event] = []
    job = JobSpec("serve", "classification", str(tmp_path), str(tmp_path), {})
    assert serve(job, Reporter(heard.append, orders))["served"] == 5
    answers = {e.id: e for e in heard if isinstance(e, Answer)}
    assert answers["a"].result is not None and answers["d"].result == answers["a"].result
    assert answers["a"].result["probabilities"] == pytest.approx(rows[0], abs=1e-5)
    assert answers["b"].error is not None and answers["b"].error["code"] == "data.file_missing"
    assert answers["c"].error is not None and answers["c"].error["code"] == "training.no_best"
    assert answers[""].error is not None
