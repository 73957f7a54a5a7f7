/* SPDX-License-Identifier: Apache-2.0 */
/* yagura import-verdicts: what people decided elsewhere, as verdicts on stored alerts. */
#include "base/jsonw.h"
#include "base/text.h"
#include "conf/textfile.h"
#include "pipeline/boxed.h"
#include "pipeline/matchup.h"
#include "pipeline/settle.h"
#include "yagura/app.h"
#include "yagura/commands.h"

#include <string.h>

#define RECORDS_MAX ((size_t)256 << 20) /* bytes of one export taken apart */
#define MAPS_MAX    32
#define SHOWN_MAX   20

/* What became of a row; name, what a person reads. */
#define OUTCOMES(X)                                                                      \
    X(GIVEN, "given", "verdicts given")                                                  \
    X(SAME, "same", "verdicts that were there already")                                  \
    X(KEPT, "kept", "not given: a person judged the alert here")                         \
    X(OPEN, "open", "not judged by anybody yet")                                         \
    X(UNCERTAIN, "uncertain", "words that do not say what it was (see --map)")           \
    X(AUTOMATIC, "automatic", "closed by a rule or a program: never learned from")       \
    X(UNREADABLE, "unreadable", "rows that could not be read")                           \
    X(VAGUE, "vague", "rows without an id, or a time and a signature or source")         \
    X(NONE, "unmatched", "rows that fit no stored alert")                                \
    X(SEVERAL, "ambiguous", "rows that fit several stored alerts")
enum outcome {
#define X(id, name, text) O_##id,
    OUTCOMES(X)
#undef X
        O_COUNT
};
static const struct {
    const char *name, *text;
} outcome_info[O_COUNT] = {
#define X(id, name, text) { name, text },
    OUTCOMES(X)
#undef X
};

struct shown {
    const char *path;
    uint64_t line;
    enum outcome why;
    struct yg_str word;
};

struct import {
    struct yg_app app;
    enum yg_opinion_format format;
    struct yg_opinion_map map[MAPS_MAX];
    size_t maps;
    bool dry;
    uint64_t count[O_COUNT], level[YG_LEVEL_COUNT];
    struct shown shown[SHOWN_MAX];
    size_t shown_count;
    struct yg_matchup *matchup;
    struct yg_settle given;
    uint64_t runs; /* of the queue, settled by what was given */
};

/* ---- options ------------------------------------------------------------------- */

static bool automatic_word(struct import *m, struct yg_str word)
{
    struct yg_opinion o = { .word = word };

    yg_opinion_judge(m->format, NULL, 0, &o);
    return o.kind == YG_OPINION_AUTOMATIC;
}

static enum yg_status read_options(struct import *m, struct yg_err *err)
{
    const char *format = yg_cli_text(m->app.cli, "format", "");
    struct yg_str rest = yg_str_of(yg_cli_text(m->app.cli, "map", ""));

    m->dry = yg_cli_flag(m->app.cli, "dry-run");
    if (!yg_opinion_format_of(yg_str_of(format), &m->format))
        return yg_err_set(err, YG_EINVAL,
                          "--format '%s': write evebox, thehive, iris, kibana or csv",
                          format);
    while (rest.n > 0) {
        struct yg_str level = yg_str_cut(&rest, ',');
        struct yg_str word = yg_str_trim(yg_str_cut(&level, '='));
        struct yg_opinion_map *to = &m->map[m->maps];
        if (m->maps == MAPS_MAX || word.n == 0 || !level.p ||
            !yg_level_of(yg_str_trim(level), &to->level))
            return yg_err_set(err, YG_EINVAL,
                              "--map: write WORD=LEVEL,..., at most %d, as in "
                              "archived=FP,escalated=L3",
                              MAPS_MAX);
        if (automatic_word(m, word))
            return yg_err_set(err, YG_EINVAL,
                              "--map %.*s: closed by a program, never learned from",
                              YG_STR_ARG(word));
        to->word = word;
        m->maps++;
    }
    return YG_OK;
}

/* ---- one file ------------------------------------------------------------------ */

struct job {
    enum yg_opinion_format format;
    struct yg_str text;
};

