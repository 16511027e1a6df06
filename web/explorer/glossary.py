"""What the explorer's words mean: one sentence or two each, in the order of the page."""

from __future__ import annotations

from web.explorer.words import _

WORDS: tuple[tuple[str, str], ...] = (
    (_("Statement"), _("What a participant says, signed by one of its offices. Its id is the SHA-256 of its bytes.")),
    (
        _("Record"),
        _(
            "One entry of the ledger: a statement with its signatures, as the depositary put it in order. Numbered from 0."
        ),
    ),
    (
        _("Charter"),
        _("Record 0: the accord in machine-readable form. It names the participants, the witnesses and the terms."),
    ),
    (
        _("Depositary"),
        _(
            "Who operates the ledger. It puts records in order and publishes them; it cannot forge or change one unseen."
        ),
    ),
    (
        _("Checkpoint"),
        _("The ledger's signed statement of its size and of the root of its Merkle tree, which fixes every record."),
    ),
    (_("Witness"), _("An independent party that countersigns a checkpoint if it extends all that it saw before.")),
    (_("Cosignature"), _("A witness's signature on a checkpoint, with the time by the witness's clock.")),
    (
        _("Quorum"),
        _("Which witnesses must have cosigned a checkpoint before this site believes it. Its policy says so."),
    ),
    (
        _("Inclusion proof"),
        _("A few hashes that lead from one record to the root in a checkpoint: the record is in that tree."),
    ),
    (_("Receipt"), _("An inclusion proof with its checkpoint, in one file. It can be checked offline, years later.")),
    (
        _("Witnessed time"),
        _("An interval: at its start a quorum had signed a tree without the record, by its end one with it."),
    ),
    (
        _("Office"),
        _("Who speaks within a state: a foreign ministry, a duty desk. Each has its own unbroken chain of statements."),
    ),
    (_("Signer"), _("One Ed25519 key, or a pair Ed25519 and ML-DSA-65 that has signed only when both have.")),
    (
        _("Sealed field"),
        _("A value that a state has committed to and not shown. Whoever is given the text can check it."),
    ),
    (
        _("Exercise marking"),
        _("A statement made for a drill. It never counts for a real duty, and every page says so."),
    ),
    (_("Finding"), _("What an audit found wrong in the ledger. It concerns the ledger, not the conduct of a state.")),
)
