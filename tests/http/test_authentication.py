"""Who may call, what they may change, and whose account answers."""

import hashlib
from pathlib import Path
from typing import Any

import pytest

from tests.http.support import URL, Issuer, run_issuer, serve, write_tokens
from tests.sandbox.clock import Clock
from toggl_mcp.sandbox import TOKEN, Sandbox

pytestmark = pytest.mark.anyio

READ_ONLY_TOOLS = {"get_client", "list_clients"}


def digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def spoil(tokens: Path) -> None:
    tokens.write_text("tokens = 7")


@pytest.fixture
def tokens(tmp_path: Path) -> Path:
    return write_tokens(
        tmp_path / "tokens.toml",
        reader=(digest("read-secret"), "read"),
        tracker=(digest("track-secret"), "time-tracking"),
        owner=(digest("full-secret"), "full"),
    )


@pytest.mark.parametrize(
    ("token", "tools"),
    [
        ("read-secret", set[str]()),
        ("track-secret", {"start_timer", "delete_time_entries", "create_client"}),
        ("full-secret", {"start_timer", "delete_time_entries", "create_client", "delete_client"}),
    ],
)
async def test_tools_list_with_an_operators_token_has_the_tools_of_its_access(
    sandbox: Sandbox, clock: Clock, tokens: Path, token: str, tools: set[str]
) -> None:
    async with serve(sandbox, clock, tokens=tokens) as web:
        names = set(await web.list_tools(token))

    changing = {"start_timer", "delete_time_entries", "create_client", "delete_client"}
    assert names & changing == tools
    assert names >= READ_ONLY_TOOLS


async def test_tools_list_never_has_more_than_the_settings_allow(sandbox: Sandbox, clock: Clock, tokens: Path) -> None:
    async with serve(sandbox, clock, tokens=tokens, access="read") as web:
        assert await web.list_tools("full-secret") == await web.list_tools("read-secret")


@pytest.mark.parametrize("token", ["", "wrong", "read-secret ", "READ-SECRET", digest("read-secret")])
async def test_request_with_a_wrong_token_is_refused(sandbox: Sandbox, clock: Clock, tokens: Path, token: str) -> None:
    async with serve(sandbox, clock, tokens=tokens) as web:
        response = await web.post(token=token)

    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"].startswith('Bearer error="invalid_token"')
    assert sandbox.calls == []


async def test_operators_file_is_read_again_when_it_changes(sandbox: Sandbox, clock: Clock, tokens: Path) -> None:
    async with serve(sandbox, clock, tokens=tokens) as web:
        assert (await web.post(token="read-secret")).status_code == 200
        write_tokens(tokens, successor=(digest("next-secret"), "read"))

        assert (await web.post(token="read-secret")).status_code == 401
        assert (await web.post(token="next-secret")).status_code == 200

        spoil(tokens)

        assert (await web.post(token="next-secret")).status_code == 200


async def test_header_for_reads_only_leaves_the_tools_that_read(sandbox: Sandbox, clock: Clock, tokens: Path) -> None:
    async with serve(sandbox, clock, tokens=tokens) as web:
        restricted = await web.list_tools("full-secret", X_Toggl_MCP_Read_Only="true")

        assert restricted == await web.list_tools("read-secret")


async def test_header_for_reads_only_never_adds_a_tool(sandbox: Sandbox, clock: Clock, tokens: Path) -> None:
    async with serve(sandbox, clock, tokens=tokens) as web:
        assert await web.list_tools("read-secret", X_Toggl_MCP_Read_Only="false") == await web.list_tools("read-secret")


@pytest.mark.parametrize(("token", "is_read_only"), [("read-secret", "false"), ("full-secret", "true")])
async def test_tool_that_a_caller_may_not_call_is_refused_by_what_leaves_it_out(
    sandbox: Sandbox, clock: Clock, tokens: Path, token: str, is_read_only: str
) -> None:
    async with (
        serve(sandbox, clock, tokens=tokens) as web,
        web.connect(token, X_Toggl_MCP_Read_Only=is_read_only) as host,
    ):
        error = await host.fail("create_tag", name="Lighthouse")
        unknown_error = await host.fail("create_labels", name="Lighthouse")

    assert error["message"].startswith("Your token's access, or X-Toggl-MCP-Read-Only, leaves out that tool.")
    assert "does not exist" in unknown_error["message"]


async def test_header_for_toolsets_leaves_their_tools(sandbox: Sandbox, clock: Clock) -> None:
    async with serve(sandbox, clock) as web:
        names = await web.list_tools(X_Toggl_MCP_Toolsets="tags, team")
        async with web.connect(X_Toggl_MCP_Toolsets="tags") as host:
            await host.call("list_tags")
            error = await host.fail("list_clients")

    assert names == ["create_tag", "list_tags", "edit_tag", "delete_tag"]
    assert "tools/list" in error["message"]


async def test_header_for_a_workspace_is_that_of_calls_that_name_none(sandbox: Sandbox, clock: Clock) -> None:
    async with serve(sandbox, clock) as web, web.connect(X_Toggl_MCP_Workspace="4102002") as host:
        assert (await host.call("list_clients"))["workspace_id"] == 4102002


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X-Toggl-MCP-Read-Only", "perhaps"),
        ("X-Toggl-MCP-Toolsets", "everything"),
        ("X-Toggl-MCP-Workspace", "Harbour Studio"),
        ("X-Toggl-MCP-Workspace", "0"),
        ("X-Toggl-MCP-Workspace", "1" * 5000),  # More digits than Python reads as a number.
    ],
)
async def test_header_that_says_nothing_is_refused(sandbox: Sandbox, clock: Clock, name: str, value: str) -> None:
    async with serve(sandbox, clock) as web:
        response = await web.post(**{name.replace("-", "_"): value})

    assert response.status_code == 400
    assert name in response.json()["error"] or "toolsets" in response.json()["error"]


