"""The settings of a styling: what is lawful, what is refused, and with which words."""

from __future__ import annotations

import json

import pytest

from tlstudio.domain.errors import UserError
from tlstudio.domain.events import Preview, decode, encode
from tlstudio.domain.styling import (
    DEFAULT_LAYERS,
    LAYERS,
    MOST_PIXELS,
    NETWORKS,
    StyleSettings,
    StyleSource,
    Styling,
    check_result_name,
    result_size,
)
from tlstudio.domain.windows import Window


def test_settings_survive_json_and_texts() -> None:
    made = StyleSettings.read({"size": "300", "style_weight": "2.5", "colour": "luminance"})
    assert (made.size, made.style_weight, made.colour) == (300, 2.5, "luminance")
    assert StyleSettings.read(json.loads(json.dumps(made.to_json()))) == made
    assert StyleSettings.read({}) == StyleSettings()


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({"size": 63}, "recipe.value"),
        ({"size": 5000}, "recipe.value"),
        ({"style_weight": -1}, "recipe.value"),
        ({"style_weight": "nan"}, "recipe.value"),
        ({"optimizer": "sgd"}, "recipe.value"),
        ({"stile": 1}, "recipe.unknown"),
        ({"style_layers": "fire2, fire20"}, "styling.layer"),
        ({"network": "vgg19", "content_layers": "fire5"}, "styling.layer"),
        ({"style_weight": 0, "content_weight": 0}, "styling.no_weight"),
        ({"window": "fixed"}, "window.order"),
    ],
)
def test_what_is_not_lawful_is_refused(settings: dict[str, object], code: str) -> None:
    with pytest.raises(UserError) as refused:
        StyleSettings.read(settings)
    assert refused.value.code == code
    assert "<" not in str(refused.value), "its words have all they ask for"


def test_layers_come_in_the_networks_order_and_once() -> None:
    made = StyleSettings.read({"style_layers": "fire5, relu1,fire5", "content_layers": "fire7"})
    assert made.layers() == (("fire7",), ("relu1", "fire5"))
    assert all(StyleSettings(network=name).layers() == DEFAULT_LAYERS[name] for name in NETWORKS)
    assert all(
        set(layers) <= set(LAYERS[name]) for name in NETWORKS for layers in DEFAULT_LAYERS[name]
    )


def test_steps_and_time_can_be_automatic() -> None:
    assert StyleSettings.read({"steps": 0, "time_limit": 0, "learning_rate": 0}) == StyleSettings()


def test_a_styling_survives_json() -> None:
    sources = (StyleSource("a.jpg", 2, 3.0, "mask.png"), StyleSource("b.jpg"))
    settings = StyleSettings(window="fixed", window_low=-5, window_high=9)
    made = Styling("c.dcm", 4, sources, settings)
    assert Styling.from_json(json.loads(json.dumps(made.to_json()))) == made
    assert made.settings.seen_through() == Window("fixed", -5, 9)


def test_a_styling_has_some_styles_and_not_too_many() -> None:
    for count, code in ((0, "styling.no_style"), (9, "styling.too_many_styles")):
        with pytest.raises(UserError) as refused:
            Styling("c.png", 0, (StyleSource("a.jpg"),) * count, StyleSettings())
        assert refused.value.code == code
    for weight in (0.0, -1.0, float("nan"), float("inf")):
        with pytest.raises(UserError):
            StyleSource("a.jpg", weight=weight)


def test_the_longest_side_is_the_size() -> None:
    assert result_size(1024, 768, 512) == (512, 384)
    assert result_size(100, 400, 512) == (128, 512)
    with pytest.raises(UserError) as large:
        result_size(1000, 1000, 4096)
    assert large.value.params["largest"] == 2048
    assert result_size(1000, 1000, 2048) == (2048, 2048)
    with pytest.raises(UserError) as wide:
        result_size(4000, 3000, 4096)
    width, height = result_size(4000, 3000, int(str(wide.value.params["largest"])))
    assert 0.99 * MOST_PIXELS < width * height <= MOST_PIXELS
    with pytest.raises(UserError) as thin:
        result_size(1000, 10, 512)
    assert min(result_size(1000, 10, int(str(thin.value.params["least"])))) >= 32


@pytest.mark.parametrize(("width", "height"), [(1000, 999), (999, 1234), (4000, 1001), (3, 1)])
def test_the_largest_size_told_is_lawful(width: int, height: int) -> None:
    with pytest.raises(UserError) as refused:
        result_size(width, height, 4096)
    result_size(width, height, int(str(refused.value.params["largest"])))


@pytest.mark.parametrize("name", ["a.png", "b.JPG", "c.tiff"])
def test_pictures_of_these_names_can_be_written(name: str) -> None:
    check_result_name(name)


@pytest.mark.parametrize("name", ["a", "a.gif", "a.png.exe", ".png/"])
def test_others_are_refused(name: str) -> None:
    with pytest.raises(UserError) as refused:
        check_result_name(name)
    assert refused.value.code == "styling.ending"


def test_a_preview_survives_the_channel() -> None:
    said = Preview("7", 3, 90, "/tmp/a.jpg", 128, 96, 1.5, None, {"total": 2.0})
    assert decode(encode(said)) == said
