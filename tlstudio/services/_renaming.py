"""Names of files that stay behind: "image-000012.png" in place of what may name somebody.

What a file is called, and its folders, become keyed hashes. With the same key the same file is
known again under its old name; without it nobody can tell what it was called.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from tlstudio.domain.errors import UserError
from tlstudio.domain.images import Skipped
from tlstudio.domain.messages import render
from tlstudio.domain.notices import Notice
from tlstudio.formats.annotation_set import IMPORT_ID, ReadImage, ReadShape
from tlstudio.formats.entries import Entry, Found
from tlstudio.formats.finding import tidy
from tlstudio.imaging.dicom.identity import keyed
from tlstudio.imaging.facts import file_sha256
from tlstudio.imaging.reading import ENDINGS
from tlstudio.services._copying import origin_of
from tlstudio.services._known import Known
from tlstudio.services._staging import Stage
from tlstudio.services.identity_key import identity_key, key_if_any

_GIVEN = re.compile(r"image-(\d{6,})(\.[a-z0-9.]+)?")
_DIGITS = 32  # hexadecimal digits of a name's hash: 128 bits
_SHORT = 12
_WORD = re.compile(r"[^\W\d_]+|\d+")
_SAYS_NOTHING = 3
"""Words with no more letters are found in everything, and name nobody."""


@dataclass(slots=True)
class Renaming:
    """What was done to names. `new` are the hashes (of the whole name, of its stem) of files by
    the name they got; `before` their old names; `words` are all that these
    were made of, `scrubbed` counts texts that were left behind since they hold one."""

    key: bytes
    on: bool
    new: dict[str, tuple[str, str]] = field(default_factory=dict)
    before: dict[str, str] = field(default_factory=dict)
    groups: set[str] = field(default_factory=set)
    words: set[str] = field(default_factory=set)
    folders: set[str] = field(default_factory=set)
    scrubbed: int = 0
    _files: dict[str, str] = field(default_factory=dict)

    def mark(self, staged: Stage) -> None:
        """Keep the hashes with the facts of new files."""
        for place, item in enumerate(staged.staged):
            hashes = self.new.get(item.entry.name)
            if hashes is None or item.facts is None or item.known is not None:
                continue
            notes = {**item.facts.notes, "named": hashes[0], "stem": hashes[1]}
            staged.staged[place] = replace(item, facts=replace(item.facts, notes=notes))

    def shown(self, items: Sequence[Skipped]) -> list[Skipped]:
        """Files left out as the person knows them."""
        return [replace(item, file=self.before.get(item.file, item.file)) for item in items]

    def kept(self, items: Sequence[Skipped]) -> list[Skipped]:
        """Files left out as the project may know them: no name of theirs, and no words."""
        return [Skipped(self._neutral(i.file), i.reason, _numbers(i.params)) for i in items]

    def kept_report(self, said: Mapping[str, object]) -> dict[str, object]:
        """A report without what its remarks quote from the source."""
        warnings = said.get("warnings", ())
        assert isinstance(warnings, list | tuple)
        plain = [(each["code"], _numbers(each["params"])) for each in warnings]
        texts = [{"code": c, "params": p, "message": render(c, p)} for c, p in plain]
        return {**said, "warnings": texts}

    def came(self, entries: Iterable[Entry]) -> set[str]:
        """What files left out earlier were called, were they these."""
        return {self._neutral(str(entry.file)) for entry in entries}

    def notices(self, entries: Sequence[Entry]) -> list[Notice]:
        """What is said of it, `entries` being those of the images that came in."""
        if not self.on:
            return []
        made = []
        if count := len(self.new.keys() & {entry.name.partition(" [")[0] for entry in entries}):
            made.append(Notice("data.renamed", {"count": count}))
        labels = {label for entry in entries for label in entry.labels or ()}
        told = sorted(label for label in labels if label.casefold() in self.folders)
        if told:
            made.append(Notice("data.labels_of_folders", {"names": ", ".join(told[:20])}))
        if self.groups:
            made.append(Notice("data.groups_hashed", {"count": len(self.groups)}))
        if self.scrubbed:
            made.append(Notice("data.texts_scrubbed", {"count": self.scrubbed}))
        return made

    def _neutral(self, file: str) -> str:
        """A name for a file that did not come in: the same each time."""
        name = self.before.get(self._files.get(file, file), file)
        return f"file-{keyed(self.key, 'file name', name)[:_SHORT]}{_ending(name)}"

    # -- making ---------------------------------------------------------------------------

    def hashes(self, name: str) -> tuple[str, str]:
        """Of the whole name, and of its last part without the ending."""
        plain = tidy(name)
        stem = plain.rsplit("/", 1)[-1].casefold().rsplit(".", 1)[0]
        return (
            keyed(self.key, "name", plain)[:_DIGITS],
            keyed(self.key, "stem", stem)[:_DIGITS],
        )

    def entry(self, entry: Entry, name: str) -> Entry:
        """The entry under another name, and what is said of it without the one before."""
        self.folders.update(tidy(entry.name).casefold().split("/")[:-1])
        if name != entry.name:
            self.before[name] = entry.name
            self._files[str(entry.file)] = name
        if not self.on:
            return replace(entry, name=name)
        said = None if entry.said is None else self._said(entry.said)
        frames = {frame: self._said(read) for frame, read in entry.frames.items()}
        return replace(entry, name=name, group=self._group(entry.group), said=said, frames=frames)

    def _group(self, group: str | None) -> str | None:
        if group is None:
            return None
        made = f"group {keyed(self.key, 'group', group)[:_SHORT]}"
        self.groups.add(made)
        return made

    def _said(self, read: ReadImage) -> ReadImage:
        tags = tuple(tag for tag in read.tags if not self._speaks(tag))
        self.scrubbed += len(read.tags) - len(tags)
        return replace(
            read,
            shapes=tuple(self._shape(shape) for shape in read.shapes),
            tags=tags,
            extras={key: self._plain(value) for key, value in read.extras.items()},
        )

    def _shape(self, shape: ReadShape) -> ReadShape:
        attributes = shape.attributes
        if attributes:
            plain = {k: self._plain(v) for k, v in attributes.items() if k != IMPORT_ID}
            given = attributes.get(IMPORT_ID)
            if isinstance(given, str) and not given.isdecimal():
                given = keyed(self.key, "shape", given)[:_SHORT]
            attributes = plain if given is None else {**plain, IMPORT_ID: given}
        group = shape.group
        if group and self._speaks(group):
            group = keyed(self.key, "track", group)[:_SHORT]
        return replace(shape, attributes=attributes, group=group)

    def _plain(self, value: object) -> object:
        """The value with "" in place of each text that holds one of the words."""
        if isinstance(value, str):
            if not self._speaks(value):
                return value
            self.scrubbed += 1
            return ""
        if isinstance(value, Mapping):
            return {k: self._plain(v) for k, v in value.items() if not self._speaks(str(k))}
        if isinstance(value, list | tuple):
            return [self._plain(each) for each in value]
        return value

    def _speaks(self, text: str) -> bool:
        """Whether a text quotes the name of a file or a folder of this import."""
        return not self.words.isdisjoint(_words(text))


def renamed(found: Found, known: Known, *, on: bool) -> Renaming | None:
    """Give entries the names under which the project has them; with `on` new ones get neutral
    names, and groups become hashes. None where there was nothing to do.

    Raises UserErrors of the patient key.
    """
    key = identity_key() if on else (key_if_any() if known.renamed else None)
    if key is None:
        return None
    work = Renaming(key, on)
    if on:
        said = any(entry.spoken_of for entry in (*found.entries, *found.absent))
        for entry in (*found.entries, *found.absent) if said else ():
            work.words |= _words(_without_ending(entry.name))
    numbers = (_GIVEN.fullmatch(name) for name in known.originals())
    last = max((int(number[1]) for number in numbers if number), default=0)
    for place, entry in enumerate(found.entries):
        hashes = work.hashes(entry.name)
        source = known.renamed.get(hashes[0])
        if source is not None:
            found.entries[place] = work.entry(entry, source.original)
        elif on:
            if _is_here(entry, known):
                found.entries[place] = work.entry(entry, entry.name)
                continue
            last += 1
            name = f"image-{last:06d}{_ending(entry.name)}"
            work.new[name] = hashes
            found.entries[place] = work.entry(entry, name)
    for place, entry in enumerate(found.absent):
        whole, stem = work.hashes(entry.name)
        source = known.renamed.get(whole) or known.renamed_stem(stem)
        name = entry.name if source is None else source.original
        found.absent[place] = work.entry(entry, name)
    return work


def _is_here(entry: Entry, known: Known) -> bool:
    """Whether the file came in before, under its own name: then it stays what it is."""
    alike = known.like(entry, os.path.abspath(entry.file))  # noqa: PTH100 (links are kept)
    if not alike:
        return False
    try:
        sha = file_sha256(entry.file)
    except UserError:
        return False
    return any(s.sha256 == sha or (s.origin and s.origin == origin_of(sha)) for s in alike)


def _without_ending(name: str) -> str:
    return name[: len(name) - len(_ending(name))]


def _ending(name: str) -> str:
    lower = name.lower()
    return next((e for e in sorted(ENDINGS, key=len, reverse=True) if lower.endswith(e)), "")


def _words(text: str) -> set[str]:
    """What may name somebody in a text, in small letters: its words, and its long numbers."""
    return {word for word in _WORD.findall(text.casefold()) if len(word) > _SAYS_NOTHING}


def _numbers(params: object) -> dict[str, object]:
    """Parameters of a message with "…" in place of words."""
    assert isinstance(params, Mapping)
    return {k: v if isinstance(v, int | float) else "…" for k, v in params.items()}
