"""Words that go with a number."""

from __future__ import annotations

from tlstudio.domain.texts import counted


def test_what_is_counted_goes_with_its_number() -> None:
    said = [counted(n, "image was", "images were") for n in (0, 1, 2500)]
    assert said == ["0 images were", "1 image was", "2,500 images were"]
