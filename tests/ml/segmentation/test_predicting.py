from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from tlstudio.catalog.index import find
from tlstudio.domain.errors import UserError
from tlstudio.domain.events import Answer, Event
from tlstudio.domain.runs import JobSpec
from tlstudio.imaging.rle import decode
from tlstudio.ml.devices import Device
from tlstudio.ml.reporter import Orders, Reporter
from tlstudio.ml.segmentation import import_weights, predict, serve, train
from tlstudio.ml.segmentation.predicting import load_kept
from tlstudio.ml.zoo import build
from tlstudio.ml.zoo.segmenter import build_segmenter

Maker = Callable[..., JobSpec]


def test_regions_are_written_and_asked_for_one_by_one_alike(
    segmentation_job: Maker, tmp_path: Path
) -> None:
    job = segmentation_job(8, 2, epochs=2, min_steps=30, learning_rate=0.005)
    folder = Path(job.folder)
    train(job, Reporter())
    (tmp_path / "broken.png").write_bytes(b"no image")
    items = [{"key": n, "path": f"{n}.png", "frame": 0} for n in (8, 9)]
    items += [{"key": "x", "path": "broken.png"}, {"key": "y", "path": "missing.png"}]
    params = {"run_folder": str(folder), "items": items, "out": str(tmp_path / "out.jsonl")}
    answer = predict(JobSpec("predict", "segmentation", "", str(tmp_path), params), Reporter())
    assert answer["predicted"] == 2
    assert [each["key"] for each in answer["skipped"]] == ["x", "y"]
    lines = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert [line["key"] for line in lines] == [8, 9]
    (region,) = lines[0]["regions"]
    assert region["label"] == 7 and 0.5 < region["confidence"] <= 1
    mask = decode(region["rle"], lines[0]["width"], lines[0]["height"])
    kept = load_kept(folder, Device("cpu", ""))
    likely = torch.cat(list(kept.bands(tmp_path / "8.png", 0)), dim=1)
    assert np.array_equal(mask, (likely.argmax(0) == 1).numpy())

    orders = Orders()
    for line in ({"id": "1", "run_folder": str(folder), "path": "8.png"}, {"id": "2"}):
        orders.take(json.dumps(line))
    orders.parent_gone()
    heard: list[Event] = []
    told = serve(
        JobSpec("serve", "segmentation", "", str(tmp_path), {}), Reporter(heard.append, orders)
    )
    assert told["served"] == 2
    first, second = [e for e in heard if isinstance(e, Answer)]
    assert first.result == {k: v for k, v in lines[0].items() if k != "key"}
    assert second.error is not None and second.error["code"] == "training.bad_request"


@pytest.mark.parametrize("model_id", ["lraspp_mobilenet_v3_large", "unet:mobilenet_v3_small"])
def test_a_file_of_a_whole_segmenter_is_imported_under_the_models_own_names(
    model_id: str, tmp_path: Path
) -> None:
    spec = find(model_id)
    torch.manual_seed(1)
    source = build_segmenter(spec, 21, size=64)
    published = {source.published(k): v for k, v in source.state_dict().items()}
    save_file(published, tmp_path / "given.safetensors")
    params = {
        "model": spec.to_json(),
        "file": str(tmp_path / "given.safetensors"),
        "out": str(tmp_path / "store.safetensors"),
    }
    answer = import_weights(JobSpec("import-weights", "segmentation", "", "", params), Reporter())
    assert answer["keys_missing"] == 0 and not answer["verified"]
    stored = load_file(tmp_path / "store.safetensors")
    assert all(torch.equal(value, stored[name]) for name, value in source.state_dict().items())


def test_a_file_of_the_backbone_alone_is_stored_for_the_classifier(tmp_path: Path) -> None:
    spec, classifier = find("unet:mobilenet_v3_small"), find("mobilenet_v3_small")
    given = build(classifier, 2, image_size=64).backbone.state_dict()
    save_file(given, tmp_path / "given.safetensors")
    params = {
        "model": spec.to_json(),
        "file": str(tmp_path / "given.safetensors"),
        "out": str(tmp_path / "store.safetensors"),
    }
    job = JobSpec("import-weights", "segmentation", "", "", params)
    with pytest.raises(UserError):
        import_weights(job, Reporter())
    params["backbone"] = classifier.to_json()
    params["backbone_out"] = str(tmp_path / "classifier.safetensors")
    answer = import_weights(job, Reporter())
    assert (answer["model"], answer["keys_missing"]) == (classifier.id, 0)
    assert not (tmp_path / "store.safetensors").exists()
    stored = load_file(tmp_path / "classifier.safetensors")
    assert all(torch.equal(value, stored[name]) for name, value in given.items())
