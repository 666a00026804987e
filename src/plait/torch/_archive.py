"""The zip archive of a .pt file: stored records, each aligned to 64 bytes, as PyTorch's own writer lays them out.

The reader trusts nothing: every offset and size is checked against the file before anything is read or allocated, records may not
overlap, names may not repeat, and a record's local header must agree with the directory. Layout: PKWARE APPNOTE 6.3.
"""

from __future__ import annotations

import struct
import zlib
from typing import Any

__all__ = ["Reader", "Source", "Writer"]

_LOCAL = struct.Struct("<4s5H3I2H")
_CENTRAL = struct.Struct("<4s6H3I5H2I")
_END = struct.Struct("<4s4H2IH")
_END64 = struct.Struct("<4sQ2H2I4Q")
_LOCATOR64 = struct.Struct("<4sIQI")
_MAX32 = 0xFFFFFFFF
_FLAGS = 0x0808  # sizes follow the data; names are UTF-8
_ALIGNMENT = 64
_MOST_RECORDS = 1 << 22


class Writer:
    """Writes records one after another to something with `write`; `close` adds version, id and directory."""

    def __init__(self, write: Any, name: str) -> None:
        self._write = write
        self._name = name
        self._offset = 0
        self._directory: list[bytes] = []
        self._digest = 0
        self._names = 0

    def _put(self, data: Any) -> None:
        self._write(data)
        self._offset += len(data)

    def record(self, name: str, data: Any) -> None:
        """Adds a record; data is bytes or a flat array of bytes."""
        data = memoryview(data)
        size, crc = data.nbytes, zlib.crc32(data)
        path = f"{self._name}/{name}".encode()
        start = self._offset
        flags = _FLAGS if size else 0x0800
        wide = size >= _MAX32 or start >= _MAX32
        extra = struct.pack("<2H2Q", 1, 16, size, size) if size >= _MAX32 else b""
        header = _LOCAL.size + len(path) + len(extra) + 4
        padding = -(start + header) % _ALIGNMENT
        extra += b"FB" + struct.pack("<H", padding) + b"Z" * padding
        local_size = 0 if size < _MAX32 else _MAX32
        self._put(
            _LOCAL.pack(b"PK\3\4", 0, flags, 0, 0, 0, 0, local_size, local_size, len(path), len(extra)) + path + extra
        )
        if size:
            self._put(data)
            self._put(struct.pack("<4sI2Q" if wide else "<4s3I", b"PK\7\x08", crc, size, size))
        far = [v for v in (size, size) if size >= _MAX32] + [v for v in (start,) if start >= _MAX32]
        more = struct.pack(f"<2H{len(far)}Q", 1, 8 * len(far), *far) if far else b""
        shown = min(size, _MAX32)
        self._directory.append(
            _CENTRAL.pack(
                b"PK\1\2", 0, 0, flags, 0, 0, 0, crc, shown, shown, len(path), len(more), 0, 0, 0, 0, min(start, _MAX32)
            )
            + path
            + more
        )
        self._digest = (self._digest * 31 + crc + size) % 10**20
        self._names = (self._names * 31 + zlib.crc32(path)) % 10**20

    def close(self) -> None:
        """Adds the last records and the directory."""
        self.record("version", b"3\n")
        self.record(".data/serialization_id", f"{self._names:020d}{self._digest:020d}".encode())
        start = self._offset
        count = len(self._directory)
        for entry in self._directory:
            self._put(entry)
        size, end = self._offset - start, self._offset
        self._put(_END64.pack(b"PK\6\6", 44, 0x031E, 45, 0, 0, count, count, size, start))
        self._put(_LOCATOR64.pack(b"PK\6\7", 0, end, 1))
        shown = min(count, 0xFFFF)
        self._put(_END.pack(b"PK\5\6", 0, 0, shown, shown, min(size, _MAX32), min(start, _MAX32), 0))