/* Behind the sandbox. The last byte says how it went. */
static void take_apart(void *arg, struct yg_buf *out)
{
    const struct job *job = arg;

    yg_buf_u8(out, (uint8_t)yg_opinions_read(job->format, job->text, out));
}

static enum yg_status refused(const char *path, uint8_t how, struct yg_err *err)
{
    yg_err_at(err, path, 0, 0);
    if (how == YG_EFORMAT)
        return yg_err_set(err, YG_EFORMAT,
                          "this is not an export of that format; see --help");
    return yg_err_set(err, YG_ELIMIT, "the export is too large; split it");
}

static enum yg_status read_file(struct import *m, const char *path, struct yg_buf *out,
                                struct yg_err *err)
{
    struct job job = { .format = m->format };
    enum yg_status st =
        yg_textfile_read(&m->app.arena, path, YG_OPINION_FILE, &job.text, err);

    if (st == YG_OK)
        st = yg_boxed(take_apart, &job, out, err);
    if (st != YG_OK)
        return st;
    struct yg_str s = yg_buf_str(out);
    uint8_t how = s.n > 0 ? (uint8_t)s.p[s.n - 1] : YG_EFORMAT;
    return how == YG_OK ? YG_OK : refused(path, how, err);
}

static struct yg_cursor records(const struct yg_buf *b)
{
    struct yg_str s = yg_buf_str(b);

    return yg_cursor_of(s.p, s.n - 1);
}

/* The alerts of the export's time. */
static enum yg_status load_alerts(struct import *m, const struct yg_buf *b,
                                  struct yg_err *err)
{
    struct yg_matchup_options opt = {
        .workers = m->app.workers,
        .tenant = yg_str_of(yg_cli_text(m->app.cli, "tenant", "")),
        .from_ns = INT64_MAX,
        .until_ns = INT64_MIN,
    };
    struct yg_cursor in = records(b);
    struct yg_opinion o;

    while (yg_opinion_next(&in, &o) == YG_OK) {
        yg_opinion_judge(m->format, m->map, m->maps, &o);
        if (o.kind != YG_OPINION_VERDICT || o.time_ns < YG_MATCH_NS ||
            o.time_ns >= INT64_MAX - 2 * YG_MATCH_NS)
            continue;
        int64_t from = o.time_ns - YG_MATCH_NS, until = o.time_ns + YG_MATCH_NS + 1;
        opt.from_ns = from < opt.from_ns ? from : opt.from_ns;
        opt.until_ns = until > opt.until_ns ? until : opt.until_ns;
    }
    return yg_matchup_new(m->app.store, &opt, &m->matchup, err);
}

static enum yg_status give(struct import *m, const struct yg_opinion *o,
                           enum outcome *what, struct yg_err *err)
{
    static const enum outcome of_match[] = { [YG_MATCH_ONE] = O_GIVEN,
                                             [YG_MATCH_NONE] = O_NONE,
                                             [YG_MATCH_SEVERAL] = O_SEVERAL,
                                             [YG_MATCH_VAGUE] = O_VAGUE };
    struct yg_verdict now, v = { .level = o->level,
                                 .source = YG_BY_IMPORT,
                                 .at_ns = o->at_ns,
                                 .reason = o->reason,
                                 .note = o->note,
                                 .who = o->who,
                                 .incident = o->incident };
    enum yg_match match = yg_matchup_find(m->matchup, o, v.alert, &v.tenant);

    *what = of_match[match];
    if (match != YG_MATCH_ONE)
        return YG_OK;
    if (v.at_ns <= 0) /* the file does not say: not later than now */
        v.at_ns = yg_clock_now(&m->app.clock);
    enum yg_status st =
        yg_store_verdict_get(m->app.store, v.alert, &m->app.arena, &now, err);
    if (st == YG_OK && now.source == YG_BY_HUMAN)
        *what = O_KEPT;
    else if (st == YG_OK && now.source == YG_BY_IMPORT && now.level == v.level)
        *what = O_SAME;
    else if (st == YG_OK || st == YG_ENOTFOUND)
        st = m->dry ? YG_OK : yg_store_verdict_put(m->app.store, &v, err);
    if (st == YG_OK && *what <= O_SAME) /* the queue may lack what was given before */
        st = yg_settle_add(&m->given, v.alert, err);
    if (st == YG_OK && *what == O_GIVEN)
        m->level[v.level]++;
    return st;
}

