/* SPDX-License-Identifier: Apache-2.0 */
#include "intake/intake.h"

#include "intake/loop.h"
#include "intake/walls.h"

#include <stdlib.h>

struct started {
    const struct yg_intake_kind *kind;
    void *state;
    int row; /* in the state; -1: none */
};

struct yg_intake {
    const struct yg_inputs *inputs;
    const char *dir;
    const struct yg_clock *clock;
    struct yg_journal *journal;
    struct yg_intake_state *state;
    struct yg_loop *loop;
    uint32_t count; /* of the inputs that have started */
    struct started input[YG_INPUTS_MAX];
    struct yg_source source[YG_INPUTS_MAX];
};

static const struct yg_intake_kind *kind_of(struct yg_str name)
{
    for (size_t i = 0; yg_intake_kinds[i]; i++)
        if (yg_str_eq(name, yg_str_of(yg_intake_kinds[i]->name)))
            return yg_intake_kinds[i];
    return NULL;
}

static enum yg_status start_one(struct yg_intake *in, uint32_t i, struct yg_err *err)
{
    const struct yg_input_conf *c = &in->inputs->input[i];
    struct started *s = &in->input[i];

    s->kind = kind_of(c->type);
    if (!s->kind)
        return yg_err_set(err, YG_EINVAL,
                          "this program is built without inputs of type %.*s",
                          YG_STR_ARG(c->type));
    s->row = yg_intake_state_row(in->state, c->tenant, c->source);
    enum yg_status st = s->kind->start(in, c, i, &s->state, err);
    if (st == YG_OK)
        in->count++;
    else
        yg_err_at(err, err ? err->path : "", c->line, 0);
    return st;
}

static enum yg_status start_all(struct yg_intake *in, const struct yg_intake_options *opt,
                                struct yg_err *err)
{
    struct yg_journal_options j = { .source = in->source,
                                    .source_count = opt->inputs->count,
                                    .cap = opt->cap,
                                    .consumed = opt->consumed,
                                    .clock = opt->clock };
    enum yg_status st = YG_OK;

    if (opt->sandbox)
        st = yg_walls_enter(opt->dir, opt->inputs, err);
    if (st == YG_OK)
        st = yg_journal_open(opt->dir, &j, &in->journal, err);
    if (st == YG_OK)
        st = yg_intake_state_open(opt->dir, true, &in->state, err);
    if (st == YG_OK)
        st = yg_loop_new(&in->loop, err);
    for (uint32_t i = 0; i < opt->inputs->count && st == YG_OK; i++)
        st = start_one(in, i, err);
    return st;
}

enum yg_status yg_intake_start(const struct yg_intake_options *opt,
                               struct yg_intake **out, struct yg_err *err)
{
    struct yg_intake *in = calloc(1, sizeof(*in));

    if (!in)
        return yg_err_set(err, YG_ENOMEM, "no memory for the intake");
    in->inputs = opt->inputs;
    in->dir = opt->dir;
    in->clock = opt->clock;
    for (uint32_t i = 0; i < opt->inputs->count; i++)
        in->source[i] = yg_input_source(&opt->inputs->input[i]);
    enum yg_status st = start_all(in, opt, err);
    if (st == YG_OK)
        *out = in;
    else
        yg_intake_free(in);
    return st;
}

enum yg_status yg_intake_run(struct yg_intake *in, struct yg_err *err)
{
    return yg_loop_run(in->loop, err);
}

void yg_intake_end(struct yg_intake *in)
{
    yg_loop_end(in->loop);
}

