"""Set the tests up, then run every check the project has.

    python3 packaging/test.py                  ruff, mypy, import contracts, all tests
    python3 packaging/test.py ARGUMENTS        only pytest, with ARGUMENTS
    python3 packaging/test.py --wheels DIR …   set up without a network, from wheels in DIR

Exit status 0 means that everything passed and that nothing was skipped which could have run.
"""

import sys

if not (3, 11) <= sys.version_info[:2] <= (3, 13):
    from old_python import refusal

    sys.exit(refusal(sys.version_info[:2]))

import os
import shutil
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import closing
import set_up
import system
from set_up import ROOT, Trouble, say


@dataclass(frozen=True)
class Check:
    name: str
    passed: bool
    seconds: float


CHECKS = {
    "ruff check": ["-m", "ruff", "check", "."],
    "ruff format": ["-m", "ruff", "format", "--check", "."],
    "mypy": ["-m", "mypy"],
    "import contracts": ["-c", "from importlinter.cli import lint_imports_command as c; c()"],
}


def main(arguments: list[str]) -> int:
    if arguments[:1] in (["--help"], ["-h"]):
        print(__doc__)
        return 0
    wheels, chosen = set_up.take_wheels(arguments)
    python = set_up.environment(extras=frozenset({"test"}), wheels=wheels)
    skipped = _screen()
    checks: list[Check] = []
    if chosen:
        skipped.append(f"{', '.join(CHECKS)}: tests were chosen by hand")
    else:
        checks += [_run(name, [str(python), *words]) for name, words in CHECKS.items()]
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        checks.append(_pytest(python, chosen, report))
        counts, tests_skipped = closing.read(report)
    shared = Path(os.environ.get("TLSTUDIO_SHARED", ROOT.parent / "shared"))
    strict = (shared / "data").is_dir()
    lines = [f"{check.name:17} {_verdict(check)}" for check in checks]
    lines += closing.words(counts, tests_skipped, skipped, strict=strict)
    print("\n" + "\n".join(lines), flush=True)
    failed = not all(check.passed for check in checks)
    return int(failed or (strict and bool(tests_skipped)))


def _screen() -> list[str]:
    """Bring what Qt draws with, and a virtual screen; what could not be brought."""
    system.need(system.Display.NONE)
    if not sys.platform.startswith("linux"):
        return []
    try:
        system.need(system.Display.X11)
        if not shutil.which("Xvfb"):
            system.install(["xvfb"], "parts of a virtual screen")
    except Trouble as trouble:
        return [f"tests on a virtual screen: {trouble}"]
    return []


def _pytest(python: Path, chosen: list[str], report: Path) -> Check:
    cores = os.cpu_count() or 1
    workers = 1 if chosen else min(cores, 4)
    threads = str(max(1, cores // workers))
    command = [str(python), "-m", "pytest", *(chosen or ["-n", str(workers)])]
    settings = {
        "QT_QPA_PLATFORM": os.environ.get("QT_QPA_PLATFORM", "offscreen"),
        # Each test process computes with its share of the cores.
        "OMP_NUM_THREADS": threads,
        "MKL_NUM_THREADS": threads,
        "OPENBLAS_NUM_THREADS": threads,
        closing.REPORT: str(report),
    }
    return _run("pytest", command, **settings)


def _run(name: str, command: list[str], **settings: str) -> Check:
    say(f"--- {name}")
    began = time.monotonic()
    status = set_up.wait_for(command, **settings)
    return Check(name, status == 0, time.monotonic() - began)


def _verdict(check: Check) -> str:
    return f"{'passed' if check.passed else 'FAILED'}  {check.seconds:6.1f} s"


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except Trouble as trouble:
        sys.exit(f"error: {trouble}")
    except KeyboardInterrupt:
        sys.exit("stopped")