static void show(struct import *m, const char *path, const struct yg_opinion *o,
                 enum outcome what)
{
    if (what <= O_OPEN || m->shown_count == SHOWN_MAX)
        return;
    m->shown[m->shown_count++] =
        (struct shown){ path, o->line, what, yg_arena_str(&m->app.arena, o->word) };
}

/* The queue, too; then it stands. */
static enum yg_status finish(struct import *m, struct yg_err *err)
{
    uint64_t runs = 0;
    enum yg_status st = yg_settle_runs(&m->given, m->app.store, &runs, err);

    m->runs += runs;
    return st == YG_OK ? yg_store_commit(m->app.store, err) : st;
}

static enum yg_status give_all(struct import *m, const char *path, const struct yg_buf *b,
                               struct yg_err *err)
{
    static const enum outcome of_kind[YG_OPINION_KIND_COUNT] = {
        [YG_OPINION_OPEN] = O_OPEN,
        [YG_OPINION_UNCERTAIN] = O_UNCERTAIN,
        [YG_OPINION_AUTOMATIC] = O_AUTOMATIC,
        [YG_OPINION_UNREADABLE] = O_UNREADABLE,
    };
    struct yg_cursor in = records(b);
    struct yg_opinion o;
    enum yg_status st;

    while ((st = yg_opinion_next(&in, &o)) == YG_OK) {
        yg_opinion_judge(m->format, m->map, m->maps, &o);
        enum outcome what = of_kind[o.kind];
        if (o.kind == YG_OPINION_VERDICT)
            st = give(m, &o, &what, err);
        if (st != YG_OK)
            return st;
        m->count[what]++;
        show(m, path, &o, what);
    }
    if (st == YG_EFORMAT)
        return yg_err_set(err, YG_EFORMAT, "the reader of exports failed");
    return m->dry ? YG_OK : finish(m, err);
}

static enum yg_status one_file(struct import *m, const char *path, struct yg_err *err)
{
    struct yg_buf b;

    yg_buf_init(&b, RECORDS_MAX);
    enum yg_status st = read_file(m, path, &b, err);
    if (st == YG_OK)
        st = load_alerts(m, &b, err);
    if (st == YG_OK)
        st = give_all(m, path, &b, err);
    yg_matchup_free(m->matchup);
    m->matchup = NULL;
    yg_buf_fini(&b);
    return st;
}

/* ---- what it came to ----------------------------------------------------------- */

static void as_json(const struct import *m, struct yg_buf *out)
{
    struct yg_jsonw w = yg_jsonw_of(out);

    yg_jsonw_open(&w, '{');
    for (unsigned i = 0; i < O_COUNT; i++)
        yg_jsonw_ku64(&w, outcome_info[i].name, m->count[i]);
    yg_jsonw_ku64(&w, "runs", m->runs);
    for (unsigned i = 0; i < YG_LEVEL_COUNT; i++)
        yg_jsonw_ku64(&w, yg_level_name(i), m->level[i]);
    yg_jsonw_key(&w, "rows");
    yg_jsonw_open(&w, '[');
    for (size_t i = 0; i < m->shown_count; i++) {
        yg_jsonw_open(&w, '{');
        yg_jsonw_kcstr(&w, "file", m->shown[i].path);
        yg_jsonw_ku64(&w, "line", m->shown[i].line);
        yg_jsonw_kcstr(&w, "why", outcome_info[m->shown[i].why].name);
        yg_jsonw_kstr(&w, "word", m->shown[i].word);
        yg_jsonw_close(&w, '}');
    }
    yg_jsonw_close(&w, ']');
    yg_jsonw_close(&w, '}');
    yg_buf_char(out, '\n');
}

