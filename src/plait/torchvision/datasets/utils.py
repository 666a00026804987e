"""Fetching a dataset's files, with checksums."""

from __future__ import annotations

import os
from typing import Any

__all__ = ["calculate_md5", "check_integrity", "download_and_extract_archive", "download_url", "extract_archive"]

USER_AGENT = "pytorch/vision"


def calculate_md5(fpath: Any, chunk_size: int = 1024 * 1024) -> str:
    """A file's MD5, in hexadecimal digits."""
    import hashlib

    md5 = hashlib.md5(usedforsecurity=False)
    with open(fpath, "rb") as f:
        while chunk := f.read(chunk_size):
            md5.update(chunk)
    return md5.hexdigest()


def check_integrity(fpath: Any, md5: str | None = None) -> bool:
    """Whether the file is there and, where `md5` is given, has it."""
    return os.path.isfile(fpath) and (md5 is None or calculate_md5(fpath) == md5)


def download_url(url: str, root: Any, filename: Any = None, md5: str | None = None, max_redirect_hops: int = 3) -> None:
    """Fetch a file into the folder `root`, unless it is there already; RuntimeError where it is not what its checksum says.

    The file appears under its name only when it is complete.
    """
    import urllib.request

    root = os.path.expanduser(root)
    path = os.path.join(root, filename or os.path.basename(url))
    os.makedirs(root, exist_ok=True)
    if check_integrity(path, md5):
        return
    partial = f"{path}.part"
    request = urllib.request.Request(url, headers={"User-Agent": USER_AGENT})
    try:
        with urllib.request.urlopen(request, timeout=60) as response, open(partial, "wb") as f:
            while chunk := response.read(1024 * 32):
                f.write(chunk)
        if not check_integrity(partial, md5):
            raise RuntimeError("File not found or corrupted.")
        os.replace(partial, path)
    finally:
        if os.path.exists(partial):
            os.remove(partial)


def extract_archive(from_path: Any, to_path: Any = None, remove_finished: bool = False) -> Any:
    """Unpack .tar, .tar.gz, .tgz or .zip into a folder, or a lone .gz, .bz2 or .xz beside itself; RuntimeError for others."""
    name = os.fspath(from_path)
    to_path = os.path.dirname(name) if to_path is None else to_path
    done: Any = to_path
    if name.endswith((".tar", ".tgz", ".tar.gz", ".tar.bz2", ".tar.xz")):
        import tarfile

        with tarfile.open(name) as tar:
            if hasattr(tarfile, "data_filter"):
                tar.extractall(to_path, filter="data")
            else:
                _extract_plain(tar, to_path)
    elif name.endswith(".zip"):
        import zipfile

        with zipfile.ZipFile(name) as archive:
            archive.extractall(to_path)
    elif name.endswith((".gz", ".bz2", ".xz")):
        import importlib
        import shutil

        opener: Any = importlib.import_module({"gz": "gzip", "bz2": "bz2", "xz": "lzma"}[name.rsplit(".", 1)[1]])
        done = os.path.join(to_path, os.path.splitext(os.path.basename(name))[0])
        with opener.open(name, "rb") as source, open(done, "wb") as target:
            shutil.copyfileobj(source, target)
    else:
        suffix = os.path.splitext(name)[1]
        raise RuntimeError(f"Unknown compression or archive type: '{suffix}'.")
    if remove_finished:
        os.remove(name)
    return done


def _extract_plain(tar: Any, to_path: Any) -> None:
    """Files and folders alone, none of them outside `to_path`, for Pythons whose tarfile has no filters."""
    base = os.path.realpath(to_path)
    for member in tar.getmembers():
        place = os.path.realpath(os.path.join(base, member.name))
        if not (member.isfile() or member.isdir()) or os.path.commonpath([base, place]) != base:
            raise RuntimeError(f"refusing to extract {member.name!r}")
        tar.extract(member, to_path)


def download_and_extract_archive(
    url: str,
    download_root: Any,
    extract_root: Any = None,
    filename: Any = None,
    md5: str | None = None,
    remove_finished: bool = False,
) -> None:
    """`download_url`, then `extract_archive`."""
    download_root = os.path.expanduser(download_root)
    filename = filename or os.path.basename(url)
    download_url(url, download_root, filename, md5)
    extract_archive(os.path.join(download_root, filename), extract_root or download_root, remove_finished)
