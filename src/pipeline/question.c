/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/question.h"

#include "pipeline/groups.h"
#include "store/ledger.h"

#include <stdio.h>
#include <string.h>

#define FORMAT    UINT32_C(0x31514759) /* "YGQ1" */
#define INDEX     "questions"
#define BLOB_MAX  ((size_t)16 << 20)
#define TOTAL_MAX (UINT64_C(256) << 20)
#define NAME_SIZE (sizeof("question-") + 2 * (size_t)YG_ID_SIZE)
#define TEXT_MAX  4096

/* What the index keeps of each question, oldest first. */
struct entry {
    unsigned char id[YG_ID_SIZE];
    uint64_t bytes;
};

static const char *name_of(const unsigned char id[YG_ID_SIZE], char name[NAME_SIZE])
{
    char hex[2 * YG_ID_SIZE + 1];

    yg_hex(id, YG_ID_SIZE, hex);
    snprintf(name, NAME_SIZE, "question-%s", hex);
    return name;
}

static void make_id(struct yg_question *q)
{
    unsigned char kind = q->own ? 2 : 1, digest[YG_DIGEST_SIZE];
    struct yg_digest d;

    yg_digest_init(&d);
    yg_digest_add(&d, &kind, 1);
    yg_digest_add(&d, q->alert, q->count * YG_ID_SIZE);
    yg_digest_done(&d, digest);
    memcpy(q->id, digest, YG_ID_SIZE);
}

static enum yg_status write_one(struct yg_store *st, const struct yg_question *q,
                                uint64_t *bytes, struct yg_err *err)
{
    char name[NAME_SIZE];
    struct yg_buf b;

    yg_buf_init(&b, BLOB_MAX);
    yg_buf_u32(&b, FORMAT);
    yg_buf_u8(&b, q->own);
    yg_buf_u8(&b, q->state);
    yg_buf_u8(&b, q->level);
    yg_buf_u64(&b, (uint64_t)q->asked_ns);
    yg_buf_u64(&b, (uint64_t)q->answered_ns);
    yg_buf_lstr(&b, q->tenant);
    yg_buf_lstr(&b, q->who);
    yg_buf_u32(&b, (uint32_t)q->count);
    yg_buf_add(&b, q->alert, q->count * YG_ID_SIZE);
    enum yg_status rc = yg_buf_status(&b);
    if (rc == YG_OK)
        rc = yg_store_meta_put(st, name_of(q->id, name), yg_buf_str(&b), err);
    else
        yg_err_set(err, rc, "a question of %zu alerts cannot be kept", q->count);
    *bytes = yg_buf_str(&b).n;
    yg_buf_fini(&b);
    return rc;
}

static enum yg_status read_one(struct yg_store *st, const unsigned char id[YG_ID_SIZE],
                               struct yg_arena *arena, struct yg_question *out,
                               struct yg_err *err)
{
    char name[NAME_SIZE];
    struct yg_str blob;
    struct yg_question q = { 0 };
    enum yg_status rc = yg_store_meta_get(st, name_of(id, name), arena, &blob, err);

    if (rc != YG_OK)
        return rc;
    struct yg_cursor in = yg_cursor_of(blob.p, blob.n);
    uint32_t format = yg_cursor_le32(&in);
    q.own = yg_cursor_u8(&in) == 1;
    q.state = yg_cursor_u8(&in);
    q.level = yg_cursor_u8(&in);
    q.asked_ns = (int64_t)yg_cursor_le64(&in);
    q.answered_ns = (int64_t)yg_cursor_le64(&in);
    q.tenant = yg_cursor_lstr(&in, TEXT_MAX);
    q.who = yg_cursor_lstr(&in, TEXT_MAX);
    q.count = yg_cursor_le32(&in);
    struct yg_str ids = q.count <= YG_QUESTION_ALERTS
                            ? yg_cursor_take(&in, q.count * YG_ID_SIZE)
                            : YG_STR_NONE;
    if (!yg_cursor_ok(&in) || format != FORMAT || !ids.p || yg_cursor_left(&in) > 0)
        return yg_err_set(err, YG_ECORRUPT, "the store's %s is damaged", name);
    q.alert = (const unsigned char *)ids.p;
    memcpy(q.id, id, YG_ID_SIZE);
    *out = q;
    return YG_OK;
}

/* ---- the index
 * ------------------------------------------------------------------------------ */

static enum yg_status read_index(struct yg_store *st, struct yg_arena *arena,
                                 struct entry *v, size_t *n, struct yg_err *err)
{
    struct yg_str blob;
    enum yg_status rc = yg_store_meta_get(st, INDEX, arena, &blob, err);

    *n = 0;
    if (rc == YG_ENOTFOUND)
        return YG_OK;
    if (rc != YG_OK)
        return rc;
    struct yg_cursor in = yg_cursor_of(blob.p, blob.n);
    while (yg_cursor_left(&in) > 0 && *n < YG_QUESTIONS_MAX) {
        struct yg_str id = yg_cursor_take(&in, YG_ID_SIZE);
        if (id.p)
            memcpy(v[*n].id, id.p, YG_ID_SIZE);
        v[(*n)++].bytes = yg_cursor_le64(&in);
    }
    return yg_cursor_ok(&in) && yg_cursor_left(&in) == 0
               ? YG_OK
               : yg_err_set(err, YG_ECORRUPT, "the store's list of questions is damaged");
}

