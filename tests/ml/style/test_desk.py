"""The warm worker: a newer request replaces the running one, and goes on from where it stands."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tlstudio.domain.errors import Cancelled
from tlstudio.domain.events import Answer, Event, Preview
from tlstudio.domain.runs import JobSpec
from tlstudio.ml.reporter import Orders, Reporter
from tlstudio.ml.style.desk import Desk
from tlstudio.worker.dispatch import find_work

Order = Callable[..., dict[str, Any]]
LONG = 100_000


def size_of(path: Path | str) -> tuple[int, int]:
    with Image.open(path) as image:
        return image.size


class Bench:
    """A desk at work, what it is told and what it says."""

    def __init__(self, folder: Path, order: Order) -> None:
        self.folder, self.order = folder, order
        self.orders, self.said = Orders(), list[Event]()
        self.desk = Desk(Reporter(self.said.append, self.orders), folder / "desk")
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.raised: BaseException | None = None

    def _run(self) -> None:
        try:
            self.desk.run()
        except Cancelled as error:
            self.raised = error

    def ask(self, name: str, **facts: Any) -> None:
        params = self.order(self.folder / f"{name}.png", **facts)
        self.line({"id": name, "do": "style", **params})

    def line(self, body: object) -> None:
        self.orders.take(body if isinstance(body, str) else json.dumps(body))

    def until(self, found: Callable[[], Any]) -> Any:
        limit = time.monotonic() + 60
        while not (value := found()):
            assert self.thread.is_alive() and time.monotonic() < limit, self.said
            time.sleep(0.005)
        return value

    def answer(self, name: str) -> Answer:
        answers = lambda: [e for e in self.said if isinstance(e, Answer) and e.id == name]  # noqa: E731
        found: Answer = self.until(answers)[0]
        return found

    def result(self, name: str) -> dict[str, Any]:
        found = self.answer(name)
        assert found.result is not None, found.error
        return found.result

    def error(self, name: str) -> str:
        return str((self.answer(name).error or {}).get("code"))

    def previews(self, name: str) -> list[Preview]:
        return [e for e in self.said if isinstance(e, Preview) and e.request == name]


@pytest.fixture
def bench(tmp_path: Path, order: Order) -> Iterator[Bench]:
    made = Bench(tmp_path, order)
    made.thread.start()
    yield made
    made.orders.parent_gone()
    made.thread.join(60)
    assert not made.thread.is_alive()


def test_it_makes_one_picture_after_another(bench: Bench) -> None:
    for name in ("a", "b"):
        bench.ask(name)
        assert Path(bench.result(name)["out"]).is_file()
    assert bench.result("a")["losses"] == bench.result("b")["losses"]


def test_a_newer_request_replaces_the_running_one(bench: Bench) -> None:
    bench.ask("old", steps=LONG)
    bench.until(lambda: bench.previews("old"))
    bench.ask("new")
    assert bench.error("old") == "style.replaced"
    assert bench.result("new")["ended"] == "completed"
    assert not (bench.folder / "old.png").exists()


def test_of_those_that_wait_only_the_newest_is_made(tmp_path: Path, order: Order) -> None:
    idle = Bench(tmp_path, order)
    for name in ("a", "b", "c"):
        idle.ask(name)
    idle.thread.start()
    assert idle.result("c")
    assert idle.error("a") == idle.error("b") == "style.replaced"
    idle.orders.parent_gone()
    idle.thread.join(60)


def test_stop_answers_with_the_picture_as_it_is(bench: Bench) -> None:
    bench.ask("long", steps=LONG)
    bench.until(lambda: bench.previews("long"))
    bench.line({"id": "s", "do": "stop"})
    result = bench.result("long")
    assert result["ended"] == "user" and size_of(result["out"]) == (64, 43)
    assert bench.answer("s").result == {}
    bench.line({"id": "t", "do": "stop"})
    bench.ask("next")
    assert bench.result("next")["ended"] == "completed", "an old stop does not end a new one"


def test_it_goes_on_from_the_picture_as_it_stands(bench: Bench) -> None:
    bench.ask("first", steps=40)
    total = bench.result("first")["losses"]["total"]
    bench.ask("on", steps=2, start_from="here")
    bench.ask("anew", steps=2) if bench.result("on") else None
    assert bench.result("on")["losses"]["total"] < 1.2 * total
    assert bench.result("anew")["losses"]["total"] > 1.5 * total


def test_also_from_that_of_a_replaced_request_and_at_another_size(bench: Bench) -> None:
    bench.ask("old", steps=LONG, colour="histogram")
    bench.until(lambda: len(bench.previews("old")) > 1)
    bench.ask("on", steps=1, size=96, start_from="here", style_weight=0, colour="histogram")
    assert size_of(bench.result("on")["out"]) == (96, 64)
    found = np.asarray(Image.open(bench.result("on")["out"]), float)
    content = Image.open(bench.folder / "content.png").resize((96, 64))
    assert np.abs(found - np.asarray(content)).mean() > 4, "it does not begin with the content"


def test_here_without_a_picture_begins_as_the_settings_say(bench: Bench) -> None:
    bench.ask("a", start_from="here")
    bench.ask("b") if bench.result("a") else None
    assert bench.result("a")["losses"] == bench.result("b")["losses"]


def test_previews_come_in_two_files_in_turn(bench: Bench) -> None:
    bench.ask("long", steps=LONG)
    files = [p.file for p in bench.until(lambda: bench.previews("long")[:3][2:] and bench.said)
             if isinstance(p, Preview)]  # fmt: skip
    assert files[0] == files[2] != files[1]
    assert all(preview.steps == LONG for preview in bench.previews("long"))
    bench.line({"id": "s", "do": "stop"})
    assert bench.result("long")


@pytest.mark.parametrize(
    ("line", "name", "code"),
    [
        ("no json", "", "training.bad_request"),
        ({"id": "x"}, "x", "training.bad_request"),
        ({"id": "x", "do": "sing"}, "x", "training.bad_request"),
        ({"id": "x", "do": "style"}, "x", "training.bad_request"),
        ({"id": "x", "do": "style", "styling": {"sources": 3}, "weights": {}, "out": "o.png"}, "x",
         "training.bad_request"),
        ({"id": "x", "do": "style", "styling": {}, "weights": {}, "out": "o.exe"}, "x",
         "styling.ending"),
    ],
)  # fmt: skip
def test_hostile_lines_are_refused_and_the_desk_goes_on(
    bench: Bench, line: object, name: str, code: str
) -> None:
    bench.line(line)
    assert bench.error(name) == code
    bench.ask("after", steps=1)
    assert bench.result("after")


def test_hostile_settings_and_pictures_are_answered(bench: Bench) -> None:
    bench.ask("absent", content=bench.folder / "absent.png")
    assert bench.answer("absent").error["params"]["file"].endswith("absent.png")  # type: ignore[index]
    params = bench.order(bench.folder / "o.png")
    params["styling"]["settings"]["size"] = 3
    bench.line({"id": "small", "do": "style", **params})
    assert bench.error("small") == "recipe.value"


def test_cancel_ends_the_worker_between_two_steps(bench: Bench) -> None:
    bench.ask("long", steps=LONG)
    bench.until(lambda: bench.previews("long"))
    bench.orders.take("cancel")
    bench.thread.join(60)
    assert isinstance(bench.raised, Cancelled)


def test_the_worker_finds_both_jobs(order: Order, tmp_path: Path) -> None:
    params = order(tmp_path / "o.png", steps=1)
    job = JobSpec("stylize", "style", str(tmp_path / "job"), str(tmp_path), params)
    assert find_work("stylize", "style")(job, Reporter())["steps"] == 1
    orders = Orders()
    orders.parent_gone()
    answer = find_work("serve", "style")(replace(job, params={}), Reporter(None, orders))
    assert answer["served"] == 0
