"""Object detection: boxes learned, found, checked."""
