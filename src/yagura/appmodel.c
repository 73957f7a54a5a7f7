/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of app.h about model files, keys and history. */
#include "yagura/app.h"

#include "base/log.h"
#include "conf/textfile.h"
#include "model/file.h"
#include "pipeline/corpus.h"
#include "pipeline/guard.h"
#include "pipeline/judge.h"
#include "pipeline/modelpack.h"

#include <sodium.h>

#define MODEL_MAX ((size_t)2 << 30)

enum yg_status yg_app_model(struct yg_app *a, struct yg_modelpack **out,
                            struct yg_err *err)
{
    return yg_app_model_of(a, yg_cli_text(a->cli, "model", NULL), out, err);
}

enum yg_status yg_app_model_of(struct yg_app *a, const char *named,
                               struct yg_modelpack **out, struct yg_err *err)
{
    const char *path = named ? named : yg_app_path(a, "model.ygm");
    unsigned char key[32], secret[64];
    struct yg_str bytes;
    enum yg_status st = yg_textfile_read(&a->arena, path, MODEL_MAX, &bytes, err);

    if (st == YG_EIO)
        yg_err_at(err, NULL, 0, 0);
    if (st == YG_EIO)
        return yg_err_set(err, YG_ENOTFOUND,
                          "no model at %s; run `yagura train` or name one with --model",
                          path);
    if (st == YG_OK && !named)
        st = yg_app_keys(a, key, secret, err);
    if (st == YG_OK)
        st = yg_modelpack_read(bytes, named ? NULL : key, out, err);
    sodium_memzero(secret, sizeof(secret));
    if (st != YG_OK && !err->path[0])
        yg_err_at(err, path, 0, 0);
    return st;
}

enum yg_status yg_app_model_save(struct yg_app *a, const struct yg_modelpack *m,
                                 const char *path, struct yg_err *err)
{
    unsigned char key[32], secret[64];
    struct yg_buf out;
    enum yg_status st = yg_app_keys(a, key, secret, err);

    yg_buf_init(&out, MODEL_MAX);
    if (st == YG_OK)
        st = yg_modelpack_write(m, secret, &out, err);
    if (st == YG_OK)
        st = yg_app_write(path ? path : yg_app_path(a, "model.ygm"), yg_buf_str(&out),
                          err);
    sodium_memzero(secret, sizeof(secret));
    yg_buf_fini(&out);
    return st;
}

enum yg_status yg_app_known_tenant(struct yg_app *a, struct yg_str name,
                                   struct yg_err *err)
{
    struct yg_store_tenant *t;
    size_t n;
    enum yg_status st = yg_store_tenants(a->store, &a->arena, &t, &n, err);

    for (size_t i = 0; st == YG_OK && i < n; i++)
        if (yg_str_eq(t[i].name, name))
            return YG_OK;
    struct yg_forgotten *gone;
    if (st == YG_OK)
        st = yg_store_forgotten(a->store, &a->arena, &gone, &n, err);
    for (size_t i = 0; st == YG_OK && i < n; i++)
        if (yg_str_eq(gone[i].tenant, name))
            return YG_OK; /* it had records, and may be asked what became of them */
    return st == YG_OK
               ? yg_err_set(err, YG_ENOTFOUND,
                            "the store has no tenant '%.*s'; `yagura doctor` lists "
                            "them",
                            YG_STR_ARG(name))
               : st;
}

enum yg_status yg_app_guard(struct yg_app *a, const struct yg_modelpack *pack, bool toss,
                            struct yg_guard **out, struct yg_err *err)
{
    unsigned char secret[YG_COIN_SECRET], key[32], sign[64];
    const struct yg_guard_options opt = { .store = a->store,
                                          .pack = pack,
                                          .config = &a->config,
                                          .clock = &a->clock,
                                          .secret = toss ? secret : NULL,
                                          .key = toss ? key : NULL,
                                          .rules = &a->thin };
    enum yg_status st = toss ? yg_app_coin(a, secret, err) : YG_OK;

    if (st == YG_OK && toss)
        st = yg_app_keys(a, key, sign, err);
    if (st == YG_OK)
        st = yg_guard_new(&opt, out, err);
    sodium_memzero(secret, sizeof(secret));
    sodium_memzero(sign, sizeof(sign));
    return st;
}

static void tell_left_out(uint64_t parts, const struct yg_err *first)
{
    if (parts == 0)
        return;
    yg_log_err(first, "that part of the history is left out");
    yg_log(YG_LOG_WARN, "%llu such parts in all; `yagura doctor` checks the store",
           (unsigned long long)parts);
}

enum yg_status yg_app_corpus(struct yg_app *a, const struct yg_corpus_options *opt,
                             struct yg_corpus *out, struct yg_err *err)
{
    enum yg_status st = yg_corpus_load(a->store, opt, out, err);

    if (st == YG_OK)
        tell_left_out(out->problems, &out->problem);
    return st;
}

struct rebuild {
    struct yg_judge *judge;
    uint32_t tenant;
    uint64_t problems;
    struct yg_err problem;
};

static enum yg_status on_event(void *arg, const struct yg_past_event *e,
                               struct yg_err *err)
{
    const struct rebuild *r = arg;

    (void)err;
    yg_judge_replay(r->judge, r->tenant, e);
    return YG_OK;
}

static void on_problem(void *arg, const struct yg_err *err)
{
    struct rebuild *r = arg;

    if (r->problems++ == 0)
        r->problem = *err;
}

enum yg_status yg_app_rebuild(struct yg_app *a, struct yg_judge *j, struct yg_str tenant,
                              struct yg_err *err)
{
    const struct yg_past_options opt = { .workers = a->workers };
    const struct yg_past_asked one = { &tenant, 1 };
    struct rebuild r = { .judge = j };
    const struct yg_past_sink sink = { .arg = &r,
                                       .event = on_event,
                                       .problem = on_problem };
    struct yg_store_tenant *there;
    struct yg_past *p = NULL;
    size_t n;
    enum yg_status st = yg_past_tenants(a->store, &a->arena, one, &there, &n, err);

    if (st == YG_ENOTFOUND)
        return YG_OK;
    if (st == YG_OK)
        st = yg_judge_tenant(j, tenant, &r.tenant, err);
    if (st == YG_OK)
        st = yg_past_new(a->store, &opt, &p, err);
    if (st == YG_OK)
        st = yg_past_run(p, tenant, &sink, err);
    yg_past_free(p);
    if (st == YG_OK)
        tell_left_out(r.problems, &r.problem);
    return st;
}

enum yg_status yg_app_names(struct yg_app *a, const char *text, struct yg_str **out,
                            size_t *count, struct yg_err *err)
{
    struct yg_str rest = yg_str_of(text ? text : "");
    size_t n = 0, most = 1;

    for (const char *p = text ? text : ""; *p; p++)
        most += *p == ',';
    *out = yg_arena_alloc(&a->arena, most * sizeof(**out));
    if (!*out)
        return yg_err_set(err, YG_ENOMEM, "no memory");
    while (rest.n > 0) {
        struct yg_str name = yg_str_cut(&rest, ',');
        if (name.n > 0)
            (*out)[n++] = name;
    }
    *count = n;
    return YG_OK;
}
