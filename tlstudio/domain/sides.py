"""Labels that tell left from right, by their names."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator

# Stems, so that endings are met too: linke and rechte, izquierdo and derecho.
_STEMS = (
    ("left", "right"),
    ("link", "recht"),
    ("gauche", "droite"),
    ("gauche", "droit"),
    ("izquierd", "derech"),
)
# So short that they count only as a word of their own, the first or the last.
_WORDS = (("l", "r"), ("od", "os"))


def swapped_pair(names: Iterable[str]) -> tuple[str, str] | None:
    """The first two of `names` that a mirrored image would swap, such as "left eye" and
    "right eye" or "kidney_L" and "kidney_R"; None where no two are such a pair."""
    known: dict[str, str] = {}
    for name in names:
        known.setdefault(_plain(name), name)
    for plain, name in known.items():
        for other in _mirrored(plain):
            if other != plain and other in known:
                return name, known[other]
    return None


def _plain(name: str) -> str:
    """In small letters, its words apart by one space, whether they were by capitals or signs."""
    text = unicodedata.normalize("NFKC", name)
    apart = "".join(f" {sign}" if _begins(text, at) else sign for at, sign in enumerate(text))
    return " ".join(re.split(r"[\W_]+", apart.casefold())).strip()


def _begins(text: str, at: int) -> bool:
    """Whether a capital begins a word: behind a small letter or a digit, or as the last of some."""
    if not at or not text[at].isupper():
        return False
    before, after = text[at - 1], text[at + 1 : at + 2]
    return before.islower() or before.isdigit() or (before.isupper() and after.islower())


def _mirrored(plain: str) -> Iterator[str]:
    """What the name may be with left and right exchanged, wherever they are in it."""
    for left, right in _STEMS:
        parts = re.split(f"({left}|{right})", plain)
        yield "".join({left: right, right: left}.get(part, part) for part in parts)
    words = plain.split()
    for left, right in _WORDS:
        other = {left: right, right: left}
        for place in {0, len(words) - 1} if words else ():
            if words[place] in other:
                yield " ".join([*words[:place], other[words[place]], *words[place + 1 :]])
