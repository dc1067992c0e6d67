"""Predictions of a kept detector: as a file, warm, and as ONNX."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
from PIL import Image

from tlstudio.domain.errors import UserError
from tlstudio.domain.events import Answer, Event
from tlstudio.domain.runs import JobSpec
from tlstudio.ml.detection import predict, serve, train
from tlstudio.ml.detection.onnx import OUTPUTS, answers, export_onnx, unmatched
from tlstudio.ml.detection.predicting import load_kept
from tlstudio.ml.devices import choose_device
from tlstudio.ml.reporter import Orders, Reporter

Maker = Callable[..., JobSpec]


@pytest.fixture
def trained(job: Maker) -> Path:
    made = job("trained", epochs=1)
    train(made, Reporter())
    return Path(made.folder)


def predicted(folder: Path, rows: list[dict[str, Any]]) -> tuple[dict[str, Any], list[Any]]:
    items = [{"key": r["image"], "path": r["path"], "sha256": r["sha256"]} for r in rows]
    params = {"run_folder": str(folder), "items": items, "out": str(folder / "found.jsonl")}
    answer = predict(JobSpec("predict", "detection", str(folder), "/", params), Reporter())
    lines = (folder / "found.jsonl").read_text().splitlines()
    return answer, [json.loads(line) for line in lines]


def test_lines_are_in_pixels_of_each_image(trained: Path, drawn: list[dict[str, Any]]) -> None:
    broken = {**drawn[1], "image": 99, "sha256": "0" * 64}
    answer, lines = predicted(trained, [*drawn[:3], broken])
    assert [line["key"] for line in lines] == [row["image"] for row in drawn[:3]]
    assert answer["predicted"] == 3 and answer["labels"][0]["id"] == 2
    assert [s["code"] for s in answer["skipped"]] == ["training.image_changed"]
    for line in lines:
        assert (line["width"], line["height"]) == (64, 48)
        boxes = np.array(line["boxes"]).reshape(-1, 4)
        assert len(boxes) and (boxes[:, :2] >= 0).all() and (boxes[:, 2:] > 0).all()
        assert (boxes[:, :2] + boxes[:, 2:] <= [64.001, 48.001]).all()
        assert line["scores"] == sorted(line["scores"], reverse=True)
        assert set(line["labels"]) <= {2, 3}


def test_a_warm_worker_answers_the_same(trained: Path, drawn: list[dict[str, Any]]) -> None:
    _, lines = predicted(trained, drawn[:1])
    orders = Orders()
    request = {"id": "a", "run_folder": str(trained), "path": drawn[0]["path"]}
    for line in (
        request,
        {**request, "id": "b", "path": "/none.png"},
        {**request, "run_folder": "/x"},
    ):
        orders.take(json.dumps(line))
    orders.requests.put(None)
    heard: list[Event] = []
    serve(JobSpec("serve", "detection", str(trained), "/", {}), Reporter(heard.append, orders))
    first, second, third = [e for e in heard if isinstance(e, Answer)]
    assert first.result is not None
    assert {k: v for k, v in lines[0].items() if k != "key"}.items() <= first.result.items()
    assert [label["id"] for label in first.result["names"]] == [2, 3]
    assert second.error and second.error["code"].startswith("data.")
    assert third.error and third.error["code"] == "training.no_best"


def test_onnx_finds_the_same_boxes(trained: Path, drawn: list[dict[str, Any]]) -> None:
    kept = load_kept(trained, choose_device("cpu"))
    image = np.asarray(Image.open(drawn[0]["path"]))
    pixels = kept.canvas.place([kept.canvas.fit(image)])
    export_onnx(kept.model, kept.canvas.size, trained / "model.onnx")
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(
        trained / "model.onnx", options, providers=["CPUExecutionProvider"]
    )
    found: Any = session.run(list(OUTPUTS), {"images": pixels.numpy()})
    own = answers(kept.model, pixels)
    assert len(own[0])
    assert unmatched(own, tuple(found), pixels=0.05, score=1e-3) == 0
    moved = (own[0] + 1, own[1], own[2])
    assert unmatched(own, moved, pixels=0.05, score=1e-3) == 2 * len(own[0])


def test_a_large_image_is_searched_in_tiles(
    trained: Path, drawn: list[dict[str, Any]], tmp_path: Path
) -> None:
    folder = tmp_path / "tiled"
    shutil.copytree(trained, folder)
    facts = json.loads((folder / "best.json").read_text())
    (folder / "best.json").write_text(json.dumps({**facts, "tile": 64}))
    square = np.asarray(Image.open(drawn[0]["path"]))
    Image.fromarray(np.tile(square, (3, 4, 1))).save(tmp_path / "large.png")
    row = {"image": 1, "path": str(tmp_path / "large.png"), "sha256": None}
    (whole,), (tiled,) = predicted(trained, [row])[1], predicted(folder, [row])[1]
    assert (tiled["width"], tiled["height"]) == (256, 144)
    assert whole["boxes"] != tiled["boxes"]
    assert np.array(tiled["boxes"])[:, 0].max() > 128


def test_deep_images_keep_their_depth(job: Maker, tmp_path: Path) -> None:
    """Objects that differ from the rest by less than one step of 8 bits."""
    rng = np.random.default_rng(0)
    rows = []
    for number in range(1, 13):
        pixels = np.full((64, 64), 20_000, np.uint16)
        x, y = (int(v) for v in rng.integers(4, 40, 2))
        pixels[y : y + 16, x : x + 16] += 60
        pixels[0, 0], pixels[0, 1] = 0, 65_535
        path = tmp_path / f"deep{number}.png"
        Image.fromarray(pixels).save(path)
        box = {"kind": "box", "label": 2, "box": [x, y, 16, 16], "crowd": False}
        rows.append(
            {
                "image": number, "path": str(path), "frame": 0, "sha256": None, "width": 64,
                "height": 64, "split": "train" if number < 10 else "val", "group": "",
                "annotations": [box],
            }
        )  # fmt: skip
    made = job("deep", rows=rows, epochs=1, window="fixed", window_low=19_900, window_high=20_200)
    train(made, Reporter())
    kept = load_kept(Path(made.folder), choose_device("cpu"))
    assert kept.window.kind == "fixed"
    from tlstudio.ml.runs.snapshot import Picture

    image = kept.read(Picture(1, Path(rows[0]["path"]), None))
    assert len(np.unique(kept.canvas.fit(image)[..., 0].round(4))) >= 3


def test_a_damaged_model_is_told(trained: Path) -> None:
    facts = json.loads((trained / "best.json").read_text())
    facts["labels"] = facts["labels"][:1]
    (trained / "best.json").write_text(json.dumps(facts))
    with pytest.raises(UserError) as refusal:
        load_kept(trained, choose_device("cpu"))
    assert refusal.value.code == "training.checkpoint_damaged"
