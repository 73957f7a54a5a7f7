/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/groups_priv.h"

#include "context/context.h"
#include "pipeline/score.h"
#include "policy/run.h"

#include <math.h>
#include <stdlib.h>

#define BLOCK     256
#define RUNS_OPEN 65536

/* Without a model: these columns must be equal within a group ... */
static const enum yg_feature shape_column[] = {
    YG_X_SEVERITY,  YG_X_BLOCKED,   YG_X_SRC_INTERNAL, YG_X_DST_INTERNAL, YG_X_DST_PORT,
    YG_X_PROTO,     YG_X_DIRECTION, YG_X_APP,          YG_X_HTTP_STATUS,  YG_X_DNS_RCODE,
    YG_X_P_OUTCOME, YG_X_P_SUCCESS, YG_X_P_INTENT,
};
/* ... and what an event and its flow say, with what became of it, is how far two members
 * are apart. */
enum {
    FLAT_COUNT = YG_PACKET_FIRST,
    OUTCOME_COUNT = (int)YG_X_P_BROKEN - (int)YG_X_P_OUTCOME + 1,
    PLAIN_WIDTH = FLAT_COUNT + OUTCOME_COUNT
};
_Static_assert(PLAIN_WIDTH <= YG_DISTANCE_LEAVES, "a pattern is that long");
_Static_assert((int)YG_X_P_BROKEN < (int)YG_FACTS_STATIC, "what an event alone tells");

/* And so must be how unusual it was where and when it came, in three steps each: one
 * login among thousands looks like any other, except that ten things that the machine
 * never said before came with it. */
static const struct around {
    enum yg_feature column;
    float some, much; /* from here on */
    bool few;         /* unusual is what is seldom: up to `much`, up to `some` */
} around[] = {
    { YG_X_SIG_N, 20, 5, true },       { YG_X_SH_N, 20, 5, true },
    { YG_X_HOST_NEW_1H, 1, 4, false }, { YG_X_HD_RARE_1H, 1, 4, false },
    { YG_X_SIG_RATIO, 4, 16, false },  { YG_X_DEV_RATIO, 4, 16, false },
};

struct pass {
    const struct yg_groups_ask *ask;
    const struct yg_corpus_tenant *ten;
    struct yg_looks *out;
    struct yg_runs *runs;
    struct yg_context *context;
    size_t count;
    uint32_t record[BLOCK];
    float row[BLOCK * YG_FEATURES_MAX];
    struct yg_score score[BLOCK];
};

uint64_t yg_groups_key(const unsigned char alert[YG_ID_SIZE])
{
    uint64_t key =
        yg_hash_str(0x61736b, (struct yg_str){ (const char *)alert, YG_ID_SIZE });

    return key ? key : 1;
}

/* A column as one byte: values within about a third of each other are the same. */
static uint8_t coarse(float v)
{
    int exponent;

    if (isnan(v))
        return 255;
    float m = frexpf(v, &exponent);
    int step = v == 0.0F ? 0 : 2 * exponent + (fabsf(m) >= 0.75F) + 64;
    if (v < 0.0F)
        step += 128;
    return (uint8_t)(step < 0 ? 0 : step > 254 ? 254 : step);
}

/* Flags, categories and ports are what they are, not their size. */
static uint8_t exact(float v)
{
    return isnan(v) ? 255 : (uint8_t)((uint32_t)(int32_t)v % 251);
}

static uint8_t byte_of(enum yg_feature column, float v)
{
    enum yg_feature_type type = yg_feature_info[column].type;

    return type == YG_FT_FLAG || type == YG_FT_CATEGORY ? exact(v) : coarse(v);
}

static unsigned step_of(const struct around *a, const float *row)
{
    float v = row[a->column];

    if (isnan(v))
        return 0;
    if (a->few)
        return (unsigned)(v <= a->some) + (v <= a->much);
    return (unsigned)(v >= a->some) + (v >= a->much);
}

static uint32_t unusual(const float *row)
{
    uint32_t sum = 0;

    for (size_t i = 0; i < YG_ARRAY_LEN(around); i++)
        sum += step_of(&around[i], row);
    return sum;
}

static uint64_t shape_of(const struct yg_facts *f, const float *row)
{
    uint64_t h = 1;

    for (size_t i = 0; i < YG_ARRAY_LEN(around); i++)
        h = yg_hash_pair(h, step_of(&around[i], row));

    for (size_t i = 0; i < YG_ARRAY_LEN(shape_column); i++)
        h = yg_hash_pair(h, isnan(f->fixed[shape_column[i]])
                                ? UINT64_MAX
                                : (uint64_t)(int64_t)f->fixed[shape_column[i]]);
    return h;
}

static void plain_pattern(const struct yg_facts *f, uint8_t leaf[YG_DISTANCE_LEAVES])
{
    memset(leaf, 0, YG_DISTANCE_LEAVES);
    for (int i = 0; i < FLAT_COUNT; i++)
        leaf[i] = byte_of((enum yg_feature)i, f->fixed[i]);
    for (int i = 0; i < OUTCOME_COUNT; i++) {
        enum yg_feature c = (enum yg_feature)(YG_X_P_OUTCOME + i);
        leaf[FLAT_COUNT + i] = byte_of(c, f->fixed[c]);
    }
}

static uint32_t severity_of(const struct yg_facts *f)
{
    float v = f->fixed[YG_X_SEVERITY];

    return v > 0.0F ? (uint32_t)(v * 1000.0F) : 0; /* of 0 to 100; not known: least */
}

