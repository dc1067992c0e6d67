"""ImageQuery as SQL."""

from __future__ import annotations

from collections.abc import Collection

from tlstudio.domain.images import SORTS, ImageQuery
from tlstudio.storage.connection import Db, listed
from tlstudio.storage.orders import FINISH, ORDERS

_IN = "IN (SELECT value FROM json_each(?))"
_GROUP_JOIN = " LEFT JOIN groups g ON g.id = i.group_id"
_LABELLED = (
    "EXISTS (SELECT 1 FROM annotations a INDEXED BY annotations_image"
    " WHERE a.image_id = i.id AND a.suggestion = 0)"
)
_UNLABELLED = f"NOT {_LABELLED}"
FOLDER = "rtrim(original, replace(original, '/', ''))"
"""The folder of a source below what was imported, with a slash at its end; has an index."""

BURNED_IN = "SELECT id FROM sources WHERE json_extract(notes, '$.burned_in')"
"""Files that say that their pixels name somebody."""

SYNTHETIC = "SELECT id FROM images INDEXED BY images_synthetic WHERE synthetic = 1"
"""Images that this program made."""

Term = tuple[str, tuple[object, ...]]


def query_ids(db: Db, query: ImageQuery) -> list[int]:
    """The ids of the images that satisfy every filter, in the wanted order.

    Raises ValueError for a sort that is none of SORTS.
    """
    if query.sort not in SORTS:
        raise ValueError(f"unknown sort: {query.sort}")
    where, parameters = _filters(query)
    finish = FINISH.get(query.sort)
    direction = " DESC" if query.descending and finish is None else ""
    order = ", ".join(f"{term}{direction}" for term in ORDERS[query.sort])
    joins = _GROUP_JOIN if query.text else ""
    clause = f" WHERE {' AND '.join(where)}" if where else ""
    columns = "i.id, i.group_id" if query.sort == "group" else "i.id"
    rows = db.execute(f"SELECT {columns} FROM images i{joins}{clause} ORDER BY {order}", parameters)
    if finish is None:
        return [row[0] for row in rows]
    ids, without = finish(db, rows)
    return (ids[::-1] if query.descending else ids) + without


def count_unlabelled(db: Db) -> int:
    """How many images have no accepted annotation."""
    return int(db.value(f"SELECT count(*) FROM images i WHERE {_UNLABELLED}"))


def _filters(query: ImageQuery) -> tuple[list[str], list[object]]:
    """Conditions and their parameters, in step; each needs one of its terms."""
    where: list[str] = []
    parameters: list[object] = []
    needs: tuple[list[Term], ...] = (
        _annotated(query),
        _one_of("i.state", query.states),
        _one_of("coalesce(i.split, '')", query.splits),
        _grouped(query.groups),
        _tagged(query.tags),
        _given(query.assignees),
        _from(query.origins),
        [] if query.ids is None else [(f"i.id {_IN}", (listed(query.ids),))],
        _named(query.text),
        _has(query.missing, "i.source_id", "SELECT source_id FROM missing_sources"),
        _has(query.commented, "i.id", "SELECT image_id FROM comments"),
        _has(query.burned_in, "i.source_id", BURNED_IN),
        _has(query.synthetic, "i.id", SYNTHETIC),
        *_sized(query),
    )
    for terms in needs:
        if terms:
            where.append(f"({' OR '.join(sql for sql, _ in terms)})")
            parameters.extend(value for _, values in terms for value in values)
    return where, parameters


def _one_of(column: str, values: Collection[object]) -> list[Term]:
    return [(f"{column} {_IN}", (listed(values),))] if values else []


def _annotated(query: ImageQuery) -> list[Term]:
    """Labels, kinds and makers, all of them of one annotation."""
    if not (query.labels or query.kinds or query.makers):
        return []
    about = [
        *_one_of("a.label_id", [label for label in query.labels if label]),
        *_one_of("a.kind", query.kinds),
    ]
    terms: list[Term] = []
    for made in _made(query.makers):
        if query.labels != {0}:
            terms.append(_holds([*about, made]))
        if 0 in query.labels:
            other = [*_one_of("a.kind", query.kinds), made]
            if made == _ACCEPTED and not query.kinds:
                terms.append((_UNLABELLED, ()))
            else:
                sql, values = _holds(other)
                terms.append((f"({_UNLABELLED} AND {sql})", values))
    return terms


_ACCEPTED: Term = ("a.suggestion = 0", ())
_SOURCES = frozenset({"person", "import", "model"})


