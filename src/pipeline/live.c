/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/live.h"

#include "base/log.h"
#include "pipeline/live_count.h"

#include <stdlib.h>

#define WAIT_NS (INT64_C(100) * 1000000) /* between two looks at the orders */
#define BATCHES 512                      /* more than can be on their way */

/* Up to where the journal is read when a batch is consumed. */
struct until {
    struct yg_journal_place place;
    uint32_t given;
};

struct live {
    const struct yg_live *opt;
    struct yg_journal_reader *reader;
    struct yg_intake_state *page;
    struct yg_flow_input *input;
    uint32_t *row; /* of each input, in `count` */
    uint32_t inputs;
    struct yg_live_count count;
    struct yg_journal_record next; /* read, not fed yet */
    struct until next_until;
    bool has_next, again, leave;
    uint32_t pass;               /* records of the first unit that were consumed before */
    struct until until[BATCHES]; /* of the batches on their way, oldest first */
    size_t head, on_way;
    bool troubled;
};

static void trouble(struct live *l, const struct yg_err *err)
{
    if (!err && !l->troubled)
        return;
    l->troubled = err != NULL;
    if (l->opt->trouble)
        l->opt->trouble(l->opt->arg, err);
}

static enum yg_live_order order(struct live *l)
{
    return l->opt->order ? l->opt->order(l->opt->arg) : YG_LIVE_ON;
}

/* ---- reading ---------------------------------------------------------------------- */

/* Have a record that is not fed yet. YG_EEND: nothing more is durable now. */
static enum yg_status look(struct live *l, struct yg_err *err)
{
    while (!l->has_next) {
        enum yg_status st =
            yg_journal_next(l->reader, &l->next, &l->next_until.place, err);
        if (st == YG_ECORRUPT) {
            yg_log_err(err, "it is skipped; the damaged segment is kept beside");
            l->pass = 0;
            continue;
        }
        if (st != YG_OK)
            return st;
        l->next_until.given = yg_journal_given(l->reader);
        /* The last of a unit (given: 0) was not consumed, or its place had moved. */
        l->has_next = l->next_until.given == 0 || l->next_until.given > l->pass;
        if (l->has_next)
            l->pass = 0;
    }
    return YG_OK;
}

static void add_record(struct live *l, struct yg_slot *slot)
{
    struct yg_batch *b = &slot->batch;
    struct yg_record *r = &b->record[b->count];
    const struct yg_journal_record *j = &l->next;
    struct yg_str raw = { j->raw.p, j->raw.n < YG_RECORD_MAX ? j->raw.n : YG_RECORD_MAX };

    *r = (struct yg_record){ .received_ns = j->received_ns,
                             .full_size = j->full_size ? j->full_size : j->raw.n,
                             .reason = j->reason < YG_REASON_COUNT ? j->reason
                                                                   : YG_R_BAD_VALUE };
    if (r->full_size > raw.n && r->reason == YG_R_NONE)
        r->reason = YG_R_OVERSIZE;
    bool fits = yg_batch_add(b, raw, &r->raw);
    YG_ASSERT(fits); /* as framing: a batch ends at YG_BATCH_RAW */
    memcpy(slot->id[b->count++], j->id, YG_ID_SIZE);
    l->has_next = false;
}

static enum yg_status feed(void *arg, struct yg_slot *slot, struct yg_err *err)
{
    struct live *l = arg;
    struct yg_batch *b = &slot->batch;
    struct until until = { .given = 0 };
    enum yg_live_order say = order(l);
    enum yg_status st = YG_OK;

