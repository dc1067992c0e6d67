"""Looks: what the colours of a site's images are like, and giving them to other images.

Numpy alone. docs/decisions/0025-looks.md
"""
