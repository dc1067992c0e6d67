"""Backbones with heads of one's own, and weights that find their place."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from tlstudio.catalog.index import find
from tlstudio.domain.errors import UserError
from tlstudio.domain.events import Progressed
from tlstudio.domain.runs import JobSpec
from tlstudio.ml import zoo
from tlstudio.ml.reporter import Reporter
from tlstudio.ml.weights import import_weights
from tlstudio.ml.zoo.blocks import Stage, group_modules
from tlstudio.ml.zoo.loading import backbone_keys
from tlstudio.services._starting_weights import backbone_name

REAL = "weights/squeezenet1_1_imagenet_features.safetensors"


def build(name: str = "squeezenet1_1", size: int = 64, seed: int = 0) -> zoo.Classifier:
    torch.manual_seed(seed)
    return zoo.build(find(name), 2, image_size=size, dropout=0.2).eval()


def weights_of(model: zoo.Classifier) -> dict[str, Tensor]:
    return {name: value.clone() for name, value in model.backbone.state_dict().items()}


def same(one: zoo.Classifier, two: zoo.Classifier) -> bool:
    left, right = one.backbone.state_dict(), two.backbone.state_dict()
    return all(torch.equal(left[name], right[name]) for name in left)


def test_head_is_dropout_and_one_layer_on_pooled_features() -> None:
    model = build("resnet18")
    images = torch.randn(3, 3, 64, 64)
    with torch.no_grad():
        features = model.features(images)
        assert features.shape == (3, model.feature_dim) == (3, 512)
        assert torch.equal(model(images), model.head(features))
    dropout, linear = model.head
    assert isinstance(dropout, nn.Dropout) and dropout.p == 0.2
    assert isinstance(linear, nn.Linear) and linear.out_features == 2


def test_changing_the_head_leaves_the_backbone() -> None:
    model = build()
    before = weights_of(model)
    model.change_head(5, 0.0)
    assert model(torch.zeros(1, 3, 64, 64)).shape == (1, 5)
    assert all(torch.equal(before[k], v) for k, v in model.backbone.state_dict().items())


def test_features_do_not_depend_on_the_other_images_of_the_batch() -> None:
    model = build("mobilenet_v2")
    images = torch.randn(4, 3, 64, 64)
    with torch.no_grad():
        together, alone = model.features(images), model.features(images[1:2])
    torch.testing.assert_close(together[1:2], alone, rtol=1e-3, atol=1e-12)


def test_real_weights_match_every_key_and_are_used(shared: Path) -> None:
    given = zoo.read_weights(shared / REAL)
    model = build()
    images = torch.randn(1, 3, 64, 64)
    with torch.no_grad():
        random = model.features(images)
        matched = zoo.load_backbone(model, given)
        trained = model.features(images)
    assert len(given) == matched.keys_matched == len(backbone_keys(model.backbone)) == 50
    assert (matched.keys_missing, matched.unused, matched.misshapen) == (0, (), ())
    assert trained.shape == (1, 512)
    assert not torch.allclose(random, trained)
    for name, value in model.backbone.named_parameters():
        assert torch.equal(value, given[name])


@pytest.mark.parametrize("prefix", ["module.", "backbone.", "model.", "encoder.", "module.model."])
def test_prefixes_of_other_programs_are_tolerated(prefix: str) -> None:
    source, target = build(seed=1), build(seed=2)
    given = {prefix + name: value for name, value in weights_of(source).items()}
    given["module.classifier.1.weight"] = torch.zeros(1000, 512, 1, 1)
    matched = zoo.load_backbone(target, given)
    assert matched.keys_missing == 0
    assert matched.unused == ("module.classifier.1.weight",)
    assert same(source, target)


def test_a_vision_transformers_own_encoder_prefix_is_kept() -> None:
    source, target = build("vit_b_32", seed=1), build("vit_b_32", seed=2)
    assert zoo.load_backbone(target, weights_of(source)).keys_missing == 0
    assert same(source, target)


def test_auxiliary_branches_and_heads_of_published_files_are_ignored() -> None:
    source, target = build("googlenet", seed=1), build("googlenet", seed=2)
    given = weights_of(source)
    given |= {"aux1.conv.conv.weight": torch.zeros(1), "fc.weight": torch.zeros(1000, 1024)}
    matched = zoo.load_backbone(target, given)
    assert (matched.keys_missing, len(matched.unused)) == (0, 2)


def test_names_of_older_densenet_files_are_understood() -> None:
    source, target = build("densenet121", seed=1), build("densenet121", seed=2)
    old = {}
    for name, value in weights_of(source).items():
        for layer in ("norm1", "norm2", "conv1", "conv2"):
            name = name.replace(f".{layer}.", f".{layer[:-1]}.{layer[-1]}.")
        if not name.endswith("num_batches_tracked"):
            old[name] = value
    assert any(".norm.1." in name for name in old)
    assert zoo.load_backbone(target, old).keys_missing == 0
    assert same(source, target)


def test_half_precision_is_read_as_single() -> None:
    source, target = build(seed=1), build(seed=2)
    given = {name: value.half() for name, value in weights_of(source).items()}
    assert zoo.load_backbone(target, given).keys_missing == 0
    weight = next(target.backbone.parameters())
    assert weight.dtype == torch.float32
    assert torch.equal(weight, next(source.backbone.parameters()).half().float())


@pytest.mark.parametrize("name", ["vit_b_32", "timm:vit_tiny_patch16_224"])
def test_position_embeddings_are_interpolated_to_the_image_size(name: str) -> None:
    source, target = build(name, 224, seed=1), build(name, 96, seed=2)
    key = "encoder.pos_embedding" if name == "vit_b_32" else "pos_embed"
    given = weights_of(source)
    tokens = given[key].shape[1]
    side = int((tokens - 1) ** 0.5)
    ramp = torch.linspace(0, 1, side).repeat(side, 1)  # grows from left to right
    given[key][0, 1:] = ramp.reshape(-1, 1)
    given[key][0, 0] = 7.0  # the class token's
    matched = zoo.load_backbone(target, given)
    assert matched.keys_missing == 0
    found = target.backbone.state_dict()[key]
    assert torch.allclose(found[0, 0], torch.tensor(7.0))
    grid = found[0, 1:, 0].reshape(int((found.shape[1] - 1) ** 0.5), -1)
    assert torch.all(grid.diff(dim=1) > 0)
    assert torch.allclose(grid[0], grid[-1], atol=1e-5)


@pytest.mark.parametrize(
    "name", ["resnet18", "vgg16", "densenet121", "inception_v3", "efficientnet_b0", "convnext_tiny"]
)
def test_backbones_of_one_name_are_those_whose_layers_have_one_name(name: str) -> None:
    """torchvision's and timm's, as runs are offered to start from."""
    ours, theirs = find(name), find(f"timm:{name}")
    with torch.device("meta"):
        here, there = (
            set(zoo.build(spec, 2, image_size=spec.input_size).backbone.state_dict())
            for spec in (ours, theirs)
        )
    alike = 2 * len(here & there) > len(here)
    assert alike == (backbone_name(ours) == backbone_name(theirs))


def test_less_than_half_of_the_keys_is_refused_and_changes_nothing() -> None:
    target = build()
    before = weights_of(target)
    keys = list(before)
    given = {name: torch.ones_like(before[name]) for name in keys[:24]}
    with pytest.raises(UserError) as caught:
        zoo.load_backbone(target, given, file="a.pth", name="squeezenet1_1")
    assert caught.value.code == "weights.mismatch"
    assert (caught.value.params["matched"], caught.value.params["total"]) == (24, 50)
    assert "24 of the 50" in str(caught.value) and "a.pth" in str(caught.value)
    assert all(torch.equal(before[k], v) for k, v in target.backbone.state_dict().items())

    given |= {name: torch.ones_like(before[name]) for name in keys[:25]}
    matched = zoo.load_backbone(target, given)
    assert (matched.keys_matched, matched.keys_missing) == (25, 25)
    assert set(matched.missing) == set(keys[25:])


def test_a_key_of_another_shape_counts_as_missing() -> None:
    source, target = build(seed=1), build(seed=2)
    given = weights_of(source)
    given["features.0.weight"] = torch.zeros(96, 3, 7, 7)
    matched = zoo.load_backbone(target, given)
    assert matched.misshapen == ("features.0.weight",)
    assert (matched.keys_matched, matched.keys_missing) == (49, 1)


def test_a_size_that_cannot_be_exported_is_refused_before_building() -> None:
    with pytest.raises(UserError, match="nearest size is 224") as caught:
        build("alexnet", 128)
    assert caught.value.code == "recipe.size"


def test_a_builder_from_elsewhere_is_never_called() -> None:
    import dataclasses

    spec = dataclasses.replace(find("resnet18"), builder="os:getcwd")
    with pytest.raises(ValueError, match="no builder"):
        zoo.build(spec, 2, image_size=224)


def test_grouping_refuses_parameters_without_a_block() -> None:
    layers = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    with pytest.raises(ValueError, match="belongs to no stage"):
        group_modules(layers, [Stage("first", r"0\.")])
    with pytest.raises(ValueError, match="without parameters"):
        group_modules(layers, [Stage("all", "."), Stage("none", "nothing")])


def test_freezing_a_block_freezes_the_parameters_of_the_model() -> None:
    model = build("vit_b_32")
    name, modules = model.blocks()[0]
    for module in modules:
        module.requires_grad_(False)
    frozen = {n for n, p in model.backbone.named_parameters() if not p.requires_grad}
    assert name == "embedding"
    assert frozen == {
        "class_token", "conv_proj.weight", "conv_proj.bias", "encoder.pos_embedding"
    }  # fmt: skip


def test_import_job_stores_what_the_worker_can_load_again(tmp_path: Path) -> None:
    source = build(seed=1)
    file, out = tmp_path / "mine.pth", tmp_path / "store" / "squeezenet1_1.safetensors"
    torch.save({"epoch": 3, "state_dict": source.state_dict()}, file)
    events: list[object] = []
    spec = find("squeezenet1_1")
    job = JobSpec(
        "import-weights", "classification", str(tmp_path), str(tmp_path),
        {"model": spec.to_json(), "file": str(file), "out": str(out)},
    )  # fmt: skip
    result = import_weights(job, Reporter(events.append))
    assert result == {
        "model": "squeezenet1_1",
        "sha256": result["sha256"],
        "verified": False,
        "keys_matched": 50,
        "keys_missing": 0,
    }
    assert next(e.stage for e in events if isinstance(e, Progressed)) == "weights.reading"
    assert list(out.parent.iterdir()) == [out]
    again = build(seed=2)
    assert zoo.load_backbone(again, zoo.read_weights(out)).keys_missing == 0
    assert same(source, again)


def test_a_failed_import_keeps_the_old_file(tmp_path: Path) -> None:
    file, out = tmp_path / "other.pth", tmp_path / "store" / "squeezenet1_1.safetensors"
    torch.save(build("resnet18").backbone.state_dict(), file)
    out.parent.mkdir()
    out.write_bytes(b"old")
    job = JobSpec(
        "import-weights", "classification", str(tmp_path), str(tmp_path),
        {"model": find("squeezenet1_1").to_json(), "file": str(file), "out": str(out)},
    )  # fmt: skip
    with pytest.raises(UserError, match=r"only 0 of the 50 .* other\.pth|other\.pth .* only 0"):
        import_weights(job, Reporter())
    assert out.read_bytes() == b"old"
