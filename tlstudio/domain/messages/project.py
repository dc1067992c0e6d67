"""Words about the topic "project"."""

MESSAGES: dict[str, str] = {}
