"""A window is a choice that can be written down, and one that makes sense."""

from __future__ import annotations

import json
import math

import pytest

from tlstudio.domain.errors import UserError
from tlstudio.domain.windows import KINDS, Window


@pytest.mark.parametrize("window", [*map(Window, KINDS[:4]), Window("fixed", -10.5, 1e6)])
def test_a_window_is_the_same_after_it_was_written_down(window: Window) -> None:
    assert Window.from_json(json.loads(json.dumps(window.to_json()))) == window


def test_a_run_older_than_the_choice_has_the_automatic_window() -> None:
    assert Window.from_json(None) == Window()


@pytest.mark.parametrize(
    ("low", "high"),
    [(5.0, 5.0), (6.0, 5.0), (None, 5.0), (0.0, math.inf), (math.nan, 1.0), (-1e308, 1e308)],
)
def test_a_fixed_window_needs_black_below_white(low: float | None, high: float) -> None:
    with pytest.raises(UserError) as refused:
        Window("fixed", low, high)
    assert refused.value.code == "window.order"
    assert "smaller" in str(refused.value)


def test_an_unknown_kind_is_named_with_the_lawful_ones() -> None:
    with pytest.raises(UserError, match="percentiles") as refused:
        Window("percentile")
    assert refused.value.code == "window.kind"


def test_limits_belong_to_a_fixed_window_alone() -> None:
    with pytest.raises(ValueError, match="fixed"):
        Window("full", 0, 1)
    assert Window.chosen("full", 7, 3) == Window("full")
    assert Window.chosen("fixed", 3, 7) == Window("fixed", 3.0, 7.0)


def test_each_window_has_a_name_of_its_own() -> None:
    many = [*map(Window, KINDS[:4]), Window("fixed", 1, 2), Window("fixed", 1, 2.5)]
    assert len({window.key for window in many}) == len(many)
