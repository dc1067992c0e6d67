"""Text of other programs, made such as any file, database and terminal can hold, and words that
go with a number."""

from __future__ import annotations

import re

_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")


def lawful(text: str) -> str:
    """The text without half characters (lone surrogates), which JSON may hold and UTF-8 cannot."""
    return text if text.isascii() else text.encode(errors="replace").decode()


def one_line(text: str) -> str:
    """Lawful, and with spaces in place of control characters and ends of lines."""
    return _CONTROL.sub(" ", lawful(text)).strip()


def counted(n: int, one: str, many: str) -> str:
    """ "1 image was", "2,500 images were"; `one` and `many` hold what goes with the number."""
    return f"{n:,} {one if n == 1 else many}"
