"""A stylizer applied to one picture, at once, and what it made kept in the history."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from tlstudio.domain.errors import UserError
from tlstudio.domain.style_history import StylingEntry, StylingKind
from tlstudio.services._scratch import scratch
from tlstudio.services.restyling import restyle_one
from tlstudio.services.style_history import record

if TYPE_CHECKING:
    from tlstudio.storage.project import Project

__all__ = ["apply_stylizer"]


def apply_stylizer(
    project: Project,
    run_id: str,
    content: Path,
    *,
    frame: int = 0,
    content_image: int | None = None,
) -> StylingEntry:
    """Restyle a picture with what a run has learned; its entry of the history.

    Raises the UserErrors of services.restyling.restyle_one and services.style_history.record,
    project.read_only among them before anything is made.
    """
    from PIL import Image

    if project.read_only:
        raise UserError("project.read_only", file=str(project.folder))
    began = time.monotonic()
    pixels = restyle_one(project, run_id, content, frame)
    height, width = pixels.shape[:2]
    file = scratch("style-applied") / "restyled.png"
    Image.fromarray(pixels).save(file)
    entry = StylingEntry(
        id=0,
        kind=StylingKind.STYLIZER,
        content_path=str(content),
        content_image=content_image,
        content_frame=frame,
        sources=({"run": run_id},),
        width=width,
        height=height,
        seconds=round(time.monotonic() - began, 2),
    )
    try:
        return record(project, entry, file)
    finally:
        file.unlink(missing_ok=True)
