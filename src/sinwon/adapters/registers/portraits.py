"""Pictures of nobody: a grey silhouette drawn from a seed, the same each time, small enough to travel in a credential."""

from base64 import b64encode
from functools import lru_cache
from hashlib import sha256
from io import BytesIO
from typing import Final

from PIL import Image, ImageDraw

SIZE: Final = (140, 180)  # 35 × 45 mm in proportion
QUALITY: Final = 60
LONGEST: Final = 4 * 1024
"""Characters of the data URL: ten copies of a certificate each carry one."""


@lru_cache(maxsize=512)
def draw_portrait(seed: str) -> str:
    """A `data:image/jpeg;base64,…` URL of at most LONGEST characters."""
    file = BytesIO()
    _silhouette(sha256(seed.encode()).digest()).save(file, "JPEG", quality=QUALITY, optimize=True)
    return "data:image/jpeg;base64," + b64encode(file.getvalue()).decode()


def _silhouette(traits: bytes) -> Image.Image:
    """Head, hair and shoulders; widths and greys vary with `traits`."""
    ground, figure, hair = 215 + traits[0] % 30, 105 + traits[1] % 50, 40 + traits[2] % 45
    head, jaw, shoulder = 32 + traits[3] % 8, 40 + traits[4] % 9, 50 + traits[5] % 15
    image = Image.new("L", SIZE, ground)
    draw = ImageDraw.Draw(image)
    middle, top = SIZE[0] // 2, 40 + traits[6] % 10
    draw.ellipse((middle - shoulder, 130, middle + shoulder, 240), fill=hair + 60)
    draw.rectangle((middle - 13, 100, middle + 13, 145), fill=figure)
    draw.ellipse((middle - head - 4, top - 8, middle + head + 4, top + 2 * jaw - traits[7] % 30), fill=hair)
    draw.ellipse((middle - head, top, middle + head, top + 2 * jaw), fill=figure)
    return image
