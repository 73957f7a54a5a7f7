/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/past.h"

#include "base/map.h"
#include "conf/mapping.h"
#include "pipeline/flow.h"
#include "policy/decide.h"

#include <stdlib.h>

#define NAMED_MAX ((size_t)1 << 20) /* past it, names are missing */

/* Records of one source that were fed and not yet given: fewer than the batches that a
 * lane of the flow holds (4), and one more. */
#define FED 2048

/* One source of the tenant being read: the feed of one lane of the flow. */
struct feed {
    struct yg_past *past;
    uint32_t store_id;
    struct yg_store_scan *scan;
    bool held; /* `next` was read but did not fit in the last batch */
    struct yg_store_record next;
    struct yg_map named; /* signatures of which an alert was decoded */
    uint64_t fed;        /* records so far */
    struct known {       /* what the store knows of a record: ring by record.offset */
        unsigned char id[YG_ID_SIZE];
        int64_t time_ns;
        uint32_t risk;
        uint8_t verdict, predicted, decision;
    } known[FED];
};

struct yg_past {
    struct yg_store *store;
    struct yg_past_options opt;
    struct yg_arena arena; /* sources and their mappings */
    struct yg_source *source;
    size_t sources;
    /* of the tenant being read */
    const struct yg_past_sink *sink;
    struct yg_store_query query;
    struct verdicts {
        struct yg_verdict *v; /* by alert id */
        size_t n;
    } now, before; /* in force, and not any more */
    struct yg_arena verdict_arena;
    int64_t until_ns;            /* by the clock */
    struct yg_flow_input *input; /* YG_FLOW_INPUTS_MAX */
    struct feed **feed;          /* YG_FLOW_INPUTS_MAX */
    uint32_t feeds;
};

static void on_problem(void *arg, uint32_t source, const struct yg_err *err)
{
    struct yg_past *p = arg;

    (void)source;
    if (p->sink->problem)
        p->sink->problem(p->sink->arg, err);
}

/* The next record of this lane's source. */
static enum yg_status next_record(struct feed *f, struct yg_err *err)
{
    const int64_t until = f->past->until_ns;
    enum yg_status st;

    if (f->held) {
        f->held = false;
        return YG_OK;
    }
    do {
        st = yg_store_scan_next(f->scan, &f->next, err);
        if (st == YG_ECORRUPT)
            on_problem(f->past, 0, err);
    } while (st == YG_ECORRUPT || (st == YG_OK && f->next.received_ns > until));
    return st;
}

static void remember(struct feed *f)
{
    const struct yg_store_record *r = &f->next;
    struct known *k = &f->known[f->fed++ % FED];

    memcpy(k->id, r->id, YG_ID_SIZE);
    k->time_ns = r->time_ns;
    k->verdict = r->verdict;
    k->predicted = r->predicted;
    /* As it was when it came: what an audit brought back was chosen by its verdict, so
     * that it calibrates no more than what stayed closed. */
    k->decision = r->gates & YG_GATE_BIT(RECALLED) ? YG_DECISION_CLOSED : r->decision;
    k->risk = r->risk;
}

/* Is this record to be decoded whatever is known of it? */
static bool is_wanted_whole(struct feed *f)
{
    bool fresh = false;

    if (f->past->opt.want != YG_PAST_NAMES || f->next.kind == YG_KIND_CONTEXT ||
        f->next.key[0] == 0)
        return false;
    return yg_map_put(&f->named, f->next.key[0], &fresh) != NULL && fresh;
}

/* Does the next record go into a batch that holds some? */
static bool goes_in(const struct feed *f, const struct yg_slot *slot)
{
    const struct yg_batch *b = &slot->batch;

    return slot->has_facts == (f->next.facts != NULL) &&
           b->text_used + f->next.raw.n <= YG_RECORD_MAX &&
           f->next.packets.n <= YG_SLOT_PACKETS - slot->packets_used;
}

