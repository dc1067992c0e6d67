"""The desk of the tests answers as the service does: the page's calls fit both."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import pytest

from tlstudio.services import styling as service

CALLS: dict[str, tuple[tuple[Any, ...], dict[str, Any]]] = {
    "wake": ((), {}),
    "rest": ((), {}),
    "request": (("project", "styling"), {"start_from": None, "on_event": print}),
    "stop": (("project",), {}),
    "keep": (("project", "styling", "made"), {"content_image": None}),
    "history": (("project",), {}),
    "thumbnails": (("project", [1]), {}),
    "delete": (("project", [1]), {}),
    "save_image": (("project", 1, Path("a.png")), {}),
    "add_to_project": (("project", 1), {"with_labels": True}),
}


@pytest.mark.parametrize("name", sorted(CALLS))
def test_the_calls_of_the_page_fit_the_service(name: str, desk) -> None:
    given, named = CALLS[name]
    for answering in (service, desk):
        inspect.signature(getattr(answering, name)).bind(*given, **named)
