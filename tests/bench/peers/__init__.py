"""Other programs of the kind, each in an environment of its own."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

SCRIPT = Path(__file__).parent / "peer.py"
NAMES = ("labelme", "xanylabeling")


def add_options(parser: argparse.ArgumentParser) -> None:
    """--labelme PYTHON and --xanylabeling PYTHON, else TLSTUDIO_LABELME and the other."""
    for name in NAMES:
        default = os.environ.get(f"TLSTUDIO_{name.upper()}", "")
        parser.add_argument(f"--{name}", default=default, metavar="PYTHON")


def chosen(options: argparse.Namespace) -> dict[str, str]:
    """The Python of each peer that was named."""
    return {name: getattr(options, name) for name in NAMES if getattr(options, name)}
