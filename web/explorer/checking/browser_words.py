"""The texts of the browser's side of a check, for the catalogues: a test compares them with what the scripts say."""

from __future__ import annotations

from web.explorer.wording.words import N_, _

TEXTS = (
    N_("%(party)s says that the key was not its own by then."),
    N_("%(signer)s was no signer of the office."),
    N_("A checkpoint of %(size)s records of %(origin)s."),
    N_("A digest or id alone proves nothing offline. Ask an explorer, or give the files."),
    N_("A disclosure does not open what the statement committed to."),
    N_("A disclosure opens a sealed place of one statement: give the file that holds both."),
    N_("A file of %(size)s bytes: this page reads at most %(most)s."),
    N_("A policy is taken in. Now give what is to be checked."),
    N_("A receipt in canonical form. The envelope that it belongs to was not given."),
    N_(
        "A receipt with its envelope, a statement, a disclosure file, a checkpoint, a PDF certificate, and "
        "your own policy. Choose them together, or drop them anywhere."
    ),
    N_("A record’s number alone proves nothing offline. Ask an explorer, or give the files."),
    N_("A statement in canonical form, %(size)s bytes; its id is shown."),
    N_("A verifier’s report is judged by detente-verify, or by the page “Check a document” of an explorer."),
    N_("A witnessed checkpoint"),
    N_("At most %(most)s files at a time."),
    N_("Begin again"),
    N_("By the keys that this page carries, as of the checkpoint of %(size)s records, audited %(time)s."),
    N_("By the policy in this page."),
    N_("By the policy that you gave."),
    N_("Bytes"),
    N_("Cannot be determined"),
    N_("Charter"),
    N_("Check"),
    N_("Check a document offline"),
    N_("Check in this browser alone, send nothing"),
    N_("Checked by your browser, in this page."),
    N_("Checked by your browser, with the policy and the keys that this site gave it."),
    N_("Depends on step %(step)s."),
    N_("Does not hold"),
    N_("Evidence is judged by detente-verify, or by the page “Check a document” of an explorer."),
    N_("Exercise. Exercise. Exercise."),
    N_("Files"),
    N_("Files and texts taken together: %(count)s."),
    N_("Give the envelope with the receipt: a receipt alone cannot be bound to a text."),
    N_("In force at record %(index)s; signers %(have)s of %(need)s needed."),
    N_(
        "In force at the checkpoint of %(size)s records, signers %(have)s of %(need)s needed; judged again "
        "when it is recorded."
    ),
    N_(
        "In force, signers %(have)s of %(need)s needed, by the keys as of %(size)s records: the record is "
        "newer, a later change is not known here."
    ),
    N_("In the record"),
    N_("In the record, and signed"),
    N_("In the record, contested"),
    N_("Included"),
    N_(
        "It cannot know what came later, and it knows no rule of any statement type: detente-verify and an explorer do."
    ),
    N_("It looks like this kind of file: %(kind)s. It is not in the form that this kind has, to the byte."),
    N_(
        "It proves what the party committed to, and never who handed it on. Whether a value may stand at its "
        "place is checked by detente-verify."
    ),
    N_("Keys"),
    N_("Keys as of"),
    N_("Keys that are not among those given here: %(keys)s"),
    N_("Latest word"),
    N_("Ledger"),
    N_("Logged"),
    N_("ML-DSA signatures not checked: %(left)s; this browser cannot."),
    N_("No envelope was given; signatures stand in the envelope."),
    N_("No keys are embedded in this copy of the page, so nobody’s signature can be checked."),
    N_(
        "No policy and no keys are embedded in this copy. Add your policy file to what you check: it decides "
        "which checkpoints are believed. Who said it needs keys: take the page from an explorer that you "
        "trust, or use detente-verify."
    ),
    N_("No policy: give a policy file to believe a checkpoint by."),
    N_("No receipt or envelope is attached inside this PDF. A PDF saved again or printed anew loses them."),
    N_("No receipt was given: whether it is in the record is open."),
    N_("No statement was given."),
    N_(
        "Not a statement, envelope or receipt that this page can read. A file that a statement names is "
        "compared by its digest, in an explorer."
    ),
    N_("Not known without the ledger: a later record may change, cancel or withdraw it. Ask the explorer by the id."),
    N_("Or drop them anywhere on this page."),
    N_("Or text"),
    N_("Paste a statement, an envelope or a receipt."),
    N_("Policy"),
    N_("Record %(index)s, received %(time)s."),
    N_("Record %(index)s: %(hashes)s hashes lead to the root of the checkpoint of %(size)s records."),
    N_("Record %(record)s says that a signer was not its owner’s from record %(since)s on."),
    N_("Said by %(party)s"),
    N_("Said by a party"),
    N_("Signatures"),
    N_("Signed by %(party)s, and in the record."),
    N_("Signed by the log, and by %(have)s of %(all)s witnesses; enough of them by %(time)s."),
    N_("Signed; whether in the record is open"),
    N_("Signer %(signer)s was not in force when the statement was received."),
    N_("Signer %(signer)s was revoked in record %(record)s."),
    N_("Signers: %(have)s, needed: %(need)s."),
    N_(
        "Step %(step)s, %(name)s, failed. This document cannot be relied on as it is; that says nothing about "
        "who changed what."
    ),
    N_("The command that repeats it, trusting only what you hold:"),
    N_("The envelope does not hold exactly the signatures of the statement’s signers."),
    N_("The file opens another statement than the envelope holds."),
    N_("The file opens statement %(id)s; give its envelope too."),
    N_("The keys here are those of another ledger, %(ledger)s."),
    N_("The office %(office)s might not issue this type."),
    N_("The office %(office)s was not in force."),
    N_("The policy in this page; add a file of your own to judge by that instead"),
    N_("The policy names no quorum of witnesses."),
    N_("The server did not answer with a page."),
    N_("The signatures of %(party)s are valid. Without a receipt nothing says that the ledger holds it."),
    N_("The text is longer than this page reads."),
    N_("These bytes are in the record. By whom they were signed could not be checked here."),
    N_(
        "This browser cannot check Ed25519 signatures: no signature can be judged here. Use a newer browser, "
        "or detente-verify."
    ),
    N_("This browser cannot check ML-DSA signatures. Where there are some, the page says that they were not checked."),
    N_("This browser cannot check ML-DSA, and without those signatures the policy is not met."),
    N_("This browser does not let this page use its cryptography. Open the page from a file or over https."),
    N_(
        "This checkpoint and the one that this page was made from cannot both be true. Keep both: together "
        "they are evidence."
    ),
    N_(
        "This page checks bytes, signatures, inclusion and quorum in your browser. It can open no "
        "connection: nothing that you give it leaves it."
    ),
    N_("This server: %(answer)s."),
    N_("This statement was made for a drill. It is not about a real incident."),
    N_("Two roots for one size"),
    N_("Valid signatures: %(count)s, by signers: %(signers)s, and no others."),
    N_("Valid signatures: %(count)s. ML-DSA signatures not checked: %(left)s; this browser cannot."),
    N_("What the pages of the PDF show was not checked, only the files inside it: read the statement itself."),
    N_("What was given does not suffice. That does not mean that anything is wrong with it."),
    N_("What was opened"),
    N_("Whether something newer replaces it is not known here."),
    N_("Witnessed"),
    N_("Your browser had nothing to check."),
    N_("Your browser: %(answer)s."),
    N_("cannot be determined"),
    N_("contested"),
    N_("failed"),
    N_("not reached"),
    N_("not shown"),
    N_("open"),
    N_("passed"),
    N_("stands for nothing (a decoy)"),
    N_("the checkpoint of %(size)s records, audited %(time)s"),
    N_("yes"),
)
"""Every text that the scripts in static/verify pass to `say`, in the order of their code points."""


def translated() -> dict[str, str]:
    """The texts in the reader's language; those without a translation are left out."""
    found = {text: _(text) for text in TEXTS}
    return {text: told for text, told in found.items() if told != text}
