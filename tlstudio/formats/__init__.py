"""Annotation files in and out: those of other programs, folders, splits, tables.

Duty: read what other tools wrote into plain entries, and write ours for them.
May import: domain, imaging.
Never: opens the database, trusts a path found in a file, knows Qt or torch.
"""
