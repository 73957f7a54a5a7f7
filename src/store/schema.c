/* SPDX-License-Identifier: Apache-2.0 */
#include "store/schema.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

/* "YGUR": tells our database from other people's. */
#define APPLICATION_ID 0x59475552

/* Whole days of UTC, also before 1970. */
#define DAY_OF_RUN                                                                       \
    "(first_ns - (first_ns % 86400000000000 + 86400000000000)"                           \
    " % 86400000000000)"

/* step[n] leads from version n to n + 1.
 *
 *      tenant --< zone     what a block holds, small: walked by every scan
 *                  |-- filter   may it hold this key?
 *                  |-- ids      its ids, apart so that the window loads nothing else
 *                  |-- data     compressed columns, raw records and packets
 *                  '-- facts    what was made of them, for those that read nothing else
 *      indexed --< place           where an id lies (place.c)
 *      reopened                    closed alerts that are open after all
 *      run --< run_alert           the queue
 *      run_count                   how long it is, kept by triggers
 *      certificate, standing_order --- chain   promised, ordered: chained by digest
 *      toss --- chain                  what the coin was tossed for, chained
 *      audit --- audit_log --- chain   what the coin drew, and every state of it
 *      stratum, stratum_day            what strata did
 */
static const char *const step[] = {
    "CREATE TABLE source(id INTEGER PRIMARY KEY, tenant TEXT NOT NULL,"
    " name TEXT NOT NULL, format TEXT NOT NULL, mapping TEXT NOT NULL,"
    " header TEXT NOT NULL, offset_min INTEGER NOT NULL, log INTEGER NOT NULL,"
    " path TEXT NOT NULL) STRICT;"
    "CREATE INDEX source_name ON source(tenant, name);"

    "CREATE TABLE tenant(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;"

    "CREATE TABLE zone(tenant INTEGER NOT NULL, block INTEGER NOT NULL,"
    " time_min INTEGER NOT NULL, time_max INTEGER NOT NULL,"
    " received_min INTEGER NOT NULL, received_max INTEGER NOT NULL,"
    " count INTEGER NOT NULL, alerts INTEGER NOT NULL, contexts INTEGER NOT NULL,"
    " undecodable INTEGER NOT NULL, closed INTEGER NOT NULL,"
    " raw_bytes INTEGER NOT NULL, digest BLOB NOT NULL,"
    " PRIMARY KEY(tenant, block)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE filter(block INTEGER PRIMARY KEY, bits BLOB NOT NULL) STRICT;"
    "CREATE TABLE ids(block INTEGER PRIMARY KEY, tenant INTEGER NOT NULL,"
    " received_max INTEGER NOT NULL, ids BLOB NOT NULL) STRICT;"
    "CREATE TABLE data(block INTEGER PRIMARY KEY, meta BLOB NOT NULL,"
    " raw BLOB NOT NULL) STRICT;"

    "CREATE TABLE verdict(alert BLOB NOT NULL, seq INTEGER NOT NULL,"
    " tenant TEXT NOT NULL, level INTEGER NOT NULL, source INTEGER NOT NULL,"
    " at_ns INTEGER NOT NULL, reason TEXT NOT NULL, note TEXT NOT NULL,"
    " who TEXT NOT NULL, incident TEXT NOT NULL, state INTEGER NOT NULL,"
    " PRIMARY KEY(alert, seq)) STRICT, WITHOUT ROWID;"
    "CREATE UNIQUE INDEX verdict_now ON verdict(tenant, alert) WHERE state = 1;"

    "CREATE TABLE run(id BLOB PRIMARY KEY NOT NULL, worst BLOB NOT NULL,"
    " tenant TEXT NOT NULL, signature TEXT NOT NULL, entity TEXT NOT NULL,"
    " source_ip TEXT NOT NULL, destination_ip TEXT NOT NULL, host TEXT NOT NULL,"
    " device TEXT NOT NULL, first_ns INTEGER NOT NULL, last_ns INTEGER NOT NULL,"
    " alerts INTEGER NOT NULL, open INTEGER NOT NULL, max_risk INTEGER NOT NULL,"
    " gates INTEGER NOT NULL, predicted INTEGER NOT NULL, verdict INTEGER NOT NULL,"
    " rank INTEGER NOT NULL, state INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE INDEX run_queue ON run(state, max_risk DESC, rank DESC, first_ns, id);"
    "CREATE TABLE run_alert(run BLOB NOT NULL, chunk INTEGER NOT NULL,"
    " ids BLOB NOT NULL, PRIMARY KEY(run, chunk)) STRICT, WITHOUT ROWID;"

    "CREATE TABLE meta(name TEXT PRIMARY KEY NOT NULL, value BLOB NOT NULL)"
    " STRICT, WITHOUT ROWID;",

    /* Sums a tenant, so that counting does not walk all blocks; the queue by tenant. */
    "ALTER TABLE tenant ADD COLUMN alerts INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE tenant ADD COLUMN contexts INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE tenant ADD COLUMN undecodable INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE tenant ADD COLUMN closed INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE tenant ADD COLUMN blocks INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE tenant ADD COLUMN raw_bytes INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE tenant ADD COLUMN first_ns INTEGER;"
    "ALTER TABLE tenant ADD COLUMN last_ns INTEGER;"
    "UPDATE tenant SET (alerts, contexts, undecodable, closed, blocks, raw_bytes,"
    " first_ns, last_ns) = (SELECT coalesce(sum(alerts), 0), coalesce(sum(contexts), 0),"
    " coalesce(sum(undecodable), 0), coalesce(sum(closed), 0), count(*),"
    " coalesce(sum(raw_bytes), 0), min(time_min), max(time_max) FROM zone"
    " WHERE zone.tenant = tenant.id);"
    "CREATE INDEX run_queue_tenant ON run(tenant, state, max_risk DESC, rank DESC,"
    " first_ns, id);",

    /* Where an id lies, without reading all ids. What is there is indexed by the next
     * commit. */
    "CREATE TABLE indexed(first INTEGER PRIMARY KEY, last INTEGER NOT NULL) STRICT;"
    "CREATE TABLE place(part_first INTEGER PRIMARY KEY, entries BLOB NOT NULL) STRICT;"
    "CREATE TABLE moved(block INTEGER PRIMARY KEY, into_block INTEGER NOT NULL) STRICT;",

    /* The packets kept with alerts, a piece of their own. */
    "ALTER TABLE data ADD COLUMN packets BLOB NOT NULL DEFAULT x'';",

    /* Closed alerts that are open after all; their blocks do not change. */
    ("CREATE TABLE reopened(alert BLOB PRIMARY KEY NOT NULL, gates INTEGER NOT NULL)"
     " STRICT, WITHOUT ROWID;"),

    /* The ledger: what was promised, ordered and audited. `chain` holds how many rows a
     * chained table has and the digest of its last, so that a tail cut off shows. */
    ("CREATE TABLE certificate(seq INTEGER PRIMARY KEY, tenant TEXT NOT NULL,"
     " attempt INTEGER NOT NULL, made_ns INTEGER NOT NULL, digest BLOB NOT NULL,"
     " model BLOB NOT NULL, bytes BLOB NOT NULL, key BLOB NOT NULL, sig BLOB NOT NULL,"
     " chain BLOB NOT NULL) STRICT;"
     "CREATE UNIQUE INDEX certificate_attempt ON certificate(tenant, attempt);"
     "CREATE INDEX certificate_digest ON certificate(digest);"
     "CREATE TABLE standing_order(seq INTEGER PRIMARY KEY, at_ns INTEGER NOT NULL,"
     " tenant TEXT NOT NULL, who TEXT NOT NULL, why TEXT NOT NULL,"
     " certificate BLOB NOT NULL, devices INTEGER NOT NULL, fall INTEGER NOT NULL,"
     " kind INTEGER NOT NULL, chain BLOB NOT NULL) STRICT;"
     "CREATE INDEX standing_order_tenant ON standing_order(tenant, seq);"
     "CREATE TABLE chain(name TEXT PRIMARY KEY NOT NULL, rows INTEGER NOT NULL,"
     " head BLOB NOT NULL) STRICT, WITHOUT ROWID;"
     "CREATE TABLE audit(run BLOB NOT NULL, kind INTEGER NOT NULL, alert BLOB NOT NULL,"
     " certificate BLOB NOT NULL, tenant TEXT NOT NULL, who TEXT NOT NULL,"
     " rate INTEGER NOT NULL, entity INTEGER NOT NULL, drawn_ns INTEGER NOT NULL,"
     " ends_ns INTEGER NOT NULL, judged_ns INTEGER NOT NULL, risk INTEGER NOT NULL,"
     " state INTEGER NOT NULL, device INTEGER NOT NULL, level INTEGER NOT NULL,"
     " predicted INTEGER NOT NULL, truth INTEGER NOT NULL, armed INTEGER NOT NULL,"
     " second INTEGER NOT NULL, PRIMARY KEY(run, kind)) STRICT, WITHOUT ROWID;"
     "CREATE INDEX audit_state ON audit(state, drawn_ns);"
     "CREATE INDEX audit_tenant ON audit(tenant, state, drawn_ns);"
     "CREATE TABLE stratum_day(tenant TEXT NOT NULL, day INTEGER NOT NULL,"
     " device INTEGER NOT NULL, alerts INTEGER NOT NULL, closed INTEGER NOT NULL,"
     " runs_closed INTEGER NOT NULL, runs_open INTEGER NOT NULL,"
     " protected_open INTEGER NOT NULL, PRIMARY KEY(tenant, day, device))"
     " STRICT, WITHOUT ROWID;"
     "CREATE TABLE stratum(tenant TEXT NOT NULL, device INTEGER NOT NULL,"
     " day INTEGER NOT NULL, today INTEGER NOT NULL, daily REAL NOT NULL,"
     " drawn_today INTEGER NOT NULL, decoys_today INTEGER NOT NULL,"
     " open_today INTEGER NOT NULL, open_daily REAL NOT NULL, drift BLOB NOT NULL,"
     " model BLOB NOT NULL, PRIMARY KEY(tenant, device)) STRICT, WITHOUT ROWID;"),

    /* Shadow mode closes nothing: what would close waits, and is counted. There was no
     * other mode before. */
    "ALTER TABLE run ADD COLUMN would INTEGER NOT NULL DEFAULT 0;"
    " UPDATE tenant SET closed = 0;",

    /* What would close as a whole stands last, whatever its risk. */
    "DROP INDEX run_queue; DROP INDEX run_queue_tenant;"
    "CREATE INDEX run_queue ON run(state, (would > 0 AND would = open), max_risk DESC,"
    " rank DESC, first_ns, id);"
    "CREATE INDEX run_queue_tenant ON run(tenant, state, (would > 0 AND would = open),"
    " max_risk DESC, rank DESC, first_ns, id);",

    /* How many runs a tenant has in each state, so that the queue's total walks none. */
    "CREATE TABLE run_count(state INTEGER NOT NULL, tenant TEXT NOT NULL,"
    " runs INTEGER NOT NULL, PRIMARY KEY(state, tenant)) STRICT, WITHOUT ROWID;"
    "INSERT INTO run_count SELECT state, tenant, count(*) FROM run GROUP BY 1, 2;"
    "CREATE TRIGGER run_counted AFTER INSERT ON run BEGIN"
    " INSERT INTO run_count VALUES(new.state, new.tenant, 1)"
    " ON CONFLICT DO UPDATE SET runs = runs + 1; END;"
    "CREATE TRIGGER run_recounted AFTER UPDATE OF state, tenant ON run"
    " WHEN new.state <> old.state OR new.tenant <> old.tenant BEGIN"
    " UPDATE run_count SET runs = runs - 1"
    " WHERE state = old.state AND tenant = old.tenant;"
    " INSERT INTO run_count VALUES(new.state, new.tenant, 1)"
    " ON CONFLICT DO UPDATE SET runs = runs + 1; END;",

    /* A run is tossed once for all time: which runs were, and at what rate, chained. Of
     * runs seen before only that they were is known. */
    "CREATE TABLE toss(seq INTEGER PRIMARY KEY, run BLOB NOT NULL, kind INTEGER NOT NULL,"
    " tenant TEXT NOT NULL, device INTEGER NOT NULL, cluster INTEGER NOT NULL,"
    " rate INTEGER NOT NULL, at_ns INTEGER NOT NULL, chain BLOB NOT NULL) STRICT;"
    "CREATE UNIQUE INDEX toss_run ON toss(run, kind);"
    "CREATE INDEX toss_cluster ON toss(tenant, cluster, device)"
    " WHERE kind = 1 AND rate > 0;"
    "CREATE TABLE tossed_before(run BLOB PRIMARY KEY NOT NULL, kind INTEGER NOT NULL)"
    " STRICT, WITHOUT ROWID;"
    "INSERT INTO tossed_before SELECT id, iif(would > 0 OR open < alerts OR EXISTS"
    " (SELECT 1 FROM audit WHERE audit.run = run.id AND audit.kind = 1), 1, 2) FROM run;",

    /* What became of verdicts after the score was seen, and every state that an audit
     * had, chained; those that were there are written down when the store is opened. */
    "ALTER TABLE audit ADD COLUMN first INTEGER NOT NULL DEFAULT 255;"
    "ALTER TABLE audit ADD COLUMN worst INTEGER NOT NULL DEFAULT 255;"
    "ALTER TABLE audit ADD COLUMN changes INTEGER NOT NULL DEFAULT 0;"
    "UPDATE audit SET first = level, worst = CASE WHEN level = 255 THEN second"
    " WHEN second = 255 THEN level ELSE max(level, second) END;"
    "CREATE TABLE audit_log(seq INTEGER PRIMARY KEY, run BLOB NOT NULL,"
    " kind INTEGER NOT NULL, bytes BLOB NOT NULL, chain BLOB NOT NULL) STRICT;"
    "CREATE INDEX audit_log_run ON audit_log(run, kind);"
    "INSERT INTO meta SELECT 'audits-unlogged', x'01' WHERE EXISTS (SELECT 1 FROM "
    "audit);",

    /* How many runs of an audit's cluster (entity and day) had closed before tosses were
     * written down. Without it only attacks among old audits would count, and what was
     * armed would fall. Runs without an entity: not known, as before. */
    "ALTER TABLE audit ADD COLUMN closed_before INTEGER NOT NULL DEFAULT 0;"
    "WITH old AS (SELECT tenant, entity, device, " DAY_OF_RUN " AS day, count(*) AS runs"
    " FROM run JOIN tossed_before ON tossed_before.run = run.id AND kind = 1"
    " WHERE entity <> '' GROUP BY 1, 2, 3, 4)"
    "UPDATE audit SET closed_before = found.runs FROM (SELECT run.id, old.runs FROM run"
    " JOIN old ON old.tenant = run.tenant AND old.entity = run.entity"
    " AND old.device = run.device AND old.day = " DAY_OF_RUN ") AS found"
    " WHERE audit.kind = 1 AND found.id = audit.run;"
    /* When a verdict was put and when it left force, by the clock (0: not known), so that
     * what was certified then can be computed again. */
    "ALTER TABLE verdict ADD COLUMN put_ns INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE verdict ADD COLUMN left_ns INTEGER NOT NULL DEFAULT 0;"
    "CREATE INDEX verdict_past ON verdict(tenant, alert, seq) WHERE state <> 1;",

    /* Searches begin at the newest end of history. */
    "CREATE INDEX zone_newest ON zone(time_max);"
    "CREATE INDEX zone_newest_of ON zone(tenant, time_max);",

    /* What decoding made of the records, beside them; of those that are there nothing. */
    "CREATE TABLE facts(block INTEGER PRIMARY KEY, version BLOB NOT NULL,"
    " digest BLOB NOT NULL, bytes BLOB NOT NULL) STRICT;",
};
_Static_assert(YG_ARRAY_LEN(step) == YG_SCHEMA_VERSION, "one step a version");

