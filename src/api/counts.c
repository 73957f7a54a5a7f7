/* SPDX-License-Identifier: Apache-2.0 */
#include "api/counts.h"

#include "api/handle.h"
#include "api/search.h"
#include "api/seen.h"
#include "base/hash.h"
#include "base/map.h"

#include <stdio.h>
#include <stdlib.h>

#define HOUR (INT64_C(3600) * YG_NS_PER_S)

struct counting {
    const struct yg_view_source *v;
    struct yg_arena *arena;
    struct yg_view_counts *out;
    enum yg_counts_by by;
    struct yg_map at; /* hash of a key -> index + 1 */
    bool wide;        /* more keys than are told apart in a bucket */
    struct yg_source *source;
    size_t sources;
};

static const char *const by_name[YG_COUNTS_BY] = {
    "",      "tenant", "source",    "kind",      "decision",
    "level", "device", "signature", "source.ip", "destination.ip",
};

/* ---- what is asked ---------------------------------------------------------------- */

static enum yg_status read_by(struct yg_str name, enum yg_counts_by *by,
                              struct yg_err *err)
{
    unsigned k = 0;

    while (k < YG_COUNTS_BY && !yg_str_eq(name, yg_str_of(by_name[k])))
        k++;
    *by = (enum yg_counts_by)k;
    return k < YG_COUNTS_BY
               ? YG_OK
               : yg_err_set(err, YG_EINVAL,
                            "by: write tenant, source, kind, decision, level, device, "
                            "signature, source.ip or destination.ip");
}

static enum yg_status read_time(struct yg_str text, const char *name, int64_t *out,
                                struct yg_err *err)
{
    return text.n == 0 || yg_time_iso(text, 0, out, NULL)
               ? YG_OK
               : yg_err_set(err, YG_EINVAL, "%s: write a time as 2026-01-31T00:00:00Z",
                            name);
}

/* A plus becomes a blank where it is not escaped. */
static enum yg_status read_zone(struct yg_str text, int64_t *offset_ns,
                                struct yg_err *err)
{
    char whole[64];
    int minutes = 0;
    int64_t unused;
    bool minus = yg_str_starts(text, YG_STR("-"));

    if (text.n == 0)
        return YG_OK;
    if (minus || yg_str_starts(text, YG_STR("+")) || yg_str_starts(text, YG_STR(" ")))
        text = (struct yg_str){ text.p + 1, text.n - 1 };
    snprintf(whole, sizeof(whole), "1970-01-01T00:00:00%c%.*s", minus ? '-' : '+',
             (int)(text.n < 8 ? text.n : 8), text.p);
    if (!yg_time_iso(yg_str_of(whole), 0, &unused, &minutes))
        return yg_err_set(err, YG_EINVAL, "zone: write 02:00 or -05:30");
    *offset_ns = minutes * 60 * YG_NS_PER_S;
    return YG_OK;
}

/* Days of the zone, weeks from its midnight: bucket borders where a clock there has them.
 */
static int64_t floor_to(int64_t t, int64_t step, int64_t offset)
{
    int64_t local = t + offset, rest = local % step;

    return local - (rest < 0 ? rest + step : rest) - offset;
}

/* Hours, or days where hours would be too many. */
static int64_t usual_step(int64_t span)
{
    return span <= 100 * HOUR ? HOUR : 24 * HOUR;
}

static enum yg_status read_range(struct counting *c, const struct yg_params *p,
                                 struct yg_err *err)
{
    struct yg_view_counts *o = c->out;
    int64_t now = yg_clock_now(c->v->clock), from = INT64_MIN, until = now + 1;
    int64_t offset = 0;
    enum yg_status st = read_zone(p->text[YG_P_ZONE], &offset, err);

