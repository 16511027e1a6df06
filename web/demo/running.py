"""A demonstration from beginning to end: made once, taken up again any time, published, and served until it is stopped."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from shutil import copyfile

import click

from ledger.cli.options import read_policy
from ledger.desk import files
from verifier.errors import Fault
from verifier.formats import times
from verifier.source import open_source
from web.demo import acts, hostile
from web.demo.cast import Cast
from web.demo.clock import Clock
from web.demo.desks import Desk
from web.demo.home import Home, Settings
from web.demo.house import House
from web.demo.stage import Stage
from web.explorer.copy.audited import Copy, Trust
from web.explorer.copy.follow import Follower
from web.serving import Server, serve_until_signalled

SEED = "detente"
Tell = Callable[[str], None]


def settings_for(seed: str | None, start: str | None, now: int) -> Settings:
    """What a new demonstration follows from. `start`: YYYY-MM-DD, eighteen months before `now` at the latest.

    Without it, the story's last day is today. Raises Fault `demo.start`.
    """
    latest = now - now % acts.DAY - acts.LENGTH
    if start is None:
        return Settings(seed or SEED, latest)
    try:
        asked = times.parse_utc(f"{start}T00:00:00Z")
    except Fault as fault:
        raise Fault("demo.start", f"{start!r} is not a day such as 2025-03-01", where="--start") from fault
    if asked > latest:
        told = f"the story takes eighteen months; it can begin on {times.format_utc(latest)[:10]} at the latest"
        raise Fault("demo.start", told, where="--start")
    return Settings(seed or SEED, asked)


@contextmanager
def opened(home: Home, seed: str | None, start: str | None, tell: Tell) -> Iterator[House]:
    """The demonstration's house, its story told up to this moment: made now, or taken up as it was left.

    `seed`, `start`: as for `settings_for`; if given, those of an existing one must be the same. Raises Fault `demo.…`.
    """
    asked = settings_for(seed, start, int(time.time()))
    found = home.read()
    if found is None:
        with _made(home, asked, tell) as house:
            yield house
        return
    if (seed or found.seed, asked.start if start else found.start) != (found.seed, found.start):
        told = f"seed {found.seed!r}, start {times.format_utc(found.start)[:10]} are those of the demonstration there"
        raise Fault("demo.other", told, where=str(home.at))
    tell(f"{home.at}: a demonstration is here already; its ledger goes on where it stopped.")
    with House(home, Cast(found.seed, found.start), Clock(0)) as house:
        house.resume()
        house.live(int(time.time()))
        yield house


@contextmanager
def _made(home: Home, settings: Settings, tell: Tell) -> Iterator[House]:
    """A new demonstration; what an interrupted making leaves is taken away."""
    made = False
    home.begin(settings)
    try:
        cast = Cast(settings.seed, settings.start)
        cast.write_keys(home)
        Desk(home, lambda: settings.start).run(
            *("init", home.ledger, "--origin", cast.ledger, "--key", home.keys / "log.pem"),
            *("--passphrase-file", home.passphrase),
        )
        copyfile(home.ledger / "log.vkey", home.log_key)
        with House(home, cast, Clock(settings.start)) as house:
            _told(home, cast, settings, house, tell)
            home.finish(settings)
            made = True
            yield house
    except BaseException:
        if not made:
            home.clear()
        raise


def _told(home: Home, cast: Cast, settings: Settings, house: House, tell: Tell) -> None:
    story = acts.read(settings.start)
    first, last = (times.format_utc(moment)[:10] for moment in (story.start, story.end))
    tell(f"{home.at}: {len(story.acts)} acts from {first} to {last}")
    with _stoppable() as require_going_on:

        def progress(done: int, of: int) -> None:
            require_going_on()
            if done % 20 == 0 or done == of:
                tell(f"  {done} of {of} acts")

        Stage(home, cast, story, house).play(progress)
    house.live(int(time.time()))


@contextmanager
def _stoppable() -> Iterator[Callable[[], None]]:
    """Between two acts, SIGTERM and Ctrl-C end the making: within one, a command would take them for its own."""
    asked: list[int] = []

    def require_going_on() -> None:
        if asked:
            raise click.Abort

    before = {n: signal.signal(n, lambda number, _frame: asked.append(number)) for n in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield require_going_on
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def publish(home: Home, house: House, tell: Tell) -> None:
    """Write the static export, as far as the newest checkpoint with a quorum."""
    found = Desk(home, house.clock).run("export", home.export, "--data", home.ledger)
    tell(f"{home.export}: {found['size']} records, root {found['root']}")
    settings = home.read()
    if settings is not None:
        evidence = hostile.fork(home, Cast(settings.seed, settings.start), house.clock())
        tell(f"{evidence}: what convicts an operator who showed somebody another ledger")


def serve(home: Home, house: House, explorer: Server, copy: Copy, say: Tell, tell: Tell) -> None:
    """Let the ledger go on, and show its audited copy in `explorer`, until SIGTERM or Ctrl-C."""
    house.go_on()
    trust = Trust(read_policy(home.policy), files.read(home.charter).decode("ascii").strip())
    follower = Follower(copy, open_source(house.url), trust)
    tell("The explorer audits the ledger for the first time …")
    follower.once()
    say(explorer.url)
    tell(f"explorer   {explorer.url}")
    tell(f"ledger     {house.url}")
    tell(f"{home.at / 'README.txt'} says what lies where, and how to speak for a state. Ctrl-C stops.")
    follower.start()
    try:
        serve_until_signalled([explorer])
    finally:
        follower.stop()
