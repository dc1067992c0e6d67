"""The window (PySide6): shell, operations off the UI thread, item models, pages, widgets.

Duty: show the truth held by the services and send intents to them.
May import: services, domain; PySide6, pyqtgraph.
Never: writes SQL, reads pixels on the UI thread, loads torch.
"""