/* The alert of record `i` is the worst of its run so far: the run looks like it. */
static void look_like(struct pass *p, struct yg_look *l, uint32_t i, const float *row)
{
    const struct yg_facts *f = &p->ten->record[i].facts;

    if (p->ask->pack) {
        yg_distance_leaves(p->ask->pack->trees, row, l->leaf);
        return;
    }
    l->shape = shape_of(f, row);
    plain_pattern(f, l->leaf);
}

static void take(struct pass *p, uint32_t i, const float *row, const struct yg_score *s)
{
    const struct yg_corpus_record *r = &p->ten->record[i];
    struct yg_look *l = &p->out->v[p->out->of[i]];
    uint32_t rank = s ? s->risk : severity_of(&r->facts) + unusual(row);

    if (l->alerts++ == 0 || rank > l->rank) {
        l->rank = rank;
        look_like(p, l, i, row);
    }
    if (s && (l->predicted >= YG_LEVEL_COUNT || s->predicted > l->predicted))
        l->predicted = s->predicted;
    l->not_own += r->level >= YG_LEVEL_COUNT || r->trains;
    if (r->level < YG_LEVEL_COUNT)
        return;
    if (l->unjudged++ == 0 || rank > l->show_rank) {
        l->show = i;
        l->show_rank = rank;
    }
}

static void flush(struct pass *p)
{
    const struct yg_modelpack *m = p->ask->pack;

    if (p->count == 0)
        return;
    yg_score_rows(m->trees, &m->calibration, p->row, p->count, YG_FEATURES_MAX, p->score);
    for (size_t i = 0; i < p->count; i++)
        take(p, p->record[i], p->row + i * YG_FEATURES_MAX, &p->score[i]);
    p->count = 0;
}

/* Where the alert's run is kept; made if it is new. */
static enum yg_status place(struct pass *p, uint32_t i, struct yg_err *err)
{
    const struct yg_corpus_record *r = &p->ten->record[i];
    struct yg_looks *out = p->out;
    struct yg_run run =
        yg_runs_add(p->runs, r->facts.key[YG_KEY_ENTITY], r->facts.key[YG_KEY_SIGNATURE],
                    r->facts.time_ns, r->id);

    if (out->n <= run.number) {
        if (out->n == out->size) {
            size_t size = out->size ? out->size * 2 : 1024;
            struct yg_look *v = realloc(out->v, size * sizeof(*v));
            if (!v)
                return yg_err_set(err, YG_ENOMEM, "no memory for %zu runs", size);
            out->v = v;
            out->size = size;
        }
        out->v[out->n] = (struct yg_look){ .signature = r->facts.key[YG_KEY_SIGNATURE],
                                           .show = YG_NO_RUN,
                                           .predicted = YG_LEVEL_NONE };
        memcpy(out->v[out->n++].id, run.id, YG_ID_SIZE);
    }
    out->of[i] = (uint32_t)run.number;
    if (p->ask->aside && yg_map_get(p->ask->aside, yg_groups_key(r->id)))
        out->v[run.number].aside = true;
    return YG_OK;
}

static enum yg_status see(struct pass *p, uint32_t i, struct yg_err *err)
{
    const struct yg_facts *f = &p->ten->record[i].facts;

    p->out->of[i] = YG_NO_RUN;
    if (f->kind == YG_KIND_CONTEXT) {
        yg_context_see(p->context, f);
        return YG_OK;
    }
    enum yg_status st = place(p, i, err);
    if (st != YG_OK)
        return st;
    yg_context_row(p->context, f, p->row + p->count * YG_FEATURES_MAX);
    if (!p->ask->pack) {
        take(p, i, p->row, NULL);
        return YG_OK;
    }
    p->record[p->count++] = i;
    if (p->count == BLOCK)
        flush(p);
    return YG_OK;
}

static enum yg_status run_pass(struct pass *p, struct yg_err *err)
{
    const struct yg_groups_ask *ask = p->ask;
    enum yg_status st = YG_OK;

    if (p->ten->count >= YG_NO_RUN)
        return yg_err_set(err, YG_ELIMIT, "more than four billion records");
    p->out->of = malloc((p->ten->count + 1) * sizeof(*p->out->of));
    p->runs = yg_runs_new(RUNS_OPEN);
    if (!p->out->of || !p->runs)
        return yg_err_set(err, YG_ENOMEM, "no memory for the runs");
    st = yg_context_new(ask->pack ? ask->pack->history : NULL, ask->context_memory,
                        &p->context);
    if (st != YG_OK)
        return yg_err_set(err, st, "no memory for a tenant's context");
    p->out->width = ask->pack ? yg_distance_trees(ask->pack->trees) : PLAIN_WIDTH;
    for (size_t i = 0; st == YG_OK && i < p->ten->count; i++)
        st = see(p, (uint32_t)i, err);
    if (st == YG_OK && ask->pack)
        flush(p);
    return st;
}

enum yg_status yg_looks_of(const struct yg_groups_ask *ask, struct yg_looks *out,
                           struct yg_err *err)
{
    struct pass *p = calloc(1, sizeof(*p));
    enum yg_status st = YG_ENOMEM;

    *out = (struct yg_looks){ 0 };
    if (p) {
        p->ask = ask;
        p->ten = &ask->corpus->tenant[ask->tenant];
        p->out = out;
        st = run_pass(p, err);
        yg_context_free(p->context);
        yg_runs_free(p->runs);
    } else {
        yg_err_set(err, st, "no memory for groups");
    }
    free(p);
    if (st != YG_OK)
        yg_looks_fini(out);
    return st;
}

void yg_looks_fini(struct yg_looks *l)
{
    free(l->v);
    free(l->of);
    *l = (struct yg_looks){ 0 };
}
