"""10,000 polygons of 20 points in view at once: loading, zooming, panning, hovering, editing.

    python tests/bench/canvas_10k.py [--n 10000] [--rounds 9] [--frames 200] [--seed 0]
        [--labelme PYTHON] [--xanylabeling PYTHON]

An image of 4000 x 3000 and its polygons are stored in a project and beside it in labelme's own
JSON. Each round opens both in turn, each in a fresh process and a real window (on Xvfb where
there is no screen): ours from the project's database to the paint that shows every shape, then
frames of real mouse and wheel events, each timed from the event to the end of its painting and of
one turn of the event loop; labelme and X-AnyLabeling (PYTHON of their environments) from the file
to the first paint, then their repaints, which draw every shape: they are set against our repaint
(from the cache), our redraw (every shape anew) and our frame while zooming. Prints JSON:
percentiles over all rounds, medians of the rounds with a 95 % interval, and ratios of the medians
of each round.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import checkout  # noqa: F401
import peers

WIDTH, HEIGHT, CORNERS = 4000, 3000, 20
ACTS = ("zoom", "pan", "hover", "drag_vertex", "move_polygon")


def make(folder: Path, n: int, seed: int) -> tuple[Path, Path]:
    """The project, and the image that has labelme's file beside it."""
    import numpy as np
    from PIL import Image

    from tlstudio.domain.annotations import Polygon
    from tlstudio.services.datasets import import_source
    from tlstudio.services.projects import create_project
    from tlstudio.services.shaping import add_shapes

    rng = np.random.default_rng(seed)
    coarse = rng.integers(90, 230, (60, 80, 3), dtype=np.uint8)
    image = folder / "peer" / "field.jpg"
    image.parent.mkdir()
    Image.fromarray(coarse).resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC).save(image)
    rings = outlines(rng, n)
    shapes = [
        {"label": f"label {i % 7}", "points": ring, "shape_type": "polygon", "flags": {},
         "group_id": None, "description": ""}
        for i, ring in enumerate(rings)
    ]  # fmt: skip
    image.with_suffix(".json").write_text(
        json.dumps(
            {"version": "5.5.0", "flags": {}, "shapes": shapes, "imagePath": image.name,
             "imageData": None, "imageHeight": HEIGHT, "imageWidth": WIDTH}
        )
    )  # fmt: skip
    bare = folder / "bare"
    bare.mkdir()
    shutil.copy(image, bare)
    place = folder / "canvas.tlproj"
    with create_project(place, labels=[f"label {k}" for k in range(7)]) as project:
        import_source(project, bare)
        with project.read() as db:
            [(one,)] = db.execute("SELECT id FROM images").fetchall()
        add_shapes(
            project,
            one,
            [
                Polygon(id="", image=one, label=i % 7 + 1, parts=((tuple(map(tuple, ring)),),))
                for i, ring in enumerate(rings)
            ],
        )
    return place, image


def outlines(rng: Any, n: int) -> list[list[tuple[float, float]]]:
    """Cells of about 30 pixels across, anywhere in the image."""
    import numpy as np

    turns = np.linspace(0, 2 * np.pi, CORNERS, endpoint=False)
    rings = []
    for _ in range(n):
        x, y = rng.uniform(20, WIDTH - 20), rng.uniform(20, HEIGHT - 20)
        reach = rng.uniform(12, 19, CORNERS)
        ring = np.stack((x + reach * np.cos(turns), y + reach * np.sin(turns)), axis=1)
        rings.append([(float(a), float(b)) for a, b in ring.round(2)])
    return rings


