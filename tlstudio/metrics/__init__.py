"""Every figure, with its interval: numpy in, numbers out.

Duty: compute figures that do not flatter, by formulas with a named source.
May import: domain; numpy.
Never: reads files, knows Qt, torch or scikit-learn.
"""
