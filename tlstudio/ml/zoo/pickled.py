"""Tensors out of a PyTorch file that holds a whole model, without running anything in it.

Such a file is a program for a small stack machine (pickle). Its instructions are read here as
data: a class or function that it names becomes a `Name`, a call that it asks for a `Call` that is
written down and never made. Of all calls only two are understood afterwards, those by which torch
writes tensors and parameters; their bytes lie beside the program in the same zip archive.
"""

from __future__ import annotations

import math
import pickletools
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

_DTYPES: dict[str, torch.dtype] = {
    "FloatStorage": torch.float32,
    "HalfStorage": torch.float16,
    "DoubleStorage": torch.float64,
    "BFloat16Storage": torch.bfloat16,
    "LongStorage": torch.int64,
    "IntStorage": torch.int32,
    "ShortStorage": torch.int16,
    "CharStorage": torch.int8,
    "ByteStorage": torch.uint8,
    "BoolStorage": torch.bool,
}
_TENSOR = ("torch._utils", "_rebuild_tensor_v2")
_PARAMETER = ("torch._utils", "_rebuild_parameter")
_DEEPEST = 60  # modules within modules
LARGEST_PROGRAM = 64 * 2**20  # bytes; that of the largest published model has two megabytes


class NotReadable(Exception):
    """The file is cut, no pickle, or asks for something that no weights file needs."""


@dataclass(frozen=True, slots=True)
class Name:
    """A class or function that the file names; it is not looked up."""

    module: str
    name: str


@dataclass(eq=False, slots=True)
class Call:
    """A call that was asked for, with what is set on its result; it was not made."""

    target: Any
    arguments: Any
    state: Any = None
    items: dict[Any, Any] = field(default_factory=dict)
    rest: list[Any] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Outside:
    """Bytes beside the program, as it names them."""

    facts: Any


def tensors_of_model(path: Path) -> dict[str, Tensor]:
    """Names and tensors of the model in `path`, as its state_dict() would give them.

    A table with a model under "ema" or "model" (ultralytics) is looked into, the averaged one
    first. NotReadable where there is none.
    """
    with zipfile.ZipFile(path) as archive:
        root = next((n for n in archive.namelist() if n.endswith("/data.pkl")), None)
        if root is None:
            raise NotReadable("no program in the archive")
        if archive.getinfo(root).file_size > LARGEST_PROGRAM:
            raise NotReadable("the program is too long")
        content = understand(archive.read(root))
        store = _Store(archive, root.removesuffix("data.pkl"))
        store.check_order()
        return {
            name: tensor
            for name, found in _walk(_model_in(content), "", 0)
            if (tensor := store.tensor(found)) is not None
        }


def _model_in(content: Any) -> Call:
    for key in ("ema", "model"):
        if isinstance(content, dict) and isinstance(content.get(key), Call):
            found: Call = content[key]
            return found
    if isinstance(content, Call):
        return content
    raise NotReadable("no model in the file")


def _walk(module: Any, prefix: str, depth: int) -> Iterator[tuple[str, Call]]:
    """Parameters and buffers of a written-down module and of those in it, by their full names."""
    state = module.state if isinstance(module, Call) else None
    if depth > _DEEPEST or not isinstance(state, dict):
        return
    left_out = state.get("_non_persistent_buffers_set")
    passing = left_out if isinstance(left_out, list | set) else ()
    for table in ("_parameters", "_buffers"):
        for name, value in _entries(state.get(table)):
            if isinstance(value, Call) and name not in passing:
                yield f"{prefix}{name}", value
    for name, child in _entries(state.get("_modules")):
        yield from _walk(child, f"{prefix}{name}.", depth + 1)


def _entries(table: Any) -> Iterator[tuple[str, Any]]:
    """Those of a dict or of an OrderedDict."""
    entries = table.items if isinstance(table, Call) else table
    if isinstance(entries, dict):
        yield from ((name, value) for name, value in entries.items() if isinstance(name, str))


