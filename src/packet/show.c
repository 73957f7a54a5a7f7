/* SPDX-License-Identifier: Apache-2.0 */
#include "packet/show.h"

#include "base/clock.h"
#include "base/text.h"
#include "packet/peel.h"
#include "packet/peelrun.h"
#include "packet/showpart.h"

#include <stdio.h>

#define NS_PER_S  1e9
#define LINE_MAX  160U /* bytes of a stream in one line */
#define SHOWS_MAX 120U
#define ASKED     20U /* exchanges of a summary, unless all are asked for */
#define BRIEF     10U /* packets of a summary: the outcome must not scroll away */

struct page {
    struct yg_buf *out;
    const struct yg_analysis *a;
    const struct yg_show *show;
    uint32_t lines, cap;
    int64_t first_ns; /* of all frames, or conversations */
};

/* Begin a line; false: the cap is reached. */
static bool line(struct page *p)
{
    if (p->lines > p->cap)
        return false;
    if (p->lines++ == p->cap) {
        yg_buf_printf(p->out, "(more lines than are shown)\n");
        return false;
    }
    return true;
}

static void line_end(struct page *p)
{
    yg_buf_char(p->out, '\n');
}

static void title(struct page *p, const char *text)
{
    if (p->lines && line(p))
        line_end(p);
    if (line(p))
        yg_buf_printf(p->out, "%s\n", text);
}

static double since(const struct page *p, int64_t ns)
{
    return ns ? (double)(ns - p->first_ns) / NS_PER_S : 0;
}

static char arrow(uint8_t side)
{
    return side == YG_TO_SERVER ? '>' : '<';
}

static void safe(struct page *p, struct yg_str s, size_t most)
{
    bool cut = s.n > most;

    yg_text_safe(p->out, (struct yg_str){ s.p, cut ? most : s.n });
    if (cut)
        yg_buf_add(p->out, "...", 3);
}

/* --- packets --- */

static void packet_line(struct page *p, const struct yg_shown *s)
{
    const struct yg_packet *k = &s->packet;
    struct yg_buf *o = p->out;

    yg_buf_printf(o, "%5u %12.6f ", s->number, (double)s->since_ns / NS_PER_S);
    if (s->talk >= 0)
        yg_buf_printf(o, "#%-3d %c ", s->talk + 1, arrow(s->side));
    else
        yg_buf_printf(o, "%-4s %c ", "-", ' ');
    if (k->version == 0)
        yg_buf_printf(o, "not IP");
    else
        yg_show_proto(o, k->proto);
    if (k->version && k->proto == YG_IP_TCP && !k->fragment) {
        yg_buf_char(o, ' ');
        yg_show_flags(o, k->tcp_flags);
    }
    if (k->fragment)
        yg_buf_printf(o, " fragment at %u", k->fragment_offset);
    yg_buf_printf(o, ", %u bytes", k->version ? k->payload_wire : s->frame.wire);
    if (s->frame.wire > s->frame.bytes.n)
        yg_buf_printf(o, " (cut)");
    struct yg_buf word;
    yg_buf_init(&word, 4096);
    yg_show_word(&word, p->a, s);
    if (yg_buf_str(&word).n)
        yg_buf_printf(o, "  %s", yg_buf_cstr(&word));
    yg_buf_fini(&word);
    line_end(p);
}

static void hex_lines(struct page *p, struct yg_str bytes)
{
    for (size_t at = 0; at < bytes.n && line(p); at += YG_SHOW_ROW) {
        size_t n = bytes.n - at < YG_SHOW_ROW ? bytes.n - at : YG_SHOW_ROW;
        yg_hex_row(p->out, (struct yg_str){ bytes.p + at, n }, at);
        line_end(p);
    }
}

/* --- text of streams --- */

/* Where marks begin in these bytes: what they say, before the bytes. */
static void mark_lines(struct page *p, uint32_t talk, uint8_t side, uint32_t from,
                       uint32_t to)
{
    for (unsigned i = 0; i < p->a->outcome.marks; i++) {
        const struct yg_mark *m = &p->a->outcome.mark[i];
        if (m->talk != talk || m->side != side || m->len == 0 || m->at < from ||
            m->at >= to || !line(p))
            continue;
        yg_show_mark(p->out, m);
        yg_buf_char(p->out, '\n');
    }
}

/* Part of a stream in one line, marks in brackets. */
static void marked(struct page *p, uint32_t talk, uint8_t side, uint32_t from,
                   uint32_t to)
{
    const char *bytes = p->a->talk[talk]->side[side].bytes.p;
    const struct yg_mark *m;

    while (from < to) {
        uint32_t end = yg_marked_until(p->a, talk, side, from, to, &m);
        if (m)
            yg_buf_add(p->out, "[[", 2);
        yg_text_safe(p->out, (struct yg_str){ bytes + from, end - from });
        if (m)
            yg_buf_add(p->out, "]]", 2);
        from = end;
    }
}

