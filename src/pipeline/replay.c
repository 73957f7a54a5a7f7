/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/replay.h"

#include "pipeline/judge.h"
#include "pipeline/score.h"

#include <stdlib.h>

#define BLOCK          256
#define NAMES_MAX      ((size_t)1 << 20) /* signatures whose names are kept */
#define NAMES_MEMORY   ((size_t)512 << 20)
#define PROGRESS_EVERY 65536

/* A confirmed attack that is known from `judged_ns` on. */
struct threat {
    int64_t judged_ns, time_ns;
    uint64_t address[YG_JUDGED_ADDRESSES];
};

/* One model at work on the tenant that is being read. */
struct eye {
    const struct yg_modelpack *pack;
    struct yg_judge *judge;
    struct yg_judged_list *out;
    uint32_t tenant; /* of the judge */
    float row[BLOCK * YG_FEATURES_MAX];
    struct yg_score score[BLOCK];
    float distance[BLOCK];
};

struct pass {
    const struct yg_replay_ask *ask;
    struct yg_replay *out;
    struct eye *eye[YG_REPLAY_MODELS];
    size_t eyes;
    uint32_t tenant;
    uint64_t run_base;      /* number of the tenant's first run */
    struct threat *waiting; /* heap: the one known first is on top */
    size_t waiting_n, waiting_size;
    /* alerts that wait to be scored together */
    size_t count;
    struct yg_facts facts[BLOCK];
    struct { /* what the store knows of them */
        unsigned char id[YG_ID_SIZE];
        int64_t judged_ns;
        uint8_t level, trains;
    } known[BLOCK];
};

/* Room for one more of `n` elements of `size` bytes. */
static void *room(void *p, size_t n, size_t *have, size_t size)
{
    if (n < *have)
        return p;
    size_t more = *have ? *have * 2 : 1024;
    void *q = realloc(p, more * size);
    if (q)
        *have = more;
    return q;
}

/* ---- confirmed attacks, from when they were confirmed ---------------------------- */

static enum yg_status wait_for(struct pass *p, const struct yg_facts *f,
                               int64_t judged_ns, struct yg_err *err)
{
    struct threat *w = room(p->waiting, p->waiting_n, &p->waiting_size, sizeof(*w));

    if (!w)
        return yg_err_set(err, YG_ENOMEM, "no memory for the verdicts' alerts");
    p->waiting = w;
    size_t at = p->waiting_n++;
    for (; at > 0 && w[(at - 1) / 2].judged_ns > judged_ns; at = (at - 1) / 2)
        w[at] = w[(at - 1) / 2];
    w[at] =
        (struct threat){ .judged_ns = judged_ns,
                         .time_ns = f->time_ns,
                         .address = { f->key[YG_KEY_SOURCE], f->key[YG_KEY_DESTINATION],
                                      f->key[YG_KEY_HOST] } };
    return YG_OK;
}

static struct threat take_first(struct pass *p)
{
    struct threat *w = p->waiting, first = w[0], last = w[--p->waiting_n];
    size_t at = 0, next;

    for (; (next = 2 * at + 1) < p->waiting_n; at = next) {
        if (next + 1 < p->waiting_n && w[next + 1].judged_ns < w[next].judged_ns)
            next++;
        if (w[next].judged_ns >= last.judged_ns)
            break;
        w[at] = w[next];
    }
    w[at] = last;
    return first;
}

/* Tell the judges what people knew at this time. */
static void learn_threats(struct pass *p, int64_t now)
{
    while (p->waiting_n > 0 && p->waiting[0].judged_ns <= now) {
        struct threat t = take_first(p);
        struct yg_facts f = { .time_ns = t.time_ns };
        f.key[YG_KEY_SOURCE] = t.address[0];
        f.key[YG_KEY_DESTINATION] = t.address[1];
        f.key[YG_KEY_HOST] = t.address[2];
        for (size_t e = 0; e < p->eyes; e++)
            yg_judge_threat(p->eye[e]->judge, p->eye[e]->tenant, &f, t.judged_ns);
    }
}

/* ---- one block of alerts --------------------------------------------------------- */

static enum yg_status keep_ids(struct pass *p, const struct yg_run *run,
                               const unsigned char *id, struct yg_err *err)
{
    struct yg_replay *r = p->out;
    size_t n = r->rows[0].n;
    uint64_t number = p->run_base + run->number;
    void *ids = room(r->id, n, &r->ids, sizeof(*r->id));

    if (!ids)
        return yg_err_set(err, YG_ENOMEM, "no memory for the ids of %zu alerts", n);
    r->id = ids;
    memcpy(r->id[n], id, YG_ID_SIZE);
    if (!run->fresh)
        return YG_OK;
    void *runs = room(r->run_id, number, &r->runs, sizeof(*r->run_id));
    if (!runs)
        return yg_err_set(err, YG_ENOMEM, "no memory for the ids of runs");
    r->run_id = runs;
    memcpy(r->run_id[number], run->id, YG_ID_SIZE);
    return YG_OK;
}

