"""What a predict job writes: one JSON object a line, put in place whole."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tlstudio.ml.files import replacing


def write_lines(out: Path, lines: Iterable[dict[str, Any]]) -> int:
    """Write `lines` to `out` as they come; how many. `out` is not there before the last."""
    written = 0
    with replacing(out) as beside, beside.open("w", encoding="utf-8") as file:
        for line in lines:
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
            written += 1
    return written
