"""Evidence: files that convince a third party offline of what went wrong, and the check of such files."""