    l->leave |= say == YG_LIVE_LEAVE;
    while (!l->leave && !l->again && b->count < YG_BATCH_MAX &&
           b->text_used < YG_BATCH_RAW && (st = look(l, err)) == YG_OK) {
        if (l->next.source >= l->inputs)
            l->again = true; /* a source that no worker knows of yet */
        if (l->again || (b->count > 0 && l->next.source != b->source))
            break;
        b->source = l->next.source;
        until = l->next_until;
        add_record(l, slot);
    }
    if (st != YG_OK && st != YG_EEND)
        return st;
    if (b->count == 0)
        return l->leave || l->again || say == YG_LIVE_DRAIN ? YG_EEND : YG_EBUSY;
    YG_ASSERT(l->on_way < BATCHES);
    l->until[(l->head + l->on_way++) % BATCHES] = until;
    return YG_OK;
}

static enum yg_status wait_for_more(void *arg, int64_t timeout_ns, struct yg_err *err)
{
    struct live *l = arg;

    (void)err;
    while (timeout_ns > 0) {
        int64_t part = timeout_ns < WAIT_NS ? timeout_ns : WAIT_NS;
        if (order(l) != YG_LIVE_ON)
            return YG_OK;
        enum yg_status st = yg_journal_reader_wait(l->reader, part);
        if (st != YG_EEND)
            return st;
        timeout_ns -= part;
    }
    if (l->on_way == 0)
        trouble(l, NULL); /* nothing waits for the store */
    return YG_EEND;
}

/* ---- counting --------------------------------------------------------------------- */

static void fate(void *arg, const struct yg_slot *slot, uint32_t i,
                 enum yg_ingest_fate what, bool unread)
{
    static const enum yg_live_counter of[] = {
        [YG_FATE_STORED] = YG_LIVE_STORED,
        [YG_FATE_FILTERED] = YG_LIVE_FILTERED,
        [YG_FATE_DUPLICATE] = YG_LIVE_DUPLICATE,
    };
    struct live *l = arg;
    struct yg_live_row *r = &l->count.row[l->row[slot->batch.source]];
    const struct yg_event *e = &slot->batch.event[i];

    r->v[of[what]]++;
    r->v[YG_LIVE_UNREAD] += unread;
    r->changed = true;
    r->received_ns = slot->batch.record[i].received_ns;
    yg_habit_see(&r->habit, r->received_ns, 1, unread);
    if (what == YG_FATE_STORED && !unread)
        yg_live_count_delay(r, slot->batch.record[i].received_ns - e->time_ns);
}

static void consumed(void *arg, const struct yg_slot *slot)
{
    struct live *l = arg;

    (void)slot;
    YG_ASSERT(l->on_way > 0);
    l->count.place = l->until[l->head].place;
    l->count.given = l->until[l->head].given;
    l->head = (l->head + 1) % BATCHES;
    l->on_way--;
}

static enum yg_status put(void *arg, struct yg_err *err)
{
    struct live *l = arg;

    return yg_live_count_put(&l->count, l->opt->store, yg_clock_now(l->opt->clock), err);
}

static void committed(void *arg)
{
    struct live *l = arg;

    yg_live_count_show(&l->count, l->page, false);
    yg_journal_consumed(l->reader, l->count.place);
    trouble(l, NULL);
}

static void busy(void *arg, const struct yg_err *err)
{
    trouble(arg, err);
}

static void problem(void *arg, uint32_t source, const struct yg_err *err)
{
    (void)arg;
    (void)source;
    yg_log_err(err, "records that cannot be read are kept as they came");
}

/* ---- running ---------------------------------------------------------------------- */

/* The sources that the journal speaks of now; waits until there is one. */
static enum yg_status take_sources(struct live *l, struct yg_err *err)
{
    const struct yg_source *source = NULL;
    uint32_t n = 0;
    enum yg_status st = yg_journal_sources(l->reader, &source, &n, err);

