"""Every command of the program that a key can give; resources/keymaps says which key.

Commands come in the order in which they are asked: where several share a key by design (Enter
finishes a shape, else accepts a suggestion), the one that applies least often comes first and
names the others in `before`.
"""

from __future__ import annotations

from dataclasses import dataclass

SCOPES = ("everywhere", "images", "label", "train", "tryout", "style")
DIGITS = tuple(range(1, 10))

# States of a page in which a command applies; "" is always.
DRAWING = "drawing"
CHOOSING = "choosing"
SUGGESTION = "suggestion"  # at least one is selected
SUGGESTIONS = "suggestions"  # nothing but suggestions is selected
SELECTED = "selected"
PLACING = "placing"


@dataclass(frozen=True, slots=True)
class Command:
    """One thing to do. `title` is English and goes through `tr`.

    `scope` is everywhere, or the page on which the command means something. `when` is the state
    of that page in which it applies (one of the states above; empty: always). `before`
    names commands that may share its keys and get them where this one does not apply.
    """

    id: str
    title: str
    scope: str
    group: str
    when: str = ""
    before: tuple[str, ...] = ()


# Commands that differ in a digit or in a direction, told as one line.
FAMILIES = {
    "images.pick": "Give a label and go on",
    "images.add": "Add a label beside the others",
    "label.pick": "Label for the selection, or for new shapes",
    "label.add": "Add a label to the image, beside others",
    "label.nudge": "Move the shape by a pixel",
    "label.nudge_far": "Move the shape by ten pixels",
    "label.resize": "Make the shape larger or smaller by a pixel",
    "label.resize_far": "Make the shape larger or smaller by ten pixels",
    "label.point": "Move the pointer by keys, faster when held",
}


def _app() -> tuple[Command, ...]:
    scope = "everywhere"
    pages = ("Home", "Images", "Label", "Train", "Results", "Style", "Export")
    return (
        *(Command(f"app.page.{p.lower()}", f"Go to {p}", scope, "Pages") for p in pages),
        Command("app.settings", "Settings", scope, "Pages"),
        Command("app.undo", "Undo", scope, "Program"),
        Command("app.redo", "Redo", scope, "Program"),
        Command("app.search", "Search", scope, "Program"),
        Command("app.new_project", "New project", scope, "Program"),
        Command("app.open_project", "Open a project", scope, "Program"),
        Command("app.keys", "Show or hide the keys", scope, "Program"),
    )


def _images() -> tuple[Command, ...]:
    def one(name: str, title: str, group: str, when: str = "", *before: str) -> Command:
        return Command(f"images.{name}", title, "images", group, when, before)

    return (
        one("accept", "Accept the suggestion", "Suggestions", SUGGESTION, "images.open"),
        one("reject", "Reject the suggestion", "Suggestions", SUGGESTION, "images.select_none"),
        *(one(f"pick.{n}", f"Give label {n} and go on", "Labels") for n in DIGITS),
        *(one(f"add.{n}", f"Add label {n} beside the others", "Labels") for n in DIGITS),
        one("unlabel", "Take the labels away", "Labels"),
        one("review", "Mark as reviewed, or back", "Labels"),
        one("open", "Open in Label (double click as well)", "Moving"),
        one("next", "Next image", "Moving"),
        one("previous", "Previous image", "Moving"),
        one("select_all", "Select all", "Moving"),
        one("select_none", "Select nothing", "Moving"),
        one("import", "Import images", "View"),
        one("grid", "Grid", "View"),
        one("list", "List", "View"),
        one("panel", "Hide or show the panel at the right", "View"),
    )


