"""Measurements, as ratios within one run. `python -m tests.bench --help` says what can be measured."""
