"""Identical pictures and near duplicates, those across splits first."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tlstudio.domain.errors import Cancelled
from tlstudio.domain.leaks import LeakKind
from tlstudio.domain.progress import Cancel
from tlstudio.services.datasets import ImportOptions, import_source
from tlstudio.services.duplicates import find_duplicates
from tlstudio.storage.project import Project


def _picture(seed: int) -> Image.Image:
    coarse = np.random.default_rng(seed).integers(0, 255, (6, 8, 3), dtype=np.uint8)
    return Image.fromarray(coarse).resize((96, 72), Image.Resampling.BICUBIC)


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    for seed in range(12):
        for split in ("train", "test"):
            (tmp_path / "s" / split).mkdir(parents=True, exist_ok=True)
        _picture(seed).save(tmp_path / "s" / "train" / f"{seed}.png")
    _picture(1).save(tmp_path / "s" / "train" / "1again.bmp")
    _picture(2).save(tmp_path / "s" / "test" / "2again.bmp")
    _picture(3).save(tmp_path / "s" / "train" / "3near.jpg", quality=50)
    _picture(4).save(tmp_path / "s" / "test" / "4near.jpg", quality=50)
    return tmp_path / "s"


def _names(found: tuple) -> list[set[str]]:
    return [{Path(name).name for name in item.names} for item in found]


def test_duplicates_across_splits_come_first(pictures: Path, tmp_path: Path) -> None:
    with Project.create(tmp_path / "p.tlproj", name="p", task="classification") as project:
        import_source(project, pictures)
        report = find_duplicates(project)
    assert _names(report.identical) == [{"2.png", "2again.bmp"}, {"1.png", "1again.bmp"}]
    assert _names(report.near) == [{"4.png", "4near.jpg"}, {"3.png", "3near.jpg"}]
    assert [(leak.kind, leak.blocks) for leak in report.leaks] == [
        (LeakKind.IDENTICAL, True),
        (LeakKind.NEAR, False),
    ]
    data = report.to_json()
    assert list(data) == ["identical", "near", "leaks"]
    assert data["identical"][0] == ["images/test/2again.bmp", "images/train/2.png"]


def test_nothing_to_compare(tmp_path: Path) -> None:
    with Project.create(tmp_path / "p.tlproj", name="p", task="classification") as project:
        assert find_duplicates(project).to_json() == {"identical": [], "near": [], "leaks": []}


def test_comparing_can_be_called_off(pictures: Path, tmp_path: Path) -> None:
    cancel = Cancel()
    cancel.set()
    with Project.create(tmp_path / "p.tlproj", name="p", task="classification") as project:
        import_source(project, pictures)
        with pytest.raises(Cancelled):
            find_duplicates(project, cancel=cancel)


def test_pneumonia_images_have_near_but_no_identical_ones_across_splits(
    shared: Path, tmp_path: Path
) -> None:
    with Project.create(tmp_path / "p.tlproj", name="p", task="classification") as project:
        import_source(project, shared / "data" / "pneumoniamnist", ImportOptions(copy=False))
        report = find_duplicates(project)
    assert report.identical == ()
    assert len([leak for leak in report.leaks if leak.kind is LeakKind.NEAR]) >= 10
    assert not [leak for leak in report.leaks if leak.blocks]
