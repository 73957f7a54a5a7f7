/* SPDX-License-Identifier: Apache-2.0 */
#include "packet/showpart.h"

#include "base/text.h"
#include "packet/ask.h"
#include "packet/ends.h"
#include "packet/peel.h"
#include "packet/peelrun.h"

#define WORD_MAX 60U /* bytes of a verb or target in a packet's line */

const char *yg_show_answer(const struct yg_talk *k, const struct yg_exchange *x)
{
    return yg_answer_lost(k, x) ? "not in the capture (a hole)"
                                : yg_answer_name(x->answer);
}

const char *yg_answer_name(unsigned answer)
{
    static const char *const name[] = { "no answer", "ok",    "go on", "refused",
                                        "missing",   "error", "opaque" };

    return answer < YG_ARRAY_LEN(name) ? name[answer] : "?";
}

static bool same_ends(const struct yg_talk *k, const struct yg_packet *p, bool back)
{
    if (memcmp(back ? p->dst : p->src, k->client, YG_IP_SIZE) != 0 ||
        memcmp(back ? p->src : p->dst, k->server, YG_IP_SIZE) != 0)
        return false;
    if (p->fragment) /* its ports are not known */
        return true;
    if (yg_is_icmp(p))
        return yg_icmp_question(p->proto, p->src_port) ==
               yg_icmp_question(p->proto, k->client_port);
    return (back ? p->dst_port : p->src_port) == k->client_port &&
           (back ? p->src_port : p->dst_port) == k->server_port;
}

/* Of conversations between the same ends: the last that had begun. */
static int find_talk(const struct yg_analysis *a, const struct yg_packet *p,
                     int64_t time_ns, uint8_t *side)
{
    int found = -1;

    for (uint32_t i = 0; i < a->talks; i++) {
        const struct yg_talk *k = a->talk[i];
        if (k->proto != p->proto || (found >= 0 && k->first_ns > time_ns))
            continue;
        bool to = same_ends(k, p, false);
        if (!to && !same_ends(k, p, true))
            continue;
        found = (int)i;
        *side = to ? YG_TO_SERVER : YG_TO_CLIENT;
    }
    return found;
}

int64_t yg_show_start(const struct yg_analysis *a, struct yg_str pcap)
{
    struct yg_frame f;
    size_t at = 0;

    if (yg_pcap_next(pcap, &at, &f))
        return f.time_ns;
    return a->talks ? a->talk[0]->first_ns : 0;
}

bool yg_show_wants(const struct yg_analysis *a, const struct yg_show *show, uint32_t i)
{
    return show->all || a->main < 0 || (uint32_t)a->main == i;
}

static bool wants_side(const struct yg_show *show, uint8_t side)
{
    return show->way == YG_SHOW_BOTH ||
           (show->way == YG_SHOW_TO_SERVER) == (side == YG_TO_SERVER);
}

static void place(const struct yg_analysis *a, struct yg_shown *s)
{
    struct yg_packet in;

    s->talk = -1;
    s->side = YG_TO_SERVER;
    if (!yg_dissect(s->frame.linktype, s->frame.bytes, s->frame.wire, &s->packet))
        return;
    s->talk = find_talk(a, &s->packet, s->frame.time_ns, &s->side);
    if (s->talk < 0 && yg_icmp_quoted(&s->packet, &in)) {
        s->talk = find_talk(a, &in, s->frame.time_ns, &s->side);
        s->side = !s->side; /* it comes back to who sent what it quotes */
    }
}

bool yg_shown_next(const struct yg_analysis *a, const struct yg_show *show,
                   struct yg_show_walk *w, struct yg_shown *out)
{
    while (yg_pcap_next(w->pcap, &w->at, &out->frame)) {
        if (w->number++ == 0)
            w->first_ns = out->frame.time_ns;
        out->number = w->number;
        out->since_ns = out->frame.time_ns - w->first_ns;
        place(a, out);
        bool mine = out->talk < 0 ? show->all || a->main < 0
                                  : yg_show_wants(a, show, (uint32_t)out->talk);
        if (mine && (out->talk < 0 || wants_side(show, out->side)))
            return true;
    }
    return false;
}

/* What follows the last segment that is kept (there is a cap) is of its piece. */
static uint32_t segment_end(const struct yg_side *s, uint32_t i)
{
    return i + 1 < s->segments ? s->segment[i + 1].at : (uint32_t)s->bytes.n;
}

static int64_t next_time(const struct yg_talk *k, const struct yg_piece *p, int side)
{
    const struct yg_side *s = &k->side[side];

    return p->at[side] < s->segments ? s->segment[p->at[side]].time_ns : INT64_MAX;
}

