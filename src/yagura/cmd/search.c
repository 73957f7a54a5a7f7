/* SPDX-License-Identifier: Apache-2.0 */
/* yagura search: the alerts and logs that a query asks for, newest first. */
#include "api/search.h"
#include "api/say_alert.h"
#include "base/log.h"
#include "yagura/app.h"
#include "yagura/commands.h"
#include "yagura/text.h"

#include <stdio.h>

#define PIECE_MAX ((size_t)64 << 20)

struct search {
    struct yg_app app;
    struct yg_buf out, text;
    const struct yg_query *query;
    struct yg_search_ask ask;
    enum yg_field field[YG_SEARCH_FIELDS];
    uint64_t told, damaged;
};

static void json_line(struct search *s, const struct yg_search_hit *h)
{
    struct yg_jsonw w = yg_jsonw_of(&s->out);

    yg_say_alert_hit(&w, h, s->ask.field, s->ask.fields);
    yg_buf_char(&s->out, '\n');
}

static struct yg_str first(struct yg_str a, struct yg_str b)
{
    return a.n > 0 ? a : b;
}

static void usual_cells(struct search *s, const struct yg_search_hit *h)
{
    struct yg_str from = first(h->field[2], h->field[5]);
    struct yg_str to = first(h->field[3], h->field[4]);

    yg_text_cell(&s->out, from, 16);
    yg_text_cell(&s->out, to, 16);
    yg_text_cell(&s->out, first(h->field[0], first(h->field[1], h->field[6])), 70);
}

static void text_line(struct search *s, const struct yg_search_hit *h)
{
    char hex[2 * YG_ID_SIZE + 1], time[YG_TIME_TEXT_MAX];

    yg_hex(h->id, YG_ID_SIZE, hex);
    yg_buf_printf(
        &s->out, "%.10s  %.19s %-4s %-4s ", hex, yg_time_text(h->time_ns, time),
        yg_level_name(h->verdict),
        h->blind || h->decision == YG_DECISION_NONE ? "-" : yg_level_name(h->predicted));
    yg_text_cell(&s->out, h->tenant, 12);
    if (s->ask.field == yg_search_usual)
        usual_cells(s, h);
    for (size_t i = 0; s->ask.field != yg_search_usual && i < s->ask.fields; i++)
        yg_text_cell(&s->out, h->field[i], i + 1 < s->ask.fields ? 24 : 70);
    yg_buf_char(&s->out, '\n');
}

static void head(struct search *s)
{
    yg_buf_printf(&s->out, "%-10s  %-19s %-4s %-4s %-12s ", "id", "time (UTC)", "said",
                  "as", "tenant");
    if (s->ask.field == yg_search_usual)
        yg_buf_printf(&s->out, "%-16s %-16s %s", "from", "to", "signature or message");
    for (size_t i = 0; s->ask.field != yg_search_usual && i < s->ask.fields; i++)
        yg_text_cell(&s->out, yg_str_of(yg_field_info[s->ask.field[i]].name),
                     i + 1 < s->ask.fields ? 24 : 70);
    yg_buf_char(&s->out, '\n');
}

static enum yg_status flush(struct search *s, struct yg_err *err)
{
    bool good = yg_buf_status(&s->out) == YG_OK && yg_cli_print(&s->out) == YG_EXIT_OK;

    yg_buf_clear(&s->out);
    return good ? YG_OK : yg_err_set(err, YG_EIO, "not all was written");
}

/* Where to go on, for the next call. */
static void tell_more(const struct search *s, const struct yg_search_page *page)
{
    char place[YG_SEARCH_PLACE_TEXT], time[YG_TIME_TEXT_MAX];

    if (!page->more || s->app.json)
        return;
    yg_search_place_text(&page->last, place);
    yg_log(YG_LOG_INFO, "searched back to %s; go on with --after %s",
           yg_time_text(page->last.time_ns, time), place);
}

static enum yg_status pages(struct search *s, int64_t limit, struct yg_err *err)
{
    struct yg_search_page page = { .more = true };
    enum yg_status st = YG_OK;

