"""Many processes use and end the same sessions at once, while some are killed and Redis is restarted.

``python -m user_sessions.tests.tools.stress`` prints the number of actions and of faults. A fault is a load that began
after the COMMIT of an end and was still signed in, or a load that missed an earlier save. The database is
that of DATABASE_URL; Redis is started for the run, on a free port.
"""

from __future__ import annotations

import argparse
import mmap
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections import Counter, defaultdict
from hashlib import sha256
from pathlib import Path
from random import Random
from struct import pack_into, unpack_from
from time import monotonic
from typing import NamedTuple

HOT = 2  # sessions of each process that all others use at the same time
USES = 12  # of each session, on average
ACTIONS = ["load"] * 4 + ["save"] * 3 + ["touch"] * 2 + ["end", "sign_out", "cycle"]
MAY_FAIL = {"SessionEnded", "CacheUnavailable"}  # an earlier end; Redis during its restart

chance = Random()  # noqa: S311  # nothing secret


class Event(NamedTuple):
    """What one process did to one session: begin and end, on one clock, and the outcome."""

    key: str
    action: str
    begun: float
    done: float
    outcome: str


def key_of(process: int, number: int) -> str:
    return sha256(f"{os.environ['STRESS']}-{process}-{number}".encode()).hexdigest()[:32]


class Worker:
    """One process: it signs a user in again and again, and uses the sessions of all processes."""

    def __init__(self, process: int, processes: int, sessions: int, folder: Path) -> None:
        self.process, self.processes, self.sessions = process, processes, sessions
        self.board = Board(folder / "board")
        self.log = (folder / f"events-{process}-{os.getpid()}").open("w", buffering=1)

    def run(self) -> None:
        from django.contrib.auth import get_user_model

        from user_sessions.backends.cached_db import SessionStore

        self.store_class = SessionStore
        self.user = get_user_model()._default_manager.get()
        while (number := self.board[self.process]) < self.sessions:
            self.note(key_of(self.process, number), "sign_in")
            self.board[self.process] = number + 1
            for _use in range(USES):
                other = chance.randrange(self.processes)
                newest = self.board[other]
                chosen = chance.randrange(max(0, newest - HOT), max(1, newest))
                self.note(key_of(other, chosen), chance.choice(ACTIONS))

    def note(self, key: str, action: str) -> None:
        begun = monotonic()
        try:
            outcome = getattr(self, action)(key)
        except Exception as error:  # noqa: BLE001  # each is counted
            outcome = f"!{type(error).__name__}"
        self.log.write(f"{key} {action} {begun} {monotonic()} {outcome or '-'}\n")

    def sign_in(self, key):
        store = self.store_class(key)
        store.update(
            {
                "_auth_user_id": str(self.user.pk),
                "_auth_user_backend": "django.contrib.auth.backends.ModelBackend",
                "token": "new",
            }
        )
        store.save(must_create=True)
        return "new"

    def load(self, key):
        return self.store_class(key).load().get("token")

    def save(self, key):
        store = self.store_class(key)
        if "token" not in store:
            return None
        store["token"] = f"{chance.getrandbits(64):x}"
        store.save()
        return store["token"]

    def touch(self, key):
        store = self.store_class(key, ip=f"192.0.2.{chance.randrange(256)}")
        store.load()
        store.touch()

    def end(self, key):
        self.store_class.get_model_class().objects.filter(pk=key).end()
        return "ended"

    def sign_out(self, key):
        store = self.store_class(key)
        if "token" not in store:
            return None
        store.flush()
        return "ended"

    def cycle(self, key):
        store = self.store_class(key)
        if "token" not in store:
            return None
        store.cycle_key()
        return "ended"


class Board:
    """The number of sessions of each process, in memory that all processes share."""

    def __init__(self, path: Path) -> None:
        with path.open("r+b") as file:
            self.memory = mmap.mmap(file.fileno(), 0)

    def __getitem__(self, process: int) -> int:
        return unpack_from("q", self.memory, 8 * process)[0]

    def __setitem__(self, process: int, number: int) -> None:
        pack_into("q", self.memory, 8 * process, number)


