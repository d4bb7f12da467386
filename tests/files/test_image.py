"""Pictures, as a model is shown them."""

from __future__ import annotations

from io import BytesIO

import pytest
from PIL import Image

from bot.core.files import FileOutcome, Reading, image_tokens
from bot.files.child import read
from bot.files.image import fitting
from bot.files.limits import Limits
from tests.files.making import opened, picture, png_of_size

LIMITS = Limits()
ORIENTATION, PLACE = 0x0112, 0x8825  # EXIF tags


def seen(content: bytes) -> Image.Image:
    """What a model is shown of a picture that can be read."""
    reading = read(content, "", LIMITS)
    assert reading.outcome is FileOutcome.READ
    image = opened(reading.image)
    assert image.size == (reading.width, reading.height)
    assert reading.media_type == f"image/{(image.format or '').lower()}"
    return image


@pytest.mark.parametrize("form", ["PNG", "JPEG", "GIF", "WEBP"])
def test_each_format_is_read_whatever_its_sender_calls_it(form: str) -> None:
    content = picture(form, color=(200, 30, 30))

    for media_type in ("", "text/plain", "image/png", "IMAGE/webp; x=y"):
        assert read(content, media_type, LIMITS).outcome is FileOutcome.READ
    red, green, _ = seen(content).convert("RGB").getpixel((20, 15))  # type: ignore[misc] # three of RGB
    assert red > 180
    assert green < 50


@pytest.mark.parametrize(
    ("size", "fits"),
    [
        ((40, 30), (40, 30)),
        ((768, 2048), (768, 2048)),
        ((4000, 3000), (1024, 768)),
        ((1000, 100_000), (20, 2048)),
        ((1, 1_000_000), (1, 2048)),
        ((3000, 4000), (768, 1024)),
    ],
)
def test_a_picture_is_made_as_large_as_a_model_looks_at_and_never_larger(
    size: tuple[int, int], fits: tuple[int, int]
) -> None:
    assert fitting(*size, LIMITS) == fits


def test_the_largest_picture_costs_what_its_patches_cost() -> None:
    assert image_tokens(*fitting(768, 2048, LIMITS)) == 1844
    assert image_tokens(1, 1) == 2
    assert image_tokens(1024, 768) == 922


def test_a_photo_is_turned_as_the_camera_was_held_and_loses_what_is_not_its_pixels() -> None:
    photo = Image.new("RGB", (60, 20), "blue")
    exif = Image.Exif()
    exif[ORIENTATION] = 6  # turn it to the right
    exif[PLACE] = {1: "N", 2: (52.0, 31.0, 12.0)}
    stream = BytesIO()
    photo.save(stream, "JPEG", exif=exif, comment=b"taken at home")

    shown = seen(stream.getvalue())

    assert shown.size == (20, 60)
    assert not shown.getexif()
    assert "comment" not in shown.info


def test_a_broken_note_about_a_photo_does_not_lose_the_photo() -> None:
    stream = BytesIO()
    Image.new("RGB", (60, 20), "blue").save(stream, "JPEG", exif=b"Exif\x00\x00II*\x00\xff\xff\xff\xff")

    assert seen(stream.getvalue()).size == (60, 20)


def test_what_is_transparent_is_white() -> None:
    palette = Image.new("P", (10, 10), 0)
    palette.putpalette([0, 0, 0] * 256)
    stream = BytesIO()
    palette.save(stream, "GIF", transparency=0)

    for content in (picture("PNG", mode="RGBA", color=(255, 0, 0, 0)), picture("WEBP", mode="RGBA", color=(0,) * 4)):
        assert seen(content).getpixel((5, 5)) == (255, 255, 255)
    assert seen(stream.getvalue()).getpixel((5, 5)) == (255, 255, 255)


def test_of_an_animation_the_first_picture_is_shown() -> None:
    for form in ("GIF", "WEBP"):
        stream = BytesIO()
        frames = [Image.new("RGB", (10, 10), color) for color in ("red", "blue")]
        frames[0].save(stream, form, save_all=True, append_images=frames[1:], lossless=True)

        assert seen(stream.getvalue()).convert("RGB").getpixel((5, 5)) == (255, 0, 0)  # nothing but red


@pytest.mark.parametrize(("mode", "color", "gray"), [("1", 1, 255), ("L", 90, 90), ("I;16", 0x8000, 128)])
def test_gray_pictures_keep_their_gray(mode: str, color: int, gray: int) -> None:
    assert seen(picture("PNG", mode=mode, color=color)).convert("L").getpixel((5, 5)) == gray


def test_print_colors_are_shown_on_a_screen() -> None:
    red, _, blue = seen(picture("JPEG", mode="CMYK", color=(0, 255, 255, 0))).getpixel((5, 5))  # type: ignore[misc]
    assert red > 200
    assert blue < 60


def test_a_bomb_is_refused_by_its_size_before_it_is_unpacked() -> None:
    assert read(png_of_size(100_000, 100_000), "", LIMITS) == Reading(FileOutcome.TOO_MANY_PIXELS)


@pytest.mark.parametrize("form", ["PNG", "JPEG", "GIF", "WEBP"])
def test_half_a_picture_is_broken(form: str) -> None:
    stream = BytesIO()
    Image.effect_noise((200, 200), 60).save(stream, form)
    content = stream.getvalue()

    assert read(content[: len(content) // 2], "", LIMITS) == Reading(FileOutcome.BROKEN)


def test_a_photo_stays_a_photo_and_a_screenshot_stays_sharp() -> None:
    noise = Image.effect_noise((768, 2048), 90)
    stream = BytesIO()
    noise.save(stream, "PNG")

    assert seen(picture("JPEG")).format == "JPEG"
    assert seen(picture("GIF")).format == "PNG"
    assert seen(stream.getvalue()).format == "JPEG"  # it would take too much as a PNG
