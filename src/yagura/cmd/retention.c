/* SPDX-License-Identifier: Apache-2.0 */
/* yagura retention: what is older than its tenant's limit goes. */
#include "base/jsonw.h"
#include "base/text.h"
#include "pipeline/retain.h"
#include "yagura/acting.h"
#include "yagura/commands.h"
#include "yagura/service.h"

struct retention {
    struct yg_app app;
    struct yg_trail *trail;
    struct yg_buf out;
    bool only_count;
};

static void say_json(struct retention *x, struct yg_str tenant,
                     const struct yg_retained *r)
{
    struct yg_jsonw w = yg_jsonw_of(&x->out);
    const struct yg_forgotten *f = &r->records;

    yg_jsonw_open(&w, '{');
    yg_jsonw_kstr(&w, "tenant", tenant);
    yg_jsonw_kbool(&w, "dry_run", x->only_count);
    yg_jsonw_ku64(&w, "blocks", f->blocks);
    yg_jsonw_ku64(&w, "alerts", f->alerts);
    yg_jsonw_ku64(&w, "logs", f->contexts);
    yg_jsonw_ku64(&w, "undecodable", f->undecodable);
    yg_jsonw_ku64(&w, "bytes", f->bytes);
    yg_jsonw_ku64(&w, "held_blocks", f->held);
    yg_jsonw_ku64(&w, "damaged_blocks", f->damaged);
    yg_jsonw_ku64(&w, "packet_blocks", r->packets.blocks);
    yg_jsonw_ku64(&w, "packet_bytes", r->packets.bytes);
    yg_jsonw_close(&w, '}');
    yg_buf_char(&x->out, '\n');
}

/* For people and for the trail. */
static void say(const struct yg_retained *r, const char *verb, struct yg_buf *out)
{
    const struct yg_forgotten *f = &r->records;
    unsigned long long held = f->held + r->packets.held;
    unsigned long long damaged = f->damaged + r->packets.damaged;

    yg_buf_printf(out,
                  "%llu alerts, %llu logs, %llu undecodable in %llu blocks %s "
                  "(%llu bytes); packets of %llu blocks (%llu bytes)",
                  (unsigned long long)f->alerts, (unsigned long long)f->contexts,
                  (unsigned long long)f->undecodable, (unsigned long long)f->blocks, verb,
                  (unsigned long long)f->bytes, (unsigned long long)r->packets.blocks,
                  (unsigned long long)r->packets.bytes);
    if (held > 0)
        yg_buf_printf(out, "; %llu old blocks are needed still", held);
    if (damaged > 0)
        yg_buf_printf(out, "; %llu are damaged and stay", damaged);
}

static enum yg_status note(struct retention *x, struct yg_str tenant,
                           const struct yg_retained *r, struct yg_err *err)
{
    struct yg_buf text;
    struct yg_trail_row row = { .outcome = YG_TRAIL_DONE,
                                .who = YG_STR("retention"),
                                .role = YG_STR("machine"),
                                .via = YG_STR("command"),
                                .verb = YG_STR("delete"),
                                .object = YG_STR("raw"),
                                .tenant = tenant };

    if (x->only_count || r->records.blocks + r->packets.blocks == 0)
        return YG_OK;
    yg_buf_init(&text, YG_TRAIL_DETAIL);
    say(r, "went", &text);
    row.detail = yg_buf_str(&text);
    enum yg_status st = yg_trail_add(x->trail, &row, err);
    yg_buf_fini(&text);
    return st;
}

static enum yg_status one(struct retention *x, struct yg_str tenant, struct yg_err *err)
{
    struct yg_tenant t;
    struct yg_retained done;
    enum yg_status st = yg_service_tenant(&x->app, tenant, &t, err);

    if (st != YG_OK)
        return st;
    const struct yg_retain r = { .tenant = tenant,
                                 .now_ns = yg_clock_now(&x->app.clock),
                                 .days = yg_tenant_number(&t, YG_TENANT_KEEP),
                                 .packet_days =
                                     yg_tenant_number(&t, YG_TENANT_KEEP_PACKETS),
                                 .only_count = x->only_count };
    if (r.days == 0 && r.packet_days == 0)
        return YG_OK;
    st = yg_retain_tenant(x->app.store, &r, &done, err);
    struct yg_err none;
    enum yg_status noted = note(x, tenant, &done, st == YG_OK ? err : &none);
    if (x->app.json) {
        say_json(x, tenant, &done);
    } else if (!x->app.quiet) {
        yg_text_safe(&x->out, tenant);
        yg_buf_printf(&x->out, ": ");
        say(&done, x->only_count ? "would go" : "went", &x->out);
        yg_buf_char(&x->out, '\n');
    }
    return st == YG_OK ? noted : st;
}

static enum yg_status all(struct retention *x, struct yg_err *err)
{
    struct yg_store_tenant *t = NULL;
    struct yg_str only = yg_str_of(yg_cli_text(x->app.cli, "tenant", ""));
    size_t n = 0;
    enum yg_status st = only.n > 0 ? yg_app_known_tenant(&x->app, only, err) : YG_OK;

    if (st == YG_OK)
        st = yg_store_tenants(x->app.store, &x->app.arena, &t, &n, err);
    for (size_t i = 0; st == YG_OK && i < n; i++)
        if (only.n == 0 || yg_str_eq(only, t[i].name))
            st = one(x, t[i].name, err);
    return st;
}

static int run(struct yg_cli *cli)
{
    struct yg_err err = { 0 };
    struct retention x = { .only_count = yg_cli_flag(cli, "dry-run") };
    enum yg_status st = yg_app_init(&x.app, cli, &err);

    yg_buf_init(&x.out, (size_t)64 << 20);
    if (st == YG_OK)
        st = yg_app_rows(&x.app, false, &err);
    if (st == YG_OK)
        st = yg_acting_trail(&x.app, true, &x.trail, &err);
    if (st == YG_OK)
        st = all(&x, &err);
    int printed = yg_cli_print(&x.out);
    int status = st == YG_OK ? printed : yg_cli_fail(&err);
    yg_trail_close(x.trail);
    yg_buf_fini(&x.out);
    yg_app_fini(&x.app);
    return status;
}

const struct yg_command yg_cmd_retention = {
    .name = "retention",
    .args = "",
    .summary = "let go of records older than their tenant's limit",
    .help =
        "By the tenant's settings keep_days and keep_packet_days (`yagura tenant`); "
        "`serve` does so\neach night. Whole blocks go; what a run that waits or the "
        "newest certificate needs stays, and\nverdicts, runs and the ledger do "
        "(docs/retention.md). May be stopped at any moment, and works\nwhile the server "
        "runs.",
    .opt = { { "tenant", "NAME", "of this tenant only" },
             { "dry-run", NULL, "say what would go; nothing does" } },
    .min_args = 0,
    .max_args = 0,
    .act = "delete raw",
    .run = run,
};