static enum yg_status pragma_int(struct yg_db *db, const char *sql, int *out,
                                 struct yg_err *err)
{
    sqlite3_stmt *s = yg_db_stmt_own(db, sql, err);

    if (!s)
        return yg_db_err(db, sqlite3_errcode(db->h), err);
    enum yg_status rc = yg_db_step(db, s, err);
    if (rc == YG_OK)
        *out = sqlite3_column_int(s, 0);
    sqlite3_finalize(s);
    return rc;
}

/* An empty file that nobody else may read; what an interrupted attempt left is removed.
 */
static enum yg_status make_part(const char *part, struct yg_err *err)
{
    if (unlink(part) != 0 && errno != ENOENT)
        return yg_err_errno(err, "cannot remove %s", part);
    int fd = open(part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return yg_err_errno(err, "cannot make %s", part);
    close(fd);
    return YG_OK;
}

static enum yg_status sync_path(const char *path, struct yg_err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0 || fsync(fd) != 0) {
        enum yg_status rc = yg_err_errno(err, "cannot write %s to disk", path);
        if (fd >= 0)
            close(fd);
        return rc;
    }
    close(fd);
    return YG_OK;
}

/* A whole copy beside the database, complete and on disk, or not there at all. */
static enum yg_status backup(struct yg_db *db, const char *dir, int version,
                             struct yg_err *err)
{
    char part[PATH_MAX], path[PATH_MAX];

