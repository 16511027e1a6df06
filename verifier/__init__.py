"""The ground floor: formats, proofs, signatures, audit. It reads and judges; it imports nothing of the floors above."""

__version__ = "0.1.0"
