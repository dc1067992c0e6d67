"""Edits that make shapes out of shapes: convert, join, subtract, split."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from tlstudio.domain.errors import UserError
from tlstudio.domain.shapes import SHAPES, Point, clamped, is_locked
from tlstudio.services import _shape_forms as forms
from tlstudio.services._shape_edits import Edited, Held, Plan, Reach, accepted, run, unique

if TYPE_CHECKING:
    from tlstudio.domain.annotations import Annotation
    from tlstudio.services._shape_edits import Encoded
    from tlstudio.storage.project import Project


def convert_shapes(project: Project, image_id: int, ids: Sequence[str], kind: str) -> Edited:
    """Make shapes into `kind`: box (around), polygon or mask (pixels whose centre is covered).

    Ids stay. Raises UserError: shape.too_small where nothing would be left.
    """
    if kind not in SHAPES:
        raise ValueError(f"no kind of shape: {kind}")

    def make(held: Held) -> Plan:
        plan = Plan()
        for shape in held.shapes:
            form = forms.form_of(held, shape)
            _keep(plan, held, *forms.converted(form, kind, held))
        return plan

    return run(project, "undo.convert_shapes", image_id, _pixels(ids), make)


def join_shapes(project: Project, image_id: int, ids: Sequence[str]) -> Edited:
    """Make shapes one; the first gives id, label and kind, the others go.

    Boxes become the box around all. Raises UserError("shape.need_two").
    """
    wanted = _two(ids)

    def make(held: Held) -> Plan:
        plan = Plan()
        all_forms = [forms.form_of(held, shape) for shape in wanted]
        _keep(plan, held, *forms.joined(all_forms, held))
        plan.delete += wanted[1:]
        return plan

    return run(project, "undo.join_shapes", image_id, _pixels(wanted), make)


def subtract_shapes(project: Project, image_id: int, ids: Sequence[str]) -> Edited:
    """Take the later shapes, which stay, away from the first.

    A box becomes a polygon unless a box is left. Raises UserError: shape.need_two,
    shape.nothing_left, shape.apart.
    """
    wanted = _two(ids)

    def make(held: Held) -> Plan:
        plan = Plan()
        if is_locked(held.shapes[wanted[0]]):
            raise UserError("shape.locked")
        first, *others = (forms.form_of(held, shape) for shape in wanted)
        left = forms.subtracted(first, others, held)
        if left is None:
            raise UserError("shape.nothing_left")
        if not forms.takes_away(first, left):
            raise UserError("shape.apart")
        _keep(plan, held, *left)
        return plan

    reach = replace(_pixels(wanted), locked=True)
    return run(project, "undo.subtract_shapes", image_id, reach, make)


def split_shapes(
    project: Project, image_id: int, ids: Sequence[str], line: Sequence[Point] = ()
) -> Edited:
    """Cut shapes in pieces along a line; without a line, into their separate parts.

    The largest piece keeps the id; pieces of a shape stand together in the answer. Raises
    UserError: outline.not_cut, shape.one_part where no shape falls into pieces.
    """

    def make(held: Held) -> Plan:
        plan = Plan()
        for shape in held.shapes:
            found = forms.pieces(forms.form_of(held, shape), line)
            if len(found) < 2:
                continue
            kept, *others = found
            _keep(plan, held, *kept)
            for item, tiles in others:
                plan.make(accepted(replace(item, id="", z=held.top)), tiles)
        if not plan.answer:
            raise UserError("outline.not_cut" if line else "shape.one_part")
        return plan

    return run(project, "undo.split_shapes", image_id, _pixels(ids), make)


def _keep(plan: Plan, held: Held, item: Annotation, tiles: Encoded | None) -> None:
    plan.keep(accepted(clamped(item, held.width, held.height)), tiles)


def _pixels(ids: Sequence[str]) -> Reach:
    return Reach(unique(ids), pixels=True)


def _two(ids: Sequence[str]) -> tuple[str, ...]:
    wanted = unique(ids)
    if len(wanted) < 2:
        raise UserError("shape.need_two")
    return wanted
