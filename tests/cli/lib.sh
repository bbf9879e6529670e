# shellcheck shell=bash disable=SC2034
# lib.sh - what the tests of the programs share; source it first. Finds the build,
# makes a directory of its own and an environment that is the same everywhere, and
# speaks TAP. End a test with `finish`.
set -u

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd) || exit 1
build=${AQ_BUILD:-build/release}
case $build in /*) ;; *) build=$root/$build ;; esac
aq=$build/bin/aq
aq_index=$build/bin/aq-index

tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' INT TERM HUP

export LC_ALL=C TZ=UTC SHELL=/bin/sh TERM=xterm-256color HOME=$tmp/home
mkdir "$HOME"
unset AQ_INDEX AQ_PAGER PAGER LESS COLUMNS NO_COLOR XDG_DATA_HOME XDG_CONFIG_HOME TMUX STY TERM_PROGRAM VTE_VERSION \
    KITTY_WINDOW_ID WT_SESSION KONSOLE_VERSION DOMTERM ALACRITTY_WINDOW_ID

tests=0
failures=0

# skip_all REASON
skip_all() {
    echo "1..0 # SKIP $1"
    exit 0
}

# need PROGRAM...
need() {
    local program
    for program in "$@"; do
        [ -x "$program" ] || command -v "$program" >/dev/null 2>&1 || skip_all "no $program"
    done
}

# ok STATUS NAME: passes when STATUS is 0
ok() {
    tests=$((tests + 1))
    if [ "$1" = 0 ]; then
        echo "ok $tests - $2"
    else
        failures=$((failures + 1))
        echo "not ok $tests - $2"
    fi
}

# is GOT WANT NAME
is() {
    [ "$1" = "$2" ]
    ok $? "$3"
    [ "$1" = "$2" ] || diff <(printf '%s\n' "$2") <(printf '%s\n' "$1") | sed 's/^/# /' | cat -v
}

# like GOT REGEX NAME (extended, any line)
like() {
    grep -Eq -e "$2" <<<"$1"
    ok $? "$3"
    grep -Eq -e "$2" <<<"$1" || printf '%s\n' "wanted: $2" "got: $1" | cat -v | sed 's/^/# /'
}

# unlike GOT REGEX NAME
unlike() {
    ! grep -Eq -e "$2" <<<"$1"
    ok $? "$3"
    ! grep -Eq -e "$2" <<<"$1" || printf '%s\n' "unwanted: $2" "got: $1" | cat -v | sed 's/^/# /'
}

# run COMMAND...: sets status, out and err
run() {
    "$@" >"$tmp/out" 2>"$tmp/err" </dev/null
    status=$?
    out=$(cat "$tmp/out")
    err=$(cat "$tmp/err")
}

# gives STATUS COMMAND... -- NAME: runs and compares the exit status
gives() {
    local want=$1 command=()
    shift
    while [ $# -gt 2 ]; do
        command+=("$1")
        shift
    done
    run "${command[@]}"
    is "$status" "$want" "$2"
}

# on_tty ROWS COLUMNS COMMAND...: the same on a terminal; out is both streams
on_tty() {
    local size="stty rows $1 cols $2" command
    shift 2
    printf -v command '%q ' "$@"
    script -qec "$size; exec $command" /dev/null >"$tmp/out" 2>/dev/null </dev/null
    status=$?
    out=$(tr -d '\r' <"$tmp/out")
    err=
}

finish() {
    echo "1..$tests"
    [ "$failures" = 0 ]
    exit
}
