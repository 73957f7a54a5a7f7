/* SPDX-License-Identifier: Apache-2.0 */
#include "people/people.h"

#include "db/db_copy.h"
#include "people/people_priv.h"
#include "people/secret.h"

#include <sodium.h>
#include <stdlib.h>

#define APPLICATION 0x79677372 /* "ygsr" */
#define AHEAD_NS    (INT64_C(300) * YG_NS_PER_S)

static const struct yg_db_text statement[YG_PQ_COUNT] = {
#define YG_QUERY(id, sql) [YG_PQ_##id] = { sql, NULL },
#include "people/queries.def"
};

static const struct yg_db_text step[] = {
#define YG_STEP(sql) { sql, NULL },
#include "people/queries.def"
};

const struct yg_principal yg_principal_machine = {
    .name = { "machine", 7 },
    .role = YG_ROLE_SYSTEM_ADMIN,
    .scope = { .all = true },
    .second = true,
};

bool yg_principal_may(const struct yg_principal *who, enum yg_verb v, enum yg_object o)
{
    return !who->must_change && yg_role_may(who->role, v, o);
}

bool yg_principal_csrf(const struct yg_principal *who, struct yg_str text)
{
    size_t n = strlen(who->csrf);

    return who->session != 0 && n > 0 && text.n == n &&
           sodium_memcmp(who->csrf, text.p, n) == 0;
}

enum yg_status yg_people_open(const struct yg_people_options *opt, struct yg_people **out,
                              struct yg_err *err)
{
    const struct yg_db_options db = {
        .where = opt->where,
        .part = opt->part,
        .statement = statement,
        .statements = YG_PQ_COUNT,
        .step = step,
        .steps = YG_ARRAY_LEN(step),
        .application = APPLICATION,
        .create = opt->create,
        .read_only = opt->read_only,
    };

    if (sodium_init() < 0)
        return yg_err_set(err, YG_EIO, "libsodium does not start");
    struct yg_people *p = calloc(1, sizeof(*p));
    if (!p)
        return yg_err_set(err, YG_ENOMEM, "people: out of memory");
    p->clock = opt->clock;
    p->entropy = opt->entropy;
    p->cost = yg_password_cost(opt->hash_ops, opt->hash_memory);
    enum yg_status st = yg_db_open(&db, &p->db, err);
    if (st == YG_OK)
        *out = p;
    else
        yg_people_close(p);
    return st;
}

void yg_people_close(struct yg_people *p)
{
    if (!p)
        return;
    yg_db_close(p->db);
    free(p);
}

enum yg_status yg_people_copy(struct yg_people *p, const char *to, struct yg_err *err)
{
    return yg_db_copy_to(p->db, to, err);
}

/* ---- statements ------------------------------------------------------------------ */

int64_t yg_people_age(int64_t now, int64_t then)
{
    if (then < 0 || then > now)
        return then < 0 || then - now > AHEAD_NS ? INT64_MAX : 0;
    return now - then;
}

enum yg_status yg_people_run(struct yg_people *p, enum yg_people_query q, int64_t a,
                             const int64_t *b, struct yg_err *err)
{
    struct yg_db_stmt *s = yg_db_stmt(p->db, q, err);

    if (!s)
        return err->status;
    yg_db_bind_int(s, 1, a);
    if (b)
        yg_db_bind_int(s, 2, *b);
    return yg_db_run(p->db, s, err);
}

enum yg_status yg_people_run_blob(struct yg_people *p, enum yg_people_query q, int64_t a,
                                  struct yg_str b, struct yg_err *err)
{
    struct yg_db_stmt *s = yg_db_stmt(p->db, q, err);

    if (!s)
        return err->status;
    yg_db_bind_int(s, 1, a);
    if (b.p)
        yg_db_bind_blob(s, 2, b);
    return yg_db_run(p->db, s, err);
}

enum yg_status yg_people_ask(struct yg_people *p, enum yg_people_query q,
                             const struct yg_str *text, int64_t b, int64_t *out,
                             struct yg_err *err)
{
    struct yg_db_stmt *s = yg_db_stmt(p->db, q, err);

    if (!s)
        return err->status;
    if (text)
        yg_db_bind_text(s, 1, *text);
    if (b)
        yg_db_bind_int(s, text ? 2 : 1, b);
    enum yg_status st = yg_db_step(p->db, s, err);
    if (st == YG_OK)
        *out = yg_db_int(s, 0);
    yg_db_reset(s);
    return st;
}

enum yg_status yg_people_begin(struct yg_people *p, struct yg_err *err)
{
    return yg_db_begin(p->db, true, err);
}

enum yg_status yg_people_end(struct yg_people *p, enum yg_status st, struct yg_err *err)
{
    if (st == YG_OK)
        return yg_db_commit(p->db, err);
    yg_db_rollback(p->db);
    return st;
}

/* ---- the first one ---------------------------------------------------------------- */

enum yg_status yg_people_first(struct yg_people *p, char password[YG_PASSWORD_MADE],
                               struct yg_err *err)
{
    const struct yg_user admin = {
        .name = YG_STR("admin"),
        .full = YG_STR("Administrator"),
        .role = YG_ROLE_SYSTEM_ADMIN,
        .scope = { .all = true },
    };
    int64_t people = 0;
    enum yg_status st = yg_people_ask(p, YG_PQ_ACCOUNT_COUNT, NULL, 0, &people, err);

    if (st == YG_OK && people > 0)
        return yg_err_set(err, YG_EEXIST, "there are users already");
    /* two at once: the name is there once */
    return st == YG_OK ? yg_people_add(p, &yg_principal_machine, &admin, YG_STR_NONE,
                                       password, err)
                       : st;
}
