"""Kill a labelling process at random instants; every edit it had acknowledged must be there.

    python tests/bench/kill_labelling.py [--kills 500] [--seed 0] [--labeller shapes]

The labeller `shapes` calls the same service functions as the window does and draws boxes,
polygons and mask strokes, labels and reviews; `labels` labels many images and splits them;
`window` is the window itself, offscreen where there is no screen, labelling by keys; `mouse`
draws in it on the Label page. Each says on a pipe what it is about to do and, after that was
acknowledged, that it is done; a logger process writes that to a file and syncs it, so that the
log outlives the labeller. The labeller is killed with SIGKILL (TerminateProcess on Windows) after
a random time, though not before its first edit is done. Then every row, and how far undo and redo
reach, are compared with the log: the project must be as it was after the last edit that was done,
or after the one that had begun.
Prints JSON; exit status 1 if anything was lost.
"""

from __future__ import annotations

import argparse
import copy
import json
import os
import platform
import random
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(Path(__file__).resolve().parent), str(ROOT)]

import kill_mouse  # noqa: E402
import kill_shapes  # noqa: E402

IMAGES = 40
LABELS = ("round", "bars", "odd")
_LONGEST = {"shapes": 0.25, "labels": 0.25, "window": 0.25, "mouse": 1.5}  # seconds before a kill

Rows = dict[int, tuple[tuple[int, ...], str, str | None]]


class State(NamedTuple):
    """Labels, state and split of every image; how many steps undo and redo can go."""

    rows: Rows
    undo: int
    redo: int


def make(folder: Path) -> None:
    """A project of IMAGES images that have no files."""
    from tlstudio.domain.images import SourceFacts
    from tlstudio.services.projects import create_project
    from tlstudio.storage import images

    with create_project(folder, labels=LABELS) as project:
        facts = [
            SourceFacts(1, 1, f"{number}", 8, 8, "L", 8, f"{number}", "0" * 16)
            for number in range(IMAGES)
        ]
        files = [images.NewSource(f"images/{fact.sha256}.png", False, fact) for fact in facts]
        project.transact("undo.import", lambda db: images.add_sources(db, files), undoable=False)


def label(folder: Path, seed: int) -> None:
    """Label for ever; after each edit that was acknowledged, one line on stdout."""
    from tlstudio.domain.images import Split
    from tlstudio.services import labelling, projects

    rng = random.Random(seed)
    project = projects.open_project(folder)
    if project.read_only:
        raise SystemExit(f"the lock of the dead labeller is not free: {project.read_only_reason}")
    acts: dict[str, Callable[[list[int], Any], object]] = {
        "assign": lambda ids, value: labelling.assign_label(project, ids, value),
        "add": lambda ids, value: labelling.assign_label(project, ids, value, add=True),
        "clear": lambda ids, _: labelling.assign_label(project, ids, None),
        "split": lambda ids, value: labelling.set_split(project, ids, Split(value)),
        "undo": lambda _ids, _: projects.undo(project),
        "redo": lambda _ids, _: projects.redo(project),
    }
    print(json.dumps("ready"), flush=True)
    while True:
        what = rng.choices(list(acts), weights=(50, 15, 10, 10, 10, 5))[0]
        ids = rng.sample(range(1, IMAGES + 1), rng.randint(1, 4))
        split = rng.choice(list(Split)).value
        value = split if what == "split" else rng.randint(1, len(LABELS))
        print(json.dumps([what, ids, value]), flush=True)
        acts[what](ids, value)
        print(json.dumps(["done"]), flush=True)


