"""Keep other users of the machine from reading mail: the umask, and files that were there before.

Only files of ours are changed. A folder is changed only if it has nothing but our files in it: DATA_DIR may
be a folder that others use as well, even `/tmp`.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

OTHERS = 0o077
OURS = (
    "db.sqlite3*",
    "secret_key*",
    "static",
    "burr",
    "embedded-*",
    "test-*.sqlite3*",
    "*.sqlite3",
    "*.sqlite3-*",
)
BESIDE = ("", "-wal", "-shm", "-journal")  # a database, and what SQLite keeps beside it
LOOSE: list[Path] = []  # what stays open to others, because it belongs to somebody else


def close_to_others(folder: Path, database: Path | None) -> None:
    """Let no one else read what this process will write, nor what is in the data folder already.

    Note in `LOOSE` what cannot be changed. `database` is the SQLite file, which may be elsewhere.
    """
    os.umask(OTHERS)
    LOOSE[:] = [path for path in _files_with_mail(folder, database) if not _is_closed(path)]
    if folder.is_dir() and all(_is_ours(entry) for entry in folder.iterdir()):
        _is_closed(folder)
    folders = {folder, *([database.parent] if database else [])}
    LOOSE.extend(path for path in sorted(folders) if path.is_dir() and _others_may_replace_files_in(path))


def _files_with_mail(folder: Path, database: Path | None) -> list[Path]:
    paths = {folder / "secret_key", *folder.glob("*.sqlite3*")}  # the second may be backups
    if database is not None:
        paths |= {database.with_name(database.name + end) for end in BESIDE}
    return sorted(path for path in paths if path.is_file())


def _is_ours(entry: Path) -> bool:
    return any(entry.match(name) for name in OURS)


def _others_may_replace_files_in(folder: Path) -> bool:
    mode = folder.stat().st_mode
    return bool(mode & (stat.S_IWGRP | stat.S_IWOTH)) and not mode & stat.S_ISVTX


def _is_closed(path: Path) -> bool:
    """Take the rights of others away; return whether they have none now."""
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & OTHERS:
            path.chmod(mode & ~OTHERS)
    except FileNotFoundError:  # SQLite has just deleted it
        return True
    except OSError:
        return False
    return True
