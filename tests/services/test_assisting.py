"""Assisted outlines through a real worker, with random weights: no published ones are at hand.

The outlines mean nothing, so nothing is said of their quality; that they are the networks' own
is tested in tests/ml/assist/test_networks.py.
"""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest
from PIL import Image

from tlstudio.domain.errors import Cancelled, UserError
from tlstudio.domain.progress import Step
from tlstudio.imaging.bitmap import Bitmap
from tlstudio.services import _assist_worker, assisting, models
from tlstudio.services.datasets import import_source
from tlstudio.services.projects import Project, create_project

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
MODELS = ("mobile_sam", "sam2.1_t")
SEEDS = itertools.count()

# Every child python of the story loads this first: who reaches out is told of and refused.
REFUSE = """
import os, sys
def refuse(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto", "socket.gethostbyname"):
        with open(os.environ["REACHED_OUT"], "a") as file:
            print(event, arguments, file=file)
        raise OSError("sockets are refused here")
sys.addaudithook(refuse)
"""


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Random weights of two models, as files a person might have."""
    place = tmp_path_factory.mktemp("files")
    code = """
import sys, torch
from pathlib import Path
from safetensors.torch import save_file
from tlstudio.catalog.index import find
from tlstudio.ml.assist.networks import empty
for name in sys.argv[2:]:
    torch.manual_seed(0)
    tensors = {f"model.{k}": v.contiguous() for k, v in empty(find(name)).state_dict().items()}
    save_file(tensors, Path(sys.argv[1]) / f"{name}.safetensors")
"""
    environment = {**os.environ, "YOLO_CONFIG_DIR": str(place / "libraries")}
    subprocess.run(
        [sys.executable, "-c", code, str(place), *MODELS], cwd=ROOT, env=environment, check=True
    )
    return {name: place / f"{name}.safetensors" for name in MODELS}


@pytest.fixture(scope="module")
def kept_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose weights are imported once for all tests here."""
    return tmp_path_factory.mktemp("kept")


