#!/bin/sh
# demo-site.sh - a search server over corpus/ and, on another port, a page that uses its box.
# Usage: docs/demo-site.sh BUILD [SEARCH_PORT [SITE_PORT]]. Both listen on this machine only;
# Ctrl C ends both.
set -eu
build=$1
search=http://127.0.0.1:${2:-8090}
site=http://127.0.0.1:${3:-8091}
dir=build/demo-site
rm -rf "$dir"
mkdir -p "$dir/site"
"$build/bin/aq-index" add -q -i "$dir/index" corpus/threads corpus/formats
for file in index.html demo.css; do
    sed "s|@SEARCH@|$search|g" "docs/demo/$file" > "$dir/site/$file"
done
"$build/bin/aq" serve -i "$dir/index" --listen "${search#http://}" --allow-origin "$site" \
    --title 'The Reading Room' --public-url "$search" &
serve=$!
python3 -m http.server --bind 127.0.0.1 --directory "$dir/site" "${site##*:}" >/dev/null 2>&1 &
static=$!
trap 'kill $serve $static 2>/dev/null' EXIT
trap 'exit 0' INT TERM
echo "search page: $search/"
echo "site:        $site/"
wait $serve