static void as_text(const struct import *m, struct yg_buf *out)
{
    for (unsigned i = 0; i < O_COUNT; i++)
        if (m->count[i] > 0 || i == O_GIVEN)
            yg_buf_printf(out, "%-11s %9llu   %s\n", outcome_info[i].name,
                          (unsigned long long)m->count[i], outcome_info[i].text);
    for (unsigned i = 0; i < YG_LEVEL_COUNT; i++)
        if (m->level[i] > 0)
            yg_buf_printf(out, "  %-9s %9llu\n", yg_level_name(i),
                          (unsigned long long)m->level[i]);
    if (m->runs > 0)
        yg_buf_printf(out, "%-11s %9llu   runs of the queue judged by them\n", "runs",
                      (unsigned long long)m->runs);
    for (size_t i = 0; i < m->shown_count; i++) {
        const struct shown *row = &m->shown[i];
        yg_buf_printf(out, "%s:%llu: %s%s", row->path, (unsigned long long)row->line,
                      outcome_info[row->why].name, row->word.n ? ": " : "");
        yg_text_safe(out,
                     (struct yg_str){ row->word.p, row->word.n < 60 ? row->word.n : 60 });
        yg_buf_char(out, '\n');
    }
    if (m->shown_count == SHOWN_MAX)
        yg_buf_printf(out, "the first %d such rows are listed\n", SHOWN_MAX);
    if (m->dry)
        yg_buf_printf(out, "nothing was stored (--dry-run)\n");
}

static int run(struct yg_cli *cli)
{
    struct yg_err err = { 0 };
    struct import m = { .maps = 0 };
    struct yg_buf out;

    yg_settle_init(&m.given);
    enum yg_status st = yg_app_init(&m.app, cli, &err);

    yg_buf_init(&out, (size_t)1 << 20);
    if (st == YG_OK)
        st = read_options(&m, &err);
    if (st == YG_OK)
        st = yg_app_rows(&m.app, true, &err);
    for (int i = 0; st == YG_OK && i < cli->arg_count; i++)
        st = one_file(&m, cli->arg[i], &err);
    int exit_status;
    if (st != YG_OK) {
        exit_status = yg_cli_fail(&err);
    } else {
        if (m.app.json)
            as_json(&m, &out);
        else
            as_text(&m, &out);
        exit_status = yg_cli_print(&out);
    }
    yg_settle_fini(&m.given);
    yg_buf_fini(&out);
    yg_app_fini(&m.app);
    return exit_status;
}

const struct yg_command yg_cmd_import_verdicts = {
    .name = "import-verdicts",
    .args = "FILE...",
    .summary = "take over what people decided in other tools",
    .help =
        "FILE is an export of --format F: EveBox events, TheHive alerts or cases, "
        "DFIR-IRIS\nalerts, Elastic Security alerts (JSON lines, an array, or an answer "
        "of the API), or a\nCSV with the columns verdict and id, or time, signature, "
        "source, destination (and\nsource_port, destination_port, reason, incident, who, "
        "note, at, closed_by).\n\n"
        "  evebox   escalated L3; archived says nothing certain\n"
        "  thehive  FalsePositive FP; TruePositive L3, WithImpact L4, NoImpact L2\n"
        "  iris     False Positive FP; Legitimate L1; True Positive With Impact L4,\n"
        "           Without Impact L2\n"
        "  kibana   false_positive FP; benign_positive L1; true_positive L3\n"
        "  csv      FP, L1, L2, L3, L4; false positive FP; benign positive L1\n\n"
        "Words without a certain meaning are counted, not guessed; --map says what they "
        "mean in\nyour house. What a rule or a program closed is never taken. An alert "
        "is "
        "found by its id,\nelse by time (within a second), signature, addresses and "
        "ports, if exactly one fits.\nA verdict given in yagura stays.",
    .opt = { { "format", "F", "evebox, thehive, iris, kibana or csv" },
             { "map", "W=L,...", "meaning of words: archived=FP,escalated=L3" },
             { "tenant", "NAME", "only alerts of this customer" },
             { "dry-run", NULL, "say what would be done, store nothing" } },
    .min_args = 1,
    .max_args = -1,
    .act = "judge verdict",
    .run = run,
};
