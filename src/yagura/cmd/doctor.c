/* SPDX-License-Identifier: Apache-2.0 */
/* yagura doctor: is the store whole, what is in it, and what should be done next? */
#include "base/jsonw.h"
#include "base/text.h"
#include "conf/watchlist.h"
#include "pipeline/modelpack.h"
#include "store/ledger.h"
#include "yagura/app.h"
#include "yagura/commands.h"

struct doctor {
    struct yg_app app;
    struct yg_store_stats stats;
    struct yg_store_tenant *tenant;
    size_t tenants;
    uint64_t bad;
    bool whole;
    char finding[512];
    struct yg_ledger_state ledger;
    char ledger_finding[512]; /* empty: whole */
    struct yg_modelpack *pack;
    char model_problem[512];
    struct yg_watchlist *watch;
    char watch_problem[512];
    struct yg_buf backups;
    unsigned backups_open; /* that others may read */
};

static enum yg_status look(struct doctor *d, struct yg_err *err)
{
    struct yg_err e = { 0 };
    enum yg_status st = yg_store_stats(d->app.store, &d->stats, err);

    if (st == YG_OK)
        st = yg_store_tenants(d->app.store, &d->app.arena, &d->tenant, &d->tenants, err);
    if (st != YG_OK)
        return st;
    st = yg_store_check(d->app.store, &d->bad, &e);
    d->whole = st == YG_OK;
    if (!d->whole)
        yg_err_text(&e, d->finding, sizeof(d->finding));
    e = (struct yg_err){ 0 };
    if (yg_ledger_verify_all(d->app.store, &d->ledger, &e) != YG_OK)
        yg_err_text(&e, d->ledger_finding, sizeof(d->ledger_finding));
    e = (struct yg_err){ 0 };
    if (yg_app_model(&d->app, &d->pack, &e) != YG_OK)
        yg_err_text(&e, d->model_problem, sizeof(d->model_problem));
    e = (struct yg_err){ 0 };
    if (yg_app_watchlist(&d->app, &d->watch, &e) != YG_OK)
        yg_err_text(&e, d->watch_problem, sizeof(d->watch_problem));
    d->backups_open = yg_app_backups(&d->app, false, &d->backups);
    return YG_OK;
}

static const enum yg_watch lists[] = { YG_WATCH_INTEL, YG_WATCH_CRITICAL };

static void lists_json(const struct doctor *d, struct yg_jsonw *w)
{
    yg_jsonw_kcstr(w, "lists_problem", d->watch_problem);
    yg_jsonw_key(w, "lists");
    yg_jsonw_open(w, '[');
    for (size_t i = 0; d->watch && i < YG_ARRAY_LEN(lists); i++) {
        struct yg_watchlist_stats s =
            yg_watchlist_stats(d->watch, lists[i], yg_clock_now(&d->app.clock));
        yg_jsonw_open(w, '{');
        yg_jsonw_kcstr(w, "name", yg_watch_name(lists[i]));
        yg_jsonw_ku64(w, "files", s.files);
        yg_jsonw_ku64(w, "entries", s.entries);
        yg_jsonw_ku64(w, "networks", s.networks);
        yg_jsonw_ku64(w, "expired", s.expired);
        yg_jsonw_close(w, '}');
    }
    yg_jsonw_close(w, ']');
}

static void lists_text(const struct doctor *d, struct yg_buf *out)
{
    unsigned char digest[YG_DIGEST_SIZE];
    char hex[2 * YG_DIGEST_SIZE + 1];

    if (d->watch_problem[0])
        yg_buf_printf(out, "lists: %s\n", d->watch_problem);
    if (!d->watch)
        return;
    for (size_t i = 0; i < YG_ARRAY_LEN(lists); i++) {
        struct yg_watchlist_stats s =
            yg_watchlist_stats(d->watch, lists[i], yg_clock_now(&d->app.clock));
        yg_buf_printf(out,
                      "list of %s: %llu entries (%llu networks, %llu expired) in %llu "
                      "files\n",
                      yg_watch_name(lists[i]), (unsigned long long)s.entries,
                      (unsigned long long)s.networks, (unsigned long long)s.expired,
                      (unsigned long long)s.files);
    }
    yg_watchlist_digest(d->watch, digest);
    yg_hex(digest, sizeof(digest), hex);
    yg_buf_printf(out, "  digest of the lists %.16s\n", hex);
}

