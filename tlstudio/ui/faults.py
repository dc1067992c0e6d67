"""Faults of ours: to the log and into the message panel, never a silent death."""

from __future__ import annotations

import sys
import threading
import traceback
from collections.abc import Callable
from types import TracebackType

from PySide6.QtCore import QMessageLogContext, QtMsgType, qInstallMessageHandler

from tlstudio.domain.errors import UserError


def explain(error: BaseException) -> str:
    """Details to copy: empty for what the person can mend by the message alone."""
    if isinstance(error, UserError) and error.__cause__ is None:
        return ""
    lines = traceback.format_exception(type(error), error, error.__traceback__)
    text = "".join(lines)
    log(text)
    return text


def log(text: str, level: str = "ERROR") -> None:
    """Write to logs/tlstudio.log; a log that cannot be written never stops the program."""
    import logging

    try:
        from tlstudio.services.logs import start_logging

        start_logging()
    except Exception:
        logging.basicConfig()
    logging.getLogger("tlstudio.window").log(getattr(logging, level), text)


def install(show: Callable[[BaseException], object]) -> None:
    """Send every uncaught exception, of slots and of threads, to `show` and the log.

    `show` must be safe to call from any thread.
    """

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error, trace)
            return
        try:
            show(error)
        except Exception:
            sys.__excepthook__(kind, error, trace)

    def thread_hook(facts: threading.ExceptHookArgs) -> None:
        if facts.exc_value is not None:
            hook(facts.exc_type, facts.exc_value, facts.exc_traceback)

    sys.excepthook = hook
    threading.excepthook = thread_hook
    qInstallMessageHandler(_qt_message)


def uninstall() -> None:
    """Back to Python's and Qt's own ways."""
    sys.excepthook = sys.__excepthook__
    threading.excepthook = threading.__excepthook__
    qInstallMessageHandler(None)


def _qt_message(kind: QtMsgType, _context: QMessageLogContext, text: str) -> None:
    if kind in (QtMsgType.QtDebugMsg, QtMsgType.QtInfoMsg):
        return
    log(f"Qt: {text}", "WARNING")
