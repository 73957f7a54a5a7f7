#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The short version of the guarantee's simulations: certificates of the shipped program
# against known truth, and a setting that must overrun, so that this test can fail.
# once: processes and files, whatever the compiler (tools/run-tests)
. "$(dirname "$0")/tap.sh"

case ${O:-} in
    *asan* | *tsan* | *debug* | *clang*)
        skip "the guarantee's simulations" "one release build only: they are about numbers"
        done_testing
        exit ;;
esac
# How many settings of the last line have this verdict; shifts are not counted.
count() {
    tail -1 out | WANT=$1 perl -MJSON::PP -ne '
        print scalar grep { !$_->{shift} && $_->{verdict} eq $ENV{WANT} }
            @{ decode_json($_)->{settings} }'
}
run "$ROOT/bench/guarantee" --quick --seed 1 --report report.md
is "it says that all is well" $STATUS 0
is "no setting overruns" "$(count overruns)" 0
ok "three of the program hold, and those of the policy" test "$(count holds)" -ge 3
ok "and the report says so" grep -q '^| truncation | binary | ' report.md
run "$ROOT/bench/guarantee" --self-test --replicates 4 --generations 1 --seed 1
is "where nobody looks at what seems harmless, it says so" "$STATUS $(count overruns)" "1 1"
done_testing
