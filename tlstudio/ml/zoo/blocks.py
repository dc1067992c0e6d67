"""A backbone cut into blocks, from input to output, by the names of its parameters."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from torch import nn


class Stage(NamedTuple):
    """A block's name, and a regular expression for the start of its parameters' names."""

    name: str
    pattern: str


def group_modules(module: nn.Module, stages: Sequence[Stage]) -> list[tuple[str, list[nn.Module]]]:
    """The blocks of `module` in the order of `stages`; each parameter is in exactly one.

    Raises ValueError for a parameter without a stage or a stage without a parameter.
    """
    members: dict[str, set[str]] = {stage.name: set() for stage in stages}
    for name, _ in module.named_parameters():
        members[_stage_of(name, stages)].add(name)
    empty = [name for name, names in members.items() if not names]
    if empty:
        raise ValueError(f"stages without parameters: {empty}")
    return [(name, list(_cover(module, "", names))) for name, names in members.items()]


def _stage_of(parameter: str, stages: Sequence[Stage]) -> str:
    for stage in stages:
        if re.match(stage.pattern, parameter):
            return stage.name
    raise ValueError(f"parameter {parameter} belongs to no stage")


def _cover(module: nn.Module, path: str, names: set[str]) -> Iterator[nn.Module]:
    """The outermost modules that hold just `names`, which are full names below `path`."""
    held = {path + name for name, _ in module.named_parameters()}
    if not held & names:
        return
    if held <= names:
        yield module
        return
    loose = [p for name, p in module.named_parameters(recurse=False) if path + name in names]
    if loose:
        yield nn.ParameterList(loose)
    for name, child in module.named_children():
        yield from _cover(child, f"{path}{name}.", names)


def children(prefix: str, groups: Sequence[tuple[str, Sequence[int]]]) -> list[Stage]:
    """Stages of numbered children: ("stage3", (4, 5)) holds features.4 and features.5."""
    return [
        Stage(name, rf"{re.escape(prefix)}\.({'|'.join(str(i) for i in numbers)})\.")
        for name, numbers in groups
    ]
