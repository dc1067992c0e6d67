"""Version 3 of the database: files of many frames, series, and copies without a patient's tags.

`sources.origin` is a keyed hash of the bytes that such a copy was made from, "" for a file kept
as it is; `sources.series` a keyed hash of the series; `sources.notes` JSON of facts that name
nobody (modality, burned_in, overlays). `images.frame_name` is what a frame is called in its file,
`images.position` where it lies in its series.
"""

SCHEMA_V3 = """
ALTER TABLE sources ADD COLUMN origin TEXT NOT NULL DEFAULT '';
ALTER TABLE sources ADD COLUMN series TEXT;
ALTER TABLE sources ADD COLUMN notes TEXT NOT NULL DEFAULT '{}';
CREATE INDEX sources_origin ON sources (origin) WHERE origin <> '';
CREATE INDEX sources_series ON sources (series) WHERE series IS NOT NULL;

ALTER TABLE images ADD COLUMN frame_name TEXT NOT NULL DEFAULT '';
ALTER TABLE images ADD COLUMN position REAL;
"""
