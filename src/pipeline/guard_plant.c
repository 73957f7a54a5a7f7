/* SPDX-License-Identifier: Apache-2.0 */
/* The part of guard.h that shows past attacks again. */
#include "pipeline/guard_priv.h"
#include "pipeline/readdress.h"
#include "pipeline/recall.h"
#include "pipeline/workqueue.h"

#include <stdlib.h>
#include <string.h>

#define PLANTS_MAX 1000
#define SPREAD_S   86400 /* they lie in the last day before the tenant's last record */
#define TEXT_MAX   ((size_t)4 << 20)
#define USE_LOT    'l' /* of yg_coin_number */
#define USE_PLANT  'p'

/* ---- what is shown ---------------------------------------------------------------- */

static struct yg_readdress how(const struct yg_queue_run *run,
                               const struct yg_store_record *rec)
{
    return (struct yg_readdress){
        .key = yg_hash_str(6, (struct yg_str){ (const char *)run->id, YG_ID_SIZE }),
        .time_ns = rec->time_ns,
        .by_ns = run->first_ns - rec->time_ns,
    };
}

static enum yg_status again(const struct yg_readdress *r, const unsigned char *id,
                            struct yg_arena *arena, struct yg_store_record *rec,
                            struct yg_err *err)
{
    struct yg_buf raw, pcap;

    yg_buf_init(&raw, TEXT_MAX);
    yg_buf_init(&pcap, TEXT_MAX);
    yg_readdress_text(r, rec->raw, &raw);
    if (rec->packets.n > 0)
        yg_readdress_pcap(r, rec->packets, &pcap);
    struct yg_str text = yg_buf_str(&raw), packets = yg_buf_str(&pcap);
    bool whole = yg_buf_status(&raw) == YG_OK && yg_buf_status(&pcap) == YG_OK;
    rec->raw = text.n ? yg_arena_str(arena, text) : YG_STR_NONE;
    rec->packets = packets.n ? yg_arena_str(arena, packets) : YG_STR_NONE;
    whole = whole && (!text.n || rec->raw.p) && (!packets.n || rec->packets.p);
    rec->time_ns += r->by_ns;
    rec->received_ns += r->by_ns;
    rec->verdict = YG_LEVEL_NONE;
    rec->decision = YG_DECISION_NONE;
    rec->predicted = YG_LEVEL_NONE;
    rec->risk = rec->gates = rec->rule = 0;
    memset(rec->key, 0, sizeof(rec->key));
    memcpy(rec->id, id, YG_ID_SIZE);
    yg_buf_fini(&raw);
    yg_buf_fini(&pcap);
    return whole ? YG_OK : yg_err_set(err, YG_ENOMEM, "no memory for the record");
}

enum yg_status yg_guard_get(struct yg_store *st, struct yg_str hex_id,
                            struct yg_arena *arena, struct yg_store_record *out,
                            struct yg_str *tenant, struct yg_err *err)
{
    char hex[2 * YG_ID_SIZE + 1];
    struct yg_queue_run run;
    struct yg_audit a;
    struct yg_err none;
    enum yg_status rc = yg_store_get(st, hex_id, arena, out, tenant, err);

    if (rc != YG_ENOTFOUND)
        return rc;
    if (yg_store_run_get(st, hex_id, arena, &run, &none) != YG_OK ||
        yg_ledger_audit_get(st, run.id, arena, &a, &none) != YG_OK ||
        a.kind != YG_AUDIT_PLANT)
        return rc;
    yg_hex(a.alert, YG_ID_SIZE, hex);
    rc = yg_store_get(st, yg_str_of(hex), arena, out, tenant, err);
    if (rc != YG_OK)
        return rc;
    struct yg_readdress r = how(&run, out);
    return again(&r, run.id, arena, out, err);
}

/* ---- which are shown -------------------------------------------------------------- */

struct candidate {
    const struct yg_verdict *verdict;
    uint64_t planted; /* how often before */
    unsigned char lot[YG_DIGEST_SIZE];
};

static int in_order(const void *x, const void *y)
{
    const struct candidate *a = x, *b = y;

    if (a->planted != b->planted)
        return a->planted < b->planted ? -1 : 1;
    return memcmp(a->lot, b->lot, sizeof(a->lot));
}