class _Store:
    """The bytes beside the program."""

    def __init__(self, archive: zipfile.ZipFile, root: str) -> None:
        self._archive, self._root = archive, root
        self._read: dict[str, Tensor] = {}

    def check_order(self) -> None:
        """NotReadable where the bytes were written by a machine that counts them the other way."""
        note = f"{self._root}byteorder"
        if note in self._archive.namelist() and self._archive.read(note) != b"little":
            raise NotReadable("bytes in the other order")

    def tensor(self, found: Call) -> Tensor | None:
        """The tensor that a call would make; None where the call makes something else."""
        target = (found.target.module, found.target.name) if isinstance(found.target, Name) else ()
        if target == _PARAMETER and isinstance(found.arguments, tuple) and found.arguments:
            inner = found.arguments[0]
            return self.tensor(inner) if isinstance(inner, Call) else None
        if target != _TENSOR:
            return None
        try:
            outside, offset, size, stride = found.arguments[:4]
            values = self._values(outside.facts)
            if math.prod(size) > len(values):  # a stride of 0 could unfold to any size
                raise NotReadable("a tensor that does not fit its bytes")
            return torch.as_strided(values, size, stride, offset).clone()
        except (TypeError, ValueError, IndexError, AttributeError, RuntimeError, KeyError,
                zipfile.BadZipFile, OSError) as trouble:  # fmt: skip
            raise NotReadable("a tensor that does not fit its bytes") from trouble

    def _values(self, facts: Any) -> Tensor:
        """[count], read once."""
        word, kind, key, _place, count = facts
        if word != "storage" or not isinstance(kind, Name) or kind.module != "torch":
            raise NotReadable("bytes of an unknown kind")
        if key not in self._read:
            dtype = _DTYPES[kind.name]
            entry = self._archive.getinfo(f"{self._root}data/{key}")
            # torch never packs them; a packed entry could unfold to any size
            if (
                entry.compress_type != zipfile.ZIP_STORED
                or entry.file_size != count * dtype.itemsize
            ):
                raise NotReadable("bytes of another number")
            data = np.frombuffer(bytearray(self._archive.read(entry)), np.uint8)
            self._read[key] = torch.from_numpy(data).view(dtype)
        return self._read[key]


class _Mark:
    """Where a group on the stack begins."""


def understand(program: bytes) -> Any:
    """What a pickle describes: plain values, and Names, Calls and Outsides for all the rest."""
    machine = _Machine()
    try:
        for opcode, argument, _position in pickletools.genops(program):
            if opcode.name == "STOP":
                return machine.pop()
            machine.take(opcode.name, argument)
    except NotReadable:
        raise
    except (ValueError, IndexError, TypeError, KeyError, AttributeError, UnicodeError) as trouble:
        raise NotReadable("no complete pickle") from trouble
    raise NotReadable("no complete pickle")


