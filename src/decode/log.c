/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The decoder of logs: who speaks, what does it say, what did the envelope say.
 *
 * Which dialect is asked depends on the record alone, never on those before it: batches
 * are decoded by several workers and in any order.
 */
#include "decode/log.h"

#include "decode/decoders.h"
#include "decode/log_json.h"
#include "decode/log_marks.h"
#include "decode/log_says.h"
#include "decode/log_signs.h"
#include "decode/state.h"
#include "event/ip.h"

#include <stdlib.h>

#define DIALECTS_MAX 160
#define APPS_MAX     1024
#define APP_SIZE     48 /* names longer than this are no program we know */
#define BY_APP       80 /* how sure a program's name is */
#define KNOWN        50 /* sure enough of a program to ask nobody else */
#define TRIES        3  /* dialects asked to read one record */
#define INNER_MAX    2  /* records one within another that are looked at */

struct app {
    struct yg_str name;
    uint16_t dialect;
};

struct yg_log {
    const struct yg_dialect *only; /* the format is this dialect; NULL: any */
    struct yg_log_signs *signs;
    struct yg_log_marks marks;
    struct yg_json_paths *paths[DIALECTS_MAX]; /* of JSON dialects that have spoken */
    const struct yg_json_hits *hits;           /* of the record in hand */
    struct yg_str inner;                       /* the record it carries; empty: none */
    struct yg_str via_time, via_host; /* as the input that wrapped it says; empty: not */
    size_t app_count, open_count, json_count;
    struct app app[APPS_MAX];    /* sorted by name */
    uint16_t open[DIALECTS_MAX]; /* those asked about every text */
    uint16_t json[DIALECTS_MAX];
};

const struct yg_dialect *yg_dialect_by_name(struct yg_str name)
{
    for (size_t k = 0; yg_dialects[k]; k++)
        if (yg_str_eq(name, yg_str_of(yg_dialects[k]->name)))
            return yg_dialects[k];
    return NULL;
}

const struct yg_json_hits *yg_log_hits(const struct yg_decode *d)
{
    return d->log->hits;
}

void yg_log_inner(struct yg_decode *d, struct yg_str text)
{
    d->log->inner = yg_str_trim(text);
}

/* ---- which dialect ---------------------------------------------------------------- */

static int by_name(const void *a, const void *b)
{
    const struct app *x = a, *y = b;
    int order = yg_str_cmp(x->name, y->name);

    return order ? order : (int)x->dialect - (int)y->dialect;
}

/* The program's name in lower case; false: too long. */
static bool lower_app(struct yg_str app, char out[APP_SIZE], struct yg_str *name)
{
    if (app.n == 0 || app.n > APP_SIZE)
        return false;
    for (size_t i = 0; i < app.n; i++)
        out[i] = (char)(app.p[i] >= 'A' && app.p[i] <= 'Z' ? app.p[i] | 0x20 : app.p[i]);
    *name = (struct yg_str){ out, app.n };
    return true;
}

/* The names under which a program may be listed: itself, what is before a slash or
 * bracket ("postfix/smtpd", "login(pam_unix)"), the last part of a path. */
static size_t names_of(struct yg_str app, struct yg_str out[3])
{
    const char *first = memchr(app.p, '/', app.n), *last = memrchr(app.p, '/', app.n);
    size_t n = 0;

    if (!first)
        first = memchr(app.p, '(', app.n);
    out[n++] = app;
    if (first && first > app.p)
        out[n++] = (struct yg_str){ app.p, (size_t)(first - app.p) };
    if (last && last + 1 < app.p + app.n)
        out[n++] = (struct yg_str){ last + 1, (size_t)(app.p + app.n - last - 1) };
    return n;
}

static bool listed(const char *apps, struct yg_str name)
{
    struct yg_str rest = yg_str_of(apps), word;

    while (yg_word(&rest, &word))
        if (yg_str_eq(word, name))
            return true;
    return false;
}

static bool speaks(const struct yg_dialect *dialect, struct yg_str app)
{
    char buffer[APP_SIZE];
    struct yg_str lower, name[3];

    if (!dialect->apps)
        return true;
    if (!lower_app(app, buffer, &lower))
        return false;
    for (size_t i = 0, n = names_of(lower, name); i < n; i++)
        if (listed(dialect->apps, name[i]))
            return true;
    return false;
}

static int text_match(const struct yg_dialect *dialect, const struct yg_logline *l)
{
    if (dialect->match)
        return dialect->match(l);
    return dialect->apps ? BY_APP : 0;
}

