"""The audit: everything that a log shows, checked from outside against a policy and a charter's digest."""

from verifier.audit.findings import Check, Finding, Report
from verifier.audit.state import AuditState
from verifier.audit.walk import Observer, audit

__all__ = ["AuditState", "Check", "Finding", "Observer", "Report", "audit"]
