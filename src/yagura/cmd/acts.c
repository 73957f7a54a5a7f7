/* SPDX-License-Identifier: Apache-2.0 */
/* yagura acts: verdicts on many alerts at once, as they were ordered over the API. */
#include "act/act.h"
#include "api/say_act.h"
#include "base/text.h"
#include "pipeline/bulk.h"
#include "yagura/app.h"
#include "yagura/commands.h"
#include "yagura/door.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#define SHOWN 50

static const struct yg_scope everybody = { .all = true };

/* Who carries them out is alone; who comes second looks again when the first has ended.
 */
static enum yg_status wait_turn(struct yg_app *a, int *fd, struct yg_err *err)
{
    *fd = open(yg_app_path(a, "acts.lock"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (*fd < 0 || flock(*fd, LOCK_EX) != 0)
        return yg_err_errno(err, "cannot take the lock acts.lock");
    return YG_OK;
}

static enum yg_status carry_out(struct yg_app *a, struct yg_acts *acts,
                                struct yg_buf *out, struct yg_err *err)
{
    uint64_t n = 0;
    int fd = -1;
    enum yg_status st = wait_turn(a, &fd, err);

    if (st == YG_OK)
        st = yg_app_rows(a, false, err);
    if (st == YG_OK)
        st = yg_bulk_run(a->store, acts, &n, err);
    if (fd >= 0)
        close(fd);
    if (st == YG_OK && a->json)
        yg_buf_printf(out, "{\"acts\":%llu}\n", (unsigned long long)n);
    else if (st == YG_OK)
        yg_buf_printf(out, "%llu came to their end\n", (unsigned long long)n);
    return st;
}

static void one_text(const struct yg_act *x, struct yg_buf *out)
{
    char time[YG_TIME_TEXT_MAX];

    yg_time_text(x->at_ns, time);
    yg_buf_printf(out, "%6llu  %.16s  %-8s %s by ", (unsigned long long)x->number, time,
                  yg_act_state_name(x->state), yg_level_name(x->level));
    yg_text_safe(out, x->who);
    yg_buf_printf(out,
                  ": %llu of %llu alerts judged, %llu to be judged without the score, "
                  "%llu others' verdicts",
                  (unsigned long long)x->given, (unsigned long long)x->alerts,
                  (unsigned long long)x->aside, (unsigned long long)x->others);
    if (x->state == YG_ACT_UNDONE)
        yg_buf_printf(out, "; %llu taken back, %llu judged otherwise since",
                      (unsigned long long)x->undone, (unsigned long long)x->changed);
    yg_buf_char(out, '\n');
}

static void one_json(const struct yg_act *x, struct yg_buf *out)
{
    struct yg_jsonw w = yg_jsonw_of(out);

    yg_say_act(&w, x);
    yg_buf_char(out, '\n');
}

static enum yg_status list(struct yg_app *a, struct yg_acts *acts, struct yg_buf *out,
                           struct yg_err *err)
{
    const struct yg_acts_ask ask = { .scope = &everybody, .limit = SHOWN };
    struct yg_act *row;
    size_t n = 0;
    enum yg_status st = yg_acts_list(acts, &ask, &a->arena, &row, &n, err);

    for (size_t i = 0; st == YG_OK && i < n; i++)
        if (a->json)
            one_json(&row[i], out);
        else
            one_text(&row[i], out);
    return st;
}

static int run(struct yg_cli *cli)
{
    struct yg_err err = { 0 };
    struct yg_acts *acts = NULL;
    struct yg_app app;
    struct yg_buf out;
    const char *verb = cli->arg_count > 0 ? cli->arg[0] : "list";
    bool go = strcmp(verb, "run") == 0;
    enum yg_status st = yg_app_init(&app, cli, &err);

    yg_buf_init(&out, (size_t)4 << 20);
    if (st == YG_OK && !go && strcmp(verb, "list") != 0)
        st = yg_err_set(&err, YG_EINVAL, "acts %s: write: yagura acts [list|run]", verb);
    if (st == YG_OK)
        st = yg_door_acts(&app, 0, &acts, &err);
    if (st == YG_OK)
        st = go ? carry_out(&app, acts, &out, &err) : list(&app, acts, &out, &err);
    yg_acts_close(acts);
    int exit_status = st == YG_OK ? yg_cli_print(&out) : yg_cli_fail(&err);
    yg_buf_fini(&out);
    yg_app_fini(&app);
    return exit_status;
}

const struct yg_command yg_cmd_acts = {
    .name = "acts",
    .args = "[list|run]",
    .summary = "verdicts on many alerts at once, ordered over the API",
    .help = "list: the last 50, how far each came. run: carry out what is under way, as "
            "the server does\nby itself when something is ordered and when it begins; "
            "what a crash cut off goes on.",
    .min_args = 0,
    .max_args = 1,
    .run = run,
};
