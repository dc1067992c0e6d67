"""What readers of annotations leave out, said line by line, but not a million times."""

from __future__ import annotations

from collections import Counter

from tlstudio.domain.errors import UserError
from tlstudio.domain.images import Skipped
from tlstudio.domain.notices import Notice

MOST_LINES = 20
"""Lines for the same reason in the same file, before they are only counted."""


class Refusals:
    """Collects objects and files left out, each with the code of its reason."""

    def __init__(self) -> None:
        self.skipped: list[Skipped] = []
        self._seen: Counter[tuple[str, str]] = Counter()

    def add(self, file: str, reason: str, **params: object) -> None:
        """One more; `params` are those of the message but for the file."""
        self._seen[file, reason] += 1
        if self._seen[file, reason] <= MOST_LINES:
            self.skipped.append(Skipped(file, reason, params))

    def take(self, error: UserError, file: str) -> None:
        """One more, for the reason that the error gives."""
        self.add(file, error.code, **error.params)

    def notices(self) -> list[Notice]:
        """How many more were left out than are named."""
        return [
            Notice("objects.more", {"file": file, "count": count - MOST_LINES, "of": count})
            for (file, _), count in self._seen.items()
            if count > MOST_LINES
        ]
