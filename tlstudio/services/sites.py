"""Sites: which there are, and which images each has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tlstudio.domain.errors import UserError
from tlstudio.domain.images import ImageQuery
from tlstudio.domain.sites import Site, SiteKind, below, read_site
from tlstudio.formats.grouping import safe_pattern
from tlstudio.storage import facets, images

if TYPE_CHECKING:
    from tlstudio.storage.connection import Db
    from tlstudio.storage.project import Project


_FOLDERS = 60  # that are offered


@dataclass(frozen=True, slots=True)
class SiteChoice:
    """A site that could be held out; `site` is as a person would write it."""

    site: str
    kind: str
    name: str
    images: int


def site_choices(project: Project) -> list[SiteChoice]:
    """Tags and folders that some of the images have and others do not, tags first. Of folders
    those with most images: where there are very many, the small ones are patients, not sites."""
    with project.read() as db:
        there = facets.facets(db, ("tags", "folders", "images"))
    tags, total = there["tags"], there["images"]
    folders: Counter[str] = Counter()
    for path, count in there["folders"].items():
        for name in {part for part in path.split("/") if part}:
            folders[name] += count
    found = [(SiteKind.TAG, name, n) for name, n in tags.items()]
    found += [(SiteKind.FOLDER, name, n) for name, n in sorted(folders.most_common(_FOLDERS))]
    return [
        SiteChoice(str(Site(kind, name)), kind.value, name, n)
        for kind, name, n in found
        if 0 < n < total
    ]


def site_images(project: Project, text: str) -> frozenset[int]:
    """The images of the site that `text` names, at least one.

    Raises UserError: site.text, site.unknown, data.group_regex, data.group_regex_slow.
    """
    site = read_site(text)
    with project.read() as db:
        found = images_of(db, site)
    if not found:
        raise UserError("site.unknown", site=str(site), known=_known(project, site.kind))
    return found


_MOST = 20  # sites looked through for the one that is held out


def held_out(project: Project, learned_from: Collection[int] = ()) -> str | None:
    """The site that holds every test image and none of training and validation, nor of the images
    `learned_from`, as a person would write it; None where there is none. Of several the smallest,
    tags before folders."""
    with project.read() as db:
        test = frozenset(images.query_ids(db, ImageQuery(splits=frozenset({"test"}))))
        others = frozenset({"train", "val"})
        learned = frozenset(images.query_ids(db, ImageQuery(splits=others))).union(learned_from)
    large = [each for each in site_choices(project) if test and each.images >= len(test)]
    with project.read() as db:
        for choice in sorted(large, key=lambda each: each.images)[:_MOST]:
            found = images_of(db, read_site(choice.site))
            if test <= found and not found & learned:
                return choice.site
    return None


def images_of(db: Db, site: Site) -> frozenset[int]:
    """The images of a site. Raises UserError: data.group_regex, data.group_regex_slow."""
    if site.kind is SiteKind.TAG:
        return frozenset(images.query_ids(db, ImageQuery(tags=frozenset({site.name}))))
    if site.kind is SiteKind.GROUP:
        pattern = safe_pattern(site.name)
        rows = images.hashes(db)
        return frozenset(r.image for r in rows if r.group and pattern.search(r.group))
    paths = [f for f in facets.facets(db, ("folders",))["folders"] if below(f, site.name)]
    origins = frozenset(f"folder:{path}" for path in paths)
    return frozenset(images.query_ids(db, ImageQuery(origins=origins)) if origins else ())


def _known(project: Project, kind: SiteKind) -> str:
    """A few sites of that kind, for a refusal."""
    if kind is SiteKind.GROUP:
        with project.read() as db:
            names = images.all_groups(db)
    else:
        names = [each.name for each in site_choices(project) if each.kind == kind]
    return ", ".join(names[:8]) + (", …" if len(names) > 8 else "") if names else "none"
