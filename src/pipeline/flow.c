/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/flow.h"

#include "base/log.h"
#include "conf/mapping.h"
#include "decode/decode.h"
#include "pipeline/flow_priv.h"
#include "pipeline/worker.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* `told` may have been written by a worker, which may still write. */
static void report(struct flow *f, uint32_t source, const struct yg_err *told)
{
    struct yg_source *src = &f->input[source].source;
    struct yg_err own = *told, *e = &own;
    char path[256];

    e->msg[sizeof(e->msg) - 1] = '\0';
    snprintf(path, sizeof(path), "%.*s", YG_STR_ARG(src->path));
    yg_err_at(e, path, 0, 0);
    if (f->sink->problem)
        f->sink->problem(f->sink->arg, source, e);
}

/* The source is the lane's own; a live lane is told it by who feeds. */
static enum yg_status fill(struct flow *f, uint32_t lane, uint32_t slot)
{
    struct lane *l = &f->lane[lane];
    struct yg_slot *s = yg_pool_slot(f->pool, slot);

    yg_batch_clear(&s->batch, l->next_seq++, lane);
    s->rows = 0;
    s->err = (struct yg_err){ 0 };
    yg_slot_no_packets(s);
    f->known[slot] = (struct known){ .source = lane, .lane = lane, .seq = s->batch.seq };
    l->slot[l->count++] = slot;
    if (yg_flow_is_fed(f, lane))
        return yg_flow_feed(f, slot);
    f->place[slot] = FRAMING;
    return yg_pool_send(f->pool, YG_JOB_FRAME, slot, lane, f->err);
}

/* Keep `ahead` batches of every lane on their way. */
static enum yg_status refill(struct flow *f)
{
    uint32_t slot = 0;

    for (uint32_t i = 0; i < f->lanes; i++) {
        struct lane *l = &f->lane[i];
        while (!l->ended && l->count < f->ahead &&
               !(l->count > 0 && f->place[l->slot[l->count - 1]] == FRAMING)) {
            while (slot < f->slots && f->place[slot] != FREE)
                slot++;
            if (slot == f->slots)
                return YG_OK;
            enum yg_status st = fill(f, i, slot);
            if (st != YG_OK)
                return st;
            if (f->place[slot] == FREE)
                break; /* nothing to give now */
        }
    }
    return YG_OK;
}

/* Read what a worker may be changing: one look, of which the check and the use agree. */
static uint32_t once(const uint32_t *p)
{
    return __atomic_load_n(p, __ATOMIC_RELAXED);
}

static bool wants_header(const struct yg_flow_input *in, const char *format)
{
    return in->source.mapping && in->source.mapping->shape == YG_MAP_DELIMITED &&
           in->source.mapping->column_count == 0 && strcmp(format, "delimited") == 0;
}

/* The first batch of a lane tells the format and the header line. */
static enum yg_status begin(struct flow *f, uint32_t source, struct yg_slot *s)
{
    struct origin *o = &f->origin[source];
    struct yg_flow_input *in = &f->input[source];
    struct yg_str header = in->header;

    o->begun = true;
    if (yg_flow_is_fed(f, source))
        snprintf(o->format, sizeof(o->format), "%.*s", YG_STR_ARG(in->source.format));
    else
        memcpy(o->format, s->format, sizeof(o->format));
    o->format[sizeof(o->format) - 1] = '\0';
    if (!yg_decoder_by_name(yg_str_of(o->format)) && !f->live)
        return yg_err_set(f->err, YG_ECORRUPT, "a worker names an unknown format");
    in->source.format = yg_str_of(o->format);
    if (!yg_flow_is_fed(f, source) && wants_header(in, o->format) && s->batch.count > 0) {
        struct yg_span raw = { once(&s->batch.record[0].raw.off),
                               once(&s->batch.record[0].raw.len) };
        if (raw.off > YG_BATCH_TEXT || raw.len > YG_BATCH_TEXT - raw.off)
            return yg_err_set(f->err, YG_ECORRUPT, "a worker framed out of bounds");
        header = yg_batch_str(&s->batch, raw);
    }
    if (header.n > YG_SLOT_HEADER_MAX)
        header.n = YG_SLOT_HEADER_MAX; /* its columns will then be missing by name */
    if (header.n > 0) {
        o->header = malloc(header.n);
        if (!o->header)
            return yg_err_set(f->err, YG_ENOMEM, "no memory for a header line");
        memcpy(o->header, header.p, header.n);
        o->header_len = header.n;
        in->source.header = (struct yg_str){ o->header, o->header_len };
    }
    return f->sink->begin ? f->sink->begin(f->sink->arg, source, &in->source, f->err)
                          : YG_OK;
}