    if (st == YG_OK)
        st = read_time(p->text[YG_P_UNTIL], "until", &until, err);
    if (st == YG_OK)
        st = read_time(p->text[YG_P_FROM], "from", &from, err);
    if (st != YG_OK)
        return st;
    if (from == INT64_MIN)
        from = until - 24 * HOUR;
    if (from >= until || from < -(INT64_C(1) << 62) || until > INT64_C(1) << 62)
        return yg_err_set(err, YG_EINVAL, "from: is not before until");
    o->step_ns = p->number[YG_P_STEP] ? (int64_t)p->number[YG_P_STEP] * YG_NS_PER_S
                                      : usual_step(until - from);
    if (o->summed && o->step_ns % HOUR != 0)
        return yg_err_set(err, YG_EINVAL, "step: whole hours, without a query");
    o->from_ns =
        floor_to(from, o->summed && o->step_ns < HOUR ? HOUR : o->step_ns, offset);
    if (o->summed) /* a count is of an hour of UTC */
        o->from_ns = floor_to(o->from_ns, HOUR, 0);
    o->until_ns = until;
    int64_t times = (until - o->from_ns + o->step_ns - 1) / o->step_ns;
    if (times > YG_COUNTS_TIMES)
        return yg_err_set(err, YG_EINVAL, "step: that makes more than %d steps",
                          YG_COUNTS_TIMES);
    o->times = (size_t)times;
    return YG_OK;
}

/* ---- counting --------------------------------------------------------------------- */

static size_t key_at(struct counting *c, struct yg_str name)
{
    struct yg_view_counts *o = c->out;
    uint64_t hash = yg_hash_str(0x636f756e, name) | 1;
    bool fresh = false;
    uint64_t *at;

    for (;; hash += 2) {
        at = yg_map_put(&c->at, hash, &fresh);
        if (!at)
            return SIZE_MAX;
        if (fresh || yg_str_eq(o->key[*at - 1].name, name))
            break;
    }
    if (fresh) {
        o->key[o->keys].name = yg_arena_str(c->arena, name);
        *at = ++o->keys;
    }
    return (size_t)*at - 1;
}

static void add(struct counting *c, int64_t time_ns, struct yg_str name, uint64_t records)
{
    struct yg_view_counts *o = c->out;
    int64_t bucket = (time_ns - o->from_ns) / o->step_ns;
    size_t key;

    if (time_ns < o->from_ns || bucket < 0 || (size_t)bucket >= o->times)
        return;
    o->records += records;
    o->time[bucket] += records;
    if (c->by == YG_COUNTS_NONE)
        return;
    key = key_at(c, name);
    if (key == SIZE_MAX) { /* of more kinds than are counted */
        o->at_least = true;
        return;
    }
    o->key[key].records += records;
    if (key < YG_COUNTS_SPLIT)
        o->split[(size_t)bucket * YG_COUNTS_SPLIT + key] += records;
    else
        c->wide = true;
}

static enum yg_status room(struct counting *c, struct yg_err *err)
{
    struct yg_view_counts *o = c->out;

    o->time = yg_arena_zalloc(c->arena, (o->times + 1) * sizeof(*o->time));
    o->split =
        yg_arena_zalloc(c->arena, (o->times + 1) * YG_COUNTS_SPLIT * sizeof(*o->split));
    o->key = yg_arena_zalloc(c->arena, (YG_COUNTS_KEYS + 1) * sizeof(*o->key));
    return o->time && o->split && o->key
               ? YG_OK
               : yg_err_set(err, YG_ENOMEM, "no memory to count");
}

/* ---- by the store's sums ---------------------------------------------------------- */

static struct yg_str source_name(const struct counting *c, uint32_t id)
{
    for (size_t i = 0; i < c->sources; i++)
        if (c->source[i].store_id == id)
            return c->source[i].name;
    return YG_STR("?");
}

static bool on_sum(void *arg, const struct yg_store_sum *s)
{
    struct counting *c = arg;
    struct yg_str name = YG_STR("");

    if (s->kind == YG_KIND_CONTEXT && c->by != YG_COUNTS_KIND)
        return true; /* alerts are counted; logs where one asks for kinds */
    if (c->by == YG_COUNTS_TENANT)
        name = s->tenant;
    else if (c->by == YG_COUNTS_SOURCE)
        name = source_name(c, s->source);
    else if (c->by == YG_COUNTS_KIND)
        name = yg_str_of(yg_query_kind_name(s->kind));
    else if (c->by == YG_COUNTS_DECISION)
        name = yg_str_of(yg_query_decision_name(s->decision));
    else if (c->by == YG_COUNTS_LEVEL)
        name = yg_str_of(s->predicted < YG_LEVEL_COUNT ? yg_level_name(s->predicted)
                                                       : "none");
    add(c, s->hour * HOUR, name, s->records);
    return true;
}

