/* SPDX-License-Identifier: Apache-2.0 */
#include "packet/dnsname.h"

#include "base/cursor.h"
#include "packet/packet.h"

#include <stdio.h>

#define LABELS_MAX 128

static void put(struct yg_dnsname *out, char c)
{
    if (out->n < sizeof(out->text))
        out->text[out->n++] = c;
}

static bool is_plain(unsigned char c)
{
    return c > 0x20 && c < 0x7f && c != '\\' && c != '.';
}

static void put_byte(struct yg_dnsname *out, unsigned char c)
{
    if (is_plain(c)) {
        put(out, (char)(c >= 'A' && c <= 'Z' ? c | 0x20 : c));
        return;
    }
    put(out, '\\');
    put(out, (char)('0' + c / 100));
    put(out, (char)('0' + c / 10 % 10));
    put(out, (char)('0' + c % 10));
}

/* RFC 1001, 14.1: 16 bytes as 32 letters A to P, the last byte names the service. */
static bool put_netbios(struct yg_dnsname *out, struct yg_str label)
{
    unsigned char byte[16];
    int used = 15;

    if (label.n != 32)
        return false;
    for (int i = 0; i < 16; i++) {
        int high = label.p[2 * i] - 'A', low = label.p[2 * i + 1] - 'A';
        if (high < 0 || high > 15 || low < 0 || low > 15)
            return false;
        byte[i] = (unsigned char)(high << 4 | low);
    }
    while (used > 0 && (byte[used - 1] == ' ' || byte[used - 1] == 0))
        used--;
    for (int i = 0; i < used; i++)
        put_byte(out, byte[i]);
    put(out, '<');
    put(out, "0123456789abcdef"[byte[15] >> 4]);
    put(out, "0123456789abcdef"[byte[15] & 15]);
    put(out, '>');
    return true;
}

static void put_label(struct yg_dnsname *out, struct yg_str label)
{
    if (out->n) {
        put(out, '.');
    } else if (put_netbios(out, label)) {
        out->netbios = true;
        return;
    }
    for (size_t i = 0; i < label.n; i++)
        put_byte(out, (unsigned char)label.p[i]);
}

bool yg_dnsname_read(struct yg_str msg, size_t *at, struct yg_dnsname *out,
                     uint64_t *anomalies)
{
    size_t pos = *at, lowest = *at, wire = 0;
    bool jumped = false;

    out->n = 0;
    out->netbios = false;
    for (int labels = 0; labels < LABELS_MAX; labels++) {
        struct yg_cursor c = yg_cursor_of(msg.p, msg.n);
        (void)yg_cursor_take(&c, pos);
        unsigned n = yg_cursor_u8(&c);
        bool pointer = (n & 0xc0) == 0xc0;
        size_t to = pointer ? (n & 0x3f) << 8 | yg_cursor_u8(&c) : 0;
        struct yg_str label = yg_cursor_take(&c, pointer ? 0 : n);
        pos += 1 + (pointer ? 1 : n);
        *at = jumped ? *at : pos;
        wire += n + 1;
        if (!yg_cursor_ok(&c) || n == 0)
            return yg_cursor_ok(&c);
        if (pointer) {
            jumped = true;
            if (to >= lowest || to < 12) { /* no name stands in the header */
                *anomalies |= YG_ANOMALY_BIT(YG_A_DNS_POINTER);
                return true;
            }
            pos = lowest = to;
            wire -= n + 1;
            continue;
        }
        if (n > 63 || wire >= YG_DNSNAME_WIRE)
            return false;
        put_label(out, label);
    }
    return false;
}

struct yg_str yg_dnsname_text(const struct yg_dnsname *n)
{
    return n->n ? (struct yg_str){ n->text, n->n } : YG_STR(".");
}

void yg_dnsname_escape(struct yg_str s, struct yg_buf *b)
{
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (c == ' ' || c == '.' || is_plain(c))
            yg_buf_char(b, (char)c);
        else
            yg_buf_printf(b, "\\%03u", (unsigned)c);
    }
}
