"""`detente-web demo`: a whole ledger with a story on this machine, and an explorer of it."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ledger.cli.options import DIRECTORY
from ledger.cli.ports import ports
from web.cli import journal
from web.cli.options import listen_option
from web.demo import running
from web.demo.home import Home
from web.explorer.application import create_explorer_app
from web.explorer.checking.page import BODIES
from web.explorer.copy.audited import Copy
from web.serving import Server, Settings

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_EXPLORER = Settings(threads=8, most_body=1024, bodies=BODIES, memory_only=True)


@click.command()
@click.option(
    "--dir", "directory", type=DIRECTORY, default=Path(".demo"), show_default=True, help="Where all of it lies."
)
@click.option("--no-serve", is_flag=True, help="Make it, or bring it up to this moment, and end.")
@click.option(
    "--seed", help=f"What all keys follow from; {running.SEED} if absent. Equal seeds and days, equal statements."
)
@click.option("--start", metavar="YYYY-MM-DD", help="The story's first day; if absent, eighteen months before today.")
@listen_option
def demo(directory: Path, no_serve: bool, seed: str | None, start: str | None, listen: str) -> None:
    """Make a ledger, three witnesses and eighteen months between three states that do not exist; then show them.

    Everything is done by the real commands and servers, months in seconds. The servers then go on under the system's
    clock, and an explorer shows an audited copy, until Ctrl-C. A second run goes on where the first one stopped; the
    days between pass as the story's did.
    """
    at, home = ports(), Home(directory)
    journal.begin()
    home.read()  # refuses another's directory before a port is opened or a key is made
    if not no_serve:
        _serve(home, seed, start, listen)
        return
    with running.opened(home, seed, start, at.tell) as house:
        running.publish(home, house, at.tell)
    at.say(str(home.export))


class _Later:
    """An application that is put in when it can be made."""

    app: WSGIApplication

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        return self.app(environ, start_response)


def _serve(home: Home, seed: str | None, start: str | None, listen: str) -> None:
    """Make and serve. The port is opened before the story is told, so that a taken one is heard of at once."""
    at, app = ports(), _Later()
    with ExitStack() as closing:
        explorer = Server(app, listen, _EXPLORER)
        closing.callback(explorer.stop)
        house = closing.enter_context(running.opened(home, seed, start, at.tell))
        running.publish(home, house, at.tell)
        copy = Copy(home.explorer)
        app.app = create_explorer_app(copy)
        running.serve(home, house, explorer, copy, at.say, at.tell)