/* Its first digits are enough to compare by eye with what was noted before. */
static void ledger_head(const struct doctor *d, char hex[17])
{
    yg_hex(d->ledger.head, 8, hex);
}

static void ledger_json(const struct doctor *d, struct yg_jsonw *w)
{
    char head[17];

    ledger_head(d, head);
    yg_jsonw_key(w, "ledger");
    yg_jsonw_open(w, '{');
    yg_jsonw_kbool(w, "whole", !d->ledger_finding[0]);
    yg_jsonw_kcstr(w, "finding", d->ledger_finding);
    yg_jsonw_ku64(w, "orders", d->stats.orders);
    yg_jsonw_ku64(w, "certificates", d->stats.certificates);
    yg_jsonw_ku64(w, "audits_waiting", d->stats.audits_waiting);
    yg_jsonw_kcstr(w, "head", d->ledger_finding[0] ? "" : head);
    yg_jsonw_close(w, '}');
}

static void ledger_text(const struct doctor *d, struct yg_buf *out)
{
    char head[17];

    if (d->ledger_finding[0]) {
        yg_buf_printf(out, "ledger: %s\n", d->ledger_finding);
        return;
    }
    ledger_head(d, head);
    yg_buf_printf(out,
                  "ledger: whole, %llu orders and %llu certificates match their digests "
                  "(head %s), %llu audits wait\n",
                  (unsigned long long)d->ledger.orders,
                  (unsigned long long)d->ledger.certificates, head,
                  (unsigned long long)d->stats.audits_waiting);
}

/* What older programs left; of those that kept the secret in the database it holds it. */
static void backups_text(const struct doctor *d, struct yg_buf *out)
{
    struct yg_str names = yg_buf_str(&d->backups);

    if (names.n == 0)
        return;
    yg_buf_printf(
        out,
        "copies from before the store was brought forward: %.*s\n  they may hold "
        "the store's secret; delete what nobody will go back to\n",
        YG_STR_ARG(names));
    if (d->backups_open > 0)
        yg_buf_printf(out, "  others may read %u of them: chmod 600\n", d->backups_open);
}

static void as_json(const struct doctor *d, struct yg_buf *out)
{
    struct yg_jsonw w = yg_jsonw_of(out);

    yg_jsonw_open(&w, '{');
    yg_jsonw_kbool(&w, "whole", d->whole);
    yg_jsonw_kcstr(&w, "finding", d->finding);
    yg_jsonw_ku64(&w, "bad_blocks", d->bad);
    yg_jsonw_ki64(&w, "schema_version", d->stats.schema_version);
    yg_jsonw_ku64(&w, "alerts", d->stats.alerts);
    yg_jsonw_ku64(&w, "contexts", d->stats.contexts);
    yg_jsonw_ku64(&w, "undecodable", d->stats.undecodable);
    yg_jsonw_ku64(&w, "blocks", d->stats.blocks);
    yg_jsonw_ku64(&w, "raw_bytes", d->stats.raw_bytes);
    yg_jsonw_ku64(&w, "stored_bytes", d->stats.stored_bytes);
    yg_jsonw_ku64(&w, "verdicts", d->stats.verdicts);
    yg_jsonw_ku64(&w, "queue_waiting", d->stats.queue_waiting);
    ledger_json(d, &w);
    yg_jsonw_kbool(&w, "model", d->pack != NULL);
    yg_jsonw_kcstr(&w, "model_problem", d->model_problem);
    lists_json(d, &w);
    yg_jsonw_kstr(&w, "backups", yg_buf_str(&d->backups));
    yg_jsonw_ku64(&w, "backups_readable", d->backups_open);
    yg_jsonw_key(&w, "tenants");
    yg_jsonw_open(&w, '[');
    for (size_t i = 0; i < d->tenants; i++) {
        yg_jsonw_open(&w, '{');
        yg_jsonw_kstr(&w, "name", d->tenant[i].name);
        yg_jsonw_ku64(&w, "alerts", d->tenant[i].alerts);
        yg_jsonw_ku64(&w, "contexts", d->tenant[i].contexts);
        yg_jsonw_close(&w, '}');
    }
    yg_jsonw_close(&w, ']');
    yg_jsonw_close(&w, '}');
    yg_buf_char(out, '\n');
}

