/* SPDX-License-Identifier: Apache-2.0 */
#include "yagura/app.h"

#include "base/clock.h"
#include "base/jsonw.h"
#include "base/log.h"
#include "conf/mapping.h"
#include "conf/textfile.h"
#include "pipeline/guard.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAPPING_MAX  ((size_t)1 << 20)
#define BUSY_WAIT_US 200000
#define BUSY_S       5

static uint32_t one_per_core(void)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);

    return cores < 1 ? 1 : cores > 8 ? 8 : (uint32_t)cores;
}

enum yg_status yg_app_init(struct yg_app *a, const struct yg_cli *cli, struct yg_err *err)
{
    const char *home = getenv("YAGURA_HOME");
    const char *file = yg_cli_text(cli, "config", NULL);
    int64_t workers = 0;

    *a = (struct yg_app){ .cli = cli,
                          .clock = yg_clock_real(),
                          .started = yg_clock_wall() };
    yg_arena_init(&a->arena, (size_t)1 << 30);
    yg_config_init(&a->config);
    enum yg_status st = file ? yg_config_read(&a->config, &a->arena, file, err) : YG_OK;
    yg_err_at(st == YG_OK ? err : NULL, "", 0, 0); /* what fails later is elsewhere */
    if (st == YG_OK)
        st = yg_cli_number(cli, "workers", 1, 64, &workers, err);
    if (st != YG_OK)
        return st;
    /* --data, else the file's, else the environment's, else the built-in one. */
    a->dir = file || !home || !*home ? a->config.data.p : home;
    a->dir = yg_cli_text(cli, "data", a->dir);
    st = yg_app_place_find(a, err);
    if (st != YG_OK)
        return st;
    a->json = yg_cli_flag(cli, "json");
    a->quiet = yg_cli_flag(cli, "quiet");
    a->workers = workers > 0 ? (uint32_t)workers : (uint32_t)a->config.workers;
    if (a->workers == 0)
        a->workers = one_per_core();
    if (a->workers > 64)
        a->workers = 64;
    return YG_OK;
}

void yg_app_fini(struct yg_app *a)
{
    yg_store_close(a->store);
    a->store = NULL;
    yg_app_spool_close(a);
    yg_arena_fini(&a->arena);
}

static enum yg_status open_store(struct yg_app *a, const struct yg_store_options *opt,
                                 struct yg_err *err)
{
    yg_store_close(a->store); /* opened before, to read */
    a->store = NULL;
    const double until = yg_clock_wall() + BUSY_S;
    enum yg_status st = yg_store_open(a->dir, opt, &a->store, err);
    /* A short writer (a verdict, a commit) is waited for. */
    while (st == YG_EBUSY && yg_clock_wall() < until) {
        usleep(BUSY_WAIT_US);
        st = yg_store_open(a->dir, opt, &a->store, err);
    }
    return st == YG_OK && opt->create ? yg_app_place_keep(a, err) : st;
}

enum yg_status yg_app_store(struct yg_app *a, bool create, bool read_only,
                            struct yg_err *err)
{
    const struct yg_store_options opt = {
        .create = create, .read_only = read_only, .where = a->server, .clock = &a->clock
    };

    a->read_only = read_only;
    return open_store(a, &opt, err);
}

enum yg_status yg_app_rows(struct yg_app *a, bool hold, struct yg_err *err)
{
    const struct yg_store_options opt = { .rows = true,
                                          .where = a->server,
                                          .clock = &a->clock };
    enum yg_status st = open_store(a, &opt, err);

    a->read_only = false;
    return st == YG_OK && hold ? yg_store_hold(a->store, err) : st;
}

enum yg_status yg_app_alert(struct yg_app *a, struct yg_store_record *rec,
                            struct yg_str *tenant, struct yg_err *err)
{
    struct yg_str id = yg_str_of(a->cli->arg[0]);
    struct yg_queue_run run;
    char hex[2 * YG_ID_SIZE + 1];

