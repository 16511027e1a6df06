"""The middle floor: admits, chains, sequences, signs, publishes and stores; and the desks of states and depositary."""

from pathlib import Path

from verifier import errors

errors.register(Path(__file__).with_name("faults.toml"))