static void put_facts(struct yg_slot *slot, const struct yg_store_record *r)
{
    uint32_t i = slot->batch.count;

    slot->facts[i] = *r->facts;
    slot->batch.event[i] = (struct yg_event){ .time_ns = r->time_ns,
                                              .source = slot->batch.source,
                                              .kind = r->kind,
                                              .device = r->facts->device,
                                              .verdict = r->verdict,
                                              .reason = r->facts->reason };
}

static enum yg_status feed(void *arg, struct yg_slot *slot, struct yg_err *err)
{
    struct feed *f = arg;
    struct yg_batch *b = &slot->batch;
    enum yg_status st = YG_OK;
    bool whole = false;

    b->named = 1;
    while (b->count < YG_BATCH_MAX && b->text_used < YG_BATCH_RAW) {
        st = next_record(f, err);
        if (st != YG_OK)
            break;
        if (b->count == 0)
            slot->has_facts = f->next.facts != NULL;
        if (b->count > 0 && !goes_in(f, slot)) {
            f->held = true;
            break;
        }
        struct yg_record *r = &b->record[b->count];
        *r = (struct yg_record){ .offset = f->fed,
                                 .full_size = f->next.raw.n,
                                 .time_ns = f->next.time_ns };
        if (!yg_batch_add(b, f->next.raw, &r->raw) ||
            !yg_slot_keep_packets(slot, b->count, f->next.packets))
            return yg_err_set(err, YG_ENOMEM, "no memory to read the history");
        if (slot->has_facts)
            put_facts(slot, &f->next);
        whole |= is_wanted_whole(f);
        remember(f);
        b->count++;
    }
    slot->has_facts &= !whole;
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

static bool is_own(const struct yg_verdict *v)
{
    return v->source == YG_BY_HUMAN || v->source == YG_BY_IMPORT;
}

static void weigh(const struct yg_verdict *v, uint8_t *gravest)
{
    if (is_own(v) && (*gravest >= YG_LEVEL_COUNT || v->level > *gravest))
        *gravest = v->level;
}

static const struct yg_verdict *first_of(const struct verdicts *all,
                                         const unsigned char id[YG_ID_SIZE])
{
    const struct yg_verdict *v =
        all->n ? bsearch(id, all->v, all->n, sizeof(*v), by_id) : NULL;

    while (v && v > all->v && by_id(id, v - 1) == 0)
        v--;
    return v;
}

/* Was it there at that time? What older stores did not note is guessed. */
static bool is_known(const struct yg_past *p, const struct yg_verdict *v)
{
    return (v->put_ns ? v->put_ns : v->at_ns) <= p->until_ns;
}

static bool has_left(const struct yg_past *p, const struct yg_verdict *v)
{
    if (v->left_ns == 0)
        return v->state == YG_VERDICT_UNDONE;
    return v->left_ns <= p->until_ns;
}

/* The verdict in force, and the gravest that a person ever gave this alert alone. As it
 * was at a time: the last one that had been put and had not left. */
static const struct yg_verdict *find_verdict(const struct yg_past *p,
                                             const unsigned char id[YG_ID_SIZE],
                                             uint8_t *gravest)
{
    const struct yg_verdict *now = first_of(&p->now, id),
                            *end = p->before.v + p->before.n;
    const struct yg_verdict *then = NULL;
    bool as_of = p->opt.as_of_ns != 0;

    for (const struct yg_verdict *v = first_of(&p->before, id);
         v && v < end && by_id(id, v) == 0; v++) {
        if (!is_known(p, v))
            continue;
        weigh(v, gravest);
        if (as_of && !has_left(p, v))
            then = v;
    }
    if (!now || !is_known(p, now))
        return then;
    weigh(now, gravest);
    /* One that was taken back since stood above it. */
    return then && then->state == YG_VERDICT_UNDONE ? then : now;
}

/* People's own verdicts train and calibrate, one given to a group only trains; what a
 * rule or the model said is no verdict at all. */
static void add_verdict(const struct yg_past *p, const struct known *k,
                        struct yg_facts *facts, struct yg_past_event *e)
{
    uint8_t gravest = k->verdict;
    const struct yg_verdict *v = find_verdict(p, k->id, &gravest);

