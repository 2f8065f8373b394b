"""Tokens that a server of one issuer refuses: made by hand, as no library signs them."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import RSAAlgorithm

from tests.http.support import URL, Issuer

NO_LIST: list[object] = []
NO_OBJECT: dict[str, object] = {}
MakeToken = Callable[[Issuer], str]
"""Returns a bad token, for an issuer whose tokens are accepted otherwise."""
STRANGER_KEY = generate_private_key(public_exponent=65537, key_size=2048)


def encode_part(content: object) -> str:
    data = content if isinstance(content, bytes) else json.dumps(content).encode()
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def sign_rsa(key: RSAPrivateKey, text: bytes) -> bytes:
    return key.sign(text, PKCS1v15(), hashes.SHA256())


def forge(
    issuer: Issuer,
    header: Mapping[str, object] | None = None,
    *,
    sign: Callable[[bytes], bytes] | None = None,
    payload: bytes | None = None,
    claims: Mapping[str, object] | None = None,
) -> str:
    """Return a token with this header, and these claims or this payload, signed by the issuer or by `sign`."""
    ((key_id, key),) = issuer.keys.items()
    full_header = {"alg": "RS256", "typ": "JWT", "kid": key_id, **(header or {})}
    present = {name: value for name, value in full_header.items() if value != "absent"}
    text = f"{encode_part(present)}.{encode_part(payload or issuer.claims(**(claims or {})))}"
    return f"{text}.{encode_part((sign or partial(sign_rsa, key))(text.encode()))}"


def forge_by_public_key(issuer: Issuer, *, algorithm: str, is_jwk: bool = False) -> str:
    """Return a token that is signed by the issuer's public key, as if it were a shared secret."""
    (key,) = issuer.keys.values()
    secret = (
        json.dumps(RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)).encode()
        if is_jwk
        else key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    )
    digest = {"HS256": hashlib.sha256, "HS512": hashlib.sha512}[algorithm]
    return forge(issuer, {"alg": algorithm}, sign=lambda text: hmac.new(secret, text, digest).digest())


def _with_header(**header: object) -> MakeToken:
    return lambda issuer: forge(issuer, header)


def _with_claims(**claims: object) -> MakeToken:
    return lambda issuer: forge(issuer, claims=claims)


def _with_payload(payload: bytes) -> MakeToken:
    return lambda issuer: forge(issuer, payload=payload)


def _with_text(change: Callable[[str], str]) -> MakeToken:
    return lambda issuer: change(forge(issuer))


def _with_number(name: str, text: str) -> MakeToken:
    """Return a token with a number that Python would write in another way."""
    return lambda issuer: forge(
        issuer, payload=json.dumps(issuer.claims(**{name: 7777})).replace("7777", text).encode()
    )


def _by_stranger(**header: object) -> MakeToken:
    return lambda issuer: forge(issuer, header, sign=partial(sign_rsa, STRANGER_KEY))


def _now() -> float:
    return time.time()  # noqa: TID251 - the server process has no other clock


STRANGER_JWK: Mapping[str, Any] = RSAAlgorithm.to_jwk(STRANGER_KEY.public_key(), as_dict=True)

CLAIMS: Mapping[str, MakeToken] = {
    **{
        f"audience {audience!r}": _with_claims(aud=audience)
        for audience in (
            "https://another.example/mcp",
            URL,
            f"{URL}/",
            f"{URL}/mcp/",
            f"{URL}/mcp2",
            f"{URL}/MCP",
            f"x{URL}/mcp",
            "*",
            "",
            NO_LIST,
            ["https://another.example", f"{URL}/"],
            [[f"{URL}/mcp"]],
            [7],
            {f"{URL}/mcp": True},
            7,
            True,
        )
    },
    **{
        f"issuer {issuer!r}": _with_claims(iss=issuer)
        for issuer in ("https://another.example", "", "http://127.0.0.1", ["x"], 7, NO_OBJECT, True)
    },
    "issuer with a slash": lambda issuer: forge(issuer, claims={"iss": f"{issuer.url}/"}),
    "issuer in a list": lambda issuer: forge(issuer, claims={"iss": [issuer.url]}),
    **{
        f"{name} of {value!r}": _with_claims(**{name: value})
        for name, values in {
            "exp": (1, 0, -1, "soon", "", NO_LIST, NO_OBJECT),
            "nbf": (1 << 40, "later", NO_LIST, NO_OBJECT),
            "iat": (1 << 40, "now", NO_LIST, NO_OBJECT),
            "sub": (7, True, NO_LIST, ["alice"], NO_OBJECT),
        }.items()
        for value in values
    },
    "exp of a minute ago": lambda issuer: forge(issuer, claims={"exp": _now() - 60}),
    **{f"exp of {text}": _with_number("exp", text) for text in ("1e400", "-1e400", "NaN", "Infinity", "9" * 5000)},
    **{f"no {name}": _with_claims(**{name: None}) for name in ("exp", "sub", "iss", "aud")},
    **{
        f"payload of {name}": _with_payload(payload)
        for name, payload in {
            "a list": b"[]",
            "a text": b'"alice"',
            "a number": b"7",
            "null": b"null",
            "words": b"hello",
            "nothing": b" ",
            "bytes": b"\xff\xfe",
            "half an object": b'{"iss": ',
            "4,000 lists": b'{"x":' + b"[" * 4000 + b"]" * 4000 + b"}",
        }.items()
    },
}

