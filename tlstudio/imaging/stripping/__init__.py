"""Copies of pictures without what they say beside their pixels: places, owners, names, comments.

Nothing is decoded: a copy is made of pieces of the file, in their order, and of a few bytes in
place of others. What is on no list of what pixels need stays behind.
"""
