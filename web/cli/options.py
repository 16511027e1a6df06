"""Options that several servers share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

listen_option = click.option(
    "--listen",
    metavar="HOST:PORT",
    default="127.0.0.1:8080",
    show_default=True,
    help="Where to listen; port 0: any free.",
)
proxy_option = click.option(
    "--trusted-proxy",
    metavar="ADDRESS",
    help="The address of a reverse proxy whose X-Forwarded-For and X-Forwarded-Proto are believed.",
)


def rate_option(default: float) -> Callable[[Any], Any]:
    """--rate: requests or statements a second from one address."""
    told = "How many a second one address may hand in; 0: as many as it likes."
    return click.option("--rate", type=click.FloatRange(min=0), default=default, show_default=True, help=told)
