"""The clock of the demonstration: it stands until the story moves it, and at last it is the system's."""

from __future__ import annotations

import time


class Clock:
    """Seconds since the epoch (UTC). Never goes back while the story moves it."""

    def __init__(self, now: int) -> None:
        self._now: int | None = now

    def __call__(self) -> int:
        return int(time.time()) if self._now is None else self._now

    def move(self, moment: int) -> None:
        """Let the story's time pass up to `moment`; nothing happens if it has passed already."""
        if self._now is not None:
            self._now = max(self._now, moment)

    def release(self) -> None:
        """From now on, show the system's time."""
        self._now = None
