"""The exit codes of every command, in one enumeration. What each means stands here and nowhere else."""

from enum import IntEnum


class Exit(IntEnum):
    """Exit code of a command; `detente-verify`, `detente` and `detente-web` share them."""

    GOOD = 0
    """All that was asked for holds."""
    INTERNAL = 1
    """A fault of this program. Report it."""
    USAGE = 2
    """The command line is wrong."""
    MALFORMED = 3
    """An input breaks its format."""
    NOT_LOGGED = 4
    """The statement is not in the log that was looked at."""
    NETWORK = 5
    """A source could not be read."""
    BAD_SIGNATURE = 10
    """A signature or a proof is false."""
    QUORUM_UNMET = 11
    """The checkpoint is not cosigned as the policy asks."""
    UNDECIDABLE = 12
    """What was given does not decide the question."""
    BREACH = 13
    """The audit found that the log breaks its rules."""
    REFUTED = 14
    """What a verifier signed is not what the inputs that it names give. This says nothing against the log."""
    CONTRADICTION = 20
    """The log contradicts itself: two of its signed views cannot both be true."""
