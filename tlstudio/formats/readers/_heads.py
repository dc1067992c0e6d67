"""Which files of a source are of a format, told from their heads."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tlstudio.formats.listing import Listing

_SAMPLE = 20


def that_fit(
    listing: Listing, names: Sequence[str], fits: Callable[[bytes], bool]
) -> tuple[str, ...]:
    """Those of the files whose head fits; see `those`."""
    return those(names, lambda name: fits(listing.head(name)))


def those(
    names: Sequence[str], fits: Callable[[str], object], sample: int = _SAMPLE
) -> tuple[str, ...]:
    """Those of the files that fit; none where none of the first `sample` does, since a source of
    another format may have 100,000 of them."""
    if not any(fits(name) for name in names[:sample]):
        return ()
    return tuple(name for name in names if fits(name))
