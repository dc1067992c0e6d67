"""Services by name, imported on the thread that first calls them.

The window shows before any service is loaded, and importing them never holds up the UI thread.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any


def service(module: str, function: str) -> Callable[..., Any]:
    """`tlstudio.services.<module>.<function>`, looked up when it is called."""

    def call(*args: Any, **named: Any) -> Any:
        return getattr(import_module(f"tlstudio.services.{module}"), function)(*args, **named)

    call.__name__ = function
    call.__qualname__ = f"{module}.{function}"
    return call
