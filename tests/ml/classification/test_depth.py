"""Differences that 8 bits cannot hold are learned, kept and found again."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sets
import torch
from numpy.typing import NDArray
from PIL import Image

from tlstudio.domain.errors import UserError
from tlstudio.domain.events import Answer
from tlstudio.domain.runs import JobSpec
from tlstudio.domain.windows import AUTO, Window
from tlstudio.imaging.display import to_rgb8
from tlstudio.imaging.reading import read_image
from tlstudio.ml.classification import predict, serve, train
from tlstudio.ml.classification.augment import Augmenter
from tlstudio.ml.classification.data import Picture
from tlstudio.ml.classification.gallery import Gallery
from tlstudio.ml.classification.pixels import EIGHT_BITS, VERSION, Transform, batch_of
from tlstudio.ml.reporter import Orders, Reporter
from tlstudio.ml.runs.store import content_name

MEAN, STD = (0.5, 0.4, 0.3), (0.25, 0.2, 0.3)
GROUND, HEIGHT, WHITE = 1000, 12, 60_000
FIXED = {"window": "fixed", "window_low": GROUND - 10.0, "window_high": GROUND + HEIGHT + 10.0}


def drawn(label: str, rng: np.random.Generator) -> NDArray[np.uint16]:
    """Stripes twelve raw values high, or none, and a bright spot that takes all of the range."""
    x = np.mgrid[0:40, 0:40][1] + int(rng.integers(0, 8))
    high = x // 4 % 2 if label == "stripes" else 0 * x
    held = GROUND + HEIGHT * high + rng.integers(0, 3, (40, 40))
    top, left = (int(v) for v in rng.integers(0, 32, 2))
    held[top : top + 4, left : left + 4] = WHITE
    return held.astype(np.uint16)


def to_8_bits(held: NDArray[np.uint16]) -> NDArray[np.uint8]:
    """As most programs make 8 bits of 16: the full range."""
    return np.rint(held / 257).astype(np.uint8)


@pytest.fixture
def job_of(tmp_path: Path, pretend_weights: Path) -> Callable[..., JobSpec]:
    """`job_of("name", as_held, …)`: a job over 72 drawn pictures; `as_held` makes the array that
    is written of the one that is drawn; further names are settings."""

    def make(name: str, as_held: Callable[[Any], Any], **settings: Any) -> JobSpec:
        rng = np.random.default_rng(7)
        for split, count in (("train", 24), ("val", 12), ("test", 0)):
            for label in ("plain", "stripes"):
                folder = tmp_path / name / "images" / split / label
                folder.mkdir(parents=True)
                for number in range(count):
                    image = Image.fromarray(as_held(drawn(label, rng)))
                    image.save(folder / f"{number}.{'tif' if image.mode == 'F' else 'png'}")
        chosen = {"image_size": 40, "epochs": 2, "min_steps": 0, "strategy": "feature-extraction"}
        return sets.training_job(
            tmp_path / name,
            sets.split_folders(tmp_path / name / "images"),
            model="squeezenet1_1",
            weights=pretend_weights,
            settings=chosen | settings,
            cache=tmp_path / "features",
        )

    return make


def as_it_is(held: NDArray[np.uint16]) -> NDArray[np.uint16]:
    return held


def as_float(held: NDArray[np.uint16]) -> NDArray[np.float32]:
    return held.astype(np.float32) / 8 - 500


def accuracy(job: JobSpec) -> float:
    return float(train(job, Reporter())["metrics"]["balanced_accuracy"])


def facts_of(job: JobSpec) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((Path(job.folder) / "best.json").read_text())
    return found


def pictures(job: JobSpec) -> list[Path]:
    return sorted(p for p in (Path(job.folder) / "images/val").rglob("*.*"))


def asked(job: JobSpec, files: list[Path]) -> list[list[float]]:
    out = Path(job.folder) / "p.jsonl"
    items = [{"key": n, "path": str(path), "frame": 0} for n, path in enumerate(files)]
    given = {"run_folder": job.folder, "items": items, "out": str(out)}
    predict(JobSpec("predict", "classification", job.folder, job.folder, given), Reporter())
    return [json.loads(line)["probabilities"] for line in out.read_text().splitlines()]


def warm(job: JobSpec, file: Path) -> list[float]:
    orders, heard = Orders(), []
    orders.take(json.dumps({"id": "a", "run_folder": job.folder, "path": str(file), "frame": 0}))
    orders.parent_gone()
    given = JobSpec("serve", "classification", job.folder, job.folder, {})
    serve(given, Reporter(heard.append, orders))
    (answer,) = (event for event in heard if isinstance(event, Answer))
    assert answer.result is not None
    return list(answer.result["probabilities"])


# --- what 8 bits cannot tell ------------------------------------------------------------------


def test_8_bits_hold_nothing_of_the_difference() -> None:
    rng = np.random.default_rng(1)
    for label in ("plain", "stripes"):
        assert np.unique(to_8_bits(drawn(label, rng))).tolist() == [4, 233]


def test_a_difference_below_8_bits_is_learned_from_16(job_of: Callable[..., JobSpec]) -> None:
    deep = job_of("deep", as_it_is, **FIXED)
    assert accuracy(deep) >= 0.9
    assert facts_of(deep)["window"] == Window("fixed", 990, 1022).to_json()
    assert facts_of(deep)["preprocessing"] == VERSION
    shallow = job_of("shallow", to_8_bits, window="fixed", window_low=0.0, window_high=8.0)
    assert accuracy(shallow) < 0.75


def test_it_is_found_again_later_by_the_window_of_the_run(job_of: Callable[..., JobSpec]) -> None:
    job = job_of("deep", as_it_is, **FIXED)
    figure = accuracy(job)
    files = pictures(job)
    answers = asked(job, files)
    names = [label["name"] for label in facts_of(job)["labels"]]
    right = [names[int(np.argmax(r))] == f.parent.name for r, f in zip(answers, files, strict=True)]
    assert np.mean(right) == pytest.approx(figure)
    assert warm(job, files[0]) == pytest.approx(answers[0], abs=1e-5)


def test_floating_point_is_learned_as_well(job_of: Callable[..., JobSpec]) -> None:
    low, high = (float(v) / 8 - 500 for v in (FIXED["window_low"], FIXED["window_high"]))
    job = job_of("float", as_float, window="fixed", window_low=low, window_high=high)
    assert accuracy(job) >= 0.9


def test_fine_tuning_sees_the_depth_too(job_of: Callable[..., JobSpec]) -> None:
    settings = {**FIXED, "strategy": "full", "augmentation": "medium", "epochs": 1, "batch_size": 8}
    answer = train(job_of("deep", as_it_is, **settings), Reporter())
    assert answer["epochs"] == 1


# --- images of 8 bits, and runs of older versions -----------------------------------------------


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "P", "1", "CMYK"])
def test_an_image_of_8_bits_is_prepared_as_ever(mode: str, tmp_path: Path) -> None:
    """squash-1 to the last bit: RGB in Pillow, resized there, and nothing else."""
    noise = np.random.default_rng(3).integers(0, 256, (33, 47, 3), dtype=np.uint8)
    path = tmp_path / ("a.tif" if mode == "CMYK" else "a.png")
    Image.fromarray(noise).convert(mode).save(path)
    for name in ("bilinear", "bicubic"):
        plain = to_rgb8(read_image(path)).resize((20, 20), Image.Resampling[name.upper()])
        for steps in (VERSION, EIGHT_BITS):
            transform = Transform(20, MEAN, STD, name, steps=steps)
            batch = batch_of([transform.read(path)])
            assert batch.dtype == torch.uint8
            assert np.array_equal(batch[0].permute(1, 2, 0).numpy(), np.asarray(plain))


def test_a_run_of_an_older_version_sees_what_it_learned_from(tmp_path: Path) -> None:
    Image.fromarray(drawn("plain", np.random.default_rng(2))).save(tmp_path / "a.png")
    facts = {"image_size": 20, "mean": MEAN, "std": STD, "interpolation": "bilinear"}
    older = Transform.kept({**facts, "preprocessing": "squash-1"})
    assert older == Transform.kept(facts)
    assert older.steps == EIGHT_BITS
    seen = older.read(tmp_path / "a.png")
    plain = to_rgb8(read_image(tmp_path / "a.png")).resize((20, 20), Image.Resampling.BILINEAR)
    assert seen.dtype == np.uint8
    assert np.array_equal(seen, np.asarray(plain))
    # The name under which its features were kept.
    assert Transform(16, (0.5, 0.5, 0.5), (0.25, 0.25, 0.25), steps=EIGHT_BITS).hash == OLD_HASH


OLD_HASH = "be38371230e9c452"


def test_what_is_kept_is_read_again() -> None:
    made = Transform(20, MEAN, STD, "bicubic", Window("fixed", -1, 2))
    assert Transform.kept(json.loads(json.dumps(made.to_json()))) == made


def test_each_window_has_features_of_its_own() -> None:
    windows = [AUTO, Window("full"), Window("fixed", 0, 1), Window("fixed", 0, 2)]
    names = {Transform(20, MEAN, STD, window=window).hash for window in windows}
    names.add(Transform(20, MEAN, STD, steps=EIGHT_BITS).hash)
    assert len(names) == 5


# --- the gallery --------------------------------------------------------------------------------


@pytest.fixture
def mixed(tmp_path: Path) -> list[Picture]:
    """Deep and shallow, grey and colour."""
    rng = np.random.default_rng(4)
    arrays = [
        drawn("plain", rng),
        rng.integers(0, 256, (30, 20), dtype=np.uint8),
        rng.integers(0, 256, (30, 20, 3), dtype=np.uint8),
        rng.normal(0, 9, (25, 25)).astype(np.float32),
    ]
    made = []
    for number, held in enumerate(arrays):
        path = tmp_path / f"{number}.{'tif' if held.dtype == np.float32 else 'png'}"
        Image.fromarray(held).save(path)
        made.append(Picture(number, path, None))
    return made


def test_a_batch_of_all_depths_is_each_picture_as_it_is_alone(mixed: list[Picture]) -> None:
    transform = Transform(16, MEAN, STD)
    places = np.arange(4)
    seen = []
    for limit in (None, 16 * 16 * 5, 0):
        with Gallery(mixed, transform, limit=limit) as gallery:
            gallery.open(Reporter(), stage="s")
            ((_, pixels),) = gallery.stream([places])
            seen.append(pixels)
    assert seen[0].dtype == torch.float32
    assert seen[0].is_contiguous(memory_format=torch.channels_last)
    assert all(torch.equal(seen[0], other) for other in seen)
    for place, picture in enumerate(mixed):
        alone = batch_of([transform.read(picture.path)])
        together = transform.normalise(seen[0][place : place + 1].clone())
        assert torch.equal(transform.normalise(alone), together)


def test_what_is_kept_counts_by_its_bytes(mixed: list[Picture]) -> None:
    """Grey in 8 bits: 1 byte a pixel, colour 3, deep grey 4."""
    every = 16 * 16 * (4 + 1 + 3 + 4)
    for limit, most in ((every, every), (every - 1, every - 1), (0, 0)):
        with Gallery(mixed, Transform(16, MEAN, STD), limit=limit) as gallery:
            gallery.open(Reporter(), stage="s")
            held = sum(square.nbytes for square in gallery._store._kept.values())
            assert held <= most
            assert (len(gallery._store._kept) == 4) == (limit == every)


def test_frames_of_one_file_have_features_of_their_own(mixed: list[Picture]) -> None:
    names = {content_name("ab" * 32, frame) for frame in range(4)}
    assert len(names) == 4
    assert "ab" * 32 in names
    assert all(len(bytes.fromhex(name)) == 32 for name in names)
    assert content_name("", 3) == ""


def test_varied_pictures_of_either_depth_are_the_same(mixed: list[Picture]) -> None:
    square = Transform(16, MEAN, STD).read(mixed[2].path)
    deep = square.astype(np.float32) / np.float32(255)
    keys = np.array([5])
    one, other = (Augmenter("strong", 3).apply(batch_of([s]), keys, 1) for s in (square, deep))
    assert torch.equal(one, other)


def test_a_senseless_window_ends_before_anything_is_read(job_of: Callable[..., JobSpec]) -> None:
    job = job_of("deep", as_it_is, **FIXED)
    job.params["recipe"]["window_high"] = 0
    with pytest.raises(UserError) as refused:
        train(job, Reporter())
    assert refused.value.code == "window.order"
