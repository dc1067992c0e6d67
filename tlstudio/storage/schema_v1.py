"""Version 1 of the database: never edited after its release, only followed by migrations.

Times are ISO 8601 in UTC; coordinates are float pixels of the canonical image; JSON columns
hold one JSON value as text. Every table the undo journal covers has one integer key, `id`,
that is never used twice (journal.JOURNALLED).
"""

SCHEMA_V1 = """
CREATE TABLE project (
  key TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE sources (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  path TEXT NOT NULL,
  referenced INTEGER NOT NULL DEFAULT 0 CHECK (referenced IN (0, 1)),
  original TEXT NOT NULL DEFAULT '',
  format TEXT NOT NULL DEFAULT '',
  size INTEGER NOT NULL,
  mtime_ns INTEGER NOT NULL,
  sha256 TEXT NOT NULL,
  added_at TEXT NOT NULL,
  added_by TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE UNIQUE INDEX sources_path ON sources (path);
CREATE INDEX sources_sha256 ON sources (sha256);

CREATE TABLE missing_sources (
  source_id INTEGER PRIMARY KEY REFERENCES sources (id) ON DELETE CASCADE,
  noticed_at TEXT NOT NULL
) STRICT;

CREATE TABLE groups (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL UNIQUE,
  sort_name TEXT NOT NULL,
  kind TEXT NOT NULL DEFAULT '',
  created_at TEXT NOT NULL,
  created_by TEXT NOT NULL DEFAULT ''
) STRICT;

CREATE TABLE images (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  source_id INTEGER NOT NULL REFERENCES sources (id) ON DELETE CASCADE,
  frame INTEGER NOT NULL DEFAULT 0,
  name TEXT NOT NULL,
  sort_name TEXT NOT NULL,
  width INTEGER NOT NULL,
  height INTEGER NOT NULL,
  mode TEXT NOT NULL DEFAULT '',
  bit_depth INTEGER NOT NULL DEFAULT 8,
  orientation INTEGER NOT NULL DEFAULT 1,
  pixel_hash TEXT NOT NULL,
  near_hash TEXT NOT NULL DEFAULT '',
  state TEXT NOT NULL DEFAULT 'unlabelled'
    CHECK (state IN ('unlabelled', 'draft', 'labelled', 'reviewed', 'disputed')),
  split TEXT CHECK (split IN ('train', 'val', 'test')),
  group_id INTEGER REFERENCES groups (id) ON DELETE SET NULL,
  attributes TEXT NOT NULL DEFAULT '{}',
  added_at TEXT NOT NULL,
  added_by TEXT NOT NULL DEFAULT '',
  changed_at TEXT NOT NULL,
  changed_by TEXT NOT NULL DEFAULT '',
  UNIQUE (source_id, frame)
) STRICT;
CREATE INDEX images_sort_name ON images (sort_name);
CREATE INDEX images_state ON images (state);
CREATE INDEX images_split ON images (split);
CREATE INDEX images_group ON images (group_id);
CREATE INDEX images_pixel_hash ON images (pixel_hash);

CREATE TABLE tags (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE image_tags (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  image_id INTEGER NOT NULL REFERENCES images (id) ON DELETE CASCADE,
  tag_id INTEGER NOT NULL REFERENCES tags (id) ON DELETE CASCADE,
  UNIQUE (image_id, tag_id)
) STRICT;
CREATE INDEX image_tags_tag ON image_tags (tag_id);

CREATE TABLE labels (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL UNIQUE,
  colour TEXT NOT NULL,
  position INTEGER NOT NULL,
  parent INTEGER REFERENCES labels (id) ON DELETE SET NULL,
  role TEXT NOT NULL DEFAULT 'normal' CHECK (role IN ('normal', 'background', 'ignore')),
  exclusive_set TEXT NOT NULL DEFAULT 'default',
  created_at TEXT NOT NULL,
  created_by TEXT NOT NULL DEFAULT '',
  changed_at TEXT NOT NULL,
  changed_by TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX labels_parent ON labels (parent);

CREATE TABLE annotations (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  image_id INTEGER NOT NULL REFERENCES images (id) ON DELETE CASCADE,
  kind TEXT NOT NULL CHECK (kind IN ('image_label', 'box', 'polygon', 'mask')),
  label_id INTEGER NOT NULL REFERENCES labels (id) ON DELETE CASCADE,
  z INTEGER NOT NULL DEFAULT 0,
  instance INTEGER,
  track TEXT,
  crowd INTEGER NOT NULL DEFAULT 0 CHECK (crowd IN (0, 1)),
  x REAL,
  y REAL,
  w REAL,
  h REAL,
  parts TEXT,
  attributes TEXT NOT NULL DEFAULT '{}',
  source TEXT NOT NULL DEFAULT 'person' CHECK (source IN ('person', 'import', 'model')),
  run TEXT,
  confidence REAL,
  suggestion INTEGER NOT NULL DEFAULT 0 CHECK (suggestion IN (0, 1)),
  author TEXT NOT NULL DEFAULT '',
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL,
  updated_by TEXT NOT NULL DEFAULT '',
  CHECK ((kind = 'image_label') = (x IS NULL AND y IS NULL AND w IS NULL AND h IS NULL)),
  CHECK ((kind = 'polygon') = (parts IS NOT NULL))
) STRICT;
CREATE INDEX annotations_image ON annotations (image_id, suggestion, label_id);
CREATE INDEX annotations_label ON annotations (label_id, image_id);
CREATE UNIQUE INDEX annotations_one_label ON annotations (image_id, label_id)
  WHERE kind = 'image_label' AND suggestion = 0;
CREATE INDEX annotations_suggested ON annotations (image_id) WHERE suggestion = 1;

CREATE TABLE mask_tiles (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  annotation_id INTEGER NOT NULL REFERENCES annotations (id) ON DELETE CASCADE,
  tile_x INTEGER NOT NULL,
  tile_y INTEGER NOT NULL,
  data BLOB NOT NULL,
  UNIQUE (annotation_id, tile_x, tile_y)
) STRICT;

CREATE TABLE drafts (
  image_id INTEGER NOT NULL REFERENCES images (id) ON DELETE CASCADE,
  tool TEXT NOT NULL,
  data TEXT NOT NULL,
  author TEXT NOT NULL DEFAULT '',
  updated_at TEXT NOT NULL,
  PRIMARY KEY (image_id, tool)
) STRICT, WITHOUT ROWID;

CREATE TABLE style_pairs (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  content_image INTEGER NOT NULL REFERENCES images (id) ON DELETE CASCADE,
  style_image INTEGER NOT NULL REFERENCES images (id) ON DELETE CASCADE,
  created_at TEXT NOT NULL,
  created_by TEXT NOT NULL DEFAULT '',
  UNIQUE (content_image, style_image)
) STRICT;
CREATE INDEX style_pairs_style ON style_pairs (style_image);

CREATE TABLE snapshots (
  sha256 TEXT PRIMARY KEY,
  task TEXT NOT NULL,
  images INTEGER NOT NULL,
  created_at TEXT NOT NULL,
  created_by TEXT NOT NULL DEFAULT ''
) STRICT, WITHOUT ROWID;

CREATE TABLE runs (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  task TEXT NOT NULL,
  model TEXT NOT NULL,
  state TEXT NOT NULL
    CHECK (state IN ('queued', 'running', 'stopping', 'done', 'failed', 'cancelled', 'lost')),
  weights TEXT NOT NULL DEFAULT 'default',
  recipe TEXT NOT NULL DEFAULT '{}',
  snapshot TEXT,
  created_at TEXT NOT NULL,
  created_by TEXT NOT NULL DEFAULT '',
  started_at TEXT,
  finished_at TEXT,
  seconds REAL,
  epochs INTEGER NOT NULL DEFAULT 0,
  ended TEXT CHECK (ended IN ('completed', 'early', 'time', 'user')),
  metrics TEXT NOT NULL DEFAULT '{}',
  best_epoch INTEGER,
  best_metric TEXT,
  best_value REAL,
  warnings TEXT NOT NULL DEFAULT '[]',
  error TEXT,
  device TEXT
) STRICT;

CREATE TABLE imports (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  source TEXT NOT NULL,
  format TEXT NOT NULL DEFAULT '',
  report TEXT NOT NULL DEFAULT '{}',
  imported_at TEXT NOT NULL,
  imported_by TEXT NOT NULL DEFAULT ''
) STRICT;

CREATE TABLE skipped (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  import_id INTEGER REFERENCES imports (id) ON DELETE CASCADE,
  file TEXT NOT NULL,
  reason TEXT NOT NULL,
  params TEXT NOT NULL DEFAULT '{}',
  noticed_at TEXT NOT NULL
) STRICT;
CREATE INDEX skipped_import ON skipped (import_id);
CREATE INDEX skipped_file ON skipped (file);

CREATE TABLE steps (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  undo_code TEXT NOT NULL,
  author TEXT NOT NULL DEFAULT '',
  made_at TEXT NOT NULL,
  bytes INTEGER NOT NULL DEFAULT 0,
  undone INTEGER NOT NULL DEFAULT 0 CHECK (undone IN (0, 1)),
  barrier INTEGER NOT NULL DEFAULT 0 CHECK (barrier IN (0, 1))
) STRICT;
CREATE INDEX steps_undone ON steps (id) WHERE undone = 1;

CREATE TABLE journal_state (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  step INTEGER,
  recording INTEGER NOT NULL DEFAULT 0,
  touched INTEGER NOT NULL DEFAULT 0,
  bytes INTEGER NOT NULL DEFAULT 0
) STRICT;
INSERT INTO journal_state (id) VALUES (1);
"""
