#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What the TLS inputs accept, asked with OpenSSL and GnuTLS: versions, suites, groups,
# tickets, renegotiation, certificates. Both inputs must accept the same, and no more than
# what stands here; an old server of OpenSSL shows that the questions can be answered.
# once: processes and files, whatever the compiler (tools/run-tests)
. "$(dirname "$0")/tap.sh"
. "$ROOT/tests/scenario/server.sh"
echo "# $(openssl version); $(gnutls-cli --version 2>/dev/null | head -1 || echo no gnutls-cli)"

authority ca && authority other && signed server ca -days 2 && signed client ca -days 2 &&
    signed stranger other -days 2 && signed expired ca -days -1
is "certificates are made" $? 0
KEY="ec -pkeyopt ec_paramgen_curve:P-256" signed renewed ca -days 2
for i in tls https; do cp server.pem $i.pem && cp server.key $i.key; done
cp ca.pem clients.pem
tls=$(free_port) mutual=$(free_port) https=$(free_port) certified=$(free_port) old=$(free_port)
{
    settings
    cat <<EOF
  - { type: syslog, source: tls, listen: "127.0.0.1:$tls", transport: tls,
      certificate: tls.pem, key: tls.key }
  - { type: syslog, source: mutual, listen: "127.0.0.1:$mutual", transport: tls,
      certificate: server.pem, key: server.key, client_ca: clients.pem }
  - { type: http, source: https, listen: "127.0.0.1:$https",
      certificate: https.pem, key: https.key }
  - { type: http, source: certified, listen: "127.0.0.1:$certified",
      certificate: server.pem, key: server.key, client_ca: clients.pem }
EOF
} >y.yaml
serve
is "the server begins" $? 0
openssl s_server -www -accept "$old" -cert server.pem -key server.key -serverpref \
    -client_renegotiation -cipher 'ALL:COMPLEMENTOFALL@SECLEVEL=0' </dev/zero >old.log 2>&1 &
echo $! >old.pid
for _ in $(seq 50); do ! grep -q ACCEPT old.log || break; sleep 0.1; done

# client PORT OPTION...: what s_client says of the connection; nothing is sent.
client() {
    local port=$1
    shift
    timeout 10 openssl s_client -connect "127.0.0.1:$port" -CAfile ca.pem "$@" </dev/null 2>&1
}
# shaken PORT OPTION...: the suite that was agreed on, or none.
shaken() { client "$@" | sed -n 's/^New, .*, Cipher is //p' | sed 's/(NONE)/none/' | head -1; }
# renewals PORT: how often a new handshake within the connection showed a certificate.
renewals() {
    (sleep 0.5; echo R; sleep 1; echo Q) | timeout 10 openssl s_client -tls1_2 -cipher "$weak" \
        -connect "127.0.0.1:$1" 2>&1 | sed '1,/^RENEGOTIATING/d' | grep -c '^verify return:1'
}
weak='ALL:COMPLEMENTOFALL@SECLEVEL=0'

