/* SPDX-License-Identifier: Apache-2.0 */
#include "yagura/verdictfile.h"

#include "base/map.h"
#include "conf/textfile.h"

#include <stdlib.h>

#define FILE_MAX  ((size_t)2 << 30)
#define COUNT_MAX ((size_t)20 * 1000 * 1000)

enum column { C_FILE, C_LINE, C_LEVEL, C_REASON, C_INCIDENT, C_ANALYST, C_COUNT };
static const char *const column_name[C_COUNT] = { "file",   "line",     "level",
                                                  "reason", "incident", "analyst" };

struct yg_verdictfile {
    struct yg_map at; /* hash(file, line) -> index + 1 */
    struct yg_ingest_verdict *v;
    size_t count, size;
};

/* Plain names and numbers: fields are not quoted. */
static void split(struct yg_str line, struct yg_str *field, size_t n)
{
    for (size_t i = 0; i < n; i++)
        field[i] = line.p ? yg_str_trim(yg_str_cut(&line, ',')) : YG_STR_NONE;
}

static uint64_t key_of(struct yg_str file, uint64_t line)
{
    return yg_hash_pair(yg_hash_str(7, file), line);
}

static enum yg_status add(struct yg_verdictfile *v, const struct yg_str *field,
                          int line_no, struct yg_err *err)
{
    uint64_t line;
    enum yg_level level;

    if (field[C_FILE].n == 0 || !yg_str_u64(field[C_LINE], &line) || line == 0 ||
        !yg_level_of(field[C_LEVEL], &level)) {
        yg_err_at(err, err->path, line_no, 0);
        return yg_err_set(err, YG_EINVAL,
                          "write: file name, line from 1, level FP or L1-L4");
    }
    if (v->count == v->size) {
        size_t size = v->size ? v->size * 2 : 1024;
        struct yg_ingest_verdict *p = realloc(v->v, size * sizeof(*p));
        if (!p)
            return yg_err_set(err, YG_ENOMEM, "no memory for the verdicts");
        v->v = p;
        v->size = size;
    }
    uint64_t *at = yg_map_put(&v->at, key_of(field[C_FILE], line), NULL);
    if (!at)
        return yg_err_set(err, YG_ELIMIT, "more than %zu verdicts in one file; split it",
                          COUNT_MAX);
    v->v[v->count++] = (struct yg_ingest_verdict){ .level = level,
                                                   .reason = field[C_REASON],
                                                   .incident = field[C_INCIDENT],
                                                   .who = field[C_ANALYST] };
    *at = v->count;
    return YG_OK;
}

static enum yg_status parse(struct yg_verdictfile *v, struct yg_str text,
                            struct yg_err *err)
{
    struct yg_str head[16], cell[16], field[C_COUNT];
    int where[C_COUNT], line_no = 1;
    enum yg_status st = YG_OK;

    split(yg_str_cut(&text, '\n'), head, YG_ARRAY_LEN(head));
    for (int c = 0; c < C_COUNT; c++) {
        where[c] = -1;
        for (size_t i = 0; i < YG_ARRAY_LEN(head); i++)
            if (yg_str_eq(head[i], yg_str_of(column_name[c])))
                where[c] = (int)i;
        if (where[c] < 0 && c <= C_LEVEL) {
            yg_err_at(err, err->path, 1, 0);
            return yg_err_set(
                err, YG_EINVAL,
                "no column '%s'; the header line needs file, line and level",
                column_name[c]);
        }
    }
    while (st == YG_OK && text.p) {
        struct yg_str line = yg_str_cut(&text, '\n');
        line_no++;
        if (yg_str_trim(line).n == 0)
            continue;
        split(line, cell, YG_ARRAY_LEN(cell));
        for (int c = 0; c < C_COUNT; c++)
            field[c] = where[c] >= 0 ? cell[where[c]] : YG_STR_NONE;
        st = add(v, field, line_no, err);
    }
    return st;
}

enum yg_status yg_verdictfile_read(struct yg_app *a, const char *path,
                                   struct yg_verdictfile **out, struct yg_err *err)
{
    struct yg_str text;
    enum yg_status st = yg_textfile_read(&a->arena, path, FILE_MAX, &text, err);

    if (st != YG_OK)
        return st;
    struct yg_verdictfile *v = calloc(1, sizeof(*v));
    if (!v)
        return yg_err_set(err, YG_ENOMEM, "no memory for the verdicts");
    yg_map_init(&v->at, COUNT_MAX);
    yg_err_at(err, path, 0, 0);
    st = parse(v, text, err);
    if (st != YG_OK) {
        yg_verdictfile_free(v);
        return st;
    }
    yg_err_at(err, NULL, 0, 0);
    *out = v;
    return YG_OK;
}

void yg_verdictfile_free(struct yg_verdictfile *v)
{
    if (!v)
        return;
    yg_map_fini(&v->at);
    free(v->v);
    free(v);
}

size_t yg_verdictfile_count(const struct yg_verdictfile *v)
{
    return v->count;
}

bool yg_verdictfile_get(const struct yg_verdictfile *v, struct yg_str path, uint64_t line,
                        struct yg_ingest_verdict *out)
{
    /* The file column may say as much of the path as it takes to be unambiguous: what
     * says most of it counts. */
    for (size_t at = 0; at < path.n; at++) {
        if (at > 0 && path.p[at - 1] != '/')
            continue;
        struct yg_str tail = { path.p + at, path.n - at };
        const uint64_t *have = yg_map_get(&v->at, key_of(tail, line));
        if (have) {
            *out = v->v[*have - 1];
            return true;
        }
    }
    return false;
}
