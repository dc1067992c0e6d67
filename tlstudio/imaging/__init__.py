"""Pixels in: decoding, EXIF orientation, size and mode, hashes, thumbnails, masks, outlines.

Duty: turn any file into the canonical image (orientation applied) or a reason why not; hold the
pixels of masks; go between outlines and pixels.
May import: domain; Pillow, numpy, and, where they are used, OpenCV and Shapely.
Never: writes into a user's folder, opens the database, knows Qt or torch.
"""
