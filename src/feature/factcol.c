/* SPDX-License-Identifier: Apache-2.0 */
#include "feature/factcol.h"

#include "base/cursor.h"

#include <stdlib.h>

#define FORMAT 1 /* of the columns */

enum form { SAME, NUMBERED, PLANES, FOLLOWS };

_Static_assert(YG_KEY_HOST + 1 == YG_FACTCOL_OWN, "the record's own keys come first");

/* The columns in their order: where each lies in a row. */
#define SMALL (YG_KEY_COUNT - YG_FACTCOL_OWN) /* keys before the small ones */
#define FIXED (SMALL + 4)
#define COUNT (FIXED + YG_FACTS_STATIC)

struct place {
    size_t at;
    unsigned width;
};

static struct place place_of(size_t column)
{
    static const struct place small[] = {
        { offsetof(struct yg_facts, port), 2 },
        { offsetof(struct yg_facts, device), 1 },
        { offsetof(struct yg_facts, reason), 1 },
        { offsetof(struct yg_facts, input), 1 },
    };

    if (column < SMALL)
        return (struct place){ offsetof(struct yg_facts, key) +
                                   (YG_FACTCOL_OWN + column) * sizeof(uint64_t),
                               8 };
    if (column < FIXED)
        return small[column - SMALL];
    return (struct place){
        offsetof(struct yg_facts, fixed) + (column - FIXED) * sizeof(float), 4
    };
}

void yg_factcol_version(unsigned char out[YG_FACTCOL_VERSION])
{
    unsigned char schema[YG_DIGEST_SIZE], all[YG_DIGEST_SIZE];
    const unsigned char own[] = {
        FORMAT,          YG_FACTS_VERSION,       YG_KEY_COUNT,        YG_DEV_COUNT,
        YG_REASON_COUNT, YG_FACTS_STATIC & 0xff, YG_FACTS_STATIC >> 8
    };
    struct yg_digest d;

    yg_feature_schema_digest(schema);
    yg_digest_init(&d);
    yg_digest_add(&d, schema, sizeof(schema));
    yg_digest_add(&d, own, sizeof(own));
    yg_digest_done(&d, all);
    memcpy(out, all, YG_FACTCOL_VERSION);
}

/* ---- collect ------------------------------------------------------------------- */

void yg_factcol_init(struct yg_factcol *c)
{
    *c = (struct yg_factcol){ 0 };
}

void yg_factcol_fini(struct yg_factcol *c)
{
    free(c->row);
    yg_factcol_init(c);
}

void yg_factcol_clear(struct yg_factcol *c)
{
    c->count = 0;
    memset(c->differs, 0, sizeof(c->differs));
}

/* Who an alert is about follows from its addresses, as a rule. */
static uint64_t usual_entity(const uint64_t *key)
{
    return key[YG_KEY_SOURCE] ? key[YG_KEY_SOURCE] : key[YG_KEY_HOST];
}

static void note_differences(struct yg_factcol *c, const struct yg_facts *f)
{
    uint32_t first[YG_FACTS_STATIC], now[YG_FACTS_STATIC];

    memcpy(first, c->row[0].fixed, sizeof(first));
    memcpy(now, f->fixed, sizeof(now));
    for (size_t i = 0; i < YG_FACTS_STATIC; i++)
        c->differs[i] |= first[i] ^ now[i];
}

enum yg_status yg_factcol_add(struct yg_factcol *c, const struct yg_facts *f)
{
    YG_ASSERT(c->count < YG_FACTCOL_ROWS);
    if (c->count == c->size) {
        size_t size = c->size ? c->size * 2 : 64;
        struct yg_facts *p = realloc(c->row, size * sizeof(*p));
        if (!p)
            return YG_ENOMEM;
        c->row = p;
        c->size = size;
    }
    c->row[c->count++] = *f;
    note_differences(c, f);
    c->row[c->count - 1].key[YG_KEY_ENTITY] ^= usual_entity(f->key);
    return YG_OK;
}

/* ---- write --------------------------------------------------------------------- */

static uint64_t load(const struct yg_facts *row, struct place p)
{
    const char *from = (const char *)row + p.at;
    uint64_t v8;
    uint32_t v4;
    uint16_t v2;

    switch (p.width) {
    case 8:
        memcpy(&v8, from, sizeof(v8));
        return v8;
    case 4:
        memcpy(&v4, from, sizeof(v4));
        return v4;
    case 2:
        memcpy(&v2, from, sizeof(v2));
        return v2;
    default:
        return *(const unsigned char *)from;
    }
}

/* Give every value its number, by order of appearance: how many there are, or 0 when they
 * are too many for that to be worth it. */
