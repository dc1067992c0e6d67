"""Importing this puts the checkout on the path, so that a bench runs without an installation."""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROCESSOR_TIME = "count each child's processor seconds, not the wall's (shared machine)"

sys.path.insert(0, str(ROOT))


def path(processor_time: bool = False) -> str:
    """PYTHONPATH of a bench's child process."""
    clock = [str(Path(__file__).with_name("processor_clock"))] if processor_time else []
    return os.pathsep.join([*clock, str(ROOT)])
