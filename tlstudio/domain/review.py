"""How an image's state follows from what is done to it, and what people say about it."""

from __future__ import annotations

from dataclasses import dataclass

from tlstudio.domain.images import ImageState


@dataclass(frozen=True, slots=True)
class Comment:
    """What somebody said about an image; `state` where it came with a change of state."""

    id: int
    image: int
    author: str
    at: str
    text: str
    state: ImageState | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """An unfinished shape: the tool that draws it and that tool's own data."""

    tool: str
    data: dict[str, object]


@dataclass(frozen=True, slots=True)
class Step:
    """One edit of the history: its undo code, who and when, and how many images it touched.

    `undone`: redo would bring it back.
    """

    id: int
    code: str
    author: str
    at: str
    image_count: int
    undone: bool


def after_edit(state: ImageState, holds_work: bool) -> ImageState:
    """The state once accepted annotations of the image were changed.

    The first piece of work makes a draft, and a draft without any is unlabelled again; a
    reviewed image has to be reviewed anew. A labelled image that loses its last piece stays
    labelled: there is nothing in it.
    """
    if state is ImageState.UNLABELLED and holds_work:
        return ImageState.DRAFT
    if state is ImageState.DRAFT and not holds_work:
        return ImageState.UNLABELLED
    return ImageState.LABELLED if state is ImageState.REVIEWED else state


def after_finishing(state: ImageState) -> ImageState:
    """The state after "finished": labelled, then reviewed; once more takes the review back."""
    if state in (ImageState.LABELLED, ImageState.DISPUTED):
        return ImageState.REVIEWED
    return ImageState.LABELLED


def after_leaving(state: ImageState) -> ImageState:
    """The state once a person has moved on to another image."""
    return ImageState.LABELLED if state is ImageState.DRAFT else state
