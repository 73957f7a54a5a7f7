/* SPDX-License-Identifier: Apache-2.0 */
/* yagura ask: the questions whose answers bring the certificate forward most. */
#include "base/jsonw.h"
#include "base/risk.h"
#include "event/ip.h"
#include "pipeline/aside.h"
#include "pipeline/asking.h"
#include "pipeline/question.h"
#include "pipeline/recall.h"
#include "yagura/app.h"
#include "yagura/commands.h"
#include "yagura/text.h"

#include <stdlib.h>

#define ASIDE_MAX ((size_t)16 << 20) /* alerts that wait for a blind verdict */

/* A question with what an analyst needs to see of it. */
struct item {
    struct yg_group g;
    struct yg_question q;
    unsigned char *ids;
    struct yg_str signature, source, destination, host, device;
    struct yg_str raw, raw_far; /* with --raw */
    uint64_t port;
    uint32_t tenant; /* number */
    bool spare;
};

struct ask {
    struct yg_app app;
    struct yg_modelpack *pack; /* NULL: none yet */
    struct item *v;
    size_t n, size;
    size_t want;
    uint64_t seed, alerts; /* of all tenants asked about */
    uint32_t tenants;
    bool plain;
};

static void item_fini(struct item *i)
{
    free(i->ids);
    i->ids = NULL;
}

static enum yg_status keep(struct ask *a, const struct yg_corpus_tenant *t,
                           const struct yg_groups *g, size_t k, struct yg_err *err)
{
    if (a->n == a->size) {
        size_t size = a->size ? 2 * a->size : 256;
        struct item *v = realloc(a->v, size * sizeof(*v));
        if (!v)
            return yg_err_set(err, YG_ENOMEM, "no memory for %zu questions", size);
        a->v = v;
        a->size = size;
    }
    struct item *i = &a->v[a->n];
    size_t count =
        g->v[k].count < YG_QUESTION_ALERTS ? g->v[k].count : YG_QUESTION_ALERTS;
    *i = (struct item){ .g = g->v[k], .ids = malloc(count * YG_ID_SIZE + 1) };
    i->q.tenant = yg_arena_str(&a->app.arena, t->name);
    if (!i->ids || !i->q.tenant.p) {
        item_fini(i);
        return yg_err_set(err, YG_ENOMEM, "no memory for the questions");
    }
    for (size_t m = 0; m < count; m++)
        memcpy(i->ids + m * YG_ID_SIZE, t->record[g->member[g->v[k].first + m]].id,
               YG_ID_SIZE);
    i->q.alert = i->ids;
    i->q.count = count;
    i->q.own = i->g.own;
    i->tenant = a->tenants;
    i->q.asked_ns = yg_clock_now(&a->app.clock);
    a->n++;
    return YG_OK;
}

static enum yg_status ask_tenant(struct ask *a, struct yg_str name, struct yg_err *err)
{
    struct yg_corpus_options opt = { .workers = a->app.workers,
                                     .tenant = &name,
                                     .tenant_count = 1 };
    struct yg_corpus c = { 0 };
    struct yg_map aside;
    struct yg_groups g = { 0 };

    yg_map_init(&aside, ASIDE_MAX);
    enum yg_status st = yg_app_corpus(&a->app, &opt, &c, err);
    if (st == YG_OK)
        st = yg_aside_all(a->app.store, name, &aside, err);
    const struct yg_groups_ask ask = { .corpus = &c,
                                       .pack = a->pack,
                                       .aside = &aside,
                                       .context_memory = a->app.config.context_memory,
                                       .want = a->want,
                                       .plain = a->plain,
                                       .seed = a->seed };
    if (st == YG_OK)
        st = yg_groups_of(&ask, &g, err);
    for (size_t k = 0; st == YG_OK && k < g.n; k++)
        st = keep(a, &c.tenant[0], &g, k, err);
    a->tenants++;
    if (c.tenant)
        a->alerts += c.tenant[0].alerts;
    yg_groups_fini(&g);
    yg_map_fini(&aside);
    yg_corpus_free(&c);
    return st;
}

