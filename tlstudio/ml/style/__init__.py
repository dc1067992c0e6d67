"""Style transfer: feature networks, the optimisation of one picture, networks of one style.

The functions are what the worker's table names; their modules load when they are called.
"""
