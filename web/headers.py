"""The headers of every response: what a browser must not guess, frame, run, remember or hand on.

They are built by the `secure` library, once, while the module loads. `give` adds them to an answer; what an answer already
says of itself stays. There are few content security policies, each with a name, and nothing that is inline is allowed by
any of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from secure import (
    ContentSecurityPolicy,
    CrossOriginEmbedderPolicy,
    CrossOriginOpenerPolicy,
    CrossOriginResourcePolicy,
    PermissionsPolicy,
    ReferrerPolicy,
    Secure,
    StrictTransportSecurity,
    XContentTypeOptions,
    XFrameOptions,
    XPermittedCrossDomainPolicies,
)
from werkzeug.datastructures import Headers

_NONE, _SELF = "'none'", "'self'"
_YEAR = 365 * 24 * 3600
POLICY: Final = "Content-Security-Policy"


def _closed() -> ContentSecurityPolicy:
    """What every policy begins with: nothing is loaded, and nobody frames it."""
    return ContentSecurityPolicy().default_src(_NONE).base_uri(_NONE).frame_ancestors(_NONE)


def _page() -> ContentSecurityPolicy:
    """What every page may: this site's own style and pictures, and forms that are sent to this site."""
    return _closed().style_src(_SELF).img_src(_SELF).form_action(_SELF)


class Policy(StrEnum):
    """The content security policies that there are (W3C Content Security Policy, Level 3)."""

    DATA = ContentSecurityPolicy().default_src(_NONE).frame_ancestors(_NONE).sandbox().header_value
    """Data and files: opened by themselves they can do nothing at all."""
    PAGE = _page().header_value
    """A page without scripts."""
    SCRIPTED = _page().script_src(_SELF).connect_src(_SELF).header_value
    """A page with a script of this site in a file of its own, which may ask this site and no other."""


SECURITY: Mapping[str, str] = MappingProxyType(
    dict(
        Secure(
            xcto=XContentTypeOptions().nosniff(),
            xfo=XFrameOptions().deny(),
            referrer=ReferrerPolicy().no_referrer(),
            csp=ContentSecurityPolicy().set(Policy.DATA.value),
            coop=CrossOriginOpenerPolicy().same_origin(),
            coep=CrossOriginEmbedderPolicy().require_corp(),
            corp=CrossOriginResourcePolicy().same_origin(),
            xpcdp=XPermittedCrossDomainPolicies().none(),
            permissions=PermissionsPolicy()
            .accelerometer()
            .camera()
            .display_capture()
            .geolocation()
            .gyroscope()
            .hid()
            .magnetometer()
            .microphone()
            .midi()
            .payment()
            .publickey_credentials_get()
            .serial()
            .usb(),
        ).headers
    )
)
"""What every answer carries; its policy is the one for data, where the answer names no other."""

TRANSPORT: Mapping[str, str] = MappingProxyType(dict(Secure(hsts=StrictTransportSecurity().max_age(_YEAR)).headers))
"""What an answer over TLS carries besides: for a year, this host over TLS alone. Of other hosts it says nothing."""

OPEN: Mapping[str, str] = MappingProxyType(
    {
        "Access-Control-Allow-Origin": "*",
        **Secure(corp=CrossOriginResourcePolicy().cross_origin()).headers,
    }
)
"""For what is public for ever: a verifier in anybody's browser may read it from any page."""

FOREVER = "public, max-age=31536000, immutable"
"""What never changes: full and partial tiles, entries, logged envelopes (C2SP tlog-tiles: "long-lived")."""
REVALIDATE = "no-cache"
"""What moves on: a cache asks again each time (C2SP tlog-tiles: a checkpoint is not cached beyond a few seconds)."""
NEVER = "no-store"
"""Refusals and states of the moment: what is missing now may be there a second later."""


def give(found: Headers, *, encrypted: bool) -> None:
    """Add to an answer's headers those that it lacks. `encrypted`: whether the request came over TLS."""
    for name, value in SECURITY.items():
        found.setdefault(name, value)
    if encrypted:
        for name, value in TRANSPORT.items():
            found.setdefault(name, value)
