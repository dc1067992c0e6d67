"""The desk: who is served first, what is stale, what is remembered. The network is pretended."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from torch import Tensor, nn

from tlstudio.domain.errors import Cancelled
from tlstudio.domain.events import Answer, Event, Progressed
from tlstudio.imaging.packed import unpack
from tlstudio.ml.assist.desk import KEPT_IMAGES, Desk
from tlstudio.ml.assist.networks import Features, Prompt, Promptable
from tlstudio.ml.assist.view import CELLS
from tlstudio.ml.reporter import Orders, Reporter

STEPS = 4


class Pretended(Promptable):
    """Sees nothing in `STEPS` steps; outlines a square of cells around the last point."""

    def __init__(self) -> None:
        super().__init__(nn.Sequential(*(nn.Identity() for _ in range(STEPS)), nn.Linear(1, 1)))
        self.looked = 0

    def steps(self) -> list[nn.Module]:
        return list(self.network)[:STEPS]

    def look(self, square: Tensor) -> Features:
        self.looked += 1
        for step in self.steps():
            square = step(square)
        return Features(square.mean((2, 3)))

    def answer(self, features: Features, prompt: Prompt) -> tuple[Tensor, Tensor]:
        logits = torch.full((4, CELLS, CELLS), -1.0)
        x, y = (prompt.points[-1] / 4).int().tolist()
        for place in range(4):
            reach = 2 + 3 * place
            logits[place, max(0, y - reach) : y + reach, max(0, x - reach) : x + reach] = 1
        if prompt.previous is not None:
            logits[0] = torch.maximum(logits[0], prompt.previous)
        return logits, torch.tensor([0.5, 0.1, 0.9, 0.3])


class Bench:
    """A desk, what it is told, and what it says."""

    def __init__(self, folder: Path) -> None:
        self.orders = Orders()
        self.said: list[Event] = []
        self.network = Pretended()
        self.at_step: dict[int, Callable[[], None]] = {}
        self.passed = self.told = 0
        for step in self.network.steps():
            step.register_forward_pre_hook(self._pass)
        self.desk = Desk(self.network, Reporter(self.said.append, self.orders))
        self.thread = threading.Thread(target=self.desk.run, daemon=True)
        self.file = folder / "a.png"
        Image.new("RGB", (400, 200), "red").save(self.file)

    def _pass(self, *_: object) -> None:
        self.at_step.pop(self.passed, lambda: None)()
        self.passed += 1

    def tell(self, name: str, do: str, key: str = "a", **more: Any) -> None:
        image = {"key": key, "path": str(self.file), "width": 400, "height": 200}
        self.line(json.dumps({"id": name, "do": do, "image": image, **more}))

    def line(self, text: str) -> None:
        self.told += 1
        self.orders.take(text)

    def settle(self) -> None:
        """Wait until all that was told has been answered."""
        limit = time.monotonic() + 60
        while len(self.order) < self.told:
            assert self.thread.is_alive() and time.monotonic() < limit, self.order
            time.sleep(0.005)

    @property
    def answers(self) -> dict[str, Answer]:
        return {event.id: event for event in self.said if isinstance(event, Answer)}

    @property
    def order(self) -> list[str]:
        return [event.id for event in self.said if isinstance(event, Answer)]

    def error(self, name: str) -> str:
        return str((self.answers[name].error or {}).get("code"))


@pytest.fixture
def idle(tmp_path: Path) -> Bench:
    """A desk where nobody works yet."""
    return Bench(tmp_path)


@pytest.fixture
def bench(idle: Bench) -> Iterator[Bench]:
    """A desk at work."""
    idle.thread.start()
    yield idle
    idle.orders.parent_gone()
    idle.thread.join(60)
    assert not idle.thread.is_alive()


def test_an_outline_lies_where_the_person_pointed(bench: Bench) -> None:
    bench.tell("1", "prompt", points=[[300.0, 100.0]], labels=[1])
    bench.settle()
    result = bench.answers["1"].result or {}
    best = result["outlines"][0]
    assert best["confidence"] == pytest.approx(0.9), (
        "one point can mean several things: the best first"
    )
    assert [each["confidence"] for each in result["outlines"]] == [0.9, 0.3, 0.1, 0.5]
    # 400 pixels are 256 cells: 8 cells of each side are 12.5 pixels.
    assert abs(best["x"] + best["w"] / 2 - 300) < 2 and abs(best["y"] + best["h"] / 2 - 100) < 2
    assert unpack(best["bits"], best["w"], best["h"]).all()
    assert bench.network.looked == 1


def test_a_clear_prompt_gets_its_one_answer_first(bench: Bench) -> None:
    bench.tell("1", "prompt", points=[[300.0, 100.0]], labels=[1], box=[280.0, 80.0, 40.0, 40.0])
    bench.settle()
    scores = [each["confidence"] for each in (bench.answers["1"].result or {})["outlines"]]
    assert scores == [0.5, 0.9, 0.3, 0.1]


def test_an_image_is_looked_at_once(bench: Bench) -> None:
    bench.tell("1", "embed")
    bench.tell("2", "embed")
    bench.tell("3", "prompt", points=[[5, 5]], labels=[1])
    bench.settle()
    assert bench.network.looked == 1


def test_the_oldest_of_many_images_is_forgotten(bench: Bench) -> None:
    for index in range(KEPT_IMAGES + 1):
        bench.tell(f"{index}", "embed", key=f"k{index}")
        bench.settle()
    bench.tell("again", "embed", key="k0")
    bench.settle()
    bench.tell("kept", "embed", key=f"k{KEPT_IMAGES}")
    bench.settle()
    assert bench.network.looked == KEPT_IMAGES + 2


def test_a_prompt_is_answered_between_the_steps_of_an_embedding(bench: Bench) -> None:
    bench.tell("known", "embed", key="a")
    bench.settle()
    bench.at_step[STEPS + 1] = lambda: bench.tell("p", "prompt", "a", points=[[5, 5]], labels=[1])
    bench.tell("next", "embed", key="b", ahead=True)
    bench.settle()
    assert bench.order == ["known", "p", "next"]
    assert bench.network.looked == 2, "looking at the next image went on where it was"


def test_another_image_makes_an_embedding_stale(bench: Bench) -> None:
    bench.at_step[1] = lambda: bench.tell("new", "embed", key="b")
    bench.tell("old", "embed", key="a")
    bench.settle()
    assert bench.error("old") == "assist.stale" and bench.answers["new"].result
    bench.tell("x", "embed", key="c")
    bench.tell("y", "embed", key="d")
    bench.settle()
    assert bench.error("x") == "assist.stale", "also while it only waited"


def test_and_a_prompt_that_waits_for_its_image(bench: Bench) -> None:
    bench.at_step[1] = lambda: bench.tell("new", "embed", key="b")
    bench.tell("old", "prompt", key="a", points=[[5, 5]], labels=[1])
    bench.settle()
    assert bench.error("old") == "assist.stale" and bench.answers["new"].result


def test_looking_ahead_gives_way_and_goes_on_later(bench: Bench) -> None:
    bench.at_step[1] = lambda: bench.tell("now", "embed", key="a")
    bench.tell("ahead", "embed", key="b", ahead=True)
    bench.settle()
    assert bench.order == ["now", "ahead"]
    assert bench.answers["ahead"].result, "it was not dropped"


def test_what_was_looked_at_ahead_can_become_what_is_waited_for(bench: Bench) -> None:
    bench.at_step[1] = lambda: bench.tell("now", "embed", key="b")
    bench.tell("ahead", "embed", key="b", ahead=True)
    bench.settle()
    assert bench.network.looked == 1
    assert [e.done for e in bench.said if isinstance(e, Progressed)], "from then on it says how far"


def test_a_cancelled_embedding_is_dropped(bench: Bench) -> None:
    bench.at_step[1] = lambda: bench.tell("2", "cancel", key="a")
    bench.tell("1", "embed", key="a")
    bench.settle()
    assert bench.error("1") == "assist.stale" and bench.answers["2"].result


def test_a_cancelled_job_ends_between_two_steps(idle: Bench) -> None:
    idle.at_step[1] = lambda: idle.orders.take("cancel")
    idle.tell("1", "embed")
    with pytest.raises(Cancelled):
        idle.desk.run()
    assert idle.passed == 2


def test_the_next_prompt_goes_on_from_an_earlier_answer(bench: Bench) -> None:
    bench.tell("1", "prompt", points=[[50, 50]], labels=[1])
    bench.settle()
    more = {"points": [[50, 50], [350, 150]], "labels": [1, 1]}
    bench.tell("2", "prompt", **more, previous={"name": "1", "choice": 0})
    bench.tell("3", "prompt", **more, previous={"name": "forgotten", "choice": 0})
    bench.settle()
    wide = {name: (bench.answers[name].result or {})["outlines"][0]["w"] for name in ("2", "3")}
    assert wide["2"] > 280 > wide["3"]


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({}, "assist.no_prompt"),
        ({"points": [[1, 2]], "labels": []}, "training.bad_request"),
        ({"points": "no", "labels": [1]}, "training.bad_request"),
        ({"image": {"key": "z", "path": "/nowhere.png", "width": 5, "height": 5},
          "points": [[1, 1]], "labels": [1]}, "data.file_missing"),
    ],
)  # fmt: skip
def test_what_cannot_be_served_is_refused_and_the_desk_goes_on(
    bench: Bench, more: dict[str, Any], code: str
) -> None:
    image = {"key": "a", "path": str(bench.file), "width": 400, "height": 200}
    bench.line(json.dumps({"id": "1", "do": "prompt", "image": image, **more}))
    bench.line("this is no request")
    bench.tell("2", "wake")
    bench.settle()
    assert bench.error("1") == code
    assert bench.error("") == "training.bad_request"
    assert bench.answers["2"].result