void yg_intake_free(struct yg_intake *in)
{
    uint64_t last = 0;

    if (!in)
        return;
    for (uint32_t i = 0; i < in->count; i++)
        in->input[i].kind->stop(in->input[i].state);
    /* An empty unit's ticket is that of the last one before it. */
    if (in->journal && yg_journal_add(in->journal, NULL, 0, &last, NULL) == YG_OK &&
        yg_journal_wait(in->journal, last, YG_NS_PER_S) != YG_OK)
        last = 0; /* closing tries once more */
    for (uint32_t i = 0; i < in->count; i++)
        in->input[i].kind->free(in->input[i].state);
    yg_journal_close(in->journal);
    yg_intake_state_close(in->state);
    yg_loop_free(in->loop);
    free(in);
}

uint16_t yg_intake_port(const struct yg_intake *in, uint32_t input)
{
    const struct started *s = &in->input[input];

    return input < in->count && s->kind->port ? s->kind->port(s->state) : 0;
}

struct yg_loop *yg_intake_loop(struct yg_intake *in)
{
    return in->loop;
}

const char *yg_intake_dir(const struct yg_intake *in)
{
    return in->dir;
}

struct yg_journal *yg_intake_journal(struct yg_intake *in)
{
    return in->journal;
}

int64_t yg_intake_now(const struct yg_intake *in)
{
    return yg_clock_now(in->clock);
}

static enum yg_status take(struct yg_intake *in, uint32_t source,
                           struct yg_journal_record *rec, size_t n, int64_t patience_ns,
                           uint64_t *ticket)
{
    int64_t now = yg_intake_now(in);
    uint64_t cut = 0;

    for (size_t i = 0; i < n; i++) {
        rec[i].source = source;
        if (rec[i].received_ns == 0)
            rec[i].received_ns = now;
        cut += rec[i].full_size > rec[i].raw.n;
    }
    enum yg_status st =
        yg_journal_add_wait(in->journal, rec, n, patience_ns, ticket, NULL);
    if (st == YG_EIO)
        st = YG_EBUSY;
    if (st == YG_EBUSY)
        yg_intake_count(in, source, YG_IN_HELD, 1);
    else if (st == YG_OK && cut > 0)
        yg_intake_count(in, source, YG_IN_OVERSIZE, cut);
    return st;
}

enum yg_status yg_intake_take(struct yg_intake *in, uint32_t source,
                              struct yg_journal_record *rec, size_t n, uint64_t *ticket)
{
    return take(in, source, rec, n, 0, ticket);
}

enum yg_status yg_intake_take_wait(struct yg_intake *in, uint32_t source,
                                   struct yg_journal_record *rec, size_t n,
                                   uint64_t *ticket)
{
    return take(in, source, rec, n, YG_INTAKE_PATIENCE_NS, ticket);
}

void yg_intake_count(struct yg_intake *in, uint32_t source, enum yg_intake_counter c,
                     uint64_t n)
{
    int row = source < in->inputs->count ? in->input[source].row : -1;

    if (row < 0)
        return;
    yg_intake_state_add(in->state, (uint32_t)row, c, n);
}

void yg_intake_id_begin(const struct yg_intake *in, uint32_t source, struct yg_digest *d)
{
    const struct yg_source *s = &in->source[source];
    uint64_t parts[2] = { s->tenant.n, s->name.n };

    yg_digest_init(d);
    yg_digest_add(d, "yagura place", 12);
    for (size_t i = 0; i < 2; i++) {
        unsigned char n[8];
        for (size_t k = 0; k < sizeof(n); k++)
            n[k] = (unsigned char)(parts[i] >> (8 * k));
        yg_digest_add(d, n, sizeof(n));
    }
    yg_digest_add(d, s->tenant.p, s->tenant.n);
    yg_digest_add(d, s->name.p, s->name.n);
}

void yg_intake_id(const struct yg_intake *in, uint32_t source, struct yg_str place,
                  unsigned char id[YG_ID_SIZE])
{
    unsigned char digest[YG_DIGEST_SIZE];
    struct yg_digest d;

    yg_intake_id_begin(in, source, &d);
    yg_digest_add(&d, place.p, place.n);
    yg_digest_done(&d, digest);
    memcpy(id, digest, YG_ID_SIZE);
}
