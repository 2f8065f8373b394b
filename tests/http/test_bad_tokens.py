"""Bad tokens and Authorization headers over real sockets: each is refused, none reaches Toggl, none is shown."""

from collections.abc import Generator, Mapping
from typing import NamedTuple

import pytest

from tests.http.bad_tokens import CLAIMS, SIGNATURES, STRANGER_KEY, WORDS, MakeToken, forge, sign_rsa
from tests.http.raw import Headers, HttpServer, encode
from tests.http.support import URL, Issuer, run_issuer
from tests.http.target import Target
from tests.process.server import serve_sandbox
from toggl_mcp.http.vault import Vault, new_key
from toggl_mcp.sandbox import TOKEN, Sandbox

pytestmark = pytest.mark.process

BAD_TOKENS: Mapping[str, MakeToken] = {**CLAIMS, **SIGNATURES, **WORDS}
FORMS: Mapping[str, str | None] = {
    "nothing": None,
    "an empty text": "",
    "the scheme only": "Bearer",
    "no scheme": "{token}",
    "Basic": "Basic {token}",
    "Token": "Token {token}",
    "DPoP": "DPoP {token}",
    "a comma": "Bearer,{token}",
    "a colon": "Bearer: {token}",
    "an equals sign": "Bearer={token}",
    "a tab": "Bearer\t{token}",
    "two blanks": "Bearer  {token}",
    "a named token": 'Bearer token="{token}"',
    "two tokens": "Bearer {token} {token}",
    "two schemes": "Basic x, Bearer {token}",
}
"""Values of the header Authorization that hold a good token in no way that counts."""


class OAuth(NamedTuple):
    """A server that takes an issuer's tokens."""

    target: Target
    issuer: Issuer
    key: str


@pytest.fixture(scope="module")
def oauth(tmp_path_factory: pytest.TempPathFactory) -> Generator[OAuth]:
    sandbox, key = Sandbox(), new_key()
    vault = tmp_path_factory.mktemp("vault") / "vault.json"
    Vault(vault, [key]).add("alice", TOKEN)
    with (
        run_issuer() as issuer,
        serve_sandbox(sandbox) as url,
        HttpServer(
            *("--public-url", f"{URL}/mcp", "--vault", str(vault)),
            *("--oauth-issuer", issuer.url, "--oauth-jwks-url", issuer.jwks_url),
            TOGGL_API_URL=url,
            TOGGL_MCP_CACHE="memory",
            TOGGL_MCP_LOG_LEVEL="DEBUG",
            TOGGL_MCP_HTTP_SECRET_KEYS=key,
        ) as server,
    ):
        yield OAuth(Target(server, sandbox, encode(("Authorization", f"Bearer {issuer.sign()}"))), issuer, key)


def require_refusal(oauth: OAuth, authorization: str | None, *secrets: str, repeated: Headers = ()) -> None:
    """Require that a request with this header is refused, reaches nobody, and is shown nowhere."""
    calls = len(oauth.target.sandbox.calls)

    response = oauth.target.server.send(encode(("Authorization", authorization), repeated=repeated))

    assert response.status == (400 if repeated else 401)
    assert repeated or b'www-authenticate: Bearer error="invalid_token"' in response.content
    assert len(oauth.target.sandbox.calls) == calls
    oauth.target.require_silence(response, oauth.key, *secrets)


@pytest.mark.parametrize("name", BAD_TOKENS)
def test_oauth_token_that_is_bad_is_refused(oauth: OAuth, name: str) -> None:
    token = BAD_TOKENS[name](oauth.issuer)

    require_refusal(oauth, f"Bearer {token}", *[part for part in token.split(".") if len(part) > 20])


@pytest.mark.parametrize("form", FORMS)
def test_authorization_that_is_malformed_is_refused(oauth: OAuth, form: str) -> None:
    token, text = oauth.issuer.sign(), FORMS[form]

    require_refusal(oauth, text and text.format(token=token), token)


