/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/search.h"

#include "base/clock.h"
#include "conf/mapping.h"
#include "event/show.h"
#include "pipeline/aside.h"
#include "pipeline/flow.h"
#include "pipeline/groups.h"
#include "pipeline/search_best.h"
#include "pipeline/search_plant.h"

#include <stdlib.h>

#define AHEAD_MAX  16U /* blocks fed before all of them are matched */
#define CANDIDATES ((size_t)AHEAD_MAX * 4096)

/* What the store knows of a record that is being decoded. */
struct candidate {
    struct yg_search_hit hit; /* no fields yet */
    uint32_t source;          /* index of the search's sources */
};

struct search {
    struct yg_store *store;
    const struct yg_search_ask *ask;
    struct yg_arena *arena;  /* of the answer */
    struct yg_arena scratch; /* of one record's look-ups */
    struct yg_search_page *page;
    struct yg_query_bounds bounds;
    unsigned needs;
    uint64_t key[YG_QUERY_ENDS];
    struct yg_source *source;
    struct yg_flow_input *input;
    size_t sources;
    struct yg_store_newest *newest;
    int64_t latest;       /* of the block that comes next */
    bool ended;           /* there is none */
    unsigned ahead, most; /* blocks fed since all was matched; how many may be */
    /* The block being fed: its records, those of one source at a time. */
    const struct yg_store_record *rec;
    size_t count, next;
    struct yg_str tenant;
    uint32_t feeding; /* source */
    bool *fed;        /* of the block's records */
    struct candidate *candidate;
    size_t candidates;
    struct yg_search_best best;
    struct yg_aside blind; /* alerts of runs that wait to be judged without the score */
    struct yg_search_plants plants; /* some of which are in no block */
    bool planted;                   /* what is being fed is one of these */
    double until;                   /* by yg_clock_wall; 0: no end */
};

/* ---- matching ---------------------------------------------------------------------- */

static enum yg_status look_up_verdict(struct search *s, struct yg_search_hit *h,
                                      struct yg_err *err)
{
    struct yg_verdict v;
    struct yg_err none = { 0 };

    yg_arena_clear(&s->scratch);
    enum yg_status st = yg_store_verdict_get(s->store, h->id, &s->scratch, &v, &none);
    if (st == YG_OK)
        h->verdict = v.level;
    else if (st != YG_ENOTFOUND && err)
        *err = none;
    return st == YG_ENOTFOUND ? YG_OK : st;
}

static bool matches(const struct search *s, const struct yg_search_hit *h,
                    const struct yg_batch *b, const struct yg_event *e)
{
    struct yg_query_alert a = { .tenant = h->tenant,
                                .source = h->source,
                                .time_ns = h->time_ns,
                                .received_ns = h->received_ns,
                                .risk = h->risk,
                                .verdict = h->verdict,
                                .predicted = h->predicted,
                                .decision = h->decision,
                                .kind = h->kind,
                                .packets = h->packets,
                                .blind = h->blind,
                                .raw = yg_batch_str(b, e->raw) };

    memcpy(a.id, h->id, YG_ID_SIZE);
    return yg_query_matches(s->ask->query, &a, b, e);
}

/* Who asks for scores learns nothing of a run that waits to be judged without: it has
 * none before anything is asked. */
static enum yg_status answers(struct search *s, struct yg_search_hit *h,
                              const struct yg_batch *b, const struct yg_event *e,
                              bool *yes, struct yg_err *err)
{
    enum yg_status st = YG_OK;

    if (s->needs & YG_QUERY_VERDICT)
        st = look_up_verdict(s, h, err);
    if (st == YG_OK)
        st = yg_aside_has(&s->blind, h->id, h->time_ns, &h->blind, err);
    if (h->blind) {
        h->risk = 0;
        h->decision = YG_DECISION_NONE;
        h->predicted = YG_LEVEL_NONE;
    }
    *yes = st == YG_OK && matches(s, h, b, e) && yg_search_best_has_room(&s->best, h);
    return st;
}

static bool tell_fields(struct search *s, struct yg_search_hit *h,
                        const struct yg_batch *b, const struct yg_event *e)
{
    struct yg_buf text;
    bool good = true;

    h->tenant = yg_arena_str(s->arena, h->tenant);
    h->source = yg_arena_str(s->arena, h->source);
    h->field = yg_arena_alloc(s->arena, (s->ask->fields + 1) * sizeof(*h->field));
    yg_buf_init(&text, (size_t)4 << 20);
    for (size_t i = 0; h->field && i < s->ask->fields; i++) {
        yg_buf_clear(&text);
        yg_event_show(&text, b, e, s->ask->field[i]);
        h->field[i] = yg_arena_str(s->arena, yg_buf_str(&text));
        good &= h->field[i].p != NULL;
    }
    yg_buf_fini(&text);
    return good && h->field && h->tenant.p && h->source.p;
}

