"""The invented cells: repeatable, varied, grouped by slide, neither trivial nor hopeless."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tlstudio.domain.errors import Cancelled
from tlstudio.domain.progress import Cancel, Step
from tlstudio.imaging import synthetic


def pixels(kind: str, slide: int, seed: int, size: int = 64) -> np.ndarray:
    picture = synthetic.draw_cell(
        kind, synthetic.make_slide(slide, 0), np.random.default_rng(seed), size
    )
    return np.asarray(picture, dtype=np.float64)


def test_the_same_seed_draws_the_same_files(tmp_path: Path) -> None:
    first = synthetic.draw_sample(tmp_path / "a", 9, seed=3, size=48)
    second = synthetic.draw_sample(tmp_path / "b", 9, seed=3, size=48)
    other = synthetic.draw_sample(tmp_path / "c", 9, seed=4, size=48)
    names = sorted(str(p.relative_to(first)) for p in first.rglob("*.png"))
    assert names == sorted(str(p.relative_to(second)) for p in second.rglob("*.png"))
    for name in names:
        assert (first / name).read_bytes() == (second / name).read_bytes()
    drawn = {p.read_bytes() for p in first.rglob("*.png")}
    assert len(drawn) == 9
    assert not drawn & {p.read_bytes() for p in other.rglob("*.png")}


def test_every_kind_gets_its_share_and_the_slide_is_in_the_name(tmp_path: Path) -> None:
    steps: list[Step] = []
    root = synthetic.draw_sample(tmp_path, 24, seed=0, per_slide=3, size=32, progress=steps.append)
    files = sorted(root.rglob("*.png"))
    assert {p.parent.name for p in files} == set(synthetic.KINDS)
    assert [sum(p.parent.name == k for p in files) for k in synthetic.KINDS] == [6] * 4
    slides = [re.search(synthetic.GROUP_PATTERN, p.name) for p in files]
    found = [m.group(1) for m in slides if m]
    assert len(found) == 24
    assert len(set(found)) == 8
    for file in files:
        with Image.open(file) as picture:
            assert picture.size == (32, 32)
    assert (steps[-1].done, steps[-1].total) == (24, 24)


def test_drawing_can_be_called_off(tmp_path: Path) -> None:
    cancel = Cancel()
    with pytest.raises(Cancelled):
        synthetic.draw_sample(
            tmp_path,
            50,
            size=32,
            cancel=cancel,
            progress=lambda step: cancel.set() if step.done == 3 else None,
        )
    assert len(list(tmp_path.rglob("*.png"))) == 3


def test_pictures_of_one_slide_resemble_each_other() -> None:
    """Otherwise groups would be names without a meaning."""

    def glass(slide: int, seed: int) -> np.ndarray:
        """The tint of the empty glass, whatever the lamp's strength."""
        tint = np.percentile(pixels("round", slide, seed), 85, axis=(0, 1))
        return tint / tint.sum()

    tint = np.array([[glass(s, 100 * s + n) for n in range(6)] for s in range(1, 9)])
    within = tint.std(axis=1).mean()
    between = tint.mean(axis=1).std(axis=0).mean()
    assert between > 2 * within


def test_a_linear_look_at_small_pictures_is_better_than_chance_and_far_from_perfect() -> None:
    def drawn(first: int, count: int) -> tuple[np.ndarray, np.ndarray]:
        kinds = np.arange(count) % 4
        small = [
            np.asarray(
                synthetic.draw_cell(
                    synthetic.KINDS[kind],
                    synthetic.make_slide(first + index // 4, 0),
                    np.random.default_rng([first, index]),
                    48,
                ).resize((12, 12)),
                dtype=np.float64,
            ).ravel()
            for index, kind in enumerate(kinds)
        ]
        return np.array(small) / 255 - 0.5, kinds

    x, y = drawn(1, 320)
    unseen, truth = drawn(1000, 200)
    weights = np.linalg.solve(x.T @ x + 3 * np.eye(x.shape[1]), x.T @ np.eye(4)[y])
    accuracy = float((np.argmax(unseen @ weights, axis=1) == truth).mean())
    assert 0.35 < accuracy < 0.85
