# shellcheck shell=bash disable=SC2034,SC2154
# serve.sh - starts a server for a test; source it after tests/cli/lib.sh.
serve=$build/libexec/aq/aq-serve
server=

# start_server OPTION...: sets server (its process) and url, without a slash at its end
start_server() {
    : >"$tmp/server.err"
    "$serve" --no-config --listen 127.0.0.1:0 "$@" >"$tmp/server.out" 2>"$tmp/server.err" &
    server=$!
    local i
    for i in $(seq 200); do
        url=$(sed -n 's|^aq serve: .* on \(http://[^/]*\)/$|\1|p' "$tmp/server.err")
        [ -n "$url" ] && return
        kill -0 "$server" 2>/dev/null || break
        sleep 0.05
    done
    sed 's/^/# /' "$tmp/server.err"
    echo "Bail out! the server did not start"
    exit 1
}

# stop_server: sets status
stop_server() {
    kill "$server" 2>/dev/null
    wait "$server"
    status=$?
    server=
}

trap '[ -z "$server" ] || kill "$server" 2>/dev/null; rm -rf "$tmp"' EXIT

# get PATH [CURL-OPTION...]: sets out (the body), code and head
get() {
    local path=$1
    shift
    code=$(curl -sS --max-time 20 --path-as-is -o "$tmp/body" -D "$tmp/head" -w '%{http_code}' "$@" "$url$path" 2>"$tmp/curl.err")
    out=$(tr -d '\0' <"$tmp/body")
    head=$(tr -d '\r' <"$tmp/head")
    : >"$tmp/body"
}
