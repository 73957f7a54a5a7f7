/* SPDX-License-Identifier: Apache-2.0 */
#include "store/schema.h"

const struct yg_db_text yg_store_statement[YG_QUERY_COUNT] = {
#define YG_QUERY(id, sql)               [YG_Q_##id] = { sql, NULL },
#define YG_QUERY_OWN(id, sql, postgres) [YG_Q_##id] = { sql, postgres },
#include "store/queries.def"
#undef YG_QUERY_OWN
#undef YG_QUERY
};

/* How many runs a tenant has in each state. */
#define LITE_TRIGGERS                                                                    \
    "CREATE TRIGGER run_counted AFTER INSERT ON run BEGIN"                               \
    " INSERT INTO run_count VALUES(new.state, new.tenant, 1)"                            \
    " ON CONFLICT DO UPDATE SET runs = runs + 1; END;"                                   \
    "CREATE TRIGGER run_recounted AFTER UPDATE OF state, tenant ON run"                  \
    " WHEN new.state <> old.state OR new.tenant <> old.tenant BEGIN"                     \
    " UPDATE run_count SET runs = runs - 1"                                              \
    " WHERE state = old.state AND tenant = old.tenant;"                                  \
    " INSERT INTO run_count VALUES(new.state, new.tenant, 1)"                            \
    " ON CONFLICT DO UPDATE SET runs = runs + 1; END;"
#define POSTGRES_TRIGGERS                                                                \
    "CREATE FUNCTION run_counted() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"         \
    " IF TG_OP = 'UPDATE' THEN UPDATE run_count SET runs = runs - 1"                     \
    " WHERE state = old.state AND tenant = old.tenant; END IF;"                          \
    " INSERT INTO run_count VALUES(new.state, new.tenant, 1)"                            \
    " ON CONFLICT(state, tenant) DO UPDATE SET runs = run_count.runs + 1;"               \
    " RETURN NULL; END $$;"                                                              \
    "CREATE TRIGGER run_counted AFTER INSERT ON run FOR EACH ROW"                        \
    " EXECUTE FUNCTION run_counted();"                                                   \
    "CREATE TRIGGER run_recounted AFTER UPDATE OF state, tenant ON run FOR EACH ROW"     \
    " WHEN (new.state <> old.state OR new.tenant <> old.tenant)"                         \
    " EXECUTE FUNCTION run_counted();"

/* The same, apart by whether they wait to be judged without the score: those of which an
 * audit waits (state 0). */
#define LITE_BLIND                                                                       \
    "CREATE TRIGGER run_counted AFTER INSERT ON run BEGIN"                               \
    " INSERT INTO run_count VALUES(new.state, new.tenant, new.blind, 1)"                 \
    " ON CONFLICT DO UPDATE SET runs = runs + 1; END;"                                   \
    "CREATE TRIGGER run_recounted AFTER UPDATE OF state, tenant, blind ON run"           \
    " WHEN new.state <> old.state OR new.tenant <> old.tenant OR new.blind <> old.blind" \
    " BEGIN UPDATE run_count SET runs = runs - 1"                                        \
    " WHERE state = old.state AND tenant = old.tenant AND blind = old.blind;"            \
    " INSERT INTO run_count VALUES(new.state, new.tenant, new.blind, 1)"                 \
    " ON CONFLICT DO UPDATE SET runs = runs + 1; END;"                                   \
    "CREATE TRIGGER audit_waits AFTER INSERT ON audit WHEN new.state = 0 BEGIN"          \
    " UPDATE run SET blind = 1 WHERE id = new.run AND blind = 0; END;"                   \
    "CREATE TRIGGER audit_waited AFTER UPDATE OF state ON audit"                         \
    " WHEN new.state <> old.state BEGIN UPDATE run SET blind = (SELECT count(*) FROM"    \
    " (SELECT 1 FROM audit WHERE run = new.run AND state = 0 LIMIT 1))"                  \
    " WHERE id = new.run; END;"
