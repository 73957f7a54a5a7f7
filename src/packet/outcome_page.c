/* SPDX-License-Identifier: Apache-2.0 */
#include "packet/outcome_priv.h"

#include "packet/intent_priv.h"

/* Candidates that are looked at closely: who writes question or answer must not choose
 * the work. */
#define TRIES_MAX 32U

/* clang-format off */
/* A database that complains: the query reached it, no more. */
static const struct yg_match_rule error_rule[] = {
    { "you have an error in your sql syntax",  0, 0, 0 },
    { "%bmysql_%w(",                           0, 0, 0 },
    { "%bmysqli_%w(",                          0, 0, 0 },
    { "unclosed quotation mark",               0, 0, 0 },
    { "quoted string not properly terminated", 0, 0, 0 },
    { "%bora-%d:",                             0, 0, 0 },
    { "sqlite%aerror",                         0, 0, 0 },
    { "%bnear \"%a\": syntax error",           0, 0, 0 },
    { "%bpg_query(",                           0, 0, 0 },
    { "syntax error at or near",               0, 0, 0 },
    { "unterminated quoted string",            0, 0, 0 },
    { "%bsqlstate[",                           0, 0, 0 },
    { "%bsqlstate%s%d",                        0, 0, 0 },
    { "microsoft ole db provider",             0, 0, 0 },
    { "odbc%adriver",                          0, 0, 0 },
    { "sqlexception",                          0, 0, 0 },
    { "sqlsyntaxerror",                        0, 0, 0 },
    { "incorrect syntax near",                 0, 0, 0 },
    { "dynamic sql error",                     0, 0, 0 },
    { "unknown column '",                      0, 0, 0 },
    { "have a different number of columns",    0, 0, 0 },
    { "do not have the same number of result", 0, 0, 0 },
    { "psycopg2.",                             0, 0, 0 },
    { "%bjdbc%aexception",                     0, 0, 0 },
};

/* Errors that quote the value that was asked for: data came out. */
static const char *const leak[] = {
    "xpath syntax error: %c", "duplicate entry %c", "converting%avalue %c",
    "invalid input syntax for%a: %c",
};

static const struct yg_match_rule schema_rule[] = {
    { "%bcharacter_sets%b",        0, 0, 0 }, { "%bcolumn_privileges%b", 1, 0, 0 },
    { "%bkey_column_usage%b",      2, 0, 0 }, { "%bschema_privileges%b", 3, 0, 0 },
    { "%btable_constraints%b",     4, 0, 0 }, { "%buser_privileges%b",   5, 0, 0 },
    { "%bsqlite_sequence%b",       6, 0, 0 }, { "%bpg_attribute%b",      7, 0, 0 },
    { "%bpg_authid%b",             8, 0, 0 }, { "%bsysobjects%b",        9, 0, 0 },
    { "%bcollations%b",           10, 0, 0 }, { "%bcreate table %q%w",  11, 0, 0 },
    { "%bpg_class%b",             12, 0, 0 }, { "%bsyscolumns%b",       13, 0, 0 },
};

/* What a function of the query gives: asked for, and how it looks. */
static const struct {
    const char *asked, *pattern;
} value_sign[] = {
    { "version",     "%b%d.%d.%d-%w" },
    { "version",     "postgresql %d.%d" },
    { "version",     "microsoft sql server %d" },
    { "version",     "oracle database %d" },
    { "banner",      "oracle database %d" },
    { "user",        "%w@localhost%b" },
    { "user",        "%w@%d.%d.%d." },
    { "user",        "%w@%%" },
    { "passw",       "$%d%w$%d%d$" },
    { "passw",       "$p$b%n" },
    { "load_file",   "root:%a:0:0:%a:/" },
    { "xp_cmdshell", "%bnt authority\\%w" },
    { "xp_cmdshell", "%bnt service\\%w" },
};
/* clang-format on */

static struct yg_str around(struct yg_str s, size_t at, size_t end)
{
    return yg_sub(s, at, end + 80);
}

static void grant(struct yg_judging *j, const struct yg_asked *a, unsigned kind,
                  struct yg_str shows)
{
    struct yg_mark_at at = yg_judge_answer_of(j, a->x);

    yg_judge_mark(j, kind, &at, shows);
}

static bool printable(const char *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (p[i] < 0x21 || p[i] > 0x7e)
            return false;
    return n > 0;
}

