"""Files that are written where none was: what lies there already is never touched."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


@contextmanager
def new_file(target: Path) -> Iterator[BinaryIO]:
    """Write the new file `target`; where that fails, it is removed again.

    Raises FileExistsError, with what is there left as it is, and OSError.
    """
    file = target.open("xb")
    try:
        with file:
            yield file
    except BaseException:
        target.unlink(missing_ok=True)
        raise
