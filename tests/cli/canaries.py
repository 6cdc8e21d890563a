"""Made-up secrets, every command there is to give them to, and all that is left behind to look for them in.

The commands are those of the command line itself, so that a new one is tried at once; what it needs to be called with
stands in CALLS. Every secret holds a word that nothing else holds, between characters that are encoded in many ways.
"""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import psycopg
import typer
from typer.core import TyperArgument, TyperCommand, TyperGroup

from fleetfeed import cli
from fleetfeed.database.embedded.server import EmbeddedServer
from tests.cli.locationiq import located, provider
from tests.cli.site import Site
from tests.fault_server import Answer, Asked, FaultServer, fault_server

WORDS = ("c4n4ryDatabase", "c4n4ryAccess", "c4n4rySecret", "c4n4ryGeocoder", "c4n4ryWebhook", "c4n4ryPing")
DATABASE, ACCESS, SECRET, GEOCODER, WEBHOOK, PING = (f"a'{word}:/%+é&=\"\\ z" for word in WORDS)
ACCESS, SECRET = (key.replace("é", "").replace(" ", "") for key in (ACCESS, SECRET))  # what a header can hold
ANY = {
    "unit": "van-1",
    "feed": "inc",
    "feeds": "inc",
    "ticket": "INC1",
    "reject_id": "1",
    "cluster": "Kilimani",
    "file": "places.csv",
}
CALLS = {
    "run": [["inc"], ["inc", "--apply", "--geocode-clusters", "--geocode-locations"], ["--all", "--apply"]],
    "geocode": [["inc", "--clusters", "--locations"]],
    "places set": [["Kilimani", "--at", "-1.29,36.78"], ["Kilimani"]],
    "export": [["inc", form] for form in ("--map", "--dashboard", "--csv")],
    "feeds new": [["thing", "--from", "places.csv"]],
    "feeds check": [["inc"]],
    "feeds diff": [["places.csv", "places.csv", "--feed", "inc"]],
    "rejects discard": [["1"]],
    "rejects replay": [["1"], ["--all", "inc", "--apply"]],
    "prune": [["inc", "--apply"]],
    "health": [[], ["--max-age", "1"], ["--notify"]],
    "serve": [["--port", "0"]],
    "asof": [["inc", "--run", "1"]],
    "dispatch": [["inc", "--json"]],
    "holds add": [["inc", "off", "--ticket", "INC1", "--why", "x"]],
    "holds end": [["1"]],
    "rebuild": [["inc"], ["inc", "--apply"]],
    "backfill": [["inc", "--from", "2026-11-01"]],
    "worker": [[], ["--scheduler", "nowhere"]],
}
MIGRATED = "canaries_template"
ON_SERVERS_OF_THEIR_OWN = ("demo", "db start")  # which take long, and nothing of the project's


@dataclass
class World:
    """Hold a site, its servers, and all that was said."""

    site: Site
    said: list[str] = field(default_factory=list)
    servers: list[FaultServer] = field(default_factory=list)

    def __call__(self, *args: str) -> int:
        """Run a command, and end it after a while as an operator does; keep what it said."""
        seconds = 3 if "serve" in args else 40  # it serves until then, with or without a database
        timer = threading.Timer(seconds, os.kill, (os.getpid(), signal.SIGTERM))
        timer.start()
        try:
            result = self.site(*args)
        finally:
            timer.cancel()
        self.said.append(f"{args}\n{result.out}\n{result.err}")
        return result.code


def commands() -> Iterator[tuple[str, TyperCommand]]:
    """Walk over every command, by the words that call it."""
    found: list[tuple[str, object]] = [("", typer.main.get_command(cli.app))]
    while found:
        words, command = found.pop(0)
        if isinstance(command, TyperGroup):
            context = typer.Context(command)
            found += [(f"{words} {name}".strip(), command.get_command(context, name)) for name in command.commands]
        else:
            assert isinstance(command, TyperCommand)
            yield words, command


