"""PNG files chunk by chunk, for tests of what lies beside the pixels."""

import struct
import zlib

SIGNATURE = b"\x89PNG\r\n\x1a\n"


def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def with_chunks(png, *chunks):
    """The PNG with these (kind, body) put right behind its header; those of the same kind are taken out."""
    kinds = [kind for kind, _ in chunks]
    kept = [c for c in split(png) if c[4:8] not in kinds]
    return SIGNATURE + kept[0] + b"".join(chunk(*c) for c in chunks) + b"".join(kept[1:])


def split(png):
    at, found = 8, []
    while at < len(png):
        length = int.from_bytes(png[at : at + 4])
        found.append(png[at : at + 12 + length])
        at += 12 + length
    return found
