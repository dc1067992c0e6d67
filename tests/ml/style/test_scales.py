"""From small to large, in as many steps as are asked for."""

from __future__ import annotations

from itertools import pairwise

import pytest

from tlstudio.ml.style.scales import ladder


@pytest.mark.parametrize(("width", "height"), [(512, 384), (64, 64), (200, 1500), (2048, 2048)])
def test_scales_grow_to_the_results_own_size(width: int, height: int) -> None:
    scales = ladder(width, height)
    assert (scales[-1].width, scales[-1].height) == (width, height)
    areas = [scale.width * scale.height for scale in scales]
    assert all(1.8 < after / before < 2.2 for before, after in pairwise(areas))
    assert all(min(scale.width, scale.height) >= 32 for scale in scales)
    assert all(scale.steps >= 15 for scale in scales)


def test_the_first_scale_is_small_enough_to_be_seen_at_once() -> None:
    assert max(ladder(512, 384)[0].width, 0) == 64
    assert len(ladder(512, 384)) == 7


@pytest.mark.parametrize("steps", [1, 2, 7, 50, 1000])
def test_steps_are_those_asked_for(steps: int) -> None:
    scales = ladder(512, 384, steps)
    assert sum(scale.steps for scale in scales) == steps
    assert scales[-1].width == 512 and scales[-1].steps >= 1


def test_going_on_leaves_out_what_is_smaller() -> None:
    assert [scale.width for scale in ladder(512, 384, started=512)] == [512]
    assert [scale.width for scale in ladder(512, 384, started=256)] == [256, 362, 512]
    assert [scale.width for scale in ladder(512, 384, started=9999)] == [512]
