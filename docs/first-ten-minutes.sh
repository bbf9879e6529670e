#!/usr/bin/env bash
# first-ten-minutes.sh - writes docs/FIRST-TEN-MINUTES.md: runs its commands on corpus/, each
# on a terminal of 80 columns, and puts what they print below them.
#
#   make first-ten-minutes        (or: docs/first-ten-minutes.sh > docs/FIRST-TEN-MINUTES.md)
#
# The same build prints the same page: the index is made anew, nothing of the user's counts,
# and times are replaced.
set -eu

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=${AQ_BUILD:-build/release}
case $build in /*) ;; *) build=$root/$build ;; esac
for program in script jq "$build/bin/aq" "$build/bin/aq-index"; do
    command -v "$program" >/dev/null || { echo "first-ten-minutes.sh: no $program" >&2; exit 1; }
done
home=$(mktemp -d)
trap 'rm -rf "$home"' EXIT
cp -r "$root/corpus/threads" "$home/forum"
cd "$home"

# shows COMMAND [LINES]: the command and what it prints, no more than so many lines of it
shows() {
    printf '$ %s\n' "$1"
    # The session of a person: a terminal, a home, no colours that a page could not show.
    env -i PATH="$build/bin:/usr/bin:/bin" HOME="$home" TZ=UTC LC_ALL=C.UTF-8 TERM=xterm SHELL=/bin/bash NO_COLOR=1 \
        AQ_PAGER=cat script -qec "stty rows 24 cols 80; $1" /dev/null </dev/null >"$home/.screen" || true
    # Of lines that were written over (progress) the last state stays.
    sed -E -e 's/\r+$//' -e 's/.*\r//' -e 's/\x1b\[[0-9;]*[A-Za-z]//g' "$home/.screen" |
        sed -E -e 's/, [0-9.]+ ms$/, 0.5 ms/' \
            -e 's/ in [0-9.]+ s, [0-9.]+ MB\/s/ in 0.04 s, 3 MB\/s/' >"$home/.text"
    if [ "$(wc -l <"$home/.text")" -gt "${2:-1000}" ]; then
        head -n "$2" "$home/.text"
        echo '⋮'
    else
        cat "$home/.text"
    fi
}

# has COMMAND: this aq has it
has() { "$build/bin/aq" help "$1" >/dev/null 2>&1; }

cat <<'END'
# The first ten minutes

A session at a terminal of 80 columns, from an export of a forum to answers. `forum` is a
directory of JSON Lines, as many forums export them; it is `corpus/threads` of this
repository, so all of this can be typed again. (On a terminal the words that were found are
red, titles bold and ids blue, and what is longer than the screen goes through less, which
here ends at a ⋮. The page is made by `docs/first-ten-minutes.sh`.)

## Index it

```
END
shows 'aq-index add forum'
cat <<'END'
```

That is all the setting up there is: the index is in `~/.local/share/aq`, where aq looks for
it. Adding the same files again changes nothing, adding newer ones adds what is new.

## Search

```
END
shows 'aq -n 2 persona superintelligence'
cat <<'END'
```

What has both words comes first, then what has one of them. Compounds are words, and words
that occur nowhere are told, but never empty the list:

```
END
shows 'aq -n 1 load-bearing persona xyzzy'
cat <<'END'
```

## Narrow it down

By author, date, points and more; without any word it lists what there is, the newest first.

```
END
shows 'aq -n 1 author:ostrakon date:2024-05 mask'
shows "aq -n 2 is:post 'score:>=50' date:2024.."
cat <<'END'
```

Who speaks of it?

```
END
shows 'aq -n 0 --facet author:5 persona'
cat <<'END'
```

Quotation marks ask for the words exactly as they are; `-` leaves out, `+` wants.

```
END
shows "aq -n 1 '\"the grain of the wood\" -chess'"
shows "aq -n 1 'mask AND (theatre OR actor)'"
cat <<'END'
```

There is more: words near each other, beginnings of words, slips of the pen, synonyms; all of
it is in [QUERY.md](QUERY.md).

END
if has suggest; then
    cat <<'END'
What might one ask for? Words of the index that begin so:

```
END
    shows 'aq suggest pers' 8
    cat <<'END'
```

A slip of the pen is told, never corrected behind one's back:

```
END
    shows 'aq superinteligence'
    cat <<'END'
```

END
fi
cat <<'END'
## Read on

Each hit ends in its id. `aq show` prints the comment whole, with what it replies to and its
replies.

```
END
shows 'aq show takeoff-16'
cat <<'END'
```

The whole thread, as a tree, with that comment marked; in less it opens there.

```
END
shows 'aq thread takeoff-16' 34
cat <<'END'
```

With `-C 1` a search shows around each hit what it answers and its first answer.

```
END
shows "aq -C 1 -n 1 'load-bearing temporary'"
cat <<'END'
```

And what else is about the same, anywhere in the index?

```
END
shows 'aq related -n 2 takeoff-9'
cat <<'END'
```

## Hand it on

To scripts as lines or as JSON, errors included:

```
END
shows "aq -n 3 --format '{id}\\t{author}\\t{date}' persona"
shows "aq --json -n 2 café | jq -r 'select(.type == \"hit\") | .id, .url'"
shows 'aq --json show nobody | jq .status'
cat <<'END'
```

To the eye, with fzf: [TERMINAL.md](TERMINAL.md). All commands: `aq --help`; all of each:
`aq help thread`, or aq(1).
END
