"""What a frame, page or slice of a file is called: on screen, and as a picture of its own."""

from __future__ import annotations


def shown_name(file: str, frame: str) -> str:
    """ "scan.dcm [12]"; the name of the file where the frame is its only one (frame "")."""
    return f"{file} [{frame}]" if frame else file


def picture_name(file: str, frame: str) -> str:
    """The name of a PNG of the frame beside others: "scan.dcm-12.png", "scan.nii.gz-z12-t3.png"."""
    part = frame.replace(", ", "-").replace(" ", "")
    return f"{file}-{part}.png" if part else f"{file}.png"
