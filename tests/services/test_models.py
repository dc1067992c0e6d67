"""Choosing models, and their weights: from a file, from a server, or plainly not there."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import pickle
from pathlib import Path

import pytest

from tlstudio.catalog import index
from tlstudio.domain.errors import Cancelled, UserError
from tlstudio.domain.models import WeightsSource
from tlstudio.domain.progress import Cancel, Step
from tlstudio.services import models, network

REAL = "weights/squeezenet1_1_imagenet_features.safetensors"


def test_the_catalogue_lists_classifiers_with_the_state_of_their_weights() -> None:
    rows = models.list_models("classification")
    assert len(rows) >= 30
    assert {row.weights for row in rows} == {"absent"}
    row = next(row for row in rows if row.spec.id == "resnet18").to_json()
    expected = {"id": "resnet18", "task": "classification", "family": "resnet", "input": 224}
    assert {name: row[name] for name in expected} == expected
    assert {"params", "licence", "weights"} <= row.keys()
    assert {row.spec.task for row in models.list_models("detection")} == {"detection"}


def test_timm_comes_when_asked_for() -> None:
    assert not [row for row in models.list_models() if row.spec.family == "timm"]
    found = models.list_models(search="resnet50 a1_in1k", include_timm=True)
    assert "timm:resnet50.a1_in1k" in [row.spec.id for row in found]
    assert all("resnet50" in row.spec.id for row in found)


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("fpn:vgg16_bn", "fpn:vgg16_bn"),
        ("unet:timm-resnet10t", "unet:timm-resnet10t.c3_in1k"),
        ("unet:vgg16", "unet:vgg16"),
        ("unet:resnet50", "unet:resnet50"),
    ],
)
def test_a_pair_that_is_in_no_list_is_found_by_its_id(text: str, first: str) -> None:
    found = [row.spec.id for row in models.search_models("segmentation", text)]
    assert found[0] == first and len(set(found)) == len(found)
    assert first not in [row.spec.id for row in models.search_models("detection", text)]
    assert models.search_models("segmentation", "fpn:nothing") == []


def test_an_unknown_model_names_those_spelled_alike() -> None:
    with pytest.raises(UserError, match="did you mean resnet18") as caught:
        models.find_model("resnet-18")
    assert caught.value.code == "weights.unknown_model"
    with pytest.raises(UserError, match=r"timm:convnext_atto"):
        models.find_model("timm:convnext_ato")


def test_real_weights_are_imported_and_found_again(shared: Path, tl_home: Path) -> None:
    steps: list[Step] = []
    report = models.import_weights("squeezenet1_1", shared / REAL, steps.append)
    original = (shared / REAL).read_bytes()
    assert report.sha256 == hashlib.sha256(original).hexdigest()
    assert (report.keys_matched, report.keys_missing, report.verified) == (50, 0, False)
    assert "weights.reading" in {step.stage for step in steps}

    stored = models.weights_file("squeezenet1_1")
    assert stored is not None and stored.parent == tl_home / "weights"
    assert models.list_weights() == [report]
    rows = {row.spec.id: row.weights for row in models.list_models()}
    assert rows["squeezenet1_1"] == "present" and rows["resnet18"] == "absent"
    assert models.weights_label("squeezenet1_1") == Path(REAL).name
    assert str(shared) not in (tl_home / "weights" / "weights.json").read_text()
    assert sorted(p.name for p in stored.parent.iterdir() if p.suffix != ".lock") == [
        "squeezenet1_1.safetensors",
        "weights.json",
    ]
    assert models.remove_weights("squeezenet1_1")
    assert models.weights_file("squeezenet1_1") is None


def test_a_backbone_brought_in_at_a_detector_serves_every_task(shared: Path) -> None:
    report = models.import_weights("fasterrcnn:squeezenet1_1", shared / REAL)
    assert report.model == "squeezenet1_1"
    rows = {row.spec.id: row.weights for row in models.list_models()}
    built_on_it = ("squeezenet1_1", "fasterrcnn:squeezenet1_1", "unet:squeezenet1_1")
    assert {rows[model] for model in built_on_it} == {"present"}


def test_a_file_of_another_model_changes_nothing(shared: Path, tl_home: Path) -> None:
    with pytest.raises(UserError) as caught:
        models.import_weights("resnet18", shared / REAL)
    assert caught.value.code == "weights.mismatch"
    assert caught.value.params["matched"] == 0
    assert caught.value.params["total"] == 100
    assert "resnet18" in str(caught.value)
    assert models.weights_file("resnet18") is None


class Malice:
    """Unpickled without care, this makes a file."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, ...]:
        return (Path.touch, (self.mark,))