def label_in_window(folder: Path, seed: int) -> None:
    """As `label`, by pressing keys in the real window; done once the window has nothing to do."""
    if sys.platform.startswith("linux") and not os.environ.get("DISPLAY"):
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    from PySide6.QtCore import QEventLoop, Qt, QTimer
    from PySide6.QtTest import QTest

    from tlstudio.ui.app import make_application, make_window

    app = make_application()
    window = make_window(app)
    window.show()

    def settle(condition: Callable[[], bool]) -> None:
        while window.context.ops.pending or not condition():
            loop = QEventLoop()
            QTimer.singleShot(1, loop.quit)
            loop.exec()

    window.context.open_project(folder)
    settle(lambda: window.page("images") is not None)
    page = window.page("images")
    settle(lambda: page.model.rowCount() == IMAGES and len(window.context.labels.all()) == 3)
    rng = random.Random(seed)
    shift, plain = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.NoModifier
    print(json.dumps("ready"), flush=True)
    while True:
        for _ in range(rng.randint(1, 3)):
            QTest.keyClick(page.grid, rng.choice((Qt.Key.Key_D, Qt.Key.Key_D, Qt.Key.Key_A)))
        ids = list(page.model.selected_ids())
        what = rng.choices(("assign", "add", "clear", "undo", "redo"), (50, 15, 10, 10, 5))[0]
        value = rng.randint(1, len(LABELS))
        print(json.dumps([what, ids, value]), flush=True)
        if what in ("assign", "add"):
            key = (Qt.Key.Key_1, Qt.Key.Key_2, Qt.Key.Key_3)[value - 1]
            QTest.keyClick(page.grid, key, shift if what == "add" else plain)
        elif what == "clear":
            QTest.keyClick(page.grid, Qt.Key.Key_Delete)
        else:
            window.context.undo() if what == "undo" else window.context.redo()
        settle(lambda: True)
        print(json.dumps(["done"]), flush=True)


def log(path: Path) -> None:
    """Write stdin to `path` line by line, each synced before the next is read."""
    with path.open("ab", buffering=0) as file:
        for line in sys.stdin.buffer:
            file.write(line)
            os.fsync(file.fileno())


class Model:
    """What the edits mean, with undo and redo, in plain Python."""

    def __init__(self) -> None:
        self.history: list[Rows] = [
            dict.fromkeys(range(1, IMAGES + 1), ((), "unlabelled", None)),
        ]
        self.at = 0

    @property
    def state(self) -> State:
        return State(self.history[self.at], self.at, len(self.history) - 1 - self.at)

    def apply(self, edit: list[Any], _new: list[str]) -> None:
        what, ids, value = edit
        if what == "undo":
            self.at = max(0, self.at - 1)
        elif what == "redo":
            self.at = min(len(self.history) - 1, self.at + 1)
        else:
            now = self.history[self.at]
            after = now | edited(now, what, ids, value)
            if after != now:
                self.history = [*self.history[: self.at + 1], after]
                self.at += 1

    def further(self, edit: list[Any], _found: State) -> Model:
        """The model after an edit that nobody heard the end of."""
        going_on = copy.deepcopy(self)
        going_on.apply(edit, [])
        return going_on


def edited(now: Rows, what: str, ids: list[int], value: Any) -> Rows:
    """The rows of `ids` after the edit."""
    everywhere = what == "add" and all(value in now[image][0] for image in ids)
    after: Rows = {}
    for image in ids:
        labels, state, split = now[image]
        if what == "split":
            after[image] = (labels, state, value)
            continue
        if what == "assign":
            labels = (value,)
        elif what == "clear":
            labels = ()
        elif everywhere:
            labels = tuple(number for number in labels if number != value)
        else:
            labels = tuple(sorted({*labels, value}))
        after[image] = (labels, "labelled" if labels else "unlabelled", split)
    return after


def read(folder: Path) -> State:
    """What is in the database file, with plain SQL; opening it recovers what the kill left."""
    with closing(sqlite3.connect(folder / "project.db")) as database:
        if database.execute("PRAGMA integrity_check").fetchone()[0] != "ok":
            raise SystemExit("the database is damaged")
        rows: Rows = {}
        for image, state, split in database.execute("SELECT id, state, split FROM images"):
            labels = database.execute(
                "SELECT label_id FROM annotations WHERE image_id = ? ORDER BY label_id", (image,)
            )
            rows[image] = (tuple(row[0] for row in labels), state, split)
        undo, redo = database.execute(
            "SELECT coalesce(sum(undone = 0), 0), coalesce(sum(undone = 1), 0)"
            " FROM steps WHERE barrier = 0"
        ).fetchone()
        return State(rows, undo, redo)


