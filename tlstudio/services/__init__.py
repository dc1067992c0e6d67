"""Use-cases: what a person can do, as functions that the window and the command line share.

Duty: projects, labelling, datasets, training, predictions, exporting; records what jobs report.
May import: storage, imaging, formats, metrics, catalog, jobs, domain.
Never: imports ml, Qt or torch; makes text for people (errors carry codes and parameters).
"""
