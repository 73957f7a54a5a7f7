/* SPDX-License-Identifier: Apache-2.0 */
/*
 * delimited - RFC 4180 text of any product, through a mapping.
 *
 * A field is quoted if it begins with a quote; inside, two quotes stand for one. With a
 * header line every record has its number of columns; with configured columns a record
 * may have more, since devices append columns from version to version.
 */
#include "decode/csv.h"
#include "decode/decode.h"
#include "decode/decoders.h"
#include "decode/state.h"

#include <stdlib.h>

/* The content of a field; doubled quotes are undone into the batch. */
static struct yg_str content(struct yg_target *t, struct yg_str cell)
{
    if (cell.n < 2 || cell.p[0] != '"')
        return cell;
    struct yg_str in = { cell.p + 1, cell.n - 2 };
    if (in.n == 0 || !memchr(in.p, '"', in.n))
        return in;
    if (in.n > YG_BATCH_TEXT - t->b->text_used) {
        yg_put_reason(t, YG_R_NO_ROOM);
        return YG_STR_NONE;
    }
    char *out = t->b->text + t->b->text_used;
    size_t n = yg_csv_unquote(cell, out);
    t->b->text_used += (uint32_t)n;
    return (struct yg_str){ out, n };
}

/* Cut a record into d->cell. */
static enum yg_reason cut_record(struct yg_decode *d, struct yg_str raw)
{
    struct yg_str rest = raw, extra;
    uint32_t n = 0;

    for (; rest.p && n < d->columns; n++)
        if (!yg_csv_cut(&rest, d->source->mapping->delimiter, &d->cell[n]))
            return YG_R_BAD_QUOTES;
    if (n < d->columns || (rest.p && !d->extra_ok))
        return YG_R_BAD_COLUMNS;
    while (rest.p)
        if (!yg_csv_cut(&rest, d->source->mapping->delimiter, &extra))
            return YG_R_BAD_QUOTES;
    return YG_R_NONE;
}

static void delimited_event(struct yg_decode *d, struct yg_batch *b, uint32_t i,
                            struct yg_event *e)
{
    const struct yg_mapping *m = d->source->mapping;
    struct yg_target t;
    struct yg_str raw = yg_decode_start(d, b, i, e, &t);
    enum yg_reason reason = cut_record(d, raw);

    if (reason != YG_R_NONE) {
        yg_decode_unread(d, e, reason);
        return;
    }
    yg_mapped_begin(d, &t);
    for (size_t k = 0; k < m->rule_count; k++) {
        bool constant = d->where[k] == YG_NO_COLUMN;
        struct yg_str s = constant ? YG_STR_NONE : content(&t, d->cell[d->where[k]]);
        yg_mapped_rule(&t, &m->rule[k], s);
    }
    yg_mapped_end(d, &t);
}

/* The names in the header line, into name[]; 0: they cannot be read. */
static uint32_t header_names(const struct yg_decode *d, struct yg_str *name)
{
    struct yg_str rest = d->header, cell;
    uint32_t n = 0;

    if (yg_str_starts(rest, YG_STR("\xef\xbb\xbf")))
        rest.p += 3, rest.n -= 3;
    while (rest.p) {
        if (n == YG_MAP_COLUMNS_MAX ||
            !yg_csv_cut(&rest, d->source->mapping->delimiter, &cell))
            return 0;
        if (cell.n >= 2 && cell.p[0] == '"')
            cell.p++, cell.n -= 2;
        name[n++] = yg_str_trim(cell);
    }
    return n;
}

/* Where each rule finds its column. */
static enum yg_status find_columns(struct yg_decode *d, const struct yg_str *name,
                                   struct yg_err *err)
{
    const struct yg_mapping *m = d->source->mapping;

    for (size_t k = 0; k < m->rule_count; k++) {
        const struct yg_map_rule *r = &m->rule[k];
        uint32_t c = 0;
        if (r->target == YG_MAP_TO_FIELD)
            d->wants_signature |= r->field == YG_F_RULE_ID || r->field == YG_F_RULE_NAME;
        d->where[k] = YG_NO_COLUMN;
        if (r->from.n == 0)
            continue;
        while (c < d->columns && !yg_str_eq(name[c], r->from))
            c++;
        if (c == d->columns)
            return yg_err_set(err, YG_EINVAL,
                              "the mapping names column '%.*s', which is not in the "
                              "header '%.*s'; correct the mapping or list 'columns'",
                              YG_STR_ARG(r->from),
                              (int)(d->header.n < 200 ? d->header.n : 200),
                              d->header.n ? d->header.p : "");
        d->where[k] = c;
    }
    return YG_OK;
}

enum yg_status yg_delimited_init(struct yg_decode *d, struct yg_err *err)
{
    const struct yg_mapping *m = d->source->mapping;
    struct yg_str *name = calloc(YG_MAP_COLUMNS_MAX, sizeof(*name));
    enum yg_status st = YG_OK;

    YG_ASSERT(m->rule_count <= YG_MAP_RULES_MAX && m->column_count <= YG_MAP_COLUMNS_MAX);
    d->cell = calloc(YG_MAP_COLUMNS_MAX, sizeof(*d->cell));
    if (!name || !d->cell) {
        st = yg_err_set(err, YG_ENOMEM, "no memory for the columns");
        goto out;
    }
    if (m->column_count) {
        memcpy(name, m->column, m->column_count * sizeof(*name));
        d->columns = (uint32_t)m->column_count;
        d->extra_ok = true;
        d->header = YG_STR_NONE; /* every line is a record */
    } else {
        d->columns = header_names(d, name);
    }
    if (d->columns == 0) {
        st = yg_err_set(err, YG_EINVAL,
                        "the file has no readable header line; list 'columns' in the "
                        "mapping");
        goto out;
    }
    st = find_columns(d, name, err);
out:
    free(name);
    return st;
}

/* Sure of nothing: a first line with commas in it that is not JSON. */
static int delimited_probe(struct yg_str head)
{
    struct yg_str rest = head, line = yg_str_cut(&rest, '\n');

    return line.n && line.p[0] != '{' && line.p[0] != '[' && memchr(line.p, ',', line.n)
               ? 5
               : 0;
}

const struct yg_decoder yg_decoder_delimited = {
    .name = "delimited",
    .doc = "delimited text (RFC 4180) of any product, fields by a mapping file",
    .framing = YG_FRAME_CSV,
    .needs_mapping = true,
    .probe = delimited_probe,
    .event = delimited_event,
};
