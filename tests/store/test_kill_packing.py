"""Raw arrivals outlive a kill in the middle of their packing, each as it came."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from contextlib import closing
from functools import partial
from pathlib import Path

from chatapp_cli.services import packing
from chatapp_cli.store.database import Database
from tests.services.packed import arrive, raw, read
from tests.stores import Shop

ROOT = Path(__file__).parents[2]
MANY = 1_500
ROUNDS = 4
CHILD = """
import sys
from functools import partial
from chatapp_cli.kit.system import system_world
from chatapp_cli.services import packing
from chatapp_cli.store.database import Database, driver_for

database = Database(driver_for(sys.argv[1]), system_world().clock)
after = 0
print("begun", flush=True)
while piece := database.read(partial(packing.next_plain, after=after)):
    packed = packing.pack_all(piece, database.write(partial(packing.learn_dictionaries, piece=piece)))
    database.write(partial(packing.replace, piece=packed))
    after = piece[-1].id
    print(after, flush=True)
"""


def run_and_kill(url: str, after: int) -> None:
    """Pack, and kill when so many pieces are done."""
    with subprocess.Popen([sys.executable, "-c", CHILD, url], cwd=ROOT, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        for _ in range(after):
            child.stdout.readline()
        os.kill(child.pid, signal.SIGKILL)


def test_a_kill_in_the_middle_of_packing_loses_nothing(shop: Shop) -> None:
    arrive(shop, shop.channel(), range(MANY))
    chance = random.Random(5)
    for _ in range(ROUNDS):
        run_and_kill(shop.driver.url, chance.randrange(1, 4))
    plain = partial(packing.next_plain, after=0, n=MANY)
    with closing(Database(shop.driver, shop.clock)) as reopened:
        left = len(reopened.read(plain))
    assert 0 < left < MANY
    assert [read(shop, n + 1) for n in range(MANY)] == [raw(n) for n in range(MANY)]
