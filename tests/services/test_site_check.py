"""Several pairs of runs together: what may be said of them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from tlstudio.domain.notices import Notice
from tlstudio.services.site_check import SiteCheck, summed
from tlstudio.services.training import TrainRequest


def pairs(*rows: tuple[float | None, str | None]) -> Any:
    return [
        SimpleNamespace(
            headline="dice",
            overall={"dice": {"difference": gain, "better": better}},
            answer=Notice("compare.unclear"),
        )
        for gain, better in rows
    ]


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ([(0.1, "second"), (0.02, None), (0.04, "second")], "site.check.helped"),
        ([(-0.1, "first"), (-0.02, None)], "site.check.hurt"),
        ([(0.1, "second"), (-0.01, None)], "site.check.mixed"),
        ([(0.02, None), (0.03, None)], "site.check.mixed"),
        ([(0.1, "second")], "compare.unclear"),  # of one pair, what its comparison says
        ([(None, None), (None, None)], "compare.unclear"),
    ],
)
def test_the_answer_over_seeds(rows: Any, code: str) -> None:
    assert summed(pairs(*rows)).answer.code == code


def test_numbers_over_seeds() -> None:
    told = summed(pairs((0.1, "second"), (-0.02, None), (None, None))).to_json()
    assert told["mean"] == pytest.approx(0.04) and told["gains"] == [0.1, -0.02, None]
    assert (told["clearly_better"], told["clearly_worse"]) == (1, 0)
    assert told["answer"]["params"]["least"] == "-0.02"


def test_both_runs_of_a_pair_have_its_seed() -> None:
    request = TrainRequest("resnet18", settings={"seed": "7", "epochs": 3})
    made = list(SiteCheck("tag:B", request, {"look_augmentation": "stain"}, 2).requests())
    assert [[r.settings["seed"] for r in pair] for pair in made] == [[7, 7], [8, 8]]
    assert [[r.settings.get("look_augmentation") for r in pair] for pair in made] == [
        [None, "stain"], [None, "stain"],
    ]  # fmt: skip
    assert all(r.settings["epochs"] == 3 for pair in made for r in pair)