struct planting {
    struct yg_guard *g;
    struct yg_str tenant;
    struct yg_arena arena;
    struct candidate *candidate;
    size_t candidates;
    uint64_t serial; /* plants made so far: no two get the same name */
    int64_t last_ns; /* of the tenant's records */
    /* The one at hand. */
    struct yg_queue_run run;
    struct yg_audit audit;
};

static void draw_number(const struct planting *p, unsigned char use,
                        const unsigned char id[YG_ID_SIZE],
                        unsigned char out[YG_DIGEST_SIZE])
{
    unsigned char about[sizeof(p->serial) + YG_ID_SIZE];

    memcpy(about, &p->serial, sizeof(p->serial));
    memcpy(about + sizeof(p->serial), id, YG_ID_SIZE);
    yg_coin_number(&p->g->coin, use,
                   (struct yg_str){ (const char *)about, sizeof(about) }, out);
}

static bool is_confirmed(const struct yg_guard *g, const struct yg_verdict *v)
{
    return (v->source == YG_BY_HUMAN || v->source == YG_BY_IMPORT) &&
           v->level < YG_LEVEL_COUNT && v->level >= g->rules.protect;
}

/* Those shown least often first, in an order that the secret draws. */
static enum yg_status find_candidates(struct planting *p, struct yg_err *err)
{
    const struct yg_audit_filter all = { .tenant = p->tenant };
    struct yg_store *store = p->g->opt.store;
    struct yg_verdict *v;
    struct yg_audit *a;
    size_t n = 0, audits = 0;
    enum yg_status st = yg_store_verdicts(store, p->tenant, &p->arena, &v, &n, err);

    if (st == YG_OK)
        st = yg_ledger_audits(store, &all, &p->arena, &a, &audits, err);
    if (st != YG_OK)
        return st;
    p->candidate = yg_arena_alloc(&p->arena, (n + 1) * sizeof(*p->candidate));
    if (!p->candidate)
        return yg_err_set(err, YG_ENOMEM, "no memory for past attacks");
    for (size_t i = 0; i < audits; i++)
        p->serial += a[i].kind == YG_AUDIT_PLANT;
    for (size_t i = 0; i < n; i++) {
        struct candidate c = { .verdict = &v[i] };
        bool waits = !is_confirmed(p->g, &v[i]);
        for (size_t k = 0; k < audits && !waits; k++) {
            bool same = a[k].kind == YG_AUDIT_PLANT &&
                        memcmp(a[k].alert, v[i].alert, YG_ID_SIZE) == 0;
            c.planted += same;
            waits = same && a[k].state == YG_AUDIT_WAITS;
        }
        if (waits)
            continue;
        draw_number(p, USE_LOT, v[i].alert, c.lot);
        p->candidate[p->candidates++] = c;
    }
    qsort(p->candidate, p->candidates, sizeof(*p->candidate), in_order);
    return YG_OK;
}

static enum yg_status on_event(void *arg, const struct yg_batch *b,
                               const struct yg_event *e, struct yg_err *err)
{
    struct planting *p = arg;

    (void)err;
    yg_workqueue_describe(&p->arena, &p->run, p->tenant, b, e);
    p->audit.device = e->device;
    return YG_OK;
}

static enum yg_status put(struct planting *p, struct yg_err *err)
{
    struct yg_store *store = p->g->opt.store;
    enum yg_status st = yg_store_run_put(store, &p->run, err);

    if (st == YG_OK)
        st = yg_store_run_add(store, p->run.id, p->run.id, 1, err);
    if (st == YG_OK)
        st = yg_ledger_audit_put(store, &p->audit, err);
    return st;
}

