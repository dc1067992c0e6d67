"""Errors as a code and parameters; words are made at the edge from domain.messages."""

from __future__ import annotations

from collections.abc import Mapping


class UserError(Exception):
    """Something the person can mend: a code of domain.messages, its parameters, the file.

    The command line ends with exit status 2 and one line; the window shows what to do next.
    """

    def __init__(self, code: str, *, file: str | None = None, **params: object) -> None:
        super().__init__(code)
        self.code = code
        self.file = file
        self.params: Mapping[str, object] = params

    def __str__(self) -> str:
        from tlstudio.domain.messages import render

        return render(self.code, {**self.params, "file": self.file or ""})


class Cancelled(Exception):
    """The person called the work off; nothing is left half done."""
