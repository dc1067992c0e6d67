from __future__ import annotations

from collections.abc import Iterator

import pytest

from tlstudio.domain.progress import Pace, Step


def pace(*seconds: float) -> Pace:
    """A pace by a clock that tells these seconds, one after the other."""
    times: Iterator[float] = iter(seconds)
    return Pace(lambda: next(times))


def test_what_is_left_follows_from_what_was_done() -> None:
    clock = pace(0.0, 4.0, 8.0)
    assert clock.seconds_left(Step("reading", 0, 100)) is None
    assert clock.seconds_left(Step("reading", 20, 100)) == pytest.approx(16)
    assert clock.seconds_left(Step("reading", 100, 100)) == 0


def test_work_that_was_done_before_is_not_counted_as_quick() -> None:
    clock = pace(0.0, 10.0)
    clock.seconds_left(Step("reading", 90, 100))
    assert clock.seconds_left(Step("reading", 95, 100)) == pytest.approx(10)


@pytest.mark.parametrize(
    ("steps", "seconds"),
    [
        ([Step("reading", 0, 100), Step("reading", 50, 100)], (0.0, 1.0)),  # too soon
        ([Step("reading", 0, None), Step("reading", 50, None)], (0.0, 9.0)),  # of how many?
        ([Step("reading", 0, 100), Step("writing", 50, 100)], (0.0, 9.0)),  # another stage
        ([Step("reading", 50, 100), Step("reading", 0, 100)], (0.0, 9.0)),  # begun anew
    ],
)
def test_nothing_is_said_that_is_not_known(steps: list[Step], seconds: tuple[float, float]) -> None:
    clock = pace(*seconds)
    assert [clock.seconds_left(step) for step in steps] == [None, None]