    int n = snprintf(part, sizeof(part), "%s/backup-v%d.db.part", dir, version);
    if (n < 0 || (size_t)n >= sizeof(part))
        return yg_err_set(err, YG_EINVAL, "the store's path is too long");
    snprintf(path, sizeof(path), "%.*s", n - 5, part);
    enum yg_status rc = make_part(part, err);
    if (rc != YG_OK)
        return rc;
    sqlite3_stmt *s = yg_db_stmt_own(db, "VACUUM INTO ?1", err);
    if (!s)
        return yg_db_err(db, sqlite3_errcode(db->h), err);
    yg_db_bind_text(s, 1, yg_str_of(part));
    rc = yg_db_run(db, s, err);
    sqlite3_finalize(s);
    if (rc == YG_OK)
        rc = sync_path(part, err);
    if (rc == YG_OK && rename(part, path) != 0)
        rc = yg_err_errno(err, "cannot rename %s", part);
    return rc == YG_OK ? sync_path(dir, err) : rc;
}

static enum yg_status apply(struct yg_db *db, int from, struct yg_err *err)
{
    char version[64];
    enum yg_status rc = yg_db_exec(db, "BEGIN EXCLUSIVE", err);

    if (rc != YG_OK)
        return rc;
    for (int v = from; rc == YG_OK && v < YG_SCHEMA_VERSION; v++)
        rc = yg_db_exec(db, step[v], err);
    snprintf(version, sizeof(version), "PRAGMA application_id=%d; PRAGMA user_version=%d",
             APPLICATION_ID, YG_SCHEMA_VERSION);
    if (rc == YG_OK)
        rc = yg_db_exec(db, version, err);
    if (rc == YG_OK)
        rc = yg_db_exec(db, "COMMIT", err);
    if (rc != YG_OK && !sqlite3_get_autocommit(db->h))
        sqlite3_exec(db->h, "ROLLBACK", NULL, NULL, NULL);
    return rc;
}

