/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/matchup.h"

#include "event/ip.h"
#include "pipeline/corpus.h"

#include <stdlib.h>

#define SALT     0x6d75 /* of signatures */
#define SAME_NS  (YG_NS_PER_S / 1000)
#define ROWS_MAX ((size_t)20 * 1000 * 1000)

struct alert {
    int64_t time_ns;
    uint64_t name, rule, number; /* hashes: its name, its id, what follows the ':' */
    unsigned char source[YG_IP_SIZE], destination[YG_IP_SIZE], id[YG_ID_SIZE];
    uint16_t source_port, destination_port;
    bool has_source, has_destination;
    uint32_t tenant;
};
_Static_assert(sizeof(struct alert) == 96, "as the header says");

struct yg_matchup {
    struct yg_store *store;
    struct yg_arena arena;
    struct yg_buf rows; /* struct alert, by time once loaded */
    struct yg_str *tenant;
    uint32_t at; /* tenant being read */
};

static uint64_t hash_of(struct yg_str s)
{
    return s.n ? yg_hash_str(SALT, s) : 0;
}

static bool address(const struct yg_batch *b, const struct yg_event *e, enum yg_field f,
                    unsigned char out[YG_IP_SIZE])
{
    struct yg_str s = yg_event_str(b, e, f);

    if (s.n != YG_IP_SIZE)
        return false;
    memcpy(out, s.p, YG_IP_SIZE);
    return true;
}

static void see(void *arg, const struct yg_batch *b, const struct yg_event *e,
                const struct yg_corpus_record *r)
{
    struct yg_matchup *m = arg;
    struct yg_str rule = yg_event_str(b, e, YG_F_RULE_ID), number = rule;
    const char *colon = rule.n ? memchr(rule.p, ':', rule.n) : NULL;

    if (e->kind != YG_KIND_ALERT)
        return;
    if (colon)
        number = (struct yg_str){ colon + 1, rule.n - (size_t)(colon + 1 - rule.p) };
    struct alert a = {
        .time_ns = r->facts.time_ns,
        .name = hash_of(yg_event_str(b, e, YG_F_RULE_NAME)),
        .rule = hash_of(rule),
        .number = hash_of(number),
        .source_port = (uint16_t)yg_event_u64(e, YG_F_SOURCE_PORT, 0),
        .destination_port = (uint16_t)yg_event_u64(e, YG_F_DESTINATION_PORT, 0),
        .tenant = m->at,
    };
    a.has_source = address(b, e, YG_F_SOURCE_IP, a.source);
    a.has_destination = address(b, e, YG_F_DESTINATION_IP, a.destination);
    memcpy(a.id, r->id, YG_ID_SIZE);
    yg_buf_add(&m->rows, &a, sizeof(a));
}

static int by_time(const void *a, const void *b)
{
    const struct alert *x = a, *y = b;

    if (x->time_ns != y->time_ns)
        return x->time_ns < y->time_ns ? -1 : 1;
    return memcmp(x->id, y->id, YG_ID_SIZE);
}

static enum yg_status load_tenant(struct yg_matchup *m,
                                  const struct yg_matchup_options *opt,
                                  struct yg_err *err)
{
    struct yg_corpus corpus = { 0 };
    const struct yg_corpus_options read = { .workers = opt->workers,
                                            .from_ns = opt->from_ns,
                                            .until_ns = opt->until_ns,
                                            .tenant = &m->tenant[m->at],
                                            .tenant_count = 1,
                                            .each = see,
                                            .each_arg = m };
    enum yg_status st = yg_corpus_load(m->store, &read, &corpus, err);

    if (st == YG_OK && corpus.problems > 0) {
        *err = corpus.problem;
        st = err->status;
    }
    yg_corpus_free(&corpus);
    if (st == YG_OK && yg_buf_status(&m->rows) != YG_OK)
        st = yg_err_set(err, YG_ELIMIT,
                        "too many alerts in the export's time: split the export");
    return st;
}

static enum yg_status load(struct yg_matchup *m, const struct yg_matchup_options *opt,
                           struct yg_err *err)
{
    struct yg_store_tenant *t;
    size_t n;
    enum yg_status st = yg_store_tenants(m->store, &m->arena, &t, &n, err);

    if (st != YG_OK)
        return st;
    m->tenant = yg_arena_zalloc(&m->arena, (n + 1) * sizeof(*m->tenant));
    if (!m->tenant)
        return yg_err_set(err, YG_ENOMEM, "no memory for the tenants");
    for (size_t i = 0; i < n; i++)
        m->tenant[i] = t[i].name;
    bool found = opt->tenant.n == 0;
    for (m->at = 0; st == YG_OK && m->at < n; m->at++) {
        if (opt->tenant.n && !yg_str_eq(opt->tenant, m->tenant[m->at]))
            continue;
        found = true;
        if (opt->from_ns < opt->until_ns)
            st = load_tenant(m, opt, err);
    }
    if (st == YG_OK && !found)
        st = yg_err_set(err, YG_ENOTFOUND, "no tenant %.*s in the store",
                        YG_STR_ARG(opt->tenant));
    struct yg_str rows = yg_buf_str(&m->rows);
    if (st == YG_OK && rows.n > 0)
        qsort(m->rows.p, rows.n / sizeof(struct alert), sizeof(struct alert), by_time);
    return st;
}

