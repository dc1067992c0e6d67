"""Every code that can reach a person has words, and they can be filled."""

from __future__ import annotations

import ast
import string
from collections.abc import Iterator
from pathlib import Path

import tlstudio
from tlstudio.domain.messages import MESSAGES

ROOT = Path(tlstudio.__file__).parent
CARRIERS = {"UserError", "Notice", "Step", "Progressed", "remark", "transact", "Skipped"}
POSITION = {"Skipped": 1}


def _codes() -> Iterator[tuple[str, str, set[str] | None]]:
    """(where, code, names of its parameters; None where they are not all written out)."""
    for file in sorted(ROOT.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            place = POSITION.get(name, 0)
            if name not in CARRIERS or len(node.args) <= place:
                continue
            code = node.args[place]
            if isinstance(code, ast.Constant) and isinstance(code.value, str):
                given = {k.arg for k in node.keywords if k.arg}
                open_ended = name != "UserError" or any(k.arg is None for k in node.keywords)
                where = f"{file.relative_to(ROOT)}:{node.lineno}"
                yield where, code.value, None if open_ended else given | {"file"}


def test_every_code_has_words() -> None:
    found = list(_codes())
    assert len(found) > 100
    missing = [f"{where} {code}" for where, code, _ in found if code not in MESSAGES]
    assert not missing


def test_every_parameter_of_an_error_is_given() -> None:
    lacking = []
    for where, code, given in _codes():
        if given is None or code not in MESSAGES:
            continue
        wanted = {name for _, name, _, _ in string.Formatter().parse(MESSAGES[code]) if name}
        if not wanted <= given:
            lacking.append(f"{where} {code}: {sorted(wanted - given)}")
    assert not lacking


def test_words_are_calm() -> None:
    loud = [code for code, text in MESSAGES.items() if "!" in text or not text.strip()]
    assert not loud
