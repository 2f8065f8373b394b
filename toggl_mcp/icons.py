"""The icons of the server, its resources and its prompts: a stroke on 24 by 24, small enough for a data URI."""

from functools import cache
from urllib.parse import quote

from mcp.types import Icon

COLOR = "#e85498"
"""A fuchsia that is seen on a light and on a dark ground."""


@cache
def draw_icon(path: str) -> Icon:
    """Return the icon of an SVG path."""
    svg = (
        "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 24 24'>"
        f"<path fill='none' stroke='{COLOR}' stroke-width='2' stroke-linecap='round' d='{path}'/></svg>"
    )
    source = quote(svg, safe="=:/'")
    return Icon(src=f"data:image/svg+xml,{source}", mime_type="image/svg+xml", sizes=["any"])


STOPWATCH = "M12 9v5l3 2M10 2h4M12 5a9 9 0 1 1-.1 0z"
PERSON = "M12 4a4 4 0 1 1-.1 0zM4 21c0-9 16-9 16 0"
DAY = "M4 5h16v15H4zM8 3v4m8-4v4M4 10h16M12 13v4"
WEEK = "M4 5h16v15H4zM8 3v4m8-4v4M4 10h16M8 14h8"
GAUGE = "M4 18a9 9 0 1 1 16 0M12 14l4-5"
HISTORY = "M5 8a8 8 0 1 1-1 6M4 4v5h5M12 8v5l3 2"
PEN = "M4 20l1-5L16 4l4 4L9 19zM13 7l4 4"
BILL = "M6 3h12v18l-3-2-3 2-3-2-3 2zM9 8h6m-6 4h6"
SPEECH = "M4 5h16v11h-9l-5 4v-4H4zM8 9h8m-8 3h5"
CHECK = "M4 5h16v15H4zM8 13l3 3 5-6"
