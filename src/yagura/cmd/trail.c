/* SPDX-License-Identifier: Apache-2.0 */
/* yagura trail: who did and read what, and whether anybody touched the record of it. */
#include "trail/trail.h"
#include "api/trail_json.h"
#include "yagura/acting.h"
#include "yagura/commands.h"
#include "yagura/text.h"

#include <sodium.h>

struct trail {
    struct yg_app app;
    struct yg_trail *t;
    struct yg_buf out;
};

static const struct yg_scope everybody = { .all = true };

/* ---- list ------------------------------------------------------------------------- */

static void text_row(struct trail *x, const struct yg_trail_row *r)
{
    char time[YG_TIME_TEXT_MAX];

    yg_buf_printf(&x->out, "%7llu %.19s %-7s ", (unsigned long long)r->seq,
                  yg_time_text(r->at_ns, time), yg_trail_outcome_name(r->outcome));
    yg_text_cell(&x->out, r->who, 16);
    yg_text_cell(&x->out, r->role, 12);
    yg_text_cell(&x->out, r->via, 7);
    yg_text_cell(&x->out, r->address, 15);
    yg_text_cell(&x->out, r->tenant, 12);
    yg_text_cell(&x->out, r->verb, 7);
    yg_text_cell(&x->out, r->object, 11);
    yg_text_cell(&x->out, r->subject, 20);
    yg_text_safe(&x->out, r->detail);
    yg_buf_char(&x->out, '\n');
}

static enum yg_status read_ask(struct trail *x, struct yg_trail_ask *ask, int64_t *limit,
                               struct yg_err *err)
{
    const struct yg_cli *cli = x->app.cli;
    int64_t before = 0;
    enum yg_status st = yg_cli_number(cli, "limit", 1, 1000000000, limit, err);

    if (st == YG_OK)
        st = yg_cli_number(cli, "before", 1, INT64_MAX, &before, err);
    ask->scope = &everybody;
    ask->before = (uint64_t)before;
    ask->until_ns = yg_cli_text(cli, "from", NULL) ? INT64_MAX : 0;
    ask->who = yg_str_of(yg_cli_text(cli, "who", ""));
    ask->verb = yg_str_of(yg_cli_text(cli, "verb", ""));
    ask->object = yg_str_of(yg_cli_text(cli, "object", ""));
    ask->subject = yg_str_of(yg_cli_text(cli, "subject", ""));
    ask->tenant = yg_str_of(yg_cli_text(cli, "tenant", ""));
    if (st == YG_OK)
        st = yg_cli_time(cli, "from", &ask->from_ns, err);
    return st == YG_OK ? yg_cli_time(cli, "until", &ask->until_ns, err) : st;
}

static enum yg_status list(struct trail *x, struct yg_err *err)
{
    struct yg_trail_ask ask = { .limit = 0 };
    struct yg_trail_row *row;
    int64_t limit = 50;
    size_t n = 1;
    enum yg_status st = read_ask(x, &ask, &limit, err);

    while (st == YG_OK && limit > 0 && n > 0) {
        struct yg_arena arena;
        yg_arena_init(&arena, (size_t)256 << 20);
        ask.limit = limit < YG_TRAIL_PAGE ? (size_t)limit : YG_TRAIL_PAGE;
        st = yg_trail_list(x->t, &ask, &arena, &row, &n, err);
        for (size_t i = 0; st == YG_OK && i < n; i++) {
            if (x->app.json)
                yg_json_trail_line(&row[i], &x->out);
            else
                text_row(x, &row[i]);
            ask.before = row[i].seq;
        }
        limit -= (int64_t)n;
        yg_arena_fini(&arena);
        if (st == YG_OK && yg_cli_print(&x->out) != YG_EXIT_OK)
            st = yg_err_set(err, YG_EIO, "not all was written");
        yg_buf_clear(&x->out);
    }
    return st;
}

/* ---- verify -------------------------------------------------------------------------
 */

static void tell_report(struct trail *x, const struct yg_trail_report *r)
{
    char hex[2 * YG_DIGEST_SIZE + 1], time[YG_TIME_TEXT_MAX];

    yg_hex(r->digest, YG_DIGEST_SIZE, hex);
    if (x->app.json) {
        struct yg_jsonw w = yg_jsonw_of(&x->out);
        yg_jsonw_open(&w, '{');
        yg_json_trail_report(&w, r);
        yg_jsonw_close(&w, '}');
        yg_buf_char(&x->out, '\n');
        return;
    }
    yg_buf_printf(&x->out,
                  "%llu rows follow from each other, %llu checkpoints are signed by this "
                  "server\n",
                  (unsigned long long)r->rows, (unsigned long long)r->checkpoints);
    if (r->after > 0)
        yg_buf_printf(&x->out,
                      "the last %llu came after the last signature%s%s: `yagura trail "
                      "checkpoint` signs them\n",
                      (unsigned long long)r->after, r->signed_ns ? " of " : "",
                      r->signed_ns ? yg_time_text(r->signed_ns, time) : "");
    if (r->unfinished > 0)
        yg_buf_printf(&x->out, "%llu acts were begun and have no end\n",
                      (unsigned long long)r->unfinished);
    yg_buf_printf(&x->out, "digest %s holds all of it: write it down elsewhere\n", hex);
}

