"""The losses of a picture are those of the papers, whatever it is cut into."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor

from tlstudio.domain.styling import NETWORKS, StyleSettings
from tlstudio.ml.style.losses import CONTENT, SMOOTH, STYLE, Look, Objective, Weights
from tlstudio.ml.style.perception import FeatureNetwork, gram
from tlstudio.ml.style.tiles import tiles_of

WEIGHTS = Weights(1.0, 20.0, 5.0)
LAYERS = {
    "squeezenet1_1": (("fire2",), ("relu1", "fire3")),
    "vgg19": (("relu2_1",), ("relu1_1", "relu2_2")),
}
Weigh = Callable[[str], Path]


@pytest.fixture
def network(random_features: Weigh) -> Callable[[str], FeatureNetwork]:
    def load(name: str = "squeezenet1_1") -> FeatureNetwork:
        return FeatureNetwork.load(name, random_features(name), layers=sum(LAYERS[name], ()))

    return load


def drawn(height: int, width: int, seed: int) -> Tensor:
    return torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(seed))


def left_half(height: int, width: int) -> Tensor:
    share = torch.zeros(1, 1, height, width)
    share[..., : width // 2] = 1
    return share


def test_the_loss_is_that_of_the_formulas(network: Callable[..., FeatureNetwork]) -> None:
    """Written here with plain autograd: relative squared distances, means of squared steps."""
    net = network()
    content, style, picture = drawn(40, 56, 0), drawn(48, 40, 1), drawn(40, 56, 2)
    objective = Objective(net, content, [Look([style], [1.0])], WEIGHTS, LAYERS[net.name])
    found, gradient = objective(picture)
    leaf = picture.clone().requires_grad_(True)
    seen, kept, look = net(leaf), net(content), net(style)
    fire2 = kept["fire2"]
    c = (seen["fire2"] - fire2).square().mean() / fire2.square().mean()
    gaps = [
        (gram(seen[n]) - gram(look[n])).square().sum() / gram(look[n]).square().sum()
        for n in ("relu1", "fire3")
    ]
    s = 20 * torch.stack(gaps).mean()
    t = 5 * (leaf.diff(dim=2).square().mean() + leaf.diff(dim=3).square().mean())
    (expected,) = torch.autograd.grad(c + s + t, leaf)
    c, s, t = (part.detach() for part in (c, s, t))
    assert found.content == pytest.approx(float(c), rel=1e-4)
    assert found.style == pytest.approx(float(s), rel=1e-4)
    assert found.smoothness == pytest.approx(float(t), rel=1e-4)
    assert found.total == pytest.approx(float(c + s + t), rel=1e-4)
    assert objective.losses(picture).total == pytest.approx(found.total, rel=1e-5)
    torch.testing.assert_close(gradient, expected, rtol=1e-3, atol=1e-7)


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("everywhere", [True, False])
def test_a_picture_in_tiles_has_the_loss_and_gradient_of_the_whole(
    name: str, everywhere: bool, network: Callable[..., FeatureNetwork]
) -> None:
    net = network(name)
    content, style, picture = drawn(101, 75, 0), drawn(66, 90, 1), drawn(101, 75, 2)
    looks = [Look([style], [1.0], None if everywhere else left_half(101, 75))]
    whole = Objective(net, content, looks, WEIGHTS, LAYERS[name])
    parts = Objective(net, content, looks, WEIGHTS, LAYERS[name], most_seen=64 * 64)
    assert whole.tiles == 1 and parts.tiles > 3
    (one, gradient), (many, tiled) = whole(picture), parts(picture)
    assert many.total == pytest.approx(one.total, rel=1e-5)
    assert many.style == pytest.approx(one.style, rel=1e-4)
    assert float((tiled - gradient).norm()) < 1e-4 * float(gradient.norm())


def test_features_of_a_large_content_are_computed_again(
    network: Callable[..., FeatureNetwork], monkeypatch: pytest.MonkeyPatch
) -> None:
    net, content, picture = network(), drawn(80, 80, 0), drawn(80, 80, 2)
    looks = [Look([drawn(40, 40, 1)], [1.0])]
    kept = Objective(net, content, looks, WEIGHTS, LAYERS[net.name], most_seen=64 * 64)
    monkeypatch.setattr("tlstudio.ml.style.losses.MOST_KEPT", 1000)
    again = Objective(net, content, looks, WEIGHTS, LAYERS[net.name], most_seen=64 * 64)
    assert again(picture)[0] == kept(picture)[0]


@pytest.mark.parametrize(("height", "width"), [(101, 75), (64, 300), (97, 33), (50, 50)])
def test_tiles_cover_every_feature_once(
    height: int, width: int, network: Callable[..., FeatureNetwork]
) -> None:
    net = network()
    picture = drawn(height, width, 0)
    whole = net(picture)
    for layer, values in whole.items():
        stride, count = net.strides[layer], torch.zeros(values.shape[2:])
        for tile in tiles_of(net, height, width, 64 * 64):
            here = tile.counted(net(tile.of(picture))[layer], stride)
            row, column = tile.place(stride)
            spot = count[row : row + here.shape[2], column : column + here.shape[3]]
            assert spot.shape == here.shape[2:]
            spot += 1
        assert bool((count == 1).all()), layer


def test_a_region_pulls_at_its_own_part_only(network: Callable[..., FeatureNetwork]) -> None:
    net = network()
    content, picture = drawn(64, 128, 0), drawn(64, 128, 2)
    looks = [Look([drawn(64, 64, 1)], [1.0], left_half(64, 128))]
    _, gradient = Objective(net, content, looks, Weights(0, 1, 0), LAYERS[net.name])(picture)
    reach = 64 + max(net.reach)
    assert float(gradient[..., :64].abs().max()) > 0
    assert float(gradient[..., reach:].abs().max()) == 0


def test_a_region_of_everything_is_no_region(network: Callable[..., FeatureNetwork]) -> None:
    net = network()
    content, style, picture = drawn(48, 48, 0), drawn(48, 48, 1), drawn(48, 48, 2)
    found = [
        Objective(net, content, [Look([style], [1.0], share)], WEIGHTS, LAYERS[net.name])(picture)
        for share in (None, torch.ones(1, 1, 48, 48))
    ]
    assert found[0][0].total == pytest.approx(found[1][0].total, rel=1e-5)
    torch.testing.assert_close(found[0][1], found[1][1], rtol=1e-3, atol=1e-7)


def test_a_mix_lies_between_its_styles(network: Callable[..., FeatureNetwork]) -> None:
    """Its gradient is the weighted mean of theirs, once their sizes are the same."""
    net = network()
    content, picture = drawn(48, 48, 0), drawn(48, 48, 2)
    a, b = drawn(48, 48, 1) ** 3, drawn(48, 48, 3) ** 0.5
    only = Weights(0, 1, 0)
    layers = (("fire2",), ("relu1",))

    def pull(pictures: list[Tensor], weights: list[float]) -> Tensor:
        objective = Objective(net, content, [Look(pictures, weights)], only, layers)
        _, gradient = objective(picture)
        target = sum(
            w / sum(weights) * gram(net(p)["relu1"]) for w, p in zip(weights, pictures, strict=True)
        )
        return gradient * torch.as_tensor(target).square().sum()

    expected = 0.75 * pull([a], [1.0]) + 0.25 * pull([b], [1.0])
    torch.testing.assert_close(pull([a, b], [3.0, 1.0]), expected, rtol=1e-2, atol=1e-4)


def test_weights_of_the_settings_multiply_the_recommended_ones() -> None:
    made = Weights.of(StyleSettings(content_weight=2, style_weight=0.5, smoothness=3))
    assert made == Weights(2 * CONTENT, 0.5 * STYLE, 3 * SMOOTH)
