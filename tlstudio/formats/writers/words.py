"""Text as XML, YAML and JSON take it."""

from __future__ import annotations

import json
import re
from typing import Any
from xml.sax.saxutils import escape as _escape
from xml.sax.saxutils import quoteattr as _quoted

# What XML 1.0 cannot say at all, in any spelling.
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# What YAML does not print: escaped within double quotes.
_NOT_YAML = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]")

_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def xml_text(text: str) -> str:
    """`text` between tags; characters that XML cannot hold become question marks."""
    return _escape(_NOT_XML.sub("?", text), {"\r": "&#13;"})


def xml_value(text: str) -> str:
    """`text` as an attribute's value, with its quotes."""
    blanks = {"\n": "&#10;", "\t": "&#9;", "\r": "&#13;"}
    return _quoted(_NOT_XML.sub("?", text), blanks)


def yaml_text(text: str) -> str:
    """`text` in double quotes, which YAML reads as JSON does."""
    quoted = json.dumps(text, ensure_ascii=False)
    return _NOT_YAML.sub(lambda found: f"\\u{ord(found[0]):04x}", quoted)


def json_text(value: Any) -> str:
    """`value` on one line; floats with all their digits. ValueError for numbers that are none."""
    return _ENCODER.encode(value)


def number(value: float) -> str:
    """All digits of the number, and no ".0"."""
    return str(int(value)) if value == int(value) else repr(float(value))


def rgb(colour: str) -> tuple[int, int, int]:
    """#RRGGBB as numbers; black for what is no colour."""
    digits = colour.removeprefix("#")
    if not re.fullmatch("[0-9a-fA-F]{6}", digits):
        return (0, 0, 0)
    value = int(digits, 16)
    return (value >> 16, value >> 8 & 255, value & 255)