def _label() -> tuple[Command, ...]:
    def one(name: str, title: str, group: str, when: str = "", *before: str) -> Command:
        return Command(f"label.{name}", title, "label", group, when, before)

    sides = (("left", "label.previous"), ("right", "label.next"), ("up", ""), ("down", ""))
    sizes = (("left", "narrower"), ("right", "wider"), ("up", "lower"), ("down", "higher"))
    return (
        one("finish", "Finish the shape", "Drawing", DRAWING, "label.accept", "label.place"),
        one("step_back", "Take the last point back", "Drawing", DRAWING,
            "app.undo", "label.delete"),
        one("alternative", "Next outline of those offered", "Drawing", CHOOSING,
            "label.tool.repeat", "label.panels"),
        one("accept", "Accept the suggestion", "Suggestions", SUGGESTION, "label.place"),
        one("reject", "Reject the suggestion", "Suggestions", SUGGESTIONS,
            "label.cancel", "label.delete"),
        one("place", "Put a box at the pointer (box tool)", "Drawing", PLACING),
        one("cancel", "Drop the unfinished shape, or the selection", "Drawing"),
        one("accept_all", "Accept all suggestions of the image", "Suggestions"),
        one("reject_all", "Reject all suggestions of the image", "Suggestions"),
        *(one(f"nudge.{s}", f"Move the shape {s} by a pixel", "Editing", SELECTED,
              *filter(None, [o])) for s, o in sides),
        *(one(f"nudge_far.{s}", f"Move the shape {s} by ten pixels", "Editing", SELECTED)
          for s, _o in sides),
        *(one(f"resize.{s}", f"Make the shape {how} by a pixel", "Editing", SELECTED)
          for s, how in sizes),
        *(one(f"resize_far.{s}", f"Make the shape {how} by ten pixels", "Editing", SELECTED)
          for s, how in sizes),
        *(one(f"point.{s}", f"Move the pointer {s}", "Pointer by keys") for s, _o in sides),
        one("click", "Click at the pointer", "Pointer by keys"),
        one("click_other", "Alt-click at the pointer", "Pointer by keys"),
        one("hold", "Hold the button down, or let go", "Pointer by keys"),
        one("tool.select", "Select and edit", "Tools"),
        one("tool.box", "Box", "Tools"),
        one("tool.polygon", "Polygon", "Tools"),
        one("tool.brush", "Brush", "Tools"),
        one("tool.eraser", "Eraser", "Tools"),
        one("tool.fill", "Fill", "Tools"),
        one("tool.outline", "Smart outline", "Tools"),
        one("tool.assist", "Assisted outline", "Tools"),
        one("tool.cut", "Cut", "Tools"),
        one("tool.repeat", "Last drawing tool again", "Tools"),
        one("brush.smaller", "Smaller brush", "Tools"),
        one("brush.bigger", "Bigger brush", "Tools"),
        *(one(f"pick.{n}", f"Label {n}, for the selection or for new shapes", "Labels")
          for n in DIGITS),
        *(one(f"add.{n}", f"Add label {n} to the image, beside others", "Labels")
          for n in DIGITS),
        one("unlabel", "Take the labels of the image away", "Labels"),
        one("find_label", "Find a label", "Labels"),
        one("next", "Next image", "Moving"),
        one("previous", "Previous image", "Moving"),
        one("next_unlabelled", "Next unlabelled image", "Moving"),
        one("previous_unlabelled", "Previous unlabelled image", "Moving"),
        one("first", "First image", "Moving"),
        one("last", "Last image", "Moving"),
        one("gallery", "Back to all images", "Moving"),
        one("review", "Next review state", "Review"),
        one("dispute", "Mark as disputed, with a comment", "Review"),
        one("comment", "Write a comment", "Review"),
        one("delete", "Delete the shape", "Editing", SELECTED),
        one("select_all", "Select all shapes", "Editing"),
        one("select_next", "Select the next shape", "Editing"),
        one("select_previous", "Select the previous shape", "Editing"),
        one("duplicate", "Duplicate the shape", "Editing"),
        one("copy", "Copy the shapes", "Editing"),
        one("paste", "Paste", "Editing"),
        one("paste_next", "Copy the shapes to the next image", "Editing"),
        one("to_box", "Turn into a box", "Editing"),
        one("to_polygon", "Turn into a polygon", "Editing"),
        one("to_mask", "Turn into a mask", "Editing"),
        one("join", "Join the shapes", "Editing"),
        one("subtract", "Subtract the others from the first", "Editing"),
        one("split", "Split into parts", "Editing"),
        one("order.forward", "Bring forward", "Editing"),
        one("order.backward", "Send backward", "Editing"),
        one("order.front", "Bring to the front", "Editing"),
        one("order.back", "Send to the back", "Editing"),
        one("lock", "Lock or unlock the shape", "Editing"),
        one("unlock_all", "Unlock all shapes", "Editing"),
        one("hide", "Hide or show the shapes", "View"),
        one("hide_selected", "Hide or show the selected shape", "View"),
        one("outline_only", "Outlines only", "View"),
        one("suggestions", "Hide or show suggestions", "View"),
        one("names", "Hide or show names", "View"),
        one("fit", "Fit the image", "View"),
        one("actual_size", "Actual size", "View"),
        one("fit_selected", "Fit the selected shape", "View"),
        one("zoom_in", "Zoom in", "View"),
        one("zoom_out", "Zoom out", "View"),
        one("invert", "Invert the image", "View"),
        one("channel", "Next channel", "View"),
        one("reset_view", "Show the image as it is", "View"),
        one("panels", "Hide or show the panels", "View"),
        one("overview", "Hide or show the overview", "View"),
        one("rulers", "Hide or show the rulers", "View"),
        one("crosshair", "Hide or show the crosshair", "View"),
        one("scale_bar", "Hide or show the scale bar", "View"),
    )  # fmt: skip


def _runs() -> tuple[Command, ...]:
    return (
        Command("train.start", "Start the run", "train", "Runs"),
        Command("train.stop", "Stop the run and keep the best", "train", "Runs"),
        Command("tryout.choose", "Choose an image to try", "tryout", "Runs"),
        Command("style.start", "Start the styling", "style", "Styling"),
        Command("style.stop", "Stop the styling and keep the picture", "style", "Styling"),
        Command("style.paste", "Paste a picture, as content or as style", "style", "Styling"),
    )


COMMANDS: tuple[Command, ...] = (*_app(), *_images(), *_label(), *_runs())
