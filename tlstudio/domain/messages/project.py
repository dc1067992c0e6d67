"""Words about projects: the folder, its database, labels, runs and undo."""

MESSAGES: dict[str, str] = {
    "project.missing": "there is no project in {file}; choose a folder that ends in .tlproj,"
    " or make a new project",
    "project.exists": "{file} is a project already; open it, or choose another name",
    "project.not_empty": "{file} is not an empty folder; choose another name for the project",
    "project.not_writable": "{file} cannot be written ({detail}); choose another place,"
    " or change its permissions",
    "project.cannot_open": "{file} cannot be opened ({detail}); check that you may read it",
    "project.not_ours": "{file} was not made by TL Studio; choose another folder",
    "project.newer": "{file} was made by a newer TL Studio (form {version}, this program knows"
    " up to {known}); update TL Studio to open it. Nothing was changed",
    "project.needs_upgrade": "{file} was made by an earlier TL Studio and has to be brought up to"
    " date; open it once where it can be written",
    "project.damaged": "{file} is damaged ({detail}); restore the newest copy: put the newest"
    " file of the folder backups in its place, and take {file}-wal away if it is there",
    "project.backup_damaged": "{file} is not a whole copy of a project; choose another one",
    "project.restore_full": "there is no room in {file} for the copy and for the project as it is"
    " now, so nothing was restored. Free some space and try again",
    "project.in_use": "{file} is open elsewhere ({who}); close it there first",
    "project.busy": "{file} is in use by another program; try again when it has finished",
    "project.disk_full": "there is no room left to write {file}; the last change was not made."
    " Free some space and try again",
    "project.disk": "{file} could not be read or written ({detail}); check the disk or the"
    " network drive and try again",
    "project.home": "the folder {file} for settings, weights and logs cannot be made ({detail});"
    " set the environment variable TLSTUDIO_HOME to a folder that can be written",
    "project.settings": "the settings in {file} could not be written ({detail})",
    "project.read_only": "{file} is open for reading only, so nothing can be changed here",
    "project.locked": "{file} is open for writing elsewhere ({who}); close it there first",
    "project.folder_read_only": "{file} cannot be written; change its permissions,"
    " or copy the project to another place",
    "project.reason.locked": "Another window or program has this project open for writing ({who})."
    " You can look at everything here, but not change it. Close it there, then open it here again"
    " to change it.",
    "project.reason.folder": "The project's folder, or what lies in it, cannot be written."
    " You can look at everything, but not change it.",
    "project.reason.asked": "The project was opened for reading only.",
    "project.no_image": "there is no image {image} in this project",
    "project.name_empty": "a project needs a name",
    "project.label_empty": "a label needs a name",
    "project.label_name": "{name}… cannot be a label's name; it takes one line of at most"
    " {most} letters",
    "project.label_exists": "there is a label {name} already; merge the two, or choose another"
    " name",
    "project.no_label": "there is no label {name} in this project",
    "project.no_runs": "this project has no runs yet; train a model first",
    "project.no_run": "there is no run {run} in this project; known runs: {known}",
    "project.no_best": "there is no finished {task} run with a figure to compare;"
    " train a model first",
    "project.run_active": "{run} is still going on; stop it first",
    "project.run_needed": "{run} cannot be deleted yet: {others} started from its model and could"
    " not be resumed without it; delete {others} first, or resume to the end",
    "project.snapshot_missing": "the record of what the run was trained on is gone: {file}",
    "project.snapshot_damaged": "the record of what the run was trained on is damaged: {file};"
    " train again to use it",
    "project.damaged_mask": "the pixels of a mask are damaged in the project's database; put a"
    " backup back, or delete the mask and paint it again",
    "undo.create_project": "New project",
    "undo.rename_project": "Rename the project",
    "undo.assign_label": "Label images",
    "undo.remove_label": "Take labels away",
    "undo.add_labels": "Add labels",
    "undo.rename_label": "Rename a label",
    "undo.merge_labels": "Merge labels",
    "undo.delete_labels": "Delete labels",
    "undo.label_colour": "Change a label's colour",
    "undo.label_role": "Change what a label is for",
    "undo.label_order": "Reorder labels",
    "undo.set_state": "Change the state of images",
    "undo.set_split": "Change the split of images",
    "undo.set_group": "Change the group of images",
    "undo.set_tags": "Change the tags of images",
    "undo.accept_suggestions": "Accept suggestions",
    "undo.reject_suggestions": "Reject suggestions",
    "undo.delete_images": "Remove images",
    "undo.add_styled": "Add a picture made here",
}
