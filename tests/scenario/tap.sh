# SPDX-License-Identifier: Apache-2.0
# tap.sh - what the scenarios share: TAP lines, a directory of their own, sample data.
# Sourced by bash scripts; `done_testing` is the last line of each.
set -u
: "${YAGURA:=$(realpath "$(dirname "${BASH_SOURCE[0]}")/../../build/release/yagura")}"
export LC_ALL=C TZ=UTC
unset YAGURA_HOME
TESTS=0 FAILED=0
ROOT=$(realpath "$(dirname "${BASH_SOURCE[0]}")/../..")
DATA=${YAGURA_DATA:-$(realpath -m "$ROOT/../shared/data")}
DIR=$(mktemp -d "${TMPDIR:-/tmp}/yagura-test.XXXXXX") || exit 2
trap 'cd /; rm -rf "$DIR"' EXIT
cd "$DIR" || exit 2

# result STATUS NAME: one test line.
result() {
    TESTS=$((TESTS + 1))
    if [ "$1" -eq 0 ]; then
        echo "ok $TESTS - $2"
    else
        FAILED=$((FAILED + 1))
        echo "not ok $TESTS - $2"
    fi
}
ok() { # NAME COMMAND...: the command succeeds (its output is kept off the TAP stream)
    local name=$1
    shift
    "$@" >/dev/null 2>ok.err
    local st=$?
    [ $st -eq 0 ] || sed 's/^/# /' ok.err
    result $st "$name"
}
is() { # NAME GOT WANT
    [ "$2" = "$3" ]
    local st=$?
    [ $st -eq 0 ] || printf '# got:  %s\n# want: %s\n' "$2" "$3"
    result $st "$1"
}
same() { # NAME FILE FILE...: all files hold the same bytes, and some
    local name=$1 first=$2 f st=0
    shift
    [ -s "$first" ] || st=1
    for f in "$@"; do
        cmp "$first" "$f" >cmp.out 2>&1 || { st=1; sed 's/^/# /' cmp.out; }
    done
    result $st "$name"
}
skip() { # NAME WHY
    TESTS=$((TESTS + 1))
    echo "ok $TESTS - $1 # skip $2"
}
done_testing() {
    echo "1..$TESTS"
    [ "$FAILED" -eq 0 ]
}
# run COMMAND...: standard output in `out`, standard error in `err`, status in STATUS.
run() {
    "$@" >out 2>err </dev/null
    STATUS=$?
}
# expect NAME STATUS ERROR-PATTERN COMMAND...: this status, and one line of error that
# matches (no line, for an empty pattern).
expect() {
    local name=$1 want=$2 pattern=$3 st=0
    shift 3
    run "$@"
    [ "$STATUS" -eq "$want" ] || { st=1; echo "# status $STATUS, not $want"; }
    if [ -z "$pattern" ]; then
        [ ! -s err ] || st=1
    else
        [ "$(wc -l <err)" -eq 1 ] && grep -qE -- "$pattern" err || st=1
    fi
    [ $st -eq 0 ] || head -5 err | sed 's/^/# /'
    result $st "$name"
}
# field NAME [FILE]: a number of the JSON object in FILE (default: out).
field() { sed -n "s/.*\"$1\":\([0-9]*\).*/\1/p" "${2:-out}" | head -1; }
# sums [FILE]: received = stored + duplicate + filtered + refused?
sums() {
    local f=${1:-out}
    [ -n "$(field received "$f")" ] &&
        [ "$(field received "$f")" -eq $(($(field stored "$f") + $(field duplicate "$f") + \
            $(field filtered "$f") + $(field refused "$f"))) ]
}
# make_sample DIR SEED ALERTS THREATS [OPTION...]: three customers, two days.
make_sample() {
    local dir=$1 seed=$2 alerts=$3 threats=$4
    shift 4
    "$YAGURA" sample --quiet --seed "$seed" --tenants 3 --days 2 --alerts "$alerts" \
        --threats "$threats" "$@" "$dir" >/dev/null
}
SAMPLE_TENANTS="aoba-01 birch-02 cedar-03"
# import_tenant STORE SAMPLE TENANT [OPTION...]: all devices, with verdicts.
import_tenant() {
    local st=$1 s=$2 t=$3
    shift 3
    "$YAGURA" import --data "$st" --tenant "$t" --json --verdicts "$s/$t/verdicts.csv" "$@" \
        "$s/$t"/day-*/eve.json "$s/$t"/day-*/wazuh.json &&
        "$YAGURA" import --data "$st" --tenant "$t" --json \
            --verdicts "$s/$t/verdicts.csv" --map "$s/firewall.map.yaml" "$@" \
            "$s/$t"/day-*/firewall.csv &&
        "$YAGURA" import --data "$st" --tenant "$t" --json --map "$s/web.map.yaml" "$@" \
            "$s/$t"/day-*/access.log
}
import_sample() { # STORE SAMPLE [OPTION...]
    local st=$1 s=$2 t
    shift 2
    for t in $SAMPLE_TENANTS; do import_tenant "$st" "$s" "$t" "$@" || return; done
}
