"""Checking a document: what somebody was handed, held against the audited copy, and the page that does it without a server.

Read in this order: `given` (what came in), `kinds` (what it is), `answers` (what a check answers), then one module a kind.
"""
