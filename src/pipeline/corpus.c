/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/corpus.h"

#include "pipeline/past.h"

#include <stdlib.h>

#define CAP_DEFAULT ((size_t)20 * 1000 * 1000)

struct load {
    const struct yg_corpus_options *opt;
    struct yg_corpus *corpus;
    struct yg_corpus_tenant *tenant;
};

static void on_problem(void *arg, const struct yg_err *err)
{
    struct load *l = arg;

    if (l->corpus->problems++ == 0)
        l->corpus->problem = *err;
}

static enum yg_status grow(struct load *l, struct yg_err *err)
{
    struct yg_corpus_tenant *t = l->tenant;

    if (l->corpus->records >= l->corpus->cap)
        return yg_err_set(err, YG_ELIMIT,
                          "more than %zu records to learn from; narrow it with --tenants "
                          "or --until",
                          l->corpus->cap);
    if (t->count < t->size)
        return YG_OK;
    size_t size = t->size ? t->size + t->size / 2 : 1024;
    struct yg_corpus_record *r = realloc(t->record, size * sizeof(*r));
    if (!r)
        return yg_err_set(err, YG_ENOMEM, "no memory for %zu records", size);
    t->record = r;
    t->size = size;
    return YG_OK;
}

static enum yg_status on_event(void *arg, const struct yg_past_event *e,
                               struct yg_err *err)
{
    struct load *l = arg;
    enum yg_status st = grow(l, err);

    if (st != YG_OK)
        return st;
    struct yg_corpus_record *r = &l->tenant->record[l->tenant->count++];
    *r = (struct yg_corpus_record){ .facts = *e->facts,
                                    .level = e->level,
                                    .predicted = e->predicted,
                                    .decision = e->decision,
                                    .trains = e->trains,
                                    .gravest = e->gravest,
                                    .risk = e->risk,
                                    .judged_ns = e->judged_ns };
    memcpy(r->id, e->id, YG_ID_SIZE);
    l->corpus->records++;
    if (yg_past_is_alert(e)) {
        l->tenant->alerts++;
        l->tenant->judged += r->level < YG_LEVEL_COUNT;
    }
    if (l->opt->each)
        l->opt->each(l->opt->each_arg, e->batch, &e->batch->event[e->at], r);
    return YG_OK;
}

static enum yg_status choose_tenants(struct yg_store *store, struct yg_corpus *c,
                                     const struct yg_corpus_options *opt,
                                     struct yg_err *err)
{
    struct yg_store_tenant *t;
    size_t count;
    enum yg_status st = yg_past_tenants(
        store, &c->arena, (struct yg_past_asked){ opt->tenant, opt->tenant_count }, &t,
        &count, err);

    if (st != YG_OK)
        return st;
    c->tenant = calloc(count + 1, sizeof(*c->tenant));
    if (!c->tenant)
        return yg_err_set(err, YG_ENOMEM, "no memory for %zu tenants", count);
    for (size_t i = 0; i < count; i++)
        c->tenant[c->count++].name = t[i].name;
    return YG_OK;
}

enum yg_status yg_corpus_load(struct yg_store *store, const struct yg_corpus_options *opt,
                              struct yg_corpus *out, struct yg_err *err)
{
    const struct yg_past_options past = { .workers = opt->workers,
                                          .from_ns = opt->from_ns,
                                          .until_ns = opt->until_ns,
                                          .watch = opt->watch,
                                          .close = { opt->close },
                                          .as_of_ns = opt->as_of_ns,
                                          .want = opt->each ? YG_PAST_FIELDS
                                                            : YG_PAST_FACTS };
    struct load l = { .opt = opt, .corpus = out };
    const struct yg_past_sink sink = { .arg = &l,
                                       .event = on_event,
                                       .problem = on_problem };
    struct yg_past *p = NULL;

    *out = (struct yg_corpus){ .cap = opt->cap ? opt->cap : CAP_DEFAULT };
    yg_arena_init(&out->arena, (size_t)256 << 20);
    enum yg_status st = choose_tenants(store, out, opt, err);
    if (st == YG_OK)
        st = yg_past_new(store, &past, &p, err);
    for (size_t i = 0; st == YG_OK && i < out->count; i++) {
        l.tenant = &out->tenant[i];
        st = yg_past_run(p, l.tenant->name, &sink, err);
    }
    yg_past_free(p);
    if (st != YG_OK)
        yg_corpus_free(out);
    return st;
}

void yg_corpus_free(struct yg_corpus *c)
{
    for (size_t i = 0; i < c->count; i++)
        free(c->tenant[i].record);
    free(c->tenant);
    c->tenant = NULL;
    c->count = 0;
    yg_arena_fini(&c->arena);
}
