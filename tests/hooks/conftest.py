"""A site that takes alerts."""

from __future__ import annotations

import pytest
from tests.hooks import senders


@pytest.fixture
def post(tmp_path):
    return senders.Post(tmp_path)
