"""All torch: models, transfer strategies, the shared loop, feature cache, export.

Duty: learn from a snapshot and report as it goes; one folder per task.
May import: catalog, imaging, metrics, domain; torch and its family.
Never: opens the database, imports jobs, services or Qt; executes a pickle.
"""
