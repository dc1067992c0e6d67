"""The closing summary of the test command: what ran, what was skipped and why."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

# tests/conftest.py writes its report to the file that this variable names.
REPORT = "TLSTUDIO_TEST_REPORT"

Skip = tuple[str, str]


def read(report: Path) -> tuple[dict[str, int], list[Skip]]:
    """Counts by outcome and (test, reason) of each skip; empty if pytest never got there."""
    if not report.is_file():
        return {}, []
    data = json.loads(report.read_text("utf-8"))
    return data["counts"], [(test, reason) for test, reason in data["skips"]]


def words(
    counts: dict[str, int], tests: list[Skip], others: list[str], *, strict: bool
) -> list[str]:
    """Lines of the summary. `strict`: the real data are there, so that no skip is excused."""
    told = ", ".join(f"{number} {outcome}" for outcome, number in sorted(counts.items()))
    lines = [f"tests             {told or 'none ran'}"]
    lines += [f"skipped: {other}" for other in others]
    for reason, number in Counter(reason for _, reason in tests).most_common():
        lines.append(f"skipped: {number} {'test' if number == 1 else 'tests'}: {reason}")
    if strict and tests:
        lines.append("FAILED: with the real data present no test may be skipped; these were:")
        lines += [f"  {test}" for test, _ in tests]
    if not tests and not others:
        lines.append("nothing was skipped")
    return lines