/* 0x716b6a71, or 0xqkjq when peeling has read the digits already. */
static size_t read_hex(struct yg_str s, size_t from, size_t *at, char out[32])
{
    size_t end = from, n = 0;
    uint64_t v = 0;

    while (end < s.n && yg_is_word(s.p[end]))
        end++;
    for (size_t i = from; i + 1 < end && n < 32; i += 2) {
        if (!yg_str_hex64(yg_sub(s, i, i + 2), &v))
            break;
        out[n++] = (char)(unsigned char)v;
    }
    if (n * 2 != end - from || !printable(out, n))
        for (n = 0; n < 32 && from + n < end; n++)
            out[n] = s.p[from + n];
    *at = end > from ? end : from + 1;
    return n;
}

/* Text that the question holds only as numbers, so that an echo cannot show it: 0x...,
 * CHAR(113,107,...), CHR(113)||CHR(...). Reads one at *at; the text's length. */
static size_t read_marker(struct yg_str s, size_t *at, char out[32])
{
    size_t n = 0, end = 0;

    if (yg_match_at("0x", s, *at, &end))
        return read_hex(s, end, at, out);
    while (n < 32 &&
           (yg_match_at("char(", s, *at, &end) || yg_match_at("chr(", s, *at, &end))) {
        while (end < s.n && n < 32 && yg_is_digit(s.p[end])) {
            size_t from = end;
            uint64_t v = 0;
            while (end < s.n && yg_is_digit(s.p[end]))
                end++;
            if (yg_str_u64(yg_sub(s, from, end), &v) && v < 256)
                out[n++] = (char)(unsigned char)v;
            while (end < s.n && (s.p[end] == ',' || s.p[end] == ' '))
                end++;
        }
        *at = end;
        while (*at < s.n && memchr(")|+& ", s.p[*at], 5))
            (*at)++;
    }
    if (n == 0)
        (*at)++;
    return n;
}

/* A marker of the query came back as text. */
static bool marker(struct yg_judging *j, const struct yg_asked *a)
{
    char text[32];

    for (size_t at = 0, tries = 0; at < a->asked.n && tries < TRIES_MAX;) {
        size_t n = 0;
        char c = (char)(a->asked.p[at] | 0x20);
        if (c != 'c' && a->asked.p[at] != '0') {
            at++;
            continue;
        }
        n = read_marker(a->asked, &at, text);
        struct yg_str m = { text, n };
        if (n < 4 || !printable(text, n))
            continue;
        tries++;
        if (yg_find(a->x->target, m, 0) != YG_NOWHERE ||
            yg_find(a->x->body, m, 0) != YG_NOWHERE ||
            yg_find(a->x->head, m, 0) != YG_NOWHERE)
            continue;
        for (size_t i = 0; (i = yg_find(a->peeled, m, i)) != YG_NOWHERE; i += n) {
            /* peeling reads the digits of an echo, too */
            if (i >= 2 && memcmp(a->peeled.p + i - 2, "0x", 2) == 0)
                continue;
            grant(j, a, YG_M_DATABASE_CONTENT, around(a->peeled, i, i + n));
            return true;
        }
    }
    return false;
}

/* An error that quotes a value which the question does not hold. */
static bool leaked(struct yg_judging *j, const struct yg_asked *a)
{
    size_t end = 0;

    for (size_t i = 0; i < YG_ARRAY_LEN(leak); i++) {
        size_t at = yg_match_find(leak[i], a->peeled, 0, &end);
        size_t to = end;
        if (at == YG_NOWHERE)
            continue;
        while (to < a->peeled.n && to < end + 100 &&
               !memchr("'\"\n<", a->peeled.p[to], 4))
            to++;
        struct yg_str value = yg_sub(a->peeled, end, to);
        if (value.n >= 3 && !yg_judge_echo(a, value)) {
            grant(j, a, YG_M_DATABASE_CONTENT, yg_sub(a->peeled, at, to));
            return true;
        }
    }
    return false;
}

static bool schema(struct yg_judging *j, const struct yg_asked *a)
{
    struct yg_matcher m;
    struct yg_hit h = { .rule = NULL };
    uint32_t seen = 0;
    size_t first = 0, end = 0;

    if (yg_match_find("schema", a->asked, 0, &end) == YG_NOWHERE &&
        yg_match_find("sqlite_master", a->asked, 0, &end) == YG_NOWHERE &&
        yg_match_find("%bsys", a->asked, 0, &end) == YG_NOWHERE &&
        yg_match_find("pg_", a->asked, 0, &end) == YG_NOWHERE)
        return false;
    yg_matcher_init(&m, schema_rule, YG_ARRAY_LEN(schema_rule));
    for (unsigned i = 0; i < TRIES_MAX && yg_match_next(&m, a->peeled, &h); i++) {
        if (yg_judge_echo(a, yg_sub(a->peeled, h.at, h.end)))
            continue;
        first = seen ? first : h.at;
        seen |= 1U << h.rule->tag;
    }
    if (seen == 0 || ((seen & (seen - 1)) == 0 && seen != 1U << 11))
        return false;
    grant(j, a, YG_M_DATABASE_CONTENT, around(a->peeled, first, first));
    return true;
}

