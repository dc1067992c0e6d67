"""The verb predict for a run that has learned a style: pictures into a folder."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from tlstudio.cli.output import Output
from tlstudio.domain.errors import UserError
from tlstudio.domain.messages import render
from tlstudio.domain.tasks import Task
from tlstudio.domain.texts import counted

if TYPE_CHECKING:
    from tlstudio.services.projects import Project


def restyle_images(project: Project, args: argparse.Namespace, out: Output) -> None:
    """Restyle --images, or all of the project, into --out. UserError: restyle.*"""
    from tlstudio.services.restyling import restyle

    _check(args)
    report = restyle(project, args.run_id, args.images, args.out, progress=out.progress)
    skipped: list[dict[str, Any]] = [
        {**each, "message": render(each["code"], {**each["params"], "file": each["file"]})}
        for each in report.skipped
    ]
    out.answer(
        {
            "run": report.run,
            "task": Task.STYLE.value,
            "out": report.out,
            "predictions": [each.to_json() for each in report.pictures],
            "skipped": skipped,
        }
    )
    pictures = counted(len(report.pictures), "picture", "pictures")
    out.text(f"restyled {pictures} into {report.out}")
    for each in skipped:
        out.say(f"left out {each['file']}: {each['message']}")


def _check(args: argparse.Namespace) -> None:
    """Options of predict that have no sense for pictures are refused, not passed over."""
    if args.write:
        raise UserError("restyle.no_suggestions")
    if args.threshold is not None:
        raise UserError("restyle.no_threshold")
    if args.out is None:
        raise UserError("restyle.needs_out")