/* The end of the line that begins at `from`: behind its line end, or at LINE_MAX.
 * `*next`: where the next begins. */
static size_t line_of(struct yg_str s, size_t from, size_t *next)
{
    size_t n = s.n - from < LINE_MAX ? s.n - from : LINE_MAX;
    const char *end = memchr(s.p + from, '\n', n);
    size_t stop = end ? (size_t)(end - s.p) : from + n;

    *next = end ? stop + 1 : stop;
    if (end && stop > from && s.p[stop - 1] == '\r')
        stop--;
    return stop;
}

static void text_lines(struct page *p, struct yg_str s, const char *lead)
{
    for (size_t from = 0, next; from < s.n && line(p); from = next) {
        size_t stop = line_of(s, from, &next);
        yg_buf_printf(p->out, "%s", lead);
        yg_text_safe(p->out, (struct yg_str){ s.p + from, stop - from });
        line_end(p);
    }
}

static void peeled_lines(struct page *p, struct yg_str s, char way, const char *what)
{
    struct yg_peeled q = yg_peel(s, p->a->arena);
    char lead[] = "?~ ";

    lead[0] = way;
    if (!q.what || !line(p))
        return;
    yg_buf_printf(p->out, "%c~ (%s without ", way, what);
    yg_show_peels(p->out, q.what);
    yg_buf_printf(p->out, ")\n");
    text_lines(p, q.text, lead);
}

static void hex_piece(struct page *p, uint32_t talk, const struct yg_piece *piece,
                      struct yg_str bytes)
{
    for (uint32_t at = 0; at < piece->len; at += YG_SHOW_ROW) {
        uint32_t n = piece->len - at < YG_SHOW_ROW ? piece->len - at : YG_SHOW_ROW;
        uint32_t from = piece->from + at;
        mark_lines(p, talk, piece->side, from, from + n);
        if (!line(p))
            return;
        yg_hex_row(p->out, (struct yg_str){ bytes.p + at, n }, from);
        line_end(p);
    }
}

static void text_piece(struct page *p, uint32_t talk, const struct yg_piece *piece,
                       struct yg_str bytes)
{
    char way = arrow(piece->side);

    for (size_t from = 0, next; from < bytes.n; from = next) {
        size_t stop = line_of(bytes, from, &next);
        uint32_t at = piece->from + (uint32_t)from;
        mark_lines(p, talk, piece->side, at, piece->from + (uint32_t)next);
        if (!line(p))
            return;
        yg_buf_printf(p->out, "%c ", way);
        marked(p, talk, piece->side, at, piece->from + (uint32_t)stop);
        line_end(p);
    }
    peeled_lines(p, bytes, way, "the same");
}

static void stream_piece(struct page *p, uint32_t talk, const struct yg_piece *piece)
{
    const struct yg_side *s = &p->a->talk[talk]->side[piece->side];
    struct yg_str bytes = { s->bytes.p + piece->from, piece->len };
    struct yg_piece rest = *piece;
    size_t n = yg_text_part(bytes);

    if (line(p))
        yg_buf_printf(p->out, "--- %c %u bytes at %u, %.6f s\n", arrow(piece->side),
                      piece->len, piece->from, since(p, piece->time_ns));
    if (n)
        text_piece(p, talk, piece, (struct yg_str){ bytes.p, n });
    rest.from += (uint32_t)n;
    rest.len -= (uint32_t)n;
    if (rest.len)
        hex_piece(p, talk, &rest, (struct yg_str){ bytes.p + n, rest.len });
}

static bool within(struct yg_str part, struct yg_str whole)
{
    return part.n == 0 || (whole.p && part.p >= whole.p && part.p <= whole.p + whole.n);
}

/* Bodies that decoders took transfer and content codings off. */
static void body_lines(struct page *p, const struct yg_talk *k)
{
    for (uint32_t i = 0; i < k->exchanges; i++) {
        const struct yg_exchange *x = &k->exchange[i];
        const struct yg_str body[2] = { x->body, x->answer_body };
        for (int b = 0; b < 2; b++) {
            uint8_t side = b ? !x->asker : x->asker;
            char lead[] = "?= ";
            if (within(body[b], k->side[side].bytes) ||
                (p->show->way != YG_SHOW_BOTH &&
                 (p->show->way == YG_SHOW_TO_SERVER) != (side == YG_TO_SERVER)))
                continue;
            lead[0] = arrow(side);
            if (line(p))
                yg_buf_printf(p->out, "--- %c body of exchange %u, decoded: %zu bytes\n",
                              arrow(side), i + 1, body[b].n);
            if (yg_is_text(body[b])) {
                text_lines(p, body[b], lead);
                peeled_lines(p, body[b], arrow(side), "the body");
            } else {
                hex_lines(p, body[b]);
            }
        }
    }
}

