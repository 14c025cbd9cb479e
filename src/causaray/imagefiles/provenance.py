"""Words within a PNG, beside its pixels: what it is and how it was made."""

import struct
import zlib

KEY = b"Description"
_SIGNATURE_AND_HEADER = 8 + 25
"""Bytes of a PNG before its second chunk."""


def with_words(png: bytes, words: str) -> bytes:
    """The same PNG, not a pixel changed, with words in an iTXt chunk "Description", where programs look for them."""
    body = b"iTXt" + KEY + b"\0\0\0\0\0" + words.encode()
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    return png[:_SIGNATURE_AND_HEADER] + chunk + png[_SIGNATURE_AND_HEADER:]