    while (st == YG_OK && page.more && !page.early && s->told < (uint64_t)limit) {
        struct yg_arena arena;
        uint64_t rest = (uint64_t)limit - s->told;
        s->ask.limit = rest < YG_SEARCH_PAGE ? (size_t)rest : YG_SEARCH_PAGE;
        yg_arena_init(&arena, (size_t)256 << 20);
        st = yg_search(s->app.store, &s->ask, &arena, &page, err);
        for (size_t i = 0; st == YG_OK && i < page.count; i++) {
            if (s->app.json)
                json_line(s, &page.hit[i]);
            else
                text_line(s, &page.hit[i]);
        }
        s->told += st == YG_OK ? page.count : 0;
        s->damaged += st == YG_OK ? page.damaged : 0;
        s->ask.go_on = true;
        s->ask.after = page.last;
        if (st == YG_OK)
            st = flush(s, err);
        yg_arena_fini(&arena);
    }
    if (st == YG_OK)
        tell_more(s, &page);
    return st;
}

static enum yg_status fields(struct search *s, struct yg_err *err)
{
    struct yg_str *name = NULL;
    const char *text = yg_cli_text(s->app.cli, "fields", NULL);
    enum yg_status st;

    s->ask.field = yg_search_usual;
    s->ask.fields = YG_SEARCH_USUAL;
    if (!text)
        return YG_OK;
    st = yg_app_names(&s->app, text, &name, &s->ask.fields, err);
    if (st == YG_OK && s->ask.fields > YG_SEARCH_FIELDS)
        return yg_err_set(err, YG_ELIMIT, "--fields: at most %d", YG_SEARCH_FIELDS);
    for (size_t i = 0; st == YG_OK && i < s->ask.fields; i++) {
        int f = yg_field_by_name(name[i]);
        if (f < 0)
            return yg_err_set(err, YG_EINVAL,
                              "--fields: no field \"%.*s\"; --names lists them",
                              YG_STR_ARG(name[i]));
        s->field[i] = (enum yg_field)f;
    }
    s->ask.field = s->field;
    return st;
}

/* The words of the command line as one query. */
static enum yg_status query(struct search *s, struct yg_err *err)
{
    const struct yg_cli *cli = s->app.cli;
    struct yg_query_clock clock = { .now_ns = yg_clock_now(&s->app.clock) };
    char said[600];

    for (int i = 0; i < cli->arg_count; i++) {
        if (i > 0)
            yg_buf_char(&s->text, ' ');
        yg_buf_str_add(&s->text, yg_str_of(cli->arg[i]));
    }
    if (yg_buf_status(&s->text) != YG_OK)
        return yg_err_set(err, YG_ELIMIT, "the query is too long");
    enum yg_status st =
        yg_query_parse(&s->app.arena, yg_buf_str(&s->text), clock, &s->query, err);
    if (st != YG_OK && err->column > 0) {
        snprintf(said, sizeof(said), "%s", err->msg);
        yg_err_set(err, st, "in the query, at letter %d: %s", err->column, said);
        err->column = 0;
    }
    return st;
}

/* What was asked for may have been let go: not to find it says nothing then. */
static enum yg_status tell_gone(struct search *s, struct yg_str tenant,
                                struct yg_err *err)
{
    struct yg_forgotten *gone = NULL;
    struct yg_query_bounds bounds;
    char time[YG_TIME_TEXT_MAX];
    size_t n = 0;
    enum yg_status st = yg_store_forgotten(s->app.store, &s->app.arena, &gone, &n, err);

    yg_query_bounds(s->query, &bounds);
    for (size_t i = 0; st == YG_OK && i < n; i++)
        if ((tenant.n == 0 || yg_str_eq(tenant, gone[i].tenant)) &&
            bounds.from_ns <= gone[i].until_ns)
            yg_log(YG_LOG_INFO, "records of %.*s up to %.19s are gone, as its limit says",
                   YG_STR_ARG(gone[i].tenant), yg_time_text(gone[i].until_ns, time));
    return st;
}