class Source:
    """Random access to a seekable file, from its position at the time of making."""

    def __init__(self, file: Any) -> None:
        self._file = file
        self._base = file.tell()
        self.size = max(file.seek(0, 2) - self._base, 0)
        file.seek(self._base)

    def read(self, offset: int, size: int) -> bytes:
        """Exactly these bytes; RuntimeError when the file ends before them."""
        if offset < 0 or size < 0 or offset + size > self.size:
            raise _bad(f"{size} bytes at {offset} lie outside the file of {self.size}")
        self._file.seek(self._base + offset)
        data = self._file.read(size)
        if len(data) != size:
            raise _bad("the file became shorter while it was read")
        return data

    def read_into(self, offset: int, buffer: Any) -> None:
        """Fills a flat array of bytes."""
        view = memoryview(buffer)
        readinto = getattr(self._file, "readinto", None)
        if offset < 0 or offset + view.nbytes > self.size:
            raise _bad(f"{view.nbytes} bytes at {offset} lie outside the file of {self.size}")
        if readinto is None:
            view[:] = self.read(offset, view.nbytes)
            return
        self._file.seek(self._base + offset)
        done = 0
        while done < view.nbytes:
            count = readinto(view[done:])
            if not count:
                raise _bad("the file became shorter while it was read")
            done += count


def _bad(why: str) -> RuntimeError:
    return RuntimeError(
        f"PytorchStreamReader failed reading zip archive: {why}. The file is corrupt: it may not have been saved or copied whole."
    )


class _Record:
    __slots__ = ("crc", "header", "method", "offset", "packed", "size")

    def __init__(self, header: int, method: int, packed: int, size: int, crc: int) -> None:
        self.header, self.method, self.packed, self.size, self.crc = header, method, packed, size, crc
        self.offset = 0


