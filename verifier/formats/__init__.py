"""Readers and writers of every byte format: strict, canonical in both directions."""
