from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from tlstudio.ml.classification.feature_cache import FeatureCache

KEYS = [f"{n:064x}" for n in range(1, 6)]


def rows(count: int, start: float = 0.0) -> np.ndarray:
    return np.arange(count * 3, dtype=np.float32).reshape(count, 3) + start


def test_rows_come_back_in_another_process_of_work(tmp_path: Path) -> None:
    FeatureCache(tmp_path, "w" * 64, "t").add(KEYS[:3], rows(3))
    again = FeatureCache(tmp_path, "w" * 64, "t")
    assert [again.get(key).tolist() for key in KEYS[:3]] == rows(3).tolist()  # type: ignore[union-attr]
    assert again.get(KEYS[3]) is None


def test_other_weights_and_other_transforms_know_nothing_of_them(tmp_path: Path) -> None:
    FeatureCache(tmp_path, "w" * 64, "t").add(KEYS[:1], rows(1))
    assert FeatureCache(tmp_path, "v" * 64, "t").get(KEYS[0]) is None
    assert FeatureCache(tmp_path, "w" * 64, "u").get(KEYS[0]) is None


def test_two_writers_keep_each_others_rows(tmp_path: Path) -> None:
    first, second = (FeatureCache(tmp_path, "w" * 64, "t") for _ in range(2))
    first.get(KEYS[0])
    second.get(KEYS[0])
    first.add(KEYS[:2], rows(2))
    second.add(KEYS[2:4], rows(2, 100))
    again = FeatureCache(tmp_path, "w" * 64, "t")
    assert all(again.get(key) is not None for key in KEYS[:4])


def test_a_torn_part_is_thrown_away_and_the_others_are_read(tmp_path: Path) -> None:
    cache = FeatureCache(tmp_path, "w" * 64, "t")
    cache.add(KEYS[:2], rows(2))
    (part,) = tmp_path.rglob("*.npz")
    (part.parent / "torn.npz").write_bytes(part.read_bytes()[:100])
    again = FeatureCache(tmp_path, "w" * 64, "t")
    assert again.get(KEYS[0]) is not None
    assert not (part.parent / "torn.npz").exists()


def test_the_backbone_used_longest_ago_goes_first(tmp_path: Path) -> None:
    limit = 2500
    for number, weights in enumerate("abc"):
        FeatureCache(tmp_path, weights * 64, "t", limit=limit).add(KEYS, rows(5))
        for folder in tmp_path.iterdir():
            if folder.name.startswith(weights):
                os.utime(folder, (number, number))
    FeatureCache(tmp_path, "a" * 64, "t", limit=limit).get(KEYS[0])  # used again just now
    FeatureCache(tmp_path, "d" * 64, "t", limit=limit).add(KEYS, rows(5))
    left = {folder.name[0] for folder in tmp_path.iterdir()}
    assert "d" in left and "a" in left and len(left) < 4
