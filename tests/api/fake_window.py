"""A window that only echoes: speaks as Textual's web driver does, for tests of what carries it."""

from __future__ import annotations

import json
import os
import sys

from textual_serve._binary_encode import dump

FILE = "Смета, «кухня».html"


def put(kind: bytes, content: bytes) -> None:
    sys.stdout.buffer.write(kind + len(content).to_bytes(4, "big") + content)
    sys.stdout.buffer.flush()


def tell(**values: object) -> None:
    put(b"M", json.dumps(values).encode())


def typed(text: str) -> None:
    if text == "quit":
        tell(type="exit")
        sys.exit()
    if text == "tray":
        text = os.environ["CHATAPP_TRAY"]
    if text == "lang":
        text = os.environ["CHATAPP_LANG"]
    if text == "own":
        text = os.environ["CHATAPP_OWN"]
    if text == "restricted":
        text = os.environ.get("CHATAPP_RESTRICTED", "")
    if text == "link":
        tell(type="open_url", url="javascript:alert(1)", new_tab=True)
        tell(type="open_url", url="https://example.org/", new_tab=False)
    if text == "file":
        told = {"path": f"/tmp/{FILE}", "open_method": "browser", "encoding": "", "mime_type": "text/html"}
        tell(type="deliver_file_start", key="k1", name=None, **told)
    put(b"D", f"typed {text}".encode())


def main() -> None:
    if os.environ.get("CHATAPP_SUPPORT") == "broken":
        sys.exit("It cannot open.\nDo something.")
    sys.stdout.write("something of a library\n__GANGLION__\n")
    sys.stdout.flush()
    token, size = os.environ["CHATAPP_TOKEN"], f"{os.environ['COLUMNS']}x{os.environ['ROWS']}"
    put(b"D", f"{os.getpid()} {len(token)} {size} {os.environ['CHATAPP_HOME']}".encode())
    pieces = [b"<script>", b"1", b""]
    while head := sys.stdin.buffer.read(5):
        content = sys.stdin.buffer.read(int.from_bytes(head[1:], "big"))
        if head[:1] == b"D":
            typed(content.decode())
        elif json.loads(content)["type"] == "deliver_chunk_request":
            put(b"P", dump(("deliver_chunk", "k1", pieces.pop(0))))
        else:
            put(b"D", content)


main()
