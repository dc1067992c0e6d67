"""Words about the topic "weights"."""

MESSAGES: dict[str, str] = {}
