/* SPDX-License-Identifier: Apache-2.0 */
/* The JSON form of packet/show.h. */
#include "packet/show.h"

#include "base/text.h"
#include "packet/peel.h"
#include "packet/peelrun.h"
#include "packet/showpart.h"

#define TEXT_MAX ((size_t)64 * 1024) /* bytes of a stream's piece or a body */

struct json {
    struct yg_jsonw *w;
    const struct yg_analysis *a;
    const struct yg_show *show;
    struct yg_buf tmp;
    uint32_t left; /* packets and pieces that may yet be written */
    int64_t first_ns;
};

/* Bytes of the capture as text that is visible; `cut` says when it is not all. */
static void text(struct json *j, const char *key, struct yg_str s)
{
    bool cut = s.n > TEXT_MAX;

    yg_buf_clear(&j->tmp);
    yg_text_safe(&j->tmp, (struct yg_str){ s.p, cut ? TEXT_MAX : s.n });
    yg_jsonw_kstr(j->w, key, yg_buf_str(&j->tmp));
    if (cut)
        yg_jsonw_kbool(j->w, "cut", true);
}

/* The same, but lines stay lines. */
static void lines(struct json *j, const char *key, struct yg_str s)
{
    bool cut = s.n > TEXT_MAX;

    if (cut)
        s.n = TEXT_MAX;
    yg_buf_clear(&j->tmp);
    while (s.n) {
        const char *end = memchr(s.p, '\n', s.n);
        size_t n = end ? (size_t)(end - s.p) : s.n;
        size_t keep = end && n && s.p[n - 1] == '\r' ? n - 1 : n;
        yg_text_safe(&j->tmp, (struct yg_str){ s.p, keep });
        if (end)
            yg_buf_char(&j->tmp, '\n');
        n += end != NULL;
        s = (struct yg_str){ s.p + n, s.n - n };
    }
    yg_jsonw_kstr(j->w, key, yg_buf_str(&j->tmp));
    if (cut)
        yg_jsonw_kbool(j->w, "cut", true);
}

static void hex(struct json *j, const char *key, struct yg_str s)
{
    if (s.n > TEXT_MAX)
        s.n = TEXT_MAX;
    yg_buf_clear(&j->tmp);
    for (size_t i = 0; i < s.n; i++)
        yg_buf_printf(&j->tmp, "%02x", (unsigned char)s.p[i]);
    yg_jsonw_kstr(j->w, key, yg_buf_str(&j->tmp));
}

static void seconds(struct json *j, const char *key, int64_t ns)
{
    yg_jsonw_kf64(j->w, key, (double)(ns - j->first_ns) / 1e9);
}

static void way(struct json *j, uint8_t side)
{
    yg_jsonw_kcstr(j->w, "direction", side == YG_TO_SERVER ? "to_server" : "to_client");
}

static void talk_ref(struct json *j, int talk)
{
    yg_jsonw_ki64(j->w, "conversation", talk);
}

static void anomalies(struct json *j, uint64_t set)
{
    yg_jsonw_key(j->w, "anomalies");
    yg_jsonw_open(j->w, '[');
    for (unsigned i = 0; i < YG_ANOMALY_COUNT; i++)
        if (set >> i & 1)
            yg_jsonw_str(j->w, yg_str_of(yg_anomaly_info[i].name));
    yg_jsonw_close(j->w, ']');
}

static void packet(struct json *j, const struct yg_shown *s)
{
    const struct yg_packet *p = &s->packet;

    yg_jsonw_open(j->w, '{');
    yg_jsonw_ku64(j->w, "number", s->number);
    seconds(j, "time", s->frame.time_ns);
    talk_ref(j, s->talk);
    if (s->talk >= 0)
        way(j, s->side);
    yg_jsonw_ku64(j->w, "wire", s->frame.wire);
    yg_jsonw_ku64(j->w, "captured", s->frame.bytes.n);
    if (p->version) {
        yg_buf_clear(&j->tmp);
        yg_show_proto(&j->tmp, p->proto);
        yg_jsonw_kstr(j->w, "protocol", yg_buf_str(&j->tmp));
        yg_jsonw_ku64(j->w, "payload", p->payload_wire);
    }
    if (p->version && p->proto == YG_IP_TCP && !p->fragment) {
        yg_buf_clear(&j->tmp);
        yg_show_flags(&j->tmp, p->tcp_flags);
        yg_jsonw_kstr(j->w, "flags", yg_buf_str(&j->tmp));
    }
    yg_buf_clear(&j->tmp);
    yg_show_word(&j->tmp, j->a, s);
    if (yg_buf_str(&j->tmp).n)
        yg_jsonw_kstr(j->w, "says", yg_buf_str(&j->tmp));
    if (j->show->what == YG_SHOW_HEX)
        hex(j, "hex", s->frame.bytes);
    else if (j->show->what == YG_SHOW_ASCII)
        lines(j, "ascii", p->version ? p->payload : s->frame.bytes);
    yg_jsonw_close(j->w, '}');
}

