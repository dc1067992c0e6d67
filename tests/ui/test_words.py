"""What is said on screen."""

from __future__ import annotations

from tlstudio.ui.words import say


def test_a_message_starts_with_a_capital_and_a_name_as_it_is_spelled() -> None:
    assert say("defaults.tile.none", {}).startswith("No tiles")
    assert say("data.not_image", {"file": "src/a.png"}).startswith("src/a.png is")
    assert say("no.such", {"file": "a.png"}) == "no.such (file=a.png)"
