"""Version 2 of the database: reviewing (comments, who an image is given to) and saved filters.

The index annotations_order gives the topmost shape of an image without looking at all of them.
Those by label, kind and maker answer the filters of the gallery without reading a row; none
begins with `suggestion`, which nearly all rows share: without statistics SQLite would choose it.
"""

SCHEMA_V2 = """
ALTER TABLE images ADD COLUMN assignee TEXT;
CREATE INDEX images_assignee ON images (assignee) WHERE assignee IS NOT NULL;

CREATE INDEX annotations_order ON annotations (image_id, z);

DROP INDEX annotations_image;
CREATE INDEX annotations_image
  ON annotations (image_id, suggestion, label_id, kind, source, author);
DROP INDEX annotations_label;
CREATE INDEX annotations_label ON annotations (label_id, suggestion, image_id);
DROP INDEX annotations_suggested;
CREATE INDEX annotations_suggested ON annotations (image_id, confidence) WHERE suggestion = 1;
CREATE INDEX annotations_kind ON annotations (kind, suggestion, image_id);
CREATE INDEX annotations_maker ON annotations (source, author, suggestion, image_id);
CREATE INDEX sources_folder ON sources (rtrim(original, replace(original, '/', '')));

CREATE TABLE comments (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  image_id INTEGER NOT NULL REFERENCES images (id) ON DELETE CASCADE,
  author TEXT NOT NULL DEFAULT '',
  made_at TEXT NOT NULL,
  text TEXT NOT NULL,
  state TEXT CHECK (state IN ('unlabelled', 'draft', 'labelled', 'reviewed', 'disputed'))
) STRICT;
CREATE INDEX comments_image ON comments (image_id);

CREATE TABLE saved_filters (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL UNIQUE,
  query TEXT NOT NULL,
  author TEXT NOT NULL DEFAULT '',
  updated_at TEXT NOT NULL
) STRICT;
"""