def one_round(folder: Path, log_file: Path, seed: int, wait: float, role: str) -> None:
    """Start a labeller and its logger, kill the labeller `wait` seconds after it is ready, and not
    before it has acknowledged an edit."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    start = log_file.stat().st_size if log_file.exists() else 0
    me = [sys.executable, str(Path(__file__).resolve())]
    labeller = subprocess.Popen(
        [*me, "--role", role, "--folder", str(folder), "--seed", str(seed)],
        stdout=subprocess.PIPE,
        env=environment,
    )
    logger = subprocess.Popen(
        [*me, "--role", "log", "--folder", str(log_file)], stdin=labeller.stdout, env=environment
    )
    assert labeller.stdout is not None
    labeller.stdout.close()

    def until_logged(word: bytes) -> None:
        deadline = time.monotonic() + 120
        while word not in (log_file.read_bytes()[start:] if log_file.exists() else b""):
            if labeller.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"the labeller did not say {word.decode()}")
            time.sleep(0.002)

    until_logged(b"ready")
    time.sleep(wait)
    until_logged(b'["done"')
    labeller.kill()
    labeller.wait()
    logger.wait(timeout=60)


def bench(kills: int, seed: int, place: Path, role: str) -> dict[str, Any]:
    """Kill `kills` times. `lost` counts kills after which the project was not as logged (the
    first ends the bench); `begun_and_kept` those that came between the commit and its telling."""
    rng = random.Random(seed)
    folder, log_file = place / "killed.tlproj", place / "edits.log"
    meanings: dict[str, Any] = {"shapes": kill_shapes, "mouse": kill_mouse}
    meaning = meanings.get(role, sys.modules[__name__])
    meaning.make(folder)
    model, edits, lost, begun, seen = meaning.Model(), 0, 0, 0, 0
    for number in range(kills):
        one_round(
            folder, log_file, seed * 1_000_003 + number, rng.uniform(0.0, _LONGEST[role]), role
        )
        told = [json.loads(line) for line in log_file.read_text("utf-8").splitlines()[seen:]]
        seen += len(told)
        pending = None
        for line in told:
            if line[0] == "done" and pending is not None:
                model.apply(pending, line[1:])
                edits, pending = edits + 1, None
            elif line != "ready":
                pending = line
        found = meaning.read(folder)
        if found != model.state and pending is not None:
            further = model.further(pending, found)
            if found == further.state:
                model, begun = further, begun + 1
        if found != model.state:
            lost += 1
            print(f"kill {number}: {pending=}\n{found}\n{model.state}", file=sys.stderr)
            break
    return {
        "labeller": role,
        "seed": seed,
        "machine": {"system": platform.platform(), "cpus": os.cpu_count()},
        "versions": {"python": platform.python_version(), "sqlite": sqlite3.sqlite_version},
        "n": number + 1,
        "kills": number + 1,
        "edits": edits,
        "begun_and_kept": begun,
        "lost": lost,
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--kills", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--labeller", choices=LABELLERS, default="shapes")
    parser.add_argument("--role", choices=("bench", "log", *LABELLERS), default="bench")
    parser.add_argument("--folder", type=Path)
    given = parser.parse_args()
    if given.role in LABELLERS:
        LABELLERS[given.role](given.folder, given.seed)
    elif given.role == "log":
        log(given.folder)
    else:
        with tempfile.TemporaryDirectory() as place:
            os.environ["TLSTUDIO_HOME"] = str(Path(place) / "home")
            report = bench(given.kills, given.seed, Path(place), given.labeller)
        print(json.dumps(report))
        return 1 if report["lost"] else 0
    return 0


LABELLERS: dict[str, Callable[[Path, int], None]] = {
    "shapes": kill_shapes.label,
    "labels": label,
    "window": label_in_window,
    "mouse": kill_mouse.label,
}


if __name__ == "__main__":
    sys.exit(main())