#define POSTGRES_BLIND                                                                   \
    "CREATE OR REPLACE FUNCTION run_counted() RETURNS trigger LANGUAGE plpgsql AS $$"    \
    " BEGIN IF TG_OP = 'UPDATE' THEN UPDATE run_count SET runs = runs - 1"               \
    " WHERE state = old.state AND tenant = old.tenant AND blind = old.blind; END IF;"    \
    " INSERT INTO run_count VALUES(new.state, new.tenant, new.blind, 1)"                 \
    " ON CONFLICT(state, tenant, blind) DO UPDATE SET runs = run_count.runs + 1;"        \
    " RETURN NULL; END $$;"                                                              \
    "DROP TRIGGER run_recounted ON run;"                                                 \
    "CREATE TRIGGER run_recounted AFTER UPDATE OF state, tenant, blind ON run"           \
    " FOR EACH ROW WHEN (new.state <> old.state OR new.tenant <> old.tenant"             \
    " OR new.blind <> old.blind) EXECUTE FUNCTION run_counted();"                        \
    "CREATE FUNCTION audit_waits() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"         \
    " UPDATE run SET blind = (SELECT count(*) FROM (SELECT 1 FROM audit"                 \
    " WHERE audit.run = new.run AND audit.state = 0 LIMIT 1) AS waits)"                  \
    " WHERE id = new.run; RETURN NULL; END $$;"                                          \
    "CREATE TRIGGER audit_waits AFTER INSERT ON audit FOR EACH ROW"                      \
    " WHEN (new.state = 0) EXECUTE FUNCTION audit_waits();"                              \
    "CREATE TRIGGER audit_waited AFTER UPDATE OF state ON audit FOR EACH ROW"            \
    " WHEN (new.state <> old.state) EXECUTE FUNCTION audit_waits();"
#define BLIND_INDEXES                                                                    \
    "DROP INDEX run_queue; DROP INDEX run_queue_tenant;"                                 \
    "CREATE INDEX run_queue ON run(state, blind, (would > 0 AND would = open), max_risk" \
    " DESC, rank DESC, first_ns, id);"                                                   \
    "CREATE INDEX run_queue_tenant ON run(tenant, state, blind, (would > 0 AND would ="  \
    " open), max_risk DESC, rank DESC, first_ns, id);"                                   \
    "CREATE INDEX run_blind ON run(first_ns, id) WHERE blind = 1;"                       \
    "CREATE INDEX run_blind_tenant ON run(tenant, first_ns, last_ns, id) WHERE blind = " \
    "1;"

/* Whole days of UTC, also before 1970. */
#define DAY_OF_RUN                                                                       \
    "(first_ns - (first_ns % 86400000000000 + 86400000000000)"                           \
    " % 86400000000000)"

/* yg_store_step[n] leads from version n to n + 1.
 *
 *      tenant --< zone     what a block holds, small: walked by every scan
 *                  |-- filter   may it hold this key?
 *                  |-- ids      its ids, apart so that the window loads nothing else
 *                  |-- data     compressed columns, raw records and packets
 *                  '-- facts    what was made of them, for those that read nothing else
 *      indexed --< place           where an id lies (place.c)
 *      forgotten, index_stale      what went because it was old (forget.c)
 *      reopened                    closed alerts that are open after all
 *      run --< run_alert           the queue; run.blind is kept by triggers of audit
 *      run_count                   how long it is, kept by triggers
 *      sum_hour                    records an hour and source, and what became of them
 *      certificate, standing_order --- chain   promised, ordered: chained by digest
 *      toss --- chain                  what the coin was tossed for, chained
 *      audit --- audit_log --- chain   what the coin drew, and every state of it
 *      stratum, stratum_day            what strata did
 */