/* Are the last keys of the paths in the text, in quotes? */
static bool keys_in(struct yg_str text, struct yg_str alternative)
{
    struct yg_str path, value;

    while (yg_log_sign_next(&alternative, &path, &value)) {
        const char *dot = memrchr(path.p, '.', path.n);
        char key[80];
        if (dot)
            path = (struct yg_str){ dot + 1, (size_t)(path.p + path.n - dot - 1) };
        if (path.n > sizeof(key) - 2)
            return false;
        key[0] = '"';
        memcpy(key + 1, path.p, path.n);
        key[path.n + 1] = '"';
        if (!memmem(text.p, text.n, key, path.n + 2))
            return false;
    }
    return true;
}

int yg_dialect_match(const struct yg_dialect *dialect, const struct yg_logline *l)
{
    struct yg_str signs, one;

    if (!dialect->signs)
        return yg_dialect_marked(dialect, l->raw) && speaks(dialect, l->app)
                   ? text_match(dialect, l)
                   : 0;
    signs = yg_str_of(dialect->signs);
    while (l->json && yg_log_alternative(&signs, &one))
        if (keys_in(l->body, one))
            return 50;
    return 0;
}

struct choice {
    uint16_t dialect;
    int sure;
};

static void consider(struct choice best[TRIES], uint16_t dialect, int sure)
{
    for (size_t i = 0; i < TRIES; i++)
        if (sure > best[i].sure) {
            memmove(best + i + 1, best + i, (TRIES - 1 - i) * sizeof(*best));
            best[i] = (struct choice){ dialect, sure };
            return;
        }
}

static void consider_apps(const struct yg_log *g, const struct yg_logline *l,
                          struct choice best[TRIES])
{
    char buffer[APP_SIZE];
    struct yg_str lower, name[3];

    if (!lower_app(l->app, buffer, &lower))
        return;
    for (size_t i = 0, n = names_of(lower, name); i < n; i++) {
        size_t low = 0, high = g->app_count;
        while (low < high) {
            size_t mid = low + (high - low) / 2;
            if (yg_str_cmp(g->app[mid].name, name[i]) < 0)
                low = mid + 1;
            else
                high = mid;
        }
        for (; low < g->app_count && yg_str_eq(g->app[low].name, name[i]); low++)
            consider(best, g->app[low].dialect,
                     text_match(yg_dialects[g->app[low].dialect], l));
    }
}

/* Most sources never see JSON: the parser is made when it is first wanted. */
static bool has_parser(struct yg_decode *d)
{
    return d->json || yg_json_new(YG_RECORD_MAX, &d->json) == YG_OK;
}

/* True: it is a JSON object as a whole. */
static bool consider_json(struct yg_decode *d, const struct yg_logline *l,
                          struct choice best[TRIES])
{
    struct yg_log *g = d->log;
    const struct yg_json_hits *h;
    bool ok = has_parser(d) && yg_json_walk(d->json, yg_log_signs_paths(g->signs),
                                            l->body, &h) == YG_JSON_OK;

    if (ok && g->via_time.n == 0)
        yg_log_signs_via(g->signs, h, &g->via_time, &g->via_host);
    /* broken JSON, cut off by a relay perhaps, is still somebody's */
    for (size_t i = 0; i < g->json_count; i++)
        consider(best, g->json[i],
                 ok ? yg_log_signs_match(g->signs, g->json[i], h)
                    : yg_dialect_match(yg_dialects[g->json[i]], l));
    return ok;
}

static void consider_open(const struct yg_log *g, const struct yg_logline *l,
                          struct choice best[TRIES])
{
    bool seen[DIALECTS_MAX] = { false };

    yg_log_marks_find(&g->marks, l->raw, seen);
    for (size_t i = 0; i < g->open_count && best[0].sure < YG_LOG_CERTAIN; i++) {
        const struct yg_dialect *dialect = yg_dialects[g->open[i]];
        if (!dialect->marks || seen[g->open[i]])
            consider(best, g->open[i], dialect->match(l));
    }
}

/* What stands in the texts of a JSON object was written by anybody: a line of another
 * device in them does not make the object that device's record. */
static void choose(struct yg_decode *d, const struct yg_logline *l,
                   struct choice best[TRIES])
{
    bool object = false;

    if (l->app.n > 0)
        consider_apps(d->log, l, best);
    if (l->json && best[0].sure < YG_LOG_CERTAIN)
        object = consider_json(d, l, best);
    /* The text of a known program may hold what strangers made it write, the name of a
     * user that looks like another device's record: it is not asked about. The kernel's
     * is its own, and filters of packets write there. */
    if (!object && (best[0].sure < KNOWN || yg_is(l->app, "kernel")))
        consider_open(d->log, l, best);
}