def test_a_pickle_is_never_executed(tmp_path: Path) -> None:
    mark = tmp_path / "executed"
    file = tmp_path / "weights.pth"
    file.write_bytes(pickle.dumps({"weight": Malice(mark)}))
    with pytest.raises(UserError) as caught:
        models.import_weights("squeezenet1_1", file)
    assert caught.value.code == "weights.pickle"
    assert caught.value.file == str(file)
    assert not mark.exists()


@pytest.mark.parametrize("name", ["missing.pth", "folder"])
def test_a_file_that_is_not_there_is_named(name: str, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(UserError) as caught:
        models.import_weights("squeezenet1_1", tmp_path / name)
    assert caught.value.code == "weights.no_file"


def test_calling_off_an_import_leaves_the_store_as_it_was(shared: Path) -> None:
    cancel = Cancel()
    cancel.set()
    with pytest.raises(Cancelled):
        models.import_weights("squeezenet1_1", shared / REAL, cancel=cancel)
    assert models.list_weights() == []


def published(monkeypatch: pytest.MonkeyPatch, content: bytes, prefix: str | None) -> list[str]:
    """A squeezenet1_1 whose official file is `content`; the addresses asked for."""
    spec = dataclasses.replace(
        index.find("squeezenet1_1"),
        weights=WeightsSource("https://weights.invalid/official-1.safetensors", None, prefix, "V1"),
    )
    asked: list[str] = []

    def download(url: str, to: Path, **facts: object) -> str:
        asked.append(url)
        assert facts["hash_prefix"] == prefix
        to.write_bytes(content)
        return hashlib.sha256(content).hexdigest()

    monkeypatch.setattr(index, "find", lambda _id: spec)
    monkeypatch.setattr(network, "download", download)
    return asked


def test_fetched_weights_are_stored_once(
    shared: Path, tl_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = (shared / REAL).read_bytes()
    asked = published(monkeypatch, content, None)
    abandoned = tl_home / "weights" / ".fetch-killed"
    abandoned.mkdir(parents=True)
    os.utime(abandoned, (0, 0))
    report = models.fetch_weights("squeezenet1_1")
    assert (report.keys_matched, report.source) == (50, asked[0])
    assert not report.verified, "nothing is published to hold it against"
    assert models.fetch_weights("squeezenet1_1") == report
    assert len(asked) == 1
    left = [p.name for p in (tl_home / "weights").iterdir() if p.name.startswith(".")]
    assert left == []


def test_a_model_without_published_weights_says_so() -> None:
    bare = next(
        row
        for row in models.list_models(search="timm:", include_timm=True)
        if row.weights == "none"
    )
    with pytest.raises(UserError) as caught:
        models.fetch_weights(bare.spec.id)
    assert caught.value.code == "weights.none"


def test_a_damaged_index_is_an_empty_store(tl_home: Path) -> None:
    for text in ("", "{", "[]", json.dumps({"weights": [3, {"model": "x"}]})):
        (tl_home / "weights").mkdir(exist_ok=True)
        (tl_home / "weights" / "weights.json").write_text(text)
        assert models.list_weights() == []
