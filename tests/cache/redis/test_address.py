"""The URL of a server, and who may use it."""

import datetime as dt
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.cache.redis.server import PROGRAMS, Server, make_address, require_program, require_tls
from tests.cache.support import MINE, write_row
from tests.sandbox.clock import Clock
from toggl_mcp.cache.redis.address import RedisAddress, parse_redis_url
from toggl_mcp.cache.redis.store import RedisStore
from toggl_mcp.cache.store import Version

FULL_URL = "rediss://us%40r:p%23ss@[::1]:7000/3?prefix=acme%3A&ssl_ca_certs=/etc/ca.pem"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("redis://localhost", RedisAddress("localhost")),
        ("REDIS://localhost:7000/", RedisAddress("localhost", 7000)),
        ("redis://:secret@cache/2", RedisAddress("cache", database=2, password="secret")),
        (
            FULL_URL,
            RedisAddress("::1", 7000, 3, "us@r", "p#ss", True, "acme:", (("ssl_ca_certs", Path("/etc/ca.pem")),)),  # noqa: FBT003 - as it is stored
        ),
    ],
)
def test_parse_redis_url_reads_each_part(url: str, expected: RedisAddress) -> None:
    assert parse_redis_url(url) == expected


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("redis://", "host is missing"),
        ("redis:localhost", "host is missing"),
        ("redis://u:secret@host:port", "cannot be read"),
        ("redis://u:secret@host:70000", "cannot be read"),
        ("redis://u:secret@[::1", "cannot be read"),
        ("redis://u:sec#ret@host", "%23"),
        ("redis://host/0#", "%23"),
        ("redis://u:secret@host/cache", "number of a database"),
        ("redis://u:secret@host/1/2", "number of a database"),
        ("redis://host?decode_responses=secret", "only prefix, ssl_ca_certs"),
        ("redis://host?ssl_ca_certs=secret", "need rediss://"),
    ],
)
def test_parse_redis_url_invalid_is_refused_without_its_text(url: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem) as raised:
        parse_redis_url(url)

    assert "sec" not in str(raised.value).replace("ssl_", "")
    assert raised.value.__cause__ is None


def test_address_text_has_no_password() -> None:
    address = parse_redis_url(FULL_URL)

    assert str(address) == "[::1]:7000, database 3"
    assert "p#ss" not in repr(address)


@pytest.mark.anyio
@pytest.mark.parametrize("program", PROGRAMS)
async def test_user_of_an_acl_needs_its_password(tmp_path: Path, program: str, clock: Clock) -> None:
    require_program(program)
    # What docs/configuration.md says that a user has to be allowed.
    commands = "-@all +@read +@write +@transaction +@connection +info +time"
    rules = f"user agent on >secret ~agents:* {commands}"
    server = Server(program, tmp_path, ["--user", *rules.split()[1:], "--requirepass", "other"]).start()
    try:
        address = make_address(server, prefix="agents:", username="agent", password="secret")
        store = RedisStore(address, clock=clock)
        await write_row(store, MINE, 1, "written")
        assert store.problem is None
        await store.aclose()

        for fields, problem in (
            ({"prefix": "agents:", "username": "agent", "password": "wrong"}, "user or the password"),
            ({"prefix": "agents:"}, "user or the password"),
            ({"prefix": "others:", "username": "agent", "password": "secret"}, "these keys"),
        ):
            store = RedisStore(make_address(server, **fields), clock=clock)
            assert (await write_row(store, MINE, 1, "written")).fetched_at is None
            assert problem in (store.problem or "")
            assert "wrong" not in (store.problem or "")
            assert "secret" not in (store.problem or "")
            await store.aclose()
    finally:
        server.stop()


@pytest.mark.anyio
@pytest.mark.parametrize("program", PROGRAMS)
async def test_server_with_tls_is_used_if_its_certificate_is_trusted(
    tmp_path: Path, program: str, clock: Clock
) -> None:
    require_tls(program)
    certificate, key = _write_certificate(tmp_path)
    options = ["--tls-cert-file", str(certificate), "--tls-key-file", str(key), "--tls-auth-clients", "no"]
    server = Server(program, tmp_path, options, has_tls=True).start()
    try:
        trusted = make_address(server, uses_tls=True, tls_files=(("ssl_ca_certs", certificate),), port=server.tls_port)
        store = RedisStore(trusted, clock=clock, draw_number=lambda: 0)
        assert await write_row(store, MINE, 1, "written") == Version(1, None)
        assert store.problem is None
        await store.aclose()

        store = RedisStore(make_address(server, uses_tls=True, port=server.tls_port), clock=clock)
        await write_row(store, MINE, 1, "written")
        assert "not trusted" in (store.problem or "")
        await store.aclose()
    finally:
        server.stop()


def _write_certificate(folder: Path) -> tuple[Path, Path]:
    """Write the certificate and the key of 127.0.0.1."""
    private_key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "cache")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private_key.public_key())
        .serial_number(1)
        .not_valid_before(dt.datetime(2020, 1, 1, tzinfo=dt.UTC))
        .not_valid_after(dt.datetime(2100, 1, 1, tzinfo=dt.UTC))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(private_key, hashes.SHA256())
    )
    paths = folder / "certificate.pem", folder / "key.pem"
    paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        private_key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return paths
