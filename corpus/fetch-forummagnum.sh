#!/usr/bin/env bash
# Fetches the posts of a ForumMagnum site, each with all of its comments, into
# JSON Lines that aq-index reads as they are.
#
# What the API allows decides the shape of this script:
#
# - An offset above 2000 is refused. Posts are therefore paged by date (oldest
#   first, from the date of the last one seen), and only the comments of one
#   post by offset.
# - Rows the visitor may not see are dropped after the limit was applied, so a
#   short page is not always the last one; and some releases ignored the
#   offset. Pages are therefore laid over each other and told apart by id.
# - Answers to a question, and replies to them, are in a view of their own.
# - input: {terms} is understood by every site; the newer selector is not.
#
# FILE.state is a journal: one line a post, written after the post and its
# comments are in FILE, with FILE's size at that moment. Starting again cuts
# FILE back to the last journalled size, so nothing is torn and nothing is
# written twice.

set -uo pipefail
export LC_ALL=C

readonly program=${0##*/}
readonly journal_mark='aq-fetch-forummagnum 1'
readonly max_offset=2000      # of the API
readonly max_limit=10000      # of the API
readonly max_retry_after=3600 # seconds; a longer wait is better spent stopped

usage() {
    cat <<END
usage: $program [options] --out FILE

Fetches the posts of a ForumMagnum site (LessWrong, the EA Forum, the Alignment
Forum), oldest first, each followed by all of its comments, and appends them to
FILE as JSON Lines: id, thread, parent, author, date, score, title, url, tags,
source, format, text. Index them with: aq-index add FILE

Run the same command again to continue after an interruption, or later to add
the posts that are new. Comments made meanwhile on posts already in FILE are
not looked for: fetch into a new FILE for those.

  --site URL        the site            (https://www.lesswrong.com)
  --out FILE        write here; FILE.state remembers how far it got
  --after DATE      only posts from DATE on       (2024-01-31 or
  --before DATE     only posts before DATE         2024-01-31T18:00:00Z, UTC)
  --limit N         stop after N posts in this run
  --format FORMAT   html, as the site stores it, or markdown, which the site
                    converts for every request    (html)
  --delay S         seconds between requests      (1)
  --user-agent UA   say who you are, best with an address
  --page N          posts asked for at once       (50)
  --comment-page N  comments asked for at once    (500)
  --retries N       times to repeat a failed request (6)
  --backoff S       seconds before the first repeat, doubled each time (2)
  --quiet           say nothing but errors
  --help            this text

Ends with 0 when there is nothing more to fetch or --limit is reached, 1 when
the site or a file fails, 2 when the options are wrong.
END
}

note() { [ "$quiet" = 1 ] || printf '%s\n' "$program: $*" >&2; }
warn() { printf '%s\n' "$program: warning: $*" >&2; }
die() {
    printf '%s\n' "$program: $*" >&2
    exit 1
}
misuse() {
    printf '%s\n' "$program: $*" "Try: $program --help" >&2
    exit 2
}

# ---------------------------------------------------------------- options

site=https://www.lesswrong.com
out=
after=
before=
limit=
format=html
delay=1
user_agent="aq-fetch-forummagnum/1.0 (full-text index; one request at a time)"
page=50
comment_page=500
retries=6
backoff=2
quiet=0

while [ $# -gt 0 ]; do
    name=$1
    case $name in
    --help | -h) usage; exit 0 ;;
    --quiet | -q) quiet=1; shift; continue ;;
    --*=*) value=${name#*=}; name=${name%%=*}; shift ;;
    --*)
        [ $# -ge 2 ] || misuse "$name needs a value"
        value=$2
        shift 2
        ;;
    *) misuse "unexpected argument: $name" ;;
    esac
    case $name in
    --site) site=$value ;;
    --out) out=$value ;;
    --after) after=$value ;;
    --before) before=$value ;;
    --limit) limit=$value ;;
    --format) format=$value ;;
    --delay) delay=$value ;;
    --user-agent) user_agent=$value ;;
    --page) page=$value ;;
    --comment-page) comment_page=$value ;;
    --retries) retries=$value ;;
    --backoff) backoff=$value ;;
    *) misuse "unknown option: $name" ;;
    esac
done

