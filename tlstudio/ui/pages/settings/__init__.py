"""Settings: look, author, network, weights, places, backups, about."""

from tlstudio.ui.pages.settings.page import SettingsPage

__all__ = ["SettingsPage"]
