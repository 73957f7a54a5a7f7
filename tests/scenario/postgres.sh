# SPDX-License-Identifier: Apache-2.0
# postgres.sh - a real PostgreSQL server for a scenario, in a folder of its own, spoken to
# by a Unix socket only. Sourced after tap.sh; it ends with the script.
PGDIR=
trap '[ -z "${server-}" ] || kill -9 $server 2>/dev/null; stop_postgres; kill $(cat "$DIR"/*.pid 2>/dev/null) 2>/dev/null; cd / && rm -rf "$DIR"' EXIT

# The server refuses to be root.
as_postgres() {
    if [ "$(id -u)" -eq 0 ]; then
        setpriv --reuid="$PGUSER_OS" --regid="$(id -g "$PGUSER_OS")" --clear-groups "$@"
    else
        "$@"
    fi
}
start_postgres() { # false: there is none here (WHY)
    PGBIN=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | tail -1)
    WHY="PostgreSQL's server is not installed (tools/install-deps test)"
    [ -x "$PGBIN/initdb" ] || return 1
    PGUSER_OS=postgres
    id postgres >/dev/null 2>&1 || PGUSER_OS=nobody
    PGDIR=$(mktemp -d /tmp/yagura-postgres.XXXXXX) && chmod 755 "$PGDIR" || return 1
    [ "$(id -u)" -ne 0 ] || chown "$PGUSER_OS" "$PGDIR"
    WHY="initdb failed"
    (cd / && as_postgres "$PGBIN/initdb" -D "$PGDIR/data" -U tester -A trust -E UTF8 \
        --locale-provider=icu --icu-locale=en --locale=C.UTF-8 --no-sync) \
        >"$DIR/initdb.out" 2>&1 || return 1
    run_postgres
}
run_postgres() {
    (cd / && as_postgres "$PGBIN/pg_ctl" -D "$PGDIR/data" -w -t 60 -l "$PGDIR/log" -o \
        "-k $PGDIR -c listen_addresses= -c shared_buffers=32MB ${1-}" start) \
        >"$DIR/pg_ctl.out" 2>&1
    local st=$?
    WHY="the server does not answer"
    return $st
}
stop_postgres() {
    [ -n "$PGDIR" ] || return 0
    (cd / && as_postgres "$PGBIN/pg_ctl" -D "$PGDIR/data" -m "${1:-immediate}" stop) \
        >/dev/null 2>&1
    [ -n "${1-}" ] || rm -rf "$PGDIR"
}
database() { # NAME: a new one
    "$PGBIN/createdb" -h "$PGDIR" -U tester "$1"
}
address() { # NAME
    echo "postgresql:///$1?host=$PGDIR&user=tester"
}
query() { # NAME SQL: its rows
    "$PGBIN/psql" -h "$PGDIR" -U tester -d "$1" -X -q -A -t -v ON_ERROR_STOP=1 -c "$2"
}