need_count() { # name value least most
    if ! [[ $2 =~ ^[0-9]{1,9}$ ]] || [ "$2" -lt "$3" ] || [ "$2" -gt "$4" ]; then
        misuse "$1 must be a whole number from $3 to $4, not '$2'"
    fi
}
need_seconds() {
    [[ $2 =~ ^[0-9]{1,6}(\.[0-9]+)?$ ]] || misuse "$1 must be a number of seconds, not '$2'"
}

[ -n "$out" ] || misuse "--out FILE is missing"
[ -z "$limit" ] || need_count --limit "$limit" 1 999999999
need_count --page "$page" 1 "$max_limit"
need_count --comment-page "$comment_page" 1 "$max_limit"
need_count --retries "$retries" 0 100
need_seconds --delay "$delay"
need_seconds --backoff "$backoff"
case $format in
html | markdown) ;;
*) misuse "--format must be html or markdown, not '$format'" ;;
esac
case $site in
http://* | https://*) ;;
*) misuse "--site must be a URL such as https://www.lesswrong.com, not '$site'" ;;
esac
site=${site%/}
site=${site%/graphql}
site=${site%/}
endpoint=$site/graphql
source_name=${site#*://}
source_name=${source_name%%/*}

for tool in curl jq awk; do
    command -v "$tool" >/dev/null 2>&1 || die "$tool is not installed: install it and run this again"
done
jq -n --rawfile x /dev/null 1 >/dev/null 2>&1 || die "jq is too old: version 1.6 or newer is needed"

# The API's own spelling of a date, so that dates compare as strings.
to_date() { # name value
    local text=$2
    [[ $text =~ ^[0-9]{4}-[0-9]{2}-[0-9]{2}$ ]] && text=${text}T00:00:00Z
    jq -rne --arg d "$text" '
        ($d | sub("\\.[0-9]+Z$"; "Z")) as $s
        | select($s | test("^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$"))
        | select(($s | fromdate | todate) == $s)
        | $s | sub("Z$"; ".000Z")' 2>/dev/null ||
        misuse "$1 must be a date such as 2024-01-31 or 2024-01-31T18:00:00Z, not '$2'"
}
[ -z "$after" ] || after=$(to_date --after "$after") || exit
[ -z "$before" ] || before=$(to_date --before "$before") || exit
[ -z "$after" ] || [ -z "$before" ] || [[ $after < $before ]] ||
    misuse "--after must be earlier than --before"

# ------------------------------------------------- working files, one run a FILE

state=$out.state
lock=$out.lock
tmp=
locked=0
child=

cleanup() {
    [ -z "$tmp" ] || rm -rf "$tmp"
    [ "$locked" = 0 ] || rm -f "$lock"
}
interrupted() {
    [ -z "$child" ] || kill "$child" 2>/dev/null
    note "stopped; run the same command again to continue"
    exit "$1"
}
# A signal is acted on at once only while bash waits for a background process.
run() {
    local rc
    "$@" &
    child=$!
    wait "$child"
    rc=$?
    child=
    return $rc
}
trap cleanup EXIT
trap 'interrupted 130' INT
trap 'interrupted 143' TERM
trap 'interrupted 129' HUP

tmp=$(mktemp -d "${TMPDIR:-/tmp}/fetch-forummagnum.XXXXXX") || die "cannot make a temporary directory"

# shellcheck disable=SC2188  # an empty redirection, to find out whether we may write
{ >>"$out"; } 2>/dev/null || die "cannot write $out: does its directory exist, and may you write there?"
if ! (set -C && echo $$ >"$lock") 2>/dev/null; then
    holder=$(cat "$lock" 2>/dev/null)
    if [ -n "$holder" ] && kill -0 "$holder" 2>/dev/null; then
        die "process $holder is already fetching into $out (if it is not, delete $lock)"
    fi
    echo $$ >"$lock" || die "cannot write $lock"
fi
locked=1

size_of() { wc -c <"$1" | tr -d ' '; }
cut_to() { # file bytes
    dd of="$1" bs=1 seek="$2" count=0 2>/dev/null </dev/null || die "cannot shorten $1"
}

# ------------------------------------------------------------------ journal

cursor=${after:-1970-01-01T00:00:00.000Z}
total_bytes=0

# Lines of the journal: date, id, size of FILE after the post, and a dot, by
# which a torn line is known. Kept are whole lines whose post is whole in FILE.
open_journal() {
    local size kept head
    head="$journal_mark"$'\t'"$site"$'\t'"${after:--}"$'\t'"$format"
    if [ ! -s "$out" ] || [ ! -s "$state" ]; then
        [ ! -s "$out" ] ||
            die "$out has content but $state is missing: move $out away, or choose another --out"
        printf '%s\n' "$head" >"$state" || die "cannot write $state"
        return
    fi
    if [ "$(head -n 1 "$state")" != "$head" ]; then
        IFS=$'\t' read -r _ was_site was_after was_format <"$state"
        die "$out was begun with --site ${was_site:-?} --after ${was_after:-?} --format ${was_format:-?} (- for none): use the same options, or another --out"
    fi
    size=$(size_of "$out")
    kept=$(awk -F '\t' -v size="$size" '
        NR == 1 { bytes = length($0) + 1; next }
        $4 == "." && $3 + 0 <= size + 0 { bytes += length($0) + 1; at = $3; date = $1; next }
        { exit }
        END { printf "%d %d %s\n", bytes, at, date }' "$state")
    read -r kept total_bytes last_date <<<"$kept"
    # awk takes a last line without its newline for a whole one: give it one.
    [ "$kept" -le "$(size_of "$state")" ] || printf '\n' >>"$state"
    cut_to "$state" "$kept"
    if [ "$size" -gt "$total_bytes" ]; then
        note "dropping $((size - total_bytes)) bytes of an unfinished post from $out"
        cut_to "$out" "$total_bytes"
    fi
    [ -z "${last_date:-}" ] || cursor=$last_date
}

# ------------------------------------------------------------------- network

requests=0

pause() { # seconds
    case $1 in
    *[1-9]*) run sleep "$1" ;;
    esac
}

# Seconds the site asks to be left alone for, from Retry-After as a number or
# as a date; nothing if it does not say.
retry_after() {
    jq -rnR '
        [inputs | rtrimstr("\r") | capture("^retry-after:\\s*(?<v>.+)$"; "i").v] | last // empty
        | if test("^[0-9]+$") then tonumber
          else (try (strptime("%a, %d %b %Y %H:%M:%S GMT") | mktime - now) catch empty) end
        | if . < 0 then 0 else . end | ceil' "$tmp/headers" 2>/dev/null
}

graphql_errors() {
    jq -r '[.errors[]? | (.message // tostring) | tostring] | join("; ")' "$tmp/answer" 2>/dev/null
}

first_line() { head -c 300 "$1" 2>/dev/null | tr -s '\000-\037' ' ' | sed 's/ *$//'; }

# Sends $tmp/request until an answer is had in $tmp/answer.
send() { # what is asked for, in words
    local attempt=0 wait=$backoff code rc problem asked errors
    while :; do
        [ "$requests" = 0 ] || pause "$delay"
        requests=$((requests + 1))
        : >"$tmp/headers"
        : >"$tmp/answer"
        run curl --silent --show-error --compressed \
            --connect-timeout 30 --max-time 180 \
            --user-agent "$user_agent" \
            --header 'Content-Type: application/json' --header 'Accept: application/json' \
            --data-binary "@$tmp/request" \
            --dump-header "$tmp/headers" --output "$tmp/answer" \
            --write-out '%{http_code}\n' "$endpoint" >"$tmp/code" 2>"$tmp/curl"
        rc=$?
        read -r code <"$tmp/code"
        if [ $rc -ne 0 ]; then
            problem=$(first_line "$tmp/curl")
            case $rc in
            1 | 3 | 60 | 77) die "$endpoint: $problem" ;; # protocol, URL, certificate: no use repeating
            esac
        else
            case $code in
            2??) return ;;
            408 | 425 | 429 | 5??) problem="HTTP $code" ;;
            3??)
                die "$endpoint answered HTTP $code, moved to$(sed -n 's/^[Ll]ocation://p' "$tmp/headers" | tr -d '\r'): give that as --site" ;;
            *)
                errors=$(graphql_errors)
                [ -z "$errors" ] || die "$site refused the query for $1 (HTTP $code): $errors"
                die "$endpoint answered HTTP $code to the query for $1: $(first_line "$tmp/answer")
Check --site; if the site turns this program away, say who you are with --user-agent and slow down with --delay" ;;
            esac
        fi
        [ $attempt -lt "$retries" ] ||
            die "$endpoint: $problem, $((attempt + 1)) times, asking for $1. What is in $out is kept: run the same command again later"
        attempt=$((attempt + 1))
        asked=$(retry_after)
        if [ -n "$asked" ]; then
            [ "$asked" -le "$max_retry_after" ] ||
                die "$site asks to wait $asked seconds. What is in $out is kept: run the same command again then"
            note "$problem; the site asks to wait $asked s"
            pause "$asked"
        else
            note "$problem; repeating in $wait s"
            pause "$wait"
        fi
        wait=$(awk -v w="$wait" 'BEGIN { w *= 2; print (w > 60 ? 60 : w) }')
    done
}

# -------------------------------------------------- queries and canonical records

body_fields='htmlBody'
[ "$format" = html ] || body_fields='htmlBody contents { markdown }'
readonly post_query="query AqPosts(\$input: MultiPostInput) { posts(input: \$input) { results {\
 _id title postedAt baseScore pageUrl commentCount question author\
 user { displayName } tags { name } $body_fields } } }"
readonly comment_query="query AqComments(\$input: MultiCommentInput) { comments(input: \$input) { results {\
 _id parentCommentId postedAt baseScore pageUrl author\
 user { displayName } $body_fields } } }"

# shellcheck disable=SC2016  # the dollars are jq's
readonly jq_records='
    def blank: . == null or (test("\\S") | not);
    def body:
        if $format == "markdown" and (.contents.markdown | blank | not)
        then {format: "markdown", text: .contents.markdown}
        else {format: "html", text: (.htmlBody | if blank then null else . end)} end;
    def record($own):
        {id: ._id} + $own
        + {author: (.user.displayName // .author), date: .postedAt, score: .baseScore,
           title: .title, url: .pageUrl, tags: [.tags[]?.name | strings], source: $source}
        + body
        | with_entries(select(.value != null and .value != [] and .value != ""));
    def set(ids): reduce ids as $id ({}; .[$id] = true);
    def firsts: to_entries | unique_by(.value._id) | sort_by(.key) | map(.value);'

# Sends a query and reads the answer with a jq program, whose input is the list
# of results, into $tmp/read.
ask() { # in words, posts or comments, query, terms, program, jq arguments
    local what=$1 list=.data.$2.results errors
    # Nothing in the queries, ids and dates needs escaping in JSON: ids are checked.
    printf '{"query":"%s","variables":{"input":{"terms":{%s}}}}\n' "$3" "$4" >"$tmp/request"
    send "$what"
    # No text contains this key: quotation marks in text are escaped.
    if grep -q '"errors"' "$tmp/answer"; then
        errors=$(graphql_errors)
        jq -e "$list" "$tmp/answer" >/dev/null 2>&1 || [ -z "$errors" ] ||
            die "$site answered the query for $what with a GraphQL error: $errors"
        [ -z "$errors" ] || warn "$site answered the query for $what, with errors: $errors"
    fi
    jq -r --arg format "$format" --arg source "$source_name" "${@:6}" \
        "$jq_records $list | $5" "$tmp/answer" >"$tmp/read" 2>"$tmp/jq" && [ -s "$tmp/read" ] && return
    jq -e 'type == "object"' "$tmp/answer" >/dev/null 2>&1 ||
        die "$endpoint did not answer with JSON: $(first_line "$tmp/answer")
Check that --site is a ForumMagnum site; a page that wants a browser also looks like this"
    jq -e "$list | arrays" "$tmp/answer" >/dev/null 2>&1 ||
        die "$endpoint answered without $list: is --site a ForumMagnum site?"
    die "cannot read the answer to the query for $what: $(first_line "$tmp/jq")"
}

# Every comment of a post, appended to $tmp/block as records, each once.
fetch_comments() { # post, comments it claims, whether it is a question
    local post=$1 claimed=$2 question=$3 view offset want got new found=0
    for view in postCommentsOld answersAndReplies; do
        if [ $view = answersAndReplies ]; then
            [ "$question" = true ] || [ $found -lt "$claimed" ] || break
        fi
        offset=0
        while :; do
            # The page after this one would be out of reach: ask for all the rest.
            want=$comment_page
            [ $((offset + want)) -le $max_offset ] || want=$max_limit
            # First line: how many came, how many of them are new. The rest: the
            # new ones. A deleted comment has no text any more and is no record.
            # shellcheck disable=SC2016
            ask "comments of post $post" comments "$comment_query" \
                "\"view\":\"$view\",\"postId\":\"$post\",\"sortBy\":\"old\",\"limit\":$want,\"offset\":$offset" '
                set($block[].id) as $had
                | [firsts[] | record({thread: $post, parent: (.parentCommentId // $post)})
                    | select(.text and ($had[.id] | not))] as $new
                | "\(length) \($new | length)", ($new[] | tojson)' \
                --arg post "$post" --slurpfile block "$tmp/block"
            read -r got new <"$tmp/read"
            tail -n +2 "$tmp/read" >>"$tmp/block"
            found=$((found + new))
            if [ "$new" = 0 ] && [ "$got" -ge "$want" ]; then
                warn "$site gives the same comments of post $post again and again; some may be missing: try --comment-page $max_limit"
            fi
            [ "$new" != 0 ] || break
            [ "$got" -ge "$want" ] || [ $((offset + want)) -lt "$claimed" ] || break
            offset=$((offset + got))
        done
    done
    comments_done=$((comments_done + found))
}

# Appends a post and its comments to FILE, then the journal's line for them.
store_block() { # id date
    cat "$tmp/block" >>"$out" || die "cannot write $out: is the disk full?"
    total_bytes=$((total_bytes + $(size_of "$tmp/block")))
    printf '%s\t%s\t%d\t.\n' "$2" "$1" "$total_bytes" >>"$state" ||
        die "cannot write $state: is the disk full?"
    posts_done=$((posts_done + 1))
    if [ "$quiet" = 0 ] && [ -t 2 ]; then
        printf '\r%s: %d posts, %d comments, %s ' "$program" "$posts_done" "$comments_done" "${2%T*}" >&2
    fi
}

posts_done=0
comments_done=0

fetch_all() {
    local offset=0 seen='' ids got last line id date claimed question
    while :; do
        # First line: how many came, the last date, the ids. Then two lines for
        # each post not yet in FILE: what the loop needs to know, and the record.
        # shellcheck disable=SC2016
        ask "posts after $cursor" posts "$post_query" \
            "\"view\":\"old\",\"after\":\"$cursor\",${before:+\"before\":\"$before\",}\"limit\":$page,\"offset\":$offset" '
            set($journal | split("\n")[1:][] | select(. != "") | split("\t")[1]) as $had
            | ([length, (map(.postedAt) | max // "-"), (map(._id) | join(" "))] | @tsv),
              (firsts[]
                | select($had[._id] | not)
                | select($before == "" or .postedAt < $before)
                | ([._id, .postedAt, (.commentCount // 0 | floor), (.question == true)] | @tsv),
                  (record({thread: ._id})
                    | if .text then . else . + {format: "text", text: (.title // "(no text)")} end
                    | tojson))' \
            --arg before "$before" --rawfile journal "$state"
        mv "$tmp/read" "$tmp/page" || die "cannot write in $tmp: is the disk full?"

        exec 3<"$tmp/page"
        IFS=$'\t' read -r got last ids <&3
        while IFS=$'\t' read -r id date claimed question <&3 && IFS= read -r line <&3; do
            [[ $id =~ ^[A-Za-z0-9_-]+$ ]] || die "$site gave a post the id '$id': is it a ForumMagnum site?"
            printf '%s\n' "$line" >"$tmp/block"
            [ "$claimed" = 0 ] || fetch_comments "$id" "$claimed" "$question"
            store_block "$id" "$date"
            [ -z "$limit" ] || [ $posts_done -lt "$limit" ] || return 0
        done
        exec 3<&-

        # The next page begins at the date of the last post, which it repeats.
        # A page with nothing later is the end, or has one date only, or is
        # filled with hidden rows: only the offset can tell.
        if [ "$last" != - ] && [[ $last > $cursor ]]; then
            cursor=$last
            offset=0
            seen=
            continue
        fi
        [ "$got" -gt 0 ] || return 0
        offset=$((offset + page))
        if [ "$ids" = "$seen" ] || [ $offset -gt $max_offset ]; then
            [ "$got" -lt "$page" ] ||
                warn "$site gives no more posts of $cursor; some may be missing: try --page $max_limit"
            return 0
        fi
        seen=$ids
    done
}

open_journal
fetch_all
if [ "$quiet" = 0 ] && [ -t 2 ]; then printf '\r' >&2; fi
note "$posts_done posts and $comments_done comments added to $out"
