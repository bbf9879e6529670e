#!/usr/bin/env bash
# Load on aq serve while a comment is committed every second.
#
#   bench/serve.sh INDEX QUERIES [SECONDS]      prints a table (tabs)
#
# INDEX is copied, so that it stays as it is. QUERIES: one a line. AQ_BUILD as for tests;
# load generator, server and writer share the machine.
set -eu
index=$1 queries=$2 seconds=${3:-60}
build=${AQ_BUILD:-build/release}
here=$(dirname "$0")
tmp=$(mktemp -d)
server='' writer=''
trap '[ -z "$writer" ] || kill "$writer"; [ -z "$server" ] || kill "$server"; rm -rf "$tmp"' EXIT

cp -r "$index" "$tmp/index"

# start OPTION...: sets server and url
start() {
    "$build/libexec/aq/aq-serve" --no-config -i "$tmp/index" --listen 127.0.0.1:0 "$@" 2>"$tmp/err" &
    server=$!
    url=
    while [ -z "$url" ]; do
        sleep 0.1
        kill -0 "$server"
        url=$(sed -n 's|^aq serve: .* on \(http://.*\)/$|\1|p' "$tmp/err")
    done
}

write() {
    local n=0
    while sleep 1; do
        n=$((n + 1))
        echo "{\"id\":\"bench-$n\",\"thread\":\"bench\",\"author\":\"bench\",\"text\":\"A comment about persona number $n.\"}" |
            "$build/bin/aq-index" add -q -i "$tmp/index" - || echo "writer failed" >&2
    done
}

memory() { awk '/^RssAnon/ {printf "%.1f", $2 / 1024}' "/proc/$server/status"; }

# load MODE CONNECTIONS
load() {
    local before row
    before=$(memory)
    row=$(wrk -t1 -c"$2" -d"$seconds" --timeout 5 -s "$here/serve.lua" "$url" -- "$1" "$queries" | tail -1)
    printf '%s\t%s\t%s\t%s\n' "$1" "$row" "$before" "$(memory)"
}

printf 'load\trequests\tper second\tp50 ms\tp99 ms\tmax ms\terrors\theap MB before\tafter\n'
start --cache 0
write &
writer=$!
load search 8
load suggest 8
kill "$server"
wait "$server" || :
start
load zipf 8
load file 8
