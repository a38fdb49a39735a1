"""Files with mail are closed to other users of the machine, and folders that are not ours are left alone."""

import os
import stat
from contextlib import contextmanager

import pytest

from assistant_app.checks import check_files
from emailassistant import private_files
from emailassistant.private_files import close_to_others

NOBODY = 65_534


@pytest.fixture(autouse=True)
def _put_back(monkeypatch):
    """Undo what is for the whole process."""
    before = os.umask(0o022)
    monkeypatch.setattr(private_files, "LOOSE", [])
    yield
    os.umask(before)


def mode_of(path):
    return stat.S_IMODE(path.stat().st_mode)


def make(folder, *names, mode=0o644):
    folder.mkdir(exist_ok=True)
    folder.chmod(0o755)
    for name in names:
        (folder / name).touch()
        (folder / name).chmod(mode)
    return [folder / name for name in names]


NAMES = ["db.sqlite3", "db.sqlite3-wal", "db.sqlite3-shm", "secret_key", "backup-monday.sqlite3"]


def test_what_is_in_the_data_folder_is_closed_and_so_is_the_folder(tmp_path):
    data = tmp_path / "data"
    files = make(data, *NAMES)
    close_to_others(data, data / "db.sqlite3")
    assert {mode_of(path) for path in files} == {0o600}
    assert mode_of(data) == 0o700
    assert private_files.LOOSE == []


def test_new_files_are_closed(tmp_path):
    close_to_others(tmp_path, None)
    (tmp_path / "new").touch()
    assert mode_of(tmp_path / "new") == 0o600


def test_a_database_elsewhere_is_closed_and_its_neighbours_are_not(tmp_path):
    data, elsewhere = tmp_path / "data", tmp_path / "elsewhere"
    make(data)
    database, wal, journal, other = make(elsewhere, "mail.db", "mail.db-wal", "mail.db-journal", "other")
    close_to_others(data, database)
    assert [mode_of(path) for path in (database, wal, journal, other)] == [0o600, 0o600, 0o600, 0o644]
    assert mode_of(elsewhere) == 0o755


def test_a_folder_with_anything_else_in_it_stays_as_it_is(tmp_path):
    data = tmp_path / "data"
    database, other = make(data, "db.sqlite3", "letter-to-a-friend.txt")
    close_to_others(data, database)
    assert (mode_of(data), mode_of(other)) == (0o755, 0o644)
    assert mode_of(database) == 0o600


def test_a_folder_in_which_others_may_replace_the_database_is_named(tmp_path):
    data = tmp_path / "data"
    database, _ = make(data, "db.sqlite3", "something else")
    data.chmod(0o777)
    close_to_others(data, database)
    [warning] = check_files()
    assert str(data) in warning.msg
    assert warning.id == "assistant.W017"
    assert f"chmod go= {data}" in warning.hint


def test_a_shared_folder_that_is_sticky_is_not_named(tmp_path):
    database, _ = make(tmp_path / "data", "db.sqlite3", "something else")
    database.parent.chmod(0o1777)
    close_to_others(database.parent, database)
    assert list(check_files()) == []


@contextmanager
def somebody_else():
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.skipif(os.geteuid() != 0, reason="Only root can act as somebody else.")
def test_a_database_of_somebody_else_is_named(tmp_path_factory):
    data = tmp_path_factory.mktemp("data")
    for folder in data.parents:
        if not folder.stat().st_mode & 0o001:  # pytest closes its folders to others
            folder.chmod(0o755)
    [database, _] = make(data, "db.sqlite3", "something else")
    with somebody_else():
        close_to_others(data, database)
    [warning] = check_files()
    assert str(database) in warning.msg
    assert mode_of(database) == 0o644


def test_a_folder_that_is_not_there_is_no_problem(tmp_path):
    close_to_others(tmp_path / "none", tmp_path / "none" / "db.sqlite3")
    assert list(check_files()) == []