/* ---- what it says ----------------------------------------------------------------- */

static enum yg_status compile(struct yg_decode *d, size_t k)
{
    const struct yg_dialect *dialect = yg_dialects[k];
    struct yg_json_want want[YG_JSON_SLOTS];
    size_t n = dialect->pick_count;

    YG_ASSERT(n + YG_LOG_ROOTS <= YG_JSON_SLOTS);
    for (size_t i = 0; i < n; i++)
        want[i] = (struct yg_json_want){ yg_str_of(dialect->pick[i].path), false };
    n = yg_log_roots(want, n);
    return yg_json_paths_new(want, n, true, &d->log->paths[k]);
}

static bool walk(struct yg_decode *d, struct yg_target *t, size_t k,
                 const struct yg_logline *l)
{
    struct yg_log *g = d->log;

    if (!has_parser(d) || (!g->paths[k] && compile(d, k) != YG_OK)) {
        yg_put_reason(t, YG_R_NO_ROOM);
        return false;
    }
    t->json = d->json;
    d->paths = g->paths[k]; /* borrowed for the walk */
    g->hits = yg_decode_walk(d, t, l->body);
    d->paths = NULL;
    return g->hits != NULL;
}

/* What the envelope says, where nothing else was said. */
static void fill_in(struct yg_target *t, const struct yg_dialect *dialect,
                    const struct yg_logline *l)
{
    bool own_file = dialect && dialect->no_host && l->app.n == 0;
    struct yg_str host = own_file ? YG_STR_NONE : l->host;

    if (!t->timed && l->timed)
        yg_put_time(t, l->time_ns, l->offset_min);
    YG_PUT(t, TEXT, OBSERVER_NAME, host);
    if (!dialect || dialect->on_host) {
        YG_PUT(t, TEXT, PROCESS_NAME, l->app);
        yg_say_put(t, 'N', l->pid);
    }
    if (dialect && dialect->on_host) {
        YG_PUT(t, TEXT, HOST_NAME, host);
        yg_log_ip(t, YG_F_HOST_IP, host);
    }
    if (!l->json)
        YG_PUT(t, TEXT, MESSAGE, l->body);
    if (!dialect)
        return;
    YG_PUT(t, TEXT, OBSERVER_PRODUCT, yg_str_of(dialect->product));
    if (t->e->kind == YG_KIND_ALERT)
        YG_PUT(t, TEXT, RULE_RULESET, yg_str_of(dialect->name));
    else
        YG_PUT(t, TEXT, EVENT_DATASET, yg_str_of(dialect->name));
}

/* As it was before a dialect was asked. */
static void forget(struct yg_target *t)
{
    memset(t->e->present, 0, sizeof(t->e->present));
    t->e->kind = YG_KIND_CONTEXT;
    t->e->device = YG_DEV_OTHER;
    t->e->reason = YG_R_NONE;
    t->timed = false;
}

/* True: it is settled, read or broken. */
static bool ask(struct yg_decode *d, struct yg_target *t, size_t k,
                const struct yg_logline *l)
{
    const struct yg_dialect *dialect = yg_dialects[k];
    bool ok;

    forget(t);
    t->e->device = dialect->device;
    d->log->hits = NULL;
    ok = (!dialect->pick || walk(d, t, k, l)) && dialect->read(d, t, l);
    if (!ok && t->e->reason == YG_R_NONE)
        return false;
    if (!ok)
        yg_decode_unread(d, t->e, (enum yg_reason)t->e->reason);
    fill_in(t, dialect, l);
    if (t->e->kind == YG_KIND_ALERT && !yg_event_has(t->e, YG_F_RULE_ID) &&
        !yg_event_has(t->e, YG_F_RULE_NAME))
        yg_decode_unread(d, t->e, YG_R_NO_SIGNATURE);
    return true;
}

static void unknown(struct yg_decode *d, struct yg_target *t, const struct yg_logline *l)
{
    forget(t);
    if (d->log->only)
        yg_decode_unread(d, t->e, YG_R_UNKNOWN_TYPE);
    yg_put_reason(t, YG_R_UNKNOWN_TYPE);
    fill_in(t, NULL, l);
}

