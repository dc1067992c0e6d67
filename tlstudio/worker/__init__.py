"""Child entry point: a job specification comes in, events go out, result.json is the end.

Duty: guard the event channel, the signals and the last checkpoint around ml.
May import: ml, domain.
Never: opens the database, imports services or Qt.
"""
