BEGIN TRANSACTION;
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
INSERT INTO "annotations" VALUES(1,1,'image_label',1,0,NULL,NULL,0,NULL,NULL,NULL,NULL,NULL,'{}','person',NULL,NULL,0,'ada','2026-11-30T08:58:28.472+00:00','2026-11-30T08:58:28.472+00:00','ada');
INSERT INTO "annotations" VALUES(2,2,'image_label',1,0,NULL,NULL,0,NULL,NULL,NULL,NULL,NULL,'{}','person',NULL,NULL,0,'ada','2026-11-30T08:58:28.472+00:00','2026-11-30T08:58:28.472+00:00','ada');
INSERT INTO "annotations" VALUES(3,4,'image_label',2,0,NULL,NULL,0,NULL,NULL,NULL,NULL,NULL,'{}','person',NULL,NULL,0,'ada','2026-11-30T08:58:28.488+00:00','2026-11-30T08:58:28.488+00:00','ada');
INSERT INTO "annotations" VALUES(4,3,'box',1,0,NULL,NULL,1,3.33333333333333314829e-01,2.5,3.25,4.125,NULL,'{}','person',NULL,NULL,0,'ada','2026-11-30T08:58:28.524+00:00','2026-11-30T08:58:28.524+00:00','ada');
INSERT INTO "annotations" VALUES(5,3,'polygon',2,0,NULL,'track 1',0,0.1,0.2,10.4,8.925,'[[[[0.1, 0.2], [10.5, 0.3], [5.25, 9.125]], [[2.0, 1.0], [3.0, 1.0], [2.5, 2.0]]], [[[0.1, 0.2], [10.5, 0.3], [5.25, 9.125]]]]','{}','person',NULL,NULL,0,'ada','2026-11-30T08:58:28.524+00:00','2026-11-30T08:58:28.524+00:00','ada');
INSERT INTO "annotations" VALUES(6,3,'mask',2,1,NULL,NULL,0,0.0,0.0,600.0,20.0,NULL,'{"a": 1}','person',NULL,NULL,0,'ada','2026-11-30T08:58:28.524+00:00','2026-11-30T08:58:28.524+00:00','ada');
CREATE TABLE comments (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  image_id INTEGER NOT NULL REFERENCES images (id) ON DELETE CASCADE,
  author TEXT NOT NULL DEFAULT '',
  made_at TEXT NOT NULL,
  text TEXT NOT NULL,
  state TEXT CHECK (state IN ('unlabelled', 'draft', 'labelled', 'reviewed', 'disputed'))
) STRICT;
INSERT INTO "comments" VALUES(1,2,'ada','2026-11-30T08:58:28.552+00:00','Größer als sonst?',NULL);
CREATE TABLE drafts (
  image_id INTEGER NOT NULL REFERENCES images (id) ON DELETE CASCADE,
  tool TEXT NOT NULL,
  data TEXT NOT NULL,
  author TEXT NOT NULL DEFAULT '',
  updated_at TEXT NOT NULL,
  PRIMARY KEY (image_id, tool)
) STRICT, WITHOUT ROWID;
INSERT INTO "drafts" VALUES(4,'polygon','[]','','2026-11-30T08:58:28.460+00:00');
CREATE TABLE groups (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL UNIQUE,
  sort_name TEXT NOT NULL,
  kind TEXT NOT NULL DEFAULT '',
  created_at TEXT NOT NULL,
  created_by TEXT NOT NULL DEFAULT ''
) STRICT;
INSERT INTO "groups" VALUES(1,'patient 1','patient 000000000001','','2026-11-30T08:58:28.448+00:00','ada');
INSERT INTO "groups" VALUES(2,'patient 2','patient 000000000002','','2026-11-30T08:58:28.448+00:00','ada');
CREATE TABLE image_tags (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  image_id INTEGER NOT NULL REFERENCES images (id) ON DELETE CASCADE,
  tag_id INTEGER NOT NULL REFERENCES tags (id) ON DELETE CASCADE,
  UNIQUE (image_id, tag_id)
) STRICT;
INSERT INTO "image_tags" VALUES(1,1,1);
INSERT INTO "image_tags" VALUES(2,2,1);
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
  changed_by TEXT NOT NULL DEFAULT '', assignee TEXT, frame_name TEXT NOT NULL DEFAULT '', position REAL, synthetic INTEGER NOT NULL DEFAULT 0
  CHECK (synthetic IN (0, 1) AND (synthetic = 0 OR split IS NULL OR split = 'train')), content_hash TEXT NOT NULL DEFAULT '',
  UNIQUE (source_id, frame)
) STRICT;
INSERT INTO "images" VALUES(1,1,0,'Größe 1.jpg','grösse 000000000001.jpg',640,480,'RGB',8,6,'0000000000000000000000000000000000000000000000000000000000000001','0000000000000001','labelled','test',1,'{}','2026-11-30T08:58:28.448+00:00','ada','2026-11-30T08:58:28.556+00:00','ada','grace','',NULL,0,'');
INSERT INTO "images" VALUES(2,2,0,'Größe 2.jpg','grösse 000000000002.jpg',640,480,'RGB',8,6,'0000000000000000000000000000000000000000000000000000000000000002','0000000000000002','labelled',NULL,1,'{}','2026-11-30T08:58:28.448+00:00','ada','2026-11-30T08:58:28.556+00:00','ada','grace','',NULL,0,'');
INSERT INTO "images" VALUES(3,3,0,'Größe 3.jpg','grösse 000000000003.jpg',640,480,'RGB',8,6,'0000000000000000000000000000000000000000000000000000000000000003','0000000000000003','unlabelled',NULL,2,'{"spacing":[0.25,0.25,"\u00b5m"]}','2026-11-30T08:58:28.448+00:00','ada','2026-11-30T08:58:28.569+00:00','ada',NULL,'',NULL,0,'');
INSERT INTO "images" VALUES(4,4,0,'Größe 4.jpg','grösse 000000000004.jpg',640,480,'RGB',8,6,'0000000000000000000000000000000000000000000000000000000000000004','0000000000000004','labelled',NULL,NULL,'{}','2026-11-30T08:58:28.448+00:00','ada','2026-11-30T08:58:28.488+00:00','ada',NULL,'',NULL,0,'');
INSERT INTO "images" VALUES(5,5,0,'Größe 5.jpg','grösse 000000000005.jpg',640,480,'RGB',8,6,'0000000000000000000000000000000000000000000000000000000000000005','0000000000000005','labelled',NULL,NULL,'{}','2026-11-30T08:58:28.448+00:00','ada','2026-11-30T08:58:28.519+00:00','ada',NULL,'',NULL,0,'');
INSERT INTO "images" VALUES(6,6,0,'Größe 6.jpg','grösse 000000000006.jpg',640,480,'RGB',8,6,'0000000000000000000000000000000000000000000000000000000000000006','0000000000000006','unlabelled',NULL,NULL,'{}','2026-11-30T08:58:28.448+00:00','ada','2026-11-30T08:58:28.448+00:00','ada',NULL,'',NULL,0,'');
INSERT INTO "images" VALUES(7,7,0,'scan.dcm [1]','scan.dcm [000000000001]',64,48,'I',12,1,'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','aaaaaaaaaaaaaaaa','unlabelled',NULL,NULL,'{}','2026-11-30T08:58:28.448+00:00','ada','2026-11-30T08:58:28.448+00:00','ada',NULL,'1',0.0,0,'');
INSERT INTO "images" VALUES(8,7,1,'scan.dcm [2]','scan.dcm [000000000002]',64,48,'I',12,1,'0000000000000000000000000000000000000000000000000000000000000001','0000000000000001','unlabelled',NULL,NULL,'{}','2026-11-30T08:58:28.448+00:00','ada','2026-11-30T08:58:28.448+00:00','ada',NULL,'2',2.5,0,'');
INSERT INTO "images" VALUES(9,7,3,'scan.dcm [4]','scan.dcm [000000000004]',64,48,'I',12,1,'0000000000000000000000000000000000000000000000000000000000000003','0000000000000003','unlabelled',NULL,NULL,'{}','2026-11-30T08:58:28.448+00:00','ada','2026-11-30T08:58:28.448+00:00','ada',NULL,'4',7.5,0,'');
INSERT INTO "images" VALUES(10,8,0,'made','made',32,24,'RGB',8,1,'7777777777777777777777777777777777777777777777777777777777777777','7777777777777777','unlabelled','train',1,'{}','2026-11-30T08:58:28.532+00:00','ada','2026-11-30T08:58:28.532+00:00','ada',NULL,'',NULL,1,'0000000000000000000000000000000000000000000000000000000000000002');
CREATE TABLE imports (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  source TEXT NOT NULL,
  format TEXT NOT NULL DEFAULT '',
  report TEXT NOT NULL DEFAULT '{}',
  imported_at TEXT NOT NULL,
  imported_by TEXT NOT NULL DEFAULT ''
) STRICT;
INSERT INTO "imports" VALUES(1,'/from','folder','{"images": 6}','2026-11-30T08:58:28.448+00:00','ada');
CREATE TABLE journal_state (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  step INTEGER,
  recording INTEGER NOT NULL DEFAULT 0,
  touched INTEGER NOT NULL DEFAULT 0,
  bytes INTEGER NOT NULL DEFAULT 0
) STRICT;
INSERT INTO "journal_state" VALUES(1,NULL,0,1,8043);
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
INSERT INTO "labels" VALUES(1,'round','#E69F00',0,NULL,'normal','default','2026-11-30T08:58:28.423+00:00','ada','2026-11-30T08:58:28.423+00:00','ada');
INSERT INTO "labels" VALUES(2,'bars','#56B4E9',1,NULL,'normal','default','2026-11-30T08:58:28.423+00:00','ada','2026-11-30T08:58:28.423+00:00','ada');
INSERT INTO "labels" VALUES(3,'odd','#009E73',2,NULL,'normal','default','2026-11-30T08:58:28.423+00:00','ada','2026-11-30T08:58:28.423+00:00','ada');
CREATE TABLE mask_tiles (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  annotation_id INTEGER NOT NULL REFERENCES annotations (id) ON DELETE CASCADE,
  tile_x INTEGER NOT NULL,
  tile_y INTEGER NOT NULL,
  data BLOB NOT NULL,
  UNIQUE (annotation_id, tile_x, tile_y)
) STRICT;
INSERT INTO "mask_tiles" VALUES(1,6,0,0,X'0001FF');
INSERT INTO "mask_tiles" VALUES(2,6,1,0,X'78');
CREATE TABLE missing_sources (
  source_id INTEGER PRIMARY KEY REFERENCES sources (id) ON DELETE CASCADE,
  noticed_at TEXT NOT NULL
) STRICT;
INSERT INTO "missing_sources" VALUES(6,'2026-11-30T08:58:28.448+00:00');
CREATE TABLE project (
  key TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO "project" VALUES('created_at','2026-11-30T08:58:28.411+00:00');
INSERT INTO "project" VALUES('created_by','ada');
INSERT INTO "project" VALUES('id','e7ba8d00a1fd4c94827c87668e59118a');
INSERT INTO "project" VALUES('name','Golden');
INSERT INTO "project" VALUES('task','classification');
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
INSERT INTO "runs" VALUES(1,'r0001','classification','resnet18','done','default','{"epochs": 3}',NULL,'2026-11-30T08:58:28.460+00:00','ada',NULL,NULL,NULL,0,'early','{"accuracy": 0.875}',2,'accuracy',0.875,'[]',NULL,NULL);
CREATE TABLE saved_filters (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL UNIQUE,
  query TEXT NOT NULL,
  author TEXT NOT NULL DEFAULT '',
  updated_at TEXT NOT NULL
) STRICT;
INSERT INTO "saved_filters" VALUES(1,'blurred','{"tags": ["blurred"], "sort": "name"}','ada','2026-11-30T08:58:28.572+00:00');
CREATE TABLE skipped (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  import_id INTEGER REFERENCES imports (id) ON DELETE CASCADE,
  file TEXT NOT NULL,
  reason TEXT NOT NULL,
  params TEXT NOT NULL DEFAULT '{}',
  noticed_at TEXT NOT NULL
) STRICT;
INSERT INTO "skipped" VALUES(1,1,'bad.jpg','data.empty','{"size": 0}','2026-11-30T08:58:28.448+00:00');
CREATE TABLE snapshots (
  sha256 TEXT PRIMARY KEY,
  task TEXT NOT NULL,
  images INTEGER NOT NULL,
  created_at TEXT NOT NULL,
  created_by TEXT NOT NULL DEFAULT ''
) STRICT, WITHOUT ROWID;
INSERT INTO "snapshots" VALUES('abababababababababababababababababababababababababababababababab','classification',3,'2026-11-30T08:58:28.460+00:00','ada');
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
, origin TEXT NOT NULL DEFAULT '', series TEXT, notes TEXT NOT NULL DEFAULT '{}') STRICT;
INSERT INTO "sources" VALUES(1,'images/Größe 1.jpg',0,'1.jpg','JPEG',99,7,'0000000000000000000000000000000000000000000000000000000000000001','2026-11-30T08:58:28.448+00:00','ada','',NULL,'{}');
INSERT INTO "sources" VALUES(2,'images/Größe 2.jpg',0,'2.jpg','JPEG',99,7,'0000000000000000000000000000000000000000000000000000000000000002','2026-11-30T08:58:28.448+00:00','ada','',NULL,'{}');
INSERT INTO "sources" VALUES(3,'images/Größe 3.jpg',0,'3.jpg','JPEG',99,7,'0000000000000000000000000000000000000000000000000000000000000003','2026-11-30T08:58:28.448+00:00','ada','',NULL,'{}');
INSERT INTO "sources" VALUES(4,'images/Größe 4.jpg',0,'4.jpg','JPEG',99,7,'0000000000000000000000000000000000000000000000000000000000000004','2026-11-30T08:58:28.448+00:00','ada','',NULL,'{}');
INSERT INTO "sources" VALUES(5,'images/Größe 5.jpg',0,'5.jpg','JPEG',99,7,'0000000000000000000000000000000000000000000000000000000000000005','2026-11-30T08:58:28.448+00:00','ada','',NULL,'{}');
INSERT INTO "sources" VALUES(6,'images/Größe 6.jpg',1,'6.jpg','JPEG',99,7,'0000000000000000000000000000000000000000000000000000000000000006','2026-11-30T08:58:28.448+00:00','ada','',NULL,'{}');
INSERT INTO "sources" VALUES(7,'images/scan.dcm',0,'scan.dcm','DICOM',99,7,'5c5c5c5c5c5c5c5c5c5c5c5c5c5c5c5c5c5c5c5c5c5c5c5c5c5c5c5c5c5c5c5c','2026-11-30T08:58:28.448+00:00','ada','0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f','5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e','{"modality": "CT", "overlays": 1}');
INSERT INTO "sources" VALUES(8,'images/made.png',0,'','PNG',99,7,'7777777777777777777777777777777777777777777777777777777777777777','2026-11-30T08:58:28.532+00:00','ada','',NULL,'{}');
CREATE TABLE steps (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  undo_code TEXT NOT NULL,
  author TEXT NOT NULL DEFAULT '',
  made_at TEXT NOT NULL,
  bytes INTEGER NOT NULL DEFAULT 0,
  undone INTEGER NOT NULL DEFAULT 0 CHECK (undone IN (0, 1)),
  barrier INTEGER NOT NULL DEFAULT 0 CHECK (barrier IN (0, 1))
) STRICT;
INSERT INTO "steps" VALUES(2,'undo.create_project','ada','2026-11-30T08:58:28.423+00:00',0,0,1);
INSERT INTO "steps" VALUES(3,'undo.import','ada','2026-11-30T08:58:28.448+00:00',0,0,1);
INSERT INTO "steps" VALUES(5,'undo.assign_label','ada','2026-11-30T08:58:28.472+00:00',1424,0,0);
INSERT INTO "steps" VALUES(6,'undo.assign_label','ada','2026-11-30T08:58:28.488+00:00',712,0,0);
INSERT INTO "steps" VALUES(7,'undo.set_split','ada','2026-11-30T08:58:28.500+00:00',551,0,0);
INSERT INTO "steps" VALUES(8,'undo.set_tags','ada','2026-11-30T08:58:28.508+00:00',206,0,0);
INSERT INTO "steps" VALUES(9,'undo.set_state','ada','2026-11-30T08:58:28.519+00:00',550,0,0);
INSERT INTO "steps" VALUES(10,'undo.draw','ada','2026-11-30T08:58:28.524+00:00',791,0,0);
INSERT INTO "steps" VALUES(11,'undo.add_styled','ada','2026-11-30T08:58:28.532+00:00',1748,0,0);
INSERT INTO "steps" VALUES(12,'undo.pairs','ada','2026-11-30T08:58:28.544+00:00',96,0,0);
INSERT INTO "steps" VALUES(13,'undo.add_comment','ada','2026-11-30T08:58:28.552+00:00',118,0,0);
INSERT INTO "steps" VALUES(14,'undo.assign','ada','2026-11-30T08:58:28.556+00:00',1110,0,0);
INSERT INTO "steps" VALUES(15,'undo.set_spacing','ada','2026-11-30T08:58:28.569+00:00',583,0,0);
INSERT INTO "steps" VALUES(17,'undo.delete_labels','ada','2026-11-30T08:58:28.581+00:00',154,1,0);
CREATE TABLE style_pairs (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  content_image INTEGER NOT NULL REFERENCES images (id) ON DELETE CASCADE,
  style_image INTEGER NOT NULL REFERENCES images (id) ON DELETE CASCADE,
  created_at TEXT NOT NULL,
  created_by TEXT NOT NULL DEFAULT '',
  UNIQUE (content_image, style_image)
) STRICT;
INSERT INTO "style_pairs" VALUES(1,1,2,'2026-11-30T08:58:28.544+00:00','');
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
INSERT INTO "stylings" VALUES(1,'optimised',2,'images/Größe 2.jpg',0,'[{"path": "/styles/Größe.png", "frame": 0, "weight": 2.5, "region": null}]','{"steps": 40}','styles/0001.png',32,24,40,2.25,'{"style": 0.1, "total": 0.3333333333333333}',10,'2026-11-30T08:58:28.532+00:00','ada');
CREATE TABLE tags (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL UNIQUE
) STRICT;
INSERT INTO "tags" VALUES(1,'blurred');
CREATE TABLE undo_annotations (seq INTEGER PRIMARY KEY AUTOINCREMENT, step INTEGER NOT NULL, side INTEGER NOT NULL, id, image_id, kind, label_id, z, instance, track, crowd, x, y, w, h, parts, attributes, source, run, confidence, suggestion, author, created_at, updated_at, updated_by);
INSERT INTO "undo_annotations" VALUES(1,5,1,1,1,'image_label',1,0,NULL,NULL,0,NULL,NULL,NULL,NULL,NULL,'{}','person',NULL,NULL,0,'ada','2026-11-30T08:58:28.472+00:00','2026-11-30T08:58:28.472+00:00','ada');
INSERT INTO "undo_annotations" VALUES(2,5,1,2,2,'image_label',1,0,NULL,NULL,0,NULL,NULL,NULL,NULL,NULL,'{}','person',NULL,NULL,0,'ada','2026-11-30T08:58:28.472+00:00','2026-11-30T08:58:28.472+00:00','ada');
INSERT INTO "undo_annotations" VALUES(3,6,1,3,4,'image_label',2,0,NULL,NULL,0,NULL,NULL,NULL,NULL,NULL,'{}','person',NULL,NULL,0,'ada','2026-11-30T08:58:28.488+00:00','2026-11-30T08:58:28.488+00:00','ada');
INSERT INTO "undo_annotations" VALUES(4,10,1,4,3,'box',1,0,NULL,NULL,1,3.33333333333333314829e-01,2.5,3.25,4.125,NULL,'{}','person',NULL,NULL,0,'ada','2026-11-30T08:58:28.524+00:00','2026-11-30T08:58:28.524+00:00','ada');
INSERT INTO "undo_annotations" VALUES(5,10,1,5,3,'polygon',2,0,NULL,'track 1',0,0.1,0.2,10.4,8.925,'[[[[0.1, 0.2], [10.5, 0.3], [5.25, 9.125]], [[2.0, 1.0], [3.0, 1.0], [2.5, 2.0]]], [[[0.1, 0.2], [10.5, 0.3], [5.25, 9.125]]]]','{}','person',NULL,NULL,0,'ada','2026-11-30T08:58:28.524+00:00','2026-11-30T08:58:28.524+00:00','ada');
INSERT INTO "undo_annotations" VALUES(6,10,1,6,3,'mask',2,1,NULL,NULL,0,0.0,0.0,600.0,20.0,NULL,'{"a": 1}','person',NULL,NULL,0,'ada','2026-11-30T08:58:28.524+00:00','2026-11-30T08:58:28.524+00:00','ada');
CREATE TABLE undo_comments (seq INTEGER PRIMARY KEY AUTOINCREMENT, step INTEGER NOT NULL, side INTEGER NOT NULL, id, image_id, author, made_at, text, state);
INSERT INTO "undo_comments" VALUES(1,13,1,1,2,'ada','2026-11-30T08:58:28.552+00:00','Größer als sonst?',NULL);
CREATE TABLE undo_groups (seq INTEGER PRIMARY KEY AUTOINCREMENT, step INTEGER NOT NULL, side INTEGER NOT NULL, id, name, sort_name, kind, created_at, created_by);
CREATE TABLE undo_image_tags (seq INTEGER PRIMARY KEY AUTOINCREMENT, step INTEGER NOT NULL, side INTEGER NOT NULL, id, image_id, tag_id);
INSERT INTO "undo_image_tags" VALUES(1,8,1,1,1,1);
INSERT INTO "undo_image_tags" VALUES(2,8,1,2,2,1);
CREATE TABLE undo_images (seq INTEGER PRIMARY KEY AUTOINCREMENT, step INTEGER NOT NULL, side INTEGER NOT NULL, id, source_id, frame, name, sort_name, width, height, mode, bit_depth, orientation, pixel_hash, near_hash, state, split, group_id, attributes, added_at, added_by, changed_at, changed_by, assignee, frame_name, position, synthetic, content_hash);
INSERT INTO "undo_images" VALUES(1,5,0,1,1,0,'Größe 1.jpg','grösse 000000000001.jpg',640,480,'RGB',8,6,'0000000000000000000000000000000000000000000000000000000000000001','0000000000000001','unlabelled',NULL,1,'{}','2026-11-30T08:58:28.448+00:00','ada','2026-11-30T08:58:28.448+00:00','ada',NULL,'',NULL,0,'');
INSERT INTO "undo_images" VALUES(2,5,1,1,1,0,'Größe 1.jpg','grösse 000000000001.jpg',640,480,'RGB',8,6,'0000000000000000000000000000000000000000000000000000000000000001','0000000000000001','labelled',NULL,1,'{}','2026-11-30T08:58:28.448+00:00','ada','2026-11-30T08:58:28.472+00:00','ada',NULL,'',NULL,0,'');
INSERT INTO "undo_images" VALUES(3,5,0,2,2,0,'Größe 2.jpg','grösse 000000000002.jpg',640,480,'RGB',8,6,'0000000000000000000000000000000000000000000000000000000000000002','0000000000000002','unlabelled',NULL,1,'{}','2026-11-30T08:58:28.448+00:00','ada','2026-11-30T08:58:28.448+00:00','ada',NULL,'',NULL,0,'');
INSERT INTO "undo_images" VALUES(4,5,1,2,2,0,'Größe 2.jpg','grösse 000000000002.jpg',640,480,'RGB',8,6,'0000000000000000000000000000000000000000000000000000000000000002','0000000000000002','labelled',NULL,1,'{}','2026-11-30T08:58:28.448+00:00','ada','2026-11-30T08:58:28.472+00:00','ada',NULL,'',NULL,0,'');
INSERT INTO "undo_images" VALUES(5,6,0,4,4,0,'Größe 4.jpg','grösse 000000000004.jpg',640,480,'RGB',8,6,'0000000000000000000000000000000000000000000000000000000000000004','0000000000000004','unlabelled',NULL,NULL,'{}','2026-11-30T08:58:28.448+00:00','ada','2026-11-30T08:58:28.448+00:00','ada',NULL,'',NULL,0,'');
INSERT INTO "undo_images" VALUES(6,6,1,4,4,0,'Größe 4.jpg','grösse 000000000004.jpg',640,480,'RGB',8,6,'0000000000000000000000000000000000000000000000000000000000000004','0000000000000004','labelled',NULL,NULL,'{}','2026-11-30T08:58:28.448+00:00','ada','2026-11-30T08:58:28.488+00:00','ada',NULL,'',NULL,0,'');
INSERT INTO "undo_images" VALUES(7,7,0,1,1,0,'Größe 1.jpg','grösse 000000000001.jpg',640,480,'RGB',8,6,'0000000000000000000000000000000000000000000000000000000000000001','0000000000000001','labelled',NULL,1,'{}','2026-11-30T08:58:28.448+00:00','ada','2026-11-30T08:58:28.472+00:00','ada',NULL,'',NULL,0,'');
INSERT INTO "undo_images" VALUES(8,7,1,1,1,0,'Größe 1.jpg','grösse 000000000001.jpg',640,480,'RGB',8,6,'0000000000000000000000000000000000000000000000000000000000000001','0000000000000001','labelled','test',1,'{}','2026-11-30T08:58:28.448+00:00','ada','2026-11-30T08:58:28.500+00:00','ada',NULL,'',NULL,0,'');
INSERT INTO "undo_images" VALUES(9,9,0,5,5,0,'Größe 5.jpg','grösse 000000000005.jpg',640,480,'RGB',8,6,'0000000000000000000000000000000000000000000000000000000000000005','0000000000000005','unlabelled',NULL,NULL,'{}','2026-11-30T08:58:28.448+00:00','ada','2026-11-30T08:58:28.448+00:00','ada',NULL,'',NULL,0,'');
INSERT INTO "undo_images" VALUES(10,9,1,5,5,0,'Größe 5.jpg','grösse 000000000005.jpg',640,480,'RGB',8,6,'0000000000000000000000000000000000000000000000000000000000000005','0000000000000005','labelled',NULL,NULL,'{}','2026-11-30T08:58:28.448+00:00','ada','2026-11-30T08:58:28.519+00:00','ada',NULL,'',NULL,0,'');
INSERT INTO "undo_images" VALUES(11,11,1,10,8,0,'made','made',32,24,'RGB',8,1,'7777777777777777777777777777777777777777777777777777777777777777','7777777777777777','unlabelled',NULL,NULL,'{}','2026-11-30T08:58:28.532+00:00','ada','2026-11-30T08:58:28.532+00:00','ada',NULL,'',NULL,1,'0000000000000000000000000000000000000000000000000000000000000002');
INSERT INTO "undo_images" VALUES(12,11,0,10,8,0,'made','made',32,24,'RGB',8,1,'7777777777777777777777777777777777777777777777777777777777777777','7777777777777777','unlabelled',NULL,NULL,'{}','2026-11-30T08:58:28.532+00:00','ada','2026-11-30T08:58:28.532+00:00','ada',NULL,'',NULL,1,'0000000000000000000000000000000000000000000000000000000000000002');
INSERT INTO "undo_images" VALUES(13,11,1,10,8,0,'made','made',32,24,'RGB',8,1,'7777777777777777777777777777777777777777777777777777777777777777','7777777777777777','unlabelled','train',NULL,'{}','2026-11-30T08:58:28.532+00:00','ada','2026-11-30T08:58:28.532+00:00','ada',NULL,'',NULL,1,'0000000000000000000000000000000000000000000000000000000000000002');
INSERT INTO "undo_images" VALUES(14,11,0,10,8,0,'made','made',32,24,'RGB',8,1,'7777777777777777777777777777777777777777777777777777777777777777','7777777777777777','unlabelled','train',NULL,'{}','2026-11-30T08:58:28.532+00:00','ada','2026-11-30T08:58:28.532+00:00','ada',NULL,'',NULL,1,'0000000000000000000000000000000000000000000000000000000000000002');
INSERT INTO "undo_images" VALUES(15,11,1,10,8,0,'made','made',32,24,'RGB',8,1,'7777777777777777777777777777777777777777777777777777777777777777','7777777777777777','unlabelled','train',1,'{}','2026-11-30T08:58:28.532+00:00','ada','2026-11-30T08:58:28.532+00:00','ada',NULL,'',NULL,1,'0000000000000000000000000000000000000000000000000000000000000002');
INSERT INTO "undo_images" VALUES(16,14,0,1,1,0,'Größe 1.jpg','grösse 000000000001.jpg',640,480,'RGB',8,6,'0000000000000000000000000000000000000000000000000000000000000001','0000000000000001','labelled','test',1,'{}','2026-11-30T08:58:28.448+00:00','ada','2026-11-30T08:58:28.500+00:00','ada',NULL,'',NULL,0,'');
INSERT INTO "undo_images" VALUES(17,14,1,1,1,0,'Größe 1.jpg','grösse 000000000001.jpg',640,480,'RGB',8,6,'0000000000000000000000000000000000000000000000000000000000000001','0000000000000001','labelled','test',1,'{}','2026-11-30T08:58:28.448+00:00','ada','2026-11-30T08:58:28.556+00:00','ada','grace','',NULL,0,'');
INSERT INTO "undo_images" VALUES(18,14,0,2,2,0,'Größe 2.jpg','grösse 000000000002.jpg',640,480,'RGB',8,6,'0000000000000000000000000000000000000000000000000000000000000002','0000000000000002','labelled',NULL,1,'{}','2026-11-30T08:58:28.448+00:00','ada','2026-11-30T08:58:28.472+00:00','ada',NULL,'',NULL,0,'');
INSERT INTO "undo_images" VALUES(19,14,1,2,2,0,'Größe 2.jpg','grösse 000000000002.jpg',640,480,'RGB',8,6,'0000000000000000000000000000000000000000000000000000000000000002','0000000000000002','labelled',NULL,1,'{}','2026-11-30T08:58:28.448+00:00','ada','2026-11-30T08:58:28.556+00:00','ada','grace','',NULL,0,'');
INSERT INTO "undo_images" VALUES(20,15,0,3,3,0,'Größe 3.jpg','grösse 000000000003.jpg',640,480,'RGB',8,6,'0000000000000000000000000000000000000000000000000000000000000003','0000000000000003','unlabelled',NULL,2,'{}','2026-11-30T08:58:28.448+00:00','ada','2026-11-30T08:58:28.448+00:00','ada',NULL,'',NULL,0,'');
INSERT INTO "undo_images" VALUES(21,15,1,3,3,0,'Größe 3.jpg','grösse 000000000003.jpg',640,480,'RGB',8,6,'0000000000000000000000000000000000000000000000000000000000000003','0000000000000003','unlabelled',NULL,2,'{"spacing":[0.25,0.25,"\u00b5m"]}','2026-11-30T08:58:28.448+00:00','ada','2026-11-30T08:58:28.569+00:00','ada',NULL,'',NULL,0,'');
CREATE TABLE undo_labels (seq INTEGER PRIMARY KEY AUTOINCREMENT, step INTEGER NOT NULL, side INTEGER NOT NULL, id, name, colour, position, parent, role, exclusive_set, created_at, created_by, changed_at, changed_by);
INSERT INTO "undo_labels" VALUES(1,17,0,3,'odd','#009E73',2,NULL,'normal','default','2026-11-30T08:58:28.423+00:00','ada','2026-11-30T08:58:28.423+00:00','ada');
CREATE TABLE undo_mask_tiles (seq INTEGER PRIMARY KEY AUTOINCREMENT, step INTEGER NOT NULL, side INTEGER NOT NULL, id, annotation_id, tile_x, tile_y, data);
INSERT INTO "undo_mask_tiles" VALUES(1,10,1,1,6,0,0,X'0001FF');
INSERT INTO "undo_mask_tiles" VALUES(2,10,1,2,6,1,0,X'78');
CREATE TABLE undo_sources (seq INTEGER PRIMARY KEY AUTOINCREMENT, step INTEGER NOT NULL, side INTEGER NOT NULL, id, path, referenced, original, format, size, mtime_ns, sha256, added_at, added_by, origin, series, notes);
INSERT INTO "undo_sources" VALUES(1,11,1,8,'images/made.png',0,'','PNG',99,7,'7777777777777777777777777777777777777777777777777777777777777777','2026-11-30T08:58:28.532+00:00','ada','',NULL,'{}');
CREATE TABLE undo_style_pairs (seq INTEGER PRIMARY KEY AUTOINCREMENT, step INTEGER NOT NULL, side INTEGER NOT NULL, id, content_image, style_image, created_at, created_by);
INSERT INTO "undo_style_pairs" VALUES(1,12,1,1,1,2,'2026-11-30T08:58:28.544+00:00','');
CREATE TABLE undo_tags (seq INTEGER PRIMARY KEY AUTOINCREMENT, step INTEGER NOT NULL, side INTEGER NOT NULL, id, name);
INSERT INTO "undo_tags" VALUES(1,8,1,1,'blurred');
CREATE UNIQUE INDEX sources_path ON sources (path);
CREATE INDEX sources_sha256 ON sources (sha256);
CREATE INDEX images_sort_name ON images (sort_name);
CREATE INDEX images_state ON images (state);
CREATE INDEX images_split ON images (split);
CREATE INDEX images_group ON images (group_id);
CREATE INDEX images_pixel_hash ON images (pixel_hash);
CREATE INDEX image_tags_tag ON image_tags (tag_id);
CREATE INDEX labels_parent ON labels (parent);
CREATE UNIQUE INDEX annotations_one_label ON annotations (image_id, label_id)
  WHERE kind = 'image_label' AND suggestion = 0;
