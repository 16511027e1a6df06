"""The top floor: the log's API, the witness's API and the explorer, over HTTP."""

from pathlib import Path

from verifier import errors

errors.register(Path(__file__).with_name("faults.toml"))
