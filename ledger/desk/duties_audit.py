"""The audit before a desk acts: by the desk's own clock, from the state of an earlier one on where there is one."""

from __future__ import annotations

import sys

from verifier.audit import AuditState, Report, audit
from verifier.audit.state import load_state, save_state
from verifier.cli import options
from verifier.cli.audited import Request
from verifier.cli.running import progress, workers
from verifier.exits import Exit
from verifier.formats import checkpoint as checkpoints
from verifier.source import open_source


def audited(request: Request, now: int, state: AuditState | None = None) -> Report:
    """Audit what a request names as of `now` (seconds, UTC), and keep the state where one was named and all was good.

    `state`: of an earlier audit, in place of the one in the named file. Raises the faults of an audit, and Fault
    `policy.malformed`, `state.malformed`, `text.malformed`.
    """
    policy, pinned = options.read_policy(request.policy), options.digest(request.charter)
    if state is None and request.state_file is not None:
        state = load_state(request.state_file)
    newest = checkpoints.parse(request.point_file.read_bytes()) if request.point_file else None
    with workers(request.processes) as executor, progress(sys.stderr, "records") as show:
        report = audit(
            open_source(request.location, offline=request.offline),
            policy,
            charter=pinned,
            receipts=options.read_receipts(request.receipts),
            executor=executor,
            state=state,
            progress=show,
            now=now,
            newest=newest,
            events=True,
        )
    if request.state_file is not None and report.exit == Exit.GOOD:
        save_state(report.state, request.state_file)
    return report