static int by_gain(const void *x, const void *y)
{
    const struct item *a = x, *b = y;

    if (a->spare != b->spare)
        return a->spare ? 1 : -1;
    if (a->g.random != b->g.random)
        return a->g.random ? 1 : -1;
    if (a->g.gain != b->g.gain)
        return a->g.gain > b->g.gain ? -1 : 1;
    return memcmp(a->g.id, b->g.id, YG_ID_SIZE);
}

static int by_time(const void *x, const void *y)
{
    const struct item *a = x, *b = y;

    if (a->g.first_ns != b->g.first_ns)
        return a->g.first_ns < b->g.first_ns ? -1 : 1;
    return memcmp(a->g.id, b->g.id, YG_ID_SIZE);
}

/* What is worth asking among the questions of all; the rest is dropped. */
static enum yg_status balance(struct ask *a, struct yg_err *err)
{
    struct yg_asking *v = calloc(a->n + 1, sizeof(*v));
    enum yg_status st = v ? YG_OK : YG_ENOMEM;

    for (size_t i = 0; v && i < a->n; i++)
        v[i] = (struct yg_asking){ .g = &a->v[i].g, .tenant = a->v[i].tenant };
    if (st == YG_OK && !a->plain)
        st = yg_asking_balance(v, a->n);
    for (size_t i = 0; v && i < a->n; i++)
        a->v[i].spare = v[i].spare;
    free(v);
    return st == YG_OK ? st : yg_err_set(err, st, "no memory for the questions");
}

/* The best of all tenants, every fifth a random one; the others are dropped. */
static enum yg_status choose(struct ask *a, struct yg_err *err)
{
    size_t groups = 0, n = 0, i = 0;
    struct item *out = calloc(a->want + 1, sizeof(*out));
    enum yg_status st = balance(a, err);

    if (st != YG_OK || !out) {
        free(out);
        return st != YG_OK ? st
                           : yg_err_set(err, YG_ENOMEM, "no memory for the questions");
    }
    qsort(a->v, a->n, sizeof(*a->v), a->plain ? by_time : by_gain);
    while (a->n > 0 && a->v[a->n - 1].spare)
        item_fini(&a->v[--a->n]);
    while (groups < a->n && !a->v[groups].g.random)
        groups++;
    size_t r = groups;
    while (n < a->want && (i < groups || r < a->n)) {
        bool random = r < a->n && (i == groups || n % YG_ASK_RANDOM == YG_ASK_RANDOM - 1);
        out[n++] = random ? a->v[r++] : a->v[i++];
    }
    for (; i < groups; i++)
        item_fini(&a->v[i]);
    for (; r < a->n; r++)
        item_fini(&a->v[r]);
    free(a->v);
    a->v = out;
    a->n = n;
    a->size = a->want + 1;
    return YG_OK;
}

struct face {
    struct ask *ask;
    struct item *item;
};

static enum yg_status look(void *arg, const struct yg_batch *b, const struct yg_event *e,
                           struct yg_err *err)
{
    struct face *f = arg;
    struct item *i = f->item;
    struct yg_arena *arena = &f->ask->app.arena;
    char text[YG_IP_TEXT_MAX];
    const struct {
        enum yg_field field;
        struct yg_str *to;
    } field[] = { { YG_F_RULE_NAME, &i->signature },
                  { YG_F_HOST_NAME, &i->host },
                  { YG_F_SOURCE_IP, &i->source },
                  { YG_F_DESTINATION_IP, &i->destination } };

    for (size_t k = 0; k < YG_ARRAY_LEN(field); k++) {
        struct yg_str s = yg_event_str(b, e, field[k].field);
        if (s.n > 0 && yg_field_info[field[k].field].type == YG_T_IP)
            s = yg_str_of(yg_ip_text((const unsigned char *)s.p, text));
        if (s.n == 0)
            continue;
        *field[k].to = yg_arena_str(arena, s);
        if (!field[k].to->p)
            return yg_err_set(err, YG_ENOMEM, "no memory for the questions");
    }
    if (e->reason != YG_R_NONE)
        i->signature = yg_str_of(yg_reason_name(e->reason));
    if (yg_event_has(e, YG_F_DESTINATION_PORT))
        i->port = e->value[YG_F_DESTINATION_PORT].u;
    i->device = yg_str_of(yg_device_name(e->device));
    return YG_OK;
}

