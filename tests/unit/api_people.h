/* SPDX-License-Identifier: Apache-2.0 */
/* The routes over the hostile store, with people who log in: a user of each role, with a
 * token, who sees tenant "beta" (and one that is not there), not "acme". */
#ifndef YG_TESTS_API_PEOPLE_H
#define YG_TESTS_API_PEOPLE_H

#include "act/act.h"
#include "api/route.h"
#include "api_world.h"
#include "base/rng.h"
#include "desk/desk.h"
#include "jobs/jobs.h"
#include "trail/trail.h"

static const struct yg_str asked_sees[] = { { "beta", 4 }, { "nobody", 6 } };

#define GIVEN  "seven green lamps by the river"
#define CHOSEN "a kettle sings in the north room"

struct asked {
    struct world *w;
    char dir[64], service[96], trail[96], desk[96], jobs[96], acts[96];
    struct yg_rng rng;
    struct yg_err err;
    char token[YG_ROLE_COUNT][YG_SECRET_TEXT]; /* of a user of each role; "" of none */
};

static inline void from_rng(void *arg, void *out, size_t n)
{
    unsigned char *p = out;

    for (size_t i = 0; i < n; i++)
        p[i] = (unsigned char)yg_rng_u64(arg);
}

/* A user of this role, who sees `seen`; of a role that is for all tenants only, all. */
static inline void add_user(struct asked *a, enum yg_role role)
{
    struct yg_people *p = a->w->api.people;
    const struct yg_user u = { .name = yg_str_of(yg_role_name(role)),
                               .role = role,
                               .scope = yg_role_reaches(role, false)
                                            ? (struct yg_scope){ .tenant = asked_sees,
                                                                 .tenants = 2 }
                                            : YG_SCOPE_ALL };
    const struct yg_token t = { .user = u.name,
                                .label = YG_STR("test"),
                                .role = role,
                                .scope = u.scope,
                                .expires_ns = T0 + 3600 * YG_NS_PER_S };
    const struct yg_login in = { .name = u.name, .password = YG_STR(GIVEN) };
    const struct yg_proof proof = { .password = YG_STR(GIVEN) };
    char made[YG_PASSWORD_MADE], secret[YG_SECRET_TEXT];
    struct yg_login_answer out;
    struct yg_principal who;
    uint64_t id;

    assert_ok(a,
              yg_people_add(p, &yg_principal_machine, &u, YG_STR(GIVEN), made, &a->err));
    assert_ok(a, yg_people_login(p, &in, &out, &a->err));
    assert_ok(
        a, yg_people_session(p, yg_str_of(out.secret), &a->w->f->arena, &who, &a->err));
    assert_ok(
        a, yg_people_change_password(p, &who, &proof, YG_STR(CHOSEN), secret, &a->err));
    assert_ok(a, yg_people_token_make(p, &yg_principal_machine, &t, a->token[role], &id,
                                      &a->err));
}

static inline void open_acts(struct asked *a)
{
    const struct yg_acts_options opt = { .where = a->acts,
                                         .clock = &a->w->f->clock,
                                         .entropy = { from_rng, &a->rng },
                                         .create = true };

    assert_ok(a, yg_acts_open(&opt, &a->w->api.acts, &a->err));
}

static inline int setup(void **state)
{
    struct asked *a = calloc(1, sizeof(*a));
    struct yg_people_options opt = { .hash_ops = 1,
                                     .hash_memory = 8192,
                                     .create = true,
                                     .entropy = { from_rng, &a->rng } };

    yg_rng_init(&a->rng, 1);
    snprintf(a->dir, sizeof(a->dir), "/tmp/yg_scope_XXXXXX");
    if (!mkdtemp(a->dir) || world_new(&a->w) != 0 || world_serve(a->w) != 0)
        return -1;
    snprintf(a->service, sizeof(a->service), "%s/service.db", a->dir);
    opt.where = a->service;
    opt.clock = &a->w->f->clock;
    assert_ok(a, yg_people_open(&opt, &a->w->api.people, &a->err));
    for (int r = YG_ROLE_NONE + 1; r < YG_ROLE_COUNT; r++)
        add_user(a, (enum yg_role)r);
    const struct yg_store_options rows = { .rows = true, .clock = &a->w->f->clock };
    assert_ok(a, yg_store_open(a->w->f->dir, &rows, &a->w->api.rows, &a->err));
    snprintf(a->trail, sizeof(a->trail), "%s/trail.db", a->dir);
    const struct yg_trail_options noted = { .where = a->trail,
                                            .clock = &a->w->f->clock,
                                            .create = true };
    assert_ok(a, yg_trail_open(&noted, &a->w->api.trail, &a->err));
    snprintf(a->jobs, sizeof(a->jobs), "%s/jobs.db", a->dir);
    const struct yg_jobs_options jobs = { .where = a->jobs,
                                          .clock = &a->w->f->clock,
                                          .create = true };
    assert_ok(a, yg_jobs_open(&jobs, &a->w->api.jobs, &a->err));
    snprintf(a->desk, sizeof(a->desk), "%s/desk.db", a->dir);
    const struct yg_desk_options desk = { .where = a->desk,
                                          .clock = &a->w->f->clock,
                                          .create = true };
    assert_ok(a, yg_desk_open(&desk, &a->w->api.desk, &a->err));
    snprintf(a->acts, sizeof(a->acts), "%s/acts.db", a->dir);
    open_acts(a);
    *state = a;
    return 0;
}

