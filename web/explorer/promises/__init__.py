"""Promises as pages show them: obligations in words, drills, and the drawings of months, weeks and threads."""
