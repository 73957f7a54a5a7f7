/* SPDX-License-Identifier: Apache-2.0 */
/* The driver of PostgreSQL: connections and failures. */
#include "base/clock.h"
#include "base/hash.h"
#include "db/db_postgres_priv.h"

#include <stdio.h>
#include <time.h>

#define NAP_MS      50
#define VERSION_MIN 130000

/* ---- failures -------------------------------------------------------------------- */

static const struct {
    const char *state; /* SQLSTATE, or how it begins */
    enum yg_status status;
    const char *remedy;
} failures[] = {
    { "08", YG_EIO, "; the connection was lost" },
    { "22021", YG_EFORMAT, "" },
    { "22P05", YG_EFORMAT, "" },
    { "22", YG_EINVAL, "" },
    { "23505", YG_EEXIST, "" },
    { "23", YG_EINVAL, "" },
    { "25006", YG_EINVAL, "; a change outside of a transaction that writes" },
    { "40", YG_EBUSY, "; try again" },
    { "42501", YG_EINVAL, "; grant it to the user of the address" },
    { "42", YG_EINVAL, "" },
    { "0A", YG_EINVAL, "" },
    { "53100", YG_EIO, "; free some space on the server" },
    { "53200", YG_ENOMEM, "" },
    { "53", YG_EBUSY, "; raise the server's limit" },
    { "54", YG_ELIMIT, "" },
    { "55", YG_EBUSY, "; another program has it" },
    { "57014", YG_ELIMIT, "" },
    { "57P03", YG_EBUSY, "; try again" },
    { "57", YG_EIO, "; the connection was lost" },
    { "58", YG_EIO, "" },
    { "XX001", YG_ECORRUPT, "; restore the last backup" },
    { "XX002", YG_ECORRUPT, "; restore the last backup" },
};

/* The first line, without what ends it. */
static struct yg_str line_of(const char *text)
{
    struct yg_str s = yg_str_of(text ? text : "");

    return yg_str_trim(yg_str_cut(&s, '\n'));
}

enum yg_status yg_pg_fail(struct yg_pg *pg, PGresult *res, struct yg_err *err)
{
    const char *state = res ? PQresultErrorField(res, PG_DIAG_SQLSTATE) : NULL;
    const char *text = res ? PQresultErrorField(res, PG_DIAG_MESSAGE_PRIMARY) : NULL;
    enum yg_status rc = YG_EIO;
    const char *remedy = "";

    for (size_t i = 0; state && i < YG_ARRAY_LEN(failures); i++)
        if (strncmp(state, failures[i].state, strlen(failures[i].state)) == 0) {
            rc = failures[i].status;
            remedy = failures[i].remedy;
            break;
        }
    if (PQstatus(pg->conn) == CONNECTION_BAD) {
        pg->lost = true;
        rc = YG_EIO;
        remedy = "; the connection was lost";
    }
    struct yg_str line = line_of(text ? text : PQerrorMessage(pg->conn));
    yg_err_set(err, rc, "database: %.*s%s", YG_STR_ARG(line), remedy);
    PQclear(res);
    return rc;
}

enum yg_status yg_pg_run(struct yg_pg *pg, const char *sql, PGresult **out,
                         struct yg_err *err)
{
    yg_pg_hold(pg);
    PGresult *res = PQexec(pg->conn, sql);
    ExecStatusType st = PQresultStatus(res);
    if (st != PGRES_COMMAND_OK && st != PGRES_TUPLES_OK)
        return yg_pg_fail(pg, res, err);
    if (out)
        *out = res;
    else
        PQclear(res);
    return YG_OK;
}

enum yg_status yg_pg_number(struct yg_pg *pg, const char *sql, int64_t *out,
                            struct yg_err *err)
{
    PGresult *res = NULL;
    enum yg_status rc = yg_pg_run(pg, sql, &res, err);

    if (rc != YG_OK)
        return rc;
    *out = 0;
    if (PQntuples(res) > 0 && !PQgetisnull(res, 0, 0) &&
        !yg_str_i64(yg_str_of(PQgetvalue(res, 0, 0)), out))
        rc = yg_err_set(err, YG_ECORRUPT, "database: not a number where one should be");
    PQclear(res);
    return rc;
}

int32_t yg_pg_key(const struct yg_pg *pg, uint64_t of)
{
    return (int32_t)(uint32_t)yg_hash_str(of, yg_str_of(pg->part));
}

/* ---- the session ----------------------------------------------------------------- */

static void no_notice(void *arg, const PGresult *res)
{
    (void)arg;
    (void)res;
}

enum yg_status yg_pg_check_where(const char *where, struct yg_err *err)
{
    PQconninfoOption *all = PQconninfoParse(where, NULL);
    bool secret = false;

    if (!all)
        return yg_err_set(err, YG_EINVAL,
                          "the address of the database is not one of PostgreSQL; write "
                          "postgresql://USER@HOST/NAME");
    for (const PQconninfoOption *o = all; o->keyword; o++)
        secret |= strstr(o->keyword, "password") && o->val && *o->val;
    PQconninfoFree(all);
    if (secret)
        return yg_err_set(err, YG_EINVAL,
                          "a password in the address of the database is seen by others; "
                          "write it into ~/.pgpass (mode 0600), or name a service");
    return YG_OK;
}

/* What stands before `dbname` holds unless the address says otherwise: over TCP the
 * server's certificate is checked, and a link that is dead is noticed within a minute. */
static const char *const keyword[] = {
    "sslmode",
    "connect_timeout",
    "keepalives_idle",
    "keepalives_count",
    "keepalives_interval",
    "tcp_user_timeout",
    "dbname",
    "client_encoding",
    "fallback_application_name",
    NULL,
};