static void as_text(const struct doctor *d, struct yg_buf *out)
{
    char from[YG_TIME_TEXT_MAX], to[YG_TIME_TEXT_MAX];
    const struct yg_store_stats *s = &d->stats;

    yg_buf_printf(out, "store %s: %s\n", d->app.server ? d->app.server : d->app.dir,
                  d->whole ? "whole, every block matches its digest" : d->finding);
    yg_buf_printf(out,
                  "  %llu alerts (%llu could not be read), %llu log records, in %llu "
                  "blocks\n  %.1f MB raw, %.1f MB on disk\n",
                  (unsigned long long)s->alerts, (unsigned long long)s->undecodable,
                  (unsigned long long)s->contexts, (unsigned long long)s->blocks,
                  (double)s->raw_bytes / 1e6, (double)s->stored_bytes / 1e6);
    yg_buf_printf(out, "  %llu verdicts given here, %llu runs wait, %llu judged\n",
                  (unsigned long long)s->verdicts, (unsigned long long)s->queue_waiting,
                  (unsigned long long)s->queue_judged);
    for (size_t i = 0; i < d->tenants; i++) {
        yg_buf_printf(out, "  tenant ");
        yg_text_safe(out, d->tenant[i].name);
        yg_buf_printf(out, ": %llu alerts, %llu log records, %.10s to %.10s\n",
                      (unsigned long long)d->tenant[i].alerts,
                      (unsigned long long)d->tenant[i].contexts,
                      yg_time_text(d->tenant[i].first_ns, from),
                      yg_time_text(d->tenant[i].last_ns, to));
    }
    ledger_text(d, out);
    if (!d->pack)
        yg_buf_printf(out, "model: %s\n", d->model_problem);
    else
        yg_buf_printf(out, "model: %u trees from %llu judged alerts; %s\n",
                      yg_trees_count(d->pack->trees), (unsigned long long)d->pack->judged,
                      !d->pack->certified ? "no threshold"
                      : d->pack->certificate.kind == YG_CERT_CROSS_FIT
                          ? "threshold estimated, "
                            "not certified"
                          : "certificate tested");
    lists_text(d, out);
    backups_text(d, out);
}

static int run(struct yg_cli *cli)
{
    struct yg_err err = { 0 };
    struct doctor d = { .bad = 0 };
    struct yg_buf out;
    enum yg_status st = yg_app_init(&d.app, cli, &err);

    yg_buf_init(&out, (size_t)16 << 20);
    yg_buf_init(&d.backups, 65536);
    if (st == YG_OK)
        st = yg_app_store(&d.app, false, false, &err); /* migrates an older store */
    if (st == YG_OK && yg_cli_flag(cli, "recount")) {
        st = yg_store_recount(d.app.store, &err);
        if (st == YG_OK)
            st = yg_store_commit(d.app.store, &err);
    }
    if (st == YG_EBUSY &&
        !yg_cli_flag(cli, "recount")) /* somebody imports: look without touching */
        st = yg_app_store(&d.app, false, true, &err);
    if (st == YG_OK)
        st = look(&d, &err);
    int exit_status;
    if (st != YG_OK) {
        exit_status = yg_cli_fail(&err);
    } else {
        if (d.app.json)
            as_json(&d, &out);
        else
            as_text(&d, &out);
        exit_status = yg_cli_print(&out);
        if (exit_status == YG_EXIT_OK &&
            (!d.whole || d.ledger_finding[0] || d.watch_problem[0]))
            exit_status = YG_EXIT_FAILED;
    }
    yg_buf_fini(&out);
    yg_buf_fini(&d.backups);
    yg_modelpack_free(d.pack);
    yg_watchlist_free(d.watch);
    yg_app_fini(&d.app);
    return exit_status;
}

const struct yg_command yg_cmd_doctor = {
    .name = "doctor",
    .args = "",
    .summary = "check the store and say what is in it",
    .help =
        "Reads every block and compares its digest, asks SQLite to check itself, then "
        "walks the\nledger: every order and certificate must match its digest and the "
        "row "
        "before it, and\nevery signature its certificate. Note the ledger's head "
        "elsewhere: while it stays the\nsame, nothing of it was changed. Exit status 1 "
        "when something is damaged or a list of the\nsettings cannot be read.",
    .opt = { { "model", "FILE", "model file (default: the store's)" },
             { "recount", NULL,
               "count history anew for charts first (nothing else runs)" } },
    .run = run,
};
