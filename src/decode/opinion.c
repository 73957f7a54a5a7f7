/* SPDX-License-Identifier: Apache-2.0 */
#include "decode/opinion.h"

#include "base/clock.h"
#include "decode/csv.h"
#include "decode/opinion_frame.h"
#include "json/json.h"

#include <stdlib.h>

#define OBJECT_MAX ((size_t)1 << 20)
#define BROKEN_MAX                                                                       \
    1000 /* unreadable records of one export; more: it is another format                 \
          */
#define COLUMNS_MAX 256

enum slot {
    S_ID,
    S_TIME,
    S_AT,
    S_SIGNATURE,
    S_SIGNATURE_ID,
    S_SOURCE,
    S_DESTINATION,
    S_SOURCE_PORT,
    S_DESTINATION_PORT,
    S_WHO,
    S_CLOSED_BY,
    S_NOTE,
    S_INCIDENT,
    S_REASON,
    S_WORD,
    S_STATE,  /* stands for the word where there is none */
    S_IMPACT, /* second half of the word "TruePositive" */
    S_TAGS,
    S_ROOT, /* what the record is wrapped in */
    S_COUNT
};

struct path {
    const char *path;
    enum slot slot;
};

/* Of several paths of a slot the first that is there counts. */
static const struct path evebox_path[] = {
    { "_source", S_ROOT },
    { "timestamp", S_TIME },
    { "alert.signature", S_SIGNATURE },
    { "alert.signature_id", S_SIGNATURE_ID },
    { "src_ip", S_SOURCE },
    { "dest_ip", S_DESTINATION },
    { "src_port", S_SOURCE_PORT },
    { "dest_port", S_DESTINATION_PORT },
    { "tags", S_TAGS },
    { "evebox.history.username", S_WHO },
    { "evebox.history.timestamp", S_AT },
    { "evebox.history.comment", S_NOTE },
};
static const struct path thehive_path[] = {
    { "sourceRef", S_ID },          { "date", S_TIME },
    { "startDate", S_TIME },        { "title", S_SIGNATURE },
    { "resolutionStatus", S_WORD }, { "status", S_STATE },
    { "impactStatus", S_IMPACT },   { "endDate", S_AT },
    { "_updatedAt", S_AT },         { "updatedAt", S_AT },
    { "closedBy", S_CLOSED_BY },    { "_updatedBy", S_WHO },
    { "updatedBy", S_WHO },         { "owner", S_WHO },
    { "assignee", S_WHO },          { "summary", S_NOTE },
    { "caseId", S_INCIDENT },       { "case", S_INCIDENT },
};
static const struct path iris_path[] = {
    { "alert_source_ref", S_ID },
    { "alert_source_event_time", S_TIME },
    { "alert_title", S_SIGNATURE },
    { "alert_source_content.src_ip", S_SOURCE },
    { "alert_source_content.dest_ip", S_DESTINATION },
    { "alert_source_content.src_port", S_SOURCE_PORT },
    { "alert_source_content.dest_port", S_DESTINATION_PORT },
    { "resolution_status.resolution_status_name", S_WORD },
    { "status.status_name", S_STATE },
    { "owner.user_login", S_WHO },
    { "owner.user_name", S_WHO },
    { "alert_note", S_NOTE },
    { "cases", S_INCIDENT },
};
static const struct path kibana_path[] = {
    { "_source", S_ROOT },
    { "kibana.alert.original_time", S_TIME },
    { "@timestamp", S_TIME },
    { "rule.name", S_SIGNATURE },
    { "kibana.alert.rule.name", S_SIGNATURE },
    { "rule.id", S_SIGNATURE_ID },
    { "source.ip", S_SOURCE },
    { "destination.ip", S_DESTINATION },
    { "source.port", S_SOURCE_PORT },
    { "destination.port", S_DESTINATION_PORT },
    { "kibana.alert.workflow_reason", S_WORD },
    { "kibana.alert.workflow_status", S_STATE },
    { "kibana.alert.workflow_user", S_WHO },
    { "kibana.alert.workflow_status_updated_at", S_AT },
    { "kibana.alert.case_ids", S_INCIDENT },
};
static const struct path csv_column[] = {
    { "id", S_ID },
    { "time", S_TIME },
    { "timestamp", S_TIME },
    { "signature", S_SIGNATURE },
    { "signature_id", S_SIGNATURE_ID },
    { "source", S_SOURCE },
    { "src_ip", S_SOURCE },
    { "destination", S_DESTINATION },
    { "dest_ip", S_DESTINATION },
    { "source_port", S_SOURCE_PORT },
    { "destination_port", S_DESTINATION_PORT },
    { "verdict", S_WORD },
    { "level", S_WORD },
    { "reason", S_REASON },
    { "incident", S_INCIDENT },
    { "who", S_WHO },
    { "analyst", S_WHO },
    { "closed_by", S_CLOSED_BY },
    { "note", S_NOTE },
    { "at", S_AT },
};
static const struct {
    const struct path *path;
    size_t count;
} format_path[YG_OPINION_FORMAT_COUNT] = {
    [YG_OPINION_EVEBOX] = { evebox_path, YG_ARRAY_LEN(evebox_path) },
    [YG_OPINION_THEHIVE] = { thehive_path, YG_ARRAY_LEN(thehive_path) },
    [YG_OPINION_IRIS] = { iris_path, YG_ARRAY_LEN(iris_path) },
    [YG_OPINION_KIBANA] = { kibana_path, YG_ARRAY_LEN(kibana_path) },
    [YG_OPINION_CSV] = { csv_column, YG_ARRAY_LEN(csv_column) },
};

