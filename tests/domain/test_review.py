"""The state of an image follows from what is done to it."""

from __future__ import annotations

import pytest

from tlstudio.domain.images import ImageState
from tlstudio.domain.review import after_edit, after_finishing, after_leaving


@pytest.mark.parametrize(
    ("before", "holds", "after"),
    [
        ("unlabelled", True, "draft"),
        ("unlabelled", False, "unlabelled"),
        ("draft", True, "draft"),
        ("draft", False, "unlabelled"),
        ("labelled", True, "labelled"),
        ("labelled", False, "labelled"),
        ("reviewed", True, "labelled"),
        ("reviewed", False, "labelled"),
        ("disputed", True, "disputed"),
    ],
)
def test_editing(before: str, holds: bool, after: str) -> None:
    assert after_edit(ImageState(before), holds) == after


def test_finishing_goes_round_and_leaving_only_ends_drafts() -> None:
    states = [ImageState.UNLABELLED]
    for _ in range(4):
        states.append(after_finishing(states[-1]))
    assert states == ["unlabelled", "labelled", "reviewed", "labelled", "reviewed"]
    assert after_finishing(ImageState.DRAFT) == "labelled"
    assert after_finishing(ImageState.DISPUTED) == "reviewed"
    left = {state: after_leaving(state) for state in ImageState}
    assert left.pop(ImageState.DRAFT) == "labelled"
    assert all(state is after for state, after in left.items())
