"""Importing this puts the checkout on the path, so that a bench runs without an installation."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