struct reader {
    enum yg_opinion_format format;
    struct yg_json *json;
    struct yg_json_paths *paths;
    struct yg_buf *out;
    uint64_t line; /* of the record at hand */
    size_t good, broken;
    struct yg_str value[S_COUNT]; /* into the text or scratch */
    char *scratch;                /* one YG_OPINION_TEXT a slot */
};

/* ---- one record out ------------------------------------------------------------ */

static int64_t time_of(struct yg_str s)
{
    uint64_t whole;
    int64_t ns;

    if (yg_str_u64(s, &whole) && s.n >= 12) /* milliseconds, until the year 5138 */
        return yg_time_epoch_unit(s, 3, &ns) ? ns : 0;
    if (yg_time_epoch(s, &ns) || yg_time_iso(s, 0, &ns, NULL))
        return ns;
    return 0;
}

static uint16_t port_of(struct yg_str s)
{
    uint64_t v;

    return yg_str_u64(s, &v) && v <= UINT16_MAX ? (uint16_t)v : 0;
}

static struct yg_str cut(struct yg_str s)
{
    return (struct yg_str){ s.p, s.n < YG_OPINION_TEXT ? s.n : YG_OPINION_TEXT };
}

/* The parts of a word: what was decided, else the state, with the impact beside it. */
static void put_word(struct reader *r)
{
    struct yg_str word = cut(r->value[S_WORD]), impact = cut(r->value[S_IMPACT]);

    if (word.n == 0)
        word = cut(r->value[S_STATE]);
    if (impact.n == 0 || !yg_str_eq_nocase(word, YG_STR("TruePositive"))) {
        yg_buf_lstr(r->out, word);
        return;
    }
    yg_buf_u32(r->out, (uint32_t)(word.n + 1 + impact.n));
    yg_buf_str_add(r->out, word);
    yg_buf_char(r->out, '/');
    yg_buf_str_add(r->out, impact);
}

static void put(struct reader *r, bool readable)
{
    static const enum slot text[] = { S_ID,        S_SIGNATURE,   S_SIGNATURE_ID,
                                      S_SOURCE,    S_DESTINATION, S_WHO,
                                      S_CLOSED_BY, S_NOTE,        S_INCIDENT,
                                      S_REASON };

    if (!readable)
        memset(r->value, 0, sizeof(r->value));
    r->good += readable;
    r->broken += !readable;
    yg_buf_u64(r->out, r->line);
    yg_buf_u64(r->out, (uint64_t)time_of(r->value[S_TIME]));
    yg_buf_u64(r->out, (uint64_t)time_of(r->value[S_AT]));
    yg_buf_u16(r->out, port_of(r->value[S_SOURCE_PORT]));
    yg_buf_u16(r->out, port_of(r->value[S_DESTINATION_PORT]));
    yg_buf_u8(r->out, readable ? YG_OPINION_OPEN : YG_OPINION_UNREADABLE);
    put_word(r);
    for (size_t i = 0; i < YG_ARRAY_LEN(text); i++)
        yg_buf_lstr(r->out, cut(r->value[text[i]]));
}

/* ---- JSON ---------------------------------------------------------------------- */

/* What EveBox did to an event: of its tags the strongest. */
static struct yg_str tags_word(const struct reader *r, const struct yg_json_value *tags)
{
    static const char *const word[] = { "archived", "auto-archived", "escalated" };
    struct yg_json_value v = *tags;
    uint64_t state = 0;
    size_t best = 0; /* index + 1 */

    while (tags->type != YG_JSON_ARRAY || yg_json_next(r->json, tags, &state, &v)) {
        struct yg_str tag = v.text;
        if (yg_str_starts(tag, YG_STR("evebox.")))
            tag = (struct yg_str){ tag.p + 7, tag.n - 7 };
        if (yg_str_eq(tag, YG_STR("auto_archived")))
            tag = YG_STR("auto-archived");
        for (size_t i = best; i < YG_ARRAY_LEN(word); i++)
            if (yg_str_eq(tag, yg_str_of(word[i])))
                best = i + 1;
        if (tags->type != YG_JSON_ARRAY)
            break;
    }
    return best ? yg_str_of(word[best - 1]) : YG_STR_NONE;
}