async def test_own_token_opens_its_own_account(sandbox: Sandbox, clock: Clock) -> None:
    async with serve(sandbox, clock, bring_your_own_token=True, token=None) as web:
        async with web.connect(TOKEN) as host:
            assert (await host.call("list_clients"))["total"] == 6
        async with web.connect("0" * 32) as host:
            assert (await host.fail("list_clients"))["code"] == "bad_token"
        async with web.connect(TOKEN) as host:
            assert (await host.call("list_clients"))["source"] == "cache"


@pytest.mark.parametrize("token", ["secret", "0" * 31, "0" * 33, "g" * 32, f"toggl_sk_{'0' * 32}"])
async def test_text_that_is_no_toggl_token_never_reaches_toggl(sandbox: Sandbox, clock: Clock, token: str) -> None:
    async with serve(sandbox, clock, bring_your_own_token=True) as web:
        assert (await web.post(token=token)).status_code == 401

    assert sandbox.calls == []


async def test_oauth_token_opens_the_account_of_its_subject(
    sandbox: Sandbox, clock: Clock, issuer: Issuer, oauth: dict[str, Any]
) -> None:
    async with serve(sandbox, clock, token=None, **oauth) as web:
        async with web.connect(issuer.sign()) as host:
            assert (await host.call("list_clients"))["total"] == 6
        async with web.connect(issuer.sign(sub="bob")) as host:
            error = await host.fail("list_clients")

    assert (error["code"], "toggl-mcp tokens add" in error["message"]) == ("no_token", True)


@pytest.mark.parametrize(
    ("scope", "tool"),
    [("toggl:read", "list_clients"), ("email toggl:time-tracking", "start_timer"), ("toggl:full", "delete_client")],
)
async def test_oauth_scope_gives_its_access(
    sandbox: Sandbox, clock: Clock, issuer: Issuer, oauth: dict[str, Any], scope: str, tool: str
) -> None:
    async with serve(sandbox, clock, **oauth) as web:
        assert tool in await web.list_tools(issuer.sign(scope=scope))
        assert tool in await web.list_tools(issuer.sign(scope=None, scp=scope.split()))


@pytest.mark.parametrize("scope", [None, "", "email", "toggl", "toggl:admin"])
async def test_oauth_token_without_a_scope_of_ours_is_refused(
    sandbox: Sandbox, clock: Clock, issuer: Issuer, oauth: dict[str, Any], scope: str | None
) -> None:
    async with serve(sandbox, clock, **oauth) as web:
        response = await web.post(token=issuer.sign(scope=scope))

    assert response.status_code == 403
    assert 'error="insufficient_scope"' in response.headers["WWW-Authenticate"]


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "https://another.example/mcp"},
        {"aud": None},
        {"iss": "https://another.example"},
        {"iss": None},
        {"exp": 1},
        {"exp": None},
        {"exp": "soon"},
        {"nbf": 1 << 40},
        {"sub": None},
        {"algorithm": "none", "key": ""},
        {"algorithm": "HS256", "key": "a secret that is shared with everybody"},
    ],
)
async def test_oauth_token_with_a_wrong_claim_is_refused(
    sandbox: Sandbox, clock: Clock, issuer: Issuer, oauth: dict[str, Any], changes: dict[str, Any]
) -> None:
    async with serve(sandbox, clock, **oauth) as web:
        response = await web.post(token=issuer.sign(**changes))

    assert response.status_code == 401
    assert sandbox.calls == []


async def test_oauth_token_of_another_key_is_refused(
    sandbox: Sandbox, clock: Clock, issuer: Issuer, oauth: dict[str, Any]
) -> None:
    async with serve(sandbox, clock, **oauth) as web:
        with run_issuer("other") as other:
            assert (await web.post(token=other.sign(iss=issuer.url))).status_code == 401
        assert (await web.post(token=issuer.sign()[:-8] + "AAAAAAAA")).status_code == 401
        assert (await web.post(token="a.b.c")).status_code == 401


async def test_oauth_with_unknown_keys_asks_the_issuer_once(
    sandbox: Sandbox, clock: Clock, issuer: Issuer, oauth: dict[str, Any]
) -> None:
    async with serve(sandbox, clock, **oauth) as web:
        assert (await web.post(token=issuer.sign())).status_code == 200
        with run_issuer("other") as other:
            other.rotate("unknown")
            for _ in range(10):
                assert (await web.post(token=other.sign(iss=issuer.url))).status_code == 401

    assert issuer.requests == 1


async def test_oauth_metadata_names_the_issuer_and_the_scopes(
    sandbox: Sandbox, clock: Clock, issuer: Issuer, oauth: dict[str, Any]
) -> None:
    async with serve(sandbox, clock, **oauth) as web:
        refusal = await web.post()
        address = f"{URL}/.well-known/oauth-protected-resource/mcp"
        metadata = (await web.client.get(address)).json()

    assert f'resource_metadata="{address}"' in refusal.headers["WWW-Authenticate"]
    assert metadata["resource"] == f"{URL}/mcp"
    assert metadata["authorization_servers"] == [f"{issuer.url}/"]
    assert metadata["scopes_supported"] == ["toggl:read", "toggl:time-tracking", "toggl:full"]
