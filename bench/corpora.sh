#!/usr/bin/env bash
# Indexes each corpus from nothing and prints one table row for it: what was read,
# speed on text, sizes per text byte, peak memory.
#
#   bench/corpora.sh [-b BUILD] [-w WORKDIR] FILE...
#
# Speed is the program's own figure (text bytes over the time from the first record
# to the durable commit); memory is the kernel's maximum resident set, which
# includes mapped pages of the index.
set -eu
build=build/release
work=
while getopts b:w: option; do
  case $option in
  b) build=$OPTARG ;;
  w) work=$OPTARG ;;
  *) exit 2 ;;
  esac
done
shift $((OPTIND - 1))
[ -n "$work" ] || { work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; }
printf 'corpus\tread\tadded\treplaced\tskipped\tcomments\tpassages\tquotes\ttext MB\tMB/s\tpostings/text\tstored text/text\tfile/text\tpeak MB\tcheck\n'
for file in "$@"; do
  name=$(basename "$file" | sed 's/\.[a-z]*\(\.zst\|\.gz\)*$//')
  rm -rf "${work:?}/$name"
  /usr/bin/time -f '%M' -o "$work/$name.mem" \
    "$build/bin/aq-index" add -i "$work/$name" "$file" > "$work/$name.out" 2> "$work/$name.err"
  check=$("$build/bin/aq" check -i "$work/$name" > "$work/$name.check" 2>&1 && echo ok || echo FAILED)
  "$build/bin/aq" stats -i "$work/$name" --json > "$work/$name.json"
  number() { sed -n "s/.*[: ]\([0-9,]*\) $1.*/\1/p" "$work/$name.out" | head -n 1 | tr -d ,; }
  word() { grep -o " [0-9,]* $1" "$work/$name.out" | head -n 1 | tr -dc 0-9; }
  speed=$(sed -n 's/.*, \([0-9.]*\) MB\/s.*/\1/p' "$work/$name.out")
  jq -r --arg name "$name" --arg read "$(sed -n 's/^read \([0-9,]*\):.*/\1/p' "$work/$name.out" | tr -d ,)" \
    --arg added "$(word added)" --arg replaced "$(word replaced)" --arg skipped "$(word skipped)" \
    --arg speed "$speed" --arg mem "$(tail -n 1 "$work/$name.mem")" --arg check "$check" '
    def per(x): (x / .text_bytes * 1000 | round) / 1000;
    [$name, $read, $added, ($replaced | if . == "" then "0" else . end), ($skipped | if . == "" then "0" else . end),
     .comments, .passages, .quote_passages, (.text_bytes / 100000 | round) / 10, $speed,
     per(.posting_bytes), per(.stored_text_bytes), per(.file_bytes), (($mem | tonumber) / 1024 | round), $check]
    | @tsv' "$work/$name.json"
done