    while (st == YG_OK && n == 0 && order(l) == YG_LIVE_ON) {
        st = yg_journal_reader_wait(l->reader, WAIT_NS);
        if (st == YG_OK || st == YG_EEND)
            st = yg_journal_sources(l->reader, &source, &n, err);
    }
    if (st != YG_OK)
        return st;
    free(l->input);
    free(l->row);
    l->input = calloc(n + 1, sizeof(*l->input));
    l->row = calloc(n + 1, sizeof(*l->row));
    if (!l->input || !l->row)
        return yg_err_set(err, YG_ENOMEM, "no memory for %u sources", n);
    l->inputs = n < YG_FLOW_INPUTS_MAX ? n : YG_FLOW_INPUTS_MAX;
    for (uint32_t i = 0; i < l->inputs; i++) {
        l->input[i] = (struct yg_flow_input){ .source = source[i], .fd = -1 };
        l->row[i] = yg_live_count_row(&l->count, source[i].tenant, source[i].name);
        if (l->row[i] == UINT32_MAX)
            return yg_err_set(err, YG_ELIMIT, "more than %d sources in all time",
                              YG_LIVE_ROWS);
    }
    return l->has_next && l->next.source >= l->inputs
               ? yg_err_set(err, YG_ELIMIT, "the journal speaks of more than %d sources",
                            YG_FLOW_INPUTS_MAX)
               : YG_OK;
}

static enum yg_status run_once(struct live *l, struct yg_err *err)
{
    const struct yg_live *o = l->opt;
    struct yg_counters sum = { 0 };
    struct yg_thinning *thin = NULL;
    const struct yg_ingest_live hooks = { .arg = l,
                                          .feed = feed,
                                          .wait = wait_for_more,
                                          .fate = fate,
                                          .consumed = consumed,
                                          .put = put,
                                          .committed = committed,
                                          .busy = busy };
    struct yg_ingest in = { .input = l->input,
                            .count = l->inputs,
                            .workers = o->workers,
                            .watch = o->watch,
                            .close = o->thin,
                            .store = o->store,
                            .judge = o->judge,
                            .clock = o->clock,
                            .spool = o->spool,
                            .packets_after_ns = o->packets_after_ns,
                            .live = &hooks,
                            .arg = l,
                            .problem = problem };

    l->again = false;
    enum yg_status st =
        o->thin ? yg_thinning_new(o->thin, o->store, true, &thin, err) : YG_OK;
    in.thin = thin;
    if (st == YG_OK)
        st = yg_ingest_run(&in, &sum, NULL, err);
    yg_thinning_free(thin);
    return st;
}

static enum yg_status start(struct live *l, struct yg_err *err)
{
    enum yg_status st = yg_intake_state_open(l->opt->dir, true, &l->page, err);

    if (st == YG_OK)
        st = yg_live_count_read(&l->count, l->opt->store, err);
    if (st == YG_OK)
        st = yg_journal_reader_open(l->opt->dir, l->count.place, &l->reader, err);
    if (st != YG_OK)
        return st;
    l->pass = l->count.given;
    yg_live_count_show(&l->count, l->page, true);
    yg_journal_consumed(l->reader, l->count.place);
    return YG_OK;
}

enum yg_status yg_live_run(const struct yg_live *live, struct yg_err *err)
{
    struct live *l = calloc(1, sizeof(*l));

    if (!l)
        return yg_err_set(err, YG_ENOMEM, "no memory to read the journal");
    l->opt = live;
    l->troubled = true; /* if the last run was, until the first commit */
    yg_live_count_init(&l->count);
    enum yg_status st = start(l, err);
    do {
        if (st == YG_OK)
            st = take_sources(l, err);
        if (st == YG_OK && l->inputs > 0)
            st = run_once(l, err);
    } while (st == YG_OK && l->again);
    yg_journal_reader_close(l->reader);
    yg_intake_state_close(l->page);
    yg_live_count_fini(&l->count);
    free(l->input);
    free(l->row);
    free(l);
    return st;
}

enum yg_status yg_live_place(struct yg_store *store, struct yg_journal_place *out,
                             struct yg_err *err)
{
    struct yg_live_count c;

    yg_live_count_init(&c);
    enum yg_status st = yg_live_count_read(&c, store, err);
    if (st == YG_OK)
        *out = c.place;
    yg_live_count_fini(&c);
    return st;
}