/* --- the summary --- */

/* "(and N more like it)" before the line end. */
static void likes(struct page *p, unsigned n)
{
    if (n)
        yg_buf_printf(p->out, " (and %u more like it)", n);
    line_end(p);
}

static void talk_line(struct page *p, uint32_t i, unsigned more)
{
    const struct yg_talk *k = p->a->talk[i];
    struct yg_buf *o = p->out;

    if (!line(p))
        return;
    yg_buf_printf(o, "#%u%s ", i + 1, (int)i == p->a->main ? "*" : "");
    yg_show_proto(o, k->proto);
    yg_buf_char(o, ' ');
    yg_show_end(o, k, false);
    yg_buf_printf(o, " > ");
    yg_show_end(o, k, true);
    if (k->app != YG_APP_NONE)
        yg_buf_printf(o, " %s", yg_app_name(k->app));
    yg_buf_printf(
        o, ", packets %llu > %llu <, bytes %llu > %llu <, at %.3f s for %.3f s",
        (unsigned long long)k->side[0].packets, (unsigned long long)k->side[1].packets,
        (unsigned long long)k->side[0].payload, (unsigned long long)k->side[1].payload,
        since(p, k->first_ns), (double)(k->last_ns - k->first_ns) / NS_PER_S);
    if (!k->from_start && k->proto == YG_IP_TCP)
        yg_buf_printf(o, ", met midway");
    if (k->side[0].rst + k->side[1].rst)
        yg_buf_printf(o, ", reset");
    if (k->unreachable)
        yg_buf_printf(o, ", unreachable");
    if (k->anomalies) {
        yg_buf_printf(o, " (");
        yg_show_anomalies(o, k->anomalies);
        yg_buf_char(o, ')');
    }
    likes(p, more);
}

static void talk_lines(struct page *p)
{
    char time[YG_TIME_TEXT_MAX], text[64];

    snprintf(text, sizeof(text), "conversations (0 s is %s)",
             yg_time_text(p->first_ns, time));
    title(p, text);
    for (uint32_t i = 0; i < p->a->talks && p->lines <= p->cap; i++) {
        unsigned more;
        if (yg_show_first(p->a, i, p->a->talks, yg_same_trace, &more))
            talk_line(p, i, more);
    }
}

static void exchange_line(struct page *p, uint32_t talk, const struct yg_exchange *x)
{
    struct yg_buf *o = p->out;

    if (!line(p))
        return;
    yg_buf_printf(o, "#%u %c ", talk + 1, arrow(x->asker));
    safe(p, x->verb, SHOWS_MAX);
    if (x->verb.n && x->target.n)
        yg_buf_char(o, ' ');
    safe(p, x->target, SHOWS_MAX);
    if (x->host.n) {
        yg_buf_printf(o, " of ");
        safe(p, x->host, SHOWS_MAX);
    }
    yg_buf_printf(o, ": ");
    if (x->status >= 0)
        yg_buf_printf(o, "%d, ", x->status);
    yg_buf_printf(o, "%s", yg_show_answer(p->a->talk[talk], x));
    if (x->answer_size)
        yg_buf_printf(o, ", %llu bytes", (unsigned long long)x->answer_size);
    if (x->answer_type.n) {
        yg_buf_printf(o, " of ");
        safe(p, x->answer_type, SHOWS_MAX);
    }
    if (x->agent.n) { /* the answer comes first: agents are long */
        yg_buf_printf(o, " (by ");
        safe(p, x->agent, SHOWS_MAX);
        yg_buf_char(o, ')');
    }
    line_end(p);
}

/* The alert's own conversation first; the evidence names what matters of the rest. */
static void exchanges(struct page *p)
{
    uint32_t told = 0, more = 0;

    for (int own = 1; own >= 0; own--)
        for (uint32_t i = 0; i < p->a->talks; i++) {
            uint32_t n = p->a->talk[i]->exchanges;
            if (((int)i == p->a->main) != own)
                continue;
            for (uint32_t k = 0; k < n; k++) {
                if (told >= ASKED && !p->show->all) {
                    more += n - k;
                    break;
                }
                if (told++ == 0)
                    title(p, "exchanges");
                exchange_line(p, i, &p->a->talk[i]->exchange[k]);
            }
        }
    if (more && line(p))
        yg_buf_printf(p->out, "(%u more: ask for all)\n", more);
}

