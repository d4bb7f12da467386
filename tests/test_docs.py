"""The documentation tells what the code does."""

from tests.docs import ENV_EXAMPLE, README, env_example, with_sections

STALE = "is old: run `make docs`"


def test_the_readmes_tables_are_those_of_the_code() -> None:
    text = README.read_text(encoding="utf-8")
    assert text == with_sections(text), f"README.md {STALE}"


def test_the_example_of_an_env_file_names_every_setting() -> None:
    assert ENV_EXAMPLE.read_text(encoding="utf-8") == env_example(), f".env.example {STALE}"