@pytest.fixture
def home(
    kept_home: Path, tl_home: Path, files: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    monkeypatch.setenv("TLSTUDIO_HOME", str(kept_home))
    if not models.list_weights():
        for name, file in files.items():
            models.import_weights(name, file)
    yield kept_home
    assisting.choose_model(None)


@pytest.fixture(scope="module", autouse=True)
def _rested() -> Iterator[None]:
    yield
    assisting.rest()


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """Three images, one of them grey and deep; the worker, which lives on, has never seen them."""
    rng = np.random.default_rng(next(SEEDS))
    (tmp_path / "in").mkdir()
    for name in ("a", "b"):
        pixels = rng.integers(0, 255, (150, 200, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(tmp_path / "in" / f"{name}.png")
    deep = rng.integers(300, 900, (90, 70), dtype=np.uint16)
    Image.fromarray(deep).save(tmp_path / "in" / "c.png")
    made = create_project(tmp_path / "p.tlproj")
    import_source(made, tmp_path / "in")
    yield made
    made.close()


def worker_pid() -> int:
    worker = _assist_worker._worker
    assert worker is not None and worker._job is not None
    return worker._job.pid


def test_without_weights_it_says_how_to_get_them(project: Project) -> None:
    status = assisting.ready()
    assert (status.model, status.reason) == (None, "assist.no_weights")
    assert status.offer.id == "mobile_sam" and status.offer.weights is not None
    assert status.offer.weights.size and status.offer.weights_licence == "Apache-2.0"
    with pytest.raises(UserError, match=r"weights fetch mobile_sam.*weights import mobile_sam"):
        assisting.embed(project, 1)
    assisting.choose_model("sam_b")
    assert assisting.ready().offer.id == "sam_b", "the one that was chosen"


def test_only_models_for_outlines_can_be_chosen() -> None:
    with pytest.raises(UserError) as caught:
        assisting.choose_model("resnet18")
    assert caught.value.code == "assist.other_model"
    assert {row.spec.id for row in assisting.available()} >= {*MODELS, "sam_b", "sam_l", "sam2_l"}


def test_they_are_no_models_to_train() -> None:
    assert not [row for row in models.list_models("classification") if row.spec.family == "sam"]


def test_random_weights_come_as_unverified(home: Path) -> None:
    reports = {report.model: report for report in models.list_weights()}
    assert set(reports) == set(MODELS)
    assert not any(report.verified for report in reports.values())
    assert all(report.keys_matched and not report.keys_missing for report in reports.values())
    assert not assisting.ready().verified


def test_a_file_of_another_model_is_refused(home: Path, files: dict[str, Path]) -> None:
    with pytest.raises(UserError) as caught:
        models.import_weights("sam2.1_s", files["sam2.1_t"])
    assert caught.value.code == "weights.incomplete"
    assert models.weights_file("sam2.1_s") is None


def test_a_prompt_without_anything_is_refused(home: Path, project: Project) -> None:
    with pytest.raises(UserError) as caught:
        assisting.suggest_outline(project, 1)
    assert caught.value.code == "assist.no_prompt"
    with pytest.raises(UserError) as caught:
        assisting.embed(project, 99)
    assert caught.value.code == "project.no_image"


def test_a_killed_worker_is_followed_by_another(home: Path, project: Project) -> None:
    assisting.choose_model("mobile_sam")
    assisting.wake()
    before = assisting.suggest_outline(project, 1, [(60.5, 70.0)], [True])
    first = worker_pid()
    psutil.Process(first).kill()
    after = assisting.suggest_outline(project, 1, [(60.5, 70.0)], [True])
    assert worker_pid() != first
    assert after.best.bitmap == before.best.bitmap


@pytest.mark.parametrize("model", MODELS)
def test_points_and_boxes_become_outlines(home: Path, project: Project, model: str) -> None:
    assisting.choose_model(model)
    steps: list[Step] = []
    spent = assisting.embed(project, 1, progress=steps.append)
    assert {step.stage for step in steps} == {"assist.embedding"}
    assert assisting.embed(project, 1) < spent / 5, "an image is looked at once"
    assert assisting.ready().device == "cpu" or assisting.ready().device.startswith(("cuda", "mps"))

    one = assisting.suggest_outline(project, 1, [(60.5, 70.0)], [True])
    assert all(isinstance(each.bitmap, Bitmap) for each in one.outlines)
    assert all(each.bitmap.whole().shape == (150, 200) for each in one.outlines)
    assert len(one.outlines) > 1 and not one.best.bitmap.is_empty
    again = assisting.suggest_outline(project, 1, [(60.5, 70.0)], [True])
    assert again.best.bitmap == one.best.bitmap, "the same question, the same answer"

    boxed = assisting.suggest_outline(
        project, 1, [(60.5, 70.0), (5.0, 5.0)], [True, False], (40, 50, 60, 60)
    )
    assert boxed.best.bitmap != one.best.bitmap
    refined = assisting.suggest_outline(
        project, 1, [(60.5, 70.0), (5.0, 5.0)], [True, False], previous=(one.name, 1)
    )
    assert not refined.best.bitmap.is_empty
    alone = assisting.suggest_outline(project, 3, box=(10, 10, 40, 50))
    assert alone.best.bitmap.whole().shape == (90, 70), "deep, and not looked at before"


def test_a_person_who_moves_on_does_not_wait_for_the_image_before(
    home: Path, project: Project
) -> None:
    assisting.choose_model("sam2.1_t")
    assisting.wake()
    under_way, ended = threading.Event(), threading.Event()

    def look() -> None:
        with pytest.raises(Cancelled):
            assisting.embed(project, 1, progress=lambda _step: under_way.set())
        ended.set()

    thread = threading.Thread(target=look)
    thread.start()
    assert under_way.wait(60)
    assisting.embed(project, 2, ahead=True)
    assert not ended.is_set(), "looking ahead takes nothing from what is waited for"
    assisting.embed(project, 3)
    thread.join(60)
    assert ended.is_set()


def test_damaged_weights_are_told_of(home: Path, project: Project) -> None:
    file = models.weights_file("mobile_sam")
    assert file is not None
    whole = file.read_bytes()
    try:
        file.write_bytes(whole[:1000])
        assisting.choose_model("mobile_sam")
        with pytest.raises(UserError) as caught:
            assisting.embed(project, 1)
        assert caught.value.code == "weights.truncated"
    finally:
        file.write_bytes(whole)


def test_nothing_reaches_out_and_nothing_is_left_outside(
    files: dict[str, Path], tmp_path: Path
) -> None:
    """A process of its own, outside pytest, where sockets are refused."""
    places = {name: tmp_path / name for name in ("person", "ours", "work", "hooks", "tmp")}
    for place in places.values():
        place.mkdir()
    (places["hooks"] / "sitecustomize.py").write_text(REFUSE)
    keep = ("PATH", "SYSTEMROOT", "LANG", "OMP_NUM_THREADS")
    environment = {name: os.environ[name] for name in keep if name in os.environ}
    environment |= {
        "HOME": str(places["person"]),
        "USERPROFILE": str(places["person"]),
        "TMPDIR": str(places["tmp"]),
        "TEMP": str(places["tmp"]),
        "TLSTUDIO_HOME": str(places["ours"]),
        "PYTHONPATH": os.pathsep.join([str(places["hooks"]), str(ROOT)]),
        "PYTHONDONTWRITEBYTECODE": "1",
        "REACHED_OUT": str(tmp_path / "reached-out"),
    }
    done = subprocess.run(
        [sys.executable, HERE / "assist_story.py", places["work"], files["mobile_sam"]],
        cwd=places["work"], env=environment, capture_output=True, text=True, timeout=120,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["area"] > 0 and told["device"] and not told["verified"]
    assert told["modules"] == [], "the asking process loads none of it"
    assert not (tmp_path / "reached-out").exists(), (tmp_path / "reached-out").read_text()
    assert left_in(places["person"]) == [] and left_in(places["tmp"]) == []
    assert sorted(p.name for p in places["work"].iterdir()) == ["in", "p.tlproj"]
    settings = json.loads(
        (places["ours"] / "libraries" / "Ultralytics" / "settings.json").read_text()
    )
    assert settings["sync"] is False and set(settings["uuid"]) == {"0"}
    assert left_in(places["ours"] / "work") == [], "the worker's own folder is gone"


def left_in(place: Path) -> list[str]:
    return sorted(str(p.relative_to(place)) for p in place.rglob("*") if p.is_file())