enum yg_status yg_schema_migrate(struct yg_db *db, const char *dir, bool read_only,
                                 struct yg_err *err)
{
    int version = 0, application = 0, tables = 0;
    enum yg_status rc = pragma_int(db, "PRAGMA user_version", &version, err);

    if (rc == YG_OK)
        rc = pragma_int(db, "PRAGMA application_id", &application, err);
    if (rc == YG_OK)
        rc = pragma_int(db, "SELECT count(*) FROM sqlite_schema", &tables, err);
    if (rc != YG_OK)
        return rc;
    if (application != APPLICATION_ID && (tables > 0 || version != 0))
        return yg_err_set(err, YG_EFORMAT,
                          "this database was not made by yagura; "
                          "name another --data directory");
    if (version > YG_SCHEMA_VERSION)
        return yg_err_set(err, YG_EVERSION,
                          "the store has schema version %d and this yagura knows up to "
                          "%d; use the yagura that wrote it, or a newer one",
                          version, YG_SCHEMA_VERSION);
    if (version == YG_SCHEMA_VERSION)
        return YG_OK;
    if (version < 0 || read_only)
        return yg_err_set(err, YG_EVERSION,
                          "the store has schema version %d and is only read here; run "
                          "`yagura doctor --data %s` once: it makes a backup and brings "
                          "the store to version %d",
                          version, dir, YG_SCHEMA_VERSION);
    if (version > 0)
        rc = backup(db, dir, version, err);
    return rc == YG_OK ? apply(db, version, err) : rc;
}