bool yg_piece_next(const struct yg_talk *k, const struct yg_show *show,
                   struct yg_piece *p)
{
    for (;;) {
        bool left[YG_SIDES];
        for (int i = 0; i < YG_SIDES; i++)
            left[i] = p->at[i] < k->side[i].segments;
        if (!left[0] && !left[1])
            return false;
        bool first = left[0] && (!left[1] || next_time(k, p, 0) <= next_time(k, p, 1));
        uint8_t side = first ? YG_TO_SERVER : YG_TO_CLIENT;
        const struct yg_side *s = &k->side[side];
        uint32_t i = p->at[side];
        p->side = side;
        p->from = s->segment[i].at;
        p->time_ns = s->segment[i].time_ns;
        int64_t other = next_time(k, p, !side);
        do
            p->len = segment_end(s, i++) - p->from;
        while (k->proto == YG_IP_TCP && i < s->segments && s->segment[i].time_ns < other);
        p->at[side] = i;
        if (p->len && wants_side(show, side))
            return true;
    }
}

uint32_t yg_marked_until(const struct yg_analysis *a, uint32_t talk, uint8_t side,
                         uint32_t from, uint32_t to, const struct yg_mark **mark)
{
    *mark = NULL;
    for (unsigned i = 0; i < a->outcome.marks; i++) {
        const struct yg_mark *m = &a->outcome.mark[i];
        if (m->talk != talk || m->side != side || m->len == 0 || m->at >= to)
            continue;
        uint64_t end = (uint64_t)m->at + m->len;
        if (m->at <= from && end > from) {
            *mark = m;
            return end < to ? (uint32_t)end : to;
        }
        if (m->at > from)
            to = m->at;
    }
    return to;
}

/* Of earlier conversations only the first packets are kept. */
static bool is_trace(const struct yg_analysis *a, uint32_t i)
{
    const struct yg_talk *k = a->talk[i];

    return (int)i != a->main && k->side[0].packets + k->side[1].packets == 1 &&
           k->exchanges == 0 && k->anomalies == 0;
}

bool yg_same_trace(const struct yg_analysis *a, uint32_t i, uint32_t j)
{
    const struct yg_talk *x = a->talk[i], *y = a->talk[j];

    return is_trace(a, i) && is_trace(a, j) && x->proto == y->proto &&
           x->server_port == y->server_port &&
           memcmp(x->client, y->client, YG_IP_SIZE) == 0 &&
           memcmp(x->server, y->server, YG_IP_SIZE) == 0;
}

bool yg_same_intent(const struct yg_analysis *a, uint32_t i, uint32_t j)
{
    const struct yg_intent *x = &a->outcome.intent[i], *y = &a->outcome.intent[j];

    return x->kind == y->kind && x->port == y->port && yg_str_eq(x->text, y->text) &&
           yg_str_eq(x->object, y->object) && yg_str_eq(x->host, y->host);
}

void yg_show_mark(struct yg_buf *out, const struct yg_mark *m)
{
    yg_buf_printf(out, ">>> %s%s%s: %s", yg_mark_info[m->kind].name,
                  m->when == YG_WHEN_OWN ? "" : ", ", yg_mark_when_name(m->when),
                  yg_mark_info[m->kind].sentence);
}

bool yg_same_mark(const struct yg_analysis *a, uint32_t i, uint32_t j)
{
    const struct yg_mark *x = &a->outcome.mark[i], *y = &a->outcome.mark[j];

    if (x->kind != y->kind || x->side != y->side || x->when != y->when)
        return false;
    return x->talk == y->talk ||
           memcmp(a->talk[x->talk]->server, a->talk[y->talk]->server, YG_IP_SIZE) == 0;
}

bool yg_show_first(const struct yg_analysis *a, uint32_t i, uint32_t n, yg_same_f *same,
                   unsigned *more)
{
    *more = 0;
    for (uint32_t j = 0; j < i; j++)
        if (same(a, i, j))
            return false;
    for (uint32_t j = i + 1; j < n; j++)
        *more += same(a, i, j);
    return true;
}

size_t yg_text_part(struct yg_str bytes)
{
    static const char empty[] = "\r\n\r\n";

    if (yg_is_text(bytes))
        return bytes.n;
    const char *end = bytes.n ? memmem(bytes.p, bytes.n, empty, sizeof(empty) - 1) : NULL;
    if (!end)
        return 0;
    bytes.n = (size_t)(end - bytes.p) + sizeof(empty) - 1;
    return yg_is_text(bytes) ? bytes.n : 0;
}

