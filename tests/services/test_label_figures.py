"""How much carries a label, and what a label is for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tlstudio.domain.annotations import Box
from tlstudio.domain.errors import UserError
from tlstudio.domain.labels import LabelRole
from tlstudio.services.labelling import (
    assign_label,
    label_figures,
    label_named,
    set_label_role,
)
from tlstudio.services.projects import undo
from tlstudio.services.shaping import add_shapes


def test_images_and_shapes_are_counted_apart(project_of: Callable[..., Any]) -> None:
    project = project_of(4, labels=("round", "bars", "unused"))
    round_, bars = label_named(project, "round"), label_named(project, "bars")
    assign_label(project, [1, 2, 3], round_.id)
    add_shapes(project, 1, [Box(id="", image=1, label=bars.id, x=1, y=1, w=9, h=9)] * 2)
    add_shapes(project, 3, [Box(id="", image=3, label=round_.id, x=1, y=1, w=9, h=9)])
    assert label_figures(project) == {round_.id: (3, 1), bars.id: (1, 2)}


def test_a_role_is_set_and_undone(project_of: Callable[..., Any]) -> None:
    project = project_of(0, labels=("round",))
    made = label_named(project, "round")
    assert made.role is LabelRole.NORMAL
    assert set_label_role(project, made.id, LabelRole.IGNORE).labels == {made.id}
    assert label_named(project, "round").role is LabelRole.IGNORE
    undo(project)
    assert label_named(project, "round").role is LabelRole.NORMAL
    with pytest.raises(UserError) as error:
        set_label_role(project, 99, LabelRole.IGNORE)
    assert error.value.code == "project.no_label"
