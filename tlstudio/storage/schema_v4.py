"""Version 4 of the database: images made here, and the history of stylings.

`images.synthetic` marks a picture that this program made; the check keeps it out of validation
and test whatever writes. `images.content_hash` is the pixel hash of the picture it was made from,
so that the two count as one when leaks are looked for, in whatever order they came.

`stylings` are no edits: they are not journalled and refer to images without foreign keys. An
image's id is never used twice, so one that undo brings back is found again.
"""

SCHEMA_V4 = """
ALTER TABLE images ADD COLUMN synthetic INTEGER NOT NULL DEFAULT 0
  CHECK (synthetic IN (0, 1) AND (synthetic = 0 OR split IS NULL OR split = 'train'));
ALTER TABLE images ADD COLUMN content_hash TEXT NOT NULL DEFAULT '';
CREATE INDEX images_synthetic ON images (content_hash) WHERE synthetic = 1;

CREATE TABLE stylings (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL CHECK (kind IN ('optimised', 'stylizer', 'matched')),
  content_image INTEGER,
  content_path TEXT NOT NULL,
  content_frame INTEGER NOT NULL DEFAULT 0,
  sources TEXT NOT NULL DEFAULT '[]',
  settings TEXT NOT NULL DEFAULT '{}',
  result TEXT NOT NULL DEFAULT '',
  width INTEGER NOT NULL DEFAULT 0,
  height INTEGER NOT NULL DEFAULT 0,
  steps INTEGER NOT NULL DEFAULT 0,
  seconds REAL NOT NULL DEFAULT 0,
  losses TEXT NOT NULL DEFAULT '{}',
  saved_image INTEGER,
  created_at TEXT NOT NULL,
  created_by TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX stylings_saved ON stylings (saved_image) WHERE saved_image IS NOT NULL;
"""
