"""A remark on data that a person should read: a message code with its parameters."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tlstudio.domain.messages import render


@dataclass(frozen=True, slots=True)
class Notice:
    code: str
    params: dict[str, object] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Keys code, params and message (English)."""
        message = render(self.code, self.params)
        return {"code": self.code, "params": self.params, "message": message}
