/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/corpus.h"

#include "conf/mapping.h"
#include "pipeline/flow.h"
#include "policy/decide.h"

#include <stdlib.h>

#define CAP_DEFAULT ((size_t)20 * 1000 * 1000)

/* One source of the tenant being read: the feed of one lane of the flow. */
struct feed {
    struct load *load;
    uint32_t store_id;
    struct yg_store_scan *scan;
    bool held; /* `next` was read but did not fit in the last batch */
    struct yg_store_record next;
    struct known { /* what the store knows of a record: indexed by record.offset */
        unsigned char id[YG_ID_SIZE];
        int64_t time_ns;
        uint32_t risk;
        uint8_t verdict, predicted, decision;
    } * known;
    size_t known_count, known_size;
};

struct load {
    struct yg_store *store;
    const struct yg_corpus_options *opt;
    struct yg_corpus *corpus;
    struct yg_corpus_tenant *tenant;
    struct yg_store_query query;
    struct yg_verdict *verdict; /* in force, by alert id */
    size_t verdict_count;
    struct yg_arena verdict_arena;
    struct feed *feed;
    uint32_t feeds;
};

static bool remember(struct feed *f, const struct yg_store_record *r)
{
    if (f->known_count == f->known_size) {
        size_t size = f->known_size ? f->known_size * 2 : 1024;
        struct known *k = realloc(f->known, size * sizeof(*k));
        if (!k)
            return false;
        f->known = k;
        f->known_size = size;
    }
    struct known *k = &f->known[f->known_count++];
    memcpy(k->id, r->id, YG_ID_SIZE);
    k->time_ns = r->time_ns;
    k->verdict = r->verdict;
    k->predicted = r->predicted;
    /* As it was when it came: what an audit brought back was chosen by its verdict, so
     * that it calibrates no more than what stayed closed. */
    k->decision = r->gates & YG_GATE_BIT(RECALLED) ? YG_DECISION_CLOSED : r->decision;
    k->risk = r->risk;
    return true;
}

static void note(struct load *l, const struct yg_err *err)
{
    if (l->corpus->problems++ == 0)
        l->corpus->problem = *err;
}

static void on_problem(void *arg, uint32_t source, const struct yg_err *err)
{
    (void)source;
    note(arg, err);
}

/* The next record of this lane's source within the time asked for. */
static enum yg_status next_record(struct feed *f, struct yg_err *err)
{
    enum yg_status st;

    if (f->held) {
        f->held = false;
        return YG_OK;
    }
    const struct yg_store_query *q = &f->load->query;
    do {
        st = yg_store_scan_next(f->scan, &f->next, err);
        if (st == YG_ECORRUPT)
            note(f->load, err);
    } while (st == YG_ECORRUPT ||
             (st == YG_OK && (f->next.source != f->store_id ||
                              (q->until_ns > 0 && (f->next.time_ns < q->from_ns ||
                                                   f->next.time_ns >= q->until_ns)))));
    return st;
}

static enum yg_status feed(void *arg, struct yg_slot *slot, struct yg_err *err)
{
    struct feed *f = arg;
    struct yg_batch *b = &slot->batch;
    enum yg_status st = YG_OK;

    while (b->count < YG_BATCH_MAX && b->text_used < YG_BATCH_RAW) {
        st = next_record(f, err);
        if (st != YG_OK)
            break;
        if (b->count > 0 && (b->text_used + f->next.raw.n > YG_RECORD_MAX ||
                             f->next.packets.n > YG_SLOT_PACKETS - slot->packets_used)) {
            f->held = true;
            break;
        }
        struct yg_record *r = &b->record[b->count];
        *r = (struct yg_record){ .offset = f->known_count, .full_size = f->next.raw.n };
        if (!yg_batch_add(b, f->next.raw, &r->raw) ||
            !yg_slot_keep_packets(slot, b->count, f->next.packets) ||
            !remember(f, &f->next))
            return yg_err_set(err, YG_ENOMEM, "no memory to read the history");
        b->count++;
    }
    if (st == YG_EEND) {
        b->last = 1;
        return b->count ? YG_OK : YG_EEND;
    }
    return st;
}