class Redis:
    """A server of our own, which loses its data when it is restarted."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.folder = folder
        self.start()

    def start(self) -> None:
        options = ["--port", str(self.port), "--save", "", "--appendonly", "no"]
        self.server = subprocess.Popen(  # noqa: S603  # our own words
            ["redis-server", *options, "--dir", self.folder],  # noqa: S607  # found on PATH
            stdout=subprocess.DEVNULL,
        )
        self.wait()

    def wait(self, deadline: float = 10) -> None:
        give_up = monotonic() + deadline
        while monotonic() < give_up:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
        raise TimeoutError(f"Redis did not listen within {deadline} seconds.")

    def stop(self) -> None:
        self.server.kill()
        self.server.wait()


def supervise(arguments, folder: Path, redis: Redis) -> Counter[str]:
    """Run the workers until they finish; kill some meanwhile, and restart Redis once."""
    command = [sys.executable, "-m", "user_sessions.tests.tools.stress", "--folder", str(folder)]
    command += ["--sessions", str(arguments.sessions), "--processes", str(arguments.processes)]
    per_process = arguments.sessions // arguments.processes
    board, happened = Board(folder / "board"), Counter[str]()
    kills = [per_process * (n + 1) // (arguments.kills + 1) for n in range(arguments.kills)]
    restart_at = per_process // 2

    def start(process):
        return subprocess.Popen([*command, "--worker", str(process)])  # noqa: S603  # our own words

    workers = {process: start(process) for process in range(arguments.processes)}
    pause = threading.Event()
    while workers:
        pause.wait(0.1)
        progress = max(board[process] for process in range(arguments.processes))
        if kills and progress >= kills[0]:
            kills.pop(0)
            victim = chance.choice(list(workers))
            workers[victim].send_signal(signal.SIGKILL)
            workers[victim].wait()
            workers[victim] = start(victim)
            happened["processes killed"] += 1
        if restart_at and progress >= restart_at:
            restart_at = 0
            redis.stop()
            redis.start()
            happened["restarts of Redis"] += 1
        for process, worker in list(workers.items()):
            if worker.poll() is not None:
                happened["workers that failed"] += worker.returncode != 0
                del workers[process]
    return happened


def events(folder: Path) -> dict[str, list[Event]]:
    """Return the events of each session by their end; the last one of a killed process is missing."""
    found = defaultdict(list)
    for path in folder.glob("events-*"):
        for line in path.read_text().splitlines():
            if len(parts := line.split(" ")) == 5:
                key, action, begun, done, outcome = parts
                found[key].append(Event(key, action, float(begun), float(done), outcome))
    return {key: sorted(each, key=lambda event: event.done) for key, each in found.items()}


def judge(found: dict[str, list[Event]]) -> Counter[str]:
    """Count the faults."""
    faults = Counter({"accepted after the end": 0, "lost writes": 0, "unexpected errors": 0})
    for done_to in found.values():
        ended = min((event.done for event in done_to if event.outcome == "ended"), default=None)
        saves = [event for event in done_to if event.action in ("sign_in", "save")]
        saves = [event for event in saves if event.outcome[0] not in "!-"]
        for event in done_to:
            if event.outcome[0] == "!" and event.outcome[1:] not in MAY_FAIL:
                faults["unexpected errors"] += 1
                faults[f"  {event.action}: {event.outcome[1:]}"] += 1
            if event.action in ("load", "save") and event.outcome[0] not in "!-":
                faults["accepted after the end"] += ended is not None and event.begun > ended
            if event.action == "load" and event.outcome[0] not in "!-":
                faults["lost writes"] += _is_superseded(event, saves)
    return faults


def _is_superseded(load: Event, saves: list[Event]) -> bool:
    """Return whether a load returned data that another save had surely replaced before it began."""
    wrote = next((save for save in saves if save.outcome == load.outcome), None)
    if wrote is None:  # by a process that was killed before it wrote its event
        return False
    return any(save.begun > wrote.done and save.done < load.begun for save in saves)


def last_look(found: dict[str, list[Event]]) -> int:
    """Return how many sessions without a row are still accepted after all processes have finished."""
    from user_sessions.backends.cached_db import SessionStore

    rows = SessionStore._sessions()
    gone = (key for key in found if not rows.filter(pk=key).exists())
    return sum(bool(SessionStore(key).load()) for key in gone)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sessions", type=int, default=20_000, help="in all (20000)")
    parser.add_argument("--processes", type=int, default=8)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--worker", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    os.environ["DJANGO_SETTINGS_MODULE"] = "user_sessions.tests.settings.stress"
    if arguments.worker is not None:
        import django

        django.setup()
        per_process = arguments.sessions // arguments.processes
        Worker(arguments.worker, arguments.processes, per_process, arguments.folder).run()
        return 0
    with tempfile.TemporaryDirectory() as name:
        return _stress(arguments, Path(name))


def _stress(arguments: argparse.Namespace, folder: Path) -> int:
    redis = Redis(folder)
    os.environ["CACHE_URL"] = f"redis://127.0.0.1:{redis.port}/0"
    os.environ["STRESS"] = f"{chance.getrandbits(64):x}"
    import django

    django.setup()
    from django.db import connection
    from django.test.utils import setup_test_environment

    from user_sessions.tests.support.people import make_person

    setup_test_environment(debug=False)
    os.environ["STRESS_DATABASE"] = connection.creation.create_test_db(
        verbosity=0, autoclobber=True
    )
    try:
        make_person("ada")
        (folder / "board").write_bytes(bytes(8 * arguments.processes))
        begun = monotonic()
        happened = supervise(arguments, folder, redis)
        seconds = monotonic() - begun
        found = events(folder)
        faults = judge(found)
        faults["accepted in the end"] = last_look(found)
    finally:
        connection.creation.destroy_test_db("", verbosity=0)
        redis.stop()
    return report(found, happened, faults, seconds)


def report(found, happened, faults, seconds) -> int:
    done = Counter(event.action for each in found.values() for event in each)
    refused = Counter(
        event.outcome[1:] for each in found.values() for event in each if event.outcome[0] == "!"
    )
    lines = [f"{len(found):,} sessions in {seconds:.0f} seconds"]
    for title, counts in (
        ("Done", done),
        ("Refused", refused),
        ("Happened", happened),
        ("Must be zero", faults),
    ):
        lines += [f"{title}:", *(f"  {name:26}{number:>10,}" for name, number in counts.items())]
    sys.stdout.write("\n".join(lines) + "\n")
    return int(any(faults.values()) or happened["workers that failed"] > 0)


if __name__ == "__main__":
    sys.exit(main())
