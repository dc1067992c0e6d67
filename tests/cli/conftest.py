"""The command line in a process of its own, as people and scripts call it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Answer:
    status: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """The one object on stdout; anything beside it is an error."""
        found = json.loads(self.out)
        assert isinstance(found, dict)
        return found


def environment() -> dict[str, str]:
    return {"OMP_NUM_THREADS": "2", **os.environ, "PYTHONPATH": str(ROOT)}


@pytest.fixture
def tlstudio(tmp_path: Path) -> Callable[..., Answer]:
    """`tlstudio("info", "p.tlproj", "--json")` run in tmp_path."""

    def call(*arguments: object, status: int = 0) -> Answer:
        done = subprocess.run(
            [sys.executable, "-m", "tlstudio", *map(str, arguments)],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env=environment(),
            timeout=600,
            check=False,
        )
        answer = Answer(done.returncode, done.stdout, done.stderr)
        assert answer.status == status, f"{arguments}: {answer}"
        return answer

    return call