static int by_id(const void *key, const void *element)
{
    return memcmp(key, ((const struct yg_verdict *)element)->alert, YG_ID_SIZE);
}

static const struct yg_verdict *verdict_of(const struct load *l, const struct known *k)
{
    return l->verdict_count
               ? bsearch(k->id, l->verdict, l->verdict_count, sizeof(*l->verdict), by_id)
               : NULL;
}

/* People's own verdicts train and calibrate, one given to a group only trains; what a
 * rule or the model said is no verdict at all. */
static void judge_record(const struct load *l, const struct known *k,
                         struct yg_corpus_record *r)
{
    const struct yg_verdict *v = verdict_of(l, k);

    r->level = v ? v->level : k->verdict;
    r->judged_ns = v ? v->at_ns : 0;
    r->trains = v && v->source == YG_BY_GROUP;
    if (v && v->source != YG_BY_HUMAN && v->source != YG_BY_IMPORT && !r->trains)
        r->level = YG_LEVEL_NONE;
}

static uint64_t incident_of(const struct load *l, const struct known *k, uint64_t own)
{
    const struct yg_verdict *v = verdict_of(l, k);

    return v && v->incident.n ? yg_hash_str(YG_KEY_INCIDENT + 1, v->incident) : own;
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

static enum yg_status on_event(void *arg, struct yg_slot *slot, uint32_t i,
                               struct yg_err *err)
{
    struct load *l = arg;
    const struct feed *f = &l->feed[slot->batch.source];
    uint64_t at = slot->batch.record[i].offset;
    enum yg_status st = grow(l, err);

    if (st != YG_OK)
        return st;
    if (at >= f->known_count)
        return yg_err_set(err, YG_ECORRUPT, "a worker renumbered a record");
    const struct known *k = &f->known[at];
    struct yg_corpus_record *r = &l->tenant->record[l->tenant->count++];
    *r = (struct yg_corpus_record){ .facts = slot->facts[i],
                                    .level = YG_LEVEL_NONE,
                                    .predicted = k->predicted,
                                    .decision = k->decision,
                                    .risk = k->risk };
    memcpy(r->id, k->id, YG_ID_SIZE);
    r->facts.time_ns = k->time_ns; /* as it was mended when it was stored */
    r->facts.key[YG_KEY_INCIDENT] =
        incident_of(l, k, slot->facts[i].key[YG_KEY_INCIDENT]);
    l->corpus->records++;
    if (r->facts.kind != YG_KIND_CONTEXT) {
        judge_record(l, k, r);
        l->tenant->alerts++;
        l->tenant->judged += r->level < YG_LEVEL_COUNT;
    }
    if (l->opt->each)
        l->opt->each(l->opt->each_arg, &slot->batch, &slot->batch.event[i], r);
    return YG_OK;
}

static enum yg_status run_tenant(struct load *l, struct yg_flow_input *input,
                                 struct yg_err *err)
{
    struct yg_flow_sink sink = { .arg = l, .event = on_event, .problem = on_problem };
    struct yg_flow_options opt = { .workers = l->opt->workers, .watch = l->opt->watch };
    enum yg_status st = yg_store_verdicts(l->store, l->tenant->name, &l->verdict_arena,
                                          &l->verdict, &l->verdict_count, err);

    for (uint32_t i = 0; st == YG_OK && i < l->feeds; i++)
        st = yg_store_scan_open(l->store, &l->query, &l->feed[i].scan, err);
    if (st == YG_OK)
        st = yg_flow_run(input, l->feeds, &sink, &opt, NULL, err);
    for (uint32_t i = 0; i < l->feeds; i++) {
        yg_store_scan_close(l->feed[i].scan);
        free(l->feed[i].known);
    }
    yg_arena_clear(&l->verdict_arena);
    return st;
}

static enum yg_status load_tenant(struct load *l, const struct yg_source *source,
                                  size_t count, struct yg_err *err)
{
    struct yg_flow_input *input = calloc(YG_FLOW_INPUTS_MAX, sizeof(*input));
    struct feed *feeds = calloc(YG_FLOW_INPUTS_MAX, sizeof(*feeds));
    enum yg_status st = YG_OK;

    l->feed = feeds;
    l->feeds = 0;
    if (!input || !feeds)
        st = yg_err_set(err, YG_ENOMEM, "no memory to read the history");
    for (size_t i = 0; st == YG_OK && i < count; i++) {
        if (!yg_str_eq(source[i].tenant, l->tenant->name))
            continue;
        if (l->feeds == YG_FLOW_INPUTS_MAX) {
            st = yg_err_set(err, YG_ELIMIT, "tenant %.*s has more than %d sources",
                            YG_STR_ARG(l->tenant->name), YG_FLOW_INPUTS_MAX);
            break;
        }
        feeds[l->feeds] = (struct feed){ .load = l, .store_id = source[i].store_id };
        input[l->feeds] = (struct yg_flow_input){ .source = source[i],
                                                  .fd = -1,
                                                  .feed = feed,
                                                  .feed_arg = &feeds[l->feeds],
                                                  .header = source[i].header };
        l->feeds++;
    }
    if (st == YG_OK)
        st = run_tenant(l, input, err);
    free(input);
    free(feeds);
    return st;
}

static enum yg_status parse_mappings(struct yg_corpus *c, struct yg_source *source,
                                     size_t count, struct yg_err *err)
{
    enum yg_status st = YG_OK;

    for (size_t i = 0; st == YG_OK && i < count; i++)
        if (source[i].mapping_text.n > 0)
            st = yg_mapping_parse(&c->arena, "stored mapping", source[i].mapping_text,
                                  &source[i].mapping, err);
    return st;
}

static bool wanted(const struct yg_corpus_options *opt, struct yg_str name)
{
    for (size_t i = 0; i < opt->tenant_count; i++)
        if (yg_str_eq(opt->tenant[i], name))
            return true;
    return opt->tenant_count == 0;
}

static enum yg_status choose_tenants(struct yg_store *store, struct load *l,
                                     struct yg_err *err)
{
    struct yg_corpus *c = l->corpus;
    struct yg_store_tenant *t;
    size_t count;
    enum yg_status st = yg_store_tenants(store, &c->arena, &t, &count, err);

    if (st != YG_OK)
        return st;
    c->tenant = calloc(count + 1, sizeof(*c->tenant));
    if (!c->tenant)
        return yg_err_set(err, YG_ENOMEM, "no memory for %zu tenants", count);
    for (size_t i = 0; i < count; i++)
        if (wanted(l->opt, t[i].name))
            c->tenant[c->count++].name = t[i].name;
    for (size_t i = 0; i < l->opt->tenant_count; i++) {
        bool found = false;
        for (size_t k = 0; k < c->count; k++)
            found |= yg_str_eq(c->tenant[k].name, l->opt->tenant[i]);
        if (!found)
            return yg_err_set(
                err, YG_ENOTFOUND,
                "the store has no tenant '%.*s'; `yagura doctor` lists them",
                YG_STR_ARG(l->opt->tenant[i]));
    }
    return YG_OK;
}

enum yg_status yg_corpus_load(struct yg_store *store, const struct yg_corpus_options *opt,
                              struct yg_corpus *out, struct yg_err *err)
{
    struct yg_source *source = NULL;
    size_t sources = 0;

    *out = (struct yg_corpus){ .cap = opt->cap ? opt->cap : CAP_DEFAULT };
    yg_arena_init(&out->arena, (size_t)256 << 20);
    struct load l = { .store = store, .opt = opt, .corpus = out };
    yg_arena_init(&l.verdict_arena, (size_t)4 << 30);
    enum yg_status st = choose_tenants(store, &l, err);
    if (st == YG_OK)
        st = yg_store_sources(store, &out->arena, &source, &sources, err);
    if (st == YG_OK)
        st = parse_mappings(out, source, sources, err);
    for (size_t i = 0; st == YG_OK && i < out->count; i++) {
        l.tenant = &out->tenant[i];
        l.query = (struct yg_store_query){ .tenant = l.tenant->name,
                                           .from_ns = opt->from_ns,
                                           .until_ns = opt->until_ns };
        st = load_tenant(&l, source, sources, err);
    }
    yg_arena_fini(&l.verdict_arena);
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
