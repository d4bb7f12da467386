"""Buttons, selects and layouts: the limits of Discord's page "Component Reference"."""

from __future__ import annotations

from collections.abc import Iterator

from tests.standins.discord.rest.errors import invalid
from tests.standins.discord.state.objects import Json

ROW, BUTTON, TEXT_DISPLAY = 1, 2, 10
SELECTS = (3, 5, 6, 7, 8)
LAYOUTS = (1, 9, 10, 11, 12, 13, 14, 17)  # those at the top of a message with IS_COMPONENTS_V2
LINK, PREMIUM = 5, 6
ROWS, IN_A_ROW = 5, 5
ALL_PARTS, ALL_TEXT = 40, 4000


def check(components: list[Json], *, layout: bool) -> None:
    """*layout*: the message has the flag IS_COMPONENTS_V2. Raises an invalid form."""
    if layout:
        _check_layout(components)
    else:
        _check_rows(components)
    seen: set[str] = set()
    for path, each in parts(components):
        if each.get("type") == BUTTON:
            _check_button(path, each)
        custom = each.get("custom_id")
        if custom is None:
            continue
        if not isinstance(custom, str) or not 1 <= len(custom) <= 100:
            raise invalid(f"{path}.custom_id", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 100 in length.")
        if custom in seen:
            raise invalid(
                f"{path}.custom_id", "COMPONENT_CUSTOM_ID_DUPLICATED", "Component custom id cannot be duplicated"
            )
        seen.add(custom)


def parts(components: list[Json], path: str = "components") -> Iterator[tuple[str, Json]]:
    """Each component with its path in the form, also those within others."""
    for number, each in enumerate(components):
        at = f"{path}.{number}"
        if not isinstance(each.get("type"), int):
            raise invalid(f"{at}.type", "BASE_TYPE_REQUIRED", "This field is required")
        yield at, each
        yield from parts(each.get("components") or [], f"{at}.components")
        if isinstance(each.get("accessory"), dict):
            yield f"{at}.accessory", each["accessory"]


def find(components: list[Json], custom_id: str) -> Json | None:
    return next((each for _, each in parts(components) if each.get("custom_id") == custom_id), None)


def _check_rows(components: list[Json]) -> None:
    if len(components) > ROWS:
        raise invalid("components", "BASE_TYPE_BAD_LENGTH", f"Must be between 1 and {ROWS} in length.")
    for number, row in enumerate(components):
        if row.get("type") != ROW:
            raise invalid(f"components.{number}.type", "BASE_TYPE_CHOICES", "Value must be one of {1}.")
        _check_row(f"components.{number}", row.get("components") or [])


def _check_row(path: str, inside: list[Json]) -> None:
    if not 1 <= len(inside) <= IN_A_ROW:
        raise invalid(f"{path}.components", "BASE_TYPE_BAD_LENGTH", f"Must be between 1 and {IN_A_ROW} in length.")
    kinds = [each.get("type") for each in inside]
    wrong = [kind for kind in kinds if kind != BUTTON and kind not in SELECTS]
    if wrong or (len(kinds) > 1 and set(kinds) != {BUTTON}):
        raise invalid(
            f"{path}.components", "COMPONENT_LAYOUT_WIDTH_EXCEEDED", "The specified component exceeds the maximum width"
        )


def _check_layout(components: list[Json]) -> None:
    for number, each in enumerate(components):
        if each.get("type") not in LAYOUTS:
            raise invalid(f"components.{number}.type", "BASE_TYPE_CHOICES", f"Value must be one of {set(LAYOUTS)}.")
    everything = [each for _, each in parts(components)]
    if len(everything) > ALL_PARTS:
        raise invalid("components", "COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED", f"At most {ALL_PARTS} components.")
    if sum(len(each.get("content", "")) for each in everything if each["type"] == TEXT_DISPLAY) > ALL_TEXT:
        raise invalid("components", "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED", f"At most {ALL_TEXT} characters.")


def _check_button(path: str, button: Json) -> None:
    style = button.get("style")
    if style not in range(1, 7):
        raise invalid(f"{path}.style", "BASE_TYPE_CHOICES", "Value must be one of {1, 2, 3, 4, 5, 6}.")
    needs = "url" if style == LINK else "sku_id" if style == PREMIUM else "custom_id"
    if not button.get(needs):
        raise invalid(f"{path}.{needs}", "BUTTON_COMPONENT_REQUIRED", f"A button of this style needs {needs}.")
    if style in (LINK, PREMIUM) and button.get("custom_id"):
        raise invalid(f"{path}.custom_id", "BUTTON_COMPONENT_INVALID", "A button of this style has no custom id.")
    if len(button.get("label") or "") > 80:
        raise invalid(f"{path}.label", "BASE_TYPE_MAX_LENGTH", "Must be 80 or fewer in length.")
    if style != PREMIUM and not button.get("label") and not button.get("emoji"):
        raise invalid(f"{path}.label", "BUTTON_COMPONENT_EMPTY", "A button has a label or an emoji.")
