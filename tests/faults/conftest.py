"""A PostgreSQL server for the whole session."""

from collections.abc import Iterator

import pytest

from tests.standins.postgres import Postgres


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    with Postgres.started(tmp_path_factory.mktemp("postgres")) as server:
        yield server
