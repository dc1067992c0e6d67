"""What the verb stylize says: on the way, and of what came of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tlstudio.cli.output import Output, duration
from tlstudio.domain.events import Event, Preview, Progressed, Remark
from tlstudio.domain.messages import render
from tlstudio.domain.styling import StyleSettings
from tlstudio.domain.texts import counted

if TYPE_CHECKING:
    from tlstudio.services.restyling import RestyleReport
    from tlstudio.services.style_batch import Added, BatchReport

_SHOWN = 20


class Teller:
    """Events of the worker as lines on stderr."""

    def __init__(self, out: Output) -> None:
        self._out = out
        self._words = render("styling.stage.painting", {})

    def begin(self, content: str, number: int, total: int) -> None:
        """Another picture is begun; `number` counts from 1."""
        if total > 1:
            self._words = f"{number}/{total} {Path(content).name}"
        if self._out.events:
            self._out.event(Progressed("styling.stage.painting", number - 1, total))
        elif total > 1:
            self._out.live(self._words, 0, None)

    def __call__(self, event: Event) -> None:
        if self._out.events:
            self._out.event(event)
        elif isinstance(event, Preview):
            left = event.seconds_left
            more = f", {duration(left)} left" if left is not None else ""
            self._out.live(self._words, event.step, event.steps, more)
        elif isinstance(event, Remark):
            self._out.say(f"{event.level}: {render(event.code, event.params)}")


def tell_batch(report: BatchReport, settings: StyleSettings, seconds: float, out: Output) -> None:
    """The answer of optimised pictures; of a single one its facts stand beside `files` too."""
    files = [each.to_json() for each in report.pictures]
    skipped = _with_words(report.skipped)
    warnings = _held_back(report.held_back)
    found: dict[str, Any] = {
        "out": report.out,
        "seconds": seconds,
        "steps": sum(each["steps"] for each in files),
        "losses": files[0]["losses"] if len(files) == 1 else None,
        "network": settings.network,
        "ended": report.ended,
        "remaining": report.remaining,
        "files": files,
        "skipped": skipped,
        "warnings": warnings,
    }
    out.answer(found)
    lines = [
        f"{each['out']}: {each['width']} x {each['height']} pixels,"
        f" {counted(each['steps'], 'step', 'steps')}, {duration(each['seconds'])}"
        for each in files
    ]
    _tell(lines, report.out, skipped, warnings, out)
    if report.remaining:
        left = counted(report.remaining, "picture was", "pictures were")
        out.text(f"stopped; {left} not begun")


def tell_restyled(report: RestyleReport, added: Added | None, seconds: float, out: Output) -> None:
    """The answer of pictures in the style of a run; `added` as images of the project."""
    images = added.images if added is not None else [None] * len(report.pictures)
    files = [
        {**each.to_json(), **({} if image is None else {"added": image})}
        for each, image in zip(report.pictures, images, strict=True)
    ]
    skipped = _with_words(report.skipped)
    warnings = _held_back(added.held_back if added is not None else 0)
    out.answer(
        {
            "run": report.run,
            "out": report.out,
            "seconds": seconds,
            "files": files,
            "skipped": skipped,
            "warnings": warnings,
        }
    )
    lines = [f"{each.file}: {each.width} x {each.height} pixels" for each in report.pictures]
    _tell(lines, report.out, skipped, warnings, out)


def _tell(
    lines: Sequence[str],
    place: str,
    skipped: Sequence[Mapping[str, Any]],
    warnings: Sequence[Mapping[str, Any]],
    out: Output,
) -> None:
    for line in lines[:_SHOWN]:
        out.text(line)
    if len(lines) > _SHOWN:
        out.text(f"… and {len(lines) - _SHOWN} more in {place}")
    if not out.as_json:
        for each in skipped:
            out.say(f"skipped: {each['file']}: {each['message']}")
    out.warn(warnings)


def _held_back(count: int) -> list[dict[str, Any]]:
    if not count:
        return []
    code, params = "styling.held_back", {"count": count}
    return [{"code": code, "params": params, "message": render(code, params)}]


def _with_words(skipped: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [
        {**each, "message": render(each["code"], {**each["params"], "file": each["file"]})}
        for each in skipped
    ]