static void intents(struct page *p)
{
    const struct yg_outcome *o = &p->a->outcome;

    if (o->intents)
        title(p, "what was tried");
    for (unsigned i = 0; i < o->intents; i++) {
        const struct yg_intent *t = &o->intent[i];
        unsigned more;
        if (!yg_show_first(p->a, i, o->intents, yg_same_intent, &more) || !line(p))
            continue;
        yg_buf_printf(p->out, "%s: ", yg_intent_name(t->kind));
        safe(p, t->text.n ? t->text : YG_STR("(nothing)"), SHOWS_MAX);
        if (t->object.n && !yg_str_eq(t->object, t->text)) {
            yg_buf_printf(p->out, " (");
            safe(p, t->object, SHOWS_MAX);
            yg_buf_char(p->out, ')');
        }
        if (t->host.n) {
            yg_buf_printf(p->out, " at ");
            safe(p, t->host, SHOWS_MAX);
            if (t->port)
                yg_buf_printf(p->out, ":%u", t->port);
        }
        if (t->layers)
            yg_buf_printf(p->out, ", under %u encoding%s", t->layers,
                          t->layers == 1 ? "" : "s");
        likes(p, more);
    }
}

static void mark(struct page *p, const struct yg_mark *m, unsigned more)
{
    if (!line(p))
        return;
    yg_show_mark(p->out, m);
    yg_buf_printf(p->out, " [#%u %c", m->talk + 1U, arrow(m->side));
    if (m->len)
        yg_buf_printf(p->out, " %u+%u", m->at, m->len);
    yg_buf_printf(p->out, ", %.6f s] ", since(p, m->time_ns));
    safe(p, m->shows, SHOWS_MAX);
    likes(p, more);
}

/* The evidence that weighs most comes first. */
static void outcome(struct page *p)
{
    const struct yg_outcome *o = &p->a->outcome;
    unsigned more;

    title(p, "outcome");
    if (line(p))
        yg_buf_printf(p->out, "%s: %s\n", yg_success_name(o->success),
                      yg_outcome_name(o->class));
    for (unsigned weight = YG_OUT_COUNT; weight-- > 0;)
        for (unsigned i = 0; i < o->marks; i++)
            if (yg_mark_info[o->mark[i].kind].class == weight &&
                yg_show_first(p->a, i, o->marks, yg_same_mark, &more))
                mark(p, &o->mark[i], more);
}

static void packets(struct page *p, struct yg_str pcap)
{
    struct yg_show_walk w = { .pcap = pcap };
    bool brief = p->show->what == YG_SHOW_SUMMARY;
    uint32_t told = 0, more = 0;
    struct yg_shown s;

    while (p->lines <= p->cap && yg_shown_next(p->a, p->show, &w, &s)) {
        if (brief && told++ >= BRIEF) {
            more++;
            continue;
        }
        if (!line(p))
            return;
        packet_line(p, &s);
        if (p->show->what == YG_SHOW_HEX)
            hex_lines(p, s.frame.bytes);
        else if (p->show->what == YG_SHOW_ASCII)
            text_lines(p, s.packet.version ? s.packet.payload : s.frame.bytes, "  ");
    }
    if (more && line(p))
        yg_buf_printf(p->out, "(%u more: see the views stream, ascii and hex)\n", more);
}

static void streams(struct page *p)
{
    for (uint32_t i = 0; i < p->a->talks; i++) {
        struct yg_piece piece = { 0 };
        if (!yg_show_wants(p->a, p->show, i))
            continue;
        talk_line(p, i, 0);
        while (p->lines <= p->cap && yg_piece_next(p->a->talk[i], p->show, &piece))
            stream_piece(p, i, &piece);
        body_lines(p, p->a->talk[i]);
    }
}

void yg_show_text(struct yg_buf *out, const struct yg_analysis *a, struct yg_str pcap,
                  const struct yg_show *show)
{
    struct page p = { .out = out, .a = a, .show = show };

    p.cap = show->lines ? show->lines : YG_SHOW_LINES;
    p.first_ns = yg_show_start(a, pcap);
    if (show->what == YG_SHOW_STREAM) {
        streams(&p);
        return;
    }
    if (show->what == YG_SHOW_SUMMARY) { /* what a person wants to know comes first */
        outcome(&p);
        intents(&p);
        exchanges(&p);
        talk_lines(&p);
        title(&p, "packets");
    }
    packets(&p, pcap);
}
