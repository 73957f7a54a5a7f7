/* SPDX-License-Identifier: Apache-2.0 */
/* yagura records: what history holds, as it came. */
#include "base/jsonw.h"
#include "base/log.h"
#include "yagura/app.h"
#include "yagura/commands.h"

#include <stdio.h>

#define PIECE     ((size_t)1 << 20) /* bytes that are written together */
#define PIECE_MAX ((size_t)16 << 20)

struct records {
    struct yg_app app;
    struct yg_source *source;
    size_t sources;
    struct yg_store_query ask;
    struct yg_str only; /* name of the source; empty: all */
    struct yg_buf out;
    uint64_t damaged;
};

static const struct yg_source *source_of(const struct records *r, uint32_t id)
{
    for (size_t i = 0; i < r->sources; i++)
        if (r->source[i].store_id == id)
            return &r->source[i];
    return NULL;
}

static void add_json(struct records *r, struct yg_str tenant, struct yg_str source,
                     const struct yg_store_record *rec)
{
    struct yg_jsonw w = yg_jsonw_of(&r->out);

    yg_jsonw_open(&w, '{');
    yg_jsonw_khex(&w, "id", rec->id, sizeof(rec->id));
    yg_jsonw_kstr(&w, "tenant", tenant);
    yg_jsonw_kstr(&w, "source", source);
    yg_jsonw_ktime(&w, "time", rec->time_ns);
    yg_jsonw_ktime(&w, "received", rec->received_ns);
    yg_jsonw_kstr(&w, "raw", rec->raw);
    yg_jsonw_close(&w, '}');
}

static bool flush(struct records *r)
{
    bool good = yg_cli_print(&r->out) == YG_EXIT_OK;

    yg_buf_clear(&r->out);
    return good;
}

static enum yg_status print_tenant(struct records *r, struct yg_str tenant,
                                   struct yg_err *err)
{
    struct yg_store_scan *scan = NULL;
    struct yg_store_record rec;

    r->ask.tenant = tenant;
    enum yg_status st = yg_store_scan_open(r->app.store, &r->ask, &scan, err);
    while (st == YG_OK || st == YG_ECORRUPT) {
        st = yg_store_scan_next(scan, &rec, err);
        r->damaged += st == YG_ECORRUPT;
        if (st != YG_OK)
            continue;
        const struct yg_source *s = source_of(r, rec.source);
        struct yg_str name = s ? s->name : YG_STR("");
        if (r->only.n > 0 && !yg_str_eq(name, r->only))
            continue;
        if (r->app.json)
            add_json(r, tenant, name, &rec);
        else
            yg_buf_str_add(&r->out, rec.raw);
        yg_buf_char(&r->out, '\n');
        if (yg_buf_str(&r->out).n >= PIECE && !flush(r))
            st = yg_err_set(err, YG_EIO, "not all was written");
    }
    yg_store_scan_close(scan);
    return st == YG_EEND ? YG_OK : st;
}

static enum yg_status print_all(struct records *r, struct yg_err *err)
{
    struct yg_str only = yg_str_of(yg_cli_text(r->app.cli, "tenant", ""));
    struct yg_store_tenant *tenant = NULL;
    size_t tenants = 0;
    enum yg_status st = YG_OK;

    r->only = yg_str_of(yg_cli_text(r->app.cli, "source", ""));
    r->ask.until_ns = yg_cli_text(r->app.cli, "from", NULL) ? INT64_MAX : 0;
    st = yg_cli_time(r->app.cli, "from", &r->ask.from_ns, err);
    if (st == YG_OK)
        st = yg_cli_time(r->app.cli, "until", &r->ask.until_ns, err);
    if (st == YG_OK && only.n > 0)
        st = yg_app_known_tenant(&r->app, only, err);
    if (st == YG_OK)
        st = yg_store_sources(r->app.store, &r->app.arena, &r->source, &r->sources, err);
    if (st == YG_OK)
        st = yg_store_tenants(r->app.store, &r->app.arena, &tenant, &tenants, err);
    for (size_t i = 0; st == YG_OK && i < tenants; i++)
        if (only.n == 0 || yg_str_eq(only, tenant[i].name))
            st = print_tenant(r, tenant[i].name, err);
    if (st == YG_OK && !flush(r))
        st = yg_err_set(err, YG_EIO, "not all was written");
    if (st == YG_OK && r->damaged > 0)
        st = yg_err_set(err, YG_ECORRUPT,
                        "%llu blocks are damaged and left out; see yagura doctor",
                        (unsigned long long)r->damaged);
    return st;
}

static int run(struct yg_cli *cli)
{
    struct yg_err err = { 0 };
    struct records r = { .sources = 0 };
    enum yg_status st = yg_app_init(&r.app, cli, &err);

    yg_buf_init(&r.out, PIECE_MAX);
    if (st == YG_OK)
        st = yg_app_store(&r.app, false, true, &err);
    if (st == YG_OK)
        st = print_all(&r, &err);
    yg_buf_fini(&r.out);
    yg_app_fini(&r.app);
    return st == YG_OK ? YG_EXIT_OK : yg_cli_fail(&err);
}

const struct yg_command yg_cmd_records = {
    .name = "records",
    .args = "",
    .summary = "print what history holds, as it came",
    .help =
        "Each record of history in the order it was stored, raw and with a line end "
        "(one that\nhas line ends of its own keeps them), or with --json as an object "
        "a line with its id,\ntenant, source, time and receipt. Works beside a server; "
        "what is stored after it began\nis not seen.",
    .opt = { { "tenant", "NAME", "only this one's (default: all)" },
             { "source", "NAME", "only this source's (default: all)" },
             { "from", "TIME", "only records from then on" },
             { "until", "TIME", "only records before then" } },
    .min_args = 0,
    .max_args = 0,
    .run = run,
};