def _made(makers: frozenset[str]) -> list[Term]:
    """What an annotation must be for each of the makers, accepted ones where none is named."""
    if not makers:
        return [_ACCEPTED]
    people = [maker.removeprefix("by:") for maker in makers if maker.startswith("by:")]
    terms: list[Term] = []
    if makers >= _SOURCES:
        terms.append(_ACCEPTED)
    for column, values in (
        ("a.source", [] if terms else sorted(_SOURCES & makers)),
        ("a.source = 'person' AND a.author", people),
    ):
        if values:
            terms.append((f"{column} {_IN} AND a.suggestion = 0", (listed(values),)))
    if "suggestion" in makers:
        terms.append(("a.suggestion = 1", ()))
    return terms or [("0", ())]


def _holds(conditions: list[Term]) -> Term:
    """The image holds an annotation that meets all of these.

    One condition has an index of its own; of several, SQLite (which keeps no statistics here)
    would look up the rows of one, where one pass over an index that holds them all is quicker.
    """
    if conditions == [_ACCEPTED]:
        return _LABELLED, ()
    plain = [sql for sql, _ in conditions if sql != _ACCEPTED[0]]
    waiting = any(sql == "a.suggestion = 1" for sql in plain)
    hint = " INDEXED BY annotations_image" if len(plain) > 1 and not waiting else ""
    where = " AND ".join(sql for sql, _ in conditions)
    values = tuple(value for _, values in conditions for value in values)
    return (f"i.id IN (SELECT a.image_id FROM annotations a{hint} WHERE {where})", values)


def _grouped(names: Collection[str]) -> list[Term]:
    named = [name for name in names if name]
    terms: list[Term] = []
    if named:
        terms.append((f"i.group_id IN (SELECT id FROM groups WHERE name {_IN})", (listed(named),)))
    if "" in names:
        terms.append(("i.group_id IS NULL", ()))
    return terms


def _tagged(names: Collection[str]) -> list[Term]:
    if not names:
        return []
    sql = (
        "i.id IN (SELECT t.image_id FROM image_tags t JOIN tags ON tags.id = t.tag_id"
        f" WHERE tags.name {_IN})"
    )
    return [(sql, (listed(names),))]


def _given(people: Collection[str]) -> list[Term]:
    """Images given to one of these people, "" for nobody."""
    terms = _one_of("i.assignee", [name for name in people if name])
    return [*terms, ("i.assignee IS NULL", ())] if "" in people else terms


def _from(origins: Collection[str]) -> list[Term]:
    """Images that came with one of these imports, or from one of these folders."""
    folders = [name.removeprefix("folder:") for name in origins if name.startswith("folder:")]
    numbers = [name.removeprefix("import:") for name in origins if name.startswith("import:")]
    terms: list[Term] = []
    if folders:
        sql = f"i.source_id IN (SELECT id FROM sources WHERE {FOLDER} {_IN})"
        terms.append((sql, (listed(folders),)))
    terms += [(IMPORTED, (number, number)) for number in numbers if number.isdigit()]
    return terms or ([("0", ())] if origins else [])


IMPORTED = (
    "i.added_at <= (SELECT imported_at FROM imports WHERE id = ?) AND i.added_at >"
    " coalesce((SELECT imported_at FROM imports WHERE id < ? ORDER BY id DESC LIMIT 1), '')"
    f" AND i.id NOT IN ({SYNTHETIC})"
)
"""An import is noted when its last image is in, and imports follow one another; what this program
made in between came with none."""


def _named(text: str) -> list[Term]:
    if not text:
        return []
    folded = (text.casefold(),)
    return [
        ("instr(casefold(i.name), ?)", folded),
        ("instr(casefold(coalesce(g.name, '')), ?)", folded),
    ]


def _has(wanted: bool | None, column: str, those: str) -> list[Term]:
    """Images that are (or are not) among `those`; None does not restrict."""
    if wanted is None:
        return []
    return [(f"{column} {'IN' if wanted else 'NOT IN'} ({those})", ())]


def _sized(query: ImageQuery) -> list[list[Term]]:
    limits = (
        ("i.width >= ?", query.min_width),
        ("i.width <= ?", query.max_width),
        ("i.height >= ?", query.min_height),
        ("i.height <= ?", query.max_height),
        ("i.width * i.height >= ?", query.min_pixels),
        ("i.width * i.height <= ?", query.max_pixels),
        ("min(i.width, i.height) < ?", query.smaller),
    )
    return [[(sql, (limit,))] for sql, limit in limits if limit]
