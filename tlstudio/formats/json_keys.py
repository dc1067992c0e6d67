"""Which keys the beginning of a JSON file shows, without reading the rest of it."""

from __future__ import annotations

import re

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"(\s*:)?|[{}\[\]]')
_DEEPEST = 6


def keys_in(head: bytes) -> frozenset[str]:
    """Paths of the keys in `head`, the first bytes of a JSON file.

    "images[].id" is the key `id` of an element of the list `images`; a file that is a list
    begins its paths with "[]". Empty where it does not begin like an object or a list.
    """
    text = head.decode("utf-8-sig", errors="replace").lstrip()
    if not text.startswith(("{", "[")):
        return frozenset()
    found: set[str] = set()
    # For each open bracket the path of what it holds; None where that is too deep to tell.
    within: list[str | None] = []
    key: str | None = ""
    for token in _TOKEN.finditer(text):
        word = token.group()
        if word in "{[":
            base = within[-1] if within else ""
            path = base if key is None else key
            if path is not None and word == "[":
                path += "[]"
            within.append(path if len(within) < _DEEPEST else None)
            key = None
        elif word in "}]":
            if not within:
                break
            within.pop()
            key = None
        elif token.group(1) is not None and within and within[-1] is not None:
            name = word[: word.rindex('"')][1:]
            key = f"{within[-1]}.{name}" if within[-1] else name
            found.add(key)
        elif not token.group(1):
            key = None
    return frozenset(found)
