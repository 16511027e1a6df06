"""The certificate of one statement: a tagged PDF that says what was verified, and carries the files that prove it again."""

from web.explorer.certificate.reading import attached

__all__ = ["attached"]