static inline int end(void **state)
{
    static const char *const more[] = { "", "-wal", "-shm" };
    struct asked *a = *state;
    void *w = a->w;
    char path[128];

    yg_people_close(a->w->api.people);
    yg_store_close(a->w->api.rows);
    yg_trail_close(a->w->api.trail);
    yg_desk_close(a->w->api.desk);
    yg_jobs_close(a->w->api.jobs);
    yg_acts_close(a->w->api.acts);
    for (size_t i = 0; i < YG_ARRAY_LEN(more); i++) {
        snprintf(path, sizeof(path), "%s%s", a->service, more[i]);
        unlink(path);
        snprintf(path, sizeof(path), "%s%s", a->trail, more[i]);
        unlink(path);
        snprintf(path, sizeof(path), "%s%s", a->jobs, more[i]);
        unlink(path);
        snprintf(path, sizeof(path), "%s%s", a->acts, more[i]);
        unlink(path);
        snprintf(path, sizeof(path), "%s%s", a->desk, more[i]);
        unlink(path);
    }
    rmdir(a->dir);
    free(a);
    return teardown(&w);
}

/* A body that would do for this route, as far as its table tells. */
static inline struct yg_str body_of(const struct yg_route *r, char *out, size_t size)
{
    size_t n = (size_t)snprintf(out, size, "{");

    if (yg_body_info[r->body].upload || r->body == YG_BODY_NONE)
        return YG_STR("{}");
    for (int i = 0; i < YG_MEMBER_COUNT; i++) {
        const struct yg_member_info *m = &yg_member_info[i];
        long long least = m->least;
        if (m->body != r->body || !m->must)
            continue;
        n += (size_t)snprintf(out + n, size - n, "%s\"%s\":", n > 1 ? "," : "", m->name);
        if (m->kind == YG_MEMBER_TEXT)
            n += (size_t)snprintf(
                out + n, size - n, "\"%.*s\"", (int)least,
                "L1xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
        else if (m->kind == YG_MEMBER_NUMBER)
            n += (size_t)snprintf(out + n, size - n, "%lld", least);
        else
            n += (size_t)snprintf(out + n, size - n, "%s",
                                  m->kind == YG_MEMBER_FLAG ? "true"
                                  : least > 0               ? "[\"x\"]"
                                                            : "[]");
    }
    n += (size_t)snprintf(out + n, size - n, "}");
    return (struct yg_str){ out, n };
}

/* As a role; NONE: as nobody. Bodies are those that would do. */
static inline const char *as(struct asked *a, enum yg_role role, const struct yg_route *r,
                             const char *target)
{
    char bearer[YG_SECRET_TEXT + 16] = "", body[2048];
    struct yg_http_request in = { .method = r ? r->method : YG_HTTP_GET,
                                  .target = yg_str_of(target),
                                  .host = YG_STR("localhost:8433"),
                                  .type = YG_STR("application/json"),
                                  .body = YG_STR("{}") };

    if (role != YG_ROLE_NONE)
        snprintf(bearer, sizeof(bearer), "Bearer %s", a->token[role]);
    in.authorization = yg_str_of(bearer);
    if (r)
        in.body = body_of(r, body, sizeof(body));
    if (r && yg_body_info[r->body].upload)
        in.type = yg_str_of(yg_body_info[r->body].upload);
    return ask(a->w, in);
}

static inline const char *hex_of(uint64_t n, char out[2 * YG_ID_SIZE + 1])
{
    unsigned char id[YG_ID_SIZE];

    id_of(n, id);
    yg_hex(id, sizeof(id), out);
    return out;
}

/* The route's path with this id. */
static inline const char *path_of(const struct yg_route *r, const char *id,
                                  const char *query, char out[200])
{
    const char *at = strchr(r->path, '{');

    /* A name or number that is nobody's here; ids are the caller's. */
    if (at && strncmp(at, "{id}", 4) != 0)
        id = at[2] == 'a' ? "acme" : "77";
    snprintf(out, 200, "%.*s%s%s%s", (int)(at ? at - r->path : (long)strlen(r->path)),
             r->path, at ? id : "", at ? strchr(at, '}') + 1 : "", query);
    return out;
}

#endif
