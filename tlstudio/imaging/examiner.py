"""`tlstudio worker examine`: reads files for an import, in a process of its own.

Thousands of small files are bound by the interpreter and not by the disk, and threads share
one. stdin carries a JSON list of paths on each line, stdout a line with one answer for each of
them. The process ends when its stdin does.
"""

from __future__ import annotations

import base64
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tlstudio.domain.errors import UserError
from tlstudio.domain.images import SourceFacts
from tlstudio.imaging.facts import examine

Examined = tuple[SourceFacts, bytes]


def main() -> int:
    """Answer until nobody asks any more; what libraries print does not get into the answers."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    for line in sys.stdin.buffer:
        paths = [Path(path) for path in json.loads(line)]
        answers.write(packed([examined(path) for path in paths]) + b"\n")
        answers.flush()
    return 0


def examined(path: Path) -> Examined | UserError:
    """What `examine` returns, or the UserError that it raises."""
    try:
        return examine(path)
    except UserError as error:
        return error


def packed(results: Sequence[Examined | UserError]) -> bytes:
    """The results as one line of JSON."""
    return json.dumps([_packed(result) for result in results]).encode()


def unpacked(line: bytes) -> list[Examined | UserError]:
    """The results in a line made by `packed`. Raises ValueError for any other."""
    try:
        return [_unpacked(answer) for answer in json.loads(line)]
    except (TypeError, KeyError) as error:
        raise ValueError(str(error)) from None


def _packed(result: Examined | UserError) -> dict[str, Any]:
    if isinstance(result, UserError):
        return {"code": result.code, "file": result.file, "params": dict(result.params)}
    facts, thumbnail = result
    return {"facts": asdict(facts), "thumbnail": base64.b64encode(thumbnail).decode()}


def _unpacked(answer: dict[str, Any]) -> Examined | UserError:
    if "code" in answer:
        return UserError(answer["code"], file=answer["file"], **answer["params"])
    # `examine` looks at the first frame alone, and JSON has no tuples.
    facts = SourceFacts(**{**answer["facts"], "further": ()})
    return facts, base64.b64decode(answer["thumbnail"])
