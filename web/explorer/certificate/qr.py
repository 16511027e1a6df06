"""The QR code of an address, as SVG."""

from __future__ import annotations

from io import BytesIO


def svg(address: str) -> str:
    """The code of an address (ISO/IEC 18004), error correction M, with its quiet zone. Equal addresses give equal bytes."""
    import segno

    target = BytesIO()
    segno.make_qr(address, error="m", boost_error=False).save(target, kind="svg", scale=1, border=4, xmldecl=False)
    return target.getvalue().decode()
