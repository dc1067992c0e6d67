"""The canvas: an image, the shapes on it, and the tools that make and change them.

Nothing here calls a service. Tools emit intents (`intents`); whoever holds the canvas turns them
into edits and brings back what the store then holds.
"""