static void packets(struct json *j, struct yg_str pcap)
{
    struct yg_show_walk w = { .pcap = pcap };
    struct yg_shown s;
    bool more = false;

    yg_jsonw_key(j->w, "packets");
    yg_jsonw_open(j->w, '[');
    while (!more && yg_shown_next(j->a, j->show, &w, &s)) {
        more = j->left == 0;
        if (more)
            break;
        j->left--;
        packet(j, &s);
    }
    yg_jsonw_close(j->w, ']');
    if (more)
        yg_jsonw_kbool(j->w, "more", true);
}

static void side(struct json *j, const char *key, const struct yg_side *s)
{
    yg_jsonw_key(j->w, key);
    yg_jsonw_open(j->w, '{');
    yg_jsonw_ku64(j->w, "packets", s->packets);
    yg_jsonw_ku64(j->w, "wire", s->wire);
    yg_jsonw_ku64(j->w, "payload", s->payload);
    yg_jsonw_ku64(j->w, "kept", s->bytes.n);
    yg_jsonw_ku64(j->w, "missing", s->gap_bytes);
    yg_jsonw_ku64(j->w, "repeated", s->repeated);
    yg_jsonw_close(j->w, '}');
}

static void end_of(struct json *j, const char *key, const struct yg_talk *k, bool server)
{
    yg_buf_clear(&j->tmp);
    yg_show_end(&j->tmp, k, server);
    yg_jsonw_kstr(j->w, key, yg_buf_str(&j->tmp));
}

static void exchange(struct json *j, const struct yg_talk *k, const struct yg_exchange *x)
{
    yg_jsonw_open(j->w, '{');
    way(j, x->asker);
    text(j, "verb", x->verb);
    text(j, "target", x->target);
    if (x->host.n)
        text(j, "host", x->host);
    if (x->agent.n)
        text(j, "agent", x->agent);
    if (x->status >= 0)
        yg_jsonw_ki64(j->w, "status", x->status);
    yg_jsonw_kcstr(j->w, "answer", yg_show_answer(k, x));
    yg_jsonw_ku64(j->w, "answer_size", x->answer_size);
    if (x->answer_type.n)
        text(j, "answer_type", x->answer_type);
    if (x->answer_agent.n)
        text(j, "answer_agent", x->answer_agent);
    if (x->ask_ns)
        seconds(j, "asked", x->ask_ns);
    if (x->answer_ns)
        seconds(j, "answered", x->answer_ns);
    yg_jsonw_close(j->w, '}');
}

static void conversation(struct json *j, const struct yg_talk *k)
{
    yg_jsonw_open(j->w, '{');
    yg_buf_clear(&j->tmp);
    yg_show_proto(&j->tmp, k->proto);
    yg_jsonw_kstr(j->w, "protocol", yg_buf_str(&j->tmp));
    end_of(j, "client", k, false);
    end_of(j, "server", k, true);
    yg_jsonw_kcstr(j->w, "application", yg_app_name(k->app));
    seconds(j, "first", k->first_ns);
    seconds(j, "last", k->last_ns);
    yg_jsonw_kbool(j->w, "from_start", k->from_start);
    yg_jsonw_kbool(j->w, "accepted", k->accepted);
    side(j, "to_server", &k->side[YG_TO_SERVER]);
    side(j, "to_client", &k->side[YG_TO_CLIENT]);
    anomalies(j, k->anomalies);
    yg_jsonw_key(j->w, "exchanges");
    yg_jsonw_open(j->w, '[');
    for (uint32_t i = 0; i < k->exchanges; i++)
        exchange(j, k, &k->exchange[i]);
    yg_jsonw_close(j->w, ']');
    yg_jsonw_close(j->w, '}');
}

static void intents(struct json *j)
{
    const struct yg_outcome *o = &j->a->outcome;

    yg_jsonw_key(j->w, "tried");
    yg_jsonw_open(j->w, '[');
    for (unsigned i = 0; i < o->intents; i++) {
        const struct yg_intent *t = &o->intent[i];
        yg_jsonw_open(j->w, '{');
        yg_jsonw_kcstr(j->w, "kind", yg_intent_name(t->kind));
        yg_jsonw_ku64(j->w, "exchange", t->exchange);
        text(j, "text", t->text);
        if (t->object.n)
            text(j, "object", t->object);
        if (t->host.n)
            text(j, "host", t->host);
        if (t->port)
            yg_jsonw_ku64(j->w, "port", t->port);
        yg_jsonw_ku64(j->w, "encodings", t->layers);
        yg_jsonw_close(j->w, '}');
    }
    yg_jsonw_close(j->w, ']');
}