static enum yg_status verify(struct trail *x, struct yg_err *err)
{
    unsigned char has[YG_DIGEST_SIZE];
    const char *text = yg_cli_text(x->app.cli, "has", NULL);
    struct yg_trail_report report;
    enum yg_status st = yg_app_store(&x->app, false, true, err);

    if (st == YG_OK && text && !yg_unhex(yg_str_of(text), has, sizeof(has)))
        return yg_err_set(err, YG_EINVAL,
                          "--has: 64 hex digits, as `verify` printed them");
    if (st == YG_OK)
        st = yg_acting_verify(&x->app, x->t, text ? has : NULL, &report, err);
    if (st != YG_OK)
        return st;
    tell_report(x, &report);
    if (text && !report.has)
        return yg_err_set(err, YG_ECORRUPT,
                          "no row has that digest: the trail was cut off and begun anew "
                          "before it, or the digest is of another store");
    return YG_OK;
}

static enum yg_status checkpoint(struct trail *x, struct yg_err *err)
{
    unsigned char key[YG_TRAIL_KEY], secret[YG_TRAIL_SECRET];
    bool made = false;
    enum yg_status st = yg_app_rows(&x->app, false, err);

    if (st == YG_OK)
        st = yg_app_keys(&x->app, key, secret, err);
    if (st == YG_OK)
        st = yg_trail_checkpoint(x->t, secret, true, &made, err);
    sodium_memzero(secret, sizeof(secret));
    if (st == YG_OK && !x->app.json)
        yg_buf_printf(&x->out, "%s\n",
                      made ? "signed" : "nothing came since it was signed");
    return st;
}

static const struct {
    const char *name;
    enum yg_status (*run)(struct trail *x, struct yg_err *err);
} verb[] = { { "list", list }, { "verify", verify }, { "checkpoint", checkpoint } };

static int run(struct yg_cli *cli)
{
    struct yg_err err = { 0 };
    struct trail x = { .t = NULL };
    const char *name = cli->arg_count > 0 ? cli->arg[0] : "list";
    size_t i = 0;
    enum yg_status st = yg_app_init(&x.app, cli, &err);

    yg_buf_init(&x.out, (size_t)256 << 20);
    while (i < YG_ARRAY_LEN(verb) && !yg_str_eq(yg_str_of(name), yg_str_of(verb[i].name)))
        i++;
    if (st == YG_OK && i == YG_ARRAY_LEN(verb))
        st = yg_err_set(&err, YG_EINVAL, "write `trail list`, `verify` or `checkpoint`");
    if (st == YG_OK && yg_acting_trail(&x.app, false, &x.t, &err) == YG_ENOTFOUND)
        st = yg_err_set(&err, YG_ENOTFOUND, "there is no trail yet: nobody did anything");
    else if (st == YG_OK && !x.t)
        st = err.status;
    if (st == YG_OK)
        st = verb[i].run(&x, &err);
    int status = yg_cli_print(&x.out);
    yg_trail_close(x.t);
    yg_buf_fini(&x.out);
    yg_app_fini(&x.app);
    return st == YG_OK ? status : yg_cli_fail(&err);
}

const struct yg_command yg_cmd_trail = {
    .name = "trail",
    .args = "[list|verify|checkpoint]",
    .summary = "who did what, in a record that shows tampering",
    .help =
        "list (the default): newest first; each act is two rows, what was begun and what "
        "came of it.\nverify: computes the whole chain of digests again and checks the "
        "daily signatures; the digest\nit prints, kept elsewhere, proves with --has that "
        "nothing before it was changed or cut off.\ncheckpoint: signs now what is there.",
    .opt = { { "who", "NAME", "of list: only by this one" },
             { "verb", "VERB", "of list: only this (judge, arm, create, ...)" },
             { "object", "THING", "of list: only about these (verdict, policy, ...)" },
             { "subject", "ID", "of list: only about this one" },
             { "tenant", "NAME", "of list: only of this tenant" },
             { "from", "TIME", "of list: from then on" },
             { "until", "TIME", "of list: before then" },
             { "limit", "N", "of list: how many (default: 50)" },
             { "before", "SEQ", "of list: rows before this one" },
             { "has", "DIGEST", "of verify: is this still one of its rows?" } },
    .max_args = 1,
    .run = run,
};
