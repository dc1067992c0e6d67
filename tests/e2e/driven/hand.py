"""A hand on a virtual screen: real X events for the pointer and the keys."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[3]
_KEYS = {"Ctrl": "Control_L", "Shift": "Shift_L", "Alt": "Alt_L", "Enter": "Return"}


@contextmanager
def virtual_screen(size: str = "1366x768") -> Iterator[str]:
    """An X server of its own without a window manager; its display name."""
    server = shutil.which("Xvfb")
    if server is None:
        pytest.skip("no Xvfb: there is no virtual screen to draw on")
    read, write = os.pipe()
    process = subprocess.Popen(
        [server, "-displayfd", str(write), "-screen", "0", f"{size}x24", "-nolisten", "tcp"],
        pass_fds=(write,),
        stderr=subprocess.DEVNULL,
    )
    os.close(write)
    try:
        with os.fdopen(read) as pipe:
            number = pipe.readline().strip()
        assert number, "Xvfb did not start"
        yield f":{number}"
    finally:
        process.terminate()
        process.wait(60)


class Hand:
    """Moves the pointer and presses keys through the server's XTEST extension."""

    def __init__(self, display: str) -> None:
        from Xlib import X
        from Xlib import display as displays
        from Xlib.ext import xtest

        self._x, self._fake = X, xtest.fake_input
        self._display = displays.Display(display)

    def close(self) -> None:
        self._display.close()

    def _do(self, kind: int, detail: int = 0, **where: int) -> None:
        self._fake(self._display, kind, detail, **where)
        self._display.sync()

    def move(self, x: int, y: int) -> None:
        self._do(self._x.MotionNotify, x=x, y=y)

    def click(self, x: int, y: int, button: int = 1) -> None:
        self.move(x, y)
        self._do(self._x.ButtonPress, button)
        self._do(self._x.ButtonRelease, button)

    def drag(self, start: tuple[int, int], end: tuple[int, int], steps: int = 4) -> None:
        """Press at `start`, go to `end` in `steps`, let go."""
        self.move(*start)
        self._do(self._x.ButtonPress, 1)
        for step in range(1, steps + 1):
            part = step / steps
            self.move(*(round(a + (b - a) * part) for a, b in zip(start, end, strict=True)))
        self._do(self._x.ButtonRelease, 1)

    def key(self, keys: str) -> None:
        """Press keys as "Ctrl+Shift+D" writes them."""
        from Xlib import XK

        names = [_KEYS.get(name, name) for name in keys.split("+")]
        names[-1] = names[-1].lower() if len(names[-1]) == 1 else names[-1]
        codes = [self._display.keysym_to_keycode(XK.string_to_keysym(name)) for name in names]
        for code in codes:
            self._do(self._x.KeyPress, code)
        for code in reversed(codes):
            self._do(self._x.KeyRelease, code)


class Session:
    """The window on a screen, a hand to use it, and eyes that say where things are."""

    def __init__(self, display: str, project: Path) -> None:
        environment = {**os.environ, "DISPLAY": display, "QT_QPA_PLATFORM": "xcb"}
        environment.pop("WAYLAND_DISPLAY", None)
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("eyes.py")), str(project)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env=environment,
        )
        self.hand = Hand(display)
        assert self._read() == "ready"

    def _read(self) -> Any:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the window has ended"
        return json.loads(line)

    def ask(self, ask: str, **what: Any) -> Any:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"ask": ask, **what}) + "\n")
        self._process.stdin.flush()
        answer = self._read()
        assert not (isinstance(answer, dict) and "error" in answer), f"{ask}: {answer}"
        return answer

    def settle(self, seconds: float = 60) -> None:
        """Wait until nothing is under way."""
        self.wait_for(lambda: self.ask("pending") == 0, "the work under way", seconds)

    def wait_for(self, condition: Any, what: str, seconds: float = 60) -> None:
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, f"{what} did not come within {seconds} s"
            time.sleep(0.01)

    def click(self, name: str) -> None:
        """Click in the middle of the widget of that name."""
        x, y, w, h = self.ask("rect", name=name)
        self.hand.click(x + w // 2, y + h // 2)

    def close(self) -> None:
        """End the program as closing its window would, and wait for it."""
        self.hand.close()
        if self._process.poll() is None:
            self.ask("quit")
        self._process.communicate(timeout=60)

    def kill(self) -> None:
        self.hand.close()
        self._process.kill()
        self._process.communicate()
