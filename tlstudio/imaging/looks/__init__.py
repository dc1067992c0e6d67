"""Looks: what the colours of a site's images are like, and giving them to other images.

Numpy alone. docs/decisions/0025-looks.md
"""

from __future__ import annotations

from tlstudio.imaging.looks.look import METHODS, Look, apply_look, learn_look

__all__ = ["METHODS", "Look", "apply_look", "learn_look"]