static enum yg_status write_index(struct yg_store *st, const struct entry *v, size_t n,
                                  struct yg_err *err)
{
    struct yg_buf b;

    yg_buf_init(&b, BLOB_MAX);
    for (size_t i = 0; i < n; i++) {
        yg_buf_add(&b, v[i].id, YG_ID_SIZE);
        yg_buf_u64(&b, v[i].bytes);
    }
    enum yg_status rc = yg_buf_status(&b) == YG_OK
                            ? yg_store_meta_put(st, INDEX, yg_buf_str(&b), err)
                            : yg_err_set(err, YG_ENOMEM, "no memory for the questions");
    yg_buf_fini(&b);
    return rc;
}

static enum yg_status forget_first(struct yg_store *st, struct entry *v, size_t *n,
                                   struct yg_err *err)
{
    char name[NAME_SIZE];
    enum yg_status rc = yg_store_meta_put(st, name_of(v[0].id, name), YG_STR_NONE, err);

    --*n;
    memmove(v, v + 1, *n * sizeof(*v));
    return rc;
}

static size_t find(const struct entry *v, size_t n, const unsigned char id[YG_ID_SIZE])
{
    size_t i = 0;

    while (i < n && memcmp(v[i].id, id, YG_ID_SIZE) != 0)
        i++;
    return i;
}

static enum yg_status put_one(struct yg_store *st, struct yg_question *q, struct entry *v,
                              size_t *n, struct yg_err *err)
{
    uint64_t bytes = 0, total = 0;
    enum yg_status rc = YG_OK;

    make_id(q);
    if (find(v, *n, q->id) < *n)
        return YG_OK; /* asked before, with the same list */
    rc = write_one(st, q, &bytes, err);
    for (size_t i = 0; i < *n; i++)
        total += v[i].bytes;
    while (rc == YG_OK && *n > 0 &&
           (*n >= YG_QUESTIONS_MAX || total + bytes > TOTAL_MAX)) {
        total -= v[0].bytes;
        rc = forget_first(st, v, n, err);
    }
    if (rc != YG_OK)
        return rc;
    memcpy(v[*n].id, q->id, YG_ID_SIZE);
    v[(*n)++].bytes = bytes;
    return YG_OK;
}

enum yg_status yg_questions_put(struct yg_store *st, struct yg_question *q, size_t n,
                                struct yg_err *err)
{
    struct yg_arena arena;
    size_t have = 0;

    yg_arena_init(&arena, (size_t)64 << 20);
    struct entry *v = yg_arena_alloc(&arena, YG_QUESTIONS_MAX * sizeof(*v));
    enum yg_status rc = v ? read_index(st, &arena, v, &have, err)
                          : yg_err_set(err, YG_ENOMEM, "no memory for the questions");
    for (size_t i = 0; rc == YG_OK && i < n; i++) {
        if (q[i].count > YG_QUESTION_ALERTS)
            q[i].count = YG_QUESTION_ALERTS;
        rc = put_one(st, &q[i], v, &have, err);
    }
    if (rc == YG_OK && n > 0)
        rc = write_index(st, v, have, err);
    yg_arena_fini(&arena);
    return rc;
}

enum yg_status yg_question_get(struct yg_store *st, struct yg_str hex,
                               struct yg_arena *arena, struct yg_question *out,
                               struct yg_err *err)
{
    struct entry *v = yg_arena_alloc(arena, YG_QUESTIONS_MAX * sizeof(*v));
    char text[2 * YG_ID_SIZE + 1];
    size_t n = 0, found = 0, at = 0;

    if (!v)
        return yg_err_set(err, YG_ENOMEM, "no memory for the questions");
    enum yg_status rc = read_index(st, arena, v, &n, err);
    if (rc != YG_OK)
        return rc;
    for (size_t i = 0; i < n; i++) {
        yg_hex(v[i].id, YG_ID_SIZE, text);
        if (hex.n >= 4 && hex.n <= 2 * YG_ID_SIZE && memcmp(text, hex.p, hex.n) == 0) {
            at = i;
            found++;
        }
    }
    if (found > 1)
        return yg_err_set(err, YG_EINVAL,
                          "%.*s begins several questions; write more of it",
                          YG_STR_ARG(hex));
    if (found == 0)
        return yg_err_set(err, YG_ENOTFOUND,
                          "no question %.*s; `yagura ask` lists what is asked",
                          YG_STR_ARG(hex));
    return read_one(st, v[at].id, arena, out, err);
}

enum yg_status yg_questions_each(struct yg_store *st, yg_question_f *each, void *arg,
                                 struct yg_err *err)
{
    struct yg_arena arena, one;
    struct yg_question q;
    size_t n = 0;
    bool more = true;