static enum yg_status send_decode(struct flow *f, uint32_t slot)
{
    struct yg_slot *s = yg_pool_slot(f->pool, slot);
    uint32_t source = f->known[slot].source;
    struct origin *o = &f->origin[source];
    bool fed = yg_flow_is_fed(f, source);
    const struct yg_batch *b = fed ? &f->own[slot].batch : &s->batch;

    if (!fed && !yg_slot_records_ok(b))
        return yg_err_set(f->err, YG_ECORRUPT, "a worker framed records out of bounds");
    if (!o->begun) {
        enum yg_status st = begin(f, source, s);
        if (st != YG_OK)
            return st;
    }
    if (fed && f->own[slot].has_facts) {
        f->place[slot] = READY;
        return YG_OK;
    }
    memcpy(s->format, o->format, sizeof(s->format));
    s->header_len = (uint32_t)o->header_len;
    if (o->header_len)
        memcpy(s->header, o->header, o->header_len);
    f->known[slot].count = b->count;
    f->known[slot].text_used = b->text_used;
    f->known[slot].tries = 0;
    f->place[slot] = DECODING;
    return yg_pool_send(f->pool, YG_JOB_DECODE, slot, YG_ANY_WORKER, f->err);
}

static enum yg_status framed(struct flow *f, const struct yg_pool_done *d)
{
    struct yg_slot *s = yg_pool_slot(f->pool, d->slot);
    uint32_t source = f->known[d->slot].source;

    if (s->batch.source != source)
        return yg_err_set(f->err, YG_ECORRUPT, "a worker names another source");
    struct lane *l = &f->lane[f->known[d->slot].lane];
    YG_ASSERT(l->count > 0 && l->slot[l->count - 1] == d->slot);
    if (d->status != YG_OK) {
        l->ended = true;
        if (d->status == YG_ECHILD)
            yg_err_set(&s->err, YG_ECHILD, "the worker that read this input died");
        if (d->status != YG_EEND)
            report(f, source, &s->err);
        if (d->status == YG_ECHILD || s->batch.count == 0) {
            yg_flow_drop_newest(f, l);
            return YG_OK;
        }
    }
    f->origin[source].bytes = s->input_bytes;
    if (s->batch.last)
        l->ended = true;
    f->place[d->slot] = FRAMED;
    return YG_OK;
}

/* What the core works on from here: a copy. `events`: the batch was decoded. Raw records
 * that the core fed are its own already, and stay as they are. */
static bool take_over(struct flow *f, uint32_t slot, bool events)
{
    const struct yg_slot *s = yg_pool_slot(f->pool, slot);
    const struct known *k = &f->known[slot];
    struct yg_slot *o = &f->own[slot];

    if (!yg_flow_is_fed(f, k->source))
        yg_batch_clear(&o->batch, k->seq, k->source);
    o->rows = 0;
    o->doubtful = false;
    memset(o->mark, 0, sizeof(o->mark));
    yg_slot_no_packets(o);
    return yg_slot_take(o, s, k->count, events ? once(&s->batch.text_used) : k->text_used,
                        events);
}

/* What nobody can read is kept as it came. */
static void keep_undecoded(struct flow *f, uint32_t slot)
{
    struct yg_slot *o = &f->own[slot];
    const struct known *k = &f->known[slot];

    if (yg_flow_is_fed(f, k->source)) { /* whatever a worker made of it is forgotten */
        o->batch.count = k->count;
        o->batch.text_used = k->text_used;
    }
    if (!take_over(f, slot, false))
        o->batch.count = 0;
    o->doubtful = true;
    yg_slot_undecoded(o, &f->input[k->source].source);
}

/* Decoded: are there packets to look at before the events go on? */
static enum yg_status find_packets(struct flow *f, uint32_t slot)
{
    struct yg_slot *o = &f->own[slot];
    enum yg_status st;

    f->place[slot] = READY;
    /* What comes from a store has the packets that are kept with it. */
    if (!f->sink->packets || (!f->live && f->input[f->known[slot].source].fd < 0))
        return YG_OK;
    st = f->sink->packets(f->sink->arg, o, f->err);
    if (st != YG_OK || o->packets_used == 0)
        return st;
    yg_slot_copy_packets(yg_pool_slot(f->pool, slot), o);
    f->known[slot].tries = 0;
    f->place[slot] = LOOKING;
    return yg_pool_send(f->pool, YG_JOB_LOOK, slot, YG_ANY_WORKER, f->err);
}

