"""Time from the key to the next image in full on the canvas, at 24 megapixels, beside others.

    python tests/bench/next_image.py [--rounds 9] [--images 6] [--large] [--seed 0]
        [--labelme PYTHON] [--xanylabeling PYTHON]

JPEGs of 6000 x 4000 with the noise of a camera are made and imported. Each round opens, in a
fresh process and a real window (on Xvfb where there is no screen), the Label page twice - with
the next image decoded ahead, waiting for that before each key, and without - and labelme and
X-AnyLabeling (PYTHON of their environments) on the same files, in turns. Ours is timed from the key
press to the end of the paint that shows every pixel of the new image; `seen_ms` is when a draft
of it was painted first. They are timed from their own command to the end of their paint. With
`--large` a TIFF of 10,000 x 10,000 is opened and panned as well. Prints JSON: medians of the
rounds in milliseconds with a 95 % interval, and ratios to them.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import checkout  # noqa: F401
import peers
from canvas_10k import screen
from intervals import median_interval

SIZE = (6000, 4000)
LARGE = (10_000, 10_000)
PANS = 100


def draw(file: Path, size: tuple[int, int], seed: int) -> None:
    """A smooth field with cells and a camera's noise, as hard to decode as a real picture."""
    import numpy as np
    from PIL import Image

    rng = np.random.default_rng(seed)
    coarse = rng.integers(110, 235, (size[1] // 80, size[0] // 80, 3), dtype=np.uint8)
    smooth = np.asarray(Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC))
    noise = rng.normal(0, 6, (1024, 1024, 3)).astype(np.int8)
    across, down = -(-size[0] // 1024), -(-size[1] // 1024)
    for y in range(down):  # in strips, so that a large one is not held as 16-bit as well
        strip = smooth[y * 1024 : (y + 1) * 1024]
        grain = np.tile(noise, (1, across, 1))[: strip.shape[0], : size[0]]
        smooth = smooth if smooth.flags.writeable else smooth.copy()
        smooth[y * 1024 : (y + 1) * 1024] = np.clip(strip.astype(np.int16) + grain, 0, 255)
    Image.fromarray(smooth).save(file, quality=92)


def make(folder: Path, options: argparse.Namespace) -> tuple[Path, Path, Path | None]:
    """The project, the folder of JPEGs, and the project of the large TIFF."""
    from tlstudio.services.datasets import import_source
    from tlstudio.services.projects import create_project

    jpegs = folder / "jpegs"
    jpegs.mkdir()
    for number in range(options.images):
        draw(jpegs / f"field_{number:02d}.jpg", SIZE, options.seed + number)
    with create_project(folder / "next.tlproj", task="detection", labels=["cell"]) as project:
        import_source(project, jpegs)
    if not options.large:
        return project.folder, jpegs, None
    tiffs = folder / "tiffs"
    tiffs.mkdir()
    draw(tiffs / "large.tif", LARGE, options.seed)
    with create_project(folder / "large.tlproj", task="detection", labels=["cell"]) as large:
        import_source(large, tiffs)
    return project.folder, jpegs, large.folder


class Ours:
    """The Label page of a real window."""

    def __init__(self, place: Path) -> None:
        from PySide6.QtCore import QEventLoop

        from tlstudio.ui.app import make_application, make_window
        from tlstudio.ui.theme import theme

        sys.setswitchinterval(0.001)  # as the program does
        self.app = make_application()
        theme().apply("dark")
        self.window = make_window(self.app)
        self.window.resize(1366, 768)
        self.window.show()
        self.window.context.open_project(place)
        self.loop = QEventLoop()
        while self.window.page("images") is None:
            self.rest(0.05)

    def open(self) -> dict[str, float]:
        """Milliseconds from the click on Label to the first image in full."""
        began = time.perf_counter()
        self.window.show_page("label", {})
        self.page = self.window.page("label")
        self.page.stage.shown.connect(self._shown)
        self.page.stage.sharpened.connect(self._sharp)
        return self._wait(began)

    def next(self) -> dict[str, float]:
        from PySide6.QtCore import Qt
        from PySide6.QtTest import QTest

        began = time.perf_counter()
        QTest.keyClick(self.page.canvas, Qt.Key.Key_D)
        return self._wait(began)

    def _wait(self, began: float) -> dict[str, float]:
        from PySide6.QtCore import QTimer

        self._times: dict[str, float] = {}
        self._began = began
        patience = QTimer()
        patience.setSingleShot(True)
        patience.timeout.connect(lambda: os._exit(3))  # it never came
        patience.start(60_000)
        self.loop.exec()
        self.page.canvas.repaint()
        self._times["full_ms"] = 1000 * (time.perf_counter() - began)
        return self._times

    def _shown(self, _opened: object, picture: Any) -> None:
        self.page.canvas.repaint()
        self._times["seen_ms"] = 1000 * (time.perf_counter() - self._began)
        self._sharp(picture)

    def _sharp(self, picture: Any) -> None:
        if not picture.preview:
            self.loop.quit()

    def rest(self, seconds: float) -> None:
        """Let the window and its threads work."""
        from PySide6.QtCore import QEventLoop, QTimer

        loop = QEventLoop()
        QTimer.singleShot(round(1000 * seconds), loop.quit)
        loop.exec()

    def ahead(self) -> None:
        """Until the neighbours are decoded and nothing is under way."""
        while not self.page.pictures.kept >= set(self.page.navigator.near()):
            self.rest(0.02)
        self.settle()

    def settle(self) -> None:
        self.rest(0.3)
        while self.window.context.ops.pending:
            self.rest(0.02)

    def pans(self) -> list[float]:
        """Milliseconds of each frame while the image is moved."""
        canvas, taken = self.page.canvas, []
        for number in range(PANS):
            began = time.perf_counter()
            canvas.pan(7 if number % 50 < 25 else -7, 5 if number % 30 < 15 else -5)
            canvas.repaint()
            taken.append(1000 * (time.perf_counter() - began))
            self.app.processEvents()
        return taken


def work(place: Path, what: str) -> None:
    """One round of ours, in a process of its own: with, without or large."""
    import psutil
    import PySide6

    # The page opens where one was last: each process begins without a memory.
    os.environ["TLSTUDIO_HOME"] = tempfile.mkdtemp(dir=place.parent)
    ours = Ours(place)
    found: dict[str, Any] = {"open": ours.open()}
    if what == "large":
        ours.settle()
        found["pan_fit_ms"] = ours.pans()
        ours.page.canvas.one_to_one()
        found["pan_1_to_1_ms"] = ours.pans()
    else:
        steps = len(ours.page.navigator.ids) - 1
        if what == "without":
            ours.settle()
            ours.page.pictures.want_near = lambda _images: None
        found["next"] = []
        for _ in range(steps):
            if what == "with":
                ours.ahead()
            else:
                ours.settle()
                ours.page.pictures.forget_all()
            found["next"].append(ours.next())
    found["mib"] = round(psutil.Process().memory_info().rss / 2**20)
    found["screen"], found["pyside6"] = ours.app.platformName(), PySide6.__version__
    print(json.dumps(found), flush=True)
    os._exit(0)


def run(python: str, arguments: Sequence[str], environment: dict[str, str]) -> dict[str, Any]:
    done = subprocess.run(
        [python, *arguments], env=environment, capture_output=True, text=True, timeout=900
    )
    if not done.stdout.strip():
        raise SystemExit(f"{' '.join(arguments)} said nothing:\n{done.stderr[-4000:]}")
    answer: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return answer


def median(values: Sequence[float]) -> float:
    ordered = sorted(values)
    return ordered[len(ordered) // 2]


def measure(folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    place, jpegs, large = make(folder, options)
    me = str(Path(__file__).resolve())
    rounds: dict[str, list[dict[str, Any]]] = {"with": [], "without": []}
    pythons = peers.chosen(options)
    rounds |= {name: [] for name in pythons}
    if large is not None:
        rounds["large"] = []
    with screen() as environment:
        environment = {**environment, "TLSTUDIO_HOME": str(folder / "home")}
        for turn in range(options.rounds):
            for name in list(rounds) if turn % 2 else list(reversed(rounds)):
                if name in pythons:
                    words = [str(peers.SCRIPT), name, "next", str(jpegs)]
                    answer = run(pythons[name], words, environment)
                else:
                    target = large if name == "large" else place
                    answer = run(sys.executable, [me, "--work", name, str(target)], environment)
                rounds[name].append(answer)
    return report(rounds, options)


def report(rounds: dict[str, list[dict[str, Any]]], options: argparse.Namespace) -> dict[str, Any]:
    seed = options.seed
    ours = {n: [[s["full_ms"] for s in r["next"]] for r in rounds[n]] for n in ("with", "without")}
    found: dict[str, Any] = {
        "bench": "next_image",
        "rounds": options.rounds,
        "images": options.images,
        "megapixels": SIZE[0] * SIZE[1] / 1e6,
        "seed": seed,
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()}",
        "versions": {"python": platform.python_version(), "pyside6": rounds["with"][0]["pyside6"]},
        "screen": rounds["with"][0]["screen"],
        "next_ms": {n: median_interval([median(one) for one in ours[n]], seed) for n in ours},
        "seen_ms": {
            n: median_interval([median([s["seen_ms"] for s in r["next"]]) for r in rounds[n]], seed)
            for n in ours
        },
        "worst_ms": {n: round(max(max(one) for one in ours[n]), 1) for n in ours},
        "mib": {n: max(r["mib"] for r in rounds[n]) for n in ours},
    }
    for name in (name for name in peers.NAMES if name in rounds):
        peer = [median(r["next_ms"]) for r in rounds[name]]
        found["next_ms"][name] = median_interval(peer, seed)
        found[f"{name}_to_ours"] = {
            n: median_interval([p / median(o) for p, o in zip(peer, ours[n], strict=True)], seed)
            for n in ours
        }
    if "large" in rounds:
        found["large"] = {
            "megapixels": LARGE[0] * LARGE[1] / 1e6,
            "open_ms": median_interval([r["open"]["full_ms"] for r in rounds["large"]], seed),
            "pan_p95_ms": {
                zoom: median_interval([p95(r[f"pan_{zoom}_ms"]) for r in rounds["large"]], seed)
                for zoom in ("fit", "1_to_1")
            },
            "mib": max(r["mib"] for r in rounds["large"]),
        }
    return found


def p95(values: Sequence[float]) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--images", type=int, default=6)
    parser.add_argument("--large", action="store_true")
    parser.add_argument("--seed", type=int, default=0)
    peers.add_options(parser)
    parser.add_argument("--work", nargs=2, metavar=("WHAT", "PROJECT"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work:
        work(Path(options.work[1]), options.work[0])
        return
    with tempfile.TemporaryDirectory() as folder:
        os.environ["TLSTUDIO_HOME"] = f"{folder}/home"
        print(json.dumps(measure(Path(folder), options), indent=1))


if __name__ == "__main__":
    main()
