"""Words about the topic "system"."""

MESSAGES: dict[str, str] = {}