@pytest.mark.parametrize("is_first", [True, False])
def test_authorization_that_comes_twice_is_refused(oauth: OAuth, *, is_first: bool) -> None:
    good, bad = f"Bearer {oauth.issuer.sign()}", "Bearer bad"
    first, second = (good, bad) if is_first else (bad, good)

    require_refusal(oauth, first, repeated=[("Authorization", second)])


@pytest.mark.parametrize("place", ["query", "Cookie", "Proxy-Authorization", "X-Authorization", "Mcp-Session-Id"])
def test_token_in_another_place_is_refused(oauth: OAuth, place: str) -> None:
    token = oauth.issuer.sign()
    request = (
        encode(line=f"POST /mcp?access_token={token} HTTP/1.1")
        if place == "query"
        else encode((place, f"Bearer {token}"))
    )
    calls = len(oauth.target.sandbox.calls)

    response = oauth.target.server.send(request)

    assert (response.status, len(oauth.target.sandbox.calls)) == (401, calls)
    oauth.target.require_silence(response, token)


@pytest.mark.parametrize("scope", [None, "", "email", "toggl", "toggl:admin", "TOGGL:READ", 7, [], {}, [7], True])
def test_oauth_scope_that_is_none_of_ours_is_refused(oauth: OAuth, scope: object) -> None:
    calls = len(oauth.target.sandbox.calls)
    token = oauth.issuer.sign(scope=scope)

    response = oauth.target.server.send(encode(("Authorization", f"Bearer {token}")))

    assert (response.status, len(oauth.target.sandbox.calls)) == (403, calls)
    oauth.target.require_silence(response, token)


@pytest.mark.parametrize("name", ["jku", "x5u"])
@pytest.mark.parametrize("key_id", ["first", "elsewhere"])
def test_oauth_token_that_names_its_keys_address_is_refused_and_nothing_fetched(
    oauth: OAuth, name: str, key_id: str
) -> None:
    with run_issuer("stranger") as stranger:
        stranger.keys = {key_id: STRANGER_KEY}
        token = forge(
            oauth.issuer, {name: stranger.jwks_url, "kid": key_id}, sign=lambda text: sign_rsa(STRANGER_KEY, text)
        )
        require_refusal(oauth, f"Bearer {token}", token)

    assert stranger.requests == 0


def test_oauth_server_after_bad_tokens_answers(oauth: OAuth) -> None:
    for make_token in BAD_TOKENS.values():
        oauth.target.server.send(encode(("Authorization", f"Bearer {make_token(oauth.issuer)}")))

    oauth.target.require_answer()
    oauth.target.require_bounded_memory()


@pytest.mark.parametrize(
    "token",
    ["", "secret", "0" * 31, "0" * 33, "g" * 32, f"{TOKEN} 0", f"{TOKEN}\t0", f"{TOKEN[:-1]}é", f"toggl_sk_{TOKEN}"],
)
def test_own_token_that_is_none_is_refused_and_not_shown(own_tokens: Target, token: str) -> None:
    calls = len(own_tokens.sandbox.calls)

    response = own_tokens.server.send(encode(("Authorization", f"Bearer {token}")))

    assert (response.status, len(own_tokens.sandbox.calls)) == (401, calls)
    own_tokens.require_silence(response)


def test_own_token_that_toggl_refuses_is_not_shown(own_tokens: Target) -> None:
    token = "fedcba9876543210" * 2

    response = own_tokens.server.send(encode(("Authorization", f"Bearer {token}")))

    assert response.status == 200
    assert b"bad_token" in response.content
    own_tokens.require_silence(response, token)


@pytest.fixture(scope="module")
def own_tokens() -> Generator[Target]:
    sandbox = Sandbox()
    with (
        serve_sandbox(sandbox) as url,
        HttpServer(
            "--bring-your-own-token", TOGGL_API_URL=url, TOGGL_MCP_CACHE="memory", TOGGL_MCP_LOG_LEVEL="DEBUG"
        ) as server,
    ):
        yield Target(server, sandbox, encode(("Authorization", f"Bearer {TOKEN}")))