/* Drawn, to the eye, when it happened, as an audit is. */
static void make_audit(struct planting *p, const struct yg_verdict *v, int64_t late_ns)
{
    p->audit = (struct yg_audit){ .tenant = p->tenant,
                                  .rate = YG_COIN_ONE,
                                  .drawn_ns = p->run.first_ns + late_ns,
                                  .ends_ns = p->run.first_ns + YG_RUN_GAP_NS,
                                  .kind = YG_AUDIT_PLANT,
                                  .state = YG_AUDIT_WAITS,
                                  .level = YG_LEVEL_NONE,
                                  .predicted = YG_LEVEL_NONE,
                                  .truth = v->level,
                                  .second = YG_LEVEL_NONE,
                                  .first = YG_LEVEL_NONE,
                                  .worst = YG_LEVEL_NONE };
    memcpy(p->audit.run, p->run.id, YG_ID_SIZE);
    memcpy(p->audit.alert, v->alert, YG_ID_SIZE);
}

static enum yg_status plant(struct planting *p, const struct yg_verdict *v,
                            struct yg_err *err)
{
    unsigned char number[YG_DIGEST_SIZE];
    char hex[2 * YG_ID_SIZE + 1];
    struct yg_store_record rec;
    struct yg_str tenant;
    uint32_t back, part;
    int64_t now = yg_clock_now(p->g->opt.clock),
            last = p->last_ns < now ? p->last_ns : now;

    draw_number(p, USE_PLANT, v->alert, number);
    p->serial++;
    memcpy(&back, number + YG_ID_SIZE, sizeof(back));
    memcpy(&part, number + YG_ID_SIZE + sizeof(back), sizeof(part));
    yg_hex(v->alert, YG_ID_SIZE, hex);
    enum yg_status st =
        yg_store_get(p->g->opt.store, yg_str_of(hex), &p->arena, &rec, &tenant, err);
    if (st != YG_OK)
        return st;
    int64_t at = last - YG_RUN_GAP_NS - (int64_t)(back % SPREAD_S) * YG_NS_PER_S;
    at = rec.time_ns + (at - rec.time_ns) / YG_NS_PER_S * YG_NS_PER_S;
    p->run = (struct yg_queue_run){ .first_ns = at,
                                    .last_ns = at,
                                    .alerts = 1,
                                    .open = 1,
                                    .predicted = YG_LEVEL_NONE,
                                    .verdict = YG_LEVEL_NONE };
    memcpy(p->run.id, number, YG_ID_SIZE);
    memcpy(p->run.worst, number, YG_ID_SIZE);
    make_audit(p, v, now - last + part % YG_NS_PER_S);
    struct yg_readdress r = how(&p->run, &rec);
    st = again(&r, p->run.id, &p->arena, &rec, err);
    if (st == YG_OK)
        st = yg_recall(p->g->opt.store, &rec, on_event, p, err);
    return st == YG_OK ? put(p, err) : st;
}

static enum yg_status last_record(struct planting *p, struct yg_err *err)
{
    struct yg_store_tenant *t;
    size_t n = 0;
    enum yg_status st = yg_store_tenants(p->g->opt.store, &p->arena, &t, &n, err);

    for (size_t i = 0; st == YG_OK && i < n; i++)
        if (yg_str_eq(t[i].name, p->tenant))
            p->last_ns = t[i].last_ns;
    return st;
}

enum yg_status yg_guard_plant(struct yg_guard *g, struct yg_str tenant, size_t count,
                              struct yg_err *err)
{
    struct planting p = { .g = g, .tenant = tenant };

    if (count == 0 || count > PLANTS_MAX)
        return yg_err_set(err, YG_EINVAL, "plant 1 to %d attacks", PLANTS_MAX);
    if (!g->tosses)
        return yg_err_set(err, YG_EINVAL, "nothing is drawn without the store's secret");
    yg_arena_init(&p.arena, (size_t)4 << 30);
    enum yg_status st = last_record(&p, err);
    if (st == YG_OK)
        st = find_candidates(&p, err);
    if (st == YG_OK && p.candidates < count)
        st = yg_err_set(err, YG_EINVAL,
                        "%.*s has %zu attacks that people confirmed and that are not "
                        "waiting to be judged again: plant that many at most",
                        YG_STR_ARG(tenant), p.candidates);
    for (size_t i = 0; st == YG_OK && i < count; i++)
        st = plant(&p, p.candidate[i].verdict, err);
    yg_arena_fini(&p.arena);
    return st;
}
