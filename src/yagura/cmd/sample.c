/* SPDX-License-Identifier: Apache-2.0 */
/* yagura sample: a made-up data set to try everything on. */
#include "sample/sample.h"

#include "base/jsonw.h"
#include "yagura/app.h"
#include "yagura/commands.h"

static void progress(void *ctx, uint64_t done, uint64_t total)
{
    (void)total;
    yg_app_progress(ctx, "tenant-days", done);
}

static enum yg_status read_options(struct yg_app *a, struct yg_sample_params *p,
                                   struct yg_err *err)
{
    int64_t seed = 1, tenants = 3, days = 5, alerts = 0, threats = 0;
    enum yg_status st = yg_cli_number(a->cli, "seed", 0, INT64_MAX, &seed, err);

    if (st == YG_OK)
        st = yg_cli_number(a->cli, "tenants", 1, YG_SAMPLE_TENANTS_MAX, &tenants, err);
    if (st == YG_OK)
        st = yg_cli_number(a->cli, "days", 1, YG_SAMPLE_DAYS_MAX, &days, err);
    if (st == YG_OK)
        st = yg_cli_number(a->cli, "alerts", 1, INT64_MAX, &alerts, err);
    if (st == YG_OK)
        st = yg_cli_number(a->cli, "threats", 1, INT64_MAX, &threats, err);
    p->dir = a->cli->arg[0];
    p->seed = (uint64_t)seed;
    p->tenants = (uint32_t)tenants;
    p->days = (uint32_t)days;
    p->alerts = (uint64_t)alerts;
    p->threats = (uint64_t)threats;
    p->gzip = yg_cli_flag(a->cli, "gzip");
    return st;
}

static int print_result(const struct yg_app *a, const struct yg_sample_counts *c)
{
    struct yg_buf out;

    yg_buf_init(&out, 65536);
    if (a->json) {
        struct yg_jsonw w = yg_jsonw_of(&out);
        yg_jsonw_open(&w, '{');
        yg_jsonw_ku64(&w, "alerts", c->alerts);
        yg_jsonw_ku64(&w, "context", c->context);
        yg_jsonw_ku64(&w, "threats", c->threats);
        for (unsigned k = 0; k < YG_LEVEL_COUNT; k++)
            yg_jsonw_ku64(&w, yg_level_name(k), c->level[k]);
        yg_jsonw_close(&w, '}');
        yg_buf_char(&out, '\n');
    } else {
        yg_buf_printf(&out,
                      "%llu alerts and %llu log records with %llu threats in %s; "
                      "README.txt there says what is what\n",
                      (unsigned long long)c->alerts, (unsigned long long)c->context,
                      (unsigned long long)c->threats, a->cli->arg[0]);
    }
    int st = yg_cli_print(&out);
    yg_buf_fini(&out);
    return st;
}

static int run(struct yg_cli *cli)
{
    struct yg_err err = { 0 };
    struct yg_app app;
    struct yg_sample_counts counts = { 0 };
    struct yg_sample_params p = { .progress = progress,
                                  .progress_ctx = &app,
                                  .counts = &counts };
    enum yg_status st = yg_app_init(&app, cli, &err);

    if (st == YG_OK)
        st = read_options(&app, &p, &err);
    if (st == YG_OK)
        st = yg_sample_write(&p, &err);
    yg_app_progress_end(&app);
    int exit_status = st == YG_OK ? print_result(&app, &counts) : yg_cli_fail(&err);
    yg_app_fini(&app);
    return exit_status;
}

const struct yg_command yg_cmd_sample = {
    .name = "sample",
    .args = "DIR",
    .summary = "write a made-up data set: devices, attacks, packets, verdicts",
    .help = "Several customers with their own hosts and habits; IDS alerts with packets, "
            "firewall,\nweb server and host agent in their own formats; attacks that "
            "fail and "
            "attacks that\nsucceed; the truth beside it. The same options give the same "
            "bytes.",
    .opt = { { "seed", "N", "of everything random (default: 1)" },
             { "tenants", "N", "customers (default: 3)" },
             { "days", "N", "days (default: 5)" },
             { "alerts", "N",
               "about how many alerts (default: 4000 a customer and day)" },
             { "threats", "N", "how many break-ins (default: 50 a customer)" },
             { "gzip", NULL, "device files as .gz" } },
    .min_args = 1,
    .max_args = 1,
    .run = run,
};