static enum yg_status count_sums(struct counting *c, struct yg_str tenant,
                                 struct yg_err *err)
{
    const struct yg_view_source *v = c->v;
    const struct yg_store_sums_ask ask = {
        .tenant = tenant.n > 0 ? &tenant : v->scope.tenant,
        .tenants = tenant.n > 0 ? 1 : v->scope.tenants,
        .all = tenant.n == 0 && v->scope.all,
        .from_hour = c->out->from_ns / HOUR,
        .until_hour = (c->out->until_ns + HOUR - 1) / HOUR,
        .seconds = YG_COUNTS_SUM_S,
    };
    bool whole = true;
    enum yg_status st =
        yg_store_sources(v->store, c->arena, &c->source, &c->sources, err);

    if (st == YG_OK)
        st = yg_store_sums(v->store, &ask, on_sum, c, &whole, err);
    c->out->at_least = c->out->at_least || !whole;
    return st;
}

/* ---- by a search ------------------------------------------------------------------ */

static struct yg_str hit_name(const struct counting *c, const struct yg_search_hit *h)
{
    switch (c->by) {
    case YG_COUNTS_TENANT:
        return h->tenant;
    case YG_COUNTS_SOURCE:
        return h->source;
    case YG_COUNTS_KIND:
        return yg_str_of(yg_query_kind_name(h->kind));
    case YG_COUNTS_DECISION:
        return yg_str_of(yg_query_decision_name(h->decision));
    case YG_COUNTS_LEVEL:
        return yg_str_of(h->predicted < YG_LEVEL_COUNT ? yg_level_name(h->predicted)
                                                       : "none");
    case YG_COUNTS_DEVICE:
        return yg_str_of(yg_device_name(h->device));
    default:
        return h->field[0];
    }
}

/* The query, of the time that is counted. */
static enum yg_status parse(struct counting *c, struct yg_str text,
                            const struct yg_query **out, struct yg_err *err)
{
    const struct yg_query_clock clock = { .now_ns = yg_clock_now(c->v->clock) };
    char from[YG_TIME_TEXT_MAX], until[YG_TIME_TEXT_MAX];
    const struct yg_query *alone;
    struct yg_buf whole;

    enum yg_status st = yg_query_parse(c->arena, text, clock, &alone, err);
    if (st == YG_EINVAL || st == YG_ELIMIT)
        return yg_err_set(err, YG_EINVAL, "q, at letter %d: %s", err->column, err->msg);
    if (st != YG_OK)
        return st;
    yg_buf_init(&whole, (size_t)16 << 10);
    yg_buf_printf(&whole, "(%.*s) and time:>=\"%s\" and time:<\"%s\"",
                  YG_STR_ARG(text.n ? text : YG_STR("not kind:event")),
                  yg_time_text(c->out->from_ns, from),
                  yg_time_text(c->out->until_ns, until));
    struct yg_str both = yg_arena_str(c->arena, yg_buf_str(&whole));
    yg_buf_fini(&whole);
    return yg_query_parse(c->arena, both, clock, out, err);
}

static enum yg_status count_search(struct counting *c, const struct yg_params *p,
                                   struct yg_err *err)
{
    enum yg_field field = c->by == YG_COUNTS_FROM ? YG_F_SOURCE_IP
                          : c->by == YG_COUNTS_TO ? YG_F_DESTINATION_IP
                                                  : YG_F_RULE_NAME;
    struct yg_search_ask ask = { .limit = YG_SEARCH_PAGE,
                                 .field = &field,
                                 .fields = c->by >= YG_COUNTS_SIGNATURE ? 1 : 0,
                                 .workers = 1 };
    double until = yg_clock_wall() + YG_COUNTS_S;
    struct yg_search_page page = { .more = true };
    enum yg_status st = c->v->raw
                            ? parse(c, p->text[YG_P_QUERY], &ask.query, err)
                            : yg_err_set(err, YG_EPERM, "Your role does not search.");

    while (st == YG_OK && page.more) {
        ask.seconds = until - yg_clock_wall();
        if (ask.seconds < 0.005)
            break;
        st = yg_seen_search(c->v, p->text[YG_P_TENANT], &ask, c->arena, &page, err);
        for (size_t i = 0; st == YG_OK && i < page.count; i++)
            add(c, page.hit[i].time_ns, hit_name(c, &page.hit[i]), 1);
        ask.go_on = true;
        ask.after = page.last;
    }
    c->out->at_least = c->out->at_least || page.more;
    return st;
}

