"""A site that takes alerts."""

from __future__ import annotations

import shutil

import pytest
from tests.hooks import senders

from accelerapp.storage import engine


@pytest.fixture(scope="session")
def migrated(tmp_path_factory):
    """An empty database of this version, to be copied: making one takes longer than most of these tests."""
    folder = tmp_path_factory.mktemp("migrated")
    made = engine.open_database(folder)
    engine.migrate(made)
    made.dispose()
    return folder / engine.SQLITE_FILE


@pytest.fixture
def post(migrated, tmp_path):
    shutil.copy(migrated, tmp_path / engine.SQLITE_FILE)
    return senders.Post(tmp_path)
