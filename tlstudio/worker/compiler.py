"""torch's compiler is loaded by whoever compiles, not by every worker that starts.

torchvision and Lightning name one thing each of `torch._dynamo` where they are imported, and every
optimizer asks it to be left alone by it. Nothing is compiled here; loading it takes as long as
torch itself. Until something else of it is wanted, stand-ins answer these few questions.
"""

from __future__ import annotations

import importlib
import sys
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

_WHOLE, _UTILS = "torch._dynamo", "torch._dynamo.utils"


def put_off() -> None:
    """Before torch is imported. Where the compiler is loaded already, nothing changes."""
    if _WHOLE in sys.modules:
        return
    whole, utils = _StandIn(_WHOLE), _StandIn(_UTILS)
    whole.__path__ = []
    given = {"utils": utils, "disable": _disable, "graph_break": _nothing}
    whole.__dict__.update(given, OptimizedModule=_Compiled)
    utils.__dict__["is_compile_supported"] = _is_compile_supported
    sys.modules |= {_WHOLE: whole, _UTILS: utils}
    sys.meta_path.insert(0, _Finder())


def is_put_off() -> bool:
    """Whether a stand-in is still there."""
    return isinstance(sys.modules.get(_WHOLE), _StandIn)


class _StandIn(ModuleType):
    """Asked for anything that it does not have, it makes way for the module that it stands for."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(_loaded(self.__name__), name)


def _loaded(name: str) -> ModuleType:
    for known in (_WHOLE, _UTILS):
        if isinstance(sys.modules.get(known), _StandIn):
            del sys.modules[known]
    return importlib.import_module(name)


class _Finder(MetaPathFinder):
    """Whoever imports another part of the compiler gets the real one, of the real whole."""

    def find_spec(self, fullname: str, *_: object) -> ModuleSpec | None:
        if not fullname.startswith(f"{_WHOLE}.") or not is_put_off():
            return None
        _loaded(_WHOLE)
        return ModuleSpec(fullname, _There(importlib.import_module(fullname)))


class _There(Loader):
    """Gives a module that has been imported meanwhile, as it is."""

    def __init__(self, module: ModuleType) -> None:
        self._module, self._spec = module, module.__spec__

    def create_module(self, _: ModuleSpec) -> ModuleType:
        return self._module

    def exec_module(self, module: ModuleType) -> None:
        module.__spec__ = self._spec


def _disable(fn: Any = None, *_: Any, **__: Any) -> Any:
    """Where nothing compiles, a function is left alone by being as it is."""
    return (lambda given: given) if fn is None else fn


def _nothing(*_: Any, **__: Any) -> None:
    pass


def _is_compile_supported(device: str) -> bool:
    return bool(_loaded(_UTILS).is_compile_supported(device))


class _Kind(type):
    def __instancecheck__(cls, instance: object) -> bool:
        return not is_put_off() and isinstance(instance, _loaded(_WHOLE).OptimizedModule)


class _Compiled(metaclass=_Kind):
    """A model is one of the compiler's only once there is a compiler."""