static void outcome(struct json *j)
{
    const struct yg_outcome *o = &j->a->outcome;

    yg_jsonw_key(j->w, "outcome");
    yg_jsonw_open(j->w, '{');
    yg_jsonw_kcstr(j->w, "success", yg_success_name(o->success));
    yg_jsonw_kcstr(j->w, "class", yg_outcome_name(o->class));
    yg_jsonw_key(j->w, "evidence");
    yg_jsonw_open(j->w, '[');
    for (unsigned i = 0; i < o->marks; i++) {
        const struct yg_mark *m = &o->mark[i];
        yg_jsonw_open(j->w, '{');
        yg_jsonw_kcstr(j->w, "kind", yg_mark_info[m->kind].name);
        yg_jsonw_kcstr(j->w, "sentence", yg_mark_info[m->kind].sentence);
        if (m->when != YG_WHEN_OWN)
            yg_jsonw_kcstr(j->w, "when", yg_mark_when_name(m->when));
        talk_ref(j, m->talk);
        way(j, m->side);
        yg_jsonw_ku64(j->w, "at", m->at);
        yg_jsonw_ku64(j->w, "length", m->len);
        if (m->time_ns)
            seconds(j, "time", m->time_ns);
        text(j, "shows", m->shows);
        yg_jsonw_close(j->w, '}');
    }
    yg_jsonw_close(j->w, ']');
    yg_jsonw_close(j->w, '}');
}

/* One piece of a stream: text or hex, and the text without its encodings. */
static void piece(struct json *j, uint32_t talk, const struct yg_piece *p)
{
    const struct yg_side *s = &j->a->talk[talk]->side[p->side];
    struct yg_str bytes = { s->bytes.p + p->from, p->len };

    yg_jsonw_open(j->w, '{');
    talk_ref(j, (int)talk);
    way(j, p->side);
    yg_jsonw_ku64(j->w, "at", p->from);
    yg_jsonw_ku64(j->w, "length", p->len);
    seconds(j, "time", p->time_ns);
    if (yg_is_text(bytes)) {
        lines(j, "text", bytes);
        struct yg_peeled q = yg_peel(bytes, j->a->arena);
        if (q.what) {
            yg_buf_clear(&j->tmp);
            yg_show_peels(&j->tmp, q.what);
            yg_jsonw_kstr(j->w, "encodings", yg_buf_str(&j->tmp));
            lines(j, "peeled", q.text);
        }
    } else {
        hex(j, "hex", bytes);
    }
    yg_jsonw_close(j->w, '}');
}

static void streams(struct json *j)
{
    bool more = false;

    yg_jsonw_key(j->w, "stream");
    yg_jsonw_open(j->w, '[');
    for (uint32_t i = 0; i < j->a->talks && !more; i++) {
        struct yg_piece p = { 0 };
        while (yg_show_wants(j->a, j->show, i) &&
               yg_piece_next(j->a->talk[i], j->show, &p)) {
            more = j->left == 0;
            if (more)
                break;
            j->left--;
            piece(j, i, &p);
        }
    }
    yg_jsonw_close(j->w, ']');
    if (more)
        yg_jsonw_kbool(j->w, "more", true);
}

void yg_show_json(struct yg_jsonw *w, const struct yg_analysis *a, struct yg_str pcap,
                  const struct yg_show *show)
{
    struct json j = { .w = w, .a = a, .show = show };

    /* A byte takes four characters at most when it is made visible. */
    yg_buf_init(&j.tmp, 4 * TEXT_MAX + 16);
    j.left = show->lines ? show->lines : YG_SHOW_LINES;
    j.first_ns = yg_show_start(a, pcap);
    yg_jsonw_open(w, '{');
    yg_jsonw_ki64(w, "main", a->main);
    yg_jsonw_kbool(w, "source_is_client", a->to_server);
    anomalies(&j, a->anomalies);
    yg_jsonw_key(w, "conversations");
    yg_jsonw_open(w, '[');
    for (uint32_t i = 0; i < a->talks; i++)
        conversation(&j, a->talk[i]);
    yg_jsonw_close(w, ']');
    intents(&j);
    outcome(&j);
    if (show->what == YG_SHOW_STREAM)
        streams(&j);
    else
        packets(&j, pcap);
    yg_jsonw_close(w, '}');
    yg_buf_fini(&j.tmp);
}
