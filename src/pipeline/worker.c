/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/worker.h"

#include "decode/decode.h"
#include "input/input.h"
#include "pipeline/listed.h"
#include "pipeline/seen.h"
#include "thin/close.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct per_source {
    struct yg_source source; /* with the format that was found */
    char format[16];
    struct yg_input *input;
    struct yg_decode *decode;
    uint64_t next_seq; /* of the batch that would be framed next */
    bool closes;       /* `closing` is made */
    struct yg_closing closing[2];
};

struct state {
    const struct yg_worker_arg *arg;
    struct yg_analyser *analyser;
    struct per_source source[];
};

void *yg_worker_start(void *arg)
{
    const struct yg_worker_arg *a = arg;
    struct state *s = calloc(1, sizeof(*s) + a->count * sizeof(s->source[0]));

    if (!s || yg_analyser_new(&s->analyser) != YG_OK) {
        free(s);
        return NULL;
    }
    s->arg = a;
    for (uint32_t i = 0; i < a->count; i++)
        s->source[i].source = a->input[i].source;
    return s;
}

static enum yg_status set_format(struct per_source *p, struct yg_str name,
                                 struct yg_err *err)
{
    const struct yg_decoder *d = yg_decoder_by_name(name);

    if (!d)
        return yg_err_set(err, YG_EINVAL,
                          "no format is called '%.*s'; see `yagura import "
                          "--help` for those there are",
                          YG_STR_ARG(name));
    if (d->needs_mapping && !p->source.mapping)
        return yg_err_set(err, YG_EINVAL,
                          "format %s needs a mapping file: give --map FILE", d->name);
    /* not d->name: a dialect's name is a format, too; it may lie in p->format */
    char format[sizeof(p->format)];
    snprintf(format, sizeof(format), "%.*s", YG_STR_ARG(name));
    memcpy(p->format, format, sizeof(format));
    p->source.format = yg_str_of(p->format);
    return YG_OK;
}

/* First use of an input: open it, and find its format if the operator did not say. */
static enum yg_status open_input(struct per_source *p, int fd, struct yg_err *err)
{
    struct yg_str head;
    enum yg_status st = YG_OK;
    enum yg_framing framing = YG_FRAME_LINES;

    if (p->source.format.n > 0) {
        st = set_format(p, p->source.format, err);
        if (st == YG_OK)
            framing = yg_decoder_by_name(p->source.format)->framing;
    }
    if (st == YG_OK)
        st = yg_input_open(fd, framing, &p->input);
    if (st != YG_OK || p->source.format.n > 0)
        return st;
    st = yg_input_peek(p->input, &head, err);
    if (st == YG_EEND || (st == YG_OK && head.n == 0))
        return YG_EEND;
    if (st != YG_OK)
        return st;
    const struct yg_decoder *d = yg_decoder_by_probe(head);
    if (!d)
        return yg_err_set(err, YG_EFORMAT,
                          "the format is not recognised; say it with --format");
    st = set_format(p, yg_str_of(d->name), err);
    if (st == YG_OK)
        yg_input_framing(p->input, d->framing, 0);
    return st;
}

/* A worker that takes over for a dead one reads the input again from where the run began,
 * up to the batch that is wanted: framing depends on the bytes alone. */
static enum yg_status catch_up(struct per_source *p, const struct yg_flow_input *in,
                               struct yg_slot *slot)
{
    uint64_t want = slot->batch.seq;
    uint32_t source = slot->batch.source;
    enum yg_status st = YG_OK;

    if (in->start < 0 || lseek(in->fd, in->start, SEEK_SET) != in->start)
        return yg_err_set(&slot->err, YG_EIO,
                          "the worker that read this input died, and it cannot be read "
                          "again from its start");
    st = open_input(p, in->fd, &slot->err);
    for (; st == YG_OK && p->next_seq < want; p->next_seq++) {
        yg_batch_clear(&slot->batch, p->next_seq, source);
        st = yg_input_frame(p->input, &slot->batch, &slot->err);
    }
    yg_batch_clear(&slot->batch, want, source);
    return st;
}

