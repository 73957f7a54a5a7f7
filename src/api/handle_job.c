/* SPDX-License-Identifier: Apache-2.0 */
/* Long work beside the server: begun, looked at, ended. */
#include "api/api.h"
#include "api/handle_people.h"
#include "conf/config.h"
#include "jobs/jobs.h"

#include <stdio.h>

static enum yg_status there(const struct yg_call *c, struct yg_err *err)
{
    return c->api->jobs ? YG_OK : yg_err_set(err, YG_EBUSY, "this server runs no jobs");
}

/* One without a tenant is about all of them. */
static bool sees(const struct yg_call *c, const struct yg_job *j)
{
    return c->source.scope.all ||
           (j->tenant.n > 0 && yg_scope_has(&c->source.scope, j->tenant));
}

static void job_json(const struct yg_job *j, bool whole, struct yg_jsonw *w)
{
    yg_jsonw_open(w, '{');
    yg_jsonw_ku64(w, "id", j->id);
    yg_jsonw_kstr(w, "kind", j->kind);
    yg_jsonw_kcstr(w, "state", yg_job_state_name(j->state));
    yg_jsonw_kbool(w, "cancel", j->cancel);
    yg_jsonw_kstr(w, "who", j->who);
    yg_jsonw_kstr(w, "tenant", j->tenant);
    yg_jsonw_ktime(w, "made", j->made_ns);
    if (j->begun_ns > 0)
        yg_jsonw_ktime(w, "begun", j->begun_ns);
    if (j->ended_ns > 0)
        yg_jsonw_ktime(w, "ended", j->ended_ns);
    yg_jsonw_kstr(w, "step", j->step);
    yg_jsonw_ku64(w, "done", j->done);
    yg_jsonw_ku64(w, "total", j->total);
    if (j->state >= YG_JOB_DONE && j->state != YG_JOB_LOST)
        yg_jsonw_ki64(w, "status", j->status);
    if (whole) {
        yg_jsonw_kstr(w, "result", j->result);
        yg_jsonw_kstr(w, "log", j->tail);
    }
    yg_jsonw_close(w, '}');
}

enum yg_status yg_handle_jobs(struct yg_call *c, struct yg_err *err)
{
    struct yg_jsonw w = yg_jsonw_of(&c->answer->body);
    struct yg_str after = c->params.text[YG_P_AFTER];
    size_t limit = (size_t)c->params.number[YG_P_LIMIT];
    struct yg_job_list list = { .count = 0 };
    uint64_t before = 0;
    char place[24];
    enum yg_status st = there(c, err);

    if (st == YG_OK && after.n > 0 && (!yg_str_u64(after, &before) || before == 0))
        st = yg_err_set(err, YG_EINVAL, "after: write what the answer before told");
    if (st == YG_OK)
        st = yg_jobs_list(c->api->jobs, before, limit, &c->arena, &list, err);
    if (st != YG_OK)
        return st;
    yg_jsonw_open(&w, '{');
    yg_jsonw_key(&w, "jobs");
    yg_jsonw_open(&w, '[');
    for (size_t i = 0; i < list.count; i++)
        if (sees(c, &list.row[i]))
            job_json(&list.row[i], false, &w);
    yg_jsonw_close(&w, ']');
    yg_jsonw_kbool(&w, "more", list.count == limit);
    if (list.count == limit && limit > 0) {
        snprintf(place, sizeof(place), "%llu",
                 (unsigned long long)list.row[limit - 1].id);
        yg_jsonw_kcstr(&w, "after", place);
    }
    yg_jsonw_close(&w, '}');
    yg_buf_char(&c->answer->body, '\n');
    return YG_OK;
}

static enum yg_status find(struct yg_call *c, uint64_t id, struct yg_job *out,
                           struct yg_err *err)
{
    enum yg_status st = there(c, err);

    if (st == YG_OK)
        st = yg_jobs_get(c->api->jobs, id, &c->arena, out, err);
    if (st == YG_OK && !sees(c, out))
        st = yg_err_set(err, YG_ENOTFOUND, "there is no such job");
    if (st == YG_OK)
        c->tenant = out->tenant;
    return st;
}

static void tell(struct yg_call *c, const struct yg_job *j)
{
    struct yg_jsonw w = yg_jsonw_of(&c->answer->body);

    job_json(j, true, &w);
    yg_buf_char(&c->answer->body, '\n');
}

enum yg_status yg_handle_job(struct yg_call *c, struct yg_err *err)
{
    struct yg_job j;
    enum yg_status st = find(c, c->number, &j, err);

    if (st == YG_OK)
        tell(c, &j);
    return st;
}