static size_t number(struct yg_factcol_room *r, size_t n)
{
    size_t most = n / 2 < YG_ARRAY_LEN(r->value) ? n / 2 + 1 : YG_ARRAY_LEN(r->value);
    size_t count = 0;

    memset(r->at, 0, sizeof(r->at));
    for (size_t i = 0; i < n; i++) {
        uint64_t v = r->v[i];
        if (i > 0 && v == r->v[i - 1]) {
            r->number[i] = r->number[i - 1];
            continue;
        }
        size_t h = (size_t)(v * UINT64_C(0x9e3779b97f4a7c15) >> 54);
        while (r->at[h] && r->value[r->at[h] - 1U] != v)
            h = (h + 1) % YG_ARRAY_LEN(r->at);
        if (!r->at[h]) {
            if (count == most)
                return 0;
            r->value[count] = v;
            r->at[h] = (uint16_t)++count;
        }
        r->number[i] = (uint8_t)(r->at[h] - 1U);
    }
    return count;
}

static unsigned bits_for(size_t values)
{
    return values <= 2 ? 1 : values <= 4 ? 2 : values <= 16 ? 4 : 8;
}

static void put_numbers(const uint8_t *number, size_t n, unsigned bits,
                        struct yg_buf *out)
{
    unsigned each = 8 / bits;
    size_t bytes = (n + each - 1) / each;
    unsigned char *p = yg_buf_reserve(out, bytes);

    if (!p)
        return;
    memset(p, 0, bytes);
    for (size_t i = 0; i < n; i++)
        p[i / each] |= (unsigned char)(number[i] << (i % each * bits));
}

static void put_planes(const uint64_t *v, size_t n, unsigned width, struct yg_buf *out)
{
    unsigned char *p = yg_buf_reserve(out, n * width);

    for (unsigned byte = 0; p && byte < width; byte++)
        for (size_t i = 0; i < n; i++)
            *p++ = (unsigned char)(v[i] >> 8 * byte);
}

static void put_column(struct yg_factcol_room *r, size_t n, unsigned width,
                       struct yg_buf *out)
{
    size_t values = number(r, n);

    if (values == 1) {
        yg_buf_u8(out, SAME);
        put_planes(r->value, 1, width, out);
    } else if (values > 0) {
        yg_buf_u8(out, NUMBERED);
        yg_buf_u8(out, (uint8_t)(values - 1));
        put_planes(r->value, values, width, out);
        put_numbers(r->number, n, bits_for(values), out);
    } else {
        yg_buf_u8(out, PLANES);
        put_planes(r->v, n, width, out);
    }
}

/* Is the value always the same under one signature? These, then, are r->value. */
static bool follows(struct yg_factcol_room *r, size_t n)
{
    size_t seen = 0;

    if (r->leads == 0)
        return false;
    for (size_t i = 0; i < n; i++) {
        size_t at = r->lead[i];
        if (at == seen) /* they are numbered as they appear */
            r->value[seen++] = r->v[i];
        else if (r->value[at] != r->v[i])
            return false;
    }
    return true;
}

/* Number the signatures. */
static void lead(struct yg_factcol_room *r, size_t n)
{
    r->leads = number(r, n);
    memcpy(r->lead, r->number, r->leads ? n : 0);
}

void yg_factcol_write(const struct yg_factcol *c, struct yg_factcol_room *room,
                      struct yg_buf *out)
{
    size_t n = c->count;

    for (size_t i = 0; i < n; i++)
        room->v[i] = c->row[i].key[YG_KEY_SIGNATURE];
    lead(room, n);
    for (size_t column = 0; n > 0 && column < COUNT; column++) {
        struct place p = place_of(column);
        if (column >= FIXED && c->differs[column - FIXED] == 0) {
            room->v[0] = load(&c->row[0], p);
            yg_buf_u8(out, SAME);
            put_planes(room->v, 1, p.width, out);
            continue;
        }
        for (size_t i = 0; i < n; i++)
            room->v[i] = load(&c->row[i], p);
        if (!follows(room, n)) {
            put_column(room, n, p.width, out);
            continue;
        }
        yg_buf_u8(out, FOLLOWS);
        memcpy(room->v, room->value, room->leads * sizeof(room->v[0]));
        put_column(room, room->leads, p.width, out);
    }
}

/* ---- read ---------------------------------------------------------------------- */

static void get_planes(const char *p, size_t n, unsigned width, uint64_t *v)
{
    memset(v, 0, n * sizeof(*v));
    for (unsigned byte = 0; byte < width; byte++)
        for (size_t i = 0; i < n; i++)
            v[i] |= (uint64_t)(unsigned char)*p++ << 8 * byte;
}

static void save(struct yg_facts *row, struct place p, uint64_t v)
{
    char *to = (char *)row + p.at;
    uint32_t v4 = (uint32_t)v;
    uint16_t v2 = (uint16_t)v;

    switch (p.width) {
    case 8:
        memcpy(to, &v, sizeof(v));
        break;
    case 4:
        memcpy(to, &v4, sizeof(v4));
        break;
    case 2:
        memcpy(to, &v2, sizeof(v2));
        break;
    default:
        *to = (char)v;
    }
}

