"""The only room with SQL: schema, migrations, repositories, journal, folder, lock, backups.

Duty: keep every acknowledged edit, undoable, in one SQLite file per project folder.
May import: domain; sqlite-utils, filelock, platformdirs.
Never: reads pixels, starts processes, knows Qt or torch.
"""
