"""A worker for tests: does what the `act` in its job's params says, with the real protocol."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

Say = Callable[..., None]


def main() -> int:
    spec = json.loads(Path(sys.argv[-1]).read_text("utf-8"))
    folder, params = Path(spec["folder"]), spec["params"]
    orders: list[str] = []
    heard = threading.Event()

    def listen() -> None:
        for line in sys.stdin:
            orders.append(line.strip())
            heard.set()
        orders.append("end-of-file")
        heard.set()

    threading.Thread(target=listen, daemon=True).start()

    def say(event: str, **facts: object) -> None:
        line = json.dumps({"v": 1, "event": event, "time": time.time(), **facts})
        print(line, flush=True)
        with (folder / "events.jsonl").open("a") as events:
            events.write(line + "\n")

    def end(state: str, **facts: object) -> int:
        result = {"version": 1, "state": state, "metrics": {}, "error": None, **facts}
        place = folder / "result.json"
        place.with_suffix(".tmp").write_text(json.dumps(result))
        place.with_suffix(".tmp").replace(place)
        return 0

    say("started", pid=os.getpid(), device="cpu")
    act = params.get("act") or os.environ["TLSTUDIO_FAKE_ACT"]
    if spec["kind"] == "predict" and "out_folder" in params:
        return end("done", skipped=restyle(params))
    if spec["kind"] == "predict":
        lines = os.environ.get("TLSTUDIO_FAKE_LINES")
        return end("done", skipped=repeat(params, lines) if lines else predict(params))
    if spec["kind"] == "train" and act in ("finish", "wait", "crash-late"):
        keep_model(folder, params)
    if act == "crash-late":
        say("epoch", stage="s", epoch=3, epochs=9, seconds=0.1, values={"accuracy": 0.5})
        os._exit(9)
    if act == "finish":
        say("epoch", stage="s", epoch=1, epochs=1, seconds=0.1, values={"accuracy": 0.5})
        best = {"epoch": 1, "metric": "balanced_accuracy", "value": 0.5}
        facts = {"seconds": 1.5, "epochs": 1, "ended": "completed", "device": "cpu", "best": best}
        warning = {"code": "training.no_validation", "params": {}}
        return end("done", metrics={"accuracy": 0.5}, warnings=[warning], **facts)
    if act == "wait":  # until an order comes
        limit = params.get("seconds", 60)
        if not heard.wait(limit):
            return end("failed", error={"code": "test.no_order", "params": {}})
        state = {"stop": "done", "cancel": "cancelled", "end-of-file": "lost"}[orders[0]]
        return end(state, order=orders[0], ended="user", epochs=2)
    if act == "deaf":  # ignores orders and a polite request to terminate, and has a child
        if sys.platform != "win32":
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
        say("remark", level="info", code="test.child", params={"pid": child.pid})
        time.sleep(60)
    if act == "crash":
        print("something broke badly", file=sys.stderr, flush=True)
        os._exit(7)
    if act == "garbage":
        sys.stdout.buffer.write(b"not json\n\xff\xfe\x00\n[1, 2]\n" + b"x" * 3000 + b"\n{}\n")
        sys.stdout.buffer.flush()
        return end("done")
    if act == "holder":  # a grandchild in a session of its own keeps the pipe open
        child = subprocess.Popen(
            [sys.executable, "-c", "import time; time.sleep(300)"], start_new_session=True
        )
        say("remark", level="info", code="test.child", params={"pid": child.pid})
        return end("done")
    if act == "style":
        return paint(folder, orders, say, end)
    if act == "serve":
        while True:
            if not orders:
                heard.wait(0.05)
                continue
            order = orders.pop(0)
            if order == "end-of-file":
                return end("done")
            request = json.loads(order)
            if request.get("die"):
                os._exit(3)
            if request.get("refuse"):
                say("answer", id=request["id"], error={"code": "data.corrupt", "params": {"n": 1}})
            elif not request.get("mute"):
                say(
                    "answer", id=request["id"], result={"pid": os.getpid(), "path": request["path"]}
                )
    return 1


def paint(
    folder: Path, orders: list[str], say: Callable[..., None], end: Callable[..., int]
) -> int:
    """Serves stylings: the result is the content's own bytes, after as many steps of 10 ms as the
    settings say (3 if automatic). A content called "broken" cannot be read, one called "deadly"
    ends the process, one called "stubborn" takes no notice of a stop."""
    at_work: dict | None = None
    step, begun = 0, 0.0

    def answer(ended: str) -> None:
        out = Path(at_work["out"])
        out.write_bytes(Path(at_work["styling"]["content_path"]).read_bytes())
        facts = {"out": str(out), "width": 16, "height": 16, "steps": step, "seconds": 0.01 * step}
        losses = {"content": 1.0, "style": 0.5, "smoothness": 0.25, "total": 1.75}
        told = {**facts, "losses": losses, "history": [[0.0, 9.0], [0.1, 1.75]], "ended": ended}
        say("answer", id=at_work["id"], result={**told, "request": at_work})

    while True:
        time.sleep(0.01)
        for order in [orders.pop(0) for _ in range(len(orders))]:
            if order == "end-of-file":
                return end("lost")
            request = json.loads(order)
            if request["do"] == "stop":
                if at_work is not None and "stubborn" in at_work["styling"]["content_path"]:
                    continue
                if at_work is not None:
                    answer("user")
                at_work = None
                continue
            if at_work is not None:
                error = {"code": "style.replaced", "params": {}}
                say("answer", id=at_work["id"], error=error)
            at_work, step, begun = request, 0, time.monotonic()
            name = Path(request["styling"]["content_path"]).name
            if "deadly" in name:
                os._exit(9)
            if "broken" in name:
                error = {"code": "data.corrupt", "params": {"file": name}}
                say("answer", id=request["id"], error=error)
                at_work = None
        if at_work is None:
            continue
        steps = at_work["styling"]["settings"]["steps"] or 3
        step += 1
        file = folder / f"preview-{step % 2}.png"
        file.write_bytes(Path(at_work["styling"]["content_path"]).read_bytes())
        say(
            "preview", request=at_work["id"], step=step, steps=steps, file=str(file), width=16,
            height=16, seconds=time.monotonic() - begun, seconds_left=0.0, losses={"total": 1.0},
        )  # fmt: skip
        if step >= steps:
            answer("completed")
            at_work = None


def keep_model(folder: Path, params: dict) -> None:
    """What a run leaves behind, with nothing in it but the labels."""
    facts = {"labels": params.get("labels", []), "request": params}
    (folder / "best.json").write_text(json.dumps(facts))
    (folder / "best.safetensors").write_bytes(b"weights")
    (folder / "last.ckpt").write_bytes(b"checkpoint")


def restyle(params: dict) -> list[dict]:
    """Each picture as it is under its new name; names with "broken" cannot be read."""
    skipped = []
    with Path(params["out"]).open("w") as out:
        for item in params["items"]:
            if "broken" in item["path"]:
                skipped.append({"key": item["key"], "code": "data.corrupt", "params": {}})
                continue
            made = Path(params["out_folder"]) / item["out"]
            made.write_bytes(Path(item["path"]).read_bytes())
            line = {"key": item["key"], "file": str(made), "width": 16, "height": 16}
            out.write(json.dumps(line) + "\n")
    return skipped


def repeat(params: dict, place: str) -> list[dict]:
    """The lines that the file at `place` holds by image key; no line, no answer."""
    lines = json.loads(Path(place).read_text())
    with Path(params["out"]).open("w") as out:
        for item in params["items"]:
            if item["key"] in lines:
                out.write(json.dumps({"key": item["key"], **lines[item["key"]]}) + "\n")
    absent = [item["key"] for item in params["items"] if item["key"] not in lines]
    return [{"key": key, "code": "data.corrupt", "params": {}} for key in absent]


def predict(params: dict) -> list[dict]:
    """0.9 for the label whose name is in the path; names with "broken" cannot be read, those
    with "wrong" get the label before."""
    labels = json.loads((Path(params["run_folder"]) / "best.json").read_text())["labels"]
    skipped = []
    with Path(params["out"]).open("w") as out:
        for item in params["items"]:
            name = Path(item["path"]).name
            if "broken" in item["path"]:
                skipped.append({"key": item["key"], "code": "data.corrupt", "params": {}})
                continue
            found = next(i for i, row in enumerate(labels) if name.startswith(row["name"]))
            place = (found - ("wrong" in name)) % len(labels)
            row = [0.1 / (len(labels) - 1)] * len(labels)
            row[place] = 0.9
            out.write(json.dumps({"key": item["key"], "probabilities": row}) + "\n")
    return skipped


if __name__ == "__main__":
    sys.exit(main())