CREATE INDEX style_pairs_style ON style_pairs (style_image);
CREATE INDEX skipped_import ON skipped (import_id);
CREATE INDEX skipped_file ON skipped (file);
CREATE INDEX steps_undone ON steps (id) WHERE undone = 1;
CREATE INDEX images_assignee ON images (assignee) WHERE assignee IS NOT NULL;
CREATE INDEX annotations_order ON annotations (image_id, z);
CREATE INDEX annotations_image
  ON annotations (image_id, suggestion, label_id, kind, source, author);
CREATE INDEX annotations_label ON annotations (label_id, suggestion, image_id);
CREATE INDEX annotations_suggested ON annotations (image_id, confidence) WHERE suggestion = 1;
CREATE INDEX annotations_kind ON annotations (kind, suggestion, image_id);
CREATE INDEX annotations_maker ON annotations (source, author, suggestion, image_id);
CREATE INDEX sources_folder ON sources (rtrim(original, replace(original, '/', '')));
CREATE INDEX comments_image ON comments (image_id);
CREATE INDEX sources_origin ON sources (origin) WHERE origin <> '';
CREATE INDEX sources_series ON sources (series) WHERE series IS NOT NULL;
CREATE INDEX images_synthetic ON images (content_hash) WHERE synthetic = 1;
CREATE INDEX stylings_saved ON stylings (saved_image) WHERE saved_image IS NOT NULL;
CREATE INDEX undo_sources_step ON undo_sources (step, id);
CREATE TRIGGER journal_sources_insert AFTER INSERT ON sources WHEN (SELECT recording = 1 OR touched = 0 FROM journal_state) BEGIN UPDATE journal_state SET touched = 1 WHERE touched = 0; INSERT INTO undo_sources (step, side, id, path, referenced, original, format, size, mtime_ns, sha256, added_at, added_by, origin, series, notes) SELECT step, 1, NEW.id, NEW.path, NEW.referenced, NEW.original, NEW.format, NEW.size, NEW.mtime_ns, NEW.sha256, NEW.added_at, NEW.added_by, NEW.origin, NEW.series, NEW.notes FROM journal_state WHERE recording = 1; END;
CREATE TRIGGER journal_sources_delete AFTER DELETE ON sources WHEN (SELECT recording = 1 OR touched = 0 FROM journal_state) BEGIN UPDATE journal_state SET touched = 1 WHERE touched = 0; INSERT INTO undo_sources (step, side, id, path, referenced, original, format, size, mtime_ns, sha256, added_at, added_by, origin, series, notes) SELECT step, 0, OLD.id, OLD.path, OLD.referenced, OLD.original, OLD.format, OLD.size, OLD.mtime_ns, OLD.sha256, OLD.added_at, OLD.added_by, OLD.origin, OLD.series, OLD.notes FROM journal_state WHERE recording = 1; END;
CREATE TRIGGER journal_sources_update AFTER UPDATE ON sources WHEN (SELECT recording = 1 OR touched = 0 FROM journal_state) AND (OLD.id IS NOT NEW.id OR OLD.path IS NOT NEW.path OR OLD.referenced IS NOT NEW.referenced OR OLD.original IS NOT NEW.original OR OLD.format IS NOT NEW.format OR OLD.size IS NOT NEW.size OR OLD.mtime_ns IS NOT NEW.mtime_ns OR OLD.sha256 IS NOT NEW.sha256 OR OLD.added_at IS NOT NEW.added_at OR OLD.added_by IS NOT NEW.added_by OR OLD.origin IS NOT NEW.origin OR OLD.series IS NOT NEW.series OR OLD.notes IS NOT NEW.notes) BEGIN UPDATE journal_state SET touched = 1 WHERE touched = 0; INSERT INTO undo_sources (step, side, id, path, referenced, original, format, size, mtime_ns, sha256, added_at, added_by, origin, series, notes) SELECT step, 0, OLD.id, OLD.path, OLD.referenced, OLD.original, OLD.format, OLD.size, OLD.mtime_ns, OLD.sha256, OLD.added_at, OLD.added_by, OLD.origin, OLD.series, OLD.notes FROM journal_state WHERE recording = 1; INSERT INTO undo_sources (step, side, id, path, referenced, original, format, size, mtime_ns, sha256, added_at, added_by, origin, series, notes) SELECT step, 1, NEW.id, NEW.path, NEW.referenced, NEW.original, NEW.format, NEW.size, NEW.mtime_ns, NEW.sha256, NEW.added_at, NEW.added_by, NEW.origin, NEW.series, NEW.notes FROM journal_state WHERE recording = 1; END;
CREATE INDEX undo_groups_step ON undo_groups (step, id);
CREATE TRIGGER journal_groups_insert AFTER INSERT ON groups WHEN (SELECT recording = 1 OR touched = 0 FROM journal_state) BEGIN UPDATE journal_state SET touched = 1 WHERE touched = 0; INSERT INTO undo_groups (step, side, id, name, sort_name, kind, created_at, created_by) SELECT step, 1, NEW.id, NEW.name, NEW.sort_name, NEW.kind, NEW.created_at, NEW.created_by FROM journal_state WHERE recording = 1; END;
CREATE TRIGGER journal_groups_delete AFTER DELETE ON groups WHEN (SELECT recording = 1 OR touched = 0 FROM journal_state) BEGIN UPDATE journal_state SET touched = 1 WHERE touched = 0; INSERT INTO undo_groups (step, side, id, name, sort_name, kind, created_at, created_by) SELECT step, 0, OLD.id, OLD.name, OLD.sort_name, OLD.kind, OLD.created_at, OLD.created_by FROM journal_state WHERE recording = 1; END;
CREATE TRIGGER journal_groups_update AFTER UPDATE ON groups WHEN (SELECT recording = 1 OR touched = 0 FROM journal_state) AND (OLD.id IS NOT NEW.id OR OLD.name IS NOT NEW.name OR OLD.sort_name IS NOT NEW.sort_name OR OLD.kind IS NOT NEW.kind OR OLD.created_at IS NOT NEW.created_at OR OLD.created_by IS NOT NEW.created_by) BEGIN UPDATE journal_state SET touched = 1 WHERE touched = 0; INSERT INTO undo_groups (step, side, id, name, sort_name, kind, created_at, created_by) SELECT step, 0, OLD.id, OLD.name, OLD.sort_name, OLD.kind, OLD.created_at, OLD.created_by FROM journal_state WHERE recording = 1; INSERT INTO undo_groups (step, side, id, name, sort_name, kind, created_at, created_by) SELECT step, 1, NEW.id, NEW.name, NEW.sort_name, NEW.kind, NEW.created_at, NEW.created_by FROM journal_state WHERE recording = 1; END;
CREATE INDEX undo_images_step ON undo_images (step, id);
CREATE TRIGGER journal_images_insert AFTER INSERT ON images WHEN (SELECT recording = 1 OR touched = 0 FROM journal_state) BEGIN UPDATE journal_state SET touched = 1 WHERE touched = 0; INSERT INTO undo_images (step, side, id, source_id, frame, name, sort_name, width, height, mode, bit_depth, orientation, pixel_hash, near_hash, state, split, group_id, attributes, added_at, added_by, changed_at, changed_by, assignee, frame_name, position, synthetic, content_hash) SELECT step, 1, NEW.id, NEW.source_id, NEW.frame, NEW.name, NEW.sort_name, NEW.width, NEW.height, NEW.mode, NEW.bit_depth, NEW.orientation, NEW.pixel_hash, NEW.near_hash, NEW.state, NEW.split, NEW.group_id, NEW.attributes, NEW.added_at, NEW.added_by, NEW.changed_at, NEW.changed_by, NEW.assignee, NEW.frame_name, NEW.position, NEW.synthetic, NEW.content_hash FROM journal_state WHERE recording = 1; END;
CREATE TRIGGER journal_images_delete AFTER DELETE ON images WHEN (SELECT recording = 1 OR touched = 0 FROM journal_state) BEGIN UPDATE journal_state SET touched = 1 WHERE touched = 0; INSERT INTO undo_images (step, side, id, source_id, frame, name, sort_name, width, height, mode, bit_depth, orientation, pixel_hash, near_hash, state, split, group_id, attributes, added_at, added_by, changed_at, changed_by, assignee, frame_name, position, synthetic, content_hash) SELECT step, 0, OLD.id, OLD.source_id, OLD.frame, OLD.name, OLD.sort_name, OLD.width, OLD.height, OLD.mode, OLD.bit_depth, OLD.orientation, OLD.pixel_hash, OLD.near_hash, OLD.state, OLD.split, OLD.group_id, OLD.attributes, OLD.added_at, OLD.added_by, OLD.changed_at, OLD.changed_by, OLD.assignee, OLD.frame_name, OLD.position, OLD.synthetic, OLD.content_hash FROM journal_state WHERE recording = 1; END;
CREATE TRIGGER journal_images_update AFTER UPDATE ON images WHEN (SELECT recording = 1 OR touched = 0 FROM journal_state) AND (OLD.id IS NOT NEW.id OR OLD.source_id IS NOT NEW.source_id OR OLD.frame IS NOT NEW.frame OR OLD.name IS NOT NEW.name OR OLD.sort_name IS NOT NEW.sort_name OR OLD.width IS NOT NEW.width OR OLD.height IS NOT NEW.height OR OLD.mode IS NOT NEW.mode OR OLD.bit_depth IS NOT NEW.bit_depth OR OLD.orientation IS NOT NEW.orientation OR OLD.pixel_hash IS NOT NEW.pixel_hash OR OLD.near_hash IS NOT NEW.near_hash OR OLD.state IS NOT NEW.state OR OLD.split IS NOT NEW.split OR OLD.group_id IS NOT NEW.group_id OR OLD.attributes IS NOT NEW.attributes OR OLD.added_at IS NOT NEW.added_at OR OLD.added_by IS NOT NEW.added_by OR OLD.changed_at IS NOT NEW.changed_at OR OLD.changed_by IS NOT NEW.changed_by OR OLD.assignee IS NOT NEW.assignee OR OLD.frame_name IS NOT NEW.frame_name OR OLD.position IS NOT NEW.position OR OLD.synthetic IS NOT NEW.synthetic OR OLD.content_hash IS NOT NEW.content_hash) BEGIN UPDATE journal_state SET touched = 1 WHERE touched = 0; INSERT INTO undo_images (step, side, id, source_id, frame, name, sort_name, width, height, mode, bit_depth, orientation, pixel_hash, near_hash, state, split, group_id, attributes, added_at, added_by, changed_at, changed_by, assignee, frame_name, position, synthetic, content_hash) SELECT step, 0, OLD.id, OLD.source_id, OLD.frame, OLD.name, OLD.sort_name, OLD.width, OLD.height, OLD.mode, OLD.bit_depth, OLD.orientation, OLD.pixel_hash, OLD.near_hash, OLD.state, OLD.split, OLD.group_id, OLD.attributes, OLD.added_at, OLD.added_by, OLD.changed_at, OLD.changed_by, OLD.assignee, OLD.frame_name, OLD.position, OLD.synthetic, OLD.content_hash FROM journal_state WHERE recording = 1; INSERT INTO undo_images (step, side, id, source_id, frame, name, sort_name, width, height, mode, bit_depth, orientation, pixel_hash, near_hash, state, split, group_id, attributes, added_at, added_by, changed_at, changed_by, assignee, frame_name, position, synthetic, content_hash) SELECT step, 1, NEW.id, NEW.source_id, NEW.frame, NEW.name, NEW.sort_name, NEW.width, NEW.height, NEW.mode, NEW.bit_depth, NEW.orientation, NEW.pixel_hash, NEW.near_hash, NEW.state, NEW.split, NEW.group_id, NEW.attributes, NEW.added_at, NEW.added_by, NEW.changed_at, NEW.changed_by, NEW.assignee, NEW.frame_name, NEW.position, NEW.synthetic, NEW.content_hash FROM journal_state WHERE recording = 1; END;
CREATE INDEX undo_tags_step ON undo_tags (step, id);
CREATE TRIGGER journal_tags_insert AFTER INSERT ON tags WHEN (SELECT recording = 1 OR touched = 0 FROM journal_state) BEGIN UPDATE journal_state SET touched = 1 WHERE touched = 0; INSERT INTO undo_tags (step, side, id, name) SELECT step, 1, NEW.id, NEW.name FROM journal_state WHERE recording = 1; END;
CREATE TRIGGER journal_tags_delete AFTER DELETE ON tags WHEN (SELECT recording = 1 OR touched = 0 FROM journal_state) BEGIN UPDATE journal_state SET touched = 1 WHERE touched = 0; INSERT INTO undo_tags (step, side, id, name) SELECT step, 0, OLD.id, OLD.name FROM journal_state WHERE recording = 1; END;
CREATE TRIGGER journal_tags_update AFTER UPDATE ON tags WHEN (SELECT recording = 1 OR touched = 0 FROM journal_state) AND (OLD.id IS NOT NEW.id OR OLD.name IS NOT NEW.name) BEGIN UPDATE journal_state SET touched = 1 WHERE touched = 0; INSERT INTO undo_tags (step, side, id, name) SELECT step, 0, OLD.id, OLD.name FROM journal_state WHERE recording = 1; INSERT INTO undo_tags (step, side, id, name) SELECT step, 1, NEW.id, NEW.name FROM journal_state WHERE recording = 1; END;
CREATE INDEX undo_image_tags_step ON undo_image_tags (step, id);
CREATE TRIGGER journal_image_tags_insert AFTER INSERT ON image_tags WHEN (SELECT recording = 1 OR touched = 0 FROM journal_state) BEGIN UPDATE journal_state SET touched = 1 WHERE touched = 0; INSERT INTO undo_image_tags (step, side, id, image_id, tag_id) SELECT step, 1, NEW.id, NEW.image_id, NEW.tag_id FROM journal_state WHERE recording = 1; END;
CREATE TRIGGER journal_image_tags_delete AFTER DELETE ON image_tags WHEN (SELECT recording = 1 OR touched = 0 FROM journal_state) BEGIN UPDATE journal_state SET touched = 1 WHERE touched = 0; INSERT INTO undo_image_tags (step, side, id, image_id, tag_id) SELECT step, 0, OLD.id, OLD.image_id, OLD.tag_id FROM journal_state WHERE recording = 1; END;
CREATE TRIGGER journal_image_tags_update AFTER UPDATE ON image_tags WHEN (SELECT recording = 1 OR touched = 0 FROM journal_state) AND (OLD.id IS NOT NEW.id OR OLD.image_id IS NOT NEW.image_id OR OLD.tag_id IS NOT NEW.tag_id) BEGIN UPDATE journal_state SET touched = 1 WHERE touched = 0; INSERT INTO undo_image_tags (step, side, id, image_id, tag_id) SELECT step, 0, OLD.id, OLD.image_id, OLD.tag_id FROM journal_state WHERE recording = 1; INSERT INTO undo_image_tags (step, side, id, image_id, tag_id) SELECT step, 1, NEW.id, NEW.image_id, NEW.tag_id FROM journal_state WHERE recording = 1; END;
CREATE INDEX undo_labels_step ON undo_labels (step, id);
CREATE TRIGGER journal_labels_insert AFTER INSERT ON labels WHEN (SELECT recording = 1 OR touched = 0 FROM journal_state) BEGIN UPDATE journal_state SET touched = 1 WHERE touched = 0; INSERT INTO undo_labels (step, side, id, name, colour, position, parent, role, exclusive_set, created_at, created_by, changed_at, changed_by) SELECT step, 1, NEW.id, NEW.name, NEW.colour, NEW.position, NEW.parent, NEW.role, NEW.exclusive_set, NEW.created_at, NEW.created_by, NEW.changed_at, NEW.changed_by FROM journal_state WHERE recording = 1; END;
CREATE TRIGGER journal_labels_delete AFTER DELETE ON labels WHEN (SELECT recording = 1 OR touched = 0 FROM journal_state) BEGIN UPDATE journal_state SET touched = 1 WHERE touched = 0; INSERT INTO undo_labels (step, side, id, name, colour, position, parent, role, exclusive_set, created_at, created_by, changed_at, changed_by) SELECT step, 0, OLD.id, OLD.name, OLD.colour, OLD.position, OLD.parent, OLD.role, OLD.exclusive_set, OLD.created_at, OLD.created_by, OLD.changed_at, OLD.changed_by FROM journal_state WHERE recording = 1; END;
CREATE TRIGGER journal_labels_update AFTER UPDATE ON labels WHEN (SELECT recording = 1 OR touched = 0 FROM journal_state) AND (OLD.id IS NOT NEW.id OR OLD.name IS NOT NEW.name OR OLD.colour IS NOT NEW.colour OR OLD.position IS NOT NEW.position OR OLD.parent IS NOT NEW.parent OR OLD.role IS NOT NEW.role OR OLD.exclusive_set IS NOT NEW.exclusive_set OR OLD.created_at IS NOT NEW.created_at OR OLD.created_by IS NOT NEW.created_by OR OLD.changed_at IS NOT NEW.changed_at OR OLD.changed_by IS NOT NEW.changed_by) BEGIN UPDATE journal_state SET touched = 1 WHERE touched = 0; INSERT INTO undo_labels (step, side, id, name, colour, position, parent, role, exclusive_set, created_at, created_by, changed_at, changed_by) SELECT step, 0, OLD.id, OLD.name, OLD.colour, OLD.position, OLD.parent, OLD.role, OLD.exclusive_set, OLD.created_at, OLD.created_by, OLD.changed_at, OLD.changed_by FROM journal_state WHERE recording = 1; INSERT INTO undo_labels (step, side, id, name, colour, position, parent, role, exclusive_set, created_at, created_by, changed_at, changed_by) SELECT step, 1, NEW.id, NEW.name, NEW.colour, NEW.position, NEW.parent, NEW.role, NEW.exclusive_set, NEW.created_at, NEW.created_by, NEW.changed_at, NEW.changed_by FROM journal_state WHERE recording = 1; END;
CREATE INDEX undo_annotations_step ON undo_annotations (step, id);
CREATE TRIGGER journal_annotations_insert AFTER INSERT ON annotations WHEN (SELECT recording = 1 OR touched = 0 FROM journal_state) BEGIN UPDATE journal_state SET touched = 1 WHERE touched = 0; INSERT INTO undo_annotations (step, side, id, image_id, kind, label_id, z, instance, track, crowd, x, y, w, h, parts, attributes, source, run, confidence, suggestion, author, created_at, updated_at, updated_by) SELECT step, 1, NEW.id, NEW.image_id, NEW.kind, NEW.label_id, NEW.z, NEW.instance, NEW.track, NEW.crowd, NEW.x, NEW.y, NEW.w, NEW.h, NEW.parts, NEW.attributes, NEW.source, NEW.run, NEW.confidence, NEW.suggestion, NEW.author, NEW.created_at, NEW.updated_at, NEW.updated_by FROM journal_state WHERE recording = 1; END;
CREATE TRIGGER journal_annotations_delete AFTER DELETE ON annotations WHEN (SELECT recording = 1 OR touched = 0 FROM journal_state) BEGIN UPDATE journal_state SET touched = 1 WHERE touched = 0; INSERT INTO undo_annotations (step, side, id, image_id, kind, label_id, z, instance, track, crowd, x, y, w, h, parts, attributes, source, run, confidence, suggestion, author, created_at, updated_at, updated_by) SELECT step, 0, OLD.id, OLD.image_id, OLD.kind, OLD.label_id, OLD.z, OLD.instance, OLD.track, OLD.crowd, OLD.x, OLD.y, OLD.w, OLD.h, OLD.parts, OLD.attributes, OLD.source, OLD.run, OLD.confidence, OLD.suggestion, OLD.author, OLD.created_at, OLD.updated_at, OLD.updated_by FROM journal_state WHERE recording = 1; END;
CREATE TRIGGER journal_annotations_update AFTER UPDATE ON annotations WHEN (SELECT recording = 1 OR touched = 0 FROM journal_state) AND (OLD.id IS NOT NEW.id OR OLD.image_id IS NOT NEW.image_id OR OLD.kind IS NOT NEW.kind OR OLD.label_id IS NOT NEW.label_id OR OLD.z IS NOT NEW.z OR OLD.instance IS NOT NEW.instance OR OLD.track IS NOT NEW.track OR OLD.crowd IS NOT NEW.crowd OR OLD.x IS NOT NEW.x OR OLD.y IS NOT NEW.y OR OLD.w IS NOT NEW.w OR OLD.h IS NOT NEW.h OR OLD.parts IS NOT NEW.parts OR OLD.attributes IS NOT NEW.attributes OR OLD.source IS NOT NEW.source OR OLD.run IS NOT NEW.run OR OLD.confidence IS NOT NEW.confidence OR OLD.suggestion IS NOT NEW.suggestion OR OLD.author IS NOT NEW.author OR OLD.created_at IS NOT NEW.created_at OR OLD.updated_at IS NOT NEW.updated_at OR OLD.updated_by IS NOT NEW.updated_by) BEGIN UPDATE journal_state SET touched = 1 WHERE touched = 0; INSERT INTO undo_annotations (step, side, id, image_id, kind, label_id, z, instance, track, crowd, x, y, w, h, parts, attributes, source, run, confidence, suggestion, author, created_at, updated_at, updated_by) SELECT step, 0, OLD.id, OLD.image_id, OLD.kind, OLD.label_id, OLD.z, OLD.instance, OLD.track, OLD.crowd, OLD.x, OLD.y, OLD.w, OLD.h, OLD.parts, OLD.attributes, OLD.source, OLD.run, OLD.confidence, OLD.suggestion, OLD.author, OLD.created_at, OLD.updated_at, OLD.updated_by FROM journal_state WHERE recording = 1; INSERT INTO undo_annotations (step, side, id, image_id, kind, label_id, z, instance, track, crowd, x, y, w, h, parts, attributes, source, run, confidence, suggestion, author, created_at, updated_at, updated_by) SELECT step, 1, NEW.id, NEW.image_id, NEW.kind, NEW.label_id, NEW.z, NEW.instance, NEW.track, NEW.crowd, NEW.x, NEW.y, NEW.w, NEW.h, NEW.parts, NEW.attributes, NEW.source, NEW.run, NEW.confidence, NEW.suggestion, NEW.author, NEW.created_at, NEW.updated_at, NEW.updated_by FROM journal_state WHERE recording = 1; END;
CREATE INDEX undo_mask_tiles_step ON undo_mask_tiles (step, id);
CREATE TRIGGER journal_mask_tiles_insert AFTER INSERT ON mask_tiles WHEN (SELECT recording = 1 OR touched = 0 FROM journal_state) BEGIN UPDATE journal_state SET touched = 1 WHERE touched = 0; INSERT INTO undo_mask_tiles (step, side, id, annotation_id, tile_x, tile_y, data) SELECT step, 1, NEW.id, NEW.annotation_id, NEW.tile_x, NEW.tile_y, NEW.data FROM journal_state WHERE recording = 1; END;
CREATE TRIGGER journal_mask_tiles_delete AFTER DELETE ON mask_tiles WHEN (SELECT recording = 1 OR touched = 0 FROM journal_state) BEGIN UPDATE journal_state SET touched = 1 WHERE touched = 0; INSERT INTO undo_mask_tiles (step, side, id, annotation_id, tile_x, tile_y, data) SELECT step, 0, OLD.id, OLD.annotation_id, OLD.tile_x, OLD.tile_y, OLD.data FROM journal_state WHERE recording = 1; END;
CREATE TRIGGER journal_mask_tiles_update AFTER UPDATE ON mask_tiles WHEN (SELECT recording = 1 OR touched = 0 FROM journal_state) AND (OLD.id IS NOT NEW.id OR OLD.annotation_id IS NOT NEW.annotation_id OR OLD.tile_x IS NOT NEW.tile_x OR OLD.tile_y IS NOT NEW.tile_y OR OLD.data IS NOT NEW.data) BEGIN UPDATE journal_state SET touched = 1 WHERE touched = 0; INSERT INTO undo_mask_tiles (step, side, id, annotation_id, tile_x, tile_y, data) SELECT step, 0, OLD.id, OLD.annotation_id, OLD.tile_x, OLD.tile_y, OLD.data FROM journal_state WHERE recording = 1; INSERT INTO undo_mask_tiles (step, side, id, annotation_id, tile_x, tile_y, data) SELECT step, 1, NEW.id, NEW.annotation_id, NEW.tile_x, NEW.tile_y, NEW.data FROM journal_state WHERE recording = 1; END;
CREATE INDEX undo_style_pairs_step ON undo_style_pairs (step, id);
CREATE TRIGGER journal_style_pairs_insert AFTER INSERT ON style_pairs WHEN (SELECT recording = 1 OR touched = 0 FROM journal_state) BEGIN UPDATE journal_state SET touched = 1 WHERE touched = 0; INSERT INTO undo_style_pairs (step, side, id, content_image, style_image, created_at, created_by) SELECT step, 1, NEW.id, NEW.content_image, NEW.style_image, NEW.created_at, NEW.created_by FROM journal_state WHERE recording = 1; END;
CREATE TRIGGER journal_style_pairs_delete AFTER DELETE ON style_pairs WHEN (SELECT recording = 1 OR touched = 0 FROM journal_state) BEGIN UPDATE journal_state SET touched = 1 WHERE touched = 0; INSERT INTO undo_style_pairs (step, side, id, content_image, style_image, created_at, created_by) SELECT step, 0, OLD.id, OLD.content_image, OLD.style_image, OLD.created_at, OLD.created_by FROM journal_state WHERE recording = 1; END;
CREATE TRIGGER journal_style_pairs_update AFTER UPDATE ON style_pairs WHEN (SELECT recording = 1 OR touched = 0 FROM journal_state) AND (OLD.id IS NOT NEW.id OR OLD.content_image IS NOT NEW.content_image OR OLD.style_image IS NOT NEW.style_image OR OLD.created_at IS NOT NEW.created_at OR OLD.created_by IS NOT NEW.created_by) BEGIN UPDATE journal_state SET touched = 1 WHERE touched = 0; INSERT INTO undo_style_pairs (step, side, id, content_image, style_image, created_at, created_by) SELECT step, 0, OLD.id, OLD.content_image, OLD.style_image, OLD.created_at, OLD.created_by FROM journal_state WHERE recording = 1; INSERT INTO undo_style_pairs (step, side, id, content_image, style_image, created_at, created_by) SELECT step, 1, NEW.id, NEW.content_image, NEW.style_image, NEW.created_at, NEW.created_by FROM journal_state WHERE recording = 1; END;
CREATE INDEX undo_comments_step ON undo_comments (step, id);
CREATE TRIGGER journal_comments_insert AFTER INSERT ON comments WHEN (SELECT recording = 1 OR touched = 0 FROM journal_state) BEGIN UPDATE journal_state SET touched = 1 WHERE touched = 0; INSERT INTO undo_comments (step, side, id, image_id, author, made_at, text, state) SELECT step, 1, NEW.id, NEW.image_id, NEW.author, NEW.made_at, NEW.text, NEW.state FROM journal_state WHERE recording = 1; END;
CREATE TRIGGER journal_comments_delete AFTER DELETE ON comments WHEN (SELECT recording = 1 OR touched = 0 FROM journal_state) BEGIN UPDATE journal_state SET touched = 1 WHERE touched = 0; INSERT INTO undo_comments (step, side, id, image_id, author, made_at, text, state) SELECT step, 0, OLD.id, OLD.image_id, OLD.author, OLD.made_at, OLD.text, OLD.state FROM journal_state WHERE recording = 1; END;
CREATE TRIGGER journal_comments_update AFTER UPDATE ON comments WHEN (SELECT recording = 1 OR touched = 0 FROM journal_state) AND (OLD.id IS NOT NEW.id OR OLD.image_id IS NOT NEW.image_id OR OLD.author IS NOT NEW.author OR OLD.made_at IS NOT NEW.made_at OR OLD.text IS NOT NEW.text OR OLD.state IS NOT NEW.state) BEGIN UPDATE journal_state SET touched = 1 WHERE touched = 0; INSERT INTO undo_comments (step, side, id, image_id, author, made_at, text, state) SELECT step, 0, OLD.id, OLD.image_id, OLD.author, OLD.made_at, OLD.text, OLD.state FROM journal_state WHERE recording = 1; INSERT INTO undo_comments (step, side, id, image_id, author, made_at, text, state) SELECT step, 1, NEW.id, NEW.image_id, NEW.author, NEW.made_at, NEW.text, NEW.state FROM journal_state WHERE recording = 1; END;
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('steps',17);
INSERT INTO "sqlite_sequence" VALUES('undo_labels',1);
INSERT INTO "sqlite_sequence" VALUES('labels',3);
INSERT INTO "sqlite_sequence" VALUES('undo_sources',1);
INSERT INTO "sqlite_sequence" VALUES('sources',8);
INSERT INTO "sqlite_sequence" VALUES('undo_images',21);
INSERT INTO "sqlite_sequence" VALUES('images',10);
INSERT INTO "sqlite_sequence" VALUES('undo_groups',0);
INSERT INTO "sqlite_sequence" VALUES('groups',2);
INSERT INTO "sqlite_sequence" VALUES('imports',1);
INSERT INTO "sqlite_sequence" VALUES('skipped',1);
INSERT INTO "sqlite_sequence" VALUES('runs',1);
INSERT INTO "sqlite_sequence" VALUES('undo_mask_tiles',2);
INSERT INTO "sqlite_sequence" VALUES('undo_annotations',6);
INSERT INTO "sqlite_sequence" VALUES('annotations',6);
INSERT INTO "sqlite_sequence" VALUES('undo_tags',1);
INSERT INTO "sqlite_sequence" VALUES('tags',1);
INSERT INTO "sqlite_sequence" VALUES('undo_image_tags',2);
INSERT INTO "sqlite_sequence" VALUES('image_tags',2);
INSERT INTO "sqlite_sequence" VALUES('mask_tiles',2);
INSERT INTO "sqlite_sequence" VALUES('stylings',1);
INSERT INTO "sqlite_sequence" VALUES('undo_style_pairs',1);
INSERT INTO "sqlite_sequence" VALUES('style_pairs',1);
INSERT INTO "sqlite_sequence" VALUES('undo_comments',1);
INSERT INTO "sqlite_sequence" VALUES('comments',1);
INSERT INTO "sqlite_sequence" VALUES('saved_filters',1);
COMMIT;
PRAGMA application_id=1414288212;
PRAGMA user_version=4;