/* Digests of passwords: hex of a digest's length that stands alone like a column. */
static bool digests(struct yg_judging *j, const struct yg_asked *a)
{
    struct yg_str s = a->peeled;
    size_t end = 0, tries = 0;

    if (yg_match_find("passw", a->asked, 0, &end) == YG_NOWHERE &&
        yg_match_find("users%b", a->asked, 0, &end) == YG_NOWHERE)
        return false;
    for (size_t i = 0; i<s.n; i = end> i ? end : i + 1) {
        end = i;
        if (!yg_match_at("%b%x", s, i, &end))
            continue;
        size_t n = end - i;
        bool length = n == 32 || n == 40 || n == 64;
        bool column = (i == 0 || memchr(">:,| \"\t\n", s.p[i - 1], 8)) &&
                      (end >= s.n || memchr("<:,| \"\t\r\n", s.p[end], 9));
        if (length && column && ++tries < TRIES_MAX &&
            !yg_judge_echo(a, yg_sub(s, i, end))) {
            grant(j, a, YG_M_DATABASE_CONTENT, yg_sub(s, i > 40 ? i - 40 : 0, end));
            return true;
        }
    }
    return false;
}

static bool values(struct yg_judging *j, const struct yg_asked *a)
{
    size_t end = 0;

    for (size_t i = 0; i < YG_ARRAY_LEN(value_sign); i++) {
        if (yg_match_find(value_sign[i].asked, a->asked, 0, &end) == YG_NOWHERE)
            continue;
        size_t at = yg_match_find(value_sign[i].pattern, a->peeled, 0, &end);
        if (at == YG_NOWHERE || yg_judge_echo(a, yg_sub(a->peeled, at, end)))
            continue;
        grant(j, a, YG_M_DATABASE_CONTENT, around(a->peeled, at, end));
        return true;
    }
    return false;
}

/* Seconds that the query asks the server to wait; 0: none. */
static double asked_delay(struct yg_str s)
{
    static const char *const wait[] = {
        "%bsleep%o(%o%q", "pg_sleep%o(%o%q",         "waitfor%sdelay%s%q%d:%d:",
        "%bsleep%s",      "receive_message%o(%a,%o", "%btimeout%s/t%s",
        "%bping%s-%w%s",
    };
    double seconds = 0;

    for (size_t i = 0; i < YG_ARRAY_LEN(wait); i++) {
        size_t end = 0, at = yg_match_find(wait[i], s, 0, &end), to = 0;
        if (at == YG_NOWHERE)
            continue;
        for (to = end; to < s.n && (yg_is_digit(s.p[to]) || s.p[to] == '.'); to++) {
        }
        if (yg_str_f64(yg_sub(s, end, to), &seconds) && seconds >= 1 && seconds <= 120)
            return seconds;
    }
    return 0;
}

/* As late as asked, while other answers of this conversation were not. */
bool yg_judge_delay(struct yg_judging *j, const struct yg_asked *a)
{
    const struct yg_talk *t = j->talk[j->main];
    double want = asked_delay(a->asked);
    double took = (double)(a->x->answer_ns - a->x->ask_ns) / 1e9;

    if (want <= 0 || a->x->answer_ns == 0 || took < 0.95 * want ||
        took > 1.2 * want + 0.2)
        return false;
    for (uint32_t i = 0; i < t->exchanges; i++) {
        const struct yg_exchange *x = &t->exchange[i];
        struct yg_str raw = x->target;
        if (x == a->x || x->answer_ns == 0 || asked_delay(raw) > 0)
            continue;
        if ((double)(x->answer_ns - x->ask_ns) / 1e9 > 0.5 * want)
            return false; /* this server is slow anyway */
    }
    struct yg_mark_at at = yg_judge_answer_of(j, a->x);
    yg_judge_mark(j, YG_M_DELAYED, &at, yg_sub(a->x->answer_head, 0, 80));
    return true;
}

void yg_judge_database(struct yg_judging *j, const struct yg_asked *a)
{
    struct yg_matcher m;
    struct yg_hit h = { .rule = NULL };

    if (marker(j, a) || leaked(j, a) || schema(j, a) || values(j, a) || digests(j, a))
        return;
    (void)yg_judge_delay(j, a);
    yg_matcher_init(&m, error_rule, YG_ARRAY_LEN(error_rule));
    if (yg_match_next(&m, a->peeled, &h) &&
        !yg_judge_echo(a, yg_sub(a->peeled, h.at, h.end)))
        grant(j, a, YG_M_DATABASE_ERROR, around(a->peeled, h.at, h.end));
}