static enum yg_status on_event(void *arg, struct yg_slot *slot, uint32_t i,
                               struct yg_err *err)
{
    struct search *s = arg;
    const struct yg_batch *b = &slot->batch;
    const struct yg_event *e = &b->event[i];
    uint64_t at = b->record[i].offset;
    bool yes = false;

    if (at >= s->candidates)
        return yg_err_set(err, YG_ECORRUPT, "a worker renumbered a record");
    struct yg_search_hit h = s->candidate[at].hit;
    h.device = e->device;
    if (e->kind != YG_KIND_SKIP)
        h.kind = e->kind;
    enum yg_status st = answers(s, &h, b, e, &yes, err);
    if (st == YG_OK && yes && !(s->needs & YG_QUERY_VERDICT))
        st = look_up_verdict(s, &h, err);
    if (st == YG_OK && yes && !tell_fields(s, &h, b, e))
        st = yg_err_set(err, YG_ENOMEM,
                        "the answer is too large: ask for fewer at a time");
    if (st == YG_OK && yes)
        yg_search_best_put(&s->best, &h);
    return st;
}

/* ---- feeding ----------------------------------------------------------------------- */

static bool behind(const struct yg_search_ask *a, const struct yg_store_record *r)
{
    if (!a->go_on || r->time_ns < a->after.time_ns)
        return true;
    return r->time_ns == a->after.time_ns && memcmp(r->id, a->after.id, YG_ID_SIZE) < 0;
}

/* Can it match, as far as can be told without its record? */
static bool may_match(const struct search *s, const struct yg_store_record *r)
{
    bool key = s->bounds.ends == 0 || s->planted;

    for (size_t i = 0; !key && i < s->bounds.ends; i++)
        for (size_t k = 0; k < 4; k++)
            key |= r->key[k] == s->key[i];
    return key && r->time_ns >= s->bounds.from_ns && r->time_ns < s->bounds.until_ns &&
           behind(s->ask, r);
}

static size_t source_of(const struct search *s, uint32_t id)
{
    size_t i = 0;

    while (i < s->sources && s->source[i].store_id != id)
        i++;
    return i;
}

#define NOTHING INT64_MIN /* the newest time of what is left, when nothing is */
static int64_t left_ns(const struct search *s)
{
    int64_t plant = yg_search_plants_time(&s->plants);

    return s->ended || plant > s->latest ? plant : s->latest;
}

/* A page that ends for want of time ends before the place where it began, or else whoever
 * asks again and again comes no further. */
static bool time_is_over(const struct search *s)
{
    return s->until > 0 && s->page->blocks > 0 && yg_clock_wall() > s->until &&
           (!s->ask->go_on || left_ns(s) < s->ask->after.time_ns);
}

static enum yg_status next_plant(struct search *s, struct yg_err *err)
{
    enum yg_status st = yg_search_plants_take(&s->plants, &s->rec, &s->tenant, err);

    s->planted = st == YG_OK;
    s->count = st == YG_OK ? 1 : 0;
    return st == YG_ENOTFOUND || st == YG_ECORRUPT ? YG_OK : st;
}

static enum yg_status read_block(struct search *s, struct yg_err *err)
{
    enum yg_status st =
        yg_store_newest_read(s->newest, &s->tenant, &s->rec, &s->count, err);

    s->page->damaged += st == YG_ECORRUPT;
    s->planted = false;
    return st == YG_ECORRUPT ? YG_OK : st;
}

static enum yg_status pass_block(struct search *s, struct yg_err *err)
{
    enum yg_status st =
        s->planted ? YG_OK : yg_store_newest_next(s->newest, &s->latest, err);

    s->ended |= st == YG_EEND;
    s->planted = false;
    return st == YG_EEND ? YG_OK : st;
}

/* The next block that may hold a match of this page, read. YG_EEND: none; YG_EBUSY: not
 * before all that was fed is matched. */
static enum yg_status next_block(struct search *s, struct yg_err *err)
{
    for (;;) {
        if (left_ns(s) == NOTHING || yg_search_best_is_newer(&s->best, left_ns(s)))
            return YG_EEND;
        if (s->ahead == s->most || s->candidates + 4096 > CANDIDATES)
            return YG_EBUSY;
        if (time_is_over(s)) {
            s->page->early = true;
            return YG_EEND;
        }
        bool plant = s->ended || yg_search_plants_time(&s->plants) >= s->latest;
        enum yg_status st = plant ? next_plant(s, err) : read_block(s, err);
        if (st != YG_OK)
            return st;
        s->page->blocks++;
        s->next = 0;
        s->feeding = UINT32_MAX;
        for (size_t i = 0; i < s->count; i++)
            s->fed[i] = !may_match(s, &s->rec[i]);
        if (s->count > 0)
            return YG_OK;
        st = plant ? YG_OK : pass_block(s, err);
        if (st != YG_OK)
            return st;
    }
}

