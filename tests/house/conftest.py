"""The program's own source as a fixture, for what it must hold to."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "tlstudio"


class Source:
    """Every module of the program, parsed once; `trees` holds (path below the checkout, tree)."""

    def __init__(self) -> None:
        self.trees = [
            (file.relative_to(ROOT).as_posix(), ast.parse(file.read_text("utf-8")))
            for file in sorted(PACKAGE.rglob("*.py"))
        ]

    def calls(self) -> Iterator[tuple[str, ast.Call, str]]:
        """(where, call, dotted name of what is called) for every call that has a name."""
        for path, tree in self.trees:
            for node in ast.walk(tree):
                if isinstance(node, ast.Call):
                    yield f"{path}:{node.lineno}", node, dotted(node.func)

    def imports(self) -> Iterator[tuple[str, str]]:
        """(where, full name of the module) for every import, `from a import b` as a.b."""
        for path, tree in self.trees:
            for node in ast.walk(tree):
                if isinstance(node, ast.Import):
                    for alias in node.names:
                        yield f"{path}:{node.lineno}", alias.name
                elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                    for alias in node.names:
                        yield f"{path}:{node.lineno}", f"{node.module}.{alias.name}"


def dotted(node: ast.expr) -> str:
    """ "torch.load" for that expression; "?" stands for a part that is no name."""
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else "?"


@pytest.fixture(scope="session")
def source() -> Source:
    return Source()