static enum yg_status fetch(struct ask *a, const unsigned char id[YG_ID_SIZE],
                            struct yg_store_record *rec, struct yg_err *err)
{
    struct yg_str tenant;
    char hex[2 * YG_ID_SIZE + 1];

    yg_hex(id, YG_ID_SIZE, hex);
    return yg_store_get(a->app.store, yg_str_of(hex), &a->app.arena, rec, &tenant, err);
}

/* Who and what: read from the alert that stands for it. */
static enum yg_status faces(struct ask *a, struct yg_err *err)
{
    bool brief = yg_cli_flag(a->app.cli, "brief"), raw = yg_cli_flag(a->app.cli, "raw");
    enum yg_status st = YG_OK;

    for (size_t k = 0; st == YG_OK && k < a->n && (raw || !brief); k++) {
        struct item *i = &a->v[k];
        struct face f = { .ask = a, .item = i };
        struct yg_store_record rec, far;
        st = fetch(a, i->g.show, &rec, err);
        if (st == YG_OK && !brief)
            st = yg_recall(a->app.store, &rec, look, &f, err);
        if (st == YG_OK && raw) {
            i->raw = rec.raw;
            st = fetch(a, i->g.far, &far, err);
            i->raw_far = st == YG_OK ? far.raw : YG_STR_NONE;
        }
    }
    return st;
}

/* Frozen: an answer goes to what is listed now. */
static enum yg_status freeze(struct ask *a, struct yg_err *err)
{
    struct yg_question *q = calloc(a->n + 1, sizeof(*q));
    enum yg_status st = q ? yg_app_rows(&a->app, true, err)
                          : yg_err_set(err, YG_ENOMEM, "no memory for the questions");

    for (size_t i = 0; i < a->n && q; i++)
        q[i] = a->v[i].q;
    if (st == YG_OK)
        st = yg_questions_put(a->app.store, q, a->n, err);
    if (st == YG_OK)
        st = yg_store_commit(a->app.store, err);
    for (size_t i = 0; st == YG_OK && i < a->n; i++)
        a->v[i].q = q[i];
    free(q);
    return st;
}

static void json_item(const struct ask *a, const struct item *i, struct yg_jsonw *w)
{
    const struct yg_group *g = &i->g;
    char hex[2 * YG_ID_SIZE + 1], time[YG_TIME_TEXT_MAX];

    yg_jsonw_open(w, '{');
    yg_hex(i->q.id, YG_ID_SIZE, hex);
    yg_jsonw_kcstr(w, "question", hex);
    yg_jsonw_kstr(w, "tenant", i->q.tenant);
    yg_jsonw_kbool(w, "own", g->own);
    yg_jsonw_kbool(w, "random", g->random);
    if (i->signature.n > 0) {
        yg_jsonw_kstr(w, "rule.name", i->signature);
        yg_jsonw_kstr(w, "source.ip", i->source);
        yg_jsonw_kstr(w, "destination.ip", i->destination);
        yg_jsonw_ku64(w, "destination.port", i->port);
        yg_jsonw_kstr(w, "host.name", i->host);
        yg_jsonw_kstr(w, "observer.type", i->device);
    }
    yg_jsonw_ku64(w, "alerts", i->q.count);
    yg_jsonw_ku64(w, "runs", g->runs);
    yg_jsonw_ku64(w, "hosts", g->hosts);
    yg_jsonw_ku64(w, "days", g->days);
    yg_jsonw_kcstr(w, "first", yg_time_text(g->first_ns, time));
    yg_jsonw_kcstr(w, "last", yg_time_text(g->last_ns, time));
    yg_jsonw_kf64(w, "spread", (double)g->spread);
    yg_hex(g->show, YG_ID_SIZE, hex);
    yg_jsonw_kcstr(w, "look_at", hex);
    yg_hex(g->far, YG_ID_SIZE, hex);
    yg_jsonw_kcstr(w, "farthest", hex);
    if (i->raw.n > 0) {
        yg_jsonw_kstr(w, "look_at_raw", i->raw);
        yg_jsonw_kstr(w, "farthest_raw", i->raw_far);
    }
    if (!g->own) { /* those are judged without the score */
        yg_jsonw_ku64(w, "judged_alike", g->judged);
        yg_jsonw_kf64(w, "gain", g->gain);
        if (a->pack) {
            yg_jsonw_kcstr(w, "predicted", yg_level_name(g->predicted));
            yg_jsonw_kf64(w, "risk_low", yg_risk_prob(g->risk_low));
            yg_jsonw_kf64(w, "risk_high", yg_risk_prob(g->risk_high));
        }
    }
    yg_jsonw_close(w, '}');
}

