#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# yagura serve over a store of hostile texts: addresses, headers, refusals, shutdown.
cd "$(dirname "$0")/../.." || exit 2
O=${O:-build/release} YAGURA=${YAGURA:-$O/yagura}
tmp=$(mktemp -d) server=
trap '[ -z "$server" ] || kill -9 $server 2>/dev/null; rm -rf "$tmp"' EXIT

n=0
is() { # name got want
    n=$((n + 1))
    if [ "$2" = "$3" ]; then echo "ok $n - $1"; else
        echo "not ok $n - $1"; echo "#   got: $2"; echo "#  want: $3"; fi
}
holds() { # name file text
    n=$((n + 1))
    if grep -qF -- "$3" "$2"; then echo "ok $n - $1"; else
        echo "not ok $n - $1"; echo "#  no '$3' in:"; head -c 600 "$2" | sed 's/^/#  /'; fi
}
lacks() {
    n=$((n + 1))
    if grep -qiF -- "$3" "$2"; then echo "not ok $n - $1"; echo "#  holds '$3'"; else
        echo "ok $n - $1"; fi
}
ask() { # path, curl options: body in $tmp/body, headers in $tmp/head, prints the status
    local path=$1; shift
    curl -s --max-time 20 -o "$tmp/body" -D "$tmp/head" -w '%{http_code}' "$@" "$url$path"
}
header() { tr -d '\r' <"$tmp/head" | sed -n "s/^$1: //Ip"; }
start() { # options: starts the server, sets url and server
    : >"$tmp/out" # what an earlier command wrote there is no sign of life
    "$YAGURA" serve --data "$tmp/store" "$@" >"$tmp/out" 2>"$tmp/err" &
    server=$!
    for _ in $(seq 200); do
        [ -s "$tmp/out" ] && break
        kill -0 $server 2>/dev/null || break
        sleep 0.05
    done
    url=$(sed -n 's|^yagura: serving \(https*://.*\)/$|\1|p' "$tmp/out")
}
stop() { # signal: sets status
    kill -"$1" $server
    wait $server
    status=$? server=
}

"$O/tests/test_api" "$tmp/store" || { echo "Bail out! no test store"; exit 1; }

# wrong use
"$YAGURA" serve --data "$tmp/none" --listen 127.0.0.1:0 >"$tmp/out" 2>"$tmp/err"
is "no store: fails" $? 1
"$YAGURA" serve --data "$tmp/store" --listen 8433 >"$tmp/out" 2>"$tmp/err"
is "a bare port is wrong use" $? 2
"$YAGURA" serve --help >"$tmp/out"
holds "help tells of the first password" "$tmp/out" "printed once on standard error"

start --no-login --listen 127.0.0.1:0
is "nothing is written of people then" "$(ls "$tmp/store/service.db" 2>/dev/null)" ""
case $url in http://127.0.0.1:[1-9]*) got=yes ;; *) got="$url$(cat "$tmp/err")" ;; esac
is "prints its address on one line" "$got$(wc -l <"$tmp/out")" yes1
"$YAGURA" serve --data "$tmp/store" --listen "${url#http://}" >"$tmp/out2" 2>"$tmp/err"
is "a taken port fails" $? 1

# pages
is "queue page" "$(ask /)" 200
holds "... says that nobody is asked" "$tmp/body" "No login: whoever"
is "its type" "$(header Content-Type)" "text/html; charset=utf-8"
case $(header Content-Security-Policy) in
    "default-src 'none'; style-src 'self'; "*"frame-ancestors 'none'") got=strict ;;
    *) got=$(header Content-Security-Policy) ;; esac
is "Content-Security-Policy" "$got" strict
is "nosniff" "$(header X-Content-Type-Options)" nosniff
is "frames" "$(header X-Frame-Options)" DENY
is "referrer" "$(header Referrer-Policy)" same-origin
is "not kept" "$(header Cache-Control)" no-store
holds "hostile signature is text" "$tmp/body" "&lt;script&gt;alert(1)&lt;/script&gt;"
lacks "... and no markup" "$tmp/body" "<script"
holds "override is visible" "$tmp/body" '\u{202E}'
run=$(grep -o '/run/[0-9a-f]*' "$tmp/body" | head -1)
is "run page" "$(ask "$run")" 200
lacks "hostile record: no image" "$tmp/body" "<img"
lacks "hostile record: no script" "$tmp/body" "<script"
is "style sheet" "$(ask /style.css)" 200
is "its type" "$(header Content-Type)" "text/css; charset=utf-8"

