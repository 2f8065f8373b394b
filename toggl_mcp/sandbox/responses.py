"""The shapes of Toggl's answers."""

from http import HTTPStatus

from starlette.responses import JSONResponse, Response

NGINX_PAGE = (
    "<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n"
    "<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
)


class _Json(JSONResponse):
    media_type = "application/json; charset=utf-8"


class Refusal(Exception):
    """The answer that ends a request which Toggl does not carry out."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status_code)
        self.response = response


def json_response(content: object) -> Response:
    """Compact JSON with status 200, as every success is sent."""
    return _Json(content)


def empty_response() -> Response:
    """A success that says nothing, and calls that JSON."""
    return Response(media_type=_Json.media_type)


def error(status: int, text: str) -> Response:
    """A bare JSON string, as most errors are sent."""
    return _Json(text, status)


def plain(status: int, text: str) -> Response:
    """Unquoted text, as the errors about tokens and quotas are sent."""
    return Response(text, status, media_type="text/plain")


def page(status: int) -> Response:
    """The HTML page that the web server in front of Toggl sends."""
    title = f"{status} {HTTPStatus(status).phrase}"
    return Response(NGINX_PAGE.format(title=title), status, media_type="text/html")


def quota_spent(resets_in: int, *, quoted: bool = False) -> Response:
    """The refusal of a request whose quota is used up."""
    text = f"You have hit your hourly limit for API calls. Your quota will reset in {resets_in} seconds."
    return error(402, text) if quoted else plain(402, text)
