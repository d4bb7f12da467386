"""The documentation tells what the code does."""

from pathlib import Path

import pytest

from tests.docs import DOCUMENTS, ENV_EXAMPLE, env_example, with_sections

STALE = "is old: run `make docs`"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.name)
def test_the_tables_of_a_document_are_those_of_the_code(document: Path) -> None:
    assert document.read_text(encoding="utf-8") == with_sections(document), f"{document.name} {STALE}"


def test_the_example_of_an_env_file_names_every_setting() -> None:
    assert ENV_EXAMPLE.read_text(encoding="utf-8") == env_example(), f".env.example {STALE}"
