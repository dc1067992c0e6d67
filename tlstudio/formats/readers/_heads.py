"""Which files of a source are of a format, told from their heads."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tlstudio.formats.listing import Listing

_SAMPLE = 20


def that_fit(
    listing: Listing, names: Sequence[str], fits: Callable[[bytes], bool]
) -> tuple[str, ...]:
    """Those of the files whose head fits; none where no head of the first few does, since a
    source of another format may have 100,000 of them."""
    if not any(fits(listing.head(name)) for name in names[:_SAMPLE]):
        return ()
    return tuple(name for name in names if fits(listing.head(name)))