/* True: a dialect read it. */
static bool settle(struct yg_decode *d, struct yg_target *t, const struct yg_logline *l)
{
    struct choice best[TRIES] = { { 0, 0 } };
    bool settled = false;

    if (!d->log->only)
        choose(d, l, best);
    else
        for (uint16_t k = 0; yg_dialects[k]; k++)
            if (yg_dialects[k] == d->log->only)
                consider(best, k, YG_LOG_CERTAIN);
    d->log->inner = YG_STR_NONE;
    for (size_t k = 0; k < TRIES && best[k].sure > 0 && !settled; k++)
        settled = ask(d, t, best[k].dialect, l);
    return settled;
}

/* What the carrier knows and the record within does not say. */
static void carry(struct yg_target *t, const struct yg_event *outer, bool timed)
{
    static const uint8_t field[] = { YG_F_OBSERVER_NAME, YG_F_HOST_NAME, YG_F_HOST_IP,
                                     YG_F_FILE_PATH };

    for (size_t i = 0; i < YG_ARRAY_LEN(field); i++)
        if (yg_event_has(outer, (enum yg_field)field[i]) &&
            !yg_event_has(t->e, (enum yg_field)field[i])) {
            t->e->value[field[i]] = outer->value[field[i]];
            yg_event_mark(t->e, (enum yg_field)field[i]);
        }
    if (!t->timed && timed)
        yg_put_time(t, outer->time_ns, outer->offset_min);
}

/* The record within, if a dialect knows it; else the carrier stays as it was read. */
static void look_inside(struct yg_decode *d, struct yg_target *t)
{
    struct yg_event outer = *t->e;
    const bool timed = t->timed;
    struct yg_logline l;

    yg_logline_of(d->log->inner, t->reference_ns, t->offset_min, &l);
    if (settle(d, t, &l) && t->e->reason == YG_R_NONE) {
        carry(t, &outer, timed);
    } else {
        *t->e = outer;
        t->timed = timed;
        d->log->inner = YG_STR_NONE;
    }
}

static void log_event(struct yg_decode *d, struct yg_batch *b, uint32_t i,
                      struct yg_event *e)
{
    struct yg_target t;
    struct yg_logline l;
    struct yg_str raw = yg_decode_start(d, b, i, e, &t);

    d->log->via_time = d->log->via_host = YG_STR_NONE;
    yg_logline_of(raw, t.reference_ns, t.offset_min, &l);
    if (!settle(d, &t, &l))
        unknown(d, &t, &l);
    else
        for (int depth = 0; depth < INNER_MAX && d->log->inner.n && !d->log->only;
             depth++)
            look_inside(d, &t);
    yg_log_when(&t, d->log->via_time);
    yg_put_text(&t, YG_AS_TEXT, YG_F_OBSERVER_NAME, d->log->via_host);
    yg_decode_finish(d, &t);
}

/* ---- set-up ----------------------------------------------------------------------- */

static void list_dialect(struct yg_log *g, uint16_t k)
{
    const struct yg_dialect *dialect = yg_dialects[k];
    struct yg_str rest = yg_str_of(dialect->apps), word;

    YG_ASSERT(k < DIALECTS_MAX);
    if (dialect->signs)
        g->json[g->json_count++] = k;
    else if (!dialect->apps)
        g->open[g->open_count++] = k;
    if (dialect->marks)
        yg_log_marks_add(&g->marks, k, dialect->marks);
    while (dialect->apps && yg_word(&rest, &word)) {
        YG_ASSERT(g->app_count < APPS_MAX);
        g->app[g->app_count++] = (struct app){ word, k };
    }
}

enum yg_status yg_log_init(struct yg_decode *d)
{
    struct yg_log *g = calloc(1, sizeof(*g));

    if (!g)
        return YG_ENOMEM;
    d->log = g;
    g->only = yg_dialect_by_name(d->source->format);
    for (uint16_t k = 0; yg_dialects[k]; k++)
        list_dialect(g, k);
    qsort(g->app, g->app_count, sizeof(g->app[0]), by_name);
    return yg_log_signs_new(&g->signs);
}

void yg_log_free(struct yg_log *g)
{
    if (!g)
        return;
    for (size_t k = 0; k < DIALECTS_MAX; k++)
        yg_json_paths_free(g->paths[k]);
    yg_log_signs_free(g->signs);
    free(g);
}

const struct yg_decoder yg_decoder_log = {
    .name = "log",
    .doc = "lines of any devices, syslog or not, each recognised for itself",
    .framing = YG_FRAME_LINES,
    .probe = yg_log_probe,
    .event = log_event,
};

const struct yg_decoder yg_decoder_log_json = {
    .name = "log-json",
    .doc = "the same for JSON that goes over several lines or is one array",
    .framing = YG_FRAME_JSON,
    .probe = yg_log_json_probe,
    .event = log_event,
};
