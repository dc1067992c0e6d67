"""What choosing a label means: for the selection, for what is drawn next, or for the image."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tlstudio.domain.annotations import ImageLabel
from tlstudio.domain.tasks import Task
from tlstudio.ui.canvas.intents import Relabel
from tlstudio.ui.canvas.tools import actions
from tlstudio.ui.lazy import service
from tlstudio.ui.words import tr

if TYPE_CHECKING:
    from tlstudio.ui.context import Context
    from tlstudio.ui.pages.label.page import LabelPage


class Labelling:
    """Labels for shapes and for whole images.

    With a drawing tool in hand a label is for what is drawn next: a shape that was just drawn is
    selected, but is not labelled anew by that. In a classification project, with the arrow in
    hand and nothing selected, a label is the image's, and one goes on to the next.
    """

    def __init__(self, page: LabelPage, context: Context) -> None:
        self._page = page
        self._context = context
        self._drawn: tuple[str, ...] = ()

    def drawn(self, ids: tuple[str, ...]) -> None:
        """These shapes have just been drawn, and are selected for that reason only."""
        self._drawn = ids

    @property
    def for_images(self) -> bool:
        """Whether a label chosen now is the image's."""
        project, canvas = self._context.project, self._page.canvas
        classifies = project is not None and project.task == Task.CLASSIFICATION.value
        arrow = canvas.tool is None or canvas.tool.name == "select"
        return classifies and arrow and not canvas.scene.selected

    def pick(self, number: int) -> None:
        """The key of the label at place `number`, from 1."""
        label = self._at(number)
        if label is not None:
            self.choose(label)

    def choose(self, label: int) -> None:
        """A label was chosen, by key or by click."""
        if self.for_images:
            self._label_image(label, add=False)
        else:
            self._of_shapes()(label)

    def _of_now(self) -> Callable[[int], object]:
        """Gives a label to what one chosen now is for, whatever is shown by then."""
        stage, canvas = self._page.stage, self._page.canvas
        image = stage.wanted if stage.busy else canvas.image_id
        if self.for_images and image is not None:
            return lambda label: self._label_image(label, add=False, image=image)
        return self._of_shapes()

    def _of_shapes(self) -> Callable[[int], object]:
        """Gives a label to the shapes selected now, else to those drawn next."""
        canvas = self._page.canvas
        selected = canvas.scene.selected
        drawing = canvas.tool is not None and canvas.tool.name != "select"
        if selected and not (drawing and set(selected) <= set(self._drawn)):
            return self._relabelling()
        return self._page.hand.set_label

    def _relabelling(self) -> Callable[[int], object]:
        canvas = self._page.canvas
        image, selected = canvas.image_id, canvas.scene.selected
        free = tuple(shape.id for shape in actions.free(canvas))

        def relabel(label: int) -> None:
            if (canvas.image_id, canvas.scene.selected) == (image, selected):
                actions.relabel(canvas, label)
            elif image is not None and free:
                canvas.emit(Relabel(image, free, label))

        return relabel

    def add(self, number: int) -> None:
        """Give the image another label beside those it has, or take it away again."""
        label = self._at(number)
        if label is not None:
            self._label_image(label, add=True)

    def unlabel(self) -> None:
        """Take all labels of the image as a whole away."""
        image = self._page.canvas.image_id
        if image is not None:
            self._context.edit(service("labelling", "assign_label"), [image], None)

    def take_off(self, annotation: str) -> None:
        """Take one label of the image as a whole away."""
        page = self._page
        shape = page.canvas.scene.get(annotation)
        if isinstance(shape, ImageLabel) and page.canvas.image_id is not None:
            self._context.edit(
                service("labelling", "assign_label"), [page.canvas.image_id], shape.label, add=True
            )

    # -- what a model suggests for the image ----------------------------------------------

    def suggested(self) -> tuple[ImageLabel, ...]:
        """Labels of the image as a whole that nobody has accepted yet, the surest first."""
        found = [
            s
            for s in self._page.canvas.scene.all()
            if isinstance(s, ImageLabel) and s.provenance.suggestion
        ]
        return tuple(sorted(found, key=lambda s: -(s.provenance.confidence or 0.0)))

    def accept(self) -> None:
        """Enter: accept the selected suggestions, else the surest label of the image; where
        labels are for images, go on to the next one."""
        page = self._page
        if actions.suggestions(page.canvas) or not self.suggested():
            actions.accept(page.canvas)
            return
        image, classifies = page.canvas.image_id, self.for_images
        done = image is not None and self._context.edit(
            service("labelling", "accept_suggestions"), [image], owner=page
        )
        if done and classifies:
            page.navigator.step(1)

    def reject(self) -> None:
        """Reject the selected suggestions, else those for the image as a whole."""
        page = self._page
        if actions.suggestions(page.canvas) or not self.suggested():
            actions.reject(page.canvas)
        elif page.canvas.image_id is not None:
            self._context.edit(service("labelling", "reject_suggestions"), [page.canvas.image_id])

    def add_label(self, name: str) -> None:
        """Make a new label and choose it, for what is shown and selected now."""
        give = self._of_now()

        def made(label: int) -> None:
            self._context.labels.reload()
            give(label)

        self._context.edit(_add_label, name, on_done=lambda answer: made(answer.label),
                           owner=self._page)  # fmt: skip

    def _label_image(self, label: int, *, add: bool, image: int | None = None) -> None:
        """`image` None: the one that is shown once this is done."""
        page = self._page
        if page.stage.busy and image in (None, page.stage.wanted):
            page.later(lambda: self._label_image(label, add=add, image=image))
            return
        image = page.canvas.image_id if image is None else image
        if image is None:
            self._context.status_text.emit(tr("There is no image here to label."))
            return
        given = self._context.edit(
            service("labelling", "assign_label"), [image], label, add=add, owner=page
        )
        if given and not add and page.navigator.current == image:
            page.navigator.step(1)

    def _at(self, number: int) -> int | None:
        labels = self._context.labels.all()
        if number > len(labels):
            text = tr("There is no label {n}; this project has {all}.", n=number, all=len(labels))
            self._context.status_text.emit(text)
            return None
        return labels[number - 1].id


class _Added:
    """A label that was made: `changes` for everybody, `label` its id."""

    def __init__(self, changes: object, label: int) -> None:
        self.changes = changes
        self.label = label


def _add_label(project: object, name: str) -> _Added:
    """On a thread."""
    changes = service("labelling", "add_labels")(project, [name])
    return _Added(changes, service("labelling", "label_named")(project, name).id)