void yg_hex_row(struct yg_buf *out, struct yg_str bytes, size_t at)
{
    yg_buf_printf(out, "%06zx ", at);
    for (size_t i = 0; i < YG_SHOW_ROW; i++) {
        if (i < bytes.n)
            yg_buf_printf(out, "%s%02x", i == 8 ? "  " : " ", (unsigned char)bytes.p[i]);
        else
            yg_buf_printf(out, "%s", i == 8 ? "    " : "   ");
    }
    yg_buf_add(out, "  |", 3);
    for (size_t i = 0; i < bytes.n && i < YG_SHOW_ROW; i++)
        yg_buf_char(out, bytes.p[i] >= 0x20 && bytes.p[i] < 0x7f ? bytes.p[i] : '.');
    yg_buf_char(out, '|');
}

void yg_show_flags(struct yg_buf *out, uint8_t tcp_flags)
{
    static const char letter[] = "SFRPAU";
    static const uint8_t flag[] = { YG_TCP_SYN, YG_TCP_FIN, YG_TCP_RST,
                                    YG_TCP_PSH, YG_TCP_ACK, YG_TCP_URG };

    for (size_t i = 0; i < YG_ARRAY_LEN(flag); i++)
        if (tcp_flags & flag[i])
            yg_buf_char(out, letter[i]);
    if ((tcp_flags & 63) == 0)
        yg_buf_char(out, '-');
}

void yg_show_proto(struct yg_buf *out, uint8_t proto)
{
    static const struct {
        uint8_t proto;
        const char *name;
    } known[] = { { YG_IP_TCP, "tcp" },
                  { YG_IP_UDP, "udp" },
                  { YG_IP_ICMP, "icmp" },
                  { YG_IP_ICMP6, "icmp6" },
                  { YG_IP_SCTP, "sctp" } };

    for (size_t i = 0; i < YG_ARRAY_LEN(known); i++) {
        if (known[i].proto == proto) {
            yg_buf_printf(out, "%s", known[i].name);
            return;
        }
    }
    yg_buf_printf(out, "ip-%u", proto);
}

void yg_show_end(struct yg_buf *out, const struct yg_talk *k, bool server)
{
    const unsigned char *ip = server ? k->server : k->client;
    char text[YG_IP_TEXT_MAX];
    bool ports = k->proto == YG_IP_TCP || k->proto == YG_IP_UDP || k->proto == YG_IP_SCTP;

    yg_ip_text(ip, text);
    if (!ports)
        yg_buf_printf(out, "%s", text);
    else
        yg_buf_printf(out, yg_ip_is_v4(ip) ? "%s:%u" : "[%s]:%u", text,
                      server ? k->server_port : k->client_port);
}

static void cut_word(struct yg_buf *out, struct yg_str s)
{
    bool cut = s.n > WORD_MAX;

    yg_text_safe(out, (struct yg_str){ s.p, cut ? WORD_MAX : s.n });
    if (cut)
        yg_buf_add(out, "...", 3);
}

void yg_show_word(struct yg_buf *out, const struct yg_analysis *a,
                  const struct yg_shown *s)
{
    if (s->talk < 0 || s->packet.payload_wire == 0)
        return;
    const struct yg_talk *k = a->talk[s->talk];
    int64_t t = s->frame.time_ns;
    for (uint32_t i = 0; i < k->exchanges; i++) {
        const struct yg_exchange *x = &k->exchange[i];
        if (x->ask_ns == t && x->asker == s->side) {
            cut_word(out, x->verb);
            if (x->verb.n && x->target.n)
                yg_buf_char(out, ' ');
            cut_word(out, x->target);
            return;
        }
        if (x->answer_ns == t && x->asker != s->side) {
            if (x->status >= 0)
                yg_buf_printf(out, "%d ", x->status);
            yg_buf_printf(out, "%s", yg_answer_name(x->answer));
            return;
        }
    }
}

void yg_show_anomalies(struct yg_buf *out, uint64_t anomalies)
{
    const char *comma = "";

    for (unsigned i = 0; i < YG_ANOMALY_COUNT; i++) {
        if (!(anomalies >> i & 1))
            continue;
        yg_buf_printf(out, "%s%s", comma, yg_anomaly_info[i].name);
        comma = ", ";
    }
}

void yg_show_peels(struct yg_buf *out, uint32_t what)
{
    static const char *const name[] = { "url", "html",   "escapes", "base64",
                                        "hex", "utf-16", "gzip" };
    const char *comma = "";

    for (unsigned i = 0; i < YG_ARRAY_LEN(name); i++) {
        if (!(what >> i & 1))
            continue;
        yg_buf_printf(out, "%s%s", comma, name[i]);
        comma = ", ";
    }
}
