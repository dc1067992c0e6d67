"""The little of YAML that data sets are described in: text, lists and mappings, nothing made.

Every plain value stays text, so that a class called `no`, `1` or `2024-01-01` keeps its name.
References from one place to another are refused: a few lines of them can unfold to gigabytes.
"""

from __future__ import annotations

import yaml

from tlstudio.domain.errors import UserError

Value = str | list["Value"] | dict[str, "Value"]

_LIMIT = 2**20
_DEEPEST = 20


def parse_yaml(text: str, file: str) -> Value:
    """The value in `text`, "" for none. Raises UserError("data.yaml_broken")."""
    if len(text) > _LIMIT:
        raise UserError("data.yaml_broken", file=file, detail="> 1 MB")
    try:
        return _value(text)
    except (yaml.YAMLError, ValueError, RecursionError, LookupError) as error:
        detail = " ".join(str(error).split())[:200]
        raise UserError("data.yaml_broken", file=file, detail=detail) from None


def _value(text: str) -> Value:
    made: list[Value] = []
    open_: list[Value] = []
    keys: list[str | None] = []
    for event in yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
        if isinstance(event, yaml.AliasEvent):
            raise ValueError("references are not read")
        if isinstance(event, yaml.CollectionEndEvent):
            value = open_.pop()
            keys.pop()
        elif isinstance(event, yaml.ScalarEvent):
            value = event.value
        elif isinstance(event, yaml.CollectionStartEvent):
            if len(open_) >= _DEEPEST:
                raise ValueError("nested too deeply")
            open_.append({} if isinstance(event, yaml.MappingStartEvent) else [])
            keys.append(None)
            continue
        else:
            continue
        _put(value, open_, keys, made)
    return made[0] if made else ""


def _put(value: Value, open_: list[Value], keys: list[str | None], made: list[Value]) -> None:
    """The value into the innermost open list or mapping, in which it may be a key."""
    if not open_:
        made.append(value)
        return
    within = open_[-1]
    if isinstance(within, list):
        within.append(value)
    elif isinstance(within, dict):
        key = keys[-1]
        if key is None:
            keys[-1] = value if isinstance(value, str) else ""
        else:
            within[key] = value
            keys[-1] = None
