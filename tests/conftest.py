"""What several rooms of the tests share: one PostgreSQL for the whole run."""

from collections.abc import Iterator

import pytest

from tests.standins.postgres import Postgres


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    with Postgres.started() as server:
        yield server
