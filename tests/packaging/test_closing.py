"""The closing summary of the test command, and its rule about skips."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SKIPS = [("tests/a.py::one", "no data"), ("tests/a.py::two", "no data"), ("tests/b.py", "no X")]


def test_skips_are_grouped_by_reason() -> None:
    from closing import words

    lines = words({"passed": 3, "skipped": 3}, SKIPS, ["a screen: no Xvfb"], strict=False)
    assert lines[0].endswith("3 passed, 3 skipped")
    assert "skipped: 2 tests: no data" in lines
    assert "skipped: 1 test: no X" in lines
    assert "skipped: a screen: no Xvfb" in lines
    assert not [line for line in lines if "FAILED" in line]


def test_with_the_real_data_a_skip_is_a_failure_and_named() -> None:
    from closing import words

    lines = words({"skipped": 3}, SKIPS, [], strict=True)
    assert [line for line in lines if line.startswith("FAILED")]
    assert "  tests/b.py" in lines


def test_a_run_without_skips_says_so() -> None:
    from closing import words

    assert words({"passed": 1}, [], [], strict=True)[-1] == "nothing was skipped"


@pytest.mark.parametrize("workers", ["0", "2"])
def test_pytest_reports_its_skips(workers: str, tmp_path: Path) -> None:
    from closing import REPORT, read

    tests = tmp_path / "tests"
    tests.mkdir()
    (tests / "conftest.py").write_bytes((ROOT / "tests" / "conftest.py").read_bytes())
    (tests / "test_it.py").write_text(
        "import pytest\n"
        "def test_fine(): pass\n"
        "def test_left(): pytest.skip('no scanner')\n"
        "def test_wrong(): assert False\n"
    )
    report = tmp_path / "report.json"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", workers]
    environment = {**os.environ, REPORT: str(report)}
    done = subprocess.run(
        [*command, str(tests)], cwd=tmp_path, env=environment, capture_output=True, check=False
    )
    assert done.returncode == 1
    counts, skips = read(report)
    assert counts == {"passed": 1, "failed": 1, "skipped": 1}
    assert [(test.rpartition("::")[2], reason) for test, reason in skips] == [
        ("test_left", "no scanner")
    ]
    assert json.loads(report.read_text())


def test_a_run_that_never_began_counts_nothing(tmp_path: Path) -> None:
    from closing import read

    assert read(tmp_path / "none.json") == ({}, [])
