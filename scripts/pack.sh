#!/usr/bin/env bash
# Pack dist/toggl-mcp-server-VERSION.mcpb, the bundle that a host installs with one click.
set -euo pipefail
cd "$(dirname "$0")/.."

mcpb=tests/external/node_modules/.bin/mcpb
[ -x "$mcpb" ] || npm install --prefix tests/external --no-package-lock --no-audit --no-fund --loglevel=error
version=$(node -p 'require("./manifest.json").version')
staged=$(mktemp -d)
trap 'rm -rf "$staged"' EXIT

tar -cf - --exclude=__pycache__ manifest.json icon.png pyproject.toml README.md LICENSE toggl_mcp | tar -xf - -C "$staged"
"$mcpb" validate "$staged/manifest.json"
rm -f dist/*.mcpb
"$mcpb" pack "$staged" "dist/toggl-mcp-server-$version.mcpb"
