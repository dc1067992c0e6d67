"""A worker starts without torch's compiler, and has it where something asks for it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

BEGIN = """
import sys
from tlstudio.worker import compiler
compiler.put_off()
import torch, torchvision
from lightning_fabric import Fabric
fabric = Fabric(accelerator="cpu", devices=1)
model, optimizer = fabric.setup(
    net := torch.nn.Linear(2, 2), torch.optim.AdamW(net.parameters(), lr=0.1)
)
before = net.weight.detach().clone()
fabric.backward(model(torch.ones(3, 2)).sum())
optimizer.step()
optimizer.zero_grad()
assert not torch.equal(net.weight, before)
boxes = torch.tensor([[0.0, 0.0, 0.0, 4.0, 4.0]])
assert torchvision.ops.roi_align(torch.ones(1, 1, 8, 8), boxes, 2).shape == (1, 1, 2, 2)
parts = [name for name in sys.modules if name.startswith("torch._dynamo.")]
assert compiler.is_put_off() and parts == ["torch._dynamo.utils"], parts
"""

WAYS = {
    "by_compiling": """
twice = torch.compile(lambda x: x * 2, backend="eager")
assert twice(torch.ones(2)).tolist() == [2, 2]
compiled = torch.compile(torch.nn.Linear(1, 1), backend="eager")
from lightning_fabric.wrappers import OptimizedModule
assert isinstance(compiled, OptimizedModule) and not isinstance(net, OptimizedModule)
""",
    "by_a_part": """
import torch._dynamo.config, torch._dynamo.eval_frame as frame
from torch._dynamo.utils import is_compile_supported
assert torch._dynamo.config is sys.modules["torch._dynamo.config"]
assert torch._dynamo.eval_frame is frame and frame.__spec__.origin
assert torchvision.ops._utils is not None
optimizer.step()
torch.optim.SGD(net.parameters(), lr=0.1).zero_grad()
""",
}
END = """
assert not compiler.is_put_off()
parts = [m for name, m in sys.modules.items() if name.startswith("torch._dynamo")]
assert len(parts) > 20 and not any(isinstance(m, compiler._StandIn) for m in parts)
"""


@pytest.mark.parametrize("way", WAYS)
def test_nothing_of_the_compiler_is_loaded_until_it_is_wanted(way: str) -> None:
    code = BEGIN + WAYS[way] + END
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
