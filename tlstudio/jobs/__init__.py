"""Supervisor of worker processes: start, listen, stop, cancel, kill, reattach.

Duty: the truth about a child process, handed on as typed events to a callback.
May import: domain; psutil.
Never: imports the worker, storage, Qt or torch; knows what a task means.
"""
