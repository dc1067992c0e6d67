"""Scrolling through 100,000 images: time of a frame in the grid, beside Qt's own icon view.

A project of invented rows, thumbnails and boxes is made (no image files are needed to look at
thumbnails); the outlines of the boxes lie over the thumbnails. The grid is scrolled by wheel-sized
steps and by pages; each frame is timed from setting the scroll bar to the end of its painting and
of whatever else the window had to do. The peer is QListView in icon mode with
uniform sizes and one ready pixmap for all, which does less. Prints JSON.

    python tests/bench/grid_scroll.py [--n 100000] [--shapes 5] [--frames 600] [--seed 0]
"""

from __future__ import annotations

import argparse
import io
import json
import os
import platform
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import checkout  # noqa: F401

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")


def make_project(folder: Path, n: int, seed: int, shapes: int = 0) -> None:
    """`n` images of 10 labels and 500 groups with distinct thumbnails and `shapes` boxes each,
    every fifth of them suggested."""
    import numpy as np
    from PIL import Image

    from tlstudio.domain.annotations import AnnotationSource, Box, Provenance
    from tlstudio.domain.images import SourceFacts, Split
    from tlstudio.services.projects import create_project
    from tlstudio.storage import annotations, images
    from tlstudio.storage.sources import NewSource, add_sources

    rng = np.random.default_rng(seed)
    with create_project(folder, labels=[f"label {k}" for k in range(10)]) as project:
        facts = [
            SourceFacts(9000, 0, f"{k:064x}", 256, 192, "RGB", 8, f"{k:064x}", f"{k:016x}")
            for k in range(n)
        ]

        def write(db) -> None:  # type: ignore[no-untyped-def]
            made = [NewSource(f"images/a{k:06d}.jpg", False, facts[k]) for k in range(n)]
            ids = add_sources(db, made)
            for label in range(10):
                annotations.set_image_label(db, ids[label::10], label + 1)
            hint = Provenance(source=AnnotationSource.MODEL, confidence=0.5, suggestion=True)
            corners = rng.uniform(0, 150, (n, shapes, 2)).tolist()
            for start in range(0, n, 10_000):
                annotations.add(
                    db,
                    [
                        Box(id="", image=image, label=1 + number % 10, x=x, y=y, w=40, h=30,
                            provenance=hint if number % 5 == 4 else Provenance())
                        for image, places in zip(
                            ids[start : start + 10_000], corners[start : start + 10_000],
                            strict=True,
                        )
                        for number, (x, y) in enumerate(places)
                    ],
                )  # fmt: skip
            for group in range(500):
                images.set_group(db, ids[group::500], f"slide {group:03d}")
            images.set_split(db, ids[: n * 7 // 10], Split.TRAIN)

        project.transact("undo.import", write, undoable=False)
        for start in range(0, n, 1000):
            batch = {}
            for k in range(start, min(n, start + 1000)):
                coarse = rng.integers(60, 255, (6, 8, 3), dtype=np.uint8)
                picture = Image.fromarray(coarse).resize((256, 192), Image.Resampling.BILINEAR)
                out = io.BytesIO()
                picture.save(out, "JPEG", quality=70)
                batch[f"{k:064x}"] = out.getvalue()
            project.thumbnails.put(batch)


def percentiles(seconds: list[float]) -> dict[str, float]:
    ordered = sorted(seconds)
    at = {"median": 0.5, "p95": 0.95, "p99": 0.99, "most": 1.0}
    return {
        name: round(1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))], 2)
        for name, share in at.items()
    }


def scroll(view, frames: int, step: int, wait: Callable[[], None]) -> list[float]:  # type: ignore[no-untyped-def]
    """Seconds of each frame; between frames the program works for 16 ms, as it would."""
    from PySide6.QtWidgets import QApplication

    bar, taken = view.verticalScrollBar(), []
    for number in range(frames):
        to = (bar.value() + step) % max(1, bar.maximum())
        begun = time.perf_counter()
        bar.setValue(to)
        QApplication.processEvents()
        taken.append(time.perf_counter() - begun)
        wait()
        del number
    return taken


