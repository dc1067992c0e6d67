"""Words about the topic "data"."""

MESSAGES: dict[str, str] = {}
