"""The program's own log: TLSTUDIO_HOME/logs/tlstudio.log, rotated, for reports of faults."""

from __future__ import annotations

import logging
from logging.handlers import RotatingFileHandler
from pathlib import Path

from tlstudio.storage.home import home

_MOST_BYTES = 2_000_000
_COPIES = 3


def log_file() -> Path:
    """Where the log is, or will be."""
    return home() / "logs" / "tlstudio.log"


def start_logging(level: int = logging.INFO) -> Path:
    """Send the program's log to the file from here on; calling it twice does nothing more.

    Where the file cannot be written the program goes on without one. Raises
    UserError("project.home") where there is no folder for it.
    """
    path = log_file()
    logger = logging.getLogger("tlstudio")
    for handler in logger.handlers:
        if isinstance(handler, RotatingFileHandler) and Path(handler.baseFilename) == path:
            return path
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handler = RotatingFileHandler(
            path, maxBytes=_MOST_BYTES, backupCount=_COPIES, encoding="utf-8", delay=True
        )
    except OSError as error:
        logger.warning("no log file: %s: %s", path, error)
        return path
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logger.addHandler(handler)
    logger.setLevel(level)
    return path


def stop_logging() -> None:
    """Close the log file."""
    logger = logging.getLogger("tlstudio")
    for handler in list(logger.handlers):
        if isinstance(handler, RotatingFileHandler):
            logger.removeHandler(handler)
            handler.close()
