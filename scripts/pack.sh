#!/usr/bin/env bash
# Pack dist/toggl-mcp-server-VERSION.mcpb, the bundle that a host installs with one click.
set -euo pipefail
cd "$(dirname "$0")/.."

mcpb=tests/external/node_modules/.bin/mcpb
[ -x "$mcpb" ] || npm install --prefix tests/external --no-package-lock --no-audit --no-fund --loglevel=error
version=$(node -p 'require("./manifest.json").version')
staged=$(mktemp -d)
pins=$(mktemp)
trap 'rm -rf "$staged" "$pins"' EXIT

# The versions that the tests ran with, as names and numbers: a lock file would also say where they were downloaded.
{
  echo 'constraint-dependencies = ['
  uv export --quiet --no-dev --all-extras --no-emit-project --no-hashes --no-annotate --no-header | sed 's/.*/    "&",/'
  echo ']'
} >"$pins"

# Their names have no blanks.
pictures=$(node -p 'require("./manifest.json").screenshots.join(" ")')
# shellcheck disable=SC2086
tar -cf - --exclude=__pycache__ manifest.json icon.png $pictures pyproject.toml README.md LICENSE toggl_mcp | tar -xf - -C "$staged"
# Without the groups of the tests, which would be resolved at the first start too.
sed -i.orig -e '/^\[dependency-groups\]$/,/^$/d' -e "/^\[tool\.uv\]\$/r $pins" "$staged/pyproject.toml"
rm "$staged/pyproject.toml.orig"
"$mcpb" validate "$staged/manifest.json"
rm -f dist/*.mcpb
"$mcpb" pack "$staged" "dist/toggl-mcp-server-$version.mcpb"
