"""Writes docs/keys.md, the cheat sheet of all keys, from the program's own table.

    python docs/make_keys.py [--check]

With --check nothing is written; the exit status is 1 where the page is not up to date.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tlstudio.ui.key_table import MOUSE, lines
from tlstudio.ui.keymap import PRESETS, preset, preset_title

PAGE = Path(__file__).with_name("keys.md")
SCOPES = (
    ("everywhere", "Everywhere"),
    ("images", "Images"),
    ("label", "Label"),
    ("train", "Train"),
    ("tryout", "Try an image"),
    ("style", "Style"),
)
TOP = """# Keys

Made by `docs/make_keys.py`; change the keys themselves in `resources/keymaps`.

**F1** shows the keys of the page in front. **Settings → Keys** changes any of them, or takes the
set of keys that you know from another program; the sets stand side by side below. Bare letters and
digits do nothing while a text field has the focus. A dash means that the command has no key in
that set; it can be given one.
"""


def page() -> str:
    """The whole page as Markdown."""
    parts = [TOP]
    for scope, title in SCOPES:
        parts.append(f"\n## {title}\n\n{_table(scope)}")
        mouse = [(what, does) for at, _group, what, does in MOUSE if at == scope]
        if mouse:
            rows = "".join(f"| {_key(what)} | {does} |\n" for what, does in mouse)
            parts.append(f"\n| always | |\n|---|---|\n{rows}")
    return "".join(parts)


def _table(scope: str) -> str:
    names = " | ".join(map(preset_title, PRESETS))
    rows = [f"| | {names} |", "|---" * (len(PRESETS) + 1) + "|"]
    found = {name: _by_ids(scope, name) for name in PRESETS}
    group = ""
    for line in lines(scope, preset(PRESETS[0])):
        if not line.ids:
            continue
        if line.group != group and scope in ("images", "label"):
            group = line.group
            rows.append(f"| **{group}** |" + " |" * len(PRESETS))
        cells = (" ".join(map(_key, found[name][line.ids])) or "–" for name in PRESETS)
        rows.append(f"| {line.title} | {' | '.join(cells)} |")
    return "\n".join(rows) + "\n"


def _by_ids(scope: str, name: str) -> dict[tuple[str, ...], tuple[str, ...]]:
    return {line.ids: line.keys for line in lines(scope, preset(name))}


def _key(text: str) -> str:
    return f"<kbd>{text}</kbd>"


def main() -> int:
    made = page()
    if "--check" in sys.argv[1:]:
        same = PAGE.is_file() and PAGE.read_text("utf-8") == made
        if not same:
            print("docs/keys.md is out of date; run: python docs/make_keys.py")
        return 0 if same else 1
    PAGE.write_text(made, "utf-8")
    print(f"{PAGE.name}: {len(made.splitlines())} lines")
    return 0


if __name__ == "__main__":
    sys.exit(main())
