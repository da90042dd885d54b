"""All of a mail with 300 kB of HTML made ready to read, beside w3m, which prints it as text."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator
from functools import partial

from benchmarks.harness import Case, LeftOut
from chatapp_cli.connectors.email.whole import whole
from chatapp_cli.tui.widgets.reader import WIDEST, wrapped

SIZE = 300_000
ROW = (
    "<tr style='font-family:Arial;color:#333'><td>Плед «Облако» {n}</td><td>140×200</td><td align=right>3 200 ₽</td>"
    "<td><a href='https://teply-dom.example/p/{n}'>подробнее</a></td></tr>"
)
PARAGRAPH = "<p style='margin:0'>Здравствуйте, <b>посмотрите</b> позицию {n}: доставка за два дня, обмен без чека.</p>"


def cases() -> Iterator[Case]:
    html = newsletter()
    yield Case("all of a mail of 300 kB of HTML, ready to read", "s", partial(reads, html), limit=1, at_most=1)
    w3m = shutil.which("w3m")
    if w3m is None:
        raise LeftOut("needs w3m: apt-get install w3m")
    yield Case(
        "all of a mail of 300 kB of HTML; w3m -dump", "s", partial(reads, html), partial(dumps, w3m, html), at_most=2
    )


def newsletter() -> str:
    """Tables of goods and paragraphs in turn, as shops send them."""
    made, n = ["<html><body>"], 0
    while sum(map(len, made)) < SIZE:
        rows = "".join(ROW.format(n=n + m) for m in range(20))
        made.append(f"<table>{rows}</table>{PARAGRAPH.format(n=n) * 5}")
        n += 20
    return "".join(made)


def reads(html: str) -> float:
    """Seconds for what the page of a mail does before it is painted."""
    raw = b"From: a@example.org\r\nContent-Type: text/html; charset=utf-8\r\n\r\n" + html.encode()
    began = time.perf_counter()
    lines = [part for one in whole(raw).text.split("\n") for part in wrapped(one, WIDEST)]
    took = time.perf_counter() - began
    assert len(lines) > SIZE // 1000
    return took


def dumps(w3m: str, html: str) -> float:
    """Seconds in which w3m prints the same."""
    command = [w3m, "-dump", "-T", "text/html", "-I", "UTF-8", "-cols", str(WIDEST)]
    began = time.perf_counter()
    subprocess.run(command, input=html.encode(), check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began
