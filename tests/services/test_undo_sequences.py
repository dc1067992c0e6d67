"""The quick form of tests/bench/undo_sequences.py, and undo as deep as is promised."""

from __future__ import annotations

import importlib.util
import random
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tlstudio.services import projects

BENCH = Path(__file__).resolve().parents[1] / "bench"


def _load(name: str) -> Any:
    spec = importlib.util.spec_from_file_location(name, BENCH / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


model = _load("plain_model")
player_of = _load("player")
bench = _load("undo_sequences")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    made = bench.Run(tmp_path_factory.mktemp("sequences") / "p.tlproj")
    yield made
    made.close()


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(sequence=st.lists(bench.edits, min_size=5, max_size=40))
def test_any_sequence_ends_as_a_plain_model_says(run: Any, sequence: list[Any]) -> None:
    run.sequence(sequence)


def test_more_than_two_hundred_steps_over_several_images_and_a_reopening(tmp_path: Path) -> None:
    player = player_of.Player(player_of.quick(player_of.make(tmp_path / "deep.tlproj")))
    rng = random.Random(5)
    forwards = [what for what in model.WHATS if what != "forget_label"]
    while player.history.at < 240:
        numbers = [rng.randint(0, most) for most in (7, 85, 40, 20)]
        what = rng.choice([*forwards, "box", "mask", "polygon", "paint", "leave"])
        player.play(model.Edit(what, rng.choice(model.IMAGES), *numbers))
        if player.history.at == 120:
            player.reopen()
    player.reopen()
    for move, further in (
        (projects.undo, player.history.undo),
        (projects.redo, player.history.redo),
    ):
        steps = 0
        while further():
            assert move(player.project) is not None
            steps += 1
            assert player_of.read(player.project) == player.history.now
            if steps == 100:
                player.reopen()
        assert steps == 240
        assert move(player.project) is None
        player.check()
    player.project.close()
