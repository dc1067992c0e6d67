"""What the command line says: one JSON object or readable text on stdout, the rest on stderr."""

from __future__ import annotations

import json
import math
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tlstudio.domain.events import Event, Progressed, encode
from tlstudio.domain.messages import render
from tlstudio.domain.progress import Pace, Step

_EVERY = 2.0  # seconds between lines of progress where stderr is no terminal


class Output:
    """Where one command speaks. `as_json` and `events` are the options of the same names."""

    def __init__(self, *, as_json: bool = False, events: bool = False) -> None:
        self.as_json = as_json
        self.events = events
        self._live = sys.stderr.isatty()
        self._open_line = False
        self._stage = ""
        self._last = -math.inf
        self._pace = Pace()

    def answer(self, data: Mapping[str, Any]) -> None:
        """The one JSON object; nothing without --json."""
        if self.as_json:
            print(json.dumps(plain(data), ensure_ascii=False), flush=True)

    def text(self, line: str = "") -> None:
        """A line of the readable answer; nothing with --json."""
        if not self.as_json:
            print(line, flush=True)

    def table(self, heads: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """Columns, numbers to the right."""
        for line in table(heads, rows):
            self.text(line)

    def say(self, line: str) -> None:
        """A message beside the answer."""
        self._end_line()
        print(line, file=sys.stderr, flush=True)

    def warn(self, warnings: Iterable[Mapping[str, Any]]) -> None:
        """Warnings {code, params} in words, beside the readable answer."""
        if not self.as_json:
            for warning in warnings:
                self.say(f"warning: {render(warning['code'], warning.get('params') or {})}")

    def event(self, event: Event) -> None:
        """A worker's event as its JSON line; nothing without --events."""
        if self.events:
            self.say(encode(event))

    def progress(self, step: Step) -> None:
        """Progress of a service."""
        if self.events:
            self.say(encode(Progressed(step.stage, step.done, step.total)))
        else:
            left = self._pace.seconds_left(step)
            more = "" if left is None else f", {duration(left)} left"
            self.live(render(step.stage, {}), step.done, step.total, more)

    def live(self, words: str, done: int, total: int | None, more: str = "") -> None:
        """A line that is written over in a terminal, and now and then a line elsewhere."""
        now, news = time.monotonic(), words != self._stage
        if not news and now - self._last < (0.1 if self._live else _EVERY):
            return
        self._stage, self._last = words, now
        share = f" {done:,}/{total:,}" if total else (f" {done:,}" if done else "")
        line = f"{words}{share}{more}"
        if self._live:
            print(f"\r\x1b[K{line}", end="", file=sys.stderr, flush=True)
            self._open_line = True
        else:
            print(line, file=sys.stderr, flush=True)

    def error(self, code: str, message: str, file: str | None, **more: Any) -> None:
        """One line on stderr; with --json the object on stdout as well."""
        line = " ".join(message.split())
        self.say(f"error: {line}")
        self.answer({"error": {"code": code, "message": line, "file": file}, **more})

    def _end_line(self) -> None:
        if self._open_line:
            print(file=sys.stderr)
            self._open_line = False

    def close(self) -> None:
        self._end_line()


def plain(value: Any) -> Any:
    """What JSON can say: numbers that are none become null, paths and codes become text."""
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(each) for each in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, bool | int):
        return value
    return str(value)


def table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    """Lines of a table; a column whose values are all numbers goes to the right."""
    cells = [[_cell(value) for value in row] for row in rows]
    lines = [list(heads), *cells]
    widths = [max(len(line[i]) for line in lines) for i in range(len(heads))]
    right = [bool(cells) and all(_is_number(row[i]) for row in cells) for i in range(len(heads))]
    return [
        "  ".join(
            text.rjust(width) if to_right else text.ljust(width)
            for text, width, to_right in zip(line, widths, right, strict=True)
        ).rstrip()
        for line in lines
    ]


def _cell(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.3f}"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


def _is_number(text: str) -> bool:
    return text == "-" or text.replace(",", "").replace(".", "", 1).lstrip("-").isdigit()


def figure(value: float | None, interval: Sequence[float] | None = None) -> str:
    """ "0.87 (0.81-0.92)"; "-" where there is no figure."""
    if value is None:
        return "-"
    return f"{value:.2f} ({interval[0]:.2f}-{interval[1]:.2f})" if interval else f"{value:.2f}"


def duration(seconds: float) -> str:
    """ "45 s", "3 min 20 s", "2 h 5 min"."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"