static void take(struct reader *r, enum slot slot, const struct yg_json_value *hit)
{
    struct yg_json_value v = *hit;
    uint64_t state = 0;

    if (slot == S_TAGS) {
        r->value[S_WORD] = tags_word(r, hit);
        return;
    }
    if (v.type == YG_JSON_ARRAY && !yg_json_next(r->json, hit, &state, &v))
        return;
    v.text = cut(v.text);
    if (v.escaped) {
        char *to = r->scratch + (size_t)slot * YG_OPINION_TEXT;
        v.text = (struct yg_str){ to, yg_json_unescape(v.text, to) };
    }
    r->value[slot] = v.text;
}

static void object(struct reader *r, struct yg_str text)
{
    const struct path *p = format_path[r->format].path;
    const struct yg_json_hits *hits;

    memset(r->value, 0, sizeof(r->value));
    if (yg_json_walk(r->json, r->paths, text, &hits) != YG_JSON_OK) {
        put(r, false);
        return;
    }
    for (unsigned i = 0; i < format_path[r->format].count; i++) {
        const struct yg_json_value *v = yg_json_hit(hits, i);
        if (v && r->value[p[i].slot].n == 0)
            take(r, p[i].slot, v);
    }
    put(r, true);
}

static uint64_t lines_in(struct yg_str s)
{
    uint64_t n = 0;

    for (size_t i = 0; i < s.n; i++)
        n += s.p[i] == '\n';
    return n;
}

/* `wrapped`: the records of one array; what follows it is not ours. */
static void objects(struct reader *r, struct yg_str text, size_t at, bool wrapped)
{
    r->line = 1 + lines_in((struct yg_str){ text.p, at });
    while (at < text.n && r->broken <= BROKEN_MAX && yg_buf_status(r->out) == YG_OK) {
        char c = text.p[at];
        struct yg_str rest = { text.p + at, text.n - at };
        if (c == '\n' || c == ' ' || c == '\t' || c == '\r' || c == ',' ||
            (!wrapped && (c == '[' || c == ']'))) {
            r->line += c == '\n';
            at++;
            continue;
        }
        if (wrapped && c != '{')
            return;
        size_t n = c == '{' ? yg_opinion_object_end(rest, OBJECT_MAX) : 0;
        if (n > 0) {
            object(r, (struct yg_str){ rest.p, n });
        } else { /* go on with the next line */
            const char *lf = memchr(rest.p, '\n', rest.n);
            n = lf ? (size_t)(lf - rest.p) : rest.n;
            put(r, false);
        }
        r->line += lines_in((struct yg_str){ rest.p, n });
        at += n;
    }
}

static enum yg_status paths_of(const struct path *p, size_t n, struct yg_json_paths **out)
{
    struct yg_json_want want[32];

    YG_ASSERT(n <= YG_ARRAY_LEN(want));
    for (size_t i = 0; i < n; i++)
        want[i] = (struct yg_json_want){ .path = yg_str_of(p[i].path),
                                         .root = strcmp(p[i].path, "_source") == 0 };
    return yg_json_paths_new(want, n, true, out);
}

static enum yg_status read_json(struct reader *r, struct yg_str text)
{
    enum yg_status st =
        paths_of(format_path[r->format].path, format_path[r->format].count, &r->paths);

    if (st == YG_OK)
        st = yg_json_new(OBJECT_MAX, &r->json);
    if (st == YG_OK) {
        size_t at = yg_opinion_unwrap(text);
        objects(r, text, at, at > 0);
    }
    yg_json_free(r->json);
    yg_json_paths_free(r->paths);
    return st;
}

/* ---- CSV ----------------------------------------------------------------------- */

/* The next line; a quoted field may hold line ends. */
static struct yg_str csv_record(struct yg_str *rest)
{
    const struct yg_str all = *rest;
    bool quoted = false;
    size_t n = 0;

    while (n < all.n && n < OBJECT_MAX && (quoted || all.p[n] != '\n'))
        quoted ^= all.p[n++] == '"';
    if (n == all.n || all.p[n] != '\n') /* a quote that never closes: one line only */
        return quoted || n < all.n ? yg_str_cut(rest, '\n') : (*rest = YG_STR_NONE, all);
    *rest = (struct yg_str){ all.p + n + 1, all.n - n - 1 };
    return (struct yg_str){ all.p, n };
}

static struct yg_str without_cr(struct yg_str s)
{
    return s.n > 0 && s.p[s.n - 1] == '\r' ? (struct yg_str){ s.p, s.n - 1 } : s;
}

