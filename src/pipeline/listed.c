/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/listed.h"

#include "base/clock.h"
#include "pipeline/boxed.h"
#include "pipeline/seen.h"

#define EXCHANGES_MAX 64 /* of a conversation that are looked at */
#define LINES_MAX     64

static unsigned ip(struct yg_watch_ask *ask, const char *where, const unsigned char *addr)
{
    ask->where = where;
    return yg_watchlist_ip(ask, addr);
}

static unsigned name(struct yg_watch_ask *ask, const char *where, struct yg_str s)
{
    ask->where = where;
    return yg_watchlist_name(ask, s);
}

static unsigned answers(struct yg_watch_ask *ask, struct yg_str text)
{
    ask->where = "DNS answer in its packets";
    return yg_watchlist_names(ask, text);
}

static unsigned exchange(struct yg_watch_ask *ask, const struct yg_exchange *x)
{
    switch (x->app) {
    case YG_APP_DNS:
        return name(ask, "DNS question in its packets", x->target) |
               answers(ask, x->answer_body);
    case YG_APP_HTTP:
        return name(ask, "HTTP host in its packets", x->host);
    case YG_APP_TLS:
        return name(ask, "TLS server name in its packets", x->host);
    default:
        return 0;
    }
}

static unsigned talk(struct yg_watch_ask *ask, const struct yg_talk *t)
{
    unsigned bits = ip(ask, "client in its packets", t->client) |
                    ip(ask, "server in its packets", t->server);

    for (uint32_t i = 0; i < t->exchanges && i < EXCHANGES_MAX; i++)
        bits |= exchange(ask, &t->exchange[i]);
    return bits;
}

unsigned yg_listed(const struct yg_watchlist *w, const struct yg_batch *b,
                   const struct yg_event *e, const struct yg_analysis *seen,
                   yg_watch_hit_f *each, void *arg)
{
    unsigned bits = yg_watchlist_match(w, b, e, each, arg);
    struct yg_watch_ask ask = {
        .list = w, .time_ns = e->time_ns, .each = each, .arg = arg
    };

    if (w && seen && seen->main >= 0 && (uint32_t)seen->main < seen->talks)
        bits |= talk(&ask, seen->talk[seen->main]);
    return bits;
}

struct lines {
    const struct yg_watchlist *list;
    const struct yg_batch *b;
    const struct yg_event *e;
    struct yg_analysis_in in;
    struct yg_buf *out;
    unsigned count;
};

static void put_line(void *arg, const struct yg_watch_hit *hit)
{
    struct lines *l = arg;
    char until[YG_TIME_TEXT_MAX];

    if (l->count++ >= LINES_MAX)
        return;
    yg_buf_printf(l->out, "%s: %s ", yg_watch_name(hit->what), hit->where);
    for (size_t i = 0; i < hit->value.n && i < 255; i++) /* it stays one line */
        yg_buf_char(l->out, hit->value.p[i] == '\n' ? '?' : hit->value.p[i]);
    yg_buf_printf(l->out, " (%s, line %u", hit->path, hit->line);
    if (hit->expires_ns != INT64_MAX)
        yg_buf_printf(l->out, ", until %s", yg_time_text(hit->expires_ns, until));
    yg_buf_str_add(l->out, YG_STR(")\n"));
}

static void write_lines(void *arg, struct yg_buf *out)
{
    struct lines *l = arg;
    struct yg_analyser *analyser = NULL;

    l->out = out;
    if (yg_analyser_new(&analyser) == YG_OK)
        yg_listed(l->list, l->b, l->e, yg_analyse(analyser, &l->in), put_line, l);
    yg_analyser_free(analyser);
}

enum yg_status yg_listed_lines(const struct yg_watchlist *w, const struct yg_batch *b,
                               const struct yg_event *e, struct yg_str pcap,
                               struct yg_buf *out, struct yg_err *err)
{
    struct lines l = { .list = w, .b = b, .e = e, .in = yg_seen_in(b, e, pcap) };

    return w ? yg_boxed(write_lines, &l, out, err) : YG_OK;
}
