"""Where the group of an image (patient, slide, video) comes from."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from tlstudio.domain.errors import UserError

Grouper = Callable[[str, Mapping[str, str]], str | None]
"""Takes an image's name below the source and its table row (column in lower case: text)."""

BY_FILE = "dicom"
"""The rule by which the files themselves say what belongs together: a DICOM its patient."""

_NAME_LIMIT = 1000
_PATTERN_LIMIT = 500


def parse_group_from(text: str) -> Grouper:
    """The rule in `text`: folder:N, column:C or regex:R.

    folder:N is the N-th folder below the source, from 1; negative N counts from the file.
    regex:R is searched in the name; the group is its named group `group`, else its first
    group, else the whole match. Raises UserError data.group_from, data.group_folder,
    data.group_regex, data.group_regex_slow.
    """
    kind, _, rest = text.partition(":")
    if kind == "folder":
        return _by_folder(rest)
    if kind == "column" and rest.strip():
        return _by_column(rest)
    if kind == "regex" and rest:
        return _by_pattern(rest)
    raise UserError("data.group_from", text=text)


def grouper_of(rule: str | None) -> Grouper | None:
    """The rule in `rule`; None where the files are to say it, or nobody. Raises as
    `parse_group_from` does."""
    return None if not rule or rule == BY_FILE else parse_group_from(rule)


def column_of(text: str | None) -> str | None:
    """The column that a rule reads, in lower case; None for other rules."""
    kind, _, rest = (text or "").partition(":")
    return rest.strip().lower() if kind == "column" else None


def _by_folder(text: str) -> Grouper:
    try:
        level = int(text)
    except ValueError:
        level = 0
    if level == 0:
        raise UserError("data.group_folder", level=text)
    index = level - 1 if level > 0 else level

    def folder(name: str, _columns: Mapping[str, str]) -> str | None:
        folders = name.split("/")[:-1]
        return folders[index] if -len(folders) <= index < len(folders) else None

    return folder


def _by_column(text: str) -> Grouper:
    column = text.strip().lower()

    def cell(_name: str, columns: Mapping[str, str]) -> str | None:
        return columns.get(column) or None

    return cell


def _by_pattern(text: str) -> Grouper:
    pattern = safe_pattern(text)
    key: str | int = "group" if "group" in pattern.groupindex else min(1, pattern.groups)

    def match(name: str, _columns: Mapping[str, str]) -> str | None:
        found = pattern.search(name[-_NAME_LIMIT:])
        return (found.group(key) or None) if found else None

    return match


def safe_pattern(text: str) -> re.Pattern[str]:
    """A person's pattern, refused where it could take for ever. Raises UserError
    data.group_regex, data.group_regex_slow."""
    if len(text) > _PATTERN_LIMIT or _may_run_away(text):
        raise UserError("data.group_regex_slow", pattern=text[:80])
    try:
        return re.compile(text)
    except (re.error, OverflowError, RecursionError) as error:
        raise UserError("data.group_regex", pattern=text, detail=str(error)) from None


def _may_run_away(pattern: str) -> bool:
    """Whether a repeated bracket holds another repetition, or alternatives, as in (a+)+: time
    may then double with every character, and `re` cannot be interrupted."""
    plain = re.sub(r"\[\^?\]?(?:\\.|[^\]\\])*\]", "x", re.sub(r"\\.", "x", pattern))
    inner = re.compile(r"\(([^()]*)\)([*+]|\{\d*,\d*\})?")
    while True:
        found = inner.search(plain)
        if found is None:
            return False
        body, repeated = found.groups()
        body = body.removeprefix("?:")
        busy = bool(re.search(r"[*+|]|\{\d*,", body))
        if repeated and busy:
            return True
        plain = plain[: found.start()] + ("x+" if busy or repeated else "x") + plain[found.end() :]