class _Machine:
    """The stack machine of pickle, as far as weights need it, with calls written down."""

    def __init__(self) -> None:
        self.stack: list[Any] = []
        self.memo: dict[int, Any] = {}

    def pop(self) -> Any:
        value = self.stack.pop()
        if isinstance(value, _Mark):
            raise NotReadable("a group where a value belongs")
        return value

    def group(self) -> list[Any]:
        """All above the last mark, which goes too."""
        found: list[Any] = []
        while not isinstance(value := self.stack.pop(), _Mark):
            found.append(value)
        return found[::-1]

    def take(self, name: str, argument: Any) -> None:
        if name in _PLAIN:
            self.stack.append(argument)
        elif name in _CONSTANTS:
            self.stack.append(_CONSTANTS[name]())
        elif name in _ACTS:
            _ACTS[name](self, argument)
        elif name not in _NOTHING:
            raise NotReadable(f"the instruction {name}")

    def memoize(self, argument: Any) -> None:
        self.memo[len(self.memo) if argument is None else argument] = self.stack[-1]

    def call(self, _argument: Any) -> None:
        arguments, target = self.pop(), self.pop()
        self.stack.append(Call(target, arguments))

    def build(self, _argument: Any) -> None:
        state, target = self.pop(), self.stack[-1]
        if isinstance(target, Call):
            target.state = state

    def set_items(self, pairs: list[Any]) -> None:
        target = self.stack[-1]
        table = target.items if isinstance(target, Call) else target
        if not isinstance(table, dict):
            raise NotReadable("entries of something that is no table")
        for key, value in zip(pairs[::2], pairs[1::2], strict=True):
            if isinstance(key, str | int | float | None):
                table[key] = value

    def extend(self, values: list[Any]) -> None:
        target = self.stack[-1]
        if isinstance(target, Call):
            target.rest += values
        elif isinstance(target, set):
            target.update(value for value in values if isinstance(value, str | int))
        else:
            target += values

    def global_of(self, argument: Any) -> None:
        if argument is None:
            name, module = self.pop(), self.pop()
        else:
            module, _, name = argument.partition(" ")
        self.stack.append(Name(str(module), str(name)))

    def tuple_of(self, count: int) -> None:
        values = tuple(self.pop() for _ in range(count))[::-1]
        self.stack.append(values)


_PLAIN = {
    "INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT",
    "STRING", "BINSTRING", "SHORT_BINSTRING", "UNICODE", "BINUNICODE", "SHORT_BINUNICODE",
    "BINUNICODE8", "BINBYTES", "SHORT_BINBYTES", "BINBYTES8",
}  # fmt: skip
_NOTHING = {"PROTO", "FRAME"}
_CONSTANTS: dict[str, Callable[[], Any]] = {
    "NONE": lambda: None,
    "NEWTRUE": lambda: True,
    "NEWFALSE": lambda: False,
    "EMPTY_TUPLE": tuple,
    "EMPTY_LIST": list,
    "EMPTY_DICT": dict,
    "EMPTY_SET": set,
    "MARK": _Mark,
}
_ACTS: dict[str, Callable[[_Machine, Any], Any]] = {
    "POP": lambda m, _a: m.stack.pop(),
    "POP_MARK": lambda m, _a: m.group(),
    "DUP": lambda m, _a: m.stack.append(m.stack[-1]),
    "PUT": _Machine.memoize,
    "BINPUT": _Machine.memoize,
    "LONG_BINPUT": _Machine.memoize,
    "MEMOIZE": _Machine.memoize,
    "GET": lambda m, a: m.stack.append(m.memo[a]),
    "BINGET": lambda m, a: m.stack.append(m.memo[a]),
    "LONG_BINGET": lambda m, a: m.stack.append(m.memo[a]),
    "TUPLE": lambda m, _a: m.stack.append(tuple(m.group())),
    "TUPLE1": lambda m, _a: m.tuple_of(1),
    "TUPLE2": lambda m, _a: m.tuple_of(2),
    "TUPLE3": lambda m, _a: m.tuple_of(3),
    "LIST": lambda m, _a: m.stack.append(m.group()),
    "FROZENSET": lambda m, _a: m.stack.append(m.group()),
    "APPEND": lambda m, _a: m.extend([m.pop()]),
    "APPENDS": lambda m, _a: m.extend(m.group()),
    "ADDITEMS": lambda m, _a: m.extend(m.group()),
    "SETITEM": lambda m, _a: m.set_items([m.pop(), m.pop()][::-1]),
    "SETITEMS": lambda m, _a: m.set_items(m.group()),
    "GLOBAL": _Machine.global_of,
    "STACK_GLOBAL": _Machine.global_of,
    "REDUCE": _Machine.call,
    "NEWOBJ": _Machine.call,
    "BUILD": _Machine.build,
    "BINPERSID": lambda m, _a: m.stack.append(Outside(m.pop())),
}
