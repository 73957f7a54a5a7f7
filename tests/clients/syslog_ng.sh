# SPDX-License-Identifier: Apache-2.0
# syslog_ng.sh - syslog-ng where it is installed, or where tools/install-deps unpacks it:
# its package and rsyslog's exclude each other. Sourced after tests/scenario/server.sh.
if [ -x "$ROOT/build/peers/usr/sbin/syslog-ng" ]; then
    ng_lib=$ROOT/build/peers/usr/lib/syslog-ng
    ng=(env "LD_LIBRARY_PATH=$ng_lib" "$ROOT/build/peers/usr/sbin/syslog-ng" --module-path "$ng_lib/3.38")
elif command -v syslog-ng >/dev/null; then
    ng=(syslog-ng)
else
    ng=()
fi
ng_version() { "${ng[@]}" --version | head -1; }
# ng_can MODULE: is it there?
ng_can() { [ ${#ng[@]} -gt 0 ] && "${ng[@]}" --version | grep -q "^Available-Modules:.*[ ,]$1\(,\|$\)"; }
# follow NAME FILE: syslog-ng with the destination on standard input, `d`, for the lines of
# FILE, for which no file of before is needed; its process is in NAME.pid.
follow() {
    cat >"$1.conf" <<EOF
@version: 3.38
options { use-dns(no); keep-hostname(yes); stats-freq(0); time-reopen(1); log-fifo-size(100000); };
source s { file("$DIR/$2" flags(no-parse) program-override("shop") follow-freq(0.1) read-old-records(yes)); };
$(cat)
log { source(s); destination(d); flags(flow-control); };
EOF
    "${ng[@]}" -F --no-caps -f "$DIR/$1.conf" -R "$DIR/$1.persist" -p "$DIR/$1.ngpid" \
        -c "$DIR/$1.ctl" >"$1.out" 2>&1 &
    echo $! >"$1.pid"
}
unfollow() { # NAME: asks it to end, which writes down how far it came
    kill "$(cat "$1.pid")" 2>/dev/null || sed 's/^/# /' "$1.out" | head -8
    wait "$(cat "$1.pid")" 2>/dev/null
    rm "$1.pid"
}