class Ours:
    """One canvas in a window, and frames timed on it."""

    def __init__(self, place: Path, frames: int) -> None:
        from PySide6.QtWidgets import QApplication

        from tlstudio.services.projects import open_project
        from tlstudio.ui.canvas.canvas import Canvas
        from tlstudio.ui.canvas.tools import make_tools
        from tlstudio.ui.theme import theme

        sys.setswitchinterval(0.001)  # as the program does
        self.app = QApplication.instance() or QApplication([])
        theme().apply("dark")
        self.frames = frames
        self.worst = 0.0
        self.project = open_project(place, read_only=True)
        self.canvas = Canvas()
        self.canvas.tools = make_tools(self.canvas)
        self.canvas.resize(1366, 768)
        self.canvas.show()
        self.canvas.intent.connect(self._answer)
        self.rest(0.5)

    def load(self) -> dict[str, float]:
        """Milliseconds from the database to the shapes in the scene, and to the full paint."""
        from tlstudio.services.labelling import list_labels
        from tlstudio.services.pictures import load_picture
        from tlstudio.services.workbench import open_image

        with self.project.read() as db:
            [(one,)] = db.execute("SELECT id FROM images").fetchall()
        load_picture(self.project, one)  # the modules for pixels are warm in a running program
        began = time.perf_counter()
        opened = open_image(self.project, one)
        read = time.perf_counter()
        picture = load_picture(self.project, one)
        decoded = time.perf_counter()
        self.canvas.set_image(one, opened.row.width, opened.row.height)
        self.canvas.scene.load(opened.annotations, opened.bitmaps, list_labels(self.project))
        self.canvas.show_picture(picture)
        self.canvas.repaint()
        first = time.perf_counter()
        while not self.canvas.settled:
            self.app.processEvents()
        self.canvas.repaint()
        end = time.perf_counter()
        self.canvas.set_tool("select")
        spans = {
            "read": read - began, "decode": decoded - read, "first_paint": first - decoded,
            "rest": end - first, "load": end - began,
        }  # fmt: skip
        return {name: 1000 * seconds for name, seconds in spans.items()}

    def repaints(self, n: int) -> list[float]:
        return [1000 * timed(self.canvas.repaint) for _ in range(n)]

    def redraws(self, n: int) -> list[float]:
        """Everything drawn anew in one go, as a canvas without a cache has to."""

        def redraw() -> None:
            self.canvas.scene.restyle()
            self.canvas.finish_drawing()
            self.canvas.repaint()

        return [1000 * timed(redraw) for _ in range(n)]

    def act(self, name: str) -> list[float]:
        self.canvas.fit()
        self.canvas.scene.select(())
        self.settle()
        return getattr(self, f"_{name}")()

    def _zoom(self) -> list[float]:
        """In and out again by the wheel, over a factor of 17."""
        return self._frames(lambda i: self._wheel(600 + i % 37, 380, 1 if i % 26 < 13 else -1))

    def _pan(self) -> list[float]:
        self.canvas.zoom_by(2.5)
        self.settle()
        self._mouse("press", 700, 400, "middle")

        def step(i: int) -> None:
            self._mouse("move", 700 + 300 * _swing(i, 90), 400 + 150 * _swing(i, 70), "middle")

        taken = self._frames(step)
        self._mouse("release", 700, 400, "middle")
        return taken

    def _hover(self) -> list[float]:
        return self._frames(lambda i: self._mouse("move", 200 + 4 * (i % 230), 60 + 3 * (i % 210)))

    def _drag_vertex(self) -> list[float]:
        return self._drag(vertex=True)

    def _move_polygon(self) -> list[float]:
        return self._drag(vertex=False)

    def _drag(self, *, vertex: bool) -> list[float]:
        canvas, scene = self.canvas, self.canvas.scene
        shape = scene.shapes()[-1]
        ring = shape.parts[0][0]
        middle = canvas.view.to_screen(
            sum(x for x, _ in ring) / len(ring), sum(y for _, y in ring) / len(ring)
        )
        scene.select([shape.id])
        start = canvas.view.to_screen(*ring[0]) if vertex else middle
        self._mouse("move", start.x(), start.y())
        self._mouse("press", start.x(), start.y(), "left")

        def step(i: int) -> None:
            x, y = 120 * _swing(i, 80), 90 * _swing(i, 60)
            self._mouse("move", start.x() + x, start.y() + y, "left")

        taken = self._frames(step)
        self._mouse("release", start.x() + 20, start.y() + 20, "left")
        self.settle()
        return taken

    def _frames(self, step: Callable[[int], None]) -> list[float]:
        """Milliseconds of each frame: the event, its painting, one turn of the event loop."""
        taken = []
        for number in range(self.frames):
            began = time.perf_counter()
            step(number)
            self.app.processEvents()
            taken.append(1000 * (time.perf_counter() - began))
            self.rest(max(0.0, 0.016 - (time.perf_counter() - began)))
        self.worst = max(self.worst, *taken)
        return taken

    def rest(self, seconds: float) -> None:
        """Let the program work; the longest it was away counts as a stall."""
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            self.worst = max(self.worst, 1000 * timed(self.app.processEvents))
            time.sleep(0.0005)

    def settle(self) -> None:
        self.app.processEvents()
        while not self.canvas.settled:
            self.app.processEvents()

    def _answer(self, intent: Any) -> None:
        """What the store would answer; the transaction itself runs on another thread."""
        from tlstudio.domain.shapes import moved
        from tlstudio.ui.canvas.intents import ChangeShapes, MoveShapes

        scene = self.canvas.scene
        if isinstance(intent, ChangeShapes):
            scene.replace([shape.id for shape in intent.shapes], intent.shapes)
        elif isinstance(intent, MoveShapes):
            size = self.canvas.image_size
            made = [moved(scene.get(key), intent.dx, intent.dy, *size) for key in intent.ids]
            scene.preview_move((), 0, 0)
            scene.replace(intent.ids, made)

    def _wheel(self, x: float, y: float, steps: int) -> None:
        from PySide6.QtCore import QPoint, QPointF, Qt
        from PySide6.QtGui import QWheelEvent

        at = QPointF(x, y)
        event = QWheelEvent(
            at, self.canvas.mapToGlobal(at), QPoint(), QPoint(0, 120 * steps),
            Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier,
            Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        self.app.sendEvent(self.canvas, event)

    def _mouse(self, kind: str, x: float, y: float, button: str = "") -> None:
        from PySide6.QtCore import QEvent, QPointF, Qt
        from PySide6.QtGui import QMouseEvent

        buttons = {
            "": Qt.MouseButton.NoButton,
            "left": Qt.MouseButton.LeftButton,
            "middle": Qt.MouseButton.MiddleButton,
        }
        kinds = {
            "press": QEvent.Type.MouseButtonPress,
            "move": QEvent.Type.MouseMove,
            "release": QEvent.Type.MouseButtonRelease,
        }
        at, none = QPointF(x, y), Qt.MouseButton.NoButton
        event = QMouseEvent(
            kinds[kind], at, self.canvas.mapToGlobal(at),
            none if kind == "move" else buttons[button],
            none if kind == "release" else buttons[button], Qt.KeyboardModifier.NoModifier,
        )  # fmt: skip
        self.app.sendEvent(self.canvas, event)


def _swing(number: int, period: int) -> float:
    """There and back between 0 and 1."""
    place = number % period / period
    return 2 * min(place, 1 - place)


def timed(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def work(place: Path, frames: int) -> None:
    """One round of ours, in a process of its own."""
    import PySide6

    ours = Ours(place, frames)
    found: dict[str, Any] = {
        "load_ms": ours.load(),
        "repaint_ms": ours.repaints(9),
        "redraw_ms": ours.redraws(9),
    }
    ours.worst = 0.0
    found["frames_ms"] = {name: ours.act(name) for name in ACTS}
    found["worst_stall_ms"] = ours.worst
    found["screen"] = ours.app.platformName()
    found["pyside6"] = PySide6.__version__
    print(json.dumps(found), flush=True)
    os._exit(0)


@contextlib.contextmanager
def screen() -> Iterator[dict[str, str]]:
    """The environment of a process that opens windows; a virtual screen where there is none."""
    server = shutil.which("Xvfb")
    if os.environ.get("DISPLAY") or sys.platform != "linux" or server is None:
        yield dict(os.environ)
        return
    reading, writing = os.pipe()
    command = [server, "-displayfd", str(writing), "-screen", "0", "1600x1000x24"]
    running = subprocess.Popen(command, pass_fds=[writing], stderr=subprocess.DEVNULL)
    os.close(writing)
    try:
        with os.fdopen(reading) as numbers:
            yield {**os.environ, "DISPLAY": f":{numbers.readline().strip()}"}
    finally:
        running.terminate()
        running.wait()


def child(command: list[str], env: dict[str, str]) -> dict[str, Any]:
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    if done.returncode or not done.stdout.strip():
        raise SystemExit(f"{command[:3]} failed:\n{done.stderr[-2000:]}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--n", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--frames", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    peers.add_options(parser)
    parser.add_argument("--work", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work is not None:
        work(options.work, options.frames)
    with tempfile.TemporaryDirectory() as name, screen() as env:
        folder = Path(name)
        os.environ["TLSTUDIO_HOME"] = env["TLSTUDIO_HOME"] = str(folder / "home")
        place, image = make(folder, options.n, options.seed)
        ours: list[Any] = []
        theirs: dict[str, list[Any]] = {name: [] for name in peers.chosen(options)}
        me = [sys.executable, __file__, "--work", str(place), "--frames", str(options.frames)]
        for _ in range(options.rounds):
            ours.append(child(me, env))
            for name, python in peers.chosen(options).items():
                theirs[name].append(
                    child([python, str(peers.SCRIPT), name, "shapes", str(image)], env)
                )
        print(json.dumps(report(options, ours, theirs), indent=1))


def beside(ours: list[Any], theirs: list[Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """A peer's times, and their ratios to ours round by round."""
    import numpy as np
    from intervals import median_interval

    repaint = [float(np.median(each["repaint_ms"])) for each in theirs]
    mine = {
        "repaint": [float(np.median(each["repaint_ms"])) for each in ours],
        "redraw": [float(np.median(each["redraw_ms"])) for each in ours],
        "zoom_frame": [float(np.median(each["frames_ms"]["zoom"])) for each in ours],
    }
    loads = [(a["load_ms"]["load"], b["load_ms"]) for a, b in zip(ours, theirs, strict=True)]
    ratios = {
        f"repaint_to_{name}": median_interval([b / a for a, b in zip(values, repaint, strict=True)])
        for name, values in mine.items()
    }
    times = {
        "load_ms": median_interval([b for _, b in loads]),
        "repaint_ms": median_interval(repaint),
    }
    return times, {"load": median_interval([b / a for a, b in loads]), **ratios}


def report(
    options: argparse.Namespace, ours: list[Any], theirs: dict[str, list[Any]]
) -> dict[str, Any]:
    import numpy as np
    from intervals import median_interval

    def percentiles(values: list[float]) -> dict[str, float]:
        at = np.percentile(values, [50, 95, 99])
        names = ("median", "p95", "p99")
        found = {name: round(float(v), 2) for name, v in zip(names, at, strict=True)}
        return {**found, "most": round(max(values), 2), "n": len(values)}

    frames = {
        name: percentiles([ms for each in ours for ms in each["frames_ms"][name]])
        for name in ACTS
    }  # fmt: skip
    found: dict[str, Any] = {
        "bench": "canvas_10k", "n": options.n, "corners": CORNERS, "image": [WIDTH, HEIGHT],
        "rounds": options.rounds, "frames": options.frames, "seed": options.seed,
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()}",
        "versions": {"python": platform.python_version(), "pyside6": ours[0]["pyside6"]},
        "screen": ours[0]["screen"],
        "load_ms": {
            part: median_interval([each["load_ms"][part] for each in ours])
            for part in ours[0]["load_ms"]
        },
        "frame_ms": frames,
        "repaint_ms": percentiles([ms for each in ours for ms in each["repaint_ms"]]),
        "redraw_ms": percentiles([ms for each in ours for ms in each["redraw_ms"]]),
        "worst_stall_ms": round(max(each["worst_stall_ms"] for each in ours), 1),
    }  # fmt: skip
    for name, rounds in theirs.items():
        found[name], found[f"ratio_{name}_to_ours"] = beside(ours, rounds)
    return found


if __name__ == "__main__":
    main()
