"""Pixels in: decoding, EXIF orientation, size and mode, hashes, thumbnails.

Duty: turn any file into the canonical image (orientation applied) or a reason why not.
May import: domain; Pillow, numpy.
Never: writes into a user's folder, opens the database, knows Qt or torch.
"""