enum yg_status yg_handle_job_cancel(struct yg_call *c, struct yg_err *err)
{
    struct yg_job j;
    enum yg_status st = find(c, c->number, &j, err);

    if (st == YG_OK)
        st = yg_jobs_cancel(c->api->jobs, j.id, err);
    if (st == YG_OK)
        st = find(c, c->number, &j, err);
    if (st == YG_OK)
        tell(c, &j);
    return st;
}

/* ---- beginning ------------------------------------------------------------------------
 */

static const struct kind {
    const char *name, *tenant; /* the option that names one; NULL: it is about all */
    bool one;                  /* who sees this tenant may; else only who sees all */
} kinds[] = {
    { "train", "--tenants", false },    { "certify", "--tenant", true },
    { "replay", "--tenant", true },     { "backup", NULL, false },
    { "retention", "--tenant", false },
};

static const struct kind *kind_of(struct yg_str name)
{
    for (size_t i = 0; i < YG_ARRAY_LEN(kinds); i++)
        if (yg_str_eq(name, yg_str_of(kinds[i].name)))
            return &kinds[i];
    return NULL;
}

static enum yg_status may(const struct yg_call *c, const struct kind *k,
                          struct yg_str tenant, struct yg_err *err)
{
    if (tenant.n > 0 && !k->tenant)
        return yg_err_set(err, YG_EINVAL, "%s is about all tenants", k->name);
    if (memchr(tenant.p ? tenant.p : "", '\n', tenant.n) ||
        memchr(tenant.p ? tenant.p : "", ',', tenant.n))
        return yg_err_set(err, YG_EINVAL, "tenant: write one name");
    if (tenant.n > 0 && !yg_scope_has(&c->source.scope, tenant))
        return yg_err_set(err, YG_ENOTFOUND, "there is no such tenant");
    if (!c->source.scope.all && !(k->one && tenant.n > 0))
        return yg_err_set(err, YG_EPERM, "%s is for those who see all tenants%s", k->name,
                          k->one ? "; name one of yours" : "");
    return YG_OK;
}

/* The command, a word a line. */
static enum yg_status words_of(struct yg_call *c, const struct kind *k,
                               struct yg_str tenant, struct yg_str *out,
                               struct yg_err *err)
{
    const struct yg_config *conf = c->source.config;
    enum yg_status st = YG_OK;
    struct yg_buf words;

    yg_buf_init(&words, 16384);
    yg_buf_printf(&words, "%s\n--json", k->name);
    if (tenant.n > 0)
        yg_buf_printf(&words, "\n%s=%.*s", k->tenant, YG_STR_ARG(tenant));
    if (strcmp(k->name, "backup") == 0) {
        if (yg_str_eq(conf->backups, YG_STR("none")))
            st = yg_err_set(err, YG_EINVAL,
                            "the server's setting `backups` names no folder for them");
        yg_buf_printf(&words, "\n--keep=%lld\n%.*s",
                      (long long)(c->body.given[YG_M_JOB_KEEP]
                                      ? c->body.number[YG_M_JOB_KEEP]
                                      : 14),
                      YG_STR_ARG(conf->backups));
    }
    *out = yg_arena_str(&c->arena, yg_buf_str(&words));
    if (!out->p || yg_buf_status(&words) != YG_OK)
        st = yg_err_set(err, YG_ENOMEM, "no memory for the job");
    yg_buf_fini(&words);
    return st;
}

enum yg_status yg_handle_job_make(struct yg_call *c, struct yg_err *err)
{
    const struct kind *k = kind_of(c->body.text[YG_M_JOB_KIND]);
    struct yg_str tenant = c->body.text[YG_M_JOB_TENANT];
    struct yg_job job = { .who = c->who.name, .tenant = tenant };
    uint64_t id = 0;
    enum yg_status st =
        k ? there(c, err)
          : yg_err_set(err, YG_EINVAL,
                       "kind: write train, certify, replay, backup or retention");

    if (st == YG_OK)
        st = may(c, k, tenant, err);
    if (st == YG_OK)
        st = words_of(c, k, tenant, &job.words, err);
    if (st != YG_OK)
        return st;
    job.kind = yg_str_of(k->name);
    st = yg_jobs_add(c->api->jobs, &job, &id, err);
    if (st != YG_OK)
        return st;
    c->said = yg_handle_say(c, "job ", job.kind);
    c->tenant = tenant;
    if (c->api->job)
        c->api->job(c->source.policy_arg, id);
    st = find(c, id, &job, err);
    if (st == YG_OK)
        tell(c, &job);
    return st;
}
