/* SPDX-License-Identifier: Apache-2.0 */
/* The driver of PostgreSQL: a column's bytes in binary form as a value. */
#include "base/cursor.h"
#include "db/db_postgres_priv.h"

#include <stdio.h>

#define NUMERIC_GROUPS 12 /* of four digits: more than either kind of number holds */

/* PostgreSQL's decimal numbers, which it makes of sums: groups of four digits. As a whole
 * number if it is one that fits, else as the nearest double. */
static struct yg_db_value numeric(struct yg_str bytes)
{
    struct yg_cursor c = yg_cursor_of(bytes.p, bytes.n);
    unsigned groups = yg_cursor_be16(&c);
    int weight = (int16_t)yg_cursor_be16(&c);
    unsigned sign = yg_cursor_be16(&c);
    char text[8 * NUMERIC_GROUPS];
    struct yg_db_value v = { .kind = YG_DB_INT };
    size_t n = 0;

    (void)yg_cursor_be16(&c); /* digits that are shown */
    if (sign > 0x4000)        /* not a number, or infinite */
        return (struct yg_db_value){ .kind = YG_DB_NULL };
    if (groups > NUMERIC_GROUPS)
        groups = NUMERIC_GROUPS;
    n += (size_t)snprintf(text, sizeof(text), "%s0", sign == 0x4000 ? "-" : "");
    for (unsigned i = 0; i < groups; i++)
        n += (size_t)snprintf(text + n, sizeof(text) - n, "%04u",
                              yg_cursor_be16(&c) % 10000U);
    int zeros = weight + 1 - (int)groups; /* groups behind the last that is written */
    size_t whole = n;
    for (int i = 0; i < zeros && i < 5 && n + 5 < sizeof(text); i++)
        n += (size_t)snprintf(text + n, sizeof(text) - n, "0000");
    if (yg_cursor_ok(&c) && zeros >= 0 && zeros <= 4 &&
        yg_str_i64((struct yg_str){ text, n }, &v.i))
        return v;
    snprintf(text + whole, sizeof(text) - whole, "e%d", 4 * zeros);
    v.kind = YG_DB_REAL;
    if (!yg_str_f64(yg_str_of(text), &v.r))
        v.kind = YG_DB_NULL; /* beyond a double */
    return v;
}

static struct yg_db_value whole(int64_t i)
{
    return (struct yg_db_value){ .kind = YG_DB_INT, .i = i };
}

static struct yg_db_value real(double r)
{
    return (struct yg_db_value){ .kind = YG_DB_REAL, .r = r };
}

static uint64_t be64(struct yg_cursor *c)
{
    uint64_t high = yg_cursor_be32(c);

    return high << 32 | yg_cursor_be32(c);
}

static double float8(struct yg_cursor *c)
{
    uint64_t bits = be64(c);
    double r;

    memcpy(&r, &bits, sizeof(r));
    return r;
}

static double float4(struct yg_cursor *c)
{
    uint32_t bits = yg_cursor_be32(c);
    float r;

    memcpy(&r, &bits, sizeof(r));
    return (double)r;
}

struct yg_db_value yg_pg_value(const PGresult *res, int column)
{
    struct yg_db_value v = { .kind = YG_DB_NULL };

    if (column >= PQnfields(res) || PQgetisnull(res, 0, column))
        return v;
    struct yg_str bytes = { PQgetvalue(res, 0, column),
                            (size_t)PQgetlength(res, 0, column) };
    struct yg_cursor c = yg_cursor_of(bytes.p, bytes.n);
    switch (PQftype(res, column)) {
    case YG_PG_BOOL:
        return whole(yg_cursor_u8(&c) != 0);
    case YG_PG_INT2:
        return whole((int16_t)yg_cursor_be16(&c));
    case YG_PG_INT4:
        return whole((int32_t)yg_cursor_be32(&c));
    case YG_PG_OID:
        return whole(yg_cursor_be32(&c));
    case YG_PG_INT8:
        return whole((int64_t)be64(&c));
    case YG_PG_FLOAT4:
        return real(float4(&c));
    case YG_PG_FLOAT8:
        return real(float8(&c));
    case YG_PG_NUMERIC:
        return numeric(bytes);
    case YG_PG_VOID:
        return v;
    default:
        v.kind = YG_DB_BLOB;
        v.bytes = bytes;
        return v;
    }
}

int yg_pg_odd_column(const PGresult *res)
{
    for (int i = 0; i < PQnfields(res); i++)
        switch (PQftype(res, i)) {
        case YG_PG_BOOL:
        case YG_PG_BYTEA:
        case YG_PG_NAME:
        case YG_PG_INT8:
        case YG_PG_INT2:
        case YG_PG_INT4:
        case YG_PG_TEXT:
        case YG_PG_OID:
        case YG_PG_FLOAT4:
        case YG_PG_FLOAT8:
        case YG_PG_UNKNOWN:
        case YG_PG_BPCHAR:
        case YG_PG_VARCHAR:
        case YG_PG_NUMERIC:
        case YG_PG_VOID:
            break;
        default:
            return i;
        }
    return -1;
}