static struct yg_judged row_of(const struct pass *p, size_t i,
                               const struct yg_judgement *j)
{
    const struct yg_facts *f = &p->facts[i];

    return (struct yg_judged){ .run = p->run_base + j->run.number,
                               .entity = f->key[YG_KEY_ENTITY],
                               .signature = f->key[YG_KEY_SIGNATURE],
                               .incident = f->key[YG_KEY_INCIDENT],
                               .time_ns = f->time_ns,
                               .address = { f->key[YG_KEY_SOURCE],
                                            f->key[YG_KEY_DESTINATION],
                                            f->key[YG_KEY_HOST] },
                               .tenant = p->tenant,
                               .risk = j->score.risk,
                               .scored = j->score.risk,
                               .rule = { f->rule[0], f->rule[1] },
                               .gates = j->decision.gates,
                               .level = p->known[i].level,
                               .predicted = j->score.predicted,
                               .trains = p->known[i].trains,
                               .device = f->device };
}

static enum yg_status decide(struct pass *p, struct eye *e, size_t i, struct yg_err *err)
{
    const struct yg_judge_alert alert = { .facts = &p->facts[i],
                                          .id = p->known[i].id,
                                          .score = &e->score[i],
                                          .distance = e->distance[i] };
    struct yg_judgement j;
    enum yg_status st = yg_judged_list_grow(e->out, 1, err);

    if (st != YG_OK)
        return st;
    yg_judge_decide(e->judge, e->tenant, &alert, &j);
    if (p->ask->list && e == p->eye[0])
        st = keep_ids(p, &j.run, p->known[i].id, err);
    e->out->a[e->out->n++] = row_of(p, i, &j);
    if (e->out->runs <= p->run_base + j.run.number)
        e->out->runs = p->run_base + j.run.number + 1;
    return st;
}

static enum yg_status flush(struct pass *p, struct yg_err *err)
{
    enum yg_status st = YG_OK;

    for (size_t k = 0; k < p->eyes; k++) {
        struct eye *e = p->eye[k];
        yg_score_rows(e->pack->trees, &e->pack->calibration, e->row, p->count,
                      YG_FEATURES_MAX, e->score);
        yg_modelpack_distances(e->pack, e->row, p->count, YG_FEATURES_MAX, e->score,
                               e->distance);
    }
    for (size_t i = 0; st == YG_OK && i < p->count; i++) {
        learn_threats(p, p->facts[i].time_ns);
        for (size_t k = 0; st == YG_OK && k < p->eyes; k++)
            st = decide(p, p->eye[k], i, err);
        /* Nobody knew later than the history ends: most imported verdicts. */
        if (st == YG_OK && p->known[i].level < YG_LEVEL_COUNT &&
            p->known[i].level >= YG_LEVEL_L3 && p->known[i].judged_ns > 0 &&
            p->known[i].judged_ns <= p->out->tenant[p->tenant].last_ns)
            st = wait_for(p, &p->facts[i], p->known[i].judged_ns, err);
    }
    p->count = 0;
    if (p->ask->progress && p->out->rows[0].n % PROGRESS_EVERY < BLOCK)
        p->ask->progress(p->ask->arg, p->out->rows[0].n);
    return st;
}

/* ---- the stream ------------------------------------------------------------------ */

static enum yg_status keep_name(struct pass *p, const struct yg_past_event *e,
                                struct yg_err *err)
{
    struct yg_replay *r = p->out;
    uint64_t key = e->facts->key[YG_KEY_SIGNATURE];
    const struct yg_event *event = &e->batch->event[e->at];
    bool fresh = false;
    uint64_t *at = key && e->decoded ? yg_map_put(&r->signature_at, key, &fresh) : NULL;

    if (!at || !fresh) /* past the cap names are missing, alerts are not */
        return YG_OK;
    size_t n = yg_map_count(&r->signature_at);
    void *s = room(r->signature, n, &r->signatures, sizeof(*r->signature));
    if (!s)
        return yg_err_set(err, YG_ENOMEM, "no memory for the signatures' names");
    r->signature = s;
    r->signature[n - 1] = (struct yg_replay_signature){
        yg_arena_str(&r->arena, yg_event_str(e->batch, event, YG_F_RULE_ID)),
        yg_arena_str(&r->arena, yg_event_str(e->batch, event, YG_F_RULE_NAME))
    };
    *at = n;
    return YG_OK;
}

static enum yg_status on_event(void *arg, const struct yg_past_event *e,
                               struct yg_err *err)
{
    struct pass *p = arg;
    bool alert = yg_past_is_alert(e);
    enum yg_status st = YG_OK;

    for (size_t k = 0; k < p->eyes; k++) {
        struct eye *eye = p->eye[k];
        yg_judge_ahead(eye->judge, eye->tenant, e->facts - e->at, e->at, e->batch->count);
        yg_judge_see(eye->judge, eye->tenant, e->facts,
                     alert ? eye->row + p->count * YG_FEATURES_MAX : NULL);
    }
    if (!alert) {
        p->out->context++;
        return YG_OK;
    }
    if (p->ask->list)
        st = keep_name(p, e, err);
    size_t i = p->count++;
    p->facts[i] = *e->facts;
    memcpy(p->known[i].id, e->id, YG_ID_SIZE);
    p->known[i].level = e->level;
    p->known[i].trains = e->trains;
    p->known[i].judged_ns = e->judged_ns;
    return st == YG_OK && p->count == BLOCK ? flush(p, err) : st;
}

