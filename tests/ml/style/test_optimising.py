"""One picture as a job: each setting does what it says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from tlstudio.domain.errors import Cancelled, UserError
from tlstudio.domain.events import Event, Preview, Progressed, Started
from tlstudio.domain.runs import JobSpec
from tlstudio.domain.styling import StyleSource
from tlstudio.ml.reporter import Orders, Reporter
from tlstudio.ml.style import stylize

Order = Callable[..., dict[str, Any]]
Painted = Callable[..., Path]
Pixels = NDArray[np.int64]


def made(params: dict[str, Any], reporter: Reporter | None = None) -> dict[str, Any]:
    folder = str(Path(params["out"]).parent / "job")
    return stylize(JobSpec("stylize", "style", folder, folder, params), reporter or Reporter())


def pixels(path: Path | str) -> Pixels:
    return np.asarray(Image.open(path).convert("RGB")).astype(np.int64)


def size_of(path: Path | str) -> tuple[int, int]:
    with Image.open(path) as image:
        return image.size


@pytest.fixture
def picture(order: Order, tmp_path: Path) -> Callable[..., Pixels]:
    """`picture(steps=5, …)`: the pixels that come of it."""

    def make(**facts: Any) -> Pixels:
        return pixels(made(order(tmp_path / "out.png", **facts))["out"])

    return make


@pytest.fixture
def half_mask(tmp_path: Path) -> Path:
    mask = np.zeros((10, 20), np.uint8)
    mask[:, :10] = 255
    Image.fromarray(mask).save(tmp_path / "mask.png")
    return tmp_path / "mask.png"


@pytest.mark.parametrize("ending", ["png", "jpg", "tif"])
def test_the_answer_tells_of_the_result(ending: str, order: Order, tmp_path: Path) -> None:
    said: list[Event] = []
    params = order(tmp_path / f"new/out.{ending}", size=72, steps=9)
    answer = made(params, Reporter(said.append))
    assert size_of(answer["out"]) == (72, 48) == (answer["width"], answer["height"])
    assert answer["steps"] == 9 and answer["ended"] == "completed"
    losses = answer["losses"]
    assert losses["total"] == pytest.approx(
        losses["content"] + losses["style"] + losses["smoothness"]
    )
    assert 0 < len(answer["history"]) <= 9 and answer["history"][-1][1] == losses["total"]
    assert isinstance(said[0], Started)
    assert [event.done for event in said if isinstance(event, Progressed)][-1] <= 9
    assert not [event for event in said if isinstance(event, Preview)]


def test_more_steps_come_to_a_smaller_loss(order: Order, tmp_path: Path) -> None:
    for optimizer in ("lbfgs", "adam"):
        losses = [
            made(order(tmp_path / "o.png", size=64, steps=n, optimizer=optimizer))["losses"]
            for n in (2, 16)
        ]
        assert losses[1]["total"] < 0.8 * losses[0]["total"]


def test_the_same_seed_gives_the_same_picture(picture: Callable[..., Pixels]) -> None:
    first = picture(start="noise", seed=1)
    assert np.array_equal(first, picture(start="noise", seed=1))
    assert not np.array_equal(first, picture(start="noise", seed=2))


def test_style_and_content_pull_apart(
    picture: Callable[..., Pixels], order: Order, tmp_path: Path
) -> None:
    def losses(**weights: float) -> dict[str, float]:
        return dict(made(order(tmp_path / "o.png", steps=20, **weights))["losses"])

    little, much = losses(style_weight=0.1), losses(style_weight=10.0)
    assert much["style"] / 10 < 0.8 * little["style"] / 0.1, "the same distance, other weights"
    assert much["content"] > little["content"]
    kept = picture(steps=6, style_weight=0, smoothness=0, colour="histogram")
    content = Image.open(tmp_path / "content.png").resize((64, 43), Image.Resampling.LANCZOS)
    assert np.abs(kept - np.asarray(content)).max() <= 1, "nothing but the content is left"


def test_smoothness_takes_noise_away(picture: Callable[..., Pixels]) -> None:
    def rough(image: Pixels) -> float:
        return float(np.abs(np.diff(image, axis=0)).mean() + np.abs(np.diff(image, axis=1)).mean())

    noisy, smooth = (picture(start="noise", steps=20, smoothness=amount) for amount in (0.0, 300.0))
    assert rough(smooth) < 0.5 * rough(noisy)


def test_luminance_keeps_the_contents_hues(picture: Callable[..., Pixels], tmp_path: Path) -> None:
    made_ = picture(colour="luminance", steps=20)
    content = np.asarray(
        Image.open(tmp_path / "content.png").resize((64, 43), Image.Resampling.LANCZOS), float
    )
    light = np.array([0.299, 0.587, 0.114])
    before = content - (content @ light)[..., None]
    after = made_ - (made_ @ light)[..., None]
    across = np.linalg.norm(np.cross(before, after), axis=-1)
    sizes = np.linalg.norm(before, axis=-1) * np.linalg.norm(after, axis=-1)
    assert np.median(across / np.maximum(sizes, 1e-9)) < 0.03
    assert np.abs((made_ - content) @ light).mean() > 1.5, "brightness was styled"


def test_colours_are_the_styles_or_the_contents(
    picture: Callable[..., Pixels], tmp_path: Path
) -> None:
    styled, own = picture(colour="style", steps=20), picture(colour="histogram", steps=20)
    style, content = (pixels(tmp_path / f"{n}.png").mean((0, 1)) for n in ("style", "content"))
    assert np.abs(styled.mean((0, 1)) - style).sum() < np.abs(styled.mean((0, 1)) - content).sum()
    assert np.abs(own.mean((0, 1)) - content).sum() < np.abs(own.mean((0, 1)) - style).sum()


def test_a_region_is_all_that_is_touched(
    picture: Callable[..., Pixels], painted: Painted, half_mask: Path, tmp_path: Path
) -> None:
    source = StyleSource(str(painted("style", 1)), region=str(half_mask))
    found = picture(sources=[source], steps=12)
    content = np.asarray(
        Image.open(tmp_path / "content.png").resize((64, 43), Image.Resampling.LANCZOS)
    )
    assert np.abs(found[:, 36:] - content[:, 36:]).max() <= 1
    assert np.abs(found[:, :28] - content[:, :28]).mean() > 5


def test_two_regions_take_their_own_styles(
    picture: Callable[..., Pixels], painted: Painted, half_mask: Path, tmp_path: Path
) -> None:
    Image.eval(Image.open(half_mask), lambda v: 255 - v).save(tmp_path / "other.png")
    red, blue = (
        Image.effect_noise((64, 64), 40).convert("RGB").convert("RGB", matrix)
        for matrix in (
            (1, 0, 0, 60, 0, 0.1, 0, 0, 0, 0, 0.1, 0),
            (0.1, 0, 0, 0, 0, 0.1, 0, 0, 0, 0, 1, 60),
        )
    )
    red.save(tmp_path / "red.png")
    blue.save(tmp_path / "blue.png")
    sources = [
        StyleSource(str(tmp_path / "red.png"), region=str(half_mask)),
        StyleSource(str(tmp_path / "blue.png"), region=str(tmp_path / "other.png")),
    ]
    found = picture(sources=sources, steps=10)
    left, right = found[:, :26].mean((0, 1)), found[:, 38:].mean((0, 1))
    assert left[0] > left[2] + 60 and right[2] > right[0] + 60


def test_a_mix_lies_between_its_styles(picture: Callable[..., Pixels], painted: Painted) -> None:
    one, two = (str(painted(name, seed)) for name, seed in (("s1", 1), ("s2", 7)))
    alone = [picture(sources=[StyleSource(path)]).mean((0, 1)) for path in (one, two)]
    mix = [StyleSource(one, weight=2.0), StyleSource(two, weight=2.0)]
    both = picture(sources=mix).mean((0, 1))
    gap = np.abs(alone[0] - alone[1])
    assert gap.max() > 20
    assert np.abs(both - alone[0]).max() < 0.8 * gap.max()
    assert np.abs(both - alone[1]).max() < 0.8 * gap.max()


def test_strokes_and_layers_and_noise_change_the_picture(picture: Callable[..., Pixels]) -> None:
    usual = picture()
    for setting in (
        {"style_scale": 2.0},
        {"style_layers": "relu1"},
        {"content_layers": "fire2"},
        {"start": "noise"},
        {"optimizer": "adam"},
        {"content_weight": 5.0},
    ):
        assert not np.array_equal(picture(**setting), usual), setting


def test_vgg_goes_the_same_way(picture: Callable[..., Pixels]) -> None:
    """With random weights of the published names; what it looks like is not known here."""
    found = picture(network="vgg19", steps=3, size=64)
    assert found.shape == (43, 64, 3) and found.std() > 5


def test_going_on_from_a_picture_begins_with_it(order: Order, tmp_path: Path) -> None:
    first = made(order(tmp_path / "first.png", steps=40))
    on = order(tmp_path / "on.png", steps=2, start_from=str(tmp_path / "first.png"))
    anew = order(tmp_path / "anew.png", steps=2)
    assert made(on)["losses"]["total"] < 1.2 * first["losses"]["total"]
    assert made(anew)["losses"]["total"] > 1.5 * first["losses"]["total"]


def test_deep_images_are_seen_through_a_window(
    order: Order, painted: Painted, tmp_path: Path
) -> None:
    deep = np.linspace(1000, 3000, 64 * 48).reshape(48, 64).astype(np.uint16)
    Image.fromarray(deep).save(tmp_path / "deep.tif")
    facts = {"content": tmp_path / "deep.tif", "style_weight": 0, "steps": 2, "colour": "histogram"}
    window = {"window": "fixed", "window_low": 1000, "window_high": 3000}
    found = pixels(made(order(tmp_path / "o.png", **facts, **window))["out"])
    assert found.min() < 6 and found.max() > 249, "black and white are where the window says"


class Watcher(Reporter):
    """A reporter that gives an order after some steps."""

    def __init__(self, after: int, give: Callable[[Orders], None]) -> None:
        self.said: list[Event] = []
        super().__init__(self.said.append)
        self._left, self._give = after, give

    def check(self) -> None:
        self._left -= 1
        if self._left == 0:
            self._give(self.orders)
        super().check()


def test_stop_keeps_what_is_there_at_full_size(order: Order, tmp_path: Path) -> None:
    params = order(tmp_path / "o.png", size=128, steps=5000)
    answer = made(params, Watcher(12, lambda orders: orders.take("stop")))
    assert answer["ended"] == "user" and 5 < answer["steps"] < 12
    assert size_of(answer["out"]) == (128, 85)


def test_stopped_before_the_first_step_there_is_still_a_picture(
    order: Order, tmp_path: Path
) -> None:
    answer = made(order(tmp_path / "o.png"), Watcher(1, lambda orders: orders.take("stop")))
    assert answer["steps"] == 0 and size_of(answer["out"]) == (64, 43)


def test_cancel_leaves_nothing(order: Order, tmp_path: Path) -> None:
    with pytest.raises(Cancelled):
        made(order(tmp_path / "o.png"), Watcher(6, lambda orders: orders.take("cancel")))
    assert not (tmp_path / "o.png").exists()


def test_the_time_limit_keeps_what_is_there(order: Order, tmp_path: Path) -> None:
    answer = made(order(tmp_path / "o.png", steps=100_000, time_limit=0.01))
    assert answer["ended"] == "time" and 0.5 < answer["seconds"] < 60
    assert (tmp_path / "o.png").is_file()


def test_previews_are_whole_pictures_of_growing_size(order: Order, tmp_path: Path) -> None:
    seen: list[tuple[Preview, tuple[int, int]]] = []

    def look(event: Event) -> None:
        if isinstance(event, Preview):
            seen.append((event, size_of(event.file)))

    params = order(tmp_path / "o.png", size=128, steps=24, previews=True)
    made(params, Reporter(look))
    assert seen[0][0].step <= 6 and seen[0][1] == (64, 42), "at once, and small"
    assert all(size == (preview.width, preview.height) for preview, size in seen)
    assert all(Path(preview.file).is_absolute() for preview, _ in seen)
    assert set(seen[0][0].losses) == {"content", "style", "smoothness", "total"}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"out": "o.gif"}, "styling.ending"),
        ({"styling": {}}, "training.bad_request"),
        ({"weights": {}}, "training.bad_request"),
        ({"weights": {"path": "/nowhere/w.safetensors"}}, "weights.no_file"),
    ],
)
def test_hostile_jobs_are_refused(
    change: dict[str, Any], code: str, order: Order, tmp_path: Path
) -> None:
    params = order(tmp_path / "o.png") | change
    with pytest.raises(UserError) as refused:
        stylize(JobSpec("stylize", "style", str(tmp_path), str(tmp_path), params), Reporter())
    assert refused.value.code == code


def test_hostile_pictures_are_refused_by_name(
    order: Order, painted: Painted, tmp_path: Path
) -> None:
    (tmp_path / "no.png").write_bytes(b"no picture at all")
    Image.new("L", (8, 8)).save(tmp_path / "black.png")
    style = str(painted("style", 1))
    for facts, file in (
        ({"content": tmp_path / "no.png"}, "no.png"),
        ({"content": tmp_path / "absent.png"}, "absent.png"),
        ({"sources": [StyleSource(str(tmp_path / "no.png"))]}, "no.png"),
        ({"sources": [StyleSource(style, region=str(tmp_path / "no.png"))]}, "no.png"),
        ({"sources": [StyleSource(style, region=str(tmp_path / "black.png"))]}, "black.png"),
        ({"sources": [StyleSource(style, frame=3)]}, "style.png"),
    ):
        with pytest.raises(UserError) as refused:
            made(order(tmp_path / "o.png", **facts))
        assert Path(refused.value.file or "").name == file
    thin = painted("thin", 0, (400, 20))
    with pytest.raises(UserError) as refused:
        made(order(tmp_path / "o.png", content=thin))
    assert refused.value.code == "styling.too_thin"


def test_a_place_that_cannot_be_written_is_named(order: Order, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(UserError) as refused:
        made({**order(tmp_path / "file" / "o.png"), "previews": False})
    assert refused.value.code == "styling.out"
