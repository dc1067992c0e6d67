"""How to import, and what an import found and did."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tlstudio.domain.changes import Changes
from tlstudio.domain.images import Skipped, Split
from tlstudio.domain.messages import render
from tlstudio.domain.notices import Notice

NOTHING = Changes()


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """How to import.

    `format`: auto, images, class-folders (or class-folders:N), split-folders, csv, or the name
    of an annotation format. `images_dir`: where the images of a table or of an annotation file
    lie. `split`: put all of them there. `group_from`: folder:N, column:C,
    regex:R or dicom; None: what the files themselves say. `copy`: into the project, else refer
    to where they lie. `dry_run`: read everything, change nothing. `label_map`: another name for
    a label of the source, or None to leave out all that has it. `rename`: no name of a file or
    folder comes into the project; copies get neutral names, and groups that a rule takes from
    names become keyed hashes.
    """

    format: str = "auto"
    images_dir: Path | None = None
    split: Split | str | None = None
    group_from: str | None = None
    copy: bool = True
    dry_run: bool = False
    label_map: Mapping[str, str | None] = field(default_factory=dict)
    rename: bool = False


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import found and did. `images` counts readable images (added and matched);
    `annotations`, `kinds` and `labels` count what the source gives them, suggestions apart;
    `splits` and `groups` what it says of splits and how many groups it names. `found_labels`
    counts by the names in the source, those that are left out too. `not_trainable` counts
    points and lines, kept as attributes of their images. `shapes` says what became of the
    annotations: added, changed, removed, same (there already), kept (as a person changed it).
    `matched_by` says how the images were known again that were here: by path, name or hash;
    `new_labels` are those that the project did not have.
    """

    format: str
    images: int = 0
    images_added: int = 0
    images_matched: int = 0
    images_missing: int = 0
    annotations: int = 0
    labels: dict[str, int] = field(default_factory=dict)
    skipped: tuple[Skipped, ...] = ()
    warnings: tuple[Notice, ...] = ()
    splits: dict[str, int] = field(default_factory=dict)
    groups: int = 0
    dry_run: bool = False
    changes: Changes = NOTHING
    kinds: dict[str, int] = field(default_factory=dict)
    suggestions: int = 0
    found_labels: dict[str, int] = field(default_factory=dict)
    not_trainable: int = 0
    shapes: dict[str, int] = field(default_factory=dict)
    matched_by: dict[str, int] = field(default_factory=dict)
    new_labels: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The keys of `tlstudio import --json`; reasons and messages in English. What became of
        shapes is in it where an annotation file gave any."""
        shapes: dict[str, Any] = {}
        if self.shapes or self.suggestions or self.not_trainable:
            shapes = {
                "kinds": self.kinds,
                "suggestions": self.suggestions,
                "not_trainable": self.not_trainable,
                "changes": self.shapes,
            }
        return {
            "format": self.format,
            "images": self.images,
            "images_added": self.images_added,
            "images_matched": self.images_matched,
            "images_missing": self.images_missing,
            **({"matched_by": self.matched_by} if self.matched_by else {}),
            "annotations": self.annotations,
            "labels": self.labels,
            "new_labels": list(self.new_labels),
            **shapes,
            "skipped": [
                {
                    "file": item.file,
                    "reason": render(item.reason, {**item.params, "file": item.file}),
                    "code": item.reason,
                }
                for item in self.skipped
            ],
            "warnings": [notice.to_json() for notice in self.warnings],
        }
