#!/bin/sh
# Write the secrets of compose.yaml into deploy/secrets, once: the settings of the replicas, and the users of Valkey.
set -eu
umask 077
url=${1:?Usage: deploy/secrets.sh https://toggl.example/mcp}
folder=$(dirname "$0")/secrets
mkdir "$folder" # Fails where there are secrets already: they are in use.
mkdir "$folder/valkey" "$folder/callers"
password=$(openssl rand -hex 32)
operator=$(openssl rand -hex 32)

digest() { printf %s "$1" | sha256sum | cut -d ' ' -f 1; }

cat > "$folder/server.env" <<END
TOGGL_MCP_HTTP_PUBLIC_URL=$url
TOGGL_MCP_HTTP_BRING_YOUR_OWN_TOKEN=true
TOGGL_MCP_HTTP_SECRET_KEYS=$(openssl rand -base64 32 | tr '+/' '-_')
TOGGL_MCP_CACHE=redis://toggl-mcp:$password@valkey:6379/0
END
printf '%s\n' "$operator" > "$folder/valkey-operator"

# The replicas may use their own keys, and nothing else of the server; the operator may load this file again; whoever
# has no password may ask whether it answers.
cat > "$folder/valkey/users.acl" <<END
user default on nopass resetkeys resetchannels -@all +ping
user operator on #$(digest "$operator") resetkeys resetchannels -@all +acl|load
user toggl-mcp on #$(digest "$password") ~toggl-mcp:* resetchannels -@all +@read +@write +@transaction +@connection -@dangerous +info +time
END
# The containers run as users of their own, and this machine's other users do not get into the folder above these.
chmod 755 "$folder/valkey"
chmod 644 "$folder/valkey/users.acl"
chmod 777 "$folder/callers" # `toggl-mcp tokens` writes the vault there.
