"""Records as pages show them: briefs, fields, files, the ladder of checks, receipts, lists and feeds."""
