"""Killed at any moment: what was acknowledged is there, and once."""

import os
import random
import signal
import subprocess
import sys
from collections import Counter
from contextlib import closing
from pathlib import Path

from chatapp_cli.services import lines, transcript
from chatapp_cli.store.database import Database
from tests.stores import Shop

ROOT = Path(__file__).parents[2]
ROUNDS = 6
CHILD = """
import sys
from chatapp_cli.domain.arrival import Arrival, Batch, MessageArrived, Peer
from chatapp_cli.kit.system import SystemClock
from chatapp_cli.services.ingest import ingest
from chatapp_cli.store.database import Database, driver_for
from chatapp_cli.store.writer import Writer

url, channel, first = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
writer = Writer(Database(driver_for(url), SystemClock()))

def deliver(number):
    event = MessageArrived(peer=Peer(key=f"c{number % 7}", address="a"), ext_id=str(number), at=number, text="привет")
    batch = Batch(arrivals=(Arrival(provider_id=str(number), raw=b"{}", events=(event,)),), cursor=str(number))
    def acknowledge(outcome):
        assert outcome.error is None, outcome.error
        print(number, flush=True)
        deliver(number + 8)
    writer.submit(lambda tx: ingest(tx, channel, batch), acknowledge)

for caller in range(8):
    deliver(first + caller)
writer._thread.join()
"""


def run_and_kill(url: str, channel: int, first: int, after: int) -> set[str]:
    """Ingest until so many are acknowledged, kill in the middle; returns all that were."""
    command = [sys.executable, "-c", CHILD, url, str(channel), str(first)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        told = [child.stdout.readline().strip() for _ in range(after)]
        os.kill(child.pid, signal.SIGKILL)
        rest = child.stdout.read().split("\n")[:-1]
    return {*told, *rest}


def test_what_was_acknowledged_outlives_a_kill_and_is_there_once(shop: Shop) -> None:
    channel = shop.channel()
    chance = random.Random(20)
    acknowledged: set[str] = set()
    for number in range(ROUNDS):
        first = max(map(int, acknowledged), default=0) if number % 2 else number * 100_000
        acknowledged |= run_and_kill(shop.driver.url, channel, first, chance.randrange(1, 400))
    with closing(Database(shop.driver, shop.clock)) as reopened, reopened.reading() as tx:
        found = [
            e.message.ext_id
            for n in range(7)
            for e in transcript.latest(tx, tx.value("dialogs.at_key", channel=channel, key=f"c{n}"), n=100_000)
        ]
        (line,) = lines.everything(tx)
    stored = Counter(found)
    assert (acknowledged - stored.keys(), max(stored.values()), line.dialogs) == (set(), 1, 7)
