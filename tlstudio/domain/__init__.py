"""Rules and frozen types: labels, images, annotations, splits, recipes, runs, events, errors.

Duty: say what things are and which changes are lawful, in the words of docs/glossary.md.
May import: the standard library only.
Never: reads files, opens a database, imports another room.
"""
