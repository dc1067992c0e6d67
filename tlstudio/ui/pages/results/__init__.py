"""Results: the figures of a run and the images behind them, for every task."""

from tlstudio.ui.pages.results.page import ResultsPage

__all__ = ["ResultsPage"]