    if (!yg_cli_flag(a->cli, "alert") &&
        yg_store_run_get(a->store, id, &a->arena, &run, err) == YG_OK) {
        bool blind = false;
        enum yg_status st = yg_guard_blind(a->store, run.id, &blind, err);
        if (st != YG_OK)
            return st;
        if (blind) /* which is the worst one, the model says */
            memcpy(run.worst, run.id, YG_ID_SIZE);
        yg_hex(run.worst, YG_ID_SIZE, hex);
        if (memcmp(run.worst, run.id, YG_ID_SIZE) != 0 && !a->quiet)
            yg_log(YG_LOG_WARN,
                   "this run's most dangerous alert is %s; for the one that "
                   "began it: --alert",
                   hex);
        id = yg_str_of(hex);
    }
    return yg_guard_get(a->store, id, &a->arena, rec, tenant, err);
}

const char *yg_app_path(struct yg_app *a, const char *name)
{
    size_t n = strlen(a->dir) + strlen(name) + 2;
    char *p = yg_arena_alloc(&a->arena, n);

    if (!p)
        return "";
    snprintf(p, n, "%s/%s", a->dir, name);
    return p;
}

enum yg_status yg_app_write(const char *path, struct yg_str bytes, struct yg_err *err)
{
    char tmp[4096];
    size_t done = 0;

    if ((size_t)snprintf(tmp, sizeof(tmp), "%s.new", path) >= sizeof(tmp))
        return yg_err_set(err, YG_EINVAL, "the path %s is too long", path);
    int fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0)
        return yg_err_errno(err, "cannot write %s", tmp);
    while (done < bytes.n) {
        ssize_t n = write(fd, bytes.p + done, bytes.n - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        done += (size_t)n;
    }
    bool ok = done == bytes.n && fsync(fd) == 0;
    ok = close(fd) == 0 && ok;
    if (ok && rename(tmp, path) == 0)
        return YG_OK;
    enum yg_status st = yg_err_errno(err, "cannot write %s", path);
    unlink(tmp);
    return st;
}

static enum yg_status open_one(struct yg_flow_input *in, const char *path,
                               struct yg_err *err)
{
    struct stat sb;

    in->fd =
        strcmp(path, "-") == 0 ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);
    if (in->fd < 0)
        return yg_err_errno(err, "cannot open %s", path);
    if (fstat(in->fd, &sb) != 0)
        return YG_OK;
    if (S_ISDIR(sb.st_mode))
        return yg_err_set(err, YG_EINVAL, "%s is a directory; name the files in it",
                          path);
    /* its last line was written then: finds the year of times that have none */
    if (S_ISREG(sb.st_mode))
        in->source.reference_ns =
            (int64_t)sb.st_mtim.tv_sec * YG_NS_PER_S + sb.st_mtim.tv_nsec;
    return YG_OK;
}

static enum yg_status parse_zone(const char *text, int *min, struct yg_err *err)
{
    int64_t ns;
    char probe[64];

    if (!text)
        return YG_OK;
    snprintf(probe, sizeof(probe), "2000-01-01T00:00:00%s", text);
    if (strlen(text) < 1 || !yg_time_iso(yg_str_of(probe), 0, &ns, min))
        return yg_err_set(err, YG_EINVAL, "--zone %s: write +09:00, -05:00 or Z", text);
    return YG_OK;
}

enum yg_status yg_app_inputs(struct yg_app *a, struct yg_app_inputs *out,
                             struct yg_err *err)
{
    const struct yg_cli *cli = a->cli;
    struct yg_source s = { .tenant = yg_str_of(yg_cli_text(cli, "tenant", "default")),
                           .format = yg_str_of(yg_cli_text(cli, "format", "")),
                           .log_source = yg_cli_flag(cli, "log") };
    const char *map = yg_cli_text(cli, "map", NULL);
    enum yg_status st = parse_zone(yg_cli_text(cli, "zone", NULL), &s.offset_min, err);

