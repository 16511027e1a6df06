"""What the explorer's words mean: one sentence or two each, in the order of the page."""

from __future__ import annotations

from web.explorer.wording.words import N_

WORDS: tuple[tuple[str, str], ...] = (
    (N_("Statement"), N_("What a participant says, signed by one of its offices. Its id is the SHA-256 of its bytes.")),
    (
        N_("Record"),
        N_(
            "One entry of the ledger: a statement with its signatures, as the depositary put it in order. Numbered from 0."
        ),
    ),
    (
        N_("Charter"),
        N_("Record 0: the accord in machine-readable form. It names the participants, the witnesses and the terms."),
    ),
    (
        N_("Depositary"),
        N_(
            "Who operates the ledger. It puts records in order and publishes them; it cannot forge or change one unseen."
        ),
    ),
    (
        N_("Checkpoint"),
        N_("The ledger’s signed statement of its size and of the root of its Merkle tree, which fixes every record."),
    ),
    (N_("Witness"), N_("An independent party that countersigns a checkpoint if it extends all that it saw before.")),
    (N_("Cosignature"), N_("A witness’s signature on a checkpoint, with the time by the witness’s clock.")),
    (
        N_("Quorum"),
        N_("Which witnesses must have cosigned a checkpoint before this site believes it. Its policy says so."),
    ),
    (
        N_("Inclusion proof"),
        N_("A few hashes that lead from one record to the root in a checkpoint: the record is in that tree."),
    ),
    (N_("Receipt"), N_("An inclusion proof with its checkpoint, in one file. It can be checked offline, years later.")),
    (
        N_("Witnessed time"),
        N_("An interval: at its start a quorum had signed a tree without the record, by its end one with it."),
    ),
    (
        N_("Office"),
        N_(
            "Who speaks within a state: a foreign ministry, a duty desk. Each has its own unbroken chain of statements."
        ),
    ),
    (N_("Signer"), N_("One Ed25519 key, or a pair Ed25519 and ML-DSA-65 that has signed only when both have.")),
    (
        N_("Sealed field"),
        N_("A value that a state has committed to and not shown. Whoever is given the text can check it."),
    ),
    (
        N_("Exercise marking"),
        N_("A statement made for a drill. It never counts for a real duty, and every page says so."),
    ),
    (
        N_("Finding"),
        N_(
            "What an audit found wrong. It concerns the ledger, or a witness or participant that it names; it judges no conduct."
        ),
    ),
)
