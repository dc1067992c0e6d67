"""Stylings with the real worker and the real weights of SqueezeNet, on tiny pictures."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tlstudio.cli.main import main
from tlstudio.domain.errors import UserError
from tlstudio.domain.events import Preview
from tlstudio.domain.styling import StyleSettings, StyleSource, Styling
from tlstudio.services import models, styling

WEIGHTS = "weights/squeezenet1_1_imagenet_features.safetensors"


@pytest.fixture(scope="module")
def weights_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def world(
    tmp_path_factory: pytest.TempPathFactory, weights_home: Path, shared: Path
) -> Iterator[Path]:
    """A folder with pictures; the home has the weights and one worker serves all tests."""
    home, folder = weights_home, tmp_path_factory.mktemp("pictures")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TLSTUDIO_HOME", str(home))
        models.import_weights("squeezenet1_1", shared / WEIGHTS)
        y, x = np.mgrid[0:48, 0:64]
        ring = np.hypot(y - 24, x - 32) < 16
        content = np.where(ring[..., None], [220, 200, 180], [40, 60, 90])
        stripes = np.where(((x + y) // 6 % 2)[..., None] > 0, [230, 40, 20], [250, 210, 30])
        region = np.where(x < 32, 255, 0)
        for name, pixels in (("content", content), ("style", stripes), ("left", region)):
            Image.fromarray(pixels.astype(np.uint8)).save(folder / f"{name}.png")
        yield folder
        styling.rest()


@pytest.fixture
def here(world: Path, weights_home: Path, monkeypatch: pytest.MonkeyPatch, tl_home: Path) -> Path:
    """`world` with the home that has the weights, in place of the test's own."""
    monkeypatch.setenv("TLSTUDIO_HOME", str(weights_home))
    return world


def asked(folder: Path, *, region: bool = False, **settings: object) -> Styling:
    source = StyleSource(
        str(folder / "style.png"), region=str(folder / "left.png") if region else None
    )
    wanted = StyleSettings.read({"size": 64, "steps": 6, **settings})
    return Styling(str(folder / "content.png"), 0, (source,), wanted)


def test_a_picture_takes_the_look_and_is_seen_on_the_way(here: Path) -> None:
    seen: list[Preview] = []
    made = styling.request(None, asked(here, steps=12), on_preview=seen.append)
    assert (made.width, made.height, made.ended) == (64, 48, "completed")
    with Image.open(made.file) as picture:
        pixels = np.asarray(picture.convert("RGB"), dtype=np.float64)
    red = pixels[..., 0].mean() - pixels[..., 2].mean()
    assert pixels.shape == (48, 64, 3)
    assert red > 20, "it has taken over something of the style's red and yellow"
    assert seen and Path(seen[-1].file).is_file() and seen[-1].losses["total"] > 0
    totals = [loss for _, loss in made.history]
    assert totals[-1] < totals[0]
    assert made.losses.keys() >= {"content", "style", "smoothness", "total"}


def test_stop_keeps_what_is_there_and_a_newer_request_goes_on_from_it(
    here: Path, until: Callable[..., object]
) -> None:
    seen: list[Preview] = []
    ended: list[object] = []

    def make() -> None:
        ended.append(styling.request(None, asked(here, steps=5000), on_preview=seen.append))

    thread = threading.Thread(target=make)
    thread.start()
    until(lambda: seen, 240)
    styling.stop()
    thread.join(60)
    (made,) = ended
    assert made.ended == "user" and made.file.is_file() and made.steps < 5000
    further = styling.request(None, asked(here, steps=4), start_from=styling.HERE)
    assert further.losses["total"] < made.history[0][1]


def test_a_region_keeps_the_style_to_its_part(here: Path) -> None:
    made = styling.request(None, asked(here, region=True, steps=12))
    with Image.open(made.file) as picture, Image.open(here / "content.png") as before:
        change = np.abs(np.asarray(picture.convert("RGB")).astype(int) - np.asarray(before))
    assert change[:, :28].mean() > 1.5 * change[:, 36:].mean()


def test_a_picture_that_cannot_be_read_is_told(here: Path) -> None:
    (here / "text.png").write_text("no picture")
    request = asked(here)
    with pytest.raises(UserError) as caught:
        styling.request(None, Styling(str(here / "text.png"), 0, request.sources, request.settings))
    assert caught.value.code.startswith("data.")


def test_a_folder_on_the_command_line(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = here / "folder"
    folder.mkdir()
    for name in ("a.png", "b.jpg"):
        Image.open(here / "content.png").convert("RGB").save(folder / name)
    (folder / "c.png").write_text("no picture")
    arguments = ("--out", here / "made", "--size", 64, "--steps", 4, "--json")
    assert main(["stylize", str(folder), str(here / "style.png"), *map(str, arguments)]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [Path(each["out"]).name for each in found["files"]] == ["a.png", "b.jpg"]
    assert [Path(each["file"]).name for each in found["skipped"]] == ["c.png"]
    assert found["steps"] == 8
    with Image.open(here / "made" / "b.jpg") as picture:
        assert (picture.format, picture.size) == ("JPEG", (64, 48))
