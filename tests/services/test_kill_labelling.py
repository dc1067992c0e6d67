"""The quick form of tests/bench/kill_labelling.py: ten kills, nothing acknowledged is lost."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

BENCH = Path(__file__).resolve().parents[1] / "bench" / "kill_labelling.py"


def test_no_acknowledged_edit_is_lost_when_the_program_is_killed() -> None:
    answer = subprocess.run(
        [sys.executable, str(BENCH), "--kills", "10", "--seed", "11"],
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert answer.returncode == 0, answer.stderr
    report = json.loads(answer.stdout)
    assert (report["lost"], report["kills"]) == (0, 10)
    assert report["edits"] > 10
