"""Verbs about the program itself: demo and doctor."""

from __future__ import annotations

import argparse
from pathlib import Path

from tlstudio.cli.output import Output, duration, figure
from tlstudio.cli.results import tell_parity
from tlstudio.cli.verbs import Verbs


def add(verbs: Verbs) -> None:
    demo = verbs.add(
        "demo", "Make a sample project, train, evaluate, export and check, in two minutes.", _demo
    )
    demo.add_argument("--out", metavar="DIR", type=Path, help="where to (default: a new folder)")
    verbs.add("doctor", "Look at Qt, graphics card, disk, weights and network settings.", _doctor)


def _demo(args: argparse.Namespace, out: Output) -> int:
    from tlstudio.cli.training import Teller
    from tlstudio.services.demo import run_demo

    report = run_demo(args.out, Teller(out))
    found = report.to_json()
    out.answer(found)
    out.text(f"project: {found['project']}")
    out.text(f"bundle:  {found['bundle']}")
    start = "pretrained weights" if report.pretrained else "random weights (from scratch)"
    out.text(f"model:   {report.model}, started from {start}")
    spent = ", ".join(f"{name} {duration(each)}" for name, each in report.seconds.items())
    out.text(f"time:    {spent}")
    out.table(
        (f"figure on the test images of {report.groups} slides", "value (95 % interval)"),
        [(name, figure(v, report.intervals.get(name))) for name, v in report.metrics.items()],
    )
    tell_parity(report.parity, out)
    return 0 if report.passed else 1


def _doctor(_args: argparse.Namespace, out: Output) -> None:
    from tlstudio.services.doctor import checks

    found = checks(out.progress)
    out.answer({"checks": [check.to_json() for check in found]})
    out.table(
        ("check", "", "found"),
        [(check.name, "fine" if check.ok else "LOOK", check.detail) for check in found],
    )
