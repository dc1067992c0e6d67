"""Weights of detectors: imported, and as a start."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from torchvision.models import get_model

from tlstudio.catalog.index import find
from tlstudio.domain.errors import UserError
from tlstudio.domain.runs import JobSpec
from tlstudio.ml import zoo
from tlstudio.ml.detection import train
from tlstudio.ml.detection.trainer import filled_norms
from tlstudio.ml.reporter import Reporter
from tlstudio.ml.runs.tuning import batch_norms
from tlstudio.ml.weights import import_weights

PHONE = "ssdlite320_mobilenet_v3_large"


def imported(model: str, file: Path, out: Path, **more: Any) -> dict[str, Any]:
    params = {"model": find(model).to_json(), "file": str(file), "out": str(out), **more}
    job = JobSpec("import-weights", "detection", str(out.parent), str(out.parent), params)
    return import_weights(job, Reporter())


def test_a_published_file_is_stored_without_the_layers_of_its_labels(tmp_path: Path) -> None:
    torch.manual_seed(1)
    theirs = get_model(PHONE, weights=None, weights_backbone=None)
    torch.save(theirs.state_dict(), tmp_path / "coco.pth")
    answer = imported(PHONE, tmp_path / "coco.pth", tmp_path / "stored.safetensors")
    assert answer["keys_missing"] == 12 and not answer["verified"]  # six maps, weight and bias
    stored = load_file(tmp_path / "stored.safetensors")
    model = zoo.build_detector(find(PHONE), 3, image_size=320)
    assert not any(model.depends_on_labels(name) for name in stored)
    loaded = zoo.load_detector(model, find(PHONE), stored)
    assert loaded.keys_missing == 12
    kept = model.state_dict()["backbone.features.3.block.0.0.weight"]
    assert torch.equal(kept, theirs.state_dict()["backbone.features.0.3.block.0.0.weight"])


def test_a_classifiers_file_becomes_the_backbone(tmp_path: Path, backbone_file: Path) -> None:
    out = tmp_path / "stored.safetensors"
    answer = imported("fasterrcnn:squeezenet1_1", backbone_file, out)
    assert (answer["keys_matched"], answer["keys_missing"]) == (50, 0)
    assert all(name.startswith("backbone.features.") for name in load_file(out))


def test_a_classifiers_file_is_stored_for_the_classifier(
    tmp_path: Path, backbone_file: Path
) -> None:
    out, beside = tmp_path / "detector.safetensors", tmp_path / "classifier.safetensors"
    where = {"backbone": find("squeezenet1_1").to_json(), "backbone_out": str(beside)}
    answer = imported("fasterrcnn:squeezenet1_1", backbone_file, out, **where)
    assert (answer["model"], answer["keys_missing"]) == ("squeezenet1_1", 0)
    assert not out.exists() and all(name.startswith("features.") for name in load_file(beside))


def test_only_norms_that_came_from_the_file_keep_their_averages() -> None:
    """A first Faster R-CNN's file has the layers of the second, but not its batch norms."""
    first, second = find("fasterrcnn_resnet50_fpn"), find("fasterrcnn_resnet50_fpn_v2")
    with torch.device("meta"):
        given = zoo.build_detector(first, 2, image_size=320).state_dict()
        model = zoo.build_detector(second, 2, image_size=320)
        loaded = zoo.load_detector(model, second, given)
    assert loaded.rest
    kept = filled_norms(model, loaded.fresh)
    assert kept == batch_norms(model.backbone)
    assert len(kept) < len(batch_norms(model)), "neck and box head have some of their own"


def test_a_file_of_another_family_is_refused(tmp_path: Path, backbone_file: Path) -> None:
    with pytest.raises(UserError) as refusal:
        imported("fasterrcnn:resnet18", backbone_file, tmp_path / "stored.safetensors")
    assert refusal.value.code == "weights.mismatch"
    assert not (tmp_path / "stored.safetensors").exists()


@pytest.mark.parametrize("part", ["any", "backbone"])
def test_a_persons_file_gives_what_fits(
    job: Callable[..., JobSpec], part: str, backbone_file: Path
) -> None:
    first = job("first", epochs=1)
    train(first, Reporter())
    kept = Path(first.folder) / "best.safetensors"
    used = train(job("second", weights=kept, part=part, epochs=1), Reporter())["weights_used"]
    assert used["part"] == ("model" if part == "any" else "backbone")
    used = train(job("third", weights=backbone_file, part=part, epochs=1), Reporter())
    facts = used["weights_used"]
    assert (facts["part"], facts["keys_matched"], facts["keys_missing"]) == ("backbone", 50, 0)


def test_a_classifier_starts_from_a_detectors_backbone(
    job: Callable[..., JobSpec], tmp_path: Path
) -> None:
    first = job("first", epochs=1)
    train(first, Reporter())
    tensors = load_file(Path(first.folder) / "best.safetensors")
    classifier = zoo.build(find("squeezenet1_1"), 2, image_size=64)
    assert zoo.load_backbone(classifier, tensors).keys_missing == 0
