"""The catalogue: data that hold together, found by id, by words, or nearly."""

from __future__ import annotations

import json
import subprocess
import sys
from urllib.parse import urlsplit

import pytest

from tlstudio.catalog import classifiers, detectors, index, timm_models
from tlstudio.catalog.tables import distinct
from tlstudio.domain.errors import UserError
from tlstudio.domain.models import ModelSpec, SizeRule
from tlstudio.domain.tasks import Task

SPECS = classifiers.classifiers()


def test_it_holds_the_backbones_people_ask_for() -> None:
    asked = """
        alexnet vgg16 vgg19 resnet18 resnet34 resnet50 resnet101 resnet152 inception_v3 googlenet
        densenet121 densenet169 densenet201 efficientnet_b0 efficientnet_b1 efficientnet_b2
        efficientnet_b3 efficientnet_b4 efficientnet_v2_s mobilenet_v2 mobilenet_v3_small
        mobilenet_v3_large squeezenet1_1 shufflenet_v2_x1_0 convnext_tiny convnext_small
        convnext_base vit_b_16 swin_t swin_s swin_b
    """
    assert set(asked.split()) <= {spec.id for spec in SPECS}


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.id)
def test_rows_are_complete_and_survive_json(spec: ModelSpec) -> None:
    assert spec.task is Task.CLASSIFICATION
    assert spec.name and spec.description.endswith(".") and spec.licence and spec.weights_licence
    assert spec.params > 1_000_000
    assert spec.sizes.allows(spec.input_size)
    assert all(0 < value < 1 for value in (*spec.mean, *spec.std))
    assert spec.weights is not None and spec.weights.size and spec.weights.hash_prefix
    assert urlsplit(spec.weights.url).scheme == "https"
    assert ModelSpec.from_json(json.loads(json.dumps(spec.to_json()))) == spec


def test_a_model_defined_twice_is_an_error() -> None:
    with pytest.raises(ValueError, match=rf"defined twice: \['{SPECS[0].id}'\]"):
        distinct((*SPECS, SPECS[0]))


def test_official_files_of_other_recipes_are_known_as_well() -> None:
    spec = index.find("resnet50")
    assert [source.name for source in index.official_files(spec)] == [
        "IMAGENET1K_V1",
        "IMAGENET1K_V2",
    ]
    assert spec.weights == index.official_files(spec)[0]
    assert index.is_official(spec, "11ad3fa6" + "0" * 56)
    assert not index.is_official(spec, "0" * 64)


def test_words_narrow_the_list() -> None:
    assert {spec.id for spec in index.models(Task.CLASSIFICATION, "ResNet 18")} == {"resnet18"}
    everything = {spec.id for spec in index.models(search="ResNet 18")}
    assert everything > {"resnet18", "fasterrcnn:resnet18", "unet:resnet18"}
    assert "yolo11n" in {spec.id for spec in index.models(Task.DETECTION, "nano")}
    assert len(index.models(Task.CLASSIFICATION)) == len(SPECS)


@pytest.mark.parametrize(
    ("asked", "close"),
    [("resnet-50", "resnet50"), ("vit", "vit_b_16, vit_b_32"), ("ResNet18", "resnet18")],
)
def test_unknown_names_are_told_what_is_close(asked: str, close: str) -> None:
    with pytest.raises(UserError) as caught:
        index.find(asked)
    assert caught.value.code == "weights.unknown_model"
    assert f"did you mean {close}" in str(caught.value)


def test_nonsense_is_told_where_the_list_is() -> None:
    with pytest.raises(UserError, match="tlstudio models"):
        index.find("qqqqqqqqqqqqqqqq")


def test_any_timm_model_is_found_by_name() -> None:
    spec = index.find("timm:vit_tiny_patch16_224")
    assert spec.id == "timm:vit_tiny_patch16_224.augreg_in21k_ft_in1k"
    assert spec == index.find(spec.id)
    assert (spec.input_size, spec.mean) == (224, (0.5, 0.5, 0.5))
    assert spec.sizes.allows(96) and not spec.sizes.allows(100)
    assert spec.weights is not None and spec.weights.hash_prefix is None
    other = index.find("timm:resnet50.tv_in1k")
    assert other.weights is not None and other.weights.hash_prefix == "0676ba61"
    with pytest.raises(UserError):
        index.find("vit_tiny_patch16_224.augreg_in21k_ft_in1k")


def test_every_timm_row_is_complete() -> None:
    specs = timm_models.specs()
    assert len(specs) > 1500
    for spec in specs:
        assert spec.params > 0 and spec.sizes.allows(spec.input_size), spec.id
        assert len(spec.mean) == len(spec.std) == 3, spec.id
        assert spec.weights is None or spec.weights.url.startswith("http"), spec.id
        assert timm_models.find(spec.id) == spec


@pytest.mark.parametrize(
    ("rule", "allowed", "near"),
    [
        (SizeRule(75), [75, 76, 299], {10: 75, 80: 80}),
        (SizeRule(32, 16), [32, 48, 224], {1: 32, 50: 48, 100: 96}),
        (SizeRule(224, 192, offset=32), [224, 416, 608], {96: 224, 330: 416}),
        (SizeRule(224, 224, 224), [224], {96: 224, 448: 224}),
        (SizeRule(40, 32), [64, 96], {1: 64}),
    ],
)
def test_size_rules(rule: SizeRule, allowed: list[int], near: dict[int, int]) -> None:
    assert all(rule.allows(size) for size in allowed)
    assert not any(rule.allows(size) for size in range(1, allowed[0]))
    for asked, nearest in near.items():
        assert rule.nearest(asked) == nearest and rule.allows(nearest)


def test_the_catalogue_loads_no_torch() -> None:
    code = (
        "import sys; from tlstudio.catalog import index; index.find('timm:resnet18');"
        "print([m for m in ('torch', 'timm', 'torchvision') if m in sys.modules])"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"


def test_detectors_name_the_classifier_whose_weights_fit() -> None:
    specs = detectors.detectors()
    known = {spec.id for spec in SPECS}
    assert {"fasterrcnn_resnet50_fpn", "fasterrcnn:squeezenet1_1"} <= {spec.id for spec in specs}
    for spec in specs:
        assert spec.task is Task.DETECTION and spec.backbone in known, spec.id
        assert spec.sizes.allows(spec.input_size) and spec.params > 1_000_000
        assert spec.description.endswith(".") and spec.licence and spec.weights_licence
        assert index.find(spec.id) == ModelSpec.from_json(json.loads(json.dumps(spec.to_json())))
