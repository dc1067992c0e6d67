"""Words about the topic "training"."""

MESSAGES: dict[str, str] = {}
