"""Words about the topic "bundle"."""

MESSAGES: dict[str, str] = {}