/* What was told of an alert by its record alone stands if its packets kill the worker. */
static enum yg_status looked(struct flow *f, const struct yg_pool_done *d)
{
    f->place[d->slot] = READY;
    if (d->status != YG_OK) {
        struct yg_err died = { 0 };
        yg_err_set(&died, YG_ECHILD, "the worker that looked at its packets died");
        f->own[d->slot].doubtful = true;
        report(f, f->known[d->slot].source, &died);
        return YG_OK;
    }
    if (!yg_slot_take_facts(&f->own[d->slot], yg_pool_slot(f->pool, d->slot)))
        return yg_err_set(f->err, YG_ECORRUPT, "a worker made facts of other events");
    return YG_OK;
}

/* A batch whose decoder cannot be made. Of a file nothing more is read; what was received
 * live is kept. */
static void refused(struct flow *f, uint32_t slot)
{
    struct yg_slot *o = &f->own[slot];
    const struct known *k = &f->known[slot];

    if (f->live) {
        keep_undecoded(f, slot);
        return;
    }
    f->lane[k->lane].ended = true;
    yg_batch_clear(&o->batch, 0, k->source);
    o->rows = 0;
    yg_slot_no_packets(o);
}

static enum yg_status decoded(struct flow *f, const struct yg_pool_done *d)
{
    struct yg_slot *s = yg_pool_slot(f->pool, d->slot);
    uint32_t source = f->known[d->slot].source;

    if (d->status == YG_ECHILD) {
        struct yg_err died = { 0 };
        yg_err_set(&died, YG_ECHILD, "the worker that decoded this input died");
        report(f, source, &died);
        keep_undecoded(f, d->slot);
    } else if (d->status != YG_OK) { /* a wrong mapping: told once, not by every worker */
        struct origin *from = &f->origin[source];
        if (!from->refused)
            report(f, source, &s->err);
        from->refused = true;
        refused(f, d->slot);
    } else if (!take_over(f, d->slot, true)) {
        if (!f->live)
            return yg_err_set(f->err, YG_ECORRUPT, "a worker decoded out of bounds");
        yg_log(YG_LOG_ERROR, "a worker decoded out of bounds; its batch is kept unread");
        keep_undecoded(f, d->slot);
    }
    return find_packets(f, d->slot);
}

/* The rows to score, where a worker can reach them. */
void yg_flow_lend_rows(struct flow *f, uint32_t slot)
{
    struct yg_slot *s = yg_pool_slot(f->pool, slot);
    const struct yg_slot *o = &f->own[slot];

    s->rows = o->rows;
    memcpy(s->row, o->row, (size_t)o->rows * YG_FEATURES_MAX * sizeof(o->row[0]));
}

static enum yg_status scored(struct flow *f, const struct yg_pool_done *d)
{
    const struct yg_slot *s = yg_pool_slot(f->pool, d->slot);
    struct yg_slot *o = &f->own[d->slot];

    if (d->status != YG_OK)
        return yg_err_set(f->err, YG_ECHILD, "a worker died while scoring");
    if (!yg_slot_take_scores(o, s))
        return yg_err_set(f->err, YG_ECORRUPT, "a worker scored out of bounds");
    f->place[d->slot] = SCORED;
    return YG_OK;
}

/* Sources begin in their order, so that what the sink makes of a beginning (a row in the
 * store) does not depend on which was read first. */
static bool may_begin(const struct flow *f, uint32_t source)
{
    for (uint32_t i = 0; !f->live && i < source; i++)
        if (!f->origin[i].begun && !(f->lane[i].ended && f->lane[i].count == 0))
            return false;
    return true;
}

static enum yg_status advance(struct flow *f, bool *finished)
{
    enum yg_status st = refill(f);

    for (uint32_t slot = 0; st == YG_OK && slot < f->slots; slot++) {
        uint32_t source = f->known[slot].source;
        if (f->place[slot] == FRAMED && (f->origin[source].begun || may_begin(f, source)))
            st = send_decode(f, slot);
    }
    if (st == YG_OK)
        st = yg_flow_consume(f, finished);
    if (st == YG_OK && !*finished)
        st = refill(f);
    return st;
}

static enum yg_status step(struct flow *f)
{
    struct yg_pool_done d;
    enum yg_status st = yg_pool_wait(f->pool, &d, f->err);

    if (st != YG_OK)
        return st == YG_EEND ? YG_OK : st;
    if (d.status == YG_ECHILD && yg_flow_may_try_again(f, &d))
        return yg_flow_do_again(f, &d);
    switch (d.job) {
    case YG_JOB_FRAME:
        return framed(f, &d);
    case YG_JOB_DECODE:
        return decoded(f, &d);
    case YG_JOB_LOOK:
        return looked(f, &d);
    case YG_JOB_SCORE:
        return scored(f, &d);
    }
    return YG_OK;
}