static void cell(struct yg_buf *out, const char *before, struct yg_str s)
{
    if (s.n == 0)
        return;
    yg_buf_printf(out, "%s", before);
    yg_text_safe(out, s);
}

static void text_head(struct yg_buf *out, size_t number, const struct item *i)
{
    cell(out, "", i->signature.n ? i->signature : YG_STR("(not decoded)"));
    yg_buf_printf(out, "\n   %zu. ", number);
    cell(out, "", i->q.tenant);
    cell(out, ": ", i->device);
    cell(out, " saw ", i->source);
    cell(out, " -> ", i->destination);
    if (i->port)
        yg_buf_printf(out, " port %llu", (unsigned long long)i->port);
    cell(out, ", host ", i->host);
    yg_buf_char(out, '\n');
}

static void text_item(const struct ask *a, struct yg_buf *out, size_t number)
{
    const struct item *i = &a->v[number];
    const struct yg_group *g = &i->g;
    char hex[2 * YG_ID_SIZE + 1], first[YG_TIME_TEXT_MAX], last[YG_TIME_TEXT_MAX];

    text_head(out, number + 1, i);
    yg_time_text(g->first_ns, first);
    yg_time_text(g->last_ns, last);
    yg_buf_printf(
        out,
        "      stands for %zu alerts: %llu runs, %llu hosts, %llu days, %.16s to "
        "%.16s\n",
        i->q.count, (unsigned long long)g->runs, (unsigned long long)g->hosts,
        (unsigned long long)g->days, first, last);
    if (g->own)
        yg_buf_printf(out, "      %s: judge this run on its own, without the score\n",
                      g->random ? "drawn at random" : "its signature lacks verdicts");
    else if (a->pack)
        yg_buf_printf(out,
                      "      model: %s, risk %.2g to %.2g; %llu such runs were judged\n",
                      yg_level_name(g->predicted), yg_risk_prob(g->risk_low),
                      yg_risk_prob(g->risk_high), (unsigned long long)g->judged);
    yg_hex(g->show, YG_ID_SIZE, hex);
    yg_buf_printf(out, "      look at:  yagura explain %.16s --alert\n", hex);
    if (memcmp(g->show, g->far, YG_ID_SIZE) != 0) {
        yg_hex(g->far, YG_ID_SIZE, hex);
        yg_buf_printf(out,
                      "      farthest: yagura explain %.16s --alert   (%.0f %% apart)\n",
                      hex, (double)g->spread * 100.0);
    }
    yg_hex(i->q.id, YG_ID_SIZE, hex);
    yg_buf_printf(out, "      answer:   yagura verdict %.12s FP|L1|L2|L3|L4 --group\n\n",
                  hex);
}

static int print_result(struct ask *a)
{
    struct yg_buf out;
    uint64_t covered = 0;

    yg_buf_init(&out, (size_t)256 << 20);
    for (size_t i = 0; i < a->n; i++)
        covered += a->v[i].q.count;
    if (a->app.json) {
        struct yg_jsonw w = yg_jsonw_of(&out);
        yg_jsonw_open(&w, '{');
        yg_jsonw_ku64(&w, "alerts", a->alerts);
        yg_jsonw_ku64(&w, "asked", covered);
        yg_jsonw_kbool(&w, "model", a->pack != NULL);
        yg_jsonw_key(&w, "questions");
        yg_jsonw_open(&w, '[');
        for (size_t i = 0; i < a->n; i++)
            json_item(a, &a->v[i], &w);
        yg_jsonw_close(&w, ']');
        yg_jsonw_close(&w, '}');
        yg_buf_char(&out, '\n');
    } else {
        for (size_t i = 0; i < a->n; i++)
            text_item(a, &out, i);
        yg_buf_printf(&out,
                      "%zu questions about %llu of %llu alerts%s. Where the two members "
                      "differ, judge the\nruns on their own instead: yagura verdict ID "
                      "LEVEL.\n",
                      a->n, (unsigned long long)covered, (unsigned long long)a->alerts,
                      a->pack ? "" : " (no model yet: grouped by shape)");
    }
    int st = yg_cli_print(&out);
    yg_buf_fini(&out);
    return st;
}