    if (v && v->incident.n)
        facts->key[YG_KEY_INCIDENT] = yg_hash_str(YG_KEY_INCIDENT + 1, v->incident);
    if (facts->kind == YG_KIND_CONTEXT)
        return;
    e->level = v ? v->level : k->verdict;
    e->judged_ns = v ? v->at_ns : 0;
    e->trains = v && v->source == YG_BY_GROUP;
    e->gravest = gravest;
    if (v && !is_own(v) && !e->trains)
        e->level = YG_LEVEL_NONE;
}

static enum yg_status on_event(void *arg, struct yg_slot *slot, uint32_t i,
                               struct yg_err *err)
{
    struct yg_past *p = arg;
    const struct feed *f = p->feed[slot->batch.source];
    uint64_t at = slot->batch.record[i].offset;

    if (at >= f->fed || f->fed - at > FED)
        return yg_err_set(err, YG_ECORRUPT, "a worker renumbered a record");
    const struct known *k = &f->known[at % FED];
    struct yg_past_event e = { .batch = &slot->batch,
                               .at = i,
                               .decoded = !slot->has_facts,
                               .facts = &slot->facts[i],
                               .id = k->id,
                               .risk = k->risk,
                               .predicted = k->predicted,
                               .decision = k->decision,
                               .level = YG_LEVEL_NONE,
                               .gravest = YG_LEVEL_NONE };
    memcpy(slot->batch.event[i].id, k->id, YG_ID_SIZE);
    slot->facts[i].time_ns = k->time_ns; /* as it was mended when it was stored */
    add_verdict(p, k, &slot->facts[i], &e);
    return p->sink->event(p->sink->arg, &e, err);
}

/* Lists and rules look at the decoded fields. */
static bool is_marking(const struct yg_past_options *opt)
{
    bool rules = false;

    for (size_t i = 0; i < YG_ARRAY_LEN(opt->close); i++)
        for (uint32_t k = 0; opt->close[i] && k < opt->close[i]->count; k++)
            rules |= opt->close[i]->rule[k].what == YG_THIN_CLOSE;
    return rules || opt->watch;
}

static enum yg_status add_feed(struct yg_past *p, const struct yg_source *source,
                               struct yg_err *err)
{
    if (p->feeds == YG_FLOW_INPUTS_MAX)
        return yg_err_set(err, YG_ELIMIT, "tenant %.*s has more than %d sources",
                          YG_STR_ARG(p->query.tenant), YG_FLOW_INPUTS_MAX);
    struct feed *f = calloc(1, sizeof(*f));
    if (!f)
        return yg_err_set(err, YG_ENOMEM, "no memory to read the history");
    f->past = p;
    f->store_id = source->store_id;
    p->feed[p->feeds] = f;
    p->input[p->feeds++] = (struct yg_flow_input){
        .source = *source, .fd = -1, .feed = feed, .feed_arg = f, .header = source->header
    };
    yg_map_init(&f->named, NAMED_MAX);
    struct yg_store_query own = p->query;
    own.source = f->store_id;
    own.want = p->opt.want == YG_PAST_FIELDS || is_marking(&p->opt) ? YG_STORE_RAW
               : p->opt.want == YG_PAST_NAMES                       ? YG_STORE_BOTH
                                                                    : YG_STORE_EITHER;
    return yg_store_scan_open(p->store, &own, &f->scan, err);
}

enum yg_status yg_past_run(struct yg_past *p, struct yg_str tenant,
                           const struct yg_past_sink *sink, struct yg_err *err)
{
    struct yg_flow_sink flow = { .arg = p, .event = on_event, .problem = on_problem };
    struct yg_flow_options opt = { .workers = p->opt.workers,
                                   .watch = p->opt.watch,
                                   .close = { p->opt.close[0], p->opt.close[1] } };

    p->sink = sink;
    p->query = (struct yg_store_query){ .tenant = tenant,
                                        .from_ns = p->opt.from_ns,
                                        .until_ns = p->opt.until_ns };
    p->until_ns = p->opt.as_of_ns ? p->opt.as_of_ns : INT64_MAX;
    enum yg_status st =
        yg_store_verdicts(p->store, tenant, &p->verdict_arena, &p->now.v, &p->now.n, err);
    if (st == YG_OK)
        st = yg_store_verdicts_past(p->store, tenant, &p->verdict_arena, &p->before.v,
                                    &p->before.n, err);
    for (size_t i = 0; st == YG_OK && i < p->sources; i++)
        if (yg_str_eq(p->source[i].tenant, tenant))
            st = add_feed(p, &p->source[i], err);
    if (st == YG_OK)
        st = yg_flow_run(p->input, p->feeds, &flow, &opt, NULL, err);
    for (uint32_t i = 0; i < p->feeds; i++) {
        yg_store_scan_close(p->feed[i]->scan);
        yg_map_fini(&p->feed[i]->named);
        free(p->feed[i]);
    }
    p->feeds = 0;
    yg_arena_clear(&p->verdict_arena);
    return st;
}

static enum yg_status parse_mappings(struct yg_past *p, struct yg_err *err)
{
    enum yg_status st = YG_OK;

