"""Label Studio's JSON, full and short (JSON-MIN): a list of tasks, places in per cent.

https://labelstud.io/guide/export and the tags' pages there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tlstudio.domain.errors import UserError
from tlstudio.domain.progress import Cancel
from tlstudio.formats.annotation_set import AnnotationSet
from tlstudio.formats.listing import Listing
from tlstudio.formats.readers import Evidence
from tlstudio.formats.readers._gather import Gather
from tlstudio.formats.readers._heads import that_fit
from tlstudio.formats.readers._label_studio_results import Results
from tlstudio.formats.readers._label_studio_tasks import image_of, short_results
from tlstudio.formats.readers._values import items, mapping, words, yes

NAME = "label-studio"
_FULL = (b'"annotations"', b'"completions"', b'"predictions"')
_SHORT = (b'"annotation_id"', b'"annotator"', b'"rectanglelabels"', b'"polygonlabels"',
          b'"brushlabels"', b'"original_width"')  # fmt: skip

_Object = Mapping[str, object]


def sniff(listing: Listing) -> Evidence | None:
    """JSON lists of tasks with data and annotations, or rows with an annotator."""
    names = that_fit(listing, listing.named(".json"), _looks_right)
    if not names:
        return None
    return Evidence(names, "a JSON list of tasks with annotations")


def _looks_right(head: bytes) -> bool:
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text[:1] == b"{":  # one task in a file of its own
        return b'"result"' in head and b'"from_name"' in head and b'"to_name"' in head
    if text[:1] != b"[" or b'"Feature"' in head:
        return False
    if b'"id"' not in head:
        return False
    full = any(key in head for key in _FULL) and (
        b'"data"' in head or b'"result"' in head or b'"from_name"' in head
    )
    return full or any(key in head for key in _SHORT)


def read(listing: Listing, evidence: Evidence, cancel: Cancel | None = None) -> AnnotationSet:
    """The images of all tasks. Raises Cancelled."""
    gather = Gather(NAME, cancel)
    for file in evidence.files:
        try:
            _read_file(gather, listing, file)
        except UserError as error:
            gather.skip_error(file, error)
    listing.forget()
    return gather.done()


def _read_file(gather: Gather, listing: Listing, file: str) -> None:
    value = listing.json(file)
    tasks = [value] if isinstance(value, dict) else items(value)
    if not any(_is_task(mapping(task)) for task in tasks):
        raise UserError("reading.not_format", file=file, format=NAME)
    rows: dict[str, _Object] = {}
    for task in tasks:
        gather.check()
        entry = mapping(task)
        if not _is_task(entry):
            gather.skip(file, "reading.entry")
        elif isinstance(entry.get("data"), dict):
            _read_full(gather, listing, file, entry)
        else:
            _latest(gather, rows, entry)
    for row in rows.values():
        gather.check()
        _read_short(gather, listing, file, row)


def _is_task(entry: _Object) -> bool:
    return isinstance(entry.get("data"), dict) or "annotator" in entry or "annotation_id" in entry


def _read_full(gather: Gather, listing: Listing, file: str, task: _Object) -> None:
    chosen, suggested = _chosen(gather, task)
    results = [] if chosen is None else [mapping(one) for one in items(chosen.get("result"))]
    data = mapping(task["data"])
    groups = image_of(listing, data, results)
    if not groups:
        gather.note("reading.other_data")
        return
    author = _author(None if chosen is None else chosen.get("completed_by"))
    for path, some in groups.items():
        picture = gather.picture(file, path)
        picture.complete = chosen is not None and not suggested
        Results(picture, listing, author, suggested).read(some)
        picture.close()


def _chosen(gather: Gather, task: _Object) -> tuple[_Object | None, bool]:
    """The annotation of a task that counts, and whether it is a model's prediction."""
    given = task.get("annotations", task.get("completions"))
    made = [mapping(one) for one in items(given) if mapping(one)]
    right = [one for one in made if not yes(one.get("was_cancelled"))]
    if len(right) < len(made):
        gather.note("reading.cancelled", len(made) - len(right))
    predictions = [mapping(one) for one in items(task.get("predictions")) if mapping(one)]
    if right:
        if len(right) > 1:
            gather.note("reading.other_people")
        if predictions:
            gather.note("reading.suggestions_left", len(predictions))
        return _best(right), False
    if predictions:
        gather.note("reading.suggestions", len(predictions))
        return _best(predictions), True
    return None, False


def _best(made: Sequence[_Object]) -> _Object:
    """The one marked as true, else the latest."""

    def order(one: _Object) -> tuple[bool, str]:
        return yes(one.get("ground_truth")), words(one.get("updated_at") or one.get("created_at"))

    return max(made, key=order)


def _author(person: object) -> str:
    """A name, or the number that the tool knows a person by."""
    known = mapping(person)
    if known:
        names = [words(known.get(key)) for key in ("username", "email", "id")]
        return next((name for name in names if name), "")
    return words(person)


def _latest(gather: Gather, rows: dict[str, _Object], row: _Object) -> None:
    """Of several rows of one task keep the one written last."""
    key = words(row.get("id")) or f"row {len(rows)}"
    before = rows.get(key)
    if before is not None:
        gather.note("reading.other_people")
    if before is None or words(row.get("updated_at")) >= words(before.get("updated_at")):
        rows[key] = row


def _read_short(gather: Gather, listing: Listing, file: str, row: _Object) -> None:
    data, results = short_results(row)
    groups = image_of(listing, data, results)
    if not groups:
        gather.note("reading.other_data")
        return
    for path, some in groups.items():
        picture = gather.picture(file, path)
        Results(picture, listing, _author(row.get("annotator")), False).read(some)
        picture.close()
