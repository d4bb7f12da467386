"""
Prepares an image for a model, with Pillow: upright, without transparency, no larger than the model uses.

The image is always encoded again, so only its pixels are sent on, not the place where a photo was taken.
"""

from __future__ import annotations

from io import BytesIO

from PIL import (
    GifImagePlugin,
    Image,
    ImageOps,
    JpegImagePlugin,
    MpoImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

from bot.core.files import FileOutcome, Reading
from bot.files.limits import Limits

FORMATS = ("PNG", "JPEG", "GIF", "WEBP")
QUALITY = 85
LOSSLESS_BYTES = 1_000_000  # a screenshot stays lossless up to this size
_SIXTEEN_BITS = ("I;16", "I;16B", "I;16L", "I")


_LOADED = (GifImagePlugin, JpegImagePlugin, MpoImagePlugin, PngImagePlugin, TiffImagePlugin, WebPImagePlugin)


def load() -> None:
    """Make Pillow import the plugins that it otherwise imports on first use. TIFF: EXIF data has its format."""
    Image.preinit()


def read_image(content: bytes, limits: Limits) -> Reading:
    """Raises Pillow's exceptions for a broken image. Reads the first frame of an animation."""
    Image.MAX_IMAGE_PIXELS = None  # the check below is stricter: Pillow's only warns up to twice its limit
    with Image.open(BytesIO(content), formats=FORMATS) as image:
        if image.width * image.height > limits.pixels:  # known before anything is decoded
            return Reading(FileOutcome.TOO_MANY_PIXELS)
        photo = image.format == "JPEG"
        size = fitting(image.width, image.height, limits)
        if photo:
            image.draft("RGB", size)  # decode a large one at a fraction of its size
        # Resize first: the other steps take memory and time for each pixel.
        small = _upright(_opaque(_in_color(image).resize(size, reducing_gap=3.0)), image)
    media_type, body = _encoded(small, photo=photo)
    return Reading(FileOutcome.READ, image=body, media_type=media_type, width=small.width, height=small.height)


def fitting(width: int, height: int, limits: Limits) -> tuple[int, int]:
    """The largest size in pixels within both limits, in the same proportions; never larger than the original."""
    scale = min(1.0, limits.long_side / max(width, height), limits.short_side / min(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def _in_color(image: Image.Image) -> Image.Image:
    """In gray, RGB or RGBA, with 8 bits each."""
    if image.mode in _SIXTEEN_BITS:
        return image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    wanted = "RGBA" if image.has_transparency_data else "L" if image.mode in ("1", "L") else "RGB"
    return image if image.mode == wanted else image.convert(wanted)


def _opaque(image: Image.Image) -> Image.Image:
    """Draw the image on white, the background of most pages."""
    if image.mode != "RGBA":
        return image
    ground = Image.new("RGB", image.size, "white")
    ground.paste(image, mask=image.getchannel("A"))
    return ground


def _upright(small: Image.Image, image: Image.Image) -> Image.Image:
    """Rotate the image by its EXIF orientation."""
    try:
        small.info["exif"] = image.getexif().tobytes()
        return ImageOps.exif_transpose(small)
    except Exception:  # noqa: BLE001 - broken EXIF data can raise anything, and the image is still good
        return small


def _encoded(image: Image.Image, *, photo: bool) -> tuple[str, bytes]:
    image.info = {}  # write nothing but pixels
    if not photo and len(body := _written(image, "PNG", optimize=True)) <= LOSSLESS_BYTES:
        return "image/png", body
    return "image/jpeg", _written(image, "JPEG", quality=QUALITY)


def _written(image: Image.Image, form: str, **options: int) -> bytes:
    stream = BytesIO()
    image.save(stream, form, **options)
    return stream.getvalue()
