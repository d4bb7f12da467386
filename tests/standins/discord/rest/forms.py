"""Checks of the fields of bodies and queries, and the tree of errors for those that do not pass."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tests.standins.discord.rest.errors import ApiError
from tests.standins.discord.state.ids import is_snowflake
from tests.standins.discord.state.objects import Json

Check = Callable[[object], Json | None]  # the errors of a value; None without any
TRUE, FALSE = ("True", "true", "1"), ("False", "false", "0")


def _error(code: str, message: str) -> Json:
    return {"_errors": [{"code": code, "message": message}]}


NO_OBJECT = _error("MODEL_TYPE_CONVERT", "Only dictionaries may be used in a ModelType")
REQUIRED = _error("BASE_TYPE_REQUIRED", "This field is required")


def text(longest: int, shortest: int = 0) -> Check:
    """Lengths are inclusive and counted in characters."""

    def check(value: object) -> Json | None:
        if not isinstance(value, str):
            return _error("STRING_TYPE_CONVERT", f'Could not interpret "{value}" as string.')
        if len(value) > longest and not shortest:
            return _error("BASE_TYPE_MAX_LENGTH", f"Must be {longest} or fewer in length.")
        if not shortest <= len(value) <= longest:
            return _error("BASE_TYPE_BAD_LENGTH", f"Must be between {shortest} and {longest} in length.")
        return None

    return check


def number(least: int | None = None, most: int | None = None) -> Check:
    def check(value: object) -> Json | None:
        if isinstance(value, str) and value.lstrip("-").isdigit():
            value = int(value)  # as in a query or a form
        if isinstance(value, float) and value.is_integer():
            value = int(value)  # JSON knows one kind of numbers
        if isinstance(value, bool) or not isinstance(value, int):
            return _error("NUMBER_TYPE_COERCE", f'Value "{value}" is not int.')
        if least is not None and value < least:
            return _error("NUMBER_TYPE_MIN", f"int value should be greater than or equal to {least}.")
        if most is not None and value > most:
            return _error("NUMBER_TYPE_MAX", f"int value should be less than or equal to {most}.")
        return None

    return check


def decimal(value: object) -> Json | None:
    fits = isinstance(value, int | float) and not isinstance(value, bool)
    return None if fits else _error("NUMBER_TYPE_COERCE", f'Value "{value}" is not float.')


def flag(value: object) -> Json | None:
    """A boolean; in a query and in a form it is one of the six words that Discord names."""
    fits = isinstance(value, bool) or value in (*TRUE, *FALSE)
    return None if fits else _error("BOOLEAN_TYPE_CONVERT", "Must be either true or false.")


def snowflake(value: object) -> Json | None:
    fits = is_snowflake(value)
    return None if fits else _error("NUMBER_TYPE_COERCE", f'Value "{value}" is not snowflake.')


def one_of(*choices: object) -> Check:
    def check(value: object) -> Json | None:
        if value in choices or (isinstance(value, str) and value.isdigit() and int(value) in choices):
            return None
        return _error("BASE_TYPE_CHOICES", f"Value must be one of {{{', '.join(map(repr, choices))}}}.")

    return check


def thing(value: object) -> Json | None:
    """An object whose fields something else checks."""
    return (
        None
        if isinstance(value, dict)
        else _error("MODEL_TYPE_CONVERT", "Only dictionaries may be used in a ModelType")
    )


def anything(_value: object) -> Json | None:
    return None


def nullable(check: Check) -> Check:
    return lambda value: None if value is None else check(value)


def either(first: Check, second: Check) -> Check:
    return lambda value: None if first(value) is None else second(value)


def many(check: Check, most: int, least: int = 0) -> Check:
    def check_all(value: object) -> Json | None:
        if not isinstance(value, list | tuple):
            return _error("LIST_TYPE_CONVERT", "Only iterables may be used in a ListType")
        if not least <= len(value) <= most:
            return _error("BASE_TYPE_BAD_LENGTH", f"Must be between {least} and {most} in length.")
        return {str(number): wrong for number, each in enumerate(value) if (wrong := check(each))} or None

    return check_all


def keyed(check: Check, keys: tuple[str, ...]) -> Check:
    """A dictionary with keys out of *keys*, such as the localizations of a name."""

    def check_all(value: object) -> Json | None:
        if not isinstance(value, dict):
            return _error("DICT_TYPE_CONVERT", "Only dictionaries may be used in a DictType")
        unknown = {key: one_of(*keys)(key) for key in value if key not in keys}
        return unknown or {key: wrong for key, each in value.items() if (wrong := check(each))} or None

    return check_all


@dataclass(frozen=True, slots=True)
class Form:
    """The fields that Discord's page lists. One that it does not list is refused, too, which Discord may let pass."""

    fields: Mapping[str, Check]
    required: tuple[str, ...] = ()

    def __call__(self, value: object) -> Json | None:
        if not isinstance(value, dict):
            return NO_OBJECT
        errors: Json = {name: REQUIRED for name in self.required if name not in value}
        for name, each in value.items():
            check = self.fields.get(name)
            wrong = check(each) if check else _error("UNKNOWN_FIELD", "Discord's documentation has no such field.")
            if wrong:
                errors[name] = wrong
        return errors or None

    def demand(self, value: object) -> None:
        errors = self(value)
        if errors:
            raise ApiError(50035, errors=errors)


NOTHING = Form({})


def is_true(value: object) -> bool:
    return value is True or value in TRUE