enum yg_status yg_matchup_new(struct yg_store *st, const struct yg_matchup_options *opt,
                              struct yg_matchup **out, struct yg_err *err)
{
    struct yg_matchup *m = calloc(1, sizeof(*m));

    if (!m)
        return yg_err_set(err, YG_ENOMEM, "no memory to match alerts");
    m->store = st;
    yg_arena_init(&m->arena, (size_t)256 << 20);
    yg_buf_init(&m->rows, ROWS_MAX * sizeof(struct alert));
    enum yg_status rc = load(m, opt, err);
    if (rc != YG_OK) {
        yg_matchup_free(m);
        return rc;
    }
    *out = m;
    return YG_OK;
}

void yg_matchup_free(struct yg_matchup *m)
{
    if (!m)
        return;
    yg_buf_fini(&m->rows);
    yg_arena_fini(&m->arena);
    free(m);
}

/* ---- one row ------------------------------------------------------------------- */

struct wanted {
    int64_t time_ns;
    uint64_t name, number;
    unsigned char source[YG_IP_SIZE], destination[YG_IP_SIZE];
    bool has_source, has_destination;
    uint16_t source_port, destination_port;
};

static bool fits(const struct alert *a, const struct wanted *w)
{
    bool named =
        w->name && (a->name == w->name || a->rule == w->name || a->number == w->name);
    bool numbered = w->number && (a->rule == w->number || a->number == w->number);

    if ((w->name || w->number) && !named && !numbered)
        return false;
    if (w->has_source &&
        (!a->has_source || memcmp(a->source, w->source, YG_IP_SIZE) != 0))
        return false;
    if (w->has_destination &&
        (!a->has_destination || memcmp(a->destination, w->destination, YG_IP_SIZE) != 0))
        return false;
    return (w->source_port == 0 || w->source_port == a->source_port) &&
           (w->destination_port == 0 || w->destination_port == a->destination_port);
}

/* The first alert not before `ns`. */
static size_t lower(const struct alert *a, size_t n, int64_t ns)
{
    size_t low = 0;

    while (low < n) {
        size_t mid = low + (n - low) / 2;
        if (a[mid].time_ns < ns)
            low = mid + 1;
        else
            n = mid;
    }
    return low;
}

/* How many alerts fit within `far` of the time; `*which`: the last of them. */
static size_t count_within(const struct yg_matchup *m, const struct wanted *w,
                           int64_t far, const struct alert **which)
{
    const struct yg_str rows = yg_buf_str(&m->rows);
    const struct alert *a = (const struct alert *)(const void *)rows.p;
    size_t n = rows.n / sizeof(*a), count = 0;

    for (size_t i = lower(a, n, w->time_ns - far); i < n; i++) {
        if (a[i].time_ns > w->time_ns + far)
            break;
        if (!fits(&a[i], w))
            continue;
        *which = &a[i];
        count++;
    }
    return count;
}

static enum yg_match by_content(struct yg_matchup *m, const struct wanted *w,
                                unsigned char id[YG_ID_SIZE], struct yg_str *tenant)
{
    const struct alert *a = NULL;
    size_t n = 0;

    if (w->time_ns % YG_NS_PER_S != 0)
        n = count_within(m, w, SAME_NS, &a);
    if (n == 0)
        n = count_within(m, w, YG_MATCH_NS, &a);
    if (n != 1)
        return n == 0 ? YG_MATCH_NONE : YG_MATCH_SEVERAL;
    memcpy(id, a->id, YG_ID_SIZE);
    *tenant = m->tenant[a->tenant];
    return YG_MATCH_ONE;
}

enum yg_match yg_matchup_find(struct yg_matchup *m, const struct yg_opinion *o,
                              unsigned char id[YG_ID_SIZE], struct yg_str *tenant)
{
    struct yg_store_record rec;
    struct yg_err err;
    struct wanted w = { .time_ns = o->time_ns,
                        .name = hash_of(o->signature),
                        .number = hash_of(o->signature_id),
                        .source_port = o->source_port,
                        .destination_port = o->destination_port };

    if (yg_unhex(o->id, id, YG_ID_SIZE) &&
        yg_store_get(m->store, o->id, &m->arena, &rec, tenant, &err) == YG_OK) {
        memcpy(id, rec.id, YG_ID_SIZE);
        return YG_MATCH_ONE;
    }
    w.has_source = yg_ip_parse(o->source, w.source);
    w.has_destination = yg_ip_parse(o->destination, w.destination);
    const bool far = o->time_ns < YG_MATCH_NS || o->time_ns > INT64_MAX - YG_MATCH_NS;
    if (far || (!w.name && !w.number && !w.has_source))
        return YG_MATCH_VAGUE;
    return by_content(m, &w, id, tenant);
}
