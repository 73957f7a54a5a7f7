/* SPDX-License-Identifier: Apache-2.0 */
#include "packet/app.h"

#include "packet/ask.h"
#include "packet/tls.h"

/* TPKT (RFC 1006) with an X.224 connection request or confirm, as [MS-RDPBCGR] 2.2.1.1
 * and 2.2.1.2 have them: what follows is TLS, or encrypted in a way of its own. */

enum { X224_CONFIRM = 0xd0, X224_REQUEST = 0xe0 };
enum { NEG_REQUEST = 1, NEG_RESPONSE = 2, NEG_FAILURE = 3, NEG_LEN = 8 };
enum { PROTOCOL_RDP = 0 };

struct connect {
    struct yg_span span;
    struct yg_str cookie; /* account, or a routing token */
    bool account;
    uint8_t negotiation; /* 0: none */
    uint32_t value;      /* protocols wanted, chosen, or why not */
    bool found, cut;
};

/* Cookie or token: a line before the negotiation. */
static void cookie_read(struct yg_cursor *c, struct connect *out)
{
    struct yg_str rest = yg_cursor_take(c, yg_cursor_left(c));
    struct yg_line line;
    size_t at = 0;

    *c = yg_cursor_of(rest.p, rest.n);
    if (!yg_line_next(rest, &at, &line) || !line.whole ||
        !(yg_str_starts(line.text, YG_STR("Cookie: ")) ||
          yg_str_starts(line.text, YG_STR("tsv://"))))
        return; /* others put parameters here, which may hold a line end */
    struct yg_str value = line.text, name = yg_str_cut(&value, '=');
    out->account = yg_str_eq_nocase(name, YG_STR("Cookie: mstshash"));
    out->cookie = out->account ? value : line.text;
    (void)yg_cursor_take(c, at);
}

static bool connect_read(struct yg_str bytes, uint8_t want, struct connect *out)
{
    struct yg_cursor c = yg_cursor_of(bytes.p, bytes.n);

    *out = (struct connect){ .found = false };
    if (yg_cursor_u8(&c) != 3 || yg_cursor_u8(&c) != 0)
        return false;
    size_t len = yg_cursor_be16(&c);
    size_t header = yg_cursor_u8(&c);
    if (yg_cursor_u8(&c) != want || header + 5 != len || header < 6)
        return false;
    (void)yg_cursor_be32(&c); /* references: the server chooses its own */
    if (yg_cursor_u8(&c) != 0 || !yg_cursor_ok(&c))
        return false;
    size_t left = yg_cursor_left(&c), rest = header - 6;
    out->cut = rest > left;
    struct yg_str data = yg_cursor_take(&c, out->cut ? left : rest);
    out->span = (struct yg_span){ 0, c.pos };
    c = yg_cursor_of(data.p, data.n);
    if (want == X224_REQUEST)
        cookie_read(&c, out);
    if (yg_cursor_left(&c) >= NEG_LEN) {
        out->negotiation = yg_cursor_u8(&c);
        (void)yg_cursor_u8(&c);
        if (yg_cursor_le16(&c) != NEG_LEN)
            return false;
        out->value = yg_cursor_le32(&c);
    } else if (yg_cursor_left(&c) > 0 && !out->cut) {
        return false; /* parameters of another user of X.224 */
    }
    bool known = want == X224_REQUEST
                     ? out->negotiation <= NEG_REQUEST
                     : out->negotiation != NEG_REQUEST && out->negotiation <= NEG_FAILURE;
    out->found = known;
    return known;
}

bool yg_rdp_probe(const struct yg_talk *talk)
{
    const struct yg_side *s = talk->side;
    struct connect c;

    if (s[YG_TO_SERVER].bytes.n > 0)
        return connect_read(s[YG_TO_SERVER].bytes, X224_REQUEST, &c);
    /* A bare confirm may be of anything over X.224. */
    return connect_read(s[YG_TO_CLIENT].bytes, X224_CONFIRM, &c) && c.negotiation != 0;
}

static void answer_read(const struct connect *confirm, struct yg_exchange *x)
{
    if (!confirm->found)
        return;
    if (confirm->negotiation == NEG_FAILURE) {
        x->answer = YG_ANSWER_REFUSED;
        x->status = confirm->value <= INT32_MAX ? (int32_t)confirm->value : -1;
        return;
    }
    x->answer = YG_ANSWER_OK;
    x->status = confirm->value <= INT32_MAX ? (int32_t)confirm->value : -1;
    /* Standard security: RC4 with keys that anybody between can get. */
    if (confirm->value == PROTOCOL_RDP)
        x->flags |= YG_XF_WEAK;
    else
        x->flags |= YG_XF_ENCRYPTED;
}

void yg_rdp_parse(struct yg_talk *talk, struct yg_arena *arena)
{
    struct connect request, confirm;

    (void)connect_read(talk->side[YG_TO_SERVER].bytes, X224_REQUEST, &request);
    (void)connect_read(talk->side[YG_TO_CLIENT].bytes, X224_CONFIRM, &confirm);
    struct yg_exchange *x = yg_ask(talk, arena, YG_TO_SERVER, request.span);
    if (!x)
        return;
    x->verb = YG_STR("connect");
    x->target = request.account ? request.cookie : YG_STR_NONE;
    x->flags = YG_XF_LOGIN;
    if (request.cut || !request.found)
        x->flags |= YG_XF_CUT;
    if (confirm.found)
        yg_answered(talk, x, confirm.span);
    else if (talk->side[YG_TO_CLIENT].bytes.n > 0)
        talk->anomalies |= YG_ANOMALY_BIT(YG_A_APP_BROKEN);
    answer_read(&confirm, x);
    if (!(x->flags & YG_XF_ENCRYPTED))
        return;
    const size_t at[YG_SIDES] = { request.span.end, confirm.span.end };
    if (yg_tls_at(yg_side_part(&talk->side[0],
                               (struct yg_span){ at[0], talk->side[0].bytes.n })))
        yg_tls_from(talk, arena, at);
}
