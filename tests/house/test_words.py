"""docs/glossary.md counts: one word for one thing, in messages and on screen."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import pytest

from tlstudio.domain.messages import MESSAGES

ROOT = Path(__file__).resolve().parents[2]


def rows() -> list[tuple[str, str, list[str]]]:
    """(word, what it is, words never used for it) of each line of the glossary's tables."""
    found = []
    for line in (ROOT / "docs" / "glossary.md").read_text("utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if (
            line.startswith("|")
            and len(cells) == 3
            and cells[0] != "word"
            and "---" not in cells[0]
        ):
            found.append((cells[0], cells[1], [w.strip() for w in cells[2].split(",") if w]))
    return found


def test_the_glossary_has_one_line_a_word() -> None:
    words = [word for word, _, _ in rows()]
    assert len(words) > 40
    assert len(set(words)) == len(words)
    assert all(meaning for _, meaning, _ in rows())


@pytest.mark.parametrize("noun", ["label", "annotation", "split", "group", "snapshot", "backbone"])
def test_the_nouns_of_the_domain_are_in_it(noun: str) -> None:
    assert noun in {word for word, _, _ in rows()}


def test_messages_and_screen_use_no_other_word(source: Any) -> None:
    never = [word for _, _, words in rows() for word in words]
    assert len(never) > 10
    pattern = re.compile(r"(?<![\w{-])(" + "|".join(map(re.escape, never)) + r")s?(?![\w}-])", re.I)
    texts = dict(MESSAGES)
    for where, call, name in source.calls():
        if name.rpartition(".")[2] == "tr" and call.args:
            text = call.args[0]
            if isinstance(text, ast.Constant) and isinstance(text.value, str):
                texts[where] = text.value
    assert not [f"{code}: {text}" for code, text in texts.items() if pattern.search(text)]


def test_every_decision_is_one_page() -> None:
    pages = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    assert pages
    for page in pages:
        text = page.read_text("utf-8")
        assert re.fullmatch(r"\d{4}-[a-z0-9-]+\.md", page.name)
        assert text.startswith(f"# {page.name[:4]}: "), page.name
        assert len(text.split()) < 700, f"{page.name} is more than a page"


def test_links_between_pages_lead_somewhere() -> None:
    broken = []
    for page in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", page.read_text("utf-8")):
            if "://" not in target and not (page.parent / target).exists():
                broken.append(f"{page.name}: {target}")
    assert not broken
