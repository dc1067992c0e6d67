"""`tlstudio worker examine`: reads files for an import, in a process of its own.

Thousands of small files are bound by the interpreter and not by the disk, and threads share
one. stdin carries a JSON list of paths on each line. stdout answers with a line that says how many
bytes follow: one item of JSON for each path, a line end, and the bytes of all thumbnails, one after
the other. Lines may be sent ahead; what they ask for and what is told waits here and not in the
pipes. The process ends when its stdin does.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from dataclasses import fields
from operator import attrgetter
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
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
    asked: SimpleQueue[bytes] = SimpleQueue()
    told: SimpleQueue[bytes] = SimpleQueue()
    Thread(target=_listen, args=(asked,), daemon=True).start()
    speaking = Thread(target=_speak, args=(told, answers))
    speaking.start()
    for line in iter(asked.get, b""):
        told.put(packed(examine_several([Path(path) for path in json.loads(line)])))
    told.put(b"")
    speaking.join()
    return 0


def _listen(asked: SimpleQueue[bytes]) -> None:
    for line in sys.stdin.buffer:
        asked.put(line)
    asked.put(b"")


def _speak(told: SimpleQueue[bytes], answers: IO[bytes]) -> None:
    try:
        for answer in iter(told.get, b""):
            answers.write(b"%d\n" % len(answer))
            answers.write(answer)
            answers.flush()
    except OSError:  # nobody listens any more
        os._exit(1)


def packed(results: Sequence[Seen | UserError]) -> bytes:
    """The results as a line of JSON and the thumbnails that it speaks of."""
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


def received(answers: IO[bytes]) -> bytes:
    """The next answer of a process, as `packed` made it. Raises ValueError where there is none."""
    length = int(answers.readline())
    answer = answers.read(length)
    if len(answer) < length:
        raise ValueError("the answer ends early")
    return answer


def unpacked(answer: bytes) -> list[Seen | UserError]:
    """The results in an answer made by `packed`. Raises ValueError for any other."""
    line, _, thumbnails = answer.partition(b"\n")
    found: list[Seen | UserError] = []
    at = 0
    try:
        for told in json.loads(line):
            if isinstance(told, dict):
                found.append(UserError(told["code"], file=told["file"], **told["params"]))
                continue
            length, *values = told
            thumbnail = thumbnails[at : at + length]
            at += length
            found.append((SourceFacts(*values), thumbnail))
    except (TypeError, KeyError) as error:
        raise ValueError(str(error)) from None
    if at != len(thumbnails):
        raise ValueError("the thumbnails are not those that were told of")
    return found
