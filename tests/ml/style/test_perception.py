"""What feature networks see: the published layers, exactly, and no more of the network."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torchvision import models
from torchvision.models.feature_extraction import create_feature_extractor

from tlstudio.domain.errors import UserError
from tlstudio.domain.styling import DEFAULT_LAYERS, LAYERS, NETWORKS
from tlstudio.ml.style.perception import MEAN, STD, FeatureNetwork, gram

Weights = Callable[[str], Path]

# Of torchvision's own graph, the node behind which the paper's layer of that name is.
NODES = {
    "squeezenet1_1": {"relu1": "features.1", "fire2": "features.3.cat", "fire5": "features.7.cat"},
    "vgg19": {"relu1_1": "features.1", "relu3_1": "features.11", "relu4_2": "features.22"},
}


@pytest.mark.parametrize("name", NETWORKS)
def test_layers_are_those_of_the_published_network(name: str, random_features: Weights) -> None:
    file = random_features(name)
    network = FeatureNetwork.load(name, file, layers=NODES[name])
    with torch.device("meta"):
        plain = models.get_model(name, weights=None)
    plain.load_state_dict(load_file(file), strict=False, assign=True)
    seen = create_feature_extractor(plain.eval(), {node: k for k, node in NODES[name].items()})
    pixels = torch.rand(2, 3, 45, 61, generator=torch.Generator().manual_seed(1))
    mean, std = (torch.tensor(v).view(1, 3, 1, 1) for v in (MEAN, STD))
    expected = seen((pixels - mean) / std)
    found = network(pixels)
    assert list(found) == list(NODES[name])
    for layer, values in found.items():
        torch.testing.assert_close(values, expected[layer], rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", NETWORKS)
def test_it_is_cut_after_the_last_layer_used(name: str) -> None:
    counts = [len(FeatureNetwork(name, [layer]).features) for layer in LAYERS[name]]
    assert counts == sorted(set(counts)), "each layer needs more than the one before"
    assert FeatureNetwork(name).layers == tuple(
        layer for layer in LAYERS[name] if layer in sum(DEFAULT_LAYERS[name], ())
    )
    with pytest.raises(ValueError, match="fire20"):
        FeatureNetwork(name, ["fire20"])


def test_gradients_reach_the_picture_and_not_the_weights(random_features: Weights) -> None:
    network = FeatureNetwork.load("squeezenet1_1", random_features("squeezenet1_1"))
    pixels = torch.rand(1, 3, 40, 40, requires_grad=True)
    sum(gram(values).sum() for values in network(pixels).values()).backward()
    assert pixels.grad is not None and bool((pixels.grad != 0).any())
    assert all(weight.grad is None for weight in network.parameters())


@pytest.mark.parametrize("name", NETWORKS)
def test_reach_and_strides_are_true(name: str, random_features: Weights) -> None:
    """A part of a picture has the features of the whole, but for `reach` pixels at its cuts."""
    network = FeatureNetwork.load(name, random_features(name), layers=LAYERS[name][2:7:4])
    last, stride = network.layers[-1], network.strides[network.layers[-1]]
    before, behind = network.reach
    side = 16 * ((before + behind) // 16 + 3)
    pixels = torch.rand(1, 3, side + 64, 48, generator=torch.Generator().manual_seed(2))
    whole, part = network(pixels)[last], network(pixels[:, :, 32 : 32 + side])[last]
    first, stop = -(-before // stride), (side - behind) // stride
    shift = 32 // stride
    torch.testing.assert_close(
        part[:, :, first:stop], whole[:, :, first + shift : stop + shift], rtol=1e-4, atol=1e-4
    )
    outside = torch.cat([pixels[:, :, : 32 - stride], pixels[:, :, 32 - stride :] * 0], 2)
    assert not torch.equal(network(outside)[last][:, :, shift], whole[:, :, shift])


def test_a_gram_matrix_is_the_mean_product_of_channels() -> None:
    features = torch.rand(2, 3, 4, 5, dtype=torch.float64)
    found = gram(features)
    assert found.shape == (2, 3, 3)
    assert found[1, 0, 2].item() == pytest.approx((features[1, 0] * features[1, 2]).mean().item())
    last = features.to(memory_format=torch.channels_last)
    torch.testing.assert_close(gram(last), found)


def test_names_of_the_store_and_of_bare_features_fit(
    random_features: Weights, tmp_path: Path
) -> None:
    given = load_file(random_features("squeezenet1_1"))
    bare = {key.removeprefix("features."): value for key, value in given.items()}
    save_file(bare, tmp_path / "bare.safetensors")
    more = {f"backbone.{key}": value for key, value in given.items()}
    more["classifier.1.weight"] = torch.zeros(2, 2)
    save_file(more, tmp_path / "more.safetensors")
    pixels = torch.rand(1, 3, 40, 40)
    answers = [
        FeatureNetwork.load("squeezenet1_1", path)(pixels)["fire5"]
        for path in (tmp_path / "bare.safetensors", tmp_path / "more.safetensors")
    ]
    assert torch.equal(*answers)


def test_another_networks_weights_are_refused_by_name(
    random_features: Weights, tmp_path: Path
) -> None:
    with pytest.raises(UserError) as refused:
        FeatureNetwork.load("vgg19", random_features("squeezenet1_1"))
    assert refused.value.code == "styling.weights"
    given = load_file(random_features("squeezenet1_1"))
    del given["features.6.squeeze.bias"]
    save_file(given, tmp_path / "short.safetensors")
    with pytest.raises(UserError) as short:
        FeatureNetwork.load("squeezenet1_1", tmp_path / "short.safetensors")
    assert short.value.params["layer"] == "features.6.squeeze.bias"
    with pytest.raises(UserError) as absent:
        FeatureNetwork.load("vgg19", tmp_path / "no.safetensors")
    assert absent.value.code == "weights.no_file"