    for (size_t i = 0; st == YG_OK && i < p->sources; i++)
        if (p->source[i].mapping_text.n > 0)
            st = yg_mapping_parse(&p->arena, "stored mapping", p->source[i].mapping_text,
                                  &p->source[i].mapping, err);
    return st;
}

enum yg_status yg_past_new(struct yg_store *store, const struct yg_past_options *opt,
                           struct yg_past **out, struct yg_err *err)
{
    struct yg_past *p = calloc(1, sizeof(*p));
    enum yg_status st = YG_OK;

    if (!p)
        return yg_err_set(err, YG_ENOMEM, "no memory to read the history");
    p->store = store;
    p->opt = *opt;
    yg_arena_init(&p->arena, (size_t)256 << 20);
    yg_arena_init(&p->verdict_arena, (size_t)4 << 30);
    p->input = calloc(YG_FLOW_INPUTS_MAX, sizeof(*p->input));
    p->feed = calloc(YG_FLOW_INPUTS_MAX, sizeof(*p->feed));
    if (!p->input || !p->feed)
        st = yg_err_set(err, YG_ENOMEM, "no memory to read the history");
    if (st == YG_OK)
        st = yg_store_sources(store, &p->arena, &p->source, &p->sources, err);
    if (st == YG_OK)
        st = parse_mappings(p, err);
    if (st != YG_OK) {
        yg_past_free(p);
        return st;
    }
    *out = p;
    return YG_OK;
}

void yg_past_free(struct yg_past *p)
{
    if (!p)
        return;
    free(p->input);
    free(p->feed);
    yg_arena_fini(&p->verdict_arena);
    yg_arena_fini(&p->arena);
    free(p);
}

static bool named(struct yg_str name, struct yg_past_asked asked)
{
    for (size_t i = 0; i < asked.count; i++)
        if (yg_str_eq(asked.name[i], name))
            return true;
    return asked.count == 0;
}

enum yg_status yg_past_tenants(struct yg_store *store, struct yg_arena *arena,
                               struct yg_past_asked asked, struct yg_store_tenant **out,
                               size_t *count, struct yg_err *err)
{
    struct yg_store_tenant *t;
    size_t all, kept = 0;
    enum yg_status st = yg_store_tenants(store, arena, &t, &all, err);

    if (st != YG_OK)
        return st;
    for (size_t i = 0; i < asked.count; i++) {
        bool found = false;
        for (size_t k = 0; k < all; k++)
            found |= yg_str_eq(t[k].name, asked.name[i]);
        if (!found)
            return yg_err_set(
                err, YG_ENOTFOUND,
                "the store has no tenant '%.*s'; `yagura doctor` lists them",
                YG_STR_ARG(asked.name[i]));
    }
    for (size_t i = 0; i < all; i++)
        if (named(t[i].name, asked))
            t[kept++] = t[i];
    *out = t;
    *count = kept;
    return YG_OK;
}