/* One column as it lies in the bytes. */
struct column {
    enum form form;
    bool follows;
    unsigned width, bits;
    size_t n, values;
    const char *value, *rest; /* the values; what stands for each row */
};

/* `n` rows, or `leads` signatures. */
static bool get_column(struct yg_cursor *c, size_t n, size_t leads, struct column *out)
{
    unsigned width = out->width;
    uint8_t form = yg_cursor_u8(c);

    *out = (struct column){ .n = n, .width = width, .follows = form == FOLLOWS };
    if (out->follows) {
        out->n = leads;
        form = yg_cursor_u8(c);
    }
    if (form >= FOLLOWS || out->n == 0)
        return false;
    out->form = (enum form)form;
    out->values = form == SAME;
    if (form == NUMBERED) {
        out->values = yg_cursor_u8(c) + 1U;
        out->bits = bits_for(out->values);
    }
    out->value = yg_cursor_take(c, out->values * width).p;
    if (form == NUMBERED)
        out->rest = yg_cursor_take(c, (out->n * out->bits + 7) / 8).p;
    else if (form == PLANES)
        out->rest = yg_cursor_take(c, out->n * width).p;
    return yg_cursor_ok(c);
}

/* Its values one by one, in r->v. */
static bool unpack(const struct column *c, struct yg_factcol_room *r)
{
    unsigned each = c->bits ? 8 / c->bits : 0, mask = (1U << c->bits) - 1;

    if (c->form == PLANES) {
        get_planes(c->rest, c->n, c->width, r->v);
        return true;
    }
    get_planes(c->value, c->values, c->width, r->value);
    for (size_t i = 0; i < c->n && c->form == NUMBERED; i++) {
        unsigned at =
            (unsigned)(unsigned char)c->rest[i / each] >> (i % each * c->bits) & mask;
        if (at >= c->values)
            return false;
        r->v[i] = r->value[at];
    }
    for (size_t i = 0; i < c->n && c->form == SAME; i++)
        r->v[i] = r->value[0];
    return true;
}

static bool is_same(const struct column *c)
{
    return c->form == SAME && !c->follows;
}

/* What every row begins as; the columns' places in the bytes. */
static bool get_columns(struct yg_str plain, size_t n, size_t leads,
                        struct column column[COUNT], struct yg_facts *same)
{
    uint64_t v;
    struct yg_cursor c = yg_cursor_of(plain.p ? plain.p : "", plain.n);

    memset(same, 0, sizeof(*same));
    for (size_t i = 0; i < COUNT; i++) {
        struct place p = place_of(i);
        column[i].width = p.width;
        if (!get_column(&c, n, leads, &column[i]))
            return false;
        if (!is_same(&column[i]))
            continue;
        get_planes(column[i].value, 1, p.width, &v);
        save(same, p, v);
    }
    return yg_cursor_left(&c) == 0;
}

static bool join(const struct yg_factcol_own *own, struct yg_facts *row)
{
    row->time_ns = own->time_ns;
    row->kind = own->kind;
    row->verdict = own->verdict;
    memcpy(row->key, own->key, sizeof(own->key));
    row->key[YG_KEY_ENTITY] ^= usual_entity(row->key);
    return yg_facts_in_range(row);
}

enum yg_status yg_factcol_read(struct yg_str plain, const struct yg_factcol_own *own,
                               size_t count, struct yg_factcol_room *room,
                               struct yg_facts *row)
{
    struct column column[COUNT];
    struct yg_facts same;
    bool ok = true;

    if (count == 0 || count > YG_FACTCOL_ROWS)
        return YG_ECORRUPT;
    for (size_t i = 0; i < count; i++)
        room->v[i] = own[i].key[YG_KEY_SIGNATURE];
    lead(room, count);
    if (!get_columns(plain, count, room->leads, column, &same))
        return YG_ECORRUPT;
    for (size_t i = 0; i < count; i++)
        memcpy(&row[i], &same, sizeof(same));
    for (size_t k = 0; ok && k < COUNT; k++) {
        struct place p = place_of(k);
        if (is_same(&column[k]))
            continue;
        ok = unpack(&column[k], room);
        for (size_t i = 0; ok && i < count; i++)
            save(&row[i], p, room->v[column[k].follows ? room->lead[i] : i]);
    }
    for (size_t i = 0; ok && i < count; i++)
        ok = join(&own[i], &row[i]);
    return ok ? YG_OK : YG_ECORRUPT;
}

bool yg_factcol_joins(const struct yg_facts *f, const struct yg_factcol_own *own)
{
    return f->time_ns == own->time_ns && f->kind == own->kind &&
           f->verdict == own->verdict &&
           memcmp(f->key, own->key, sizeof(own->key)) == 0 && yg_facts_in_range(f);
}
