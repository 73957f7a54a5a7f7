/* SPDX-License-Identifier: Apache-2.0 */
/* yagura backup and restore: the store's folder as of one moment, and back. */
#include "yagura/backup.h"

#include "act/act.h"
#include "base/jsonw.h"
#include "base/log.h"
#include "desk/desk.h"
#include "jobs/jobs.h"
#include "people/people.h"
#include "yagura/acting.h"
#include "yagura/commands.h"
#include "yagura/jobrun.h"

static int tell(const struct yg_app *a, const struct yg_backup_report *r,
                const char *what)
{
    struct yg_buf out;
    struct yg_jsonw w = yg_jsonw_of(&out);

    yg_buf_init(&out, (size_t)1 << 20);
    if (a->json) {
        yg_jsonw_open(&w, '{');
        yg_jsonw_kcstr(&w, "backup", r->path);
        yg_jsonw_kcstr(&w, "made", r->made);
        yg_jsonw_ku64(&w, "files", r->files);
        yg_jsonw_ku64(&w, "bytes", r->bytes);
        yg_jsonw_ku64(&w, "dropped", r->dropped);
        yg_jsonw_close(&w, '}');
        yg_buf_char(&out, '\n');
    } else {
        yg_buf_printf(&out, "%s: %s, made %s, %llu files, %llu bytes\n", r->path, what,
                      r->made, (unsigned long long)r->files,
                      (unsigned long long)r->bytes);
        if (r->dropped > 0)
            yg_buf_printf(&out, "%u older ones were removed\n", r->dropped);
    }
    int status = yg_cli_print(&out);
    yg_buf_fini(&out);
    return status;
}

static enum yg_status copy_service(struct yg_app *a, const char *to, struct yg_err *err)
{
    const struct yg_app_place at = yg_app_place(a, "service");
    const struct yg_people_options opt = { .where = at.where,
                                           .part = at.part,
                                           .clock = &a->clock,
                                           .entropy = yg_entropy_system(),
                                           .read_only = true };
    struct yg_people *p = NULL;
    enum yg_status st = yg_people_open(&opt, &p, err);

    if (st == YG_OK)
        st = yg_people_copy(p, to, err);
    yg_people_close(p);
    return st;
}

static enum yg_status copy_desk(struct yg_app *a, const char *to, struct yg_err *err)
{
    const struct yg_app_place at = yg_app_place(a, "desk");
    const struct yg_desk_options opt = {
        .where = at.where, .part = at.part, .clock = &a->clock, .read_only = true
    };
    struct yg_desk *d = NULL;
    enum yg_status st = yg_desk_open(&opt, &d, err);

    if (st == YG_OK)
        st = yg_desk_copy(d, to, err);
    yg_desk_close(d);
    return st;
}

static enum yg_status copy_acts(struct yg_app *a, const char *to, struct yg_err *err)
{
    const struct yg_app_place at = yg_app_place(a, "acts");
    const struct yg_acts_options opt = { .where = at.where,
                                         .part = at.part,
                                         .clock = &a->clock,
                                         .entropy = yg_entropy_system() };
    struct yg_acts *acts = NULL;
    enum yg_status st = yg_acts_open(&opt, &acts, err);

    if (st == YG_OK)
        st = yg_acts_copy(acts, to, err);
    yg_acts_close(acts);
    return st;
}

static enum yg_status copy_jobs(struct yg_app *a, const char *to, struct yg_err *err)
{
    struct yg_jobs *jobs = NULL;
    enum yg_status st = yg_jobrun_open(a, false, 0, &jobs, err);

    if (st == YG_OK)
        st = yg_jobs_copy(jobs, to, err);
    yg_jobs_close(jobs);
    return st;
}

/* Of a store on a server. */
static enum yg_status copy_one(void *arg, const char *name, const char *to,
                               struct yg_err *err)
{
    struct yg_app *a = arg;
    struct yg_trail *t = NULL;
    enum yg_status st;

    if (strcmp(name, "yagura") == 0) {
        st = yg_app_store(a, false, true, err);
        return st == YG_OK ? yg_store_backup(a->store, to, err) : st;
    }
    if (strcmp(name, "service") == 0)
        return copy_service(a, to, err);
    if (strcmp(name, "desk") == 0)
        return copy_desk(a, to, err);
    if (strcmp(name, "acts") == 0)
        return copy_acts(a, to, err);
    if (strcmp(name, "jobs") == 0)
        return copy_jobs(a, to, err);
    st = yg_acting_trail(a, false, &t, err);
    if (st == YG_OK)
        st = yg_trail_copy(t, to, err);
    yg_trail_close(t);
    return st;
}

