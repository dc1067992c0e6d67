"""All that touches the library ultralytics, which talks to the network unless told not to.

`quiet.open_quietly` comes before every import of it; nothing here uses its trainers' files as
pickles: weights are our own safetensors.
"""