# for programs
is "queue" "$(ask /api/v1/queue)" 200
is "its type" "$(header Content-Type)" application/json
perl -MJSON::PP -0777 -ne 'print decode_json($_)->{total}' <"$tmp/body" >"$tmp/total"
is "valid JSON, eight runs wait" "$(cat "$tmp/total")" 8
is "a run" "$(ask "/api/v1/runs/${run#/run/}")" 200
perl -MJSON::PP -0777 -ne 'print ref decode_json($_)->{list}{alerts}' <"$tmp/body" >"$tmp/total"
is "valid JSON of hostile bytes" "$(cat "$tmp/total")" ARRAY
is "health" "$(ask /healthz)$(cat "$tmp/body")" 200ok
is "metrics" "$(ask /metrics)" 200
holds "counts for Prometheus" "$tmp/body" "yagura_runs_waiting 8"

# verdicts
id=${run#/run/}
is "a verdict" "$(ask "/api/v1/runs/$id/verdict" -H 'Content-Type: application/json' \
    -d '{"level":"L1"}')$("$YAGURA" queue --data "$tmp/store" --json | grep -c "$id")" 2000
is "... by a form" "$(ask "$run/verdict" -d level=L2)$(header Location)" "303$run"
is "... from another site's page" "$(ask "$run/verdict" -d level=L2 -H 'Sec-Fetch-Site: cross-site')" 403
is "... taken back" "$(ask "/api/v1/runs/$id/verdict" -X DELETE)" 200
is "... and the one before it" "$(ask "$run/undo" -X POST -H 'Content-Type: application/x-www-form-urlencoded')" 303
is "... and then there is none" "$(ask "/api/v1/runs/$id/verdict" -X DELETE)" 404

is "... and all of it is in the trail" \
    "$("$YAGURA" trail --data "$tmp/store" --verb judge --json | grep -o '"begun"' | wc -l | sed 's/[1-9][0-9]*/some/')" some
is "a stream" "$(curl -sN --max-time 3 "$url/api/v1/stream" -o "$tmp/body"; head -1 "$tmp/body")" "event: queue"

# refusals
is "nothing there" "$(ask /api/v1/nothing)" 404
is "problem document" "$(header Content-Type)" application/problem+json
perl -MJSON::PP -0777 -ne 'print decode_json($_)->{status}' <"$tmp/body" >"$tmp/total"
is "... with its status" "$(cat "$tmp/total")" 404
is "problem has the security headers" "$(header X-Content-Type-Options)" nosniff
is "bad parameter" "$(ask '/api/v1/queue?page=x')" 400
for method in POST PUT DELETE OPTIONS PATCH; do
    is "$method is refused" "$(ask / -X $method -d x)" 405
done
is "... and GET named" "$(header Allow)" "GET, HEAD"
is "rebinding: unknown Host" "$(ask / -H 'Host: evil.example')" 421
lacks "... tells nothing of the queue" "$tmp/body" "alert(1)"
is "localhost is known" "$(ask / -H 'Host: localhost:8433')" 200
is "long address" "$(ask "/?tenant=$(printf 'x%.0s' $(seq 5000))")" 414
is "long header" "$(ask / -H "X-A: $(printf 'x%.0s' $(seq 70000))")" 431
is "%2e%2e stays a name" "$(ask '/run/%2e%2e/%2e%2e/etc/passwd' --path-as-is)" 404
is "a body is ignored" "$(ask / -X GET -d hello)" 200

# tags and compression
ask /style.css >/dev/null
tag=$(header ETag)
is "what has not changed is not sent again" "$(ask /style.css -H "If-None-Match: $tag")" 304
is "compressed on demand" "$(ask / -H 'Accept-Encoding: gzip')$(header Content-Encoding)" 200gzip

# HEAD: the same headers, no body
ask / >/dev/null
length=$(header Content-Length)
is "HEAD" "$(curl -s --max-time 20 -I -o "$tmp/head" -w '%{http_code} %{size_download}' "$url/")" "200 0"
is "... with the length of GET" "$(header Content-Length)" "$length"

# broken requests leave it standing
port=${url##*:}
for bytes in 'GET\r\n\r\n' 'GET / HTTP/9.9\r\n\r\n' '\x16\x03\x01\x02\x00\x01' \
    'GET /\x00 HTTP/1.1\r\nHost: localhost\r\n\r\n' 'GET / HTTP/1.1\r\n\r\n' \
    'GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n'; do
    { exec 3<>"/dev/tcp/127.0.0.1/$port" && printf "$bytes" >&3 &&
        timeout 1 cat <&3 >/dev/null; exec 3>&-; } 2>/dev/null
done
is "stands after broken requests" "$(ask /healthz)" 200

stop TERM
is "SIGTERM: exit 0" $status 0
start --listen 127.0.0.1:0
is "without --no-login it is HTTPS" "${url%://*}" https
for _ in $(seq 100); do [ -s "$tmp/store/console.pem" ] && break; sleep 0.1; done
is "... with a certificate of its own that holds for the address" "$(ask /healthz --cacert "$tmp/store/console.pem")" 200
holds "... and whose digest it says" "$tmp/err" "its SHA-256 is"
is "... and is asked for again" "$(header Strict-Transport-Security)" max-age=31536000
is "... the key is the server's alone" "$(stat -c %a "$tmp/store/console.key")" 600
made=$(openssl x509 -in "$tmp/store/console.pem" -noout -serial)
stop INT
is "SIGINT: exit 0" $status 0
start --listen 127.0.0.1:0
is "the next start has the same certificate" \
    "$(openssl x509 -in "$tmp/store/console.pem" -noout -serial)" "$made"
stop TERM
"$YAGURA" serve --data "$tmp/store" --listen 0.0.0.0:0 --no-login >"$tmp/out" 2>"$tmp/err"
is "--no-login is for this machine only" $? 2

# login: as a browser without script does it
start --listen 127.0.0.1:0
for _ in $(seq 100); do [ "$(ask /healthz -k)" = 200 ] && break; sleep 0.1; done
is "the password is told once, not again" "$(grep -c password "$tmp/err")" 0
rm "$tmp/store/service.db"
stop TERM
start --listen '0.0.0.0:0'
url=https://127.0.0.1:${url##*:}
for _ in $(seq 100); do [ "$(ask /healthz -k)" = 200 ] && break; sleep 0.1; done
password=$(sed -n 's/.*the user is admin, the password //p' "$tmp/err")
is "a password of 24 characters" "${#password}" 24
is "without a session one is sent to the login" "$(ask / -k)$(header Location)" "303/login?to=%2F"
is "... programs are told" "$(ask /api/v1/queue -k)$(header WWW-Authenticate)" '401Bearer realm="yagura"'
is "metrics are not for everybody" "$(ask /metrics -k)" 401
is "the login page" "$(ask /login -k)" 200
is "a wrong password" "$(ask /login -k -d 'name=admin' -d 'password=wrong')" 401
lacks "... gives no cookie" "$tmp/head" set-cookie
is "from another site" "$(ask /login -k -d name=admin --data-urlencode "password=$password" \
    -H 'Sec-Fetch-Site: cross-site')" 403
is "the right one" "$(ask /login -k -c "$tmp/jar" -d name=admin \
    --data-urlencode "password=$password")$(header Location)" 303/password
case $(header Set-Cookie) in
    __Host-yagura=*"; Path=/; Secure; HttpOnly; SameSite=Strict") got=strict ;;
    *) got=$(header Set-Cookie) ;; esac
is "its cookie" "$got" strict
session=$(header Set-Cookie); session=${session%%;*}
is "first the password must be changed" "$(ask / -k -H "Cookie: $session")$(header Location)" 303/password
is "... programs are told" "$(ask /api/v1/queue -k -H "Cookie: $session")" 403
is "the page for it" "$(ask /password -k -H "Cookie: $session")" 200
csrf=$(sed -n 's/.*name="csrf" value="\([^"]*\)".*/\1/p' "$tmp/body" | tail -1)
fresh='seven green lamps by the river'
change() { ask /password -k -H "Cookie: $session" --data-urlencode "password=$password" \
    --data-urlencode "fresh=$fresh" "$@"; }
is "a change without the form's text" "$(change)" 403
is "... with another one" "$(change -d csrf=AAAA)" 403
is "... with it" "$(change --data-urlencode "csrf=$csrf")$(header Location)" 303/
is "the old session has ended" "$(ask /api/v1/queue -k -H "Cookie: $session")" 401
is "the new password" "$(ask /api/v1/session -k -H 'Content-Type: application/json' \
    -d "{\"name\":\"admin\",\"password\":\"$fresh\"}")" 200
session=$(header Set-Cookie); session=${session%%;*}
csrf=$(perl -MJSON::PP -0777 -ne 'print decode_json($_)->{csrf}' <"$tmp/body")
is "the queue" "$(ask / -k -H "Cookie: $session")" 200
holds "... says who looks" "$tmp/body" "<bdi>admin</bdi>"
is "metrics" "$(ask /metrics -k -H "Cookie: $session")" 200
is "logout needs its text" "$(ask /api/v1/session -k -X DELETE -H "Cookie: $session")" 403
is "logout" "$(ask /api/v1/session -k -X DELETE -H "Cookie: $session" -H "X-CSRF-Token: $csrf")" 200
is "... is one" "$(ask /api/v1/queue -k -H "Cookie: $session")" 401
stop TERM
is "stops" $status 0
echo "1..$n"
