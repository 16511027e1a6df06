"""The server's journal: warnings and faults, one a line on the error stream, dated in UTC."""

from __future__ import annotations

import logging
import time


def begin() -> None:
    """Write the journal of this process to its error stream. Does nothing if the journal is written already."""
    line = logging.Formatter("%(asctime)sZ %(levelname)s %(name)s: %(message)s", "%Y-%m-%dT%H:%M:%S")
    line.converter = time.gmtime
    handler = logging.StreamHandler()
    handler.setFormatter(line)
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    # It warns at each burst, when threads that have answered have not come back for the next request yet.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
