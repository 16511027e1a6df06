"""The explorer: the ledger in a browser, made from an audited copy. No page shows what the audit did not verify.

Read in this order: `copy` (what is kept and how it grows), `view` (what is asked of it), `pages` (what is shown),
`languages` and `catalogues` (in which language); `words` puts everything in words.
"""

from web.explorer.application import create_explorer_app
from web.explorer.copy.audited import Copy

__all__ = ["Copy", "create_explorer_app"]