    *out = (struct yg_app_inputs){ .count = 0 };
    if (st == YG_OK && cli->arg_count > YG_FLOW_INPUTS_MAX)
        st = yg_err_set(err, YG_EINVAL, "at most %d files at once", YG_FLOW_INPUTS_MAX);
    if (st == YG_OK && (s.tenant.n == 0 || s.tenant.n > 100))
        st = yg_err_set(err, YG_EINVAL, "--tenant: write a name of 1 to 100 bytes");
    if (st == YG_OK && map) {
        st = yg_textfile_read(&a->arena, map, MAPPING_MAX, &s.mapping_text, err);
        if (st == YG_OK)
            st = yg_mapping_parse(&a->arena, map, s.mapping_text, &s.mapping, err);
        if (st == YG_OK && s.format.n == 0)
            s.format =
                s.mapping->shape == YG_MAP_JSONL ? YG_STR("jsonl") : YG_STR("delimited");
        if (st == YG_OK)
            s.log_source |= s.mapping->log;
    }
    if (st != YG_OK)
        return st;
    out->input = calloc((size_t)cli->arg_count + 1, sizeof(*out->input));
    if (!out->input)
        return yg_err_set(err, YG_ENOMEM, "no memory for the inputs");
    for (int i = 0; st == YG_OK && i < cli->arg_count; i++) {
        struct yg_flow_input *in = &out->input[out->count++];
        in->source = s;
        in->source.path = yg_str_of(cli->arg[i]);
        in->source.name = yg_str_of(yg_cli_text(cli, "source", ""));
        st = open_one(in, cli->arg[i], err);
    }
    if (st != YG_OK)
        yg_app_inputs_close(out);
    return st;
}

void yg_app_inputs_close(struct yg_app_inputs *in)
{
    for (uint32_t i = 0; i < in->count; i++)
        if (in->input[i].fd >= 0)
            close(in->input[i].fd);
    free(in->input);
    *in = (struct yg_app_inputs){ .count = 0 };
}

enum yg_status yg_app_fnr(struct yg_app *a, double *fnr, struct yg_err *err)
{
    const char *text = yg_cli_text(a->cli, "fnr", NULL);
    enum yg_status st = YG_OK;

    *fnr = 0;
    if (text)
        st = yg_config_set(&a->config, &a->arena, YG_STR("fnr_rate"), yg_str_of(text),
                           err);
    if (text && st == YG_OK)
        *fnr = a->config.fnr_rate;
    return st;
}

void yg_app_counters_json(struct yg_jsonw *w, const struct yg_counters *c,
                          const uint64_t *reason)
{
    for (int i = 0; i < YG_COUNTER_COUNT; i++)
        yg_jsonw_ku64(w, yg_counter_info[i].name, c->v[i]);
    yg_jsonw_key(w, "reasons");
    yg_jsonw_open(w, '{');
    for (unsigned i = 1; i < YG_REASON_COUNT; i++)
        if (reason[i])
            yg_jsonw_ku64(w, yg_reason_name(i), reason[i]);
    yg_jsonw_close(w, '}');
}

void yg_app_counters_text(struct yg_buf *out, const struct yg_counters *c,
                          const uint64_t *reason)
{
    for (int i = 0; i < YG_COUNTER_COUNT; i++)
        if (c->v[i] || i == YG_C_RECEIVED || i == YG_C_STORED || i == YG_C_DUPLICATE ||
            i == YG_C_REFUSED)
            yg_buf_printf(out, "%-12s %12llu   %s\n", yg_counter_info[i].name,
                          (unsigned long long)c->v[i], yg_counter_info[i].help);
    for (unsigned i = 1; i < YG_REASON_COUNT; i++)
        if (reason[i])
            yg_buf_printf(out, "  %-24s %llu\n", yg_reason_name(i),
                          (unsigned long long)reason[i]);
}

void yg_app_progress(const struct yg_app *a, const char *what, uint64_t done)
{
    double s = yg_clock_wall() - a->started;

    if (a->quiet || !isatty(STDERR_FILENO))
        return;
    fprintf(stderr, "\r%s: %llu (%.0f a second)   ", what, (unsigned long long)done,
            s > 0 ? (double)done / s : 0.0);
}

void yg_app_progress_end(const struct yg_app *a)
{
    if (!a->quiet && isatty(STDERR_FILENO))
        fputs("\r\033[K", stderr);
}