static enum yg_status make(struct yg_app *a, struct yg_backup_report *out,
                           struct yg_err *err)
{
    int64_t keep = 0;
    enum yg_status st = yg_cli_number(a->cli, "keep", 1, 10000, &keep, err);

    if (st == YG_OK && !yg_app_place_has(a, "yagura") && !yg_app_place_has(a, "service"))
        st = yg_err_set(err, YG_ENOTFOUND, "no store at %s", a->dir);
    const struct yg_backup_ask ask = { .store = a->dir,
                                       .dir = a->cli->arg[0],
                                       .now_ns = yg_clock_now(&a->clock),
                                       .keep = (unsigned)keep,
                                       .secret = !yg_cli_flag(a->cli, "no-secret"),
                                       .copy = a->server ? copy_one : NULL,
                                       .arg = a };
    return st == YG_OK ? yg_backup_make(&ask, out, err) : st;
}

static int backup(struct yg_cli *cli)
{
    struct yg_err err = { 0 };
    struct yg_backup_report report;
    struct yg_app a;
    enum yg_status st = yg_app_init(&a, cli, &err);

    if (st == YG_OK)
        st = make(&a, &report, &err);
    int status = st == YG_OK ? tell(&a, &report, "backed up") : yg_cli_fail(&err);
    yg_app_fini(&a);
    return status;
}

/* Where the trail goes on it says so. */
static enum yg_status note(struct yg_app *a, const struct yg_backup_report *r,
                           struct yg_err *err)
{
    struct yg_trail *t = NULL;
    struct yg_trail_row row = { .outcome = YG_TRAIL_DONE,
                                .who = YG_STR("machine"),
                                .role = YG_STR("machine"),
                                .via = YG_STR("command"),
                                .verb = YG_STR("create"),
                                .object = YG_STR("service"),
                                .subject = YG_STR("restore"),
                                .detail = yg_str_of(r->path) };
    enum yg_status st = yg_acting_trail(a, true, &t, err);

    if (st == YG_OK)
        st = yg_trail_add(t, &row, err);
    yg_trail_close(t);
    return st;
}

static int restore(struct yg_cli *cli)
{
    bool look = yg_cli_flag(cli, "verify");
    struct yg_err err = { 0 };
    struct yg_backup_report report;
    struct yg_app a;
    enum yg_status st = yg_app_init(&a, cli, &err);

    if (st == YG_OK && a.server && !look)
        st = yg_err_set(&err, YG_EINVAL,
                        "a backup is restored as files: leave out the setting `store`");
    if (st == YG_OK)
        st = yg_backup_restore(cli->arg[0], look ? NULL : a.dir, &report, &err);
    if (st == YG_OK && !look && yg_app_place_has(&a, "trail"))
        st = note(&a, &report, &err);
    int status =
        st == YG_OK ? tell(&a, &report, look ? "whole" : "restored") : yg_cli_fail(&err);
    if (status == YG_EXIT_OK && !look && !a.quiet)
        yg_log(YG_LOG_INFO, "`yagura doctor --data %s` looks through all of it", a.dir);
    yg_app_fini(&a);
    return status;
}

const struct yg_command yg_cmd_backup = {
    .name = "backup",
    .args = "DIR",
    .summary = "the store as of now, in a folder of its own, also while the server runs",
    .help =
        "Makes DIR/YYYYMMDDTHHMMSSZ with all databases, the model, keys, what the "
        "journal holds, and\na manifest (`sha256sum -c manifest`). Until it is whole its "
        "name ends in .unfinished. Not in\nit: packets. It holds the store's secret and "
        "everybody's second factor: keep it as you keep\nthe store, or leave out "
        "the keys with --no-secret (docs/backup.md).",
    .opt = { { "keep", "N", "remove older ones in DIR, but for the newest N" },
             { "no-secret", NULL, "without the file `secret` and private keys" } },
    .min_args = 1,
    .max_args = 1,
    .act = "create backup",
    .run = backup,
};

const struct yg_command yg_cmd_restore = {
    .name = "restore",
    .args = "BACKUP",
    .summary = "make a store from a backup",
    .help =
        "Into the folder of --data, which must not be there yet or be empty. BACKUP is "
        "one backup,\nor the DIR of several, of which the newest is taken. Each file is "
        "compared with its digest;\nwhen one differs nothing is made, and it is named. "
        "--verify only looks.",
    .opt = { { "verify", NULL, "look whether the backup is whole, and make nothing" } },
    .min_args = 1,
    .max_args = 1,
    .run = restore,
};