static void on_problem(void *arg, const struct yg_err *err)
{
    struct pass *p = arg;

    if (p->out->problems++ == 0)
        p->out->problem = *err;
}

/* A judge for this tenant: all gates that its model can evaluate, and nothing closes. */
static enum yg_status open_eye(struct pass *p, struct eye *e, struct yg_err *err)
{
    enum yg_status st = yg_judge_new(e->pack, p->ask->memory, &e->judge, err);

    if (st != YG_OK)
        return st;
    struct yg_policy *policy = yg_judge_policy(e->judge);
    policy->tau = 0;
    policy->certificate = true;
    policy->version_differs = false;
    policy->not_evaluated &= ~YG_GATE_BIT(OPEN_THREAT); /* the verdicts are at hand */
    return yg_judge_tenant(e->judge, p->out->tenant[p->tenant].name, &e->tenant, err);
}

static enum yg_status run_tenant(struct pass *p, struct yg_past *past, struct yg_err *err)
{
    const struct yg_past_sink sink = { .arg = p,
                                       .event = on_event,
                                       .problem = on_problem };
    enum yg_status st = YG_OK;

    p->run_base = p->out->rows[0].runs;
    p->waiting_n = 0;
    for (size_t k = 0; st == YG_OK && k < p->eyes; k++)
        st = open_eye(p, p->eye[k], err);
    if (st == YG_OK)
        st = yg_past_run(past, p->out->tenant[p->tenant].name, &sink, err);
    if (st == YG_OK)
        st = flush(p, err);
    for (size_t k = 0; k < p->eyes; k++) {
        yg_judge_free(p->eye[k]->judge);
        p->eye[k]->judge = NULL;
    }
    return st;
}

static enum yg_status start(struct pass *p, struct yg_past **past, struct yg_err *err)
{
    const struct yg_replay_ask *ask = p->ask;
    struct yg_replay *r = p->out;
    enum yg_status st = yg_past_tenants(
        ask->store, &r->arena, (struct yg_past_asked){ ask->tenant, ask->tenant_count },
        &r->tenant, &r->tenants, err);

    if (st != YG_OK)
        return st;
    r->first = calloc(r->tenants + 1, sizeof(*r->first));
    for (size_t k = 0; k < YG_REPLAY_MODELS && ask->model[k]; k++) {
        p->eye[k] = calloc(1, sizeof(*p->eye[k]));
        if (!p->eye[k])
            break;
        p->eye[k]->pack = ask->model[k];
        p->eye[k]->out = &r->rows[k];
        p->eyes++;
    }
    if (!r->first || p->eyes == 0 || (ask->model[1] && p->eyes == 1))
        return yg_err_set(err, YG_ENOMEM, "no memory for a replay");
    struct yg_past_options opt = ask->past;
    opt.want = ask->list ? YG_PAST_NAMES : YG_PAST_FACTS;
    return yg_past_new(ask->store, &opt, past, err);
}

enum yg_status yg_replay_run(const struct yg_replay_ask *ask, struct yg_replay *out,
                             struct yg_err *err)
{
    struct pass *p = calloc(1, sizeof(*p));
    struct yg_past *past = NULL;

    *out = (struct yg_replay){ .tenants = 0 };
    yg_arena_init(&out->arena, NAMES_MEMORY);
    yg_map_init(&out->signature_at, NAMES_MAX);
    if (!p)
        return yg_err_set(err, YG_ENOMEM, "no memory for a replay");
    p->ask = ask;
    p->out = out;
    enum yg_status st = start(p, &past, err);
    for (size_t t = 0; st == YG_OK && t < out->tenants; t++) {
        p->tenant = (uint32_t)t;
        st = run_tenant(p, past, err);
        out->first[t + 1] = out->rows[0].n;
    }
    yg_past_free(past);
    for (size_t k = 0; k < p->eyes; k++)
        free(p->eye[k]);
    free(p->waiting);
    free(p);
    return st;
}

void yg_replay_free(struct yg_replay *r)
{
    for (size_t k = 0; k < YG_REPLAY_MODELS; k++)
        yg_judged_list_fini(&r->rows[k]);
    free(r->first);
    free(r->id);
    free(r->run_id);
    free(r->signature);
    yg_map_fini(&r->signature_at);
    yg_arena_fini(&r->arena);
}

struct yg_replay_signature yg_replay_signature_of(const struct yg_replay *r, uint64_t key)
{
    const uint64_t *at = key ? yg_map_get(&r->signature_at, key) : NULL;

    return at && *at > 0 ? r->signature[*at - 1]
                         : (struct yg_replay_signature){ YG_STR_NONE, YG_STR_NONE };
}