SIGNATURES: Mapping[str, MakeToken] = {
    **{f"algorithm {name!r}": _with_header(alg=name) for name in ("none", "None", "NONE", "", "RS1", "rs256", "dir")},
    **{f"algorithm {name!r}": _with_header(alg=name) for name in ("HS256", "RS384", "PS256", "ES256", "EdDSA")},
    **{f"algorithm {name!r}": _with_header(alg=name) for name in (None, 7, ["RS256"], {"RS256": 1}, "absent")},
    **{
        f"algorithm {name!r} without a signature": lambda issuer, name=name: forge(
            issuer, {"alg": name}, sign=lambda _: b""
        )
        for name in ("none", "NONE", "RS256")
    },
    "none without a key's id": lambda issuer: forge(issuer, {"alg": "none", "kid": "absent"}, sign=lambda _: b""),
    "the public key as a secret": partial(forge_by_public_key, algorithm="HS256"),
    "the public key as a long secret": partial(forge_by_public_key, algorithm="HS512"),
    "the published key as a secret": partial(forge_by_public_key, algorithm="HS256", is_jwk=True),
    "another key": _by_stranger(),
    "another key that the header has": _by_stranger(jwk=STRANGER_JWK),
    "another key and its certificate": _by_stranger(x5c=["MIIB"]),
    **{
        f"key id {key_id!r}": _with_header(kid=key_id)
        for key_id in (
            None,
            "absent",
            "",
            7,
            NO_LIST,
            NO_OBJECT,
            "unknown",
            "FIRST",
            "../../../../dev/null",
            "' OR 1=1 --",
            "x\r\ny",
        )
    },
    "key id of 8 kB": _with_header(kid="a" * 8000),
    "critical extension": _with_header(crit=["exp"], exp=1),
    "unknown critical extension": _with_header(crit=["x"], x=1),
    "empty critical extensions": _with_header(crit=[]),
    "payload that is not encoded": _with_header(b64=False, crit=["b64"]),
    "header of 2,000 lists": lambda issuer: ".".join(
        [encode_part(b'{"alg":"RS256","x":' + b"[" * 2000 + b"]" * 2000 + b"}"), *forge(issuer).split(".")[1:]]
    ),
    "header of words": lambda issuer: ".".join([encode_part(b"hello"), *forge(issuer).split(".")[1:]]),
    "header of a list": lambda issuer: ".".join([encode_part(NO_LIST), *forge(issuer).split(".")[1:]]),
    "another payload": lambda issuer: ".".join(
        [forge(issuer).split(".")[0], encode_part(issuer.claims(scope="toggl:full")), forge(issuer).split(".")[2]]
    ),
    "signature cut short": _with_text(lambda token: token[:-4]),
    "signature with more": _with_text(lambda token: f"{token}AAAA"),
    "signature of zeros": _with_text(lambda token: f"{token.rpartition('.')[0]}.{encode_part(bytes(256))}"),
    "no signature": _with_text(lambda token: token.rpartition(".")[0]),
    "empty signature": _with_text(lambda token: f"{token.rpartition('.')[0]}."),
    "four parts": _with_text(lambda token: f"{token}.x"),
    "five parts": _with_text(lambda token: f"{token}.x.y"),
    "token in quotes": _with_text(lambda token: f'"{token}"'),
    "token with a blank": _with_text(lambda token: token.replace(".", " .", 1)),
    "token twice": _with_text(lambda token: f"{token}, {token}"),
    "token after another scheme": _with_text(lambda token: f"Bearer {token}"),
    "token with a null escape": _with_text(lambda token: f"{token}%00"),
}

WORDS: Mapping[str, MakeToken] = {
    f"word {word!r}": lambda _, word=word: word
    for word in (
        "",
        " ",
        ".",
        "..",
        "...",
        "a.b.c",
        "null",
        "undefined",
        "é.é.é",
        "a" * 15_000,
        "{}",
        "[object Object]",
    )
}
