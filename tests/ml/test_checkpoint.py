from __future__ import annotations

from pathlib import Path

import pytest
import torch

from tlstudio.domain.errors import UserError
from tlstudio.ml import checkpoint, files


def test_a_checkpoint_comes_back_without_running_code(tmp_path: Path) -> None:
    checkpoint.save_last(tmp_path, {"model": {"w": torch.arange(3)}, "state": {"epoch": 2}})
    found = torch.load(tmp_path / checkpoint.LAST, weights_only=True)
    assert found["state"] == {"epoch": 2}
    loaded = checkpoint.load_last(tmp_path)
    assert loaded is not None and loaded["model"]["w"].tolist() == [0, 1, 2]


def test_no_checkpoint_is_none_and_a_torn_one_is_named(tmp_path: Path) -> None:
    assert checkpoint.load_last(tmp_path) is None
    checkpoint.save_last(tmp_path, {"model": {"w": torch.arange(1000)}})
    whole = (tmp_path / checkpoint.LAST).read_bytes()
    (tmp_path / checkpoint.LAST).write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UserError) as raised:
        checkpoint.load_last(tmp_path)
    assert raised.value.code == "training.checkpoint_damaged"


def test_the_best_is_kept_with_shared_and_strided_tensors(tmp_path: Path) -> None:
    base = torch.arange(24.0).reshape(1, 2, 3, 4).to(memory_format=torch.channels_last)
    checkpoint.save_best(tmp_path, {"a": base, "b": base}, {"epoch": 3})
    weights, facts = checkpoint.load_best(tmp_path)
    assert facts == {"epoch": 3}
    assert torch.equal(weights["a"], base) and torch.equal(weights["b"], base)


def test_no_best_is_said(tmp_path: Path) -> None:
    with pytest.raises(UserError) as raised:
        checkpoint.load_best(tmp_path)
    assert raised.value.code == "training.no_best"


def test_a_write_that_fails_leaves_the_file_before_it_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "facts.json"
    files.write_json(path, {"a": 1})
    with pytest.raises(RuntimeError), files.replacing(path) as beside:
        beside.write_text("half")
        raise RuntimeError
    assert files.read_json(path) == {"a": 1}
    assert [p.name for p in tmp_path.iterdir()] == ["facts.json"]
