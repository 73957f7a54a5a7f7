/* SPDX-License-Identifier: Apache-2.0 */
/* The rules that leave out context logs, for who reads records. */
#include "base/log.h"
#include "pipeline/thinning.h"
#include "yagura/app.h"

/* Who wrote it would not notice otherwise. */
static void say_expired(const struct yg_app *a)
{
    for (uint32_t i = 0; !a->quiet && i < a->thin.count; i++) {
        const struct yg_thin_rule *r = &a->thin.rule[i];
        if (r->expired)
            yg_log(YG_LOG_WARN,
                   "the thinning rule \"%.*s\" of %.*s has expired and does nothing; "
                   "renew or remove it",
                   YG_STR_ARG(r->name), YG_STR_ARG(r->owner));
    }
}

enum yg_status yg_app_thin_rules(struct yg_app *a, struct yg_err *err)
{
    const char *file = yg_cli_text(a->cli, "config", NULL);
    int64_t now = yg_clock_now(&a->clock);

    a->thin = (struct yg_thin_rules){ .count = 0 };
    enum yg_status st = file ? yg_thin_read(&a->arena, file, now, &a->thin, err) : YG_OK;
    if (st == YG_OK)
        say_expired(a);
    return st;
}

enum yg_status yg_app_thinning(struct yg_app *a, struct yg_thinning **out,
                               struct yg_err *err)
{
    enum yg_status st = yg_app_thin_rules(a, err);

    if (st != YG_OK)
        return st;
    yg_err_at(err, "", 0, 0); /* what fails later is elsewhere */
    return yg_thinning_new(&a->thin, a->store, false, out, err);
}