struct address {
    char timeout_s[16];
    const char *value[YG_ARRAY_LEN(keyword)];
};

static void address_of(const struct yg_pg *pg, struct address *a)
{
    int s = pg->db.opt.patience_ms / 1000;

    snprintf(a->timeout_s, sizeof(a->timeout_s), "%d", s < 2 ? 2 : s > 10 ? 10 : s);
    const char *const value[] = {
        "verify-full", a->timeout_s, "30",   "3",      "10",
        "30000",       pg->db.where, "UTF8", "yagura", NULL,
    };
    _Static_assert(sizeof(value) == sizeof(keyword), "a value for each");
    memcpy((void *)a->value, (const void *)value, sizeof(value));
}

static bool dial(struct yg_pg *pg, const struct address *a)
{
    PQfinish(pg->conn);
    pg->session++;
    pg->conn = PQconnectdbParams(keyword, a->value, 1);
    pg->lost = PQstatus(pg->conn) != CONNECTION_OK; /* also when there is no memory */
    if (!pg->lost)
        PQsetNoticeReceiver(pg->conn, no_notice, NULL);
    return !pg->lost;
}

/* Why is there no connection: is nobody there, is it starting, or does it refuse us? What
 * has just started may have refused before. */
static enum yg_status make_connection(struct yg_pg *pg, struct yg_err *err)
{
    struct address a;

    address_of(pg, &a);
    if (dial(pg, &a))
        return YG_OK;
    PGPing there = PQpingParams(keyword, a.value, 1);
    if (there == PQPING_OK && dial(pg, &a))
        return YG_OK;
    struct yg_str line = line_of(PQerrorMessage(pg->conn));
    switch (there) {
    case PQPING_REJECT:
        return yg_err_set(err, YG_EBUSY, "database: %.*s; try again", YG_STR_ARG(line));
    case PQPING_OK:
        return yg_err_set(err, YG_EINVAL,
                          "database: %.*s; look at the address, the rights of its user "
                          "and ~/.pgpass",
                          YG_STR_ARG(line));
    default:
        return yg_err_set(err, YG_EIO, "database: %.*s", YG_STR_ARG(line));
    }
}

static enum yg_status settle(struct yg_pg *pg, struct yg_err *err)
{
    PGresult *res = NULL;
    char sql[768];

    snprintf(
        sql, sizeof(sql),
        "SET synchronous_commit = on; SET standard_conforming_strings = on;"
        "SET search_path = \"%s\"; SET lock_timeout = %d; SET statement_timeout = %d;"
        "SET default_transaction_read_only = on;"
        "SET idle_in_transaction_session_timeout = 0; SET tcp_keepalives_idle = 60;"
        "SELECT current_setting('fsync'), current_setting('server_encoding'),"
        " gen_random_uuid()",
        pg->part, pg->db.opt.patience_ms, pg->db.opt.statement_ms);
    if (PQserverVersion(pg->conn) < VERSION_MIN)
        return yg_err_set(err, YG_EVERSION,
                          "the database is PostgreSQL %d; 13 or newer is needed",
                          PQserverVersion(pg->conn) / 10000);
    enum yg_status rc = yg_pg_run(pg, sql, &res, err);
    if (rc != YG_OK)
        return rc;
    if (strcmp(PQgetvalue(res, 0, 0), "on") != 0)
        rc = yg_err_set(err, YG_EINVAL,
                        "the server of the database runs with fsync=off and would lose "
                        "what it says is committed; switch it on");
    else if (strcmp(PQgetvalue(res, 0, 1), "UTF8") != 0)
        rc =
            yg_err_set(err, YG_EINVAL, "the database has encoding %s; make one with UTF8",
                       PQgetvalue(res, 0, 1));
    snprintf(pg->token, sizeof(pg->token), "%s", PQgetvalue(res, 0, 2));
    PQclear(res);
    return rc;
}

/* The session's own lock, which the server lets go with it: what a program that was
 * killed held may last a moment longer. */
static enum yg_status be_alone(struct yg_pg *pg, struct yg_err *err)
{
    char sql[128];

    snprintf(sql, sizeof(sql), "SELECT pg_advisory_lock(%d, %d)",
             (int32_t)pg->db.opt.application, yg_pg_key(pg, 1));
    enum yg_status rc = yg_pg_run(pg, sql, NULL, err);
    if (rc == YG_EBUSY)
        yg_err_set(err, rc,
                   "database: another yagura writes here already; stop it first");
    return rc;
}

static enum yg_status connect_once(struct yg_pg *pg, struct yg_err *err)
{
    enum yg_status rc = make_connection(pg, err);

    if (rc == YG_OK)
        rc = settle(pg, err);
    return rc == YG_OK && pg->db.opt.alone ? be_alone(pg, err) : rc;
}

enum yg_status yg_pg_connect(struct yg_pg *pg, bool wait, struct yg_err *err)
{
    const struct timespec nap = { .tv_nsec = NAP_MS * 1000000L };
    const double until = yg_clock_wall() + (wait ? pg->db.opt.patience_ms / 1e3 : 0);
    enum yg_status rc = connect_once(pg, err);

    while ((rc == YG_EIO || rc == YG_EBUSY) && yg_clock_wall() < until) {
        nanosleep(&nap, NULL);
        rc = connect_once(pg, err);
    }
    if (rc != YG_OK)
        pg->lost = true;
    return rc;
}

enum yg_status yg_pg_ready(struct yg_pg *pg, struct yg_err *err)
{
    if (!pg->lost)
        return YG_OK;
    if (pg->db.tx != YG_DB_TX_NONE)
        return yg_err_set(err, YG_EIO,
                          "database: the connection was lost; nothing of the transaction "
                          "is kept");
    return yg_pg_connect(pg, true, err);
}
