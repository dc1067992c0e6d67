"""`tlstudio worker examine`: reads files for an import, in a process of its own.

Thousands of small files are bound by the interpreter and not by the disk, and threads share
one. stdin carries a JSON list of paths on each line. stdout answers with a line of JSON, one item
for each path, and right behind it the bytes of all thumbnails, one after the other. The process
ends when its stdin does.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from dataclasses import fields
from operator import attrgetter
from pathlib import Path
from typing import IO

from tlstudio.domain.errors import UserError
from tlstudio.domain.images import SourceFacts
from tlstudio.imaging.facts import Seen, examine_several

_TOLD = tuple(field.name for field in fields(SourceFacts))[:12]
"""`examine` looks at the first frame alone: the further fields of its facts are as they begin."""
_values = attrgetter(*_TOLD)


def main() -> int:
    """Answer until nobody asks any more; what libraries print does not get into the answers."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    for line in sys.stdin.buffer:
        answers.write(packed(examine_several([Path(path) for path in json.loads(line)])))
        answers.flush()
    return 0


def packed(results: Sequence[Seen | UserError]) -> bytes:
    """The results as a line of JSON and the bytes that it speaks of."""
    told: list[object] = []
    thumbnails = []
    for result in results:
        if isinstance(result, UserError):
            told.append({"code": result.code, "file": result.file, "params": dict(result.params)})
        else:
            facts, thumbnail = result
            told.append([len(thumbnail), *_values(facts)])
            thumbnails.append(thumbnail)
    return b"".join([json.dumps(told).encode(), b"\n", *thumbnails])


def unpacked(answers: IO[bytes]) -> list[Seen | UserError]:
    """The next results made by `packed`. Raises ValueError where there are none."""
    try:
        found: list[Seen | UserError] = []
        for told in json.loads(answers.readline()):
            if isinstance(told, dict):
                found.append(UserError(told["code"], file=told["file"], **told["params"]))
                continue
            length, *values = told
            thumbnail = answers.read(length)
            if len(thumbnail) < length:
                raise ValueError("the thumbnails end early")
            found.append((SourceFacts(*values), thumbnail))
    except (TypeError, KeyError) as error:
        raise ValueError(str(error)) from None
    return found
