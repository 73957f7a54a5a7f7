/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Microsoft Exchange's own logs: message tracking, HTTP proxy and ECP, comma-separated
 * by the columns that learn.microsoft.com and the files' #Fields line name.
 */
#include "decode/csv.h"
#include "decode/log_json.h"

#define COLUMNS 40

static size_t cut_columns(struct yg_str rest, struct yg_str cell[COLUMNS])
{
    size_t n = 0;

    while (rest.p && n < COLUMNS && yg_csv_cut(&rest, ',', &cell[n])) {
        if (cell[n].n >= 2 && cell[n].p[0] == '"')
            cell[n].p++, cell[n].n -= 2;
        n++;
    }
    return n;
}

static bool is_event(struct yg_str s)
{
    static const char name[][14] = {
        "RECEIVE", "DELIVER", "SEND",     "SUBMIT",   "FAIL",    "EXPAND",    "DEFER",
        "DSN",     "RESOLVE", "TRANSFER", "REDIRECT", "BADMAIL", "HARECEIVE",
    };

    for (size_t i = 0; i < YG_ARRAY_LEN(name); i++)
        if (yg_is(s, name[i]))
            return true;
    return false;
}

enum kind { NONE, TRACKING, PROXY, ECP };

static enum kind kind_of(const struct yg_str *cell, size_t n)
{
    uint64_t number;

    if (n > 19 && is_event(cell[8]))
        return TRACKING;
    if (n > 22 && cell[1].n == 36 && yg_str_u64(cell[2], &number) &&
        yg_str_u64(cell[3], &number))
        return PROXY;
    return n > 3 && yg_is(cell[2], "ECP.Request") ? ECP : NONE;
}

/* All begin with a time in UTC: "2026-01-02T03:04:05.123Z,". */
static int exchange_match(const struct yg_logline *l)
{
    struct yg_str cell[COLUMNS], s = l->raw;
    const char *comma = s.n > 24 ? memchr(s.p, ',', 30 < s.n ? 30 : s.n) : NULL;

    if (!comma || s.p[4] != '-' || s.p[10] != 'T' || comma[-1] != 'Z')
        return 0;
    return kind_of(cell, cut_columns(s, cell)) == NONE ? 0 : 90;
}

static void put_tracking(struct yg_target *t, const struct yg_str *cell)
{
    yg_log_ip(t, YG_F_SOURCE_IP, cell[1]);
    yg_log_ip(t, YG_F_DESTINATION_IP, cell[3]);
    YG_PUT(t, TEXT, OBSERVER_NAME, cell[4]);
    YG_PUT(t, LOWER, EVENT_ACTION, cell[8]);
    YG_PUT(t, TEXT, MAIL_ID, cell[10]);
    YG_PUT(t, TEXT, MAIL_TO, cell[12]);
    YG_PUT(t, TEXT, MAIL_SUBJECT, cell[18]);
    YG_PUT(t, TEXT, MAIL_FROM, cell[19]);
    YG_PUT(t, TEXT, OUTCOME, yg_is(cell[8], "FAIL") ? YG_STR("failure") : YG_STR_NONE);
    t->e->device = YG_DEV_MAIL;
}

static void put_number(struct yg_target *t, enum yg_field f, struct yg_str s)
{
    uint64_t n;

    if (yg_str_u64(s, &n))
        yg_put_text(t, YG_AS_U64, f, s);
}

static void put_proxy(struct yg_target *t, const struct yg_str *cell)
{
    YG_PUT(t, LOWER, APP_PROTO, cell[7]);
    YG_PUT(t, TEXT, URL_DOMAIN, cell[8]);
    YG_PUT(t, TEXT, URL, cell[9]);
    YG_PUT(t, TEXT, USER_NAME, cell[13]);
    YG_PUT(t, TEXT, USER_AGENT, cell[16]);
    yg_log_ip(t, YG_F_SOURCE_IP, cell[17]);
    YG_PUT(t, TEXT, HOST_NAME, cell[18]);
    put_number(t, YG_F_HTTP_STATUS, cell[19]);
    YG_PUT(t, TEXT, HTTP_METHOD, cell[22]);
}

/* "S:CMD=..;S:URL=.." */
static void put_ecp(struct yg_target *t, const struct yg_str *cell)
{
    struct yg_str rest = cell[3], value;

    YG_PUT(t, TEXT, HOST_NAME, cell[1]);
    if (yg_after(&rest, "S:CMD=") && yg_until(&rest, ";S:", &value))
        YG_PUT(t, TEXT, COMMAND_LINE, value);
    rest = cell[3];
    if (yg_after(&rest, "S:URL=") && yg_until(&rest, ";S:", &value))
        YG_PUT(t, TEXT, URL, value);
}

static bool exchange_read(struct yg_decode *d, struct yg_target *t,
                          const struct yg_logline *l)
{
    static const char *const set[] = { "", "tracking", "http-proxy", "ecp" };
    struct yg_str cell[COLUMNS];
    enum kind kind = kind_of(cell, cut_columns(l->raw, cell));

    (void)d;
    if (kind == NONE)
        return false;
    yg_log_when(t, cell[0]);
    YG_PUT(t, TEXT, EVENT_DATASET, yg_str_of(set[kind]));
    if (kind == TRACKING)
        put_tracking(t, cell);
    else if (kind == PROXY)
        put_proxy(t, cell);
    else
        put_ecp(t, cell);
    return true;
}

const struct yg_dialect yg_dialect_exchange = {
    .name = "exchange",
    .doc = "Microsoft Exchange: message tracking, HTTP proxy, ECP",
    .product = "Exchange",
    .device = YG_DEV_WEB,
    .match = exchange_match,
    .read = exchange_read,
};
