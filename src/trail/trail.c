/* SPDX-License-Identifier: Apache-2.0 */
#include "trail/trail.h"

#include "base/buf.h"
#include "db/db_copy.h"
#include "trail/trail_priv.h"

#include <stdlib.h>
#include <string.h>

#define APPLICATION 0x79677472 /* "ygtr" */
#define DOMAIN      "yagura-trail-1"

static const struct yg_db_text statement[YG_TQ_COUNT] = {
#define YG_QUERY(id, sql) [YG_TQ_##id] = { sql, NULL },
#include "trail/queries.def"
};

static const struct yg_db_text step[] = {
#define YG_STEP(sql) { sql, NULL },
#include "trail/queries.def"
};

const char *yg_trail_outcome_name(unsigned outcome)
{
    static const char *const name[] = { "begun", "done", "refused", "failed" };

    return outcome < YG_TRAIL_OUTCOMES ? name[outcome] : "unknown";
}

enum yg_status yg_trail_open(const struct yg_trail_options *opt, struct yg_trail **out,
                             struct yg_err *err)
{
    const struct yg_db_options db = { .where = opt->where,
                                      .part = opt->part,
                                      .statement = statement,
                                      .statements = YG_TQ_COUNT,
                                      .step = step,
                                      .steps = YG_ARRAY_LEN(step),
                                      .application = APPLICATION,
                                      .create = opt->create,
                                      .read_only = opt->read_only };
    struct yg_trail *t = calloc(1, sizeof(*t));

    if (!t)
        return yg_err_set(err, YG_ENOMEM, "trail: out of memory");
    t->clock = opt->clock;
    enum yg_status st = yg_db_open(&db, &t->db, err);
    if (st == YG_OK)
        *out = t;
    else
        free(t);
    return st;
}

void yg_trail_close(struct yg_trail *t)
{
    if (!t)
        return;
    yg_db_close(t->db);
    free(t);
}

enum yg_status yg_trail_copy(struct yg_trail *t, const char *to, struct yg_err *err)
{
    return yg_db_copy_to(t->db, to, err);
}

/* ---- rows ------------------------------------------------------------------------- */

enum yg_status yg_trail_read(struct yg_db_stmt *s, struct yg_trail_row *out,
                             struct yg_err *err)
{
    struct yg_str digest = yg_db_bytes(s, 13);
    int64_t outcome = yg_db_int(s, 3);

    *out = (struct yg_trail_row){ .seq = (uint64_t)yg_db_int(s, 0),
                                  .begun = (uint64_t)yg_db_int(s, 1),
                                  .at_ns = yg_db_int(s, 2),
                                  .outcome = (uint8_t)outcome };
    for (size_t i = 0; i < YG_TRAIL_TEXTS; i++)
        *yg_trail_text(out, i) = yg_db_bytes(s, 4 + (int)i);
    if (digest.n != YG_DIGEST_SIZE || outcome < 0 || outcome >= YG_TRAIL_OUTCOMES)
        return yg_err_set(err, YG_ECORRUPT, "trail: row %llu is not one that was written",
                          (unsigned long long)out->seq);
    memcpy(out->digest, digest.p, YG_DIGEST_SIZE);
    return YG_OK;
}

static void add_u64(struct yg_digest *d, uint64_t v)
{
    unsigned char b[8];

    for (size_t i = 0; i < 8; i++)
        b[i] = (unsigned char)(v >> 8 * i);
    yg_digest_add(d, b, sizeof(b));
}

void yg_trail_digest(const unsigned char before[YG_DIGEST_SIZE],
                     const struct yg_trail_row *row, unsigned char out[YG_DIGEST_SIZE])
{
    struct yg_trail_row r = *row;
    struct yg_digest d;

    yg_digest_init(&d);
    yg_digest_add(&d, DOMAIN, sizeof(DOMAIN));
    yg_digest_add(&d, before, YG_DIGEST_SIZE);
    add_u64(&d, r.seq);
    add_u64(&d, r.begun);
    add_u64(&d, (uint64_t)r.at_ns);
    add_u64(&d, r.outcome);
    for (size_t i = 0; i < YG_TRAIL_TEXTS; i++) {
        struct yg_str s = *yg_trail_text(&r, i);
        add_u64(&d, s.n);
        if (s.n > 0)
            yg_digest_add(&d, s.p, s.n);
    }
    yg_digest_done(&d, out);
}