static void add_candidate(struct search *s, const struct yg_store_record *r,
                          uint32_t source)
{
    struct candidate *c = &s->candidate[s->candidates++];

    c->source = source;
    c->hit = (struct yg_search_hit){ .time_ns = r->time_ns,
                                     .received_ns = r->received_ns,
                                     .risk = r->risk,
                                     .decision = r->decision,
                                     .predicted = r->predicted,
                                     .verdict = r->verdict,
                                     .kind = r->kind,
                                     .packets = r->packets.n > 0,
                                     .tenant = s->source[source].tenant,
                                     .source = s->source[source].name };
    memcpy(c->hit.id, r->id, YG_ID_SIZE);
}

/* Records of one source of the block into the batch. */
static enum yg_status fill(struct search *s, struct yg_batch *b, struct yg_err *err)
{
    for (; s->next < s->count; s->next++) {
        const struct yg_store_record *r = &s->rec[s->next];
        if (s->fed[s->next])
            continue;
        size_t source = s->feeding == UINT32_MAX ? source_of(s, r->source) : s->feeding;
        if (source == s->sources) { /* its source is gone */
            s->fed[s->next] = true;
            continue;
        }
        if (s->source[source].store_id != r->source)
            continue;
        if (b->count == YG_BATCH_MAX ||
            (b->count > 0 && b->text_used + r->raw.n > YG_BATCH_RAW))
            return YG_OK;
        s->feeding = (uint32_t)source;
        b->source = (uint32_t)source;
        struct yg_record *to = &b->record[b->count];
        *to = (struct yg_record){ .offset = s->candidates, .full_size = r->raw.n };
        if (!yg_batch_add(b, r->raw, &to->raw))
            return yg_err_set(err, YG_ENOMEM, "no memory to read the history");
        add_candidate(s, r, (uint32_t)source);
        s->fed[s->next] = true;
        s->page->records++;
        b->count++;
    }
    s->next = 0; /* and now those of the block's next source */
    s->feeding = UINT32_MAX;
    return YG_OK;
}

static bool is_left(const struct search *s)
{
    for (size_t i = 0; i < s->count; i++)
        if (!s->fed[i])
            return true;
    return false;
}

static enum yg_status feed(void *arg, struct yg_slot *slot, struct yg_err *err)
{
    struct search *s = arg;
    enum yg_status st = YG_OK;

    slot->batch.named = 1;
    while (st == YG_OK && slot->batch.count == 0) {
        if (!is_left(s)) {
            if (s->count > 0) { /* that block is done */
                s->count = 0;
                s->ahead++;
                st = pass_block(s, err);
                if (st != YG_OK)
                    return st;
            }
            st = next_block(s, err);
        }
        if (st == YG_OK)
            st = fill(s, &slot->batch, err);
    }
    return st;
}

static enum yg_status idle(void *arg, struct yg_err *err)
{
    struct search *s = arg;

    (void)err;
    s->candidates = 0;
    s->ahead = 0;
    s->most = s->most < AHEAD_MAX ? 2 * s->most : AHEAD_MAX;
    return YG_OK;
}

/* ---- one search -------------------------------------------------------------------- */

static bool is_asked(const struct yg_search_ask *a, struct yg_str tenant)
{
    for (size_t i = 0; !a->all && i < a->tenants; i++)
        if (yg_str_eq(a->tenant[i], tenant))
            return true;
    return a->all;
}

static enum yg_status sources(struct search *s, struct yg_arena *arena,
                              struct yg_err *err)
{
    struct yg_source *all;
    size_t count;
    enum yg_status st = yg_store_sources(s->store, arena, &all, &count, err);

    for (size_t i = 0; st == YG_OK && i < count; i++) {
        if (!is_asked(s->ask, all[i].tenant))
            continue;
        if (all[i].mapping_text.n > 0)
            st = yg_mapping_parse(arena, "stored mapping", all[i].mapping_text,
                                  &all[i].mapping, err);
        all[s->sources++] = all[i];
    }
    if (st != YG_OK)
        return st;
    if (s->sources > YG_FLOW_INPUTS_MAX)
        return yg_err_set(
            err, YG_ELIMIT,
            "these customers have more than %d sources: search fewer of them "
            "at a time",
            YG_FLOW_INPUTS_MAX);
    s->source = all;
    s->input = yg_arena_zalloc(arena, (s->sources + 1) * sizeof(*s->input));
    for (size_t i = 0; s->input && i < s->sources; i++)
        s->input[i] =
            (struct yg_flow_input){ .source = all[i], .fd = -1, .header = all[i].header };
    return s->input ? YG_OK : yg_err_set(err, YG_ENOMEM, "no memory to search");
}