static enum yg_status make_room(struct flow *f)
{
    f->ahead = f->live ? AHEAD_MAX_LIVE : f->count > 4 ? 2 : AHEAD_MAX;
    if (f->live && f->ahead > 2 * f->opt->workers + 2)
        f->ahead = 2 * f->opt->workers + 2;
    f->lanes = f->live ? 1 : f->count;
    f->slots = f->lanes * f->ahead + 2 * f->opt->workers;
    f->lane = calloc(f->lanes, sizeof(*f->lane));
    f->origin = calloc(f->count, sizeof(*f->origin));
    f->place = calloc(f->slots, sizeof(*f->place));
    f->queue = calloc(f->slots, sizeof(*f->queue));
    f->known = calloc(f->slots, sizeof(*f->known));
    f->own = mmap(NULL, f->slots * sizeof(*f->own), PROT_READ | PROT_WRITE,
                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return f->lane && f->origin && f->place && f->queue && f->known &&
                   f->own != MAP_FAILED
               ? YG_OK
               : yg_err_set(f->err, YG_ENOMEM, "no memory for %u inputs", f->count);
}

static enum yg_status start(struct flow *f, struct yg_worker_arg *arg)
{
    int keep[YG_FLOW_INPUTS_MAX];
    struct yg_pool_work work = {
        .start = yg_worker_start, .run = yg_worker_run, .arg = arg, .keep_fd = keep
    };
    enum yg_status st = make_room(f);

    if (st != YG_OK)
        return st;
    for (uint32_t i = 0; i < f->count; i++) {
        f->origin[i].asked = f->input[i].source.format;
        if (yg_flow_is_fed(f, i)) { /* a fed batch has no header line */
            f->lane[f->live ? 0 : i].next_seq = 1;
            continue;
        }
        keep[work.keep_count++] = f->input[i].fd;
        f->input[i].start = lseek(f->input[i].fd, 0, SEEK_CUR);
    }
    return yg_pool_new(f->opt->workers, f->slots, &work, &f->pool, f->err);
}

static void stop(struct flow *f, uint64_t *bytes)
{
    uint64_t sum = 0;

    for (uint32_t i = 0; f->origin && i < f->count; i++) {
        sum += f->origin[i].bytes;
        f->input[i].source.header = YG_STR_NONE;
        f->input[i].source.format = f->origin[i].asked;
        free(f->origin[i].header);
    }
    if (bytes)
        *bytes = sum;
    yg_pool_free(f->pool);
    if (f->own && f->own != MAP_FAILED)
        munmap(f->own, f->slots * sizeof(*f->own));
    free(f->lane);
    free(f->origin);
    free(f->place);
    free(f->queue);
    free(f->known);
}

/* Is any batch with a worker, or waiting for its turn? */
static bool is_busy(const struct flow *f)
{
    return f->lane[0].count > 0 || f->queue_count > 0;
}

static enum yg_status run(struct flow *f, uint64_t *bytes)
{
    struct yg_worker_arg arg = { f->input, f->count, f->opt };
    bool finished = f->count == 0;
    enum yg_status st = f->count ? start(f, &arg) : YG_OK;

    while (st == YG_OK && !finished) {
        st = advance(f, &finished);
        if (st != YG_OK || finished)
            break;
        st = f->live && !is_busy(f) ? f->live->idle(f->live->arg, f->err) : step(f);
    }
    stop(f, bytes);
    return st;
}

enum yg_status yg_flow_run(struct yg_flow_input *input, uint32_t count,
                           const struct yg_flow_sink *sink,
                           const struct yg_flow_options *opt, uint64_t *bytes,
                           struct yg_err *err)
{
    YG_ASSERT(count <= YG_FLOW_INPUTS_MAX);
    struct flow f = {
        .input = input, .count = count, .sink = sink, .opt = opt, .err = err
    };

    return run(&f, bytes);
}

enum yg_status yg_flow_run_live(struct yg_flow_input *input, uint32_t count,
                                const struct yg_flow_live *live,
                                const struct yg_flow_sink *sink,
                                const struct yg_flow_options *opt, struct yg_err *err)
{
    YG_ASSERT(count >= 1 && count <= YG_FLOW_INPUTS_MAX);
    struct flow f = {
        .input = input, .count = count, .live = live, .sink = sink, .opt = opt, .err = err
    };

    return run(&f, NULL);
}