enum yg_status yg_trail_last(struct yg_trail *t, uint64_t *seq,
                             unsigned char digest[YG_DIGEST_SIZE], struct yg_err *err)
{
    struct yg_db_stmt *s = yg_db_stmt(t->db, YG_TQ_LAST, err);
    enum yg_status st = s ? yg_db_step(t->db, s, err) : err->status;

    *seq = 0;
    memset(digest, 0, YG_DIGEST_SIZE);
    if (st == YG_EEND)
        return YG_OK;
    if (st != YG_OK)
        return st;
    struct yg_str was = yg_db_bytes(s, 1);
    *seq = (uint64_t)yg_db_int(s, 0);
    if (was.n == YG_DIGEST_SIZE)
        memcpy(digest, was.p, YG_DIGEST_SIZE);
    else
        st = yg_err_set(err, YG_ECORRUPT,
                        "trail: its last row is damaged; restore a backup, and keep this "
                        "file as evidence");
    yg_db_reset(s);
    return st;
}

enum yg_status yg_trail_commit(struct yg_trail *t, enum yg_status st, struct yg_err *err)
{
    if (st == YG_OK)
        return yg_db_commit(t->db, err);
    yg_db_rollback(t->db);
    return st;
}

static enum yg_status insert(struct yg_trail *t, struct yg_trail_row *row,
                             struct yg_err *err)
{
    struct yg_db_stmt *s = yg_db_stmt(t->db, YG_TQ_ADD, err);

    if (!s)
        return err->status;
    yg_db_bind_int(s, 1, (int64_t)row->seq);
    yg_db_bind_int(s, 2, (int64_t)row->begun);
    yg_db_bind_int(s, 3, row->at_ns);
    yg_db_bind_int(s, 4, row->outcome);
    for (size_t i = 0; i < YG_TRAIL_TEXTS; i++)
        yg_db_bind_blob(s, 5 + (int)i, *yg_trail_text(row, i));
    yg_db_bind_blob(s, 14, yg_trail_bytes(row->digest, YG_DIGEST_SIZE));
    return yg_db_run(t->db, s, err);
}

enum yg_status yg_trail_add(struct yg_trail *t, struct yg_trail_row *row,
                            struct yg_err *err)
{
    unsigned char before[YG_DIGEST_SIZE];
    struct yg_err why = { 0 };
    enum yg_status st = yg_db_begin(t->db, true, &why);

    for (size_t i = 0; i < YG_TRAIL_TEXTS; i++) {
        struct yg_str *s = yg_trail_text(row, i);
        size_t most = s == &row->detail ? YG_TRAIL_DETAIL : YG_TRAIL_TEXT;
        s->n = s->n < most ? s->n : most;
    }
    if (st == YG_OK) {
        st = yg_trail_last(t, &row->seq, before, &why);
        if (st == YG_OK) {
            row->seq++;
            row->at_ns = yg_clock_now(t->clock);
            yg_trail_digest(before, row, row->digest);
            st = insert(t, row, &why);
        }
        st = yg_trail_commit(t, st, &why);
    }
    if (st != YG_OK && err)
        *err = why;
    return st;
}

enum yg_status yg_trail_end(struct yg_trail *t, const struct yg_trail_row *row,
                            enum yg_trail_outcome outcome, struct yg_str detail,
                            struct yg_err *err)
{
    struct yg_trail_row end = *row;

    end.begun = row->seq;
    end.outcome = (uint8_t)outcome;
    if (detail.n > 0)
        end.detail = detail;
    return yg_trail_add(t, &end, err);
}
