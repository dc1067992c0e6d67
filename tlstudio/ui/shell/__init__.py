"""The frame of the window: rail, top bar, message panel, pages, status line."""