static enum yg_status frame(struct state *s, struct yg_slot *slot)
{
    uint32_t i = slot->batch.source;
    struct per_source *p = &s->source[i];
    const struct yg_flow_input *in = &s->arg->input[i];
    enum yg_status st = YG_OK;

    if (!p->input)
        st = in->start < 0 && slot->batch.seq == 0 ? open_input(p, in->fd, &slot->err)
                                                   : catch_up(p, in, slot);
    if (st == YG_OK) {
        st = yg_input_frame(p->input, &slot->batch, &slot->err);
        p->next_seq++;
    }
    memcpy(slot->format, p->format, sizeof(slot->format));
    slot->input_bytes = p->input ? yg_input_bytes(p->input) : 0;
    return st;
}

/* As the store names it: what the operator said, else the format. */
static struct yg_str source_name(const struct per_source *p)
{
    return p->source.name.n > 0 ? p->source.name : p->source.format;
}

static void facts(struct state *s, struct yg_slot *slot, uint32_t i)
{
    const struct yg_event *e = &slot->batch.event[i];
    const struct yg_analysis *seen = NULL;

    if (e->kind == YG_KIND_ALERT) {
        struct yg_analysis_in in = yg_seen_in(&slot->batch, e, yg_slot_pcap(slot, i));
        seen = yg_analyse(s->analyser, &in);
    }
    yg_facts_of(&slot->batch, e, seen, &slot->facts[i]);
    yg_facts_source(&slot->facts[i], source_name(&s->source[slot->batch.source]));
    if (!yg_event_is_alert(e))
        return;
    slot->facts[i].listed =
        (uint8_t)yg_listed(s->arg->opt->watch, &slot->batch, e, seen, NULL, NULL);
    for (size_t k = 0; k < YG_ARRAY_LEN(slot->facts[i].rule); k++)
        slot->facts[i].rule[k] =
            yg_closing_of(&s->source[slot->batch.source].closing[k], &slot->batch, e,
                          slot->batch.record[i].received_ns);
}

static enum yg_status take_rules(struct state *s, struct per_source *p,
                                 struct yg_err *err)
{
    enum yg_status st = YG_OK;

    for (size_t k = 0; !p->closes && st == YG_OK && k < YG_ARRAY_LEN(p->closing); k++)
        st = yg_closing_init(&p->closing[k], s->arg->opt->close[k], &p->source);
    p->closes = st == YG_OK;
    return st == YG_OK ? YG_OK : yg_err_set(err, st, "no memory for rules");
}

static enum yg_status decode(struct state *s, struct yg_slot *slot)
{
    struct per_source *p = &s->source[slot->batch.source];

    if (!p->decode) {
        enum yg_status st = YG_OK;
        if (p->source.format.n == 0 || !p->format[0])
            st = set_format(p, yg_str_of(slot->format), &slot->err);
        if (st == YG_OK)
            st = yg_decode_new(&p->source,
                               (struct yg_str){ slot->header, slot->header_len },
                               &p->decode, &slot->err);
        if (st == YG_OK)
            st = take_rules(s, p, &slot->err);
        if (st != YG_OK)
            return st;
    }
    yg_decode_batch(p->decode, &slot->batch);
    for (uint32_t i = 0; i < slot->batch.count; i++)
        facts(s, slot, i);
    return YG_OK;
}

/* The alerts that packets were found for, once more. */
static enum yg_status look(struct state *s, struct yg_slot *slot)
{
    for (uint32_t i = 0; i < slot->batch.count; i++)
        if (yg_slot_pcap(slot, i).n > 0)
            facts(s, slot, i);
    return YG_OK;
}

enum yg_status yg_worker_run(void *state, enum yg_job job, struct yg_slot *slot)
{
    struct state *s = state;

    switch (job) {
    case YG_JOB_FRAME:
        return frame(s, slot);
    case YG_JOB_DECODE:
        return decode(s, slot);
    case YG_JOB_LOOK:
        return look(s, slot);
    case YG_JOB_SCORE:
        s->arg->opt->score(s->arg->opt->model, slot);
        return YG_OK;
    }
    return YG_EINVAL;
}
