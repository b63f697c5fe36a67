"""Makes Outlook messages: a compound file (CFB) with the streams of MS-OXMSG, as small as they may be."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

Tree = Mapping[str, "bytes | Tree"]
_FREE, _END, _FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
_STRING, _BINARY, _INTEGER, _TIME = 0x001F, 0x0102, 0x0003, 0x0040
_NONE = 0xFFFFFFFF


@dataclass
class Mail:
    """A message; ``attachments`` are a name and its bytes, or a message."""

    subject: str = ""
    sender: tuple[str, str] = ("", "")
    to: Sequence[tuple[str, str]] = ()
    body: str | None = None
    html: bytes | None = None
    sent: int = 0
    attachments: Sequence[tuple[str, bytes | Mail]] = field(default=())


def make_message(mail: Mail) -> bytes:
    """A .msg file."""
    return compound_file(_message(mail, embedded=False))


def _message(mail: Mail, *, embedded: bool) -> Tree:
    properties: dict[int, str | bytes | int] = {0x0037: mail.subject}
    if mail.sender[0]:
        properties[0x0C1A], properties[0x0C1F] = mail.sender
    if mail.body is not None:
        properties[0x1000] = mail.body
    if mail.html is not None:
        properties[0x1013] = mail.html
        properties[0x3FDE] = 65001
    times = {0x0039: mail.sent} if mail.sent else {}
    counts = struct.pack("<8x4I", len(mail.to), len(mail.attachments), len(mail.to), len(mail.attachments))
    tree: dict[str, bytes | Tree] = dict(_streams(counts if embedded else counts + bytes(8), properties, times))
    for number, (name, address) in enumerate(mail.to):
        tree[f"__recip_version1.0_#{number:08X}"] = _streams(bytes(8), {0x3001: name, 0x3003: address, 0x0C15: 1})
    for number, (name, content) in enumerate(mail.attachments):
        facts: dict[int, str | bytes | int] = {0x3707: name, 0x3705: 1 if isinstance(content, bytes) else 5}
        if isinstance(content, bytes):
            facts[0x3701] = content
        part: dict[str, bytes | Tree] = dict(_streams(bytes(8), facts))
        if isinstance(content, Mail):
            part["__substg1.0_3701000D"] = _message(content, embedded=True)
        tree[f"__attach_version1.0_#{number:08X}"] = part
    return tree


def _streams(
    header: bytes, properties: Mapping[int, str | bytes | int], times: Mapping[int, int] | None = None
) -> Tree:
    entries: list[bytes] = []
    streams: dict[str, bytes | Tree] = {}
    for name, value in properties.items():
        if isinstance(value, int):
            entries.append(struct.pack("<HHIII", _INTEGER, name, 6, value, 0))
            continue
        kind = _STRING if isinstance(value, str) else _BINARY
        data = value.encode("utf-16-le") if isinstance(value, str) else value
        entries.append(struct.pack("<HHIII", kind, name, 6, len(data), 0))
        streams[f"__substg1.0_{name:04X}{kind:04X}"] = data
    entries.extend(struct.pack("<HHIQ", _TIME, name, 6, value) for name, value in (times or {}).items())
    return {"__properties_version1.0": header + b"".join(entries), **streams}


def compound_file(tree: Tree) -> bytes:
    entries: list[bytearray] = []
    large: list[tuple[int, bytes]] = []
    small = bytearray()
    mini_fat: list[int] = []

    def entry(name: str, kind: int) -> int:
        raw = name.encode("utf-16-le") + b"\0\0"
        record = bytearray(raw.ljust(64, b"\0") + struct.pack("<HBBIII", len(raw), kind, 1, _NONE, _NONE, _NONE))
        entries.append(record + bytes(36) + struct.pack("<IQ", _END, 0))
        return len(entries) - 1

    def put(index: int, start: int, size: int) -> None:
        entries[index][116:128] = struct.pack("<IQ", start, size)

    def fill(parent: int, children: Tree) -> None:
        previous = None
        for name, content in children.items():
            index = entry(name, 2 if isinstance(content, bytes) else 1)
            if previous is None:
                entries[parent][76:80] = struct.pack("<I", index)  # its child
            else:
                entries[previous][72:76] = struct.pack("<I", index)  # its right sibling
            previous = index
            if not isinstance(content, bytes):
                fill(index, content)
            elif len(content) >= 4096:
                large.append((index, content))
            elif content:
                first = len(small) // 64
                blocks = -(-len(content) // 64)
                small.extend(content.ljust(blocks * 64, b"\0"))
                mini_fat.extend([*range(first + 1, first + blocks), _END])
                put(index, first, len(content))

    fill(entry("Root Entry", 5), tree)
    sectors: list[bytes] = []
    fat: list[int] = []

    def chain(data: bytes) -> int:
        first, count = len(sectors), -(-len(data) // 512)
        sectors.extend(data[at : at + 512].ljust(512, b"\0") for at in range(0, len(data), 512))
        fat.extend([*range(first + 1, first + count), _END])
        return first

    for index, content in large:
        put(index, chain(content), len(content))
    if small:
        put(0, chain(bytes(small)), len(small))
    mini = b"".join(struct.pack("<I", value) for value in mini_fat)
    mini_start = chain(mini.ljust(-(-len(mini) // 512) * 512, b"\xff")) if mini else _END
    blank = bytes(64) + struct.pack("<HBBIII", 0, 0, 1, _NONE, _NONE, _NONE) + bytes(48)
    directory = b"".join(map(bytes, entries)) + blank * (-len(entries) % 4)
    directory_start = chain(directory)
    fat_sectors = 1
    while fat_sectors * 128 < len(sectors) + fat_sectors:
        fat_sectors += 1
    first_fat = len(sectors)
    fat.extend([_FAT] * fat_sectors)
    table = b"".join(struct.pack("<I", value) for value in fat).ljust(fat_sectors * 512, b"\xff")
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    header += struct.pack(
        "<IIIIIIIII", 0, fat_sectors, directory_start, 0, 4096, mini_start, -(-len(mini) // 512), _END, 0
    )
    places = [*range(first_fat, first_fat + fat_sectors)]
    header += struct.pack("<109I", *places, *[_FREE] * (109 - len(places)))
    return header + b"".join(sectors) + table