for v in tls1 tls1_1; do
    is "control: an old server accepts $v" \
        "$(shaken "$old" -$v -cipher "$weak" | grep -c SHA)" 1
    for i in tls:$tls https:$https; do
        is "${i%:*}: $v is refused" "$(shaken "${i#*:}" -$v -cipher "$weak")" none
    done
done
is "control: an old server renegotiates" "$([ "$(renewals "$old")" -gt 0 ]; echo $?)" 0
is "control: an old server accepts a suite without forward secrecy" \
    "$(shaken "$old" -tls1_2 -cipher AES256-SHA@SECLEVEL=0)" AES256-SHA

want='ECDHE-RSA-AES128-GCM-SHA256 ECDHE-RSA-AES256-GCM-SHA384 ECDHE-RSA-CHACHA20-POLY1305'
# All are offered, what is chosen is left out the next time, until nothing is chosen.
suites=$(openssl ciphers -s -tls1_2 "$weak" | tr : ' ')
for i in tls:$tls https:$https; do
    got= left=$suites
    while s=$(shaken "${i#*:}" -tls1_2 -cipher "$(tr ' ' : <<<"$left")@SECLEVEL=0") && [ "$s" != none ]; do
        got="$got $s" left=$(tr ' ' '\n' <<<"$left" | grep -vx -- "$s" | xargs)
    done
    is "${i%:*}: of $(wc -w <<<"$suites") suites of TLS 1.2, these are accepted" \
        "$(tr ' ' '\n' <<<"$got" | sort | xargs)" "$want"
    got=
    for s in TLS_AES_128_GCM_SHA256 TLS_AES_256_GCM_SHA384 TLS_CHACHA20_POLY1305_SHA256 \
        TLS_AES_128_CCM_SHA256 TLS_AES_128_CCM_8_SHA256; do
        [ "$(shaken "${i#*:}" -tls1_3 -ciphersuites $s)" != $s ] || got="$got $s"
    done
    is "${i%:*}: suites of TLS 1.3" "$got" \
        " TLS_AES_128_GCM_SHA256 TLS_AES_256_GCM_SHA384 TLS_CHACHA20_POLY1305_SHA256"
    is "${i%:*}: the server chooses" "$(shaken "${i#*:}" -tls1_2 -cipher \
        'ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384')" ECDHE-RSA-AES256-GCM-SHA384
    is "${i%:*}: finite-field groups are refused" \
        "$(shaken "${i#*:}" -tls1_3 -groups ffdhe2048)" none
    is "${i%:*}: SHA-1 signatures are refused" \
        "$(shaken "${i#*:}" -tls1_2 -sigalgs RSA+SHA1 -cipher "$weak")" none
    client "${i#*:}" -tls1_2 >said
    is "${i%:*}: no compression, secure renegotiation known, the certificate is good" \
        "$(grep -c '^Compression: NONE\|^Secure Renegotiation IS supported\|^ *Verify return code: 0' said)" 3
    client "${i#*:}" -tls1_2 -reconnect >said
    is "${i%:*}: no session is resumed" "$(grep -c '^New' said) $(grep -c '^Reused' said)" "6 0"
    is "${i%:*}: no tickets in TLS 1.3" \
        "$( (sleep 0.5; echo Q) | timeout 10 openssl s_client -connect "127.0.0.1:${i#*:}" \
            -tls1_3 2>&1 | grep -c 'New Session Ticket arrived')" 0
    is "${i%:*}: a client's new handshake is refused" "$(renewals "${i#*:}")" 0
    if command -v gnutls-cli >/dev/null; then
        for s in AES-128-GCM ARCFOUR-128 3DES-CBC NULL AES-128-CBC; do
            gnutls-cli --insecure -p "${i#*:}" 127.0.0.1 </dev/null >said 2>&1 \
                --priority "NORMAL:-VERS-ALL:+VERS-TLS1.2:-CIPHER-ALL:+$s:+SHA1:%VERIFY_ALLOW_BROKEN"
            is "${i%:*}: GnuTLS with $s alone" "$?" $([ $s = AES-128-GCM ]; echo $?)
        done
    fi
done

# ---- certificates ------------------------------------------------------------------------
# A record that is stored is the proof: in TLS 1.3 a client believes that all is well first.
n=0
said_by() { # certificate or ''
    local with=()
    [ -z "$1" ] || with=(-cert "$1.pem" -key "$1.key")
    n=$((n + 1))
    (echo "<13>1 - host app - - - record $n by $1"; sleep 0.3) |
        timeout 10 openssl s_client -quiet -connect "127.0.0.1:$mutual" -CAfile ca.pem \
            "${with[@]}" >said 2>&1
}
for who in '' stranger expired client; do said_by "$who"; done
is "tls: only a client with a certificate of the CA is heard" "$(settle mutual 1)" 1
is "tls: who has none, another's or an old one is counted" "$(of mutual rejected)" 3
post() { curl -sS --cacert ca.pem -o said -w '%{http_code}' -d x "$@" \
    "https://localhost:$certified/ingest" 2>curl.err; }
is "https: no certificate" "$(post)" 403
is "https: another's" "$(post --cert stranger.pem --key stranger.key)" 403
is "https: an old one" "$(post --cert expired.pem --key expired.key)" 403
is "https: one of the CA" "$(post --cert client.pem --key client.key)" 200

# ---- files that change -------------------------------------------------------------------
# until_is WANT COMMAND...: what the command says, as soon as it is this; at the latest then.
until_is() {
    local want=$1 said=
    shift
    for _ in $(seq 30); do
        said=$("$@")
        [ "$said" != "$want" ] || break
        sleep 0.2
    done
    echo "$said"
}
subject() { client "$1" | sed -n 's/^subject=CN = //p'; }
for i in tls:$tls https:$https; do
    cp renewed.key "${i%:*}.key" # not of this certificate
    sleep 1.2
    is "${i%:*}: a key of another certificate leaves both in force" "$(subject "${i#*:}")" server
    cp renewed.pem "${i%:*}.pem"
    is "${i%:*}: a renewed certificate is taken" "$(until_is renewed subject "${i#*:}")" renewed
    is "${i%:*}: with an ECDSA key, too" \
        "$(shaken "${i#*:}" -tls1_2)" ECDHE-ECDSA-AES256-GCM-SHA384
done
cp other.pem clients.pem
is "https: another client_ca is taken" \
    "$(until_is 200 post --cert stranger.pem --key stranger.key)" 200
is "https: what the former one signed is refused" \
    "$(post --cert client.pem --key client.key)" 403
sleep 1.2
before=$(of mutual rejected)
said_by client
is "tls: what the former client_ca signed is refused" \
    "$(settle mutual $((before + 1)) rejected)" $((before + 1))
said_by stranger
is "tls: what the new one signed is heard" "$(settle mutual 2)" 2
ok "every record is accounted for" accounted
stop
is "and ends" $? 0
done_testing
