"""Training of one of torchvision's detectors in a real child: killed, and gone on with."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import torch

from tlstudio.domain.events import EpochEnded, Progressed, decode

sys.path.append(str(Path(__file__).parents[1] / "bench"))
box_sets: Any = import_module("box_sets")


def test_a_killed_run_ends_with_the_same_weights(start: Callable[..., Any], tmp_path: Path) -> None:
    rows = box_sets.squares(tmp_path / "drawn", train=6, val=2)

    def job(name: str, *, resume: bool = False) -> Any:
        return box_sets.training_job(
            tmp_path / name,
            rows,
            model="fasterrcnn:squeezenet1_1",
            settings={"image_size": 64, "epochs": 3, "batch_size": 3},
            labels=box_sets.SQUARES,
            resume=resume,
        )

    whole = start(job=job("whole"))
    assert whole.end() == 0
    halves = start(job=job("halves"))
    halves.until(lambda e: isinstance(e, Progressed) and (e.epoch or 0) == 2)
    halves.kill()
    resumed = start(job=job("halves", resume=True))
    assert resumed.end() == 0, resumed.said()
    assert "REACHED OUT" not in resumed.said() + whole.said()

    ends = [json.loads((tmp_path / n / "result.json").read_text()) for n in ("whole", "halves")]
    assert ends[0]["metrics"] == ends[1]["metrics"] and ends[1]["epochs"] == 3
    kept = [
        torch.load(tmp_path / n / "last.ckpt", weights_only=True)["model"]
        for n in ("whole", "halves")
    ]
    assert all(torch.equal(kept[0][k], kept[1][k]) for k in kept[0])
    lines = (tmp_path / "halves" / "events.jsonl").read_text().splitlines()
    events = [decode(line) for line in lines]
    assert {e.epoch for e in events if isinstance(e, EpochEnded)} == {1, 2, 3}