def peer(n: int):  # type: ignore[no-untyped-def]
    """Qt's own icon view over a model of `n` names and one picture."""
    from PySide6.QtCore import QAbstractListModel, QSize, Qt
    from PySide6.QtGui import QPixmap
    from PySide6.QtWidgets import QListView

    picture = QPixmap(160, 120)
    picture.fill(Qt.GlobalColor.darkCyan)

    class Model(QAbstractListModel):
        def rowCount(self, parent=None):  # type: ignore[no-untyped-def]
            return n

        def data(self, index, role=Qt.ItemDataRole.DisplayRole):  # type: ignore[no-untyped-def]
            if role == Qt.ItemDataRole.DisplayRole:
                return f"a{index.row():06d}.jpg"
            return picture if role == Qt.ItemDataRole.DecorationRole else None

    view = QListView()
    view.setViewMode(QListView.ViewMode.IconMode)
    view.setUniformItemSizes(True)
    view.setGridSize(QSize(180, 216))
    view.setLayoutMode(QListView.LayoutMode.Batched)
    view.made = Model()
    view.setModel(view.made)
    return view


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--n", type=int, default=100_000)
    parser.add_argument("--shapes", type=int, default=5)
    parser.add_argument("--frames", type=int, default=600)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["TLSTUDIO_HOME"] = f"{folder}/home"
        place = Path(folder) / "big.tlproj"
        make_project(place, options.n, options.seed, options.shapes)
        print(json.dumps(measure(place, options), indent=1))


def measure(place: Path, options: argparse.Namespace) -> dict[str, object]:
    import psutil
    import PySide6
    from PySide6.QtCore import QEventLoop
    from PySide6.QtWidgets import QApplication

    from tlstudio.ui.app import make_application, make_window
    from tlstudio.ui.theme import theme

    sys.setswitchinterval(0.001)  # as the program does
    app = make_application()
    theme().apply("dark")
    window = make_window(app)
    window.resize(1366, 768)
    window.show()

    def wait(seconds: float = 0.016) -> None:
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            QApplication.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 5)
            time.sleep(0.001)

    wait(0.3)
    before = psutil.Process().memory_info().rss
    begun = time.perf_counter()
    window.context.open_project(place)
    while not _shown(window, options.n):
        wait(0.005)
    opened = time.perf_counter() - begun
    grid = window.page("images").grid
    wait(0.5)
    random.seed(options.seed)
    by_wheel = scroll(grid, options.frames, 120, wait)
    by_page = scroll(grid, options.frames // 4, 20_011, wait)
    drawn = len(window.page("images").overlays.kept())
    window.page("images").overlays.set_on(False)
    bare = scroll(grid, options.frames, 120, wait)
    window.page("images").overlays.set_on(True)
    memory = psutil.Process().memory_info().rss - before
    begun = time.perf_counter()
    grid.selectAll()
    wait(0.001)
    select_all = time.perf_counter() - begun
    theirs = peer(options.n)
    theirs.resize(grid.size())
    begun = time.perf_counter()
    theirs.show()
    while theirs.verticalScrollBar().maximum() < options.n // 8 * 216:
        wait(0.005)
        if time.perf_counter() - begun > 60:
            break
    laid_out = time.perf_counter() - begun
    peer_wheel = scroll(theirs, options.frames, 120, wait)
    theirs.close()
    window.hide()
    window.close_down()
    return {
        "bench": "grid_scroll",
        "n": options.n,
        "shapes_per_image": options.shapes,
        "frames": options.frames,
        "seed": options.seed,
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()}",
        "versions": {"python": platform.python_version(), "pyside6": PySide6.__version__},
        "screen": app.platformName(),
        "open_to_first_rows_s": round(opened, 3),
        "frame_ms_by_wheel": percentiles(by_wheel),
        "frame_ms_by_page": percentiles(by_page),
        "frame_ms_by_wheel_without_outlines": percentiles(bare),
        "images_outlined_by_then": drawn,
        "select_all_ms": round(1000 * select_all, 1),
        "memory_mb": round(memory / 1e6, 1),
        "peer_qlistview": {
            "layout_s": round(laid_out, 3),
            "frame_ms_by_wheel": percentiles(peer_wheel),
        },
        "median_ratio_to_peer": round(
            statistics.median(by_wheel) / statistics.median(peer_wheel), 2
        ),
    }


def _shown(window, n: int) -> bool:  # type: ignore[no-untyped-def]
    page = window.page("images")
    return page is not None and page.model.rowCount() == n and page.model.row_at(0) is not None


if __name__ == "__main__":
    main()
