"""What every task of our own loop needs around its model: the request, the snapshot's images, the
course of an epoch, what learns when, the checkpoints, answers of a warm worker, live examples.

A task brings its model, its losses and its figures; docs/decisions/0011-training.md.
"""
