"""What files say of themselves: whose they are, and what a person should know of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tlstudio.domain.errors import UserError
from tlstudio.domain.images import SourceFacts
from tlstudio.domain.notices import Notice
from tlstudio.formats.grouping import BY_FILE
from tlstudio.imaging.dicom.reading import group_of_file
from tlstudio.services._staging import Stage, Staged
from tlstudio.services.identity_key import identity_key


def group_by_files(staged: Stage, rule: str | None) -> list[Notice]:
    """Give files the group that they name themselves, where no other rule was asked for: a DICOM
    its patient, else its study; the frames of any other file of several that file.

    With `rule` "dicom" files that were known already are asked too. Groups that the source gives
    (an annotation file, a table) stay.
    """
    if rule and rule != BY_FILE:
        return []
    patients = files = 0
    for place, item in enumerate(staged.staged):
        if item.entry.group is not None:
            continue
        group, by_file = _group(item, rule)
        if group is not None:
            staged.staged[place] = replace(item, entry=replace(item.entry, group=group))
            files += by_file
            patients += 0 if by_file else len(item.each())
    notices = []
    if patients:
        notices.append(Notice("data.grouped_by_patient", {"count": patients}))
    if files:
        notices.append(Notice("data.grouped_by_file", {"count": files}))
    without = sum(len(item.each()) for item in staged.staged if item.entry.group is None)
    if rule == BY_FILE and without:
        code = "data.group_some" if patients or files else "data.group_none"
        notices.append(Notice(code, {"count": without}))
    return notices


def _group(item: Staged, rule: str | None) -> tuple[str | None, bool]:
    """The group, and whether it is the file itself."""
    if item.facts is None:
        if rule != BY_FILE:
            return None, False
        try:
            return group_of_file(item.entry.file, identity_key), False
        except UserError:  # it was readable a moment ago
            return None, False
    if item.facts.group is not None:
        return item.facts.group, False
    return (item.entry.name, True) if item.facts.further else (None, False)


def remarks_of_files(facts: Sequence[SourceFacts]) -> list[Notice]:
    """What is worth saying of new files: frames that became images, overlays, names in pixels."""
    several = [each for each in facts if each.further]
    notices = []
    if several:
        frames = sum(len(each.every) for each in several)
        notices.append(Notice("data.many_frames", {"count": len(several), "frames": frames}))
    for code, note in (("data.overlays_left", "overlays"), ("data.burned_in", "burned_in")):
        count = sum(bool(each.notes.get(note)) for each in facts)
        if count:
            notices.append(Notice(code, {"count": count}))
    return notices


def annotated_at_first(item: Staged) -> bool:
    """Whether annotations of a file of several frames name none, and so go to its first one."""
    said, several = item.entry.said, item.facts is not None and bool(item.facts.further)
    return several and said is not None and bool(said.shapes) and not item.entry.frames
