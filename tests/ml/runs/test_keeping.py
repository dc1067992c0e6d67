"""Where a checkpoint and the model kept beside it leave a run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tlstudio.domain.errors import UserError
from tlstudio.ml.checkpoint import BEST_FACTS
from tlstudio.ml.files import write_json
from tlstudio.ml.loop import State, Values
from tlstudio.ml.runs.keeping import state_of

SAVED = {"state": State(3, 2, {"score": 0.5}, {"score": 0.5}, 1).to_json()}


@dataclass
class Asked:
    folder: Path


def state_in(folder: Path, kept: dict[str, Any] | None) -> State:
    def better(new: Values, best: Values) -> bool:
        return new["score"] > best["score"]

    if kept is not None:
        write_json(folder / BEST_FACTS, kept)
    asked: Any = Asked(folder)
    return state_of(asked, SAVED, better)


def test_a_kept_model_that_is_better_than_the_checkpoints_is_the_best(tmp_path: Path) -> None:
    state = state_in(tmp_path, {"epoch": 4, "values": {"score": 0.7}})
    assert (state.best_epoch, state.best) == (4, {"score": 0.7})
    assert (state.epoch, state.peak, state.stale) == (3, {"score": 0.5}, 1), "the loop's own stay"


@pytest.mark.parametrize("values", [{"score": 0.5}, {"score": 0.4}, {"train_loss": 0.1}, None])
def test_else_the_checkpoint_tells(values: dict[str, float] | None, tmp_path: Path) -> None:
    state = state_in(tmp_path, None if values is None else {"epoch": 4, "values": values})
    assert state == State(**SAVED["state"])


def test_a_torn_file_is_named(tmp_path: Path) -> None:
    (tmp_path / BEST_FACTS).write_text('{"epoch": ')
    with pytest.raises(UserError) as raised:
        state_in(tmp_path, None)
    assert raised.value.code == "training.checkpoint_damaged"