/* Columns to slots; S_COUNT: not ours. Returns how many columns, 0: no verdict in it. */
static size_t csv_header(struct yg_str line, enum slot *slot)
{
    struct yg_str cell;
    bool judged = false;
    size_t n = 0;

    while (line.p && n < COLUMNS_MAX && yg_csv_cut(&line, ',', &cell)) {
        if (cell.n >= 2 && cell.p[0] == '"')
            cell = (struct yg_str){ cell.p + 1, cell.n - 2 };
        cell = yg_str_trim(cell);
        slot[n] = S_COUNT;
        for (size_t i = 0; i < YG_ARRAY_LEN(csv_column); i++)
            if (yg_str_eq_nocase(cell, yg_str_of(csv_column[i].path)))
                slot[n] = csv_column[i].slot;
        judged = judged || slot[n] == S_WORD;
        n++;
    }
    return judged ? n : 0;
}

static void csv_row(struct reader *r, struct yg_str line, const enum slot *slot,
                    size_t columns)
{
    struct yg_str cell;
    size_t n = 0;

    memset(r->value, 0, sizeof(r->value));
    for (; line.p && n < columns; n++) {
        if (!yg_csv_cut(&line, ',', &cell)) {
            put(r, false);
            return;
        }
        if (slot[n] == S_COUNT)
            continue;
        if (cell.n >= 2 && cell.p[0] == '"') {
            char *to = r->scratch + (size_t)slot[n] * YG_OPINION_TEXT;
            cell.n = cell.n <= YG_OPINION_TEXT ? cell.n : YG_OPINION_TEXT;
            cell = (struct yg_str){ to, yg_csv_unquote(cell, to) };
        }
        r->value[slot[n]] = yg_str_trim(cell);
    }
    put(r, n == columns && !line.p);
}

static enum yg_status read_csv(struct reader *r, struct yg_str text)
{
    enum slot slot[COLUMNS_MAX];

    if (yg_str_starts(text, YG_STR("\xef\xbb\xbf"))) /* as spreadsheets write it */
        text = (struct yg_str){ text.p + 3, text.n - 3 };
    size_t columns = csv_header(without_cr(csv_record(&text)), slot);
    if (columns == 0)
        return YG_EFORMAT;
    r->line = 2;
    while (text.p && text.n && r->broken <= BROKEN_MAX &&
           yg_buf_status(r->out) == YG_OK) {
        struct yg_str line = csv_record(&text);
        if (yg_str_trim(line).n > 0)
            csv_row(r, without_cr(line), slot, columns);
        r->line += 1 + lines_in(line);
    }
    return YG_OK;
}

/* ---- in and out ---------------------------------------------------------------- */

enum yg_status yg_opinions_read(enum yg_opinion_format format, struct yg_str text,
                                struct yg_buf *out)
{
    struct reader r = { .format = format, .out = out, .line = 1 };

    YG_ASSERT(format < YG_OPINION_FORMAT_COUNT);
    if (text.n == 0 || text.n > YG_OPINION_FILE)
        return text.n == 0 ? YG_EFORMAT : YG_ELIMIT;
    r.scratch = malloc((size_t)S_COUNT * YG_OPINION_TEXT);
    if (!r.scratch)
        return YG_ENOMEM;
    enum yg_status st =
        format == YG_OPINION_CSV ? read_csv(&r, text) : read_json(&r, text);
    free(r.scratch);
    if (st == YG_OK && (r.broken > BROKEN_MAX || (r.good == 0 && r.broken > 0)))
        return YG_EFORMAT;
    return st == YG_OK ? yg_buf_status(out) : st;
}

enum yg_status yg_opinion_next(struct yg_cursor *in, struct yg_opinion *out)
{
    struct yg_opinion o = { .level = YG_LEVEL_NONE };
    struct yg_str *text[] = { &o.id,          &o.signature, &o.signature_id, &o.source,
                              &o.destination, &o.who,       &o.closed_by,    &o.note,
                              &o.incident,    &o.reason };

    if (yg_cursor_ok(in) && yg_cursor_left(in) == 0)
        return YG_EEND;
    o.line = yg_cursor_le64(in);
    o.time_ns = (int64_t)yg_cursor_le64(in);
    o.at_ns = (int64_t)yg_cursor_le64(in);
    o.source_port = yg_cursor_le16(in);
    o.destination_port = yg_cursor_le16(in);
    o.kind = yg_cursor_u8(in);
    o.word = yg_cursor_lstr(in, 2 * YG_OPINION_TEXT + 1);
    for (size_t i = 0; i < YG_ARRAY_LEN(text); i++)
        *text[i] = yg_cursor_lstr(in, YG_OPINION_TEXT);
    if (!yg_cursor_ok(in) || o.kind >= YG_OPINION_KIND_COUNT)
        return YG_EFORMAT;
    *out = o;
    return YG_OK;
}