class Reader:
    """The records of an archive, by their name below the archive's own folder."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._records: dict[str, _Record] = {}
        start, size, count = self._find_directory()
        self._read_directory(source.read(start, size), count)
        self._check_layout(start)

    def _find_directory(self) -> tuple[int, int, int]:
        source = self._source
        tail_size = min(source.size, _END.size + 0xFFFF)
        tail = source.read(source.size - tail_size, tail_size)
        if tail_size < 4 or source.read(0, 4) not in (b"PK\3\4", b"PK\5\6"):
            raise _bad("not a ZIP archive")
        at = tail.rfind(b"PK\5\6")
        if at < 0 or at + _END.size > len(tail):
            raise _bad("failed finding central directory")
        _, disk, first_disk, here, count, size, start, comment = _END.unpack_from(tail, at)
        if at + _END.size + comment != len(tail):
            raise _bad("bytes follow the end of the central directory")
        end = source.size - tail_size + at
        locator = end - _LOCATOR64.size
        if locator >= 0 and source.read(locator, 4) == b"PK\6\7":
            _, _, end64, _ = _LOCATOR64.unpack(source.read(locator, _LOCATOR64.size))
            if end64 + _END64.size > locator:
                raise _bad("failed finding central directory")
            magic, _, _, _, disk, first_disk, here, count, size, start = _END64.unpack(source.read(end64, _END64.size))
            if magic != b"PK\6\6":
                raise _bad("failed finding central directory")
            end = end64
        if disk or first_disk or here != count:
            raise _bad("archives of several parts are not read")
        if start + size > end or count > _MOST_RECORDS or size < count * _CENTRAL.size:
            raise _bad("the central directory lies outside the file")
        return start, size, count

    def _read_directory(self, data: bytes, count: int) -> None:
        at = 0
        folder: str | None = None
        for _ in range(count):
            if at + _CENTRAL.size > len(data):
                raise _bad("the central directory is cut off")
            entry = _CENTRAL.unpack_from(data, at)
            if entry[0] != b"PK\1\2":
                raise _bad("the central directory is damaged")
            flags, method, crc, packed, size = entry[3], entry[4], entry[7], entry[8], entry[9]
            name_size, extra_size, comment_size, header = entry[10], entry[11], entry[12], entry[16]
            at += _CENTRAL.size
            name = data[at : at + name_size]
            extra = data[at + name_size : at + name_size + extra_size]
            at += name_size + extra_size + comment_size
            if at > len(data):
                raise _bad("the central directory is cut off")
            if flags & 1:
                raise _bad("encrypted records are not read")
            size, packed, header = _wide(extra, size, packed, header)
            try:
                path = name.decode("utf-8")
            except UnicodeDecodeError:
                raise _bad("a record's name is not UTF-8") from None
            top, slash, rest = path.partition("/")
            if folder is None:
                folder = top
            if not slash or top != folder:
                raise _bad(f"record {path!r} lies outside the archive's folder {folder!r}")
            if not rest or rest.endswith("/"):
                continue
            if rest in self._records:
                raise _bad(f"record {path!r} is there twice")
            self._records[rest] = _Record(header, method, packed, size, crc)
            self._records[rest].offset = len(name)

    def _check_layout(self, directory: int) -> None:
        """Finds where each record's data begin, and refuses records that overlap each other or the directory."""
        reach = 0
        for name, record in sorted(self._records.items(), key=lambda item: item[1].header):
            if record.header < reach or record.header + _LOCAL.size > directory:
                raise _bad(f"record {name!r} overlaps another, or lies outside the file")
            local = _LOCAL.unpack(self._source.read(record.header, _LOCAL.size))
            if local[0] != b"PK\3\4" or local[3] != record.method or local[9] != record.offset:
                raise _bad(f"record {name!r} differs between its header and the directory")
            record.offset = record.header + _LOCAL.size + local[9] + local[10]
            reach = record.offset + record.packed
            if reach > directory:
                raise _bad(f"record {name!r} lies outside the file")
            if record.method == 0:
                if record.packed != record.size:
                    raise _bad(f"record {name!r} has two sizes")
            elif record.method != 8 or record.size > 1040 * record.packed + 64:
                raise _bad(f"record {name!r} is packed in a way that is not read")

    def __contains__(self, name: str) -> bool:
        return name in self._records

    def names(self) -> list[str]:
        """All records' names."""
        return list(self._records)

    def _find(self, name: str) -> _Record:
        record = self._records.get(name)
        if record is None:
            raise RuntimeError(f"PytorchStreamReader failed locating file {name}: file not found")
        return record

    def size(self, name: str) -> int:
        """A record's size in bytes, unpacked."""
        return self._find(name).size

    def place(self, name: str) -> int:
        """The offset of a record's data in the file; RuntimeError when it is packed."""
        record = self._find(name)
        if record.method != 0:
            raise _bad(f"record {name!r} is packed")
        return record.offset

    def read(self, name: str) -> bytes:
        """A record's bytes, checked against its checksum."""
        record = self._find(name)
        data = self._source.read(record.offset, record.packed)
        if record.method == 8:
            unpacker = zlib.decompressobj(-15)
            try:
                data = unpacker.decompress(data, record.size + 1)
            except zlib.error:
                raise _bad(f"record {name!r} does not unpack") from None
            if len(data) != record.size:
                raise _bad(f"record {name!r} does not unpack to its size")
        self._check(name, record, data)
        return data

    def read_into(self, name: str, buffer: Any) -> None:
        """Fills a flat array of bytes, as long as the record, with its data."""
        record = self._find(name)
        if record.method == 8:
            memoryview(buffer)[:] = self.read(name)
            return
        self._source.read_into(record.offset, buffer)
        self._check(name, record, buffer)

    def _check(self, name: str, record: _Record, data: Any) -> None:
        # A writer that was told to leave checksums out writes zeros.
        if record.crc and zlib.crc32(data) != record.crc:
            raise _bad(f"record {name!r} has a wrong checksum")


def _wide(extra: bytes, size: int, packed: int, header: int) -> tuple[int, int, int]:
    """Sizes and offset, with those of the ZIP64 field where the 32-bit ones are full."""
    need = [value == _MAX32 for value in (size, packed, header)]
    if not any(need):
        return size, packed, header
    at = 0
    while at + 4 <= len(extra):
        tag, length = struct.unpack_from("<2H", extra, at)
        at += 4
        if tag == 1 and length >= 8 * sum(need) and at + length <= len(extra):
            values = iter(struct.unpack_from(f"<{sum(need)}Q", extra, at))
            size, packed, header = (next(values) if n else v for n, v in zip(need, (size, packed, header), strict=True))
            return size, packed, header
        at += length
    raise _bad("a record's ZIP64 sizes are missing")