/* From the newest block that the query's bounds allow. */
static enum yg_status begin(struct search *s, struct yg_arena *arena, struct yg_err *err)
{
    struct yg_store_newest_ask ask = { .tenant = s->ask->tenant,
                                       .tenants = s->ask->tenants,
                                       .all = s->ask->all,
                                       .key = s->key,
                                       .keys = s->bounds.ends };

    yg_query_bounds(s->ask->query, &s->bounds);
    s->needs = yg_query_needs(s->ask->query);
    if (s->ask->go_on && s->ask->after.time_ns < s->bounds.until_ns - 1)
        s->bounds.until_ns = s->ask->after.time_ns + 1;
    for (size_t i = 0; i < s->bounds.ends; i++)
        s->key[i] = yg_facts_address_key(s->bounds.end[i].ip);
    ask.keys = s->bounds.ends;
    ask.from_ns = s->bounds.from_ns;
    ask.until_ns = s->bounds.until_ns;
    enum yg_status st = yg_search_plants_open(&s->plants, s->store, &ask, arena, err);
    if (st == YG_OK)
        st = yg_store_newest_open(s->store, &ask, &s->newest, err);
    if (st == YG_OK)
        st = yg_store_newest_next(s->newest, &s->latest, err);
    s->ended = st == YG_EEND;
    return st == YG_EEND ? YG_OK : st;
}

/* What was found, in order. Whose time was over found for certain only what is newer than
 * all blocks that it did not read. */
static void finish(struct search *s)
{
    struct yg_search_page *p = s->page;

    yg_search_best_sort(&s->best);
    p->hit = s->best.hit;
    p->count = s->best.count;
    p->more = s->best.more;
    if (p->early) {
        while (p->count > 0 && p->hit[p->count - 1].time_ns <= left_ns(s))
            p->count--;
        p->last.time_ns = left_ns(s);
        memset(p->last.id, 0xff, YG_ID_SIZE);
    }
    p->more |= p->early || left_ns(s) != NOTHING;
    if (p->count > 0 && (!p->early || p->count == s->ask->limit)) {
        p->last.time_ns = p->hit[p->count - 1].time_ns;
        memcpy(p->last.id, p->hit[p->count - 1].id, YG_ID_SIZE);
        p->early = false;
    }
}

static enum yg_status run(struct search *s, struct yg_err *err)
{
    const struct yg_flow_live live = { .arg = s, .feed = feed, .idle = idle };
    const struct yg_flow_sink sink = { .arg = s, .event = on_event };
    const struct yg_flow_options opt = { .workers = s->ask->workers };

    if (left_ns(s) == NOTHING || s->sources == 0)
        return YG_OK;
    return yg_flow_run_live(s->input, (uint32_t)s->sources, &live, &sink, &opt, err);
}

enum yg_status yg_search(struct yg_store *st, const struct yg_search_ask *ask,
                         struct yg_arena *arena, struct yg_search_page *out,
                         struct yg_err *err)
{
    struct search s = { .store = st, .ask = ask, .arena = arena, .page = out, .most = 1 };
    struct yg_arena of_sources;
    enum yg_status rc = YG_OK;

    YG_ASSERT(ask->limit > 0 && ask->limit <= YG_SEARCH_PAGE &&
              ask->fields <= YG_SEARCH_FIELDS);
    *out = (struct yg_search_page){ .count = 0 };
    s.until = ask->seconds > 0 ? yg_clock_wall() + ask->seconds : 0;
    yg_arena_init(&of_sources, (size_t)256 << 20);
    yg_arena_init(&s.scratch, (size_t)1 << 20);
    yg_aside_init(&s.blind, st);
    s.candidate = malloc(CANDIDATES * sizeof(*s.candidate));
    s.fed = malloc(4096 * sizeof(*s.fed));
    s.best.hit = yg_arena_alloc(arena, ask->limit * sizeof(*s.best.hit));
    s.best.limit = ask->limit;
    if (!s.candidate || !s.fed || !s.best.hit)
        rc = yg_err_set(err, YG_ENOMEM, "no memory to search");
    if (rc == YG_OK)
        rc = sources(&s, &of_sources, err);
    if (rc == YG_OK)
        rc = begin(&s, &of_sources, err);
    if (rc == YG_OK)
        rc = run(&s, err);
    if (rc == YG_OK)
        finish(&s);
    yg_store_newest_close(s.newest);
    yg_search_plants_close(&s.plants);
    free(s.candidate);
    free(s.fed);
    yg_aside_fini(&s.blind);
    yg_arena_fini(&s.scratch);
    yg_arena_fini(&of_sources);
    return rc;
}
