"""The quick form of tests/bench/kill_labelling.py: a few kills, nothing acknowledged is lost."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

BENCH = Path(__file__).resolve().parents[1] / "bench" / "kill_labelling.py"


@pytest.mark.parametrize(("labeller", "kills"), [("shapes", 6), ("labels", 6), ("mouse", 3)])
def test_no_acknowledged_edit_is_lost_when_the_program_is_killed(labeller: str, kills: int) -> None:
    answer = subprocess.run(
        [sys.executable, str(BENCH), "--kills", str(kills), "--seed", "11", "--labeller", labeller],
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert answer.returncode == 0, answer.stderr
    report = json.loads(answer.stdout)
    assert (report["lost"], report["kills"]) == (0, kills)
    assert report["edits"] >= kills