static enum yg_status options(struct ask *a, struct yg_err *err)
{
    int64_t n = 10, seed = 1;
    enum yg_status st = yg_cli_number(a->app.cli, "n", 1, YG_QUESTIONS_MAX, &n, err);

    if (st == YG_OK)
        st = yg_cli_number(a->app.cli, "seed", 0, INT64_MAX, &seed, err);
    a->want = (size_t)n;
    a->seed = (uint64_t)seed;
    a->plain = yg_cli_flag(a->app.cli, "plain");
    if (st == YG_OK)
        st = yg_app_store(&a->app, false, true, err);
    if (st != YG_OK || yg_cli_flag(a->app.cli, "no-model"))
        return st;
    st = yg_app_model(&a->app, &a->pack, err);
    return st == YG_ENOTFOUND && !yg_cli_text(a->app.cli, "model", NULL) ? YG_OK : st;
}

static enum yg_status ask_all(struct ask *a, struct yg_err *err)
{
    struct yg_store_tenant *t;
    size_t n;
    const char *name = yg_cli_text(a->app.cli, "tenant", NULL);
    enum yg_status st = yg_store_tenants(a->app.store, &a->app.arena, &t, &n, err);

    if (st == YG_OK && name)
        return ask_tenant(a, yg_str_of(name), err);
    for (size_t i = 0; st == YG_OK && i < n; i++)
        st = ask_tenant(a, t[i].name, err);
    return st;
}

static int run(struct yg_cli *cli)
{
    struct yg_err err = { 0 };
    struct ask a = { 0 };
    enum yg_status st = yg_app_init(&a.app, cli, &err);

    if (st == YG_OK)
        st = options(&a, &err);
    if (st == YG_OK)
        st = ask_all(&a, &err);
    if (st == YG_OK)
        st = choose(&a, &err);
    if (st == YG_OK)
        st = faces(&a, &err);
    if (st == YG_OK)
        st = freeze(&a, &err);
    int exit_status = st == YG_OK ? print_result(&a) : yg_cli_fail(&err);
    for (size_t i = 0; i < a.n; i++)
        item_fini(&a.v[i]);
    free(a.v);
    yg_modelpack_free(a.pack);
    yg_app_fini(&a.app);
    return exit_status;
}

const struct yg_command yg_cmd_ask = {
    .name = "ask",
    .args = "",
    .summary = "which verdicts are wanted most: one answer for many alike alerts",
    .help =
        "Lists groups of alike alerts that nobody judged, those first whose verdict "
        "brings "
        "the\ncertificate forward most. Look at the two members shown, then answer with "
        "`yagura\nverdict QUESTION LEVEL --group`: every alert listed gets the verdict, "
        "and `undo` takes it\nback as a whole. Every fifth question is a single run "
        "drawn "
        "at random, to be judged on\nits own. Works without a model, too. Runs that the "
        "audit drew are not among them.",
    .opt = { { "tenant", "NAME", "of this tenant only" },
             { "n", "N", "how many questions (default: 10)" },
             { "model", "FILE", "model file (default: the store's, if there is one)" },
             { "no-model", NULL, "group by shape even if there is a model" },
             { "brief", NULL, "ids and counts only: no alert is decoded" },
             { "raw", NULL, "with --json: the raw records of the two members, too" },
             { "plain", NULL, "runs one by one in order of time, to compare with" },
             { "seed", "N", "of the draw (default: 1)" } },
    .run = run,
};