def calls(*, own_servers: bool) -> Iterator[list[str]]:
    """Give every way to call every command."""
    for words, command in commands():
        needed = [one for one in command.params if isinstance(one, TyperArgument) and one.required]
        unknown = [one.name for one in needed if one.name not in ANY]
        assert words in CALLS or not unknown, f"say in CALLS how `fleetfeed {words}` is called: it needs {unknown}"
        for args in CALLS.get(words) or [[ANY[str(one.name)] for one in needed]]:
            if own_servers or words not in ON_SERVERS_OF_THEIR_OWN:
                yield [*words.split(), *args]


def echo(asked: Asked) -> Answer:
    """Refuse, and repeat all that was asked, as careless servers and proxies do."""
    reported = f"{asked.method} {asked.path} {asked.query} {asked.headers} {asked.body.decode()}"
    return Answer(reported.encode(), 403)


@contextmanager
def world(
    site: Site, server: EmbeddedServer, answer: Callable[[Asked], Answer] | None, template: str = MIGRATED
) -> Iterator[World]:
    """Give a site all secrets, and servers that do well; or with `answer` a store and services that answer so."""
    found = World(site)
    name = f"canaries_{os.urandom(4).hex()}"
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}".encode())
    database = server.url(name)
    with ExitStack() as stack:
        services = stack.enter_context(fault_server(answer or (lambda asked: Answer())))
        found.servers = [services, stack.enter_context(provider(site, answer or located))]
        token = quote(WEBHOOK, safe="")
        site.env |= {
            "DATABASE_URL": database.replace("user=fleetfeed", f"user=canary&password={quote(DATABASE, safe='')}"),
            "RUSTFS_ACCESS_KEY": ACCESS,
            "RUSTFS_SECRET_KEY": SECRET,
            "GEOCODER_API_KEY": GEOCODER,
            "FLEETFEED_NOTIFY__WEBHOOK": f"{services.url}/hooks/{token}?key={token}",
            "FLEETFEED_NOTIFY__PING": f"{services.url}/{quote(PING, safe='')}/{{feed}}",
        }
        site.url = database
        if answer:
            site.env["RUSTFS_ENDPOINT"] = services.url
        yield found


def everything(world: World, dump: bytes, folder: Path) -> Iterator[tuple[str, bytes]]:
    """Give all that was said, sent to others than those a secret is for, stored and written."""
    yield from ((said.split("\n")[0], said.encode()) for said in world.said)
    yield from (("the body of a request", asked.body) for server in world.servers for asked in server.asked)
    yield "the database", dump
    for path in (path for path in folder.rglob("*") if path.is_file() and path.name != "leaky.py"):
        yield str(path), path.read_bytes()


def no_canary_got_out(world: World, folder: Path) -> None:
    with psycopg.connect(world.site.url) as connection:
        found = connection.execute("SELECT setting FROM pg_config() WHERE name = 'BINDIR'").fetchone()
    assert found is not None
    dumped = subprocess.run([f"{found[0]}/pg_dump", "--dbname", world.site.url], capture_output=True, check=True)
    assert b"COPY tickets.import_runs" in dumped.stdout
    leaks = [
        (word, where, _around(text, word))
        for where, text in everything(world, dumped.stdout, folder)
        for word in WORDS
        if word.encode() in text
    ]
    assert not leaks, "\n".join(f"{w} {where} {t!r}" for w, where, t in leaks)


def _around(text: bytes, word: str) -> bytes:
    place = text.find(word.encode())
    return text[max(0, place - 120) : place + 40]


FORMS = {"text": ["-v", "--debug"], "json": ["-v", "--debug", "--log-format", "json"]}


def try_all(world: World, form: str, *, own_servers: bool = False) -> None:
    """Call each command in each way; in the form for programs with --json where it has that."""
    with_json = {words for words, command in commands() if any("--json" in one.opts for one in command.params)}
    for args in calls(own_servers=own_servers):
        has_json = {" ".join(args[:1]), " ".join(args[:2])} & with_json
        world(*FORMS[form], *args, *["--json"] * bool(form == "json" and has_json))
