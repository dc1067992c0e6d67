"""Random edits, undo and redo against a plain model of what they mean.

    python tests/bench/undo_sequences.py [--sequences 1000] [--seed 0]

Hypothesis draws sequences of edits of shapes, labels and states over three images, mixed with
undo, redo, moving on and closing and opening the project again. After each sequence everything
stored (annotations, tile bytes, states) must be as the model says; then all of it is undone, and
the project must be as it was at first. Prints JSON; exit status 1, with the shortest sequence
that Hypothesis finds, where the two differ.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sqlite3
import sys
import tempfile
import time
from pathlib import Path

from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).resolve().parent))

import plain_model as model
from player import Player, make, quick

_TIMES = ("undo",) * 6 + ("redo",) * 3 + ("leave",) * 2 + ("reopen",)
_MORE = ("box", "mask", "polygon", "paint", "move", "order", "split", "join", "subtract") * 2

edits = st.builds(
    model.Edit,
    what=st.sampled_from((*model.WHATS, *_MORE, *_TIMES)),
    image=st.sampled_from((1, 1, 1, 2, 2, 3)),
    which=st.integers(0, 7),
    a=st.integers(0, 85),
    b=st.integers(0, 40),
    c=st.integers(0, 20),
)


class Run:
    """One project for many sequences."""

    def __init__(self, folder: Path) -> None:
        self.player = Player(quick(make(folder)))
        self.sequences = self.played = 0

    def sequence(self, sequence: list[model.Edit]) -> None:
        """Play one sequence and go back to the start, whatever comes of it."""
        try:
            for edit in sequence:
                self.player.play(edit)
                self.played += 1
            self.player.check()
            self.player.back_to_the_start()
            self.sequences += 1
        except BaseException:
            self._afresh()
            raise

    def _afresh(self) -> None:
        """A new project in the place of one that went wrong."""
        folder = self.player.project.folder
        self.player.project.close()
        self.player = Player(quick(make(folder.with_name(f"{folder.stem}x.tlproj"))))

    def close(self) -> None:
        self.player.project.close()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--sequences", type=int, default=1000)
    parser.add_argument("--longest", type=int, default=40)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as place:
        os.environ["TLSTUDIO_HOME"] = str(Path(place) / "home")
        run = Run(Path(place) / "p.tlproj")

        @seed(asked.seed)
        @settings(
            max_examples=asked.sequences,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        )
        @given(st.lists(edits, min_size=min(12, asked.longest), max_size=asked.longest))
        def all_of_them(sequence: list[model.Edit]) -> None:
            run.sequence(sequence)

        failed = ""
        try:
            all_of_them()
        except BaseException as error:
            failed = f"{type(error).__name__}: {error}"
            raise
        finally:
            run.close()
            report = {
                "seed": asked.seed,
                "machine": {"system": platform.platform(), "cpus": os.cpu_count()},
                "versions": {
                    "python": platform.python_version(),
                    "sqlite": sqlite3.sqlite_version,
                },
                "n": run.sequences,
                "edits": run.played,
                "seconds": round(time.perf_counter() - start, 1),
                "failed": failed,
            }
            print(json.dumps(report))
    return 0


if __name__ == "__main__":
    sys.exit(main())