    yg_arena_init(&arena, (size_t)64 << 20);
    yg_arena_init(&one, BLOB_MAX + ((size_t)1 << 20));
    struct entry *v = yg_arena_alloc(&arena, YG_QUESTIONS_MAX * sizeof(*v));
    enum yg_status rc = v ? read_index(st, &arena, v, &n, err)
                          : yg_err_set(err, YG_ENOMEM, "no memory for the questions");
    for (; rc == YG_OK && more && n > 0; n--) {
        yg_arena_clear(&one);
        rc = read_one(st, v[n - 1].id, &one, &q, err);
        if (rc == YG_OK)
            more = each(arg, &q);
    }
    yg_arena_fini(&one);
    yg_arena_fini(&arena);
    return rc;
}

/* ---- answers
 * ------------------------------------------------------------------------------ */

/* The verdict in force; `*some`: there is one. */
static enum yg_status in_force(struct yg_store *st, const unsigned char *alert,
                               struct yg_arena *arena, struct yg_verdict *v, bool *some,
                               struct yg_err *err)
{
    yg_arena_clear(arena);
    enum yg_status rc = yg_store_verdict_get(st, alert, arena, v, err);
    *some = rc == YG_OK;
    return rc == YG_ENOTFOUND ? YG_OK : rc;
}

static enum yg_status give(struct yg_store *st, const struct yg_question *q,
                           const struct yg_question_said *a, struct yg_answered *out,
                           struct yg_err *err)
{
    struct yg_verdict now, row = { .level = (uint8_t)a->level,
                                   .source = q->own ? YG_BY_HUMAN : YG_BY_GROUP,
                                   .at_ns = a->at_ns,
                                   .tenant = q->tenant,
                                   .reason = a->reason,
                                   .note = a->note,
                                   .who = a->who,
                                   .incident = a->incident };
    struct yg_arena arena;
    enum yg_status rc = YG_OK;

    yg_arena_init(&arena, 1 << 20);
    for (size_t i = 0; rc == YG_OK && i < q->count; i++) {
        bool some;
        if (yg_map_get(a->aside, yg_groups_key(q->alert + i * YG_ID_SIZE))) {
            out->aside++;
            continue;
        }
        rc = in_force(st, q->alert + i * YG_ID_SIZE, &arena, &now, &some, err);
        if (rc == YG_OK && some &&
            (now.source == YG_BY_HUMAN || now.source == YG_BY_IMPORT)) {
            out->own++;
            continue;
        }
        memcpy(row.alert, q->alert + i * YG_ID_SIZE, YG_ID_SIZE);
        if (rc == YG_OK)
            rc = yg_store_verdict_put(st, &row, err);
        out->given += rc == YG_OK;
    }
    yg_arena_fini(&arena);
    return rc;
}

enum yg_status yg_question_answer(struct yg_store *st, struct yg_question *q,
                                  const struct yg_question_said *a,
                                  struct yg_answered *out, struct yg_err *err)
{
    uint64_t bytes;
    char time[YG_TIME_TEXT_MAX];

    *out = (struct yg_answered){ 0 };
    if (q->state == YG_QUESTION_ANSWERED)
        return yg_err_set(err, YG_EEXIST,
                          "answered with %s by %.*s at %s; undo that answer first",
                          yg_level_name(q->level), YG_STR_ARG(q->who),
                          yg_time_text(q->answered_ns, time));
    if (a->who.n > TEXT_MAX)
        return yg_err_set(err, YG_ELIMIT, "a name of more than %d bytes", TEXT_MAX);
    enum yg_status rc = give(st, q, a, out, err);
    if (rc != YG_OK)
        return rc;
    q->state = YG_QUESTION_ANSWERED;
    q->level = (uint8_t)a->level;
    q->answered_ns = a->at_ns;
    q->who = a->who;
    return write_one(st, q, &bytes, err);
}

enum yg_status yg_question_undo(struct yg_store *st, struct yg_question *q,
                                struct yg_answered *out, struct yg_err *err)
{
    const uint8_t source = q->own ? YG_BY_HUMAN : YG_BY_GROUP;
    struct yg_verdict now;
    struct yg_arena arena;
    uint64_t bytes;
    enum yg_status rc = YG_OK;

    *out = (struct yg_answered){ 0 };
    if (q->state != YG_QUESTION_ANSWERED)
        return yg_err_set(err, YG_ENOTFOUND, "this question was not answered");
    yg_arena_init(&arena, 1 << 20);
    for (size_t i = 0; rc == YG_OK && i < q->count; i++) {
        bool some;
        rc = in_force(st, q->alert + i * YG_ID_SIZE, &arena, &now, &some, err);
        if (rc != YG_OK || !some)
            continue;
        if (now.source != source || now.at_ns != q->answered_ns) {
            out->own++;
            continue;
        }
        rc = yg_store_verdict_undo(st, q->alert + i * YG_ID_SIZE, err);
        out->given += rc == YG_OK;
    }
    yg_arena_fini(&arena);
    if (rc != YG_OK)
        return rc;
    q->state = YG_QUESTION_OPEN;
    return write_one(st, q, &bytes, err);
}