const struct yg_db_text yg_store_step[YG_SCHEMA_VERSION] = {
    { "CREATE TABLE source(id INTEGER PRIMARY KEY, tenant TEXT NOT NULL,"
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
      NULL },

    /* Sums a tenant, so that counting does not walk all blocks; the queue by tenant. */
    { "ALTER TABLE tenant ADD COLUMN alerts INTEGER NOT NULL DEFAULT 0;"
      "ALTER TABLE tenant ADD COLUMN contexts INTEGER NOT NULL DEFAULT 0;"
      "ALTER TABLE tenant ADD COLUMN undecodable INTEGER NOT NULL DEFAULT 0;"
      "ALTER TABLE tenant ADD COLUMN closed INTEGER NOT NULL DEFAULT 0;"
      "ALTER TABLE tenant ADD COLUMN blocks INTEGER NOT NULL DEFAULT 0;"
      "ALTER TABLE tenant ADD COLUMN raw_bytes INTEGER NOT NULL DEFAULT 0;"
      "ALTER TABLE tenant ADD COLUMN first_ns INTEGER;"
      "ALTER TABLE tenant ADD COLUMN last_ns INTEGER;"
      "UPDATE tenant SET (alerts, contexts, undecodable, closed, blocks, raw_bytes,"
      " first_ns, last_ns) = (SELECT coalesce(sum(alerts), 0), coalesce(sum(contexts), "
      "0),"
      " coalesce(sum(undecodable), 0), coalesce(sum(closed), 0), count(*),"
      " coalesce(sum(raw_bytes), 0), min(time_min), max(time_max) FROM zone"
      " WHERE zone.tenant = tenant.id);"
      "CREATE INDEX run_queue_tenant ON run(tenant, state, max_risk DESC, rank DESC,"
      " first_ns, id);",
      NULL },

    /* Where an id lies, without reading all ids. What is there is indexed by the next
     * commit. */
    { "CREATE TABLE indexed(first INTEGER PRIMARY KEY, last INTEGER NOT NULL) STRICT;"
      "CREATE TABLE place(part_first INTEGER PRIMARY KEY, entries BLOB NOT NULL) STRICT;"
      "CREATE TABLE moved(block INTEGER PRIMARY KEY, into_block INTEGER NOT NULL) "
      "STRICT;",
      NULL },

    /* The packets kept with alerts, a piece of their own. */
    { "ALTER TABLE data ADD COLUMN packets BLOB NOT NULL DEFAULT x'';", NULL },

    /* Closed alerts that are open after all; their blocks do not change. */
    { "CREATE TABLE reopened(alert BLOB PRIMARY KEY NOT NULL, gates INTEGER NOT NULL)"
      " STRICT, WITHOUT ROWID;",
      NULL },

    /* The ledger: what was promised, ordered and audited. `chain` holds how many rows a
     * chained table has and the digest of its last, so that a tail cut off shows. */
    { "CREATE TABLE certificate(seq INTEGER PRIMARY KEY, tenant TEXT NOT NULL,"
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
      " model BLOB NOT NULL, PRIMARY KEY(tenant, device)) STRICT, WITHOUT ROWID;",
      NULL },

    /* Shadow mode closes nothing: what would close waits, and is counted. There was no
     * other mode before. */
    { "ALTER TABLE run ADD COLUMN would INTEGER NOT NULL DEFAULT 0;"
      " UPDATE tenant SET closed = 0;",
      NULL },

    /* What would close as a whole stands last, whatever its risk. */
    { "DROP INDEX run_queue; DROP INDEX run_queue_tenant;"
      "CREATE INDEX run_queue ON run(state, (would > 0 AND would = open), max_risk DESC,"
      " rank DESC, first_ns, id);"
      "CREATE INDEX run_queue_tenant ON run(tenant, state, (would > 0 AND would = open),"
      " max_risk DESC, rank DESC, first_ns, id);",
      NULL },

    /* How many runs a tenant has in each state, so that the queue's total walks none. */
    { "CREATE TABLE run_count(state INTEGER NOT NULL, tenant TEXT NOT NULL,"
      " runs INTEGER NOT NULL, PRIMARY KEY(state, tenant)) STRICT, WITHOUT ROWID;"
      "INSERT INTO run_count SELECT state, tenant, count(*) FROM run GROUP BY 1, "
      "2;" LITE_TRIGGERS,
      "CREATE TABLE run_count(state BIGINT NOT NULL, tenant TEXT NOT NULL,"
      " runs BIGINT NOT NULL, PRIMARY KEY(state, tenant))" },

    /* A run is tossed once for all time: which runs were, and at what rate, chained. Of
     * runs seen before only that they were is known. */
    { "CREATE TABLE toss(seq INTEGER PRIMARY KEY, run BLOB NOT NULL, kind INTEGER NOT "
      "NULL,"
      " tenant TEXT NOT NULL, device INTEGER NOT NULL, cluster INTEGER NOT NULL,"
      " rate INTEGER NOT NULL, at_ns INTEGER NOT NULL, chain BLOB NOT NULL) STRICT;"
      "CREATE UNIQUE INDEX toss_run ON toss(run, kind);"
      "CREATE INDEX toss_cluster ON toss(tenant, cluster, device)"
      " WHERE kind = 1 AND rate > 0;"
      "CREATE TABLE tossed_before(run BLOB PRIMARY KEY NOT NULL, kind INTEGER NOT NULL)"
      " STRICT, WITHOUT ROWID;"
      "INSERT INTO tossed_before SELECT id, CASE WHEN would > 0 OR open < alerts OR "
      "EXISTS"
      " (SELECT 1 FROM audit WHERE audit.run = run.id AND audit.kind = 1) THEN 1 ELSE 2 "
      "END FROM run;",
      NULL },

    /* What became of verdicts after the score was seen, and every state that an audit
     * had, chained; those that were there are written down when the store is opened. */
    { "ALTER TABLE audit ADD COLUMN first INTEGER NOT NULL DEFAULT 255;"
      "ALTER TABLE audit ADD COLUMN worst INTEGER NOT NULL DEFAULT 255;"
      "ALTER TABLE audit ADD COLUMN changes INTEGER NOT NULL DEFAULT 0;"
      "UPDATE audit SET first = level, worst = CASE WHEN level = 255 THEN second"
      " WHEN second = 255 THEN level WHEN level > second THEN level ELSE second END;"
      "CREATE TABLE audit_log(seq INTEGER PRIMARY KEY, run BLOB NOT NULL,"
      " kind INTEGER NOT NULL, bytes BLOB NOT NULL, chain BLOB NOT NULL) STRICT;"
      "CREATE INDEX audit_log_run ON audit_log(run, kind);"
      "INSERT INTO meta SELECT 'audits-unlogged', x'01' WHERE EXISTS (SELECT 1 FROM "
      "audit);",
      NULL },

    /* How many runs of an audit's cluster (entity and day) had closed before tosses were
     * written down. Without it only attacks among old audits would count, and what was
     * armed would fall. Runs without an entity: not known, as before. */
    { "ALTER TABLE audit ADD COLUMN closed_before INTEGER NOT NULL DEFAULT 0;"
      "WITH old AS (SELECT tenant, entity, device, " DAY_OF_RUN
      " AS day, count(*) AS runs"
      " FROM run JOIN tossed_before ON tossed_before.run = run.id AND kind = 1"
      " WHERE entity <> '' GROUP BY 1, 2, 3, 4)"
      "UPDATE audit SET closed_before = found.runs FROM (SELECT run.id, old.runs FROM run"
      " JOIN old ON old.tenant = run.tenant AND old.entity = run.entity"
      " AND old.device = run.device AND old.day = " DAY_OF_RUN ") AS found"
      " WHERE audit.kind = 1 AND found.id = audit.run;"
      /* When a verdict was put and when it left force, by the clock (0: not known), so
       * that what was certified then can be computed again. */
      "ALTER TABLE verdict ADD COLUMN put_ns INTEGER NOT NULL DEFAULT 0;"
      "ALTER TABLE verdict ADD COLUMN left_ns INTEGER NOT NULL DEFAULT 0;"
      "CREATE INDEX verdict_past ON verdict(tenant, alert, seq) WHERE state <> 1;",
      NULL },

    /* Searches begin at the newest end of history. */
    { "CREATE INDEX zone_newest ON zone(time_max);"
      "CREATE INDEX zone_newest_of ON zone(tenant, time_max);",
      NULL },

    /* What decoding made of the records, beside them; of those that are there nothing. */
    { "CREATE TABLE facts(block INTEGER PRIMARY KEY, version BLOB NOT NULL,"
      " digest BLOB NOT NULL, bytes BLOB NOT NULL) STRICT;",
      NULL },

    /* What records say is any bytes: BLOB. PostgreSQL's TEXT would not take it, and there
     * no store is older. Blocks are compressed already. */
    { "CREATE TABLE new_source(id INTEGER PRIMARY KEY, tenant BLOB NOT NULL, name BLOB"
      " NOT NULL, format BLOB NOT NULL, mapping BLOB NOT NULL, header BLOB NOT NULL,"
      " offset_min INTEGER NOT NULL, log INTEGER NOT NULL, path BLOB NOT NULL) STRICT;"
      "INSERT INTO new_source SELECT id, CAST(tenant AS BLOB), CAST(name AS BLOB),"
      " CAST(format AS BLOB), CAST(mapping AS BLOB), CAST(header AS BLOB), offset_min,"
      " log, CAST(path AS BLOB) FROM source;"
      "DROP TABLE source; ALTER TABLE new_source RENAME TO source;"
      "CREATE INDEX source_name ON source(tenant, name);"
      "CREATE TABLE new_tenant(id INTEGER PRIMARY KEY, name BLOB NOT NULL UNIQUE,"
      " alerts INTEGER NOT NULL DEFAULT 0, contexts INTEGER NOT NULL DEFAULT 0,"
      " undecodable INTEGER NOT NULL DEFAULT 0, closed INTEGER NOT NULL DEFAULT 0,"
      " blocks INTEGER NOT NULL DEFAULT 0, raw_bytes INTEGER NOT NULL DEFAULT 0,"
      " first_ns INTEGER, last_ns INTEGER) STRICT;"
      "INSERT INTO new_tenant SELECT id, CAST(name AS BLOB), alerts, contexts,"
      " undecodable, closed, blocks, raw_bytes, first_ns, last_ns FROM tenant;"
      "DROP TABLE tenant; ALTER TABLE new_tenant RENAME TO tenant;"
      "CREATE TABLE new_verdict(alert BLOB NOT NULL, seq INTEGER NOT NULL, tenant BLOB"
      " NOT NULL, level INTEGER NOT NULL, source INTEGER NOT NULL, at_ns INTEGER NOT"
      " NULL, reason BLOB NOT NULL, note BLOB NOT NULL, who BLOB NOT NULL, incident"
      " BLOB NOT NULL, state INTEGER NOT NULL, put_ns INTEGER NOT NULL DEFAULT 0,"
      " left_ns INTEGER NOT NULL DEFAULT 0, PRIMARY KEY(alert, seq)) STRICT, WITHOUT"
      " ROWID;"
      "INSERT INTO new_verdict SELECT alert, seq, CAST(tenant AS BLOB), level, source,"
      " at_ns, CAST(reason AS BLOB), CAST(note AS BLOB), CAST(who AS BLOB),"
      " CAST(incident AS BLOB), state, put_ns, left_ns FROM verdict;"
      "DROP TABLE verdict; ALTER TABLE new_verdict RENAME TO verdict;"
      "CREATE UNIQUE INDEX verdict_now ON verdict(tenant, alert) WHERE state = 1;"
      "CREATE INDEX verdict_past ON verdict(tenant, alert, seq) WHERE state <> 1;"
      "CREATE TABLE new_run(id BLOB PRIMARY KEY NOT NULL, worst BLOB NOT NULL, tenant"
      " BLOB NOT NULL, signature BLOB NOT NULL, entity BLOB NOT NULL, source_ip BLOB"
      " NOT NULL, destination_ip BLOB NOT NULL, host BLOB NOT NULL, device BLOB NOT"
      " NULL, first_ns INTEGER NOT NULL, last_ns INTEGER NOT NULL, alerts INTEGER NOT"
      " NULL, open INTEGER NOT NULL, max_risk INTEGER NOT NULL, gates INTEGER NOT NULL,"
      " predicted INTEGER NOT NULL, verdict INTEGER NOT NULL, rank INTEGER NOT NULL,"
      " state INTEGER NOT NULL, would INTEGER NOT NULL DEFAULT 0) STRICT, WITHOUT"
      " ROWID;"
      "INSERT INTO new_run SELECT id, worst, CAST(tenant AS BLOB), CAST(signature AS"
      " BLOB), CAST(entity AS BLOB), CAST(source_ip AS BLOB), CAST(destination_ip AS"
      " BLOB), CAST(host AS BLOB), CAST(device AS BLOB), first_ns, last_ns, alerts,"
      " open, max_risk, gates, predicted, verdict, rank, state, would FROM run;"
      "DROP TABLE run; ALTER TABLE new_run RENAME TO run;"
      "CREATE INDEX run_queue ON run(state, (would > 0 AND would = open), max_risk"
      " DESC, rank DESC, first_ns, id);"
      "CREATE INDEX run_queue_tenant ON run(tenant, state, (would > 0 AND would ="
      " open), max_risk DESC, rank DESC, first_ns, id);"
      "CREATE TABLE new_run_count(state INTEGER NOT NULL, tenant BLOB NOT NULL, runs"
      " INTEGER NOT NULL, PRIMARY KEY(state, tenant)) STRICT, WITHOUT ROWID;"
      "INSERT INTO new_run_count SELECT state, CAST(tenant AS BLOB), runs FROM"
      " run_count;"
      "DROP TABLE run_count; ALTER TABLE new_run_count RENAME TO "
      "run_count;" LITE_TRIGGERS,
      "ALTER TABLE source ALTER tenant TYPE BYTEA USING convert_to(tenant, 'UTF8'),"
      " ALTER name TYPE BYTEA USING convert_to(name, 'UTF8'), ALTER format TYPE BYTEA"
      " USING convert_to(format, 'UTF8'), ALTER mapping TYPE BYTEA USING"
      " convert_to(mapping, 'UTF8'), ALTER header TYPE BYTEA USING convert_to(header,"
      " 'UTF8'), ALTER path TYPE BYTEA USING convert_to(path, 'UTF8');"
      "ALTER TABLE tenant ALTER name TYPE BYTEA USING convert_to(name, 'UTF8');"
      "ALTER TABLE verdict ALTER tenant TYPE BYTEA USING convert_to(tenant, 'UTF8'),"
      " ALTER reason TYPE BYTEA USING convert_to(reason, 'UTF8'), ALTER note TYPE BYTEA"
      " USING convert_to(note, 'UTF8'), ALTER who TYPE BYTEA USING convert_to(who,"
      " 'UTF8'), ALTER incident TYPE BYTEA USING convert_to(incident, 'UTF8');"
      "ALTER TABLE run ALTER tenant TYPE BYTEA USING convert_to(tenant, 'UTF8'), ALTER"
      " signature TYPE BYTEA USING convert_to(signature, 'UTF8'), ALTER entity TYPE"
      " BYTEA USING convert_to(entity, 'UTF8'), ALTER source_ip TYPE BYTEA USING"
      " convert_to(source_ip, 'UTF8'), ALTER destination_ip TYPE BYTEA USING"
      " convert_to(destination_ip, 'UTF8'), ALTER host TYPE BYTEA USING"
      " convert_to(host, 'UTF8'), ALTER device TYPE BYTEA USING convert_to(device,"
      " 'UTF8');"
      "ALTER TABLE run_count ALTER tenant TYPE BYTEA USING convert_to(tenant, "
      "'UTF8');" POSTGRES_TRIGGERS },

    /* The same of the ledger. */
    { "CREATE TABLE new_certificate(seq INTEGER PRIMARY KEY, tenant BLOB NOT NULL,"
      " attempt INTEGER NOT NULL, made_ns INTEGER NOT NULL, digest BLOB NOT NULL, model"
      " BLOB NOT NULL, bytes BLOB NOT NULL, key BLOB NOT NULL, sig BLOB NOT NULL, chain"
      " BLOB NOT NULL) STRICT;"
      "INSERT INTO new_certificate SELECT seq, CAST(tenant AS BLOB), attempt, made_ns,"
      " digest, model, bytes, key, sig, chain FROM certificate;"
      "DROP TABLE certificate; ALTER TABLE new_certificate RENAME TO certificate;"
      "CREATE UNIQUE INDEX certificate_attempt ON certificate(tenant, attempt);"
      "CREATE INDEX certificate_digest ON certificate(digest);"
      "CREATE TABLE new_standing_order(seq INTEGER PRIMARY KEY, at_ns INTEGER NOT NULL,"
      " tenant BLOB NOT NULL, who BLOB NOT NULL, why BLOB NOT NULL, certificate BLOB"
      " NOT NULL, devices INTEGER NOT NULL, fall INTEGER NOT NULL, kind INTEGER NOT"
      " NULL, chain BLOB NOT NULL) STRICT;"
      "INSERT INTO new_standing_order SELECT seq, at_ns, CAST(tenant AS BLOB), CAST(who"
      " AS BLOB), CAST(why AS BLOB), certificate, devices, fall, kind, chain FROM"
      " standing_order;"
      "DROP TABLE standing_order; ALTER TABLE new_standing_order RENAME TO"
      " standing_order;"
      "CREATE INDEX standing_order_tenant ON standing_order(tenant, seq);"
      "CREATE TABLE new_toss(seq INTEGER PRIMARY KEY, run BLOB NOT NULL, kind INTEGER"
      " NOT NULL, tenant BLOB NOT NULL, device INTEGER NOT NULL, cluster INTEGER NOT"
      " NULL, rate INTEGER NOT NULL, at_ns INTEGER NOT NULL, chain BLOB NOT NULL)"
      " STRICT;"
      "INSERT INTO new_toss SELECT seq, run, kind, CAST(tenant AS BLOB), device,"
      " cluster, rate, at_ns, chain FROM toss;"
      "DROP TABLE toss; ALTER TABLE new_toss RENAME TO toss;"
      "CREATE UNIQUE INDEX toss_run ON toss(run, kind);"
      "CREATE INDEX toss_cluster ON toss(tenant, cluster, device) WHERE kind = 1 AND"
      " rate > 0;"
      "CREATE TABLE new_audit(run BLOB NOT NULL, kind INTEGER NOT NULL, alert BLOB NOT"
      " NULL, certificate BLOB NOT NULL, tenant BLOB NOT NULL, who BLOB NOT NULL, rate"
      " INTEGER NOT NULL, entity INTEGER NOT NULL, drawn_ns INTEGER NOT NULL, ends_ns"
      " INTEGER NOT NULL, judged_ns INTEGER NOT NULL, risk INTEGER NOT NULL, state"
      " INTEGER NOT NULL, device INTEGER NOT NULL, level INTEGER NOT NULL, predicted"
      " INTEGER NOT NULL, truth INTEGER NOT NULL, armed INTEGER NOT NULL, second"
      " INTEGER NOT NULL, first INTEGER NOT NULL DEFAULT 255, worst INTEGER NOT NULL"
      " DEFAULT 255, changes INTEGER NOT NULL DEFAULT 0, closed_before INTEGER NOT NULL"
      " DEFAULT 0, PRIMARY KEY(run, kind)) STRICT, WITHOUT ROWID;"
      "INSERT INTO new_audit SELECT run, kind, alert, certificate, CAST(tenant AS"
      " BLOB), CAST(who AS BLOB), rate, entity, drawn_ns, ends_ns, judged_ns, risk,"
      " state, device, level, predicted, truth, armed, second, first, worst, changes,"
      " closed_before FROM audit;"
      "DROP TABLE audit; ALTER TABLE new_audit RENAME TO audit;"
      "CREATE INDEX audit_state ON audit(state, drawn_ns);"
      "CREATE INDEX audit_tenant ON audit(tenant, state, drawn_ns);"
      "CREATE TABLE new_stratum_day(tenant BLOB NOT NULL, day INTEGER NOT NULL, device"
      " INTEGER NOT NULL, alerts INTEGER NOT NULL, closed INTEGER NOT NULL, runs_closed"
      " INTEGER NOT NULL, runs_open INTEGER NOT NULL, protected_open INTEGER NOT NULL,"
      " PRIMARY KEY(tenant, day, device)) STRICT, WITHOUT ROWID;"
      "INSERT INTO new_stratum_day SELECT CAST(tenant AS BLOB), day, device, alerts,"
      " closed, runs_closed, runs_open, protected_open FROM stratum_day;"
      "DROP TABLE stratum_day; ALTER TABLE new_stratum_day RENAME TO stratum_day;"
      "CREATE TABLE new_stratum(tenant BLOB NOT NULL, device INTEGER NOT NULL, day"
      " INTEGER NOT NULL, today INTEGER NOT NULL, daily REAL NOT NULL, drawn_today"
      " INTEGER NOT NULL, decoys_today INTEGER NOT NULL, open_today INTEGER NOT NULL,"
      " open_daily REAL NOT NULL, drift BLOB NOT NULL, model BLOB NOT NULL, PRIMARY"
      " KEY(tenant, device)) STRICT, WITHOUT ROWID;"
      "INSERT INTO new_stratum SELECT CAST(tenant AS BLOB), device, day, today, daily,"
      " drawn_today, decoys_today, open_today, open_daily, drift, model FROM stratum;"
      "DROP TABLE stratum; ALTER TABLE new_stratum RENAME TO stratum;",
      "ALTER TABLE certificate ALTER tenant TYPE BYTEA USING convert_to(tenant,"
      " 'UTF8');"
      "ALTER TABLE standing_order ALTER tenant TYPE BYTEA USING convert_to(tenant,"
      " 'UTF8'), ALTER who TYPE BYTEA USING convert_to(who, 'UTF8'), ALTER why TYPE"
      " BYTEA USING convert_to(why, 'UTF8');"
      "ALTER TABLE toss ALTER tenant TYPE BYTEA USING convert_to(tenant, 'UTF8');"
      "ALTER TABLE audit ALTER tenant TYPE BYTEA USING convert_to(tenant, 'UTF8'),"
      " ALTER who TYPE BYTEA USING convert_to(who, 'UTF8');"
      "ALTER TABLE stratum_day ALTER tenant TYPE BYTEA USING convert_to(tenant,"
      " 'UTF8');"
      "ALTER TABLE stratum ALTER tenant TYPE BYTEA USING convert_to(tenant, 'UTF8');"
      "ALTER TABLE filter ALTER bits SET STORAGE EXTERNAL;"
      "ALTER TABLE ids ALTER ids SET STORAGE EXTERNAL;"
      "ALTER TABLE data ALTER meta SET STORAGE EXTERNAL, ALTER raw SET STORAGE"
      " EXTERNAL, ALTER packets SET STORAGE EXTERNAL;"
      "ALTER TABLE facts ALTER bytes SET STORAGE EXTERNAL;"
      "ALTER TABLE place ALTER entries SET STORAGE EXTERNAL;" },

    /* Counts for charts (sums.c), of what is stored from here on. The run that an alert
     * is of, by what it says; judged ones that are called the same. */
    { "CREATE TABLE sum_hour(tenant INTEGER NOT NULL, hour INTEGER NOT NULL,"
      " source INTEGER NOT NULL, what INTEGER NOT NULL, records INTEGER NOT NULL,"
      " PRIMARY KEY(tenant, hour, source, what)) STRICT, WITHOUT ROWID;"
      "CREATE INDEX run_named ON run(tenant, signature, entity, first_ns);"
      "CREATE INDEX run_alike ON run(tenant, signature, last_ns) WHERE state = 1;"
      "CREATE TABLE sums_from(block INTEGER PRIMARY KEY NOT NULL) STRICT;"
      "INSERT INTO sums_from SELECT coalesce(max(block), 0) + 1 FROM ids;",
      NULL },

    /* What went because it was old, by tenant; how many ids the index still has of it. */
    { "CREATE TABLE forgotten(tenant INTEGER PRIMARY KEY, until_ns INTEGER NOT NULL,"
      " blocks INTEGER NOT NULL, alerts INTEGER NOT NULL, contexts INTEGER NOT NULL,"
      " undecodable INTEGER NOT NULL, bytes INTEGER NOT NULL) STRICT;"
      "CREATE TABLE index_stale(id INTEGER PRIMARY KEY, ids INTEGER NOT NULL) STRICT;",
      NULL },

    /* What waits to be judged blind is asked for with every page and every alert. */
    { "DROP TRIGGER run_counted; DROP TRIGGER run_recounted;"
      "ALTER TABLE run ADD COLUMN blind INTEGER NOT NULL DEFAULT 0;"
      "UPDATE run SET blind = 1 WHERE id IN (SELECT run FROM audit WHERE state = 0);"
      "DROP TABLE run_count;"
      "CREATE TABLE run_count(state INTEGER NOT NULL, tenant BLOB NOT NULL, blind INTEGER"
      " NOT NULL, runs INTEGER NOT NULL, PRIMARY KEY(state, tenant, blind)) STRICT,"
      " WITHOUT ROWID;"
      "INSERT INTO run_count SELECT state, tenant, blind, count(*) FROM run GROUP BY 1, "
      "2,"
      " 3;" BLIND_INDEXES LITE_BLIND,
      "ALTER TABLE run ADD COLUMN blind BIGINT NOT NULL DEFAULT 0;"
      "UPDATE run SET blind = 1 WHERE id IN (SELECT run FROM audit WHERE state = 0);"
      "DROP TABLE run_count;"
      "CREATE TABLE run_count(state BIGINT NOT NULL, tenant BYTEA NOT NULL, blind BIGINT"
      " NOT NULL, runs BIGINT NOT NULL, PRIMARY KEY(state, tenant, blind));"
      "INSERT INTO run_count SELECT state, tenant, blind, count(*) FROM run GROUP BY 1, "
      "2,"
      " 3;" BLIND_INDEXES POSTGRES_BLIND },
};