/* ----------------------------------------------------------------------------------- */

static int most_first(const void *x, const void *y)
{
    const struct yg_counts_key *a = x, *b = y;

    if (a->records != b->records)
        return a->records > b->records ? -1 : 1;
    return yg_str_cmp(a->name, b->name);
}

/* Few keys stay in their order, by which buckets are split. */
static void finish(struct counting *c, size_t limit)
{
    struct yg_view_counts *o = c->out;

    if (c->by == YG_COUNTS_NONE || c->wide) {
        o->split = NULL;
        qsort(o->key, o->keys, sizeof(*o->key), most_first);
        o->keys = o->keys < limit ? o->keys : limit;
    }
}

enum yg_status yg_view_counts(const struct yg_view_source *v, const struct yg_params *p,
                              struct yg_arena *arena, struct yg_view_counts *out,
                              struct yg_err *err)
{
    struct counting c = { .v = v, .arena = arena, .out = out };

    *out = (struct yg_view_counts){ .by = p->text[YG_P_BY] };
    enum yg_status st = yg_seen_tenant(v, p->text[YG_P_TENANT], err);
    if (st == YG_OK)
        st = read_by(p->text[YG_P_BY], &c.by, err);
    out->summed = c.by < YG_COUNTS_DEVICE && p->text[YG_P_QUERY].n == 0;
    if (st == YG_OK)
        st = read_range(&c, p, err);
    if (st == YG_OK)
        st = room(&c, err);
    if (st != YG_OK)
        return st;
    yg_map_init(&c.at, YG_COUNTS_KEYS);
    st = out->summed ? count_sums(&c, p->text[YG_P_TENANT], err)
                     : count_search(&c, p, err);
    yg_map_fini(&c.at);
    if (st == YG_OK)
        finish(&c, (size_t)p->number[YG_P_LIMIT]);
    return st;
}

/* ---- the route -------------------------------------------------------------------- */

static void times(struct yg_jsonw *w, const struct yg_view_counts *o)
{
    yg_jsonw_key(w, "times");
    yg_jsonw_open(w, '[');
    for (size_t i = 0; i < o->times; i++) {
        yg_jsonw_open(w, '{');
        yg_jsonw_ktime(w, "time", o->from_ns + (int64_t)i * o->step_ns);
        yg_jsonw_ku64(w, "count", o->time[i]);
        if (o->split && o->time[i] > 0) {
            yg_jsonw_key(w, "split");
            yg_jsonw_open(w, '[');
            for (size_t k = 0; k < o->keys; k++)
                yg_jsonw_u64(w, o->split[i * YG_COUNTS_SPLIT + k]);
            yg_jsonw_close(w, ']');
        }
        yg_jsonw_close(w, '}');
    }
    yg_jsonw_close(w, ']');
}

enum yg_status yg_handle_counts(struct yg_call *c, struct yg_err *err)
{
    struct yg_jsonw w = yg_jsonw_of(&c->answer->body);
    struct yg_view_counts o;
    enum yg_status st = yg_view_counts(&c->source, &c->params, &c->arena, &o, err);

    if (st != YG_OK)
        return st;
    yg_jsonw_open(&w, '{');
    yg_jsonw_ktime(&w, "from", o.from_ns);
    yg_jsonw_ktime(&w, "until", o.until_ns);
    yg_jsonw_ki64(&w, "step", o.step_ns / YG_NS_PER_S);
    yg_jsonw_ku64(&w, "count", o.records);
    yg_jsonw_kbool(&w, "at_least", o.at_least);
    yg_jsonw_kbool(&w, "summed", o.summed);
    yg_jsonw_key(&w, "by");
    yg_jsonw_open(&w, '[');
    for (size_t i = 0; i < o.keys; i++) {
        yg_jsonw_open(&w, '{');
        yg_jsonw_kstr(&w, "key", o.key[i].name);
        yg_jsonw_ku64(&w, "count", o.key[i].records);
        yg_jsonw_close(&w, '}');
    }
    yg_jsonw_close(&w, ']');
    times(&w, &o);
    yg_jsonw_close(&w, '}');
    yg_buf_char(&c->answer->body, '\n');
    return YG_OK;
}
