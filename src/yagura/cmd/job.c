/* SPDX-License-Identifier: Apache-2.0 */
/* yagura job: long work that a server was asked for. */
#include "base/jsonw.h"
#include "base/text.h"
#include "yagura/commands.h"
#include "yagura/jobrun.h"
#include "yagura/service.h"

struct jobs {
    struct yg_app app;
    struct yg_jobs *j;
    struct yg_buf out;
};

static enum yg_status number(const struct jobs *x, uint64_t *id, struct yg_err *err)
{
    const struct yg_cli *cli = x->app.cli;

    return cli->arg_count > 1 && yg_str_u64(yg_str_of(cli->arg[1]), id) && *id > 0
               ? YG_OK
               : yg_err_set(err, YG_EINVAL, "write the number that `yagura job` shows");
}

static enum yg_status list(struct jobs *x, struct yg_err *err)
{
    struct yg_job_list jobs = { .count = 0 };
    char time[YG_TIME_TEXT_MAX];
    enum yg_status st = yg_jobs_list(x->j, 0, 50, &x->app.arena, &jobs, err);

    for (size_t i = 0; st == YG_OK && i < jobs.count; i++) {
        const struct yg_job *o = &jobs.row[i];
        if (x->app.json) {
            struct yg_jsonw w = yg_jsonw_of(&x->out);
            yg_jsonw_open(&w, '{');
            yg_jsonw_ku64(&w, "id", o->id);
            yg_jsonw_kstr(&w, "kind", o->kind);
            yg_jsonw_kcstr(&w, "state", yg_job_state_name(o->state));
            yg_jsonw_kstr(&w, "step", o->step);
            yg_jsonw_ku64(&w, "done", o->done);
            yg_jsonw_ku64(&w, "total", o->total);
            yg_jsonw_ki64(&w, "status", o->status);
            yg_jsonw_close(&w, '}');
            yg_buf_char(&x->out, '\n');
            continue;
        }
        yg_buf_printf(&x->out, "%6llu  %-10.*s %-10s %-16s  ", (unsigned long long)o->id,
                      YG_STR_ARG(o->kind), yg_job_state_name(o->state),
                      yg_service_time(o->made_ns, time));
        yg_text_safe(&x->out, o->who);
        if (o->total > 0)
            yg_buf_printf(&x->out, "  %llu of %llu", (unsigned long long)o->done,
                          (unsigned long long)o->total);
        yg_buf_char(&x->out, '\n');
    }
    return st;
}

static enum yg_status run_one(struct jobs *x, struct yg_err *err)
{
    uint64_t id = 0;
    enum yg_status st = number(x, &id, err);

    return st == YG_OK ? yg_jobrun(&x->app, x->j, id, err) : st;
}

static enum yg_status cancel(struct jobs *x, struct yg_err *err)
{
    uint64_t id = 0;
    enum yg_status st = number(x, &id, err);

    return st == YG_OK ? yg_jobs_cancel(x->j, id, err) : st;
}

static const struct {
    const char *name;
    enum yg_status (*run)(struct jobs *x, struct yg_err *err);
} verb[] = { { "list", list }, { "run", run_one }, { "cancel", cancel } };

static int run(struct yg_cli *cli)
{
    struct yg_err err = { 0 };
    struct jobs x = { .j = NULL };
    struct yg_str name = yg_str_of(cli->arg_count > 0 ? cli->arg[0] : "list");
    size_t i = 0;
    enum yg_status st = yg_app_init(&x.app, cli, &err);

    yg_buf_init(&x.out, (size_t)16 << 20);
    while (i < YG_ARRAY_LEN(verb) && !yg_str_eq(name, yg_str_of(verb[i].name)))
        i++;
    if (st == YG_OK && i == YG_ARRAY_LEN(verb))
        st = yg_err_set(&err, YG_EINVAL, "write `job list`, `run N` or `cancel N`");
    if (st == YG_OK)
        st = yg_jobrun_open(&x.app, false, 0, &x.j, &err);
    if (st == YG_ENOTFOUND)
        st = yg_err_set(&err, st, "no server of this store was asked for a job yet");
    if (st == YG_OK)
        st = verb[i].run(&x, &err);
    int printed = yg_cli_print(&x.out);
    int status = st == YG_OK ? printed : yg_cli_fail(&err);
    yg_jobs_close(x.j);
    yg_buf_fini(&x.out);
    yg_app_fini(&x.app);
    return status;
}

const struct yg_command yg_cmd_job = {
    .name = "job",
    .args = "[list|run N|cancel N]",
    .summary = "long work that a server was asked for: train, certify, backup, ...",
    .help =
        "list (the default): the last 50. cancel: ends it. run: does one that waits, "
        "as serve has it\ndone when somebody asks for it over the API (docs/jobs.md).",
    .max_args = 2,
    .act = "change job",
    .act_when = "cancel",
    .run = run,
};