static enum yg_status find(struct search *s, struct yg_err *err)
{
    const struct yg_cli *cli = s->app.cli;
    struct yg_str tenant = yg_str_of(yg_cli_text(cli, "tenant", ""));
    const char *after = yg_cli_text(cli, "after", NULL);
    int64_t limit = 50, seconds = 0;
    enum yg_status st = yg_cli_number(cli, "limit", 1, 100000000, &limit, err);

    if (st == YG_OK)
        st = yg_cli_number(cli, "seconds", 1, 86400, &seconds, err);
    s->ask.all = tenant.n == 0;
    s->ask.tenant = &tenant;
    s->ask.tenants = tenant.n > 0;
    s->ask.seconds = (double)seconds;
    s->ask.workers = s->app.workers;
    s->ask.go_on = after != NULL;
    if (st == YG_OK && after && !yg_search_place_of(yg_str_of(after), &s->ask.after))
        st = yg_err_set(err, YG_EINVAL, "--after: not a place that `yagura search` told");
    if (st == YG_OK)
        st = fields(s, err);
    if (st == YG_OK)
        st = query(s, err);
    if (st == YG_OK)
        st = yg_app_store(&s->app, false, true, err);
    if (st == YG_OK && tenant.n > 0)
        st = yg_app_known_tenant(&s->app, tenant, err);
    if (st != YG_OK)
        return st;
    s->ask.query = s->query;
    if (!s->app.json)
        head(s);
    st = pages(s, limit, err);
    if (st == YG_OK)
        st = tell_gone(s, tenant, err);
    if (st == YG_OK && s->damaged > 0)
        st = yg_err_set(err, YG_ECORRUPT,
                        "%llu blocks are damaged and left out; see yagura doctor",
                        (unsigned long long)s->damaged);
    return st;
}

static void name_line(void *arg, const char *name, const char *doc, const char *of)
{
    struct yg_buf *out = arg;

    if (of)
        yg_buf_printf(out, "%-28s short for %s\n", name, of);
    else
        yg_buf_printf(out, "%-28s %s\n", name, doc);
}

static int run(struct yg_cli *cli)
{
    struct yg_err err = { 0 };
    struct search s = { .told = 0 };
    enum yg_status st = yg_app_init(&s.app, cli, &err);

    yg_buf_init(&s.out, PIECE_MAX);
    yg_buf_init(&s.text, 2 * YG_QUERY_BYTES);
    if (st == YG_OK && yg_cli_flag(cli, "names")) {
        yg_query_each_name(name_line, &s.out);
        st = flush(&s, &err);
    } else if (st == YG_OK) {
        st = find(&s, &err);
    }
    yg_buf_fini(&s.text);
    yg_buf_fini(&s.out);
    yg_app_fini(&s.app);
    return st == YG_OK ? YG_EXIT_OK : yg_cli_fail(&err);
}

const struct yg_command yg_cmd_search = {
    .name = "search",
    .args = "QUERY...",
    .summary = "find alerts and logs in history, newest first",
    .help =
        "A query is terms, all of which hold: field:value, field:>=value, field:[a to "
        "b],\n"
        "field:(a or b), field:*, or a text or address anywhere; joined by and, or, not "
        "(-)\n"
        "and brackets. * and ? are wildcards; texts with blanks stand in double quotes.\n"
        "  src:10.0.0.0/8 and not signature:\"ET SCAN\" and time:>=now-2h\n"
        "  user:(alice or bob*) verdict:>=L3 203.0.113.7\n"
        "docs/search.md tells all; --names lists the fields. It ends when it has "
        "--limit\n"
        "matches; so the newest are quick to find whatever the history's size.",
    .opt = { { "tenant", "NAME", "only this one's (default: all)" },
             { "limit", "N", "how many (default: 50)" },
             { "fields", "NAMES", "what is told of each, comma between" },
             { "after", "PLACE", "go on behind what an earlier search told last" },
             { "seconds", "N",
               "look no longer than this and tell how far (default: on)" },
             { "names", NULL, "list the fields that a query may name" } },
    .min_args = 0,
    .max_args = -1,
    .run = run,
};
