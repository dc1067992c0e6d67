"""Nothing is executed out of a file, and nothing talks to the network but one module."""

from __future__ import annotations

import ast
import re
from typing import Any

NETWORK = (
    "socket",
    "ssl",
    "http.client",
    "http.server",
    "urllib.request",
    "ftplib",
    "smtplib",
    "requests",
    "httpx",
    "httpx2",
    "aiohttp",
    "huggingface_hub",
    "torch.hub",
    "torchvision.datasets.utils",
    "PySide6.QtNetwork",
)
# The one door to the network, and the local socket of the single window.
ALLOWED = {
    "tlstudio/services/network.py": {"ssl", "urllib.request", "http.client", "socket"},
    "tlstudio/ui/instance.py": {"PySide6.QtNetwork"},
}
# Questions to this machine.
HARMLESS = {"socket.gethostname", "urllib.request.getproxies"}
PICKLES = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}


def within(name: str, module: str) -> bool:
    return name == module or name.startswith(module + ".")


def test_only_one_module_talks_to_the_network(source: Any) -> None:
    """Others may import such a module for harmless questions only, and use nothing else of it."""
    used: dict[str, set[str]] = {}
    for where, _, name in source.calls():
        used.setdefault(where.partition(":")[0], set()).add(name)
    found = []
    for where, name in source.imports():
        file = where.partition(":")[0]
        for module in NETWORK:
            if not within(name, module) or module in ALLOWED.get(file, set()):
                continue
            called = {call for call in used.get(file, set()) if within(call, module)}
            if name != module or not called or called - HARMLESS:
                found.append(f"{where} {name}")
    assert not found


def test_no_weights_are_fetched_behind_our_back(source: Any) -> None:
    """Builders of torchvision and timm load weights from the network when they are asked to."""
    asking = []
    for where, call, name in source.calls():
        last = name.rpartition(".")[2]
        if last in {"load_state_dict_from_url", "hf_hub_download", "download_url", "urlretrieve"}:
            asking.append(where)
        for word in call.keywords:
            wants = isinstance(word.value, ast.Constant) and word.value.value is True
            if word.arg == "pretrained" and wants and last in {"create_model", "get_model"}:
                asking.append(where)
    assert not asking


def test_no_pickle_is_loaded(source: Any) -> None:
    loading = [
        f"{where} {name}"
        for where, _, name in source.calls()
        if name.partition(".")[0] in PICKLES
        and name.rpartition(".")[2] in {"load", "loads", "Unpickler", "open"}
    ]
    assert not loading


def test_torch_loads_weights_only(source: Any) -> None:
    careless = []
    for where, call, name in source.calls():
        if name in {"torch.load", "torch.jit.load"}:
            safe = {w.arg: getattr(w.value, "value", None) for w in call.keywords}
            if name == "torch.jit.load" or safe.get("weights_only") is not True:
                careless.append(where)
        allows = [w for w in call.keywords if w.arg == "allow_pickle"]
        careless += [where for w in allows if getattr(w.value, "value", None) is not False]
    assert not careless


def test_no_text_is_run_as_code(source: Any) -> None:
    assert not [where for where, _, name in source.calls() if name in {"eval", "exec", "os.system"}]


def test_no_shell_is_started(source: Any) -> None:
    started = []
    for where, call, _ in source.calls():
        asked = [word.value for word in call.keywords if word.arg == "shell"]
        started += [where for value in asked if getattr(value, "value", True) is not False]
    assert not started


def test_sql_names_its_parameters(source: Any) -> None:
    """From Python 3.12 on, sqlite3 warns of ?1 with a sequence, and refuses it from 3.14 on."""
    numbered = [
        f"{path}:{node.lineno}"
        for path, tree in source.trees
        if path.startswith("tlstudio/storage/")
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and re.search(r"[\s(=]\?\d", node.value)
    ]
    assert not numbered
